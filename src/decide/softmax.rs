//! Certainty of a head by the softmax of its scores, as a unit would compute it: without a division.
//!
//! With d_c = (highest score - score of c), softmax is p_c = e_c / S for e_c = exp(-d_c) and S = sum of e_c. Scores of
//! 8-bit codes have 256 possible d, so e is a table per head by the *distance of codes*, which needs a head's scale but
//! not its zero point: entry = round half even(exp(-scale * distance) * M), M = 2^p - 1, so that the top class has M
//! exactly. Every test is then one multiplication of the sum and one compare, with threshold codes
//! round half even(threshold * 2^t):
//!
//! - confidence: e_c * 2^t > code * S for exactly one class;
//! - margin: (e_first - e_second) * 2^t > code * S;
//! - entropy: H = log2(S / M) + (sum of e_c * d_c / ln 2) / S in bits, as a fraction of log2(C). A second table holds
//!   e * d / ln 2, with the same rounding; the logarithm of S is its leading bit's place and a table of fractions by
//!   the 8 bits below it, rounded half up. H < threshold * log2(C) becomes
//!   W * 2^t < S * (code - (L(S) - L(M))), with W the sum of the second table's entries, L the logarithm in t fraction
//!   bits and code = round half even(threshold * log2(C) * 2^t).

use super::policy::Arithmetic;
use super::rule::Measure;
use super::score::Score;
use crate::replay::ScoreTable;
use crate::unit::{CODES, beta_code, exponent_code, fraction_log_code, probability_code};

/// What a class adds to the row's sums: e, and e * d / ln 2 where the entropy is asked for. In integer arithmetic both
/// are whole numbers, exact in an f64.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Entry {
    exponential: f64,
    spread: f64,
}

/// The sums of one row of scores.
#[derive(Clone, Copy, Debug)]
struct Sums {
    first: f64,
    /// 0 without a second class.
    second: f64,
    sum: f64,
    spread: f64,
}

/// One head's threshold in one arithmetic.
#[derive(Clone, Copy, Debug)]
struct Test {
    measure: Measure,
    threshold: f64,
    classes: f64,
    arithmetic: Arithmetic,
}

impl Test {
    /// What a class at this distance from the top adds. At an infinite distance, nothing.
    fn entry(self, distance: f64) -> Entry {
        let exponential = (-distance).exp();
        let spread = if exponential > 0.0 { exponential * distance / std::f64::consts::LN_2 } else { 0.0 };
        match self.arithmetic {
            Arithmetic::Float => Entry { exponential, spread },
            Arithmetic::Integer { probability_bits: p, .. } => Entry {
                exponential: f64::from(exponent_code(distance, p)),
                spread: f64::from(probability_code(spread, p)),
            },
        }
    }

    /// Whether the row's head is certain.
    fn holds(self, row: Sums) -> bool {
        match self.arithmetic {
            Arithmetic::Float => self.holds_in_reals(row),
            Arithmetic::Integer { threshold_bits, .. } => self.holds_in_integers(row, threshold_bits),
        }
    }

    /// What of a row is held against the threshold; the entropy of whole numbers is that of the entries, taken in reals.
    fn measured(self, row: Sums) -> (f64, Option<f64>) {
        match self.measure {
            Measure::Confidence => (row.first / row.sum, Some(row.second / row.sum)),
            Measure::Margin => ((row.first - row.second) / row.sum, None),
            Measure::Entropy => {
                let bits = (row.sum / row.first).log2() + row.spread / row.sum;
                (bits / self.classes.log2().max(f64::MIN_POSITIVE), None)
            }
        }
    }

    fn holds_in_reals(self, row: Sums) -> bool {
        match self.measure {
            Measure::Confidence => {
                row.first / row.sum > self.threshold && row.second / row.sum <= self.threshold
            }
            Measure::Margin => (row.first - row.second) / row.sum > self.threshold,
            Measure::Entropy => row.sum.log2() + row.spread / row.sum < self.threshold * self.classes.log2(),
        }
    }

