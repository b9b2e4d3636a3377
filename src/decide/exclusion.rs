//! Class exclusion at one head: which classes survive beside the maximum.
//!
//! The arithmetic is the unit's (`unit`). For 8-bit codes the lowest code that survives beside each maximum, the cut, is
//! tabulated once per head, and a decision is a compare per class. The unit of `relative-to-max` has that table, too; that
//! of `distance` subtracts.

use super::class_set::ClassSet;
use super::policy::{Arithmetic, Memory};
use super::score::{Score, top_among};
use crate::replay::ScoreTable;
use crate::unit::{
    CODES, beta_code, distance_code, lowest_code, probability_code, sigmoid, sigmoid_table, survives,
};

/// One head's threshold in one arithmetic.
#[derive(Clone, Copy, Debug)]
pub(super) enum Threshold {
    /// Of probabilities in whole numbers.
    Integer { probability_bits: u32, threshold_bits: u32, beta_code: u32 },
    /// Of probabilities.
    Float { beta: f64 },
    /// Of scores. On codes whole numbers and reals decide alike, so that there is one arithmetic.
    Distance { distance: f64 },
}

impl Threshold {
    pub(super) fn relative_to_max(beta: f64, arithmetic: Arithmetic) -> Self {
        match arithmetic {
            Arithmetic::Integer { probability_bits, threshold_bits } => Threshold::Integer {
                probability_bits,
                threshold_bits,
                beta_code: beta_code(beta, threshold_bits),
            },
            Arithmetic::Float => Threshold::Float { beta },
        }
    }

    /// What people compare of a real score: its probability as the unit holds it, as a fraction, or the score.
    pub(super) fn shown(self, score: f64) -> f64 {
        let entry = self.entry(score);
        match self {
            Threshold::Integer { probability_bits, .. } => entry / f64::from((1_u32 << probability_bits) - 1),
            Threshold::Float { .. } | Threshold::Distance { .. } => entry,
        }
    }

    /// What a class must exceed beside a maximum with this, as [`Self::shown`] has it; of distances, what it must reach.
    pub(super) fn limit(self, maximum: f64) -> f64 {
        match self {
            Threshold::Integer { threshold_bits, beta_code, .. } => {
                f64::from(beta_code) / f64::from(1_u32 << threshold_bits) * maximum
            }
            Threshold::Float { beta } => beta * maximum,
            Threshold::Distance { distance } => maximum - distance,
        }
    }

    /// What is compared of a real score: its probability as the unit's whole-number code, exact in an f64, its probability
    /// itself, or the score.
    fn entry(self, score: f64) -> f64 {
        match self {
            Threshold::Integer { .. } | Threshold::Float { .. } => self.held(sigmoid(score)),
            Threshold::Distance { .. } => score,
        }
    }

    /// What the unit holds of a probability.
    fn held(self, probability: f64) -> f64 {
        match self {
            Threshold::Integer { probability_bits, .. } => {
                f64::from(probability_code(probability, probability_bits))
            }
            Threshold::Float { .. } | Threshold::Distance { .. } => probability,
        }
    }

    /// Whether a class with this entry passes beside a maximum with that.
    fn passes(self, entry: f64, maximum: f64) -> bool {
        match self {
            Threshold::Integer { threshold_bits, beta_code, .. } => {
                survives(entry as u32, maximum as u32, beta_code, threshold_bits)
            }
            Threshold::Float { beta } => entry > beta * maximum,
            // Equal infinities have no difference.
            Threshold::Distance { distance } => entry == maximum || maximum - entry <= distance,
        }
    }

    /// For every maximum's code, the lowest code that passes beside it; one above the highest where none does.
    fn cuts(self, scale: f32, zero_point: i32, signed: bool) -> [i16; CODES] {
        let lowest_code = lowest_code(signed);
        match self {
            Threshold::Integer { .. } | Threshold::Float { .. } => {
                self.lowest_surviving(&sigmoid_table(scale, zero_point, signed), lowest_code)
            }
            Threshold::Distance { distance } => {
                let codes = distance_code(distance, scale) as usize;
                std::array::from_fn(|top| lowest_code + top.saturating_sub(codes) as i16)
            }
        }
    }

    /// The same of a threshold of probabilities.
    ///
    /// The sigmoid rises with its code and rounding keeps that order, so entries never fall, and the codes that pass are those
    /// from some code on: a binary search finds it.
    fn lowest_surviving(self, probabilities: &[f64; CODES], lowest_code: i16) -> [i16; CODES] {
        let entries = probabilities.map(|probability| self.held(probability));
        std::array::from_fn(|top| {
            lowest_code + entries.partition_point(|e| !self.passes(*e, entries[top])) as i16
        })
    }
}

/// One head that excludes, over the scores of every sample.
pub(super) struct Excluder<'a> {
    classes: usize,
    memory: Memory,
    rows: Rows<'a>,
}

enum Rows<'a> {
    /// Scores as codes: look-ups only.
    Codes { codes: &'a [i16], lowest_code: i16, lowest_surviving: Box<[i16; CODES]> },
    /// Real scores of a trace: there is no code to look up, so every probability is computed and, in integer
    /// arithmetic, rounded to its bits directly; distances are those of the scores.
    Reals { scores: &'a [f32], threshold: Threshold },
}

impl<'a> Excluder<'a> {
    /// One head; `table` is `[samples][classes]` and checked already.
    pub(super) fn new(table: &'a ScoreTable, classes: usize, threshold: Threshold, memory: Memory) -> Self {
        let rows = match table {
            ScoreTable::Codes { codes, scale, zero_point, signed } => {
                let lowest_surviving = Box::new(threshold.cuts(*scale, *zero_point, *signed));
                Rows::Codes { codes, lowest_code: lowest_code(*signed), lowest_surviving }
            }
            ScoreTable::Reals(scores) => Rows::Reals { scores, threshold },
        };
        Excluder { classes, memory, rows }
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
                // The top class survives by its place, not its code: with beta = 1, or where all entries round to 0, no code
                // exceeds the limit. Under readmit-top this also puts back a class that an earlier head excluded.
                alive.insert(top);
            }
            Rows::Reals { scores, threshold } => {
                let scores = &scores[row];
                let top = self.start(scores, alive);
                let entry = |class: usize| threshold.entry(f64::from(scores[class]));
                let maximum = entry(top);
                alive.retain(|class| threshold.passes(entry(class), maximum));
                alive.insert(top);
            }
        }
    }

    /// The class at the top of the row, and in `alive` the classes that can survive at all, as the memory has it.
    fn start<T: Score>(&self, row: &[T], alive: &mut ClassSet) -> usize {
        match self.memory {
            // The maximum is of all classes, but only survivors, and the top class itself, can survive again.
            Memory::ReadmitTop => T::top(row),
            // Scores of excluded classes were never computed: the maximum is of those that are left.
            Memory::Monotone => top_among(row, alive),
            Memory::Memoryless => {
                alive.fill();
                T::top(row)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::probability_table;

    #[test]
    fn lowest_surviving_code_is_what_the_compare_says_for_every_pair() {
        for (scale, zero_point, signed) in [(0.1, 140, false), (0.003, -20, true), (4.0, 0, true)] {
            for bits in [1, 3, 8, 12, 16] {
                for beta in [0.0, 0.01, 0.37, 0.99, 1.0] {
                    let threshold = Threshold::relative_to_max(
                        beta,
                        Arithmetic::Integer { probability_bits: bits, threshold_bits: bits },
                    );
                    let lowest_code = lowest_code(signed);
                    let real = sigmoid_table(scale, zero_point, signed);
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
