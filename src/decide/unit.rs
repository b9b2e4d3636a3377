//! The exclusion unit's arithmetic: sigmoid table, threshold, compare.
//!
//! The sigmoid cannot be dropped, monotone as it is: p_c > beta * p_max is not invariant under it, so the table's
//! width changes decisions. What monotony does give is that, for a given maximum, the survivors are the classes at or
//! above one score; for 8-bit codes that lowest surviving code is tabulated, and a decision is a compare a class.

use super::class_set::ClassSet;
use super::policy::{Arithmetic, Memory};
use crate::replay::ScoreTable;

/// 8-bit codes there are.
pub(super) const CODES: usize = 256;

/// Logistic function of a real score.
pub fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// A probability in `probability_bits` bits (at most [`super::MAXIMUM_BITS`]): round half even of
/// probability * (2^bits - 1).
pub fn probability_code(probability: f64, probability_bits: u32) -> u32 {
    let largest = (1_u32 << probability_bits) - 1;
    (probability * f64::from(largest)).round_ties_even() as u32
}

/// A threshold with `threshold_bits` fraction bits: round half even of beta * 2^bits. beta = 1 gives 2^bits.
pub fn beta_code(beta: f64, threshold_bits: u32) -> u32 {
    (beta * f64::from(1_u32 << threshold_bits)).round_ties_even() as u32
}

/// The unit's compare: p_c * 2^t > beta code * p_max, all whole numbers. The top class survives whatever this says.
pub fn survives(probability: u32, maximum: u32, beta_code: u32, threshold_bits: u32) -> bool {
    u64::from(probability) << threshold_bits > u64::from(beta_code) * u64::from(maximum)
}

/// One head's sigmoid table, `[256]`, lowest code first: entry 0 belongs to code -128 of signed and to code 0 of
/// unsigned scores. Every head has its own scale and zero point, hence its own table.
pub fn probability_table(scale: f32, zero_point: i32, signed: bool, probability_bits: u32) -> [u32; CODES] {
    real_table(scale, zero_point, signed).map(|probability| probability_code(probability, probability_bits))
}

/// The lowest code of a signed or unsigned byte.
pub(super) fn lowest_code(signed: bool) -> i16 {
    if signed { i16::from(i8::MIN) } else { 0 }
}

/// Sigmoid of every dequantized code, lowest code first, never falling.
fn real_table(scale: f32, zero_point: i32, signed: bool) -> [f64; CODES] {
    // The library's exponential may dip by its last bit between neighbours; survivors must be "at or above a code".
    let mut highest = 0.0_f64;
    std::array::from_fn(|index| {
        let code = i32::from(lowest_code(signed)) + index as i32;
        highest = highest.max(sigmoid(f64::from(scale) * f64::from(code - zero_point)));
        highest
    })
}

/// One head's threshold in one arithmetic.
#[derive(Clone, Copy, Debug)]
enum Threshold {
    Integer { probability_bits: u32, threshold_bits: u32, beta_code: u32 },
    Float { beta: f64 },
}

impl Threshold {
    fn new(beta: f64, arithmetic: Arithmetic) -> Self {
        match arithmetic {
            Arithmetic::Integer { probability_bits, threshold_bits } => Threshold::Integer {
                probability_bits,
                threshold_bits,
                beta_code: beta_code(beta, threshold_bits),
            },
            Arithmetic::Float => Threshold::Float { beta },
        }
    }

    /// What the unit holds of a probability: its whole-number code, exact in an f64, or the probability itself.
    fn entry(self, probability: f64) -> f64 {
        match self {
            Threshold::Integer { probability_bits, .. } => {
                f64::from(probability_code(probability, probability_bits))
            }
            Threshold::Float { .. } => probability,
        }
    }

    /// Whether a class with this entry passes beside a maximum with that.
    fn passes(self, entry: f64, maximum: f64) -> bool {
        match self {
            Threshold::Integer { threshold_bits, beta_code, .. } => {
                survives(entry as u32, maximum as u32, beta_code, threshold_bits)
            }
            Threshold::Float { beta } => entry > beta * maximum,
        }
    }

    /// For every maximum's code, the lowest code that passes beside it; one above the highest where none does.
    fn lowest_surviving(self, probabilities: &[f64; CODES], lowest_code: i16) -> [i16; CODES] {
        let entries = probabilities.map(|probability| self.entry(probability));
        std::array::from_fn(|top| {
            lowest_code + entries.partition_point(|e| !self.passes(*e, entries[top])) as i16
        })
    }
}

/// One head's exclusion unit over the scores of every sample.
pub(super) struct Unit<'a> {
    classes: usize,
    memory: Memory,
    rows: Rows<'a>,
}

