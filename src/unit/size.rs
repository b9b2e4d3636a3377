//! How large a unit is: what a network and a policy ask for, and what a machine builds of it.

use super::{Circuit, UnitRule};
use crate::units::count;

/// What a network and a policy ask of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnitSize {
    /// Heads, each with tables of its own.
    pub heads: u64,
    /// Classes, each with a score and a place among the survivors.
    pub classes: u64,
    /// Bits of a score.
    pub code_bits: u32,
    /// Bits of a probability.
    pub probability_bits: u64,
    /// Fraction bits of a threshold.
    pub threshold_bits: u64,
    /// What it decides by.
    pub rule: UnitRule,
}

impl UnitSize {
    /// A unit of class exclusion of the default bits, 12 and 12.
    #[must_use]
    pub fn of_default_bits(heads: usize, classes: usize) -> Self {
        Self {
            heads: count(heads),
            classes: count(classes),
            code_bits: 8,
            probability_bits: 12,
            threshold_bits: 12,
            rule: UnitRule::Exclusion,
        }
    }

    /// The unit that a machine builds of it: so many scores per cycle, with a list of survivors or a mask.
    ///
    /// One class has nothing to decide; its unit is taken to be that of two.
    #[must_use]
    pub fn built(self, lanes: u64, compact: bool) -> Unit {
        Unit { size: Self { classes: self.classes.max(2), ..self }, lanes, compact }
    }
}

/// A unit as a machine builds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// What is asked of it; 2 classes or more.
    pub size: UnitSize,
    /// Scores a cycle.
    pub lanes: u64,
    /// Whether it packs the survivors into a list.
    pub compact: bool,
}

impl Unit {
    /// What it is made of per lane, per class and per head.
    #[must_use]
    pub fn circuit(&self) -> Circuit {
        self.size.rule.circuit()
    }
}
