//! What does not fit together, said before anything is decided.

use std::fmt;

use thiserror::Error;

use super::policy::{Arithmetic, MAXIMUM_BITS, Policy};
use crate::replay::{ScoreTable, Scores};
use crate::unit::lowest_code;

/// Which table of scores an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// A head by its index from 0; printed from 1, as the columns of `samples.csv` are.
    Head(usize),
    /// The final classifier.
    Classifier,
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Table::Head(head) => write!(formatter, "head {}", head + 1),
            Table::Classifier => formatter.write_str("the final classifier"),
        }
    }
}

/// Scores that contradict themselves, or a policy that does not fit them.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum DecideError {
    /// A list of the policy with another length than the network has heads.
    #[error("`{key}` has {found} values: expected {expected}, one per head of the network")]
    HeadsLength {
        /// The list: `heads`, `beta` or `threshold`.
        key: &'static str,
        /// Values in it.
        found: usize,
        /// Heads of the network.
        expected: usize,
    },
    /// A threshold that the rule cannot have.
    #[error("`{key}` of head {} is {found}: {wanted}", .head + 1)]
    Threshold {
        /// `beta` or `threshold`.
        key: &'static str,
        /// The head's index from 0; printed from 1.
        head: usize,
        /// What was given.
        found: f64,
        /// What to write.
        wanted: &'static str,
    },
    /// A width the unit cannot have.
    #[error("`{key}` is {found}: write 1 to {MAXIMUM_BITS}")]
    Bits {
        /// `probability_bits` or `threshold_bits`.
        key: &'static str,
        /// What was given.
        found: u32,
    },
    /// Nothing to decide about.
    #[error("the scores have no {0}: expected at least one")]
    Nothing(&'static str),
    /// More than a u16 counts.
    #[error("the scores have {found} {what}: expected at most {}", u16::MAX)]
    TooMany {
        /// `classes` or `heads`.
        what: &'static str,
        /// How many there are.
        found: usize,
    },
    /// As many labels as samples are needed.
    #[error("there are {found} labels for {expected} samples")]
    Labels {
        /// Labels given.
        found: usize,
        /// Samples.
        expected: usize,
    },
    /// A label that is no class.
    #[error("sample {sample} has label {label}, but there are {classes} classes, counted from 0")]
    Label {
        /// The sample's index from 0.
        sample: usize,
        /// Its label.
        label: u16,
        /// Classes.
        classes: usize,
    },
    /// A table that is not samples x classes.
    #[error("{table} has {found} scores: expected {samples} samples x {classes} classes")]
    Length {
        /// Whose scores.
        table: Table,
        /// Scores given.
        found: usize,
        /// Samples.
        samples: usize,
        /// Classes.
        classes: usize,
    },
    /// A code outside its byte.
    #[error("{table} has the code {code} for sample {sample}: expected {lowest} to {}", lowest + 255)]
    Code {
        /// Whose scores.
        table: Table,
        /// The sample's index from 0.
        sample: usize,
        /// The code.
        code: i16,
        /// Lowest code of the byte: -128 if signed, else 0.
        lowest: i16,
    },
    /// A scale that does not keep the order of codes.
    #[error("{table} has scale {scale}: expected a finite number above 0")]
    Scale {
        /// Whose scores.
        table: Table,
        /// The scale.
        scale: f32,
    },
    /// A zero point outside the byte of its codes.
    #[error("{table} has zero point {zero_point}: expected {lowest} to {}", lowest + 255)]
    ZeroPoint {
        /// Whose scores.
        table: Table,
        /// The zero point.
        zero_point: i32,
        /// Lowest code of the byte: -128 if signed, else 0.
        lowest: i16,
    },
    /// A score that has no order.
    #[error("{table} has a score that is not a number for sample {sample}")]
    NotANumber {
        /// Whose scores.
        table: Table,
        /// The sample's index from 0.
        sample: usize,
    },
    /// Decisions on different data cannot be compared sample by sample.
    #[error("the two decisions differ in {what}: {left} and {right}")]
    Incomparable {
        /// `samples` or `heads`.
        what: &'static str,
        /// Of the first.
        left: usize,
        /// Of the second.
        right: usize,
    },
}

