//! What the exclusion unit takes to be there: gates fitted to the synthesis of its Verilog, bits of its memories exactly.
//!
//! A gate equivalent is the area of a two-input NAND; `docs/exclusion-unit.md` says how they were counted.

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
}

/// Bits of the unit's memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitBits {
    /// Scores, whole rows of lanes; read a row at a time. Outside the synthesized unit.
    pub scores: u64,
    /// Mask or, compacting, list of survivors, whole rows of lanes; a row is read and a row written at a time.
    pub survivors: u64,
    /// Cuts: one is read a decision.
    pub cuts: u64,
    /// Sigmoid table of the head whose cuts are being made: one entry is read at a time, before the first inference.
    pub probabilities: u64,
}

impl UnitShape {
    /// Gate equivalents of what decides: lanes, tree, control, count; within 11 % of every unit synthesized (2 to 1000
    /// classes, 1 to 64 lanes, compacting up to 16, codes of 4 to 8 bits), 3 % on average.
    #[must_use]
    pub fn deciding_gates(&self) -> f64 {
        let (lanes, code) = (real(self.lanes), f64::from(self.code_bits));
        let (class_bits, levels) = (real(number_bits(self.classes)), real(number_bits(self.lanes)));
        if self.compact {
            222.0 + lanes * (13.4 * code + (27.0 + 5.8 * levels) * class_bits) + 87.0 * class_bits
        } else {
            106.0 + lanes * (16.0 + 19.0 * code) + 72.0 * class_bits
        }
    }

    /// Gate equivalents of what makes the cuts, a multiplier mostly; within 9 % of every one synthesized (4 to 16 bits
    /// of both).
    #[must_use]
    pub fn cut_gates(&self) -> f64 {
        let (p, t) = (real(self.probability_bits), real(self.threshold_bits));
        420.0 + 9.7 * p * t
    }

    /// Bits of its memories.
    #[must_use]
    pub fn memory(&self) -> UnitBits {
        let places = self.classes.next_multiple_of(self.lanes);
        let codes = 1_u64 << self.code_bits;
        UnitBits {
            scores: places * u64::from(self.code_bits),
            survivors: places * if self.compact { number_bits(self.classes) } else { 1 },
            cuts: self.heads * codes * (u64::from(self.code_bits) + 1),
            probabilities: codes * self.probability_bits,
        }
    }
}

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
            let shape =
                UnitShape { classes, lanes, heads, code_bits, probability_bits, threshold_bits, compact };
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

    #[test]
    fn memories_of_ten_classes_on_eight_lanes() {
        let shape = UnitShape {
            classes: 10,
            lanes: 8,
            heads: 6,
            code_bits: 8,
            probability_bits: 12,
            threshold_bits: 12,
            compact: false,
        };
        let bits = UnitBits { scores: 128, survivors: 16, cuts: 13_824, probabilities: 3_072 };
        assert_eq!(shape.memory(), bits);
        assert_eq!(UnitShape { compact: true, ..shape }.memory(), UnitBits { survivors: 64, ..bits });
    }
}
