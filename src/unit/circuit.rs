//! What a unit is made of and does in a decision, whatever its size; cycles and actions follow from that.
//!
//! The scores pass through `lanes` ports, a row of `lanes` scores per cycle. The first pass looks for the highest score: a
//! comparator in every lane and, behind the lanes, a tree of ceil(log2 lanes) levels with a register in each. A second
//! pass sets every score against what the first one found. `docs/exclusion-unit.md` draws the pipeline.

use super::number_bits;
use crate::count::{Action, PerAction};

/// The circuit of a rule, in parts per lane, per class and per head: no number in it depends on the size of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// How often the scores pass through the lanes. None for a rule that needs no unit.
    pub passes: u64,
    /// Trees over the lanes that a decision waits for, one after the other.
    pub trees: u64,
    /// Pipeline stages of a decision beside rows and trees.
    pub stages: u64,
    /// How many of the highest scores the first pass finds: a comparator per lane for each.
    pub highest: u64,
    /// Comparators per lane in the second pass; one that makes a distance counts, too.
    pub compares_per_class: u64,
    /// Sums over all classes: an adder tree over the lanes for each, and a running sum behind it.
    pub sums: u64,
    /// Compares, additions and subtractions at the end of a decision, whatever the number of classes.
    pub compares_once: u64,
    /// What decisions look up.
    pub tables: Tables,
    /// Whether it multiplies by a threshold, and when.
    pub multiplier: Multiplier,
    /// What is remembered from one head to the next.
    pub remembered: Remembered,
    /// Whether it has been written in Verilog, which holds the model; otherwise it is estimated from the same parts.
    pub in_verilog: bool,
}

/// Tables that decisions look up. Each has an entry for every code of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Tables that every head has for itself.
    pub per_head: u64,
    /// Tables that all heads share. A decision looks up once in each.
    pub shared: u64,
    /// What an entry is.
    pub holds: TableHolds,
    /// Whether every score is looked up in the head's tables, which takes a copy of them per lane; otherwise a decision
    /// looks up once in each.
    pub per_score: bool,
}

/// What an entry of a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableHolds {
    /// The lowest code that survives beside a maximum, or one more than the highest code where none does.
    Cuts,
    /// A probability or an exponential.
    Probabilities,
}

/// Whether a unit multiplies by a threshold, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiplier {
    /// It has no multiplier.
    None,
    /// A probability times the threshold, when the cuts are made: before the first inference, from a table of
    /// probabilities of which one is kept for whichever head's cuts are being made.
    MakesCuts,
    /// A sum times the threshold, once a decision, which replaces the division of a softmax.
    OncePerDecision,
}

/// What a unit remembers from one head to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// Nothing.
    Nothing,
    /// Which classes survive: a bit each or, where the unit compacts, a list of their numbers. Every decision writes it.
    Survivors,
    /// The same memory, in which all classes stay until a head answers: no decision writes it.
    AllClasses,
    /// The last head's top class, and how many heads in a row have confirmed it. Every decision writes both.
    Agreement,
}

/// Bits in which the heads that agree in a row are counted.
pub(super) const AGREEMENT_BITS: u64 = 4;

impl Tables {
    /// No table.
    pub const NONE: Self =
        Self { per_head: 0, shared: 0, holds: TableHolds::Probabilities, per_score: false };

    /// Look-ups of a decision over so many scores.
    fn look_ups(self, scores: u64) -> u64 {
        self.per_head * if self.per_score { scores } else { 1 } + self.shared
    }
}

impl Circuit {
    /// No unit: decisions that cost nothing.
    pub const NONE: Self = Self {
        passes: 0,
        trees: 0,
        stages: 0,
        highest: 0,
        compares_per_class: 0,
        sums: 0,
        compares_once: 0,
        tables: Tables::NONE,
        multiplier: Multiplier::None,
        remembered: Remembered::Nothing,
        in_verilog: false,
    };

    /// Whether there is a unit at all.
    #[must_use]
    pub fn is_there(&self) -> bool {
        *self != Self::NONE
    }

    /// Comparators per lane, of both passes.
    #[must_use]
    pub fn comparators(&self) -> u64 {
        self.highest + self.compares_per_class
    }