enum Rows<'a> {
    /// Scores as codes: look-ups only.
    Codes { codes: &'a [i16], lowest_code: i16, lowest_surviving: Box<[i16; CODES]> },
    /// Real scores of a trace: there is no code to look up, so every probability is computed and, in integer
    /// arithmetic, rounded to its bits directly.
    Reals { scores: &'a [f32], threshold: Threshold },
}

impl<'a> Unit<'a> {
    /// The unit of one head; `table` is `[samples][classes]` and checked already.
    pub(super) fn new(
        table: &'a ScoreTable,
        classes: usize,
        beta: f64,
        memory: Memory,
        arithmetic: Arithmetic,
    ) -> Self {
        let threshold = Threshold::new(beta, arithmetic);
        let rows = match table {
            ScoreTable::Codes { codes, scale, zero_point, signed } => {
                let lowest_code = lowest_code(*signed);
                let probabilities = real_table(*scale, *zero_point, *signed);
                let lowest_surviving = Box::new(threshold.lowest_surviving(&probabilities, lowest_code));
                Rows::Codes { codes, lowest_code, lowest_surviving }
            }
            ScoreTable::Reals(scores) => Rows::Reals { scores, threshold },
        };
        Unit { classes, memory, rows }
    }

    /// Updates the classes `alive` before this head to those alive after it: never none.
    pub(super) fn judge(&self, sample: usize, alive: &mut ClassSet) {
        let row = sample * self.classes..(sample + 1) * self.classes;
        match &self.rows {
            Rows::Codes { codes, lowest_code, lowest_surviving } => {
                let codes = &codes[row];
                let top = self.start(codes, alive);
                let lowest = lowest_surviving[usize::from((codes[top] - lowest_code) as u16)];
                alive.retain_by_row(codes, |code| code >= lowest);
                alive.insert(top);
            }
            Rows::Reals { scores, threshold } => {
                let scores = &scores[row];
                let top = self.start(scores, alive);
                let entry = |class: usize| threshold.entry(sigmoid(f64::from(scores[class])));
                let maximum = entry(top);
                alive.retain(|class| threshold.passes(entry(class), maximum));
                alive.insert(top);
            }
        }
    }

    /// The class at the top of the row, and in `alive` the classes that can survive at all, as the memory has it.
    fn start<T: Score>(&self, row: &[T], alive: &mut ClassSet) -> usize {
        match self.memory {
            Memory::ReadmitTop => T::top(row),
            Memory::Monotone => top_among(row, alive),
            Memory::Memoryless => {
                alive.fill();
                T::top(row)
            }
        }
    }
}

/// A score as tables hold it.
pub(super) trait Score: PartialOrd + Copy {
    /// Class with the highest score of the row; the lowest such class if several tie.
    fn top(row: &[Self]) -> usize;
}

impl Score for i16 {
    fn top(row: &[i16]) -> usize {
        // Code above, class below and counted down: one maximum without a branch settles both score and tie.
        let key = |(class, code): (i32, &i16)| (i32::from(*code) << 16) | (i32::from(u16::MAX) - class);
        let highest = (0..).zip(row).map(key).fold(i32::MIN, i32::max);
        usize::from(u16::MAX - (highest & i32::from(u16::MAX)) as u16)
    }
}

impl Score for f32 {
    fn top(row: &[f32]) -> usize {
        (1..row.len()).fold(0, |top, class| if row[class] > row[top] { class } else { top })
    }
}

/// Class with the highest score of those in the set, which must not be empty; the lowest such class if several tie.
pub(super) fn top_among<T: Score>(row: &[T], set: &ClassSet) -> usize {
    let mut classes = set.iter();
    let lowest = classes.next().unwrap_or(0);
    classes.fold(lowest, |top, class| if row[class] > row[top] { class } else { top })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_table_of_known_values() {
        // scale ln 3: codes 0 and 1 either side of zero give 1/2 and 3/4; 4 bits give round(7.5) = 8, round(11.25).
        let table = probability_table(3.0_f32.ln(), 0, true, 4);
        assert_eq!((table[127], table[128], table[129]), (4, 8, 11));
        assert_eq!((table[0], table[255]), (0, 15));
        let shifted = probability_table(3.0_f32.ln(), 100, false, 4);
        assert_eq!((shifted[99], shifted[100], shifted[101]), (4, 8, 11));
    }

    #[test]
    fn rounding_is_half_to_even() {
        assert_eq!((beta_code(0.125, 2), beta_code(0.375, 2)), (0, 2));
        assert_eq!((beta_code(0.01, 12), beta_code(1.0, 16), beta_code(0.0, 1)), (41, 65536, 0));
        assert_eq!((probability_code(0.5, 1), probability_code(0.5, 2)), (0, 2));
    }

    #[test]
    fn compare_is_strict_at_the_widest() {
        // 0.5 * 3000 = 1500: equal does not pass.
        assert!(!survives(1500, 3000, 2048, 12));
        assert!(survives(1501, 3000, 2048, 12));
        assert!(!survives(65535, 65535, 65536, 16));
        assert!(survives(65535, 65535, 65535, 16));
        assert!(!survives(0, 0, 0, 12));
    }

    #[test]
    fn lowest_surviving_code_is_what_the_compare_says_for_every_pair() {
        for (scale, zero_point, signed) in [(0.1, 140, false), (0.003, -20, true), (4.0, 0, true)] {
            for bits in [1, 3, 8, 12, 16] {
                for beta in [0.0, 0.01, 0.37, 0.99, 1.0] {
                    let threshold = Threshold::new(
                        beta,
                        Arithmetic::Integer { probability_bits: bits, threshold_bits: bits },
                    );
                    let lowest_code = lowest_code(signed);
                    let real = real_table(scale, zero_point, signed);
                    let lowest = threshold.lowest_surviving(&real, lowest_code);
                    let table = probability_table(scale, zero_point, signed, bits);
                    for top in 0..CODES {
                        for code in 0..=top {
                            let passes = survives(table[code], table[top], beta_code(beta, bits), bits);
                            assert_eq!(lowest_code + code as i16 >= lowest[top], passes);
                        }
                    }
                }
            }
        }
    }
}
