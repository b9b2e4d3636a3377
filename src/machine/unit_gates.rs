//! What the exclusion unit takes to be there: gates fitted to the synthesis of its Verilog, bits of its memories exactly.
//!
//! A gate equivalent is the area of a two-input NAND; `docs/exclusion-unit.md` says how they were counted. Units of
//! conventional exits have no Verilog: theirs are **estimates** from the same fit and from adders and multipliers
//! (`docs/model/conventional-exits.md`).

use super::UnitRule;
use crate::units::real;

/// Parameters of an exclusion unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitShape {
    /// Classes, 2 or more.
    pub classes: u64,
    /// Scores a cycle.
    pub lanes: u64,
    /// Heads, each with cuts of its own.
    pub heads: u64,
    /// Bits of a score.
    pub code_bits: u32,
    /// Bits of a probability.
    pub probability_bits: u64,
    /// Fraction bits of a threshold.
    pub threshold_bits: u64,
    /// Whether it packs the survivors into a list.
    pub compact: bool,
    /// What it decides by.
    pub rule: UnitRule,
}

/// Bits of the unit's memories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitBits {
    /// Scores, whole rows of lanes; read a row at a time. Outside the synthesized unit.
    pub scores: u64,
    /// Mask or, compacting, list of survivors, whole rows of lanes; a row is read and a row written at a time.
    pub survivors: u64,
    /// What decisions look up, all copies: cuts, of which one is read a decision, or a table of exponentials a lane.
    pub tables: u64,
    /// Sigmoid table of the head whose cuts are being made: one entry is read at a time, before the first inference.
    pub probabilities: u64,
}

/// Arithmetic beside what the fit of gates has in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitArithmetic {
    /// Adders of an adder tree and the running sum behind it, each with a register.
    pub adders: u64,
    /// Bits of a sum.
    pub sum_bits: u64,
    /// Multipliers of a sum and a threshold.
    pub multipliers: u64,
}

impl UnitShape {
    /// Gate equivalents of what decides.
    ///
    /// Of class exclusion lanes, tree, control, count: within 11 % of every unit synthesized (2 to 1000 classes, 1 to 64
    /// lanes, compacting up to 16, codes of 4 to 8 bits), 3 % on average. Of the rules of the softmax the same, whose
    /// second compare a lane makes the distance from the maximum; half as much a lane again where the next highest is
    /// wanted, too; of patience one compare a lane.
    #[must_use]
    pub fn deciding_gates(&self) -> f64 {
        let (lanes, code) = (real(self.lanes), f64::from(self.code_bits));
        let (class_bits, levels) = (real(number_bits(self.classes)), real(number_bits(self.lanes)));
        let lane = 16.0 + 19.0 * code;
        let passes = match self.rule {
            UnitRule::Exclusion | UnitRule::Entropy => 1.0,
            UnitRule::Confidence | UnitRule::Margin => 1.5,
            UnitRule::Patience => 0.5,
            UnitRule::Oracle => return 0.0,
        };
        if self.compact {
            let packing = lanes * (13.4 * code + (27.0 + 5.8 * levels) * class_bits) + 87.0 * class_bits;
            222.0 + packing + (passes - 1.0) * lanes * lane
        } else {
            106.0 + passes * lanes * lane + 72.0 * class_bits
        }
    }

    /// Gate equivalents of what makes the cuts of class exclusion, a multiplier mostly; within 9 % of every one
    /// synthesized (4 to 16 bits of both).
    #[must_use]
    pub fn cut_gates(&self) -> f64 {
        let (p, t) = (real(self.probability_bits), real(self.threshold_bits));
        if self.rule == UnitRule::Exclusion { 420.0 + 9.7 * p * t } else { 0.0 }
    }

    /// Adders and multipliers of a rule that sums exponentials: a tree over the lanes and a running sum, two of each for
    /// the entropy, and one product with the threshold instead of a division.
    #[must_use]
    pub fn arithmetic(&self) -> UnitArithmetic {
        let sums = match self.rule {
            UnitRule::Confidence | UnitRule::Margin => 1,
            UnitRule::Entropy => 2,
            UnitRule::Exclusion | UnitRule::Patience | UnitRule::Oracle => return UnitArithmetic::default(),
        };
        UnitArithmetic { adders: sums * self.lanes, sum_bits: self.sum_bits(), multipliers: 1 }
    }

    /// Bits of a sum of exponentials over all classes.
    #[must_use]
    pub fn sum_bits(&self) -> u64 {
        self.probability_bits + number_bits(self.classes)
    }

    /// Bits of an entry of what decisions look up: a cut, which is a code or one more than the largest, or an exponential.
    #[must_use]
    pub fn entry_bits(&self) -> u64 {
        match self.rule {
            UnitRule::Exclusion => u64::from(self.code_bits) + 1,
            UnitRule::Confidence | UnitRule::Margin | UnitRule::Entropy => self.probability_bits,
            UnitRule::Patience | UnitRule::Oracle => 0,
        }
    }

    /// Entries of one copy of what decisions look up: for every head one for every code, for the entropy twice as many,
    /// and its table of logarithms.
    #[must_use]
    pub fn entries(&self) -> u64 {
        let codes = 1_u64 << self.code_bits;
        match self.rule {
            UnitRule::Exclusion | UnitRule::Confidence | UnitRule::Margin => self.heads * codes,
            UnitRule::Entropy => (2 * self.heads + 1) * codes,
            UnitRule::Patience | UnitRule::Oracle => 0,
        }
    }