    fn holds_in_integers(self, row: Sums, bits: u32) -> bool {
        let [first, second, sum, spread] = [row.first, row.second, row.sum, row.spread].map(|v| v as u64);
        let above = |entry: u64| entry << bits > u64::from(beta_code(self.threshold, bits)) * sum;
        // p > threshold is e / S > code / 2^t; both sides times S * 2^t need no division. Entries have 16 bits, sums of up to
        // 65,535 of them 32, thresholds 17: all products fit 64 bits.
        match self.measure {
            // Of all classes only the first two can be above: exactly one is, if the second is not.
            Measure::Confidence => above(first) && !above(second),
            Measure::Margin => above(first - second),
            Measure::Entropy => {
                // The top class's entry is the table's largest, M.
                let log = fraction_log_code(sum, bits) - fraction_log_code(first, bits);
                let code =
                    (self.threshold * self.classes.log2() * f64::from(1_u32 << bits)).round_ties_even();
                // Where the logarithm alone exceeds the threshold, 0 is left, which no sum is below: not certain.
                let left = (code as u64).saturating_sub(log);
                spread << bits < sum * left
            }
        }
    }
}

/// One head's certainty over the scores of every sample.
pub(super) struct Certainty<'a> {
    classes: usize,
    test: Test,
    rows: Rows<'a>,
}

enum Rows<'a> {
    /// Scores as codes: look-ups by the distance of codes.
    Codes { codes: &'a [i16], table: Box<[Entry; CODES]> },
    /// Real scores of a trace: exponentials are computed and, in integer arithmetic, rounded to their bits.
    Reals { scores: &'a [f32] },
}

impl<'a> Certainty<'a> {
    /// The test of one head; `table` is `[samples][classes]` and checked already.
    pub(super) fn new(
        table: &'a ScoreTable,
        classes: usize,
        measure: Measure,
        threshold: f64,
        arithmetic: Arithmetic,
    ) -> Self {
        let test = Test { measure, threshold, classes: classes as f64, arithmetic };
        let rows = match table {
            ScoreTable::Codes { codes, scale, .. } => {
                let entry = |distance: usize| test.entry(f64::from(*scale) * distance as f64);
                Rows::Codes { codes, table: Box::new(std::array::from_fn(entry)) }
            }
            ScoreTable::Reals(scores) => Rows::Reals { scores },
        };
        Certainty { classes, test, rows }
    }

    /// The top class of a sample, if the head is certain of it.
    pub(super) fn answer(&self, sample: usize) -> Option<usize> {
        let (top, sums) = self.sums(sample);
        self.test.holds(sums).then_some(top)
    }

    /// What is held against the threshold, with what the second class has of it where that must stay below.
    pub(super) fn measured(&self, sample: usize) -> (f64, Option<f64>) {
        self.test.measured(self.sums(sample).1)
    }

    fn sums(&self, sample: usize) -> (usize, Sums) {
        let row = sample * self.classes..(sample + 1) * self.classes;
        match &self.rows {
            Rows::Codes { codes, table } => {
                let codes = &codes[row];
                sums(codes, |top, code| table[usize::from((top - code) as u16)])
            }
            Rows::Reals { scores } => sums(&scores[row], |top, score| {
                // Equal infinities have no difference.
                let distance = if score == top { 0.0 } else { f64::from(top) - f64::from(score) };
                self.test.entry(distance)
            }),
        }
    }
}

/// The top class of a row, and its sums.
fn sums<T: Score>(row: &[T], entry: impl Fn(T, T) -> Entry) -> (usize, Sums) {
    let top = T::top(row);
    let mut sums = Sums { first: entry(row[top], row[top]).exponential, second: 0.0, sum: 0.0, spread: 0.0 };
    for (class, score) in row.iter().enumerate() {
        let entry = entry(row[top], *score);
        sums.sum += entry.exponential;
        sums.spread += entry.spread;
        if class != top {
            sums.second = sums.second.max(entry.exponential);
        }
    }
    (top, sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_is_free_of_scale_shifts() {
        let [low, high] = [10_i16, 110].map(|shift| [0, 40, 3, 39].map(|code| code + shift));
        for (zero_point, codes) in [(0, low), (77, high)] {
            let table = ScoreTable::Codes { codes: codes.to_vec(), scale: 0.5, zero_point, signed: false };
            let at = |threshold, arithmetic| {
                Certainty::new(&table, 4, Measure::Confidence, threshold, arithmetic).answer(0)
            };
            // 1 / (1 + exp(-0.5)) = 0.622.
            for arithmetic in [Arithmetic::Float, Arithmetic::default()] {
                assert_eq!((at(0.62, arithmetic), at(0.63, arithmetic)), (Some(1), None));
                // Two classes above 0.37, the second of which has 0.378.
                assert_eq!((at(0.38, arithmetic), at(0.37, arithmetic)), (Some(1), None));
            }
        }
    }
}
