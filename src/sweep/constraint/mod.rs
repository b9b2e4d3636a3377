//! Conditions that a point must meet, such as `area_mm2 <= 4` or `rows * cols <= 4096`.
//!
//! A condition compares two terms of sums, differences, products, quotients, parentheses, numbers, quantities
//! (`64 KiB`), names of axes and names of result columns; or it compares the value of an axis with a quoted word.
//! Units must fit (`unit`). An axis may be named by the last part of its key where that is unambiguous. The expression crates looked at have
//! variables by string or functions nobody asked for here; two pages of grammar give better messages.

mod parse;
mod unit;

use super::axis::Axis;
use super::metric::{Metric, PerMetric};

/// A condition, ready to be asked of points.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// As it was written.
    pub text: String,
    condition: Condition,
}

#[derive(Clone, Debug)]
enum Condition {
    Compare(Term, Relation, Term),
    /// Per value of the axis, whether it meets the condition.
    Word {
        axis: usize,
        met: Vec<bool>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Less,
    AtMost,
    Equal,
    Unequal,
    AtLeast,
    More,
}

impl Relation {
    const NAMES: [(&'static str, Self); 6] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        ("<", Self::Less),
        (">", Self::More),
    ];

    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::AtLeast => left >= right,
            Self::More => left > right,
        }
    }
}

#[derive(Clone, Debug)]
enum Term {
    Number(f64),
    /// The number of an axis at each of its values.
    Axis {
        axis: usize,
        numbers: Vec<f64>,
    },
    Metric(Metric),
    Minus(Box<Term>),
    Of(Box<Term>, char, Box<Term>),
}

impl Term {
    fn value(&self, digits: &[usize], metrics: &PerMetric<f64>) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Axis { axis, numbers } => numbers[digits[*axis]],
            Self::Metric(metric) => metrics[*metric],
            Self::Minus(term) => -term.value(digits, metrics),
            Self::Of(left, sign, right) => {
                let (left, right) = (left.value(digits, metrics), right.value(digits, metrics));
                match sign {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                }
            }
        }
    }

    fn visit(&self, see: &mut dyn FnMut(&Term)) {
        see(self);
        match self {
            Self::Minus(term) => term.visit(see),
            Self::Of(left, _, right) => {
                left.visit(see);
                right.visit(see);
            }
            Self::Number(_) | Self::Axis { .. } | Self::Metric(_) => {}
        }
    }
}

impl Constraint {
    /// Reads a condition over some axes and the result columns.
    ///
    /// # Errors
    /// What is wrong with it and what to write instead.
    pub fn read(text: &str, axes: &[Axis]) -> Result<Self, [String; 2]> {
        Ok(Self { text: text.to_owned(), condition: parse::condition(text, axes)? })
    }

    /// Whether it can be asked before anything is simulated.
    #[must_use]
    pub fn is_of_axes(&self) -> bool {
        let mut of_axes = true;
        if let Condition::Compare(left, _, right) = &self.condition {
            for term in [left, right] {
                term.visit(&mut |term| of_axes &= !matches!(term, Term::Metric(_)));
            }
        }
        of_axes
    }

    /// The columns of results that it looks at.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let mut found = Vec::new();
        if let Condition::Compare(left, _, right) = &self.condition {
            for term in [left, right] {
                term.visit(&mut |term| {
                    if let Term::Metric(metric) = term {
                        found.push(*metric);
                    }
                });
            }
        }
        found
    }

    /// The axes that it looks at, each once, in order.
    #[must_use]
    pub fn axes(&self) -> Vec<usize> {
        let mut found = Vec::new();
        match &self.condition {
            Condition::Word { axis, .. } => found.push(*axis),
            Condition::Compare(left, _, right) => {
                for term in [left, right] {
                    term.visit(&mut |term| {
                        if let Term::Axis { axis, .. } = term {
                            found.push(*axis);
                        }
                    });
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a point meets it; `metrics` are looked at only by conditions on results.
    #[must_use]
    pub fn holds(&self, digits: &[usize], metrics: &PerMetric<f64>) -> bool {
        match &self.condition {
            Condition::Word { axis, met } => met[digits[*axis]],
            Condition::Compare(left, relation, right) => {
                relation.holds(left.value(digits, metrics), right.value(digits, metrics))
            }
        }
    }
}

#[cfg(test)]
mod tests;
