//! What a unit takes to be there: gates fitted to the synthesis of its Verilog, bits of its memories exactly, arithmetic.
//!
//! A gate equivalent is the area of a two-input NAND; `docs/exclusion-unit.md` says how they were counted. Units of
//! conventional exits have no Verilog: theirs are **estimates** from the same fit and from adders and multipliers
//! (`docs/model/conventional-exits.md`).

use super::circuit::{AGREEMENT_BITS, Multiplier, Remembered, TableHolds, Tables};
use super::{Unit, number_bits};
use crate::units::real;

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
    /// The distance of every head, in registers.
    pub distances: u64,
}

/// Arithmetic beside what the fit of gates has in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitArithmetic {
    /// Adders of the adder trees and the running sums behind them, each with a register.
    pub adders: u64,
    /// Bits of a sum; none without sums.
    pub sum_bits: u64,
    /// Multipliers of a sum and a threshold.
    pub multipliers: u64,
}

/// The tables that a unit looks up in, as something to load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitTables {
    /// Bytes of one copy, as they stand in DRAM.
    pub bytes: u64,
    /// Entries written, all copies.
    pub entries: u64,
}

impl Unit {
    /// Gate equivalents of what decides.
    ///
    /// Of class exclusion lanes, tree, control, count: within 11 % of every unit synthesized (2 to 1000 classes, 1 to 64
    /// lanes, compacting up to 16, codes of 4 to 8 bits), 3 % on average. Its lane has two comparators; a lane of another
    /// rule is taken in proportion to its comparators, and all else to be the same.
    #[must_use]
    pub fn deciding_gates(&self) -> f64 {
        let circuit = self.circuit();
        if !circuit.is_there() {
            return 0.0;
        }
        let (lanes, code) = (real(self.lanes), f64::from(self.size.code_bits));
        let (class_bits, levels) = (real(number_bits(self.size.classes)), real(number_bits(self.lanes)));
        let lane = 16.0 + 19.0 * code;
        let share = real(circuit.comparators()) / 2.0;
        if self.compact {
            let packing = lanes * (13.4 * code + (27.0 + 5.8 * levels) * class_bits) + 87.0 * class_bits;
            222.0 + packing + (share - 1.0) * lanes * lane
        } else {
            106.0 + share * lanes * lane + 72.0 * class_bits
        }
    }

    /// Gate equivalents of what makes the cuts of class exclusion: a multiplier mostly, within 9 % of every one synthesized
    /// (4 to 16 bits of both), or where a distance is subtracted a subtracter and a register, within 4 %.
    #[must_use]
    pub fn cut_gates(&self) -> f64 {
        let (p, t) = (real(self.size.probability_bits), real(self.size.threshold_bits));
        if self.makes_cuts() {
            420.0 + 9.7 * p * t
        } else if self.subtracts_a_distance() {
            19.0 * f64::from(self.size.code_bits) - 4.0
        } else {
            0.0
        }
    }

    /// Adders and multipliers of a rule that sums exponentials: for each sum a tree over the lanes and a running sum,
    /// together an adder per lane. The multiplier that makes cuts is in the fit of [`Unit::cut_gates`].
    #[must_use]
    pub fn arithmetic(&self) -> UnitArithmetic {
        let circuit = self.circuit();
        UnitArithmetic {
            adders: circuit.sums * self.lanes,
            sum_bits: if circuit.sums > 0 { self.sum_bits() } else { 0 },
            multipliers: u64::from(circuit.multiplier == Multiplier::OncePerDecision),
        }
    }

    /// Bits of a sum of exponentials over all classes.
    #[must_use]
    pub fn sum_bits(&self) -> u64 {
        self.size.probability_bits + number_bits(self.size.classes)
    }

    /// Bits of a compare: of a code, or one more than the largest; of a sum of exponentials, where the rule adds some.
    #[must_use]
    pub fn compared_bits(&self) -> u64 {
        let code = u64::from(self.size.code_bits) + 1;
        if self.circuit().sums > 0 { code.max(self.sum_bits()) } else { code }
    }

    /// Bits of what is multiplied by a threshold: a probability when cuts are made, else a sum of exponentials.
    #[must_use]
    pub fn multiplied_bits(&self) -> u64 {
        if self.makes_cuts() { self.size.probability_bits } else { self.sum_bits() }
    }

    /// Bits of an entry of what decisions look up; none without tables.
    #[must_use]
    pub fn entry_bits(&self) -> u64 {
        let tables = self.circuit().tables;
        match tables.holds {
            _ if tables.per_head + tables.shared == 0 => 0,
            TableHolds::Cuts => u64::from(self.size.code_bits) + 1,
            TableHolds::Probabilities => self.size.probability_bits,
        }
    }

    /// Entries of one copy of what decisions look up: one for every code in every table.
    #[must_use]
    pub fn entries(&self) -> u64 {
        let tables = self.circuit().tables;
        (tables.per_head * self.size.heads + tables.shared) * self.codes()
    }