    /// Copies of what decisions look up: one where a decision looks up once, one a lane where every score is looked up.
    #[must_use]
    pub fn copies(&self) -> u64 {
        if self.rule == UnitRule::Exclusion { 1 } else { self.lanes }
    }

    /// Bits of its memories.
    #[must_use]
    pub fn memory(&self) -> UnitBits {
        let places = self.classes.next_multiple_of(self.lanes);
        // Patience remembers a class and a count, not the classes that are left.
        let survivors = match self.rule {
            UnitRule::Patience => number_bits(self.classes) + PATIENCE_BITS,
            _ if self.compact => places * number_bits(self.classes),
            _ => places,
        };
        let scores = places * u64::from(self.code_bits);
        if self.rule == UnitRule::Oracle {
            return UnitBits::default();
        }
        UnitBits {
            scores,
            survivors,
            tables: self.copies() * self.entries() * self.entry_bits(),
            probabilities: match self.rule {
                UnitRule::Exclusion => (1 << self.code_bits) * self.probability_bits,
                _ => 0,
            },
        }
    }
}

/// Bits in which the heads that agree in a row are counted.
pub(crate) const PATIENCE_BITS: u64 = 4;

/// Bits that number so many things: ceil(log2).
pub(crate) fn number_bits(things: u64) -> u64 {
    u64::from(things.next_power_of_two().trailing_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts that were synthesized: name, shape, gate equivalents.
    fn synthesized() -> Vec<(&'static str, UnitShape, f64)> {
        let row = |line: &'static str| {
            let (part, numbers) = line.split_once(',').unwrap();
            let numbers: Vec<u64> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
            let [classes, lanes, compact, heads, code_bits, probability_bits, threshold_bits, gates, ..] =
                numbers[..]
            else {
                panic!("{line}")
            };
            let (code_bits, compact) = (code_bits as u32, compact == 1);
            let rule = UnitRule::Exclusion;
            let shape = UnitShape {
                classes,
                lanes,
                heads,
                code_bits,
                probability_bits,
                threshold_bits,
                compact,
                rule,
            };
            (part, shape, real(gates))
        };
        let lines = include_str!("../../tests/rtl/synthesis_unit.csv").lines();
        lines.filter(|line| !line.starts_with('#')).skip(1).map(row).collect()
    }

    #[test]
    fn gates_are_those_synthesized_within_the_documented_error() {
        let rows = synthesized();
        assert!(rows.len() >= 30);
        for (part, shape, gates) in rows {
            let (found, bound) = match part {
                "unit" => (shape.deciding_gates(), 0.11),
                "cuts" => (shape.cut_gates(), 0.09),
                _ => panic!("{part}"),
            };
            assert!((found / gates - 1.0).abs() <= bound, "{part} {shape:?}: {found:.0} of {gates}");
        }
    }

    fn ten_classes_on_eight_lanes(rule: UnitRule) -> UnitShape {
        UnitShape {
            classes: 10,
            lanes: 8,
            heads: 6,
            code_bits: 8,
            probability_bits: 12,
            threshold_bits: 12,
            compact: false,
            rule,
        }
    }

    #[test]
    fn memories_of_ten_classes_on_eight_lanes_by_rule() {
        let shape = ten_classes_on_eight_lanes(UnitRule::Exclusion);
        let bits = UnitBits { scores: 128, survivors: 16, tables: 13_824, probabilities: 3_072 };
        assert_eq!(shape.memory(), bits);
        assert_eq!(UnitShape { compact: true, ..shape }.memory(), UnitBits { survivors: 64, ..bits });
        let tables = |rule| ten_classes_on_eight_lanes(rule).memory().tables;
        // 256 entries of 12 bits for each of 6 heads and 8 lanes; twice that and the logarithms.
        assert_eq!(tables(UnitRule::Confidence), 147_456);
        assert_eq!(tables(UnitRule::Margin), 147_456);
        assert_eq!(tables(UnitRule::Entropy), 2 * 147_456 + 256 * 12 * 8);
        assert_eq!((tables(UnitRule::Patience), tables(UnitRule::Oracle)), (0, 0));
        assert_eq!(ten_classes_on_eight_lanes(UnitRule::Patience).memory().survivors, 8);
    }

    #[test]
    fn units_grow_with_lanes_and_classes_whatever_the_rule() {
        let rules = [
            UnitRule::Exclusion,
            UnitRule::Confidence,
            UnitRule::Margin,
            UnitRule::Entropy,
            UnitRule::Patience,
        ];
        for rule in rules {
            for compact in [false, true] {
                let shape = UnitShape { compact, ..ten_classes_on_eight_lanes(rule) };
                let wider = UnitShape { lanes: 16, ..shape };
                let more = UnitShape { classes: 1000, ..shape };
                for larger in [wider, more] {
                    assert!(larger.deciding_gates() > shape.deciding_gates(), "{rule:?}");
                    assert!(larger.memory().tables >= shape.memory().tables);
                }
            }
        }
        assert_eq!(ten_classes_on_eight_lanes(UnitRule::Oracle).deciding_gates(), 0.0);
    }
}