    /// Cycles of one decision over `alive` classes, from the edge that takes the scores to the edge that says the result.
    ///
    /// A pass takes a cycle per row. What follows a pass can begin with its first row, but for the trees, whose levels the
    /// last row has to climb, and the stages that stand between registers (`docs/exclusion-unit.md` lists them).
    #[must_use]
    pub fn cycles(&self, alive: u64, lanes: u64) -> u64 {
        self.passes * alive.div_ceil(lanes) + self.trees * number_bits(lanes) + self.stages
    }

    /// Actions of one decision over `alive` classes, of which each is remembered in `entry_bits` bits: one of a mask, or
    /// the class's number in the list of a compacting unit, of which every entry is charged as if all stayed.
    ///
    /// An addition or subtraction is counted as the compare whose carry chain it has.
    #[must_use]
    pub fn actions(&self, alive: u64, entry_bits: u64) -> PerAction<u64> {
        // Of n scores the highest takes n - 1 comparisons, the next one as many again; a sum takes n - 1 additions.
        let pairwise = (self.highest + self.sums) * (alive - 1);
        let mut actions = PerAction::default();
        actions[Action::LookUp] = self.tables.look_ups(alive);
        actions[Action::Compare] = pairwise + self.compares_per_class * alive + self.compares_once;
        actions[Action::Multiply] = match self.multiplier {
            Multiplier::None | Multiplier::MakesCuts => 0,
            Multiplier::OncePerDecision => 1,
        };
        actions[Action::MaskUpdate] = match self.remembered {
            Remembered::Nothing | Remembered::AllClasses => 0,
            Remembered::Survivors => alive * entry_bits,
            Remembered::Agreement => number_bits(alive) + AGREEMENT_BITS,
        };
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::super::UnitRule;
    use super::*;

    #[test]
    fn ten_classes_on_eight_lanes_as_documented() {
        let circuit = UnitRule::Exclusion.circuit();
        assert_eq!([1, 8, 9].map(|alive| circuit.cycles(alive, 8)), [9, 9, 11]);
        assert_eq!(circuit.cycles(10, 1), 24);
        assert_eq!([2, 10, 94, 100, 1000].map(number_bits), [1, 4, 7, 7, 10]);
        let actions = circuit.actions(10, 1);
        let four = [Action::LookUp, Action::Compare, Action::Multiply, Action::MaskUpdate];
        assert_eq!(four.map(|action| actions[action]), [1, 19, 0, 10]);
    }

    #[test]
    fn estimates_differ_by_what_a_rule_needs_more() {
        let cycles = |rule: UnitRule| rule.circuit().cycles(10, 8);
        // Two passes of 2 cycles, 3 levels, 4 stages.
        assert_eq!(cycles(UnitRule::Exclusion), 11);
        assert_eq!(cycles(UnitRule::Distance), 11);
        assert_eq!(cycles(UnitRule::Confidence), 14);
        assert_eq!(cycles(UnitRule::Margin), 14);
        assert_eq!(cycles(UnitRule::Entropy), 16);
        // One pass, 3 levels, 2 stages.
        assert_eq!(cycles(UnitRule::Patience), 7);
        assert_eq!(cycles(UnitRule::Oracle), 0);
    }

    /// The table of `docs/model/conventional-exits.md`, for n classes: look-ups, compares, multiplications, bits.
    #[test]
    fn actions_of_every_rule_as_documented() {
        for n in [2, 10, 94] {
            let actions = |rule: UnitRule| {
                let actions = rule.circuit().actions(n, 1);
                [Action::LookUp, Action::Compare, Action::Multiply, Action::MaskUpdate]
                    .map(|action| actions[action])
            };
            assert_eq!(actions(UnitRule::Exclusion), [1, 2 * n - 1, 0, n]);
            assert_eq!(actions(UnitRule::Distance), [0, 2 * n, 0, n]);
            assert_eq!(actions(UnitRule::Confidence), [n, 4 * n - 1, 1, 0]);
            assert_eq!(actions(UnitRule::Margin), [n, 4 * n - 1, 1, 0]);
            assert_eq!(actions(UnitRule::Entropy), [2 * n + 1, 4 * n, 1, 0]);
            assert_eq!(actions(UnitRule::Patience), [0, n + 1, 0, number_bits(n) + 4]);
            assert_eq!(actions(UnitRule::Oracle), [0; 4]);
        }
    }
}