    /// Copies of what decisions look up: one where a decision looks up once, one per lane where every score is looked up.
    #[must_use]
    pub fn copies(&self) -> u64 {
        if self.circuit().tables.per_score { self.lanes } else { 1 }
    }

    /// Bits of its memories.
    #[must_use]
    pub fn memory(&self) -> UnitBits {
        if !self.circuit().is_there() {
            return UnitBits::default();
        }
        let places = self.size.classes.next_multiple_of(self.lanes);
        let class_bits = number_bits(self.size.classes);
        UnitBits {
            scores: places * u64::from(self.size.code_bits),
            survivors: match self.circuit().remembered {
                Remembered::Nothing => 0,
                Remembered::Survivors | Remembered::AllClasses if self.compact => places * class_bits,
                Remembered::Survivors | Remembered::AllClasses => places,
                Remembered::Agreement => class_bits + AGREEMENT_BITS,
            },
            tables: self.copies() * self.entries() * self.entry_bits(),
            probabilities: if self.makes_cuts() { self.codes() * self.size.probability_bits } else { 0 },
            distances: if self.subtracts_a_distance() {
                self.size.heads * u64::from(self.size.code_bits)
            } else {
                0
            },
        }
    }

    /// What it takes to load its tables; nothing without heads.
    #[must_use]
    pub fn tables(&self) -> UnitTables {
        if self.size.heads == 0 {
            return UnitTables::default();
        }
        let entries = self.entries();
        let bytes = (entries * self.entry_bits()).div_ceil(8);
        UnitTables { bytes, entries: entries * self.copies() }
    }

    /// Codes that a score can have.
    fn codes(&self) -> u64 {
        1 << self.size.code_bits
    }

    /// Whether its cut is the maximum less a distance: what survives is remembered, and nothing is looked up for it.
    fn subtracts_a_distance(&self) -> bool {
        let circuit = self.circuit();
        circuit.remembered == Remembered::Survivors && circuit.tables == Tables::NONE
    }

    fn makes_cuts(&self) -> bool {
        self.circuit().multiplier == Multiplier::MakesCuts
    }
}

#[cfg(test)]
mod tests {
    use super::super::{UnitRule, UnitSize};
    use super::*;

    /// The parts that were synthesized: name, unit, gate equivalents.
    fn synthesized() -> Vec<(&'static str, Unit, f64)> {
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
            let size = UnitSize { heads, classes, code_bits, probability_bits, threshold_bits, rule };
            (part, Unit { size, lanes, compact }, real(gates))
        };
        let lines = include_str!("../../tests/rtl/synthesis_unit.csv").lines();
        lines.filter(|line| !line.starts_with('#')).skip(1).map(row).collect()
    }

    #[test]
    fn gates_are_those_synthesized_within_the_documented_error() {
        let rows = synthesized();
        assert!(rows.len() >= 30);
        for (part, unit, gates) in rows {
            let (found, bound) = match part {
                "unit" => (unit.deciding_gates(), 0.11),
                "cuts" => (unit.cut_gates(), 0.09),
                _ => panic!("{part}"),
            };
            assert!((found / gates - 1.0).abs() <= bound, "{part} {unit:?}: {found:.0} of {gates}");
        }
    }

    fn ten_classes_on_eight_lanes(rule: UnitRule) -> Unit {
        UnitSize { rule, ..UnitSize::of_default_bits(6, 10) }.built(8, false)
    }

    #[test]
    fn memories_of_ten_classes_on_eight_lanes_by_rule() {
        let unit = ten_classes_on_eight_lanes(UnitRule::Exclusion);
        let bits =
            UnitBits { scores: 128, survivors: 16, tables: 13_824, probabilities: 3_072, distances: 0 };
        assert_eq!(unit.memory(), bits);
        assert_eq!(Unit { compact: true, ..unit }.memory(), UnitBits { survivors: 64, ..bits });
        // A distance of 8 bits for each of 6 heads, and nothing to look up.
        let bits = UnitBits { tables: 0, probabilities: 0, distances: 48, ..bits };
        let distance = ten_classes_on_eight_lanes(UnitRule::Distance);
        assert_eq!(distance.memory(), bits);
        assert_eq!(distance.tables(), UnitTables::default());
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
            UnitRule::Distance,
            UnitRule::Confidence,
            UnitRule::Margin,
            UnitRule::Entropy,
            UnitRule::Patience,
        ];
        for rule in rules {
            for compact in [false, true] {
                let unit = Unit { compact, ..ten_classes_on_eight_lanes(rule) };
                let wider = Unit { lanes: 16, ..unit };
                let more = Unit { size: UnitSize { classes: 1000, ..unit.size }, ..unit };
                for larger in [wider, more] {
                    assert!(larger.deciding_gates() > unit.deciding_gates(), "{rule:?}");
                    assert!(larger.memory().tables >= unit.memory().tables);
                }
            }
        }
        assert_eq!(ten_classes_on_eight_lanes(UnitRule::Oracle).deciding_gates(), 0.0);
    }
}