/// Checks scores and policy, alone and together.
pub(super) fn check(scores: &Scores, policy: &Policy) -> Result<(), DecideError> {
    check_policy(policy, scores.heads.len())?;
    check_counts(scores)?;
    for (head, table) in scores.heads.iter().enumerate() {
        check_table(table, Table::Head(head), scores.samples, scores.classes)?;
    }
    check_table(&scores.classifier, Table::Classifier, scores.samples, scores.classes)
}

fn check_policy(policy: &Policy, heads: usize) -> Result<(), DecideError> {
    let one_a_head = |key, found| {
        if found == heads { Ok(()) } else { Err(DecideError::HeadsLength { key, found, expected: heads }) }
    };
    one_a_head("heads", policy.heads.len())?;
    if let Some(threshold) = policy.rule.facts().threshold {
        let (key, values) = (threshold.key, policy.rule.thresholds());
        one_a_head(key, values.len())?;
        // A NaN is in no range, so it is caught as well.
        if let Some(head) = values.iter().position(|value| !threshold.range().contains(value)) {
            let wanted = threshold.unit.wanted();
            return Err(DecideError::Threshold { key, head, found: values[head], wanted });
        }
    }
    match policy.arithmetic {
        Arithmetic::Integer { probability_bits, threshold_bits } => {
            let widths = [("probability_bits", probability_bits), ("threshold_bits", threshold_bits)];
            let bad = widths.into_iter().find(|(_, bits)| !(1..=MAXIMUM_BITS).contains(bits));
            bad.map_or(Ok(()), |(key, found)| Err(DecideError::Bits { key, found }))
        }
        Arithmetic::Float => Ok(()),
    }
}

fn check_counts(scores: &Scores) -> Result<(), DecideError> {
    for (what, found) in [("samples", scores.samples), ("classes", scores.classes)] {
        if found == 0 {
            return Err(DecideError::Nothing(what));
        }
    }
    for (what, found) in [("classes", scores.classes), ("heads", scores.heads.len())] {
        if found > usize::from(u16::MAX) {
            return Err(DecideError::TooMany { what, found });
        }
    }
    if scores.labels.len() != scores.samples {
        return Err(DecideError::Labels { found: scores.labels.len(), expected: scores.samples });
    }
    match scores.labels.iter().position(|label| usize::from(*label) >= scores.classes) {
        Some(sample) => {
            Err(DecideError::Label { sample, label: scores.labels[sample], classes: scores.classes })
        }
        None => Ok(()),
    }
}

fn check_table(values: &ScoreTable, table: Table, samples: usize, classes: usize) -> Result<(), DecideError> {
    let found = match values {
        ScoreTable::Codes { codes, .. } => codes.len(),
        ScoreTable::Reals(scores) => scores.len(),
    };
    if samples.checked_mul(classes) != Some(found) {
        return Err(DecideError::Length { table, found, samples, classes });
    }
    match values {
        ScoreTable::Codes { codes, scale, zero_point, signed } => {
            if !(scale.is_finite() && *scale > 0.0) {
                return Err(DecideError::Scale { table, scale: *scale });
            }
            let lowest = lowest_code(*signed);
            if !(i32::from(lowest)..=i32::from(lowest) + 255).contains(zero_point) {
                return Err(DecideError::ZeroPoint { table, zero_point: *zero_point, lowest });
            }
            // One pass without branches first: this runs at every step of a search.
            let outside = |code: i16| !(lowest..=lowest + 255).contains(&code);
            if !codes.iter().fold(false, |any, code| any | outside(*code)) {
                return Ok(());
            }
            let first = codes.iter().position(|code| outside(*code)).unwrap_or(0);
            Err(DecideError::Code { table, sample: first / classes, code: codes[first], lowest })
        }
        ScoreTable::Reals(scores) => match scores.iter().position(|score| score.is_nan()) {
            Some(first) => Err(DecideError::NotANumber { table, sample: first / classes }),
            None => Ok(()),
        },
    }
}
