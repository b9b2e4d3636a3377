//! The class-exclusion unit: maximum, look-up of the cut, compare, mask, count, decide.
//!
//! Formula and counts are those of its Verilog (`tests/rtl/unit/`), which `tests/rtl/unit.rs` holds them to. The scores
//! pass twice through `lanes` ports: for their maximum, which a tree of ceil(log2 lanes) levels closes, and, when the
//! lowest code that survives beside that maximum is looked up, for the compare with it. `docs/exclusion-unit.md`.

use crate::arch::{Arch, number_bits};
use crate::count::{Action, Cause, PerAction, Tally};

/// Cycles of one decision over `alive` classes: 2 * ceil(alive / lanes) + ceil(log2(lanes)) + 4.
#[must_use]
pub fn unit_cycles(alive: u64, lanes: u64) -> u64 {
    2 * alive.div_ceil(lanes) + number_bits(lanes) + 4
}

/// Actions of one decision over `alive` classes, each remembered in `entry_bits` bits: one of a mask, or the class's
/// number in the list of a compacting unit, of which every entry is charged as if all stayed.
///
/// Beta is multiplied when the cuts are made, before the first inference, and never in a decision.
#[must_use]
pub fn unit_actions(alive: u64, entry_bits: u64) -> PerAction<u64> {
    let mut actions = PerAction::default();
    actions[Action::LookUp] = 1;
    // The maximum takes alive - 1 comparisons, the cut one a class.
    actions[Action::Compare] = 2 * alive - 1;
    actions[Action::MaskUpdate] = alive * entry_bits;
    actions
}

/// One decision over `alive` of `classes` classes, its control included.
#[must_use]
pub fn unit_tally(arch: &Arch, alive: u64, classes: u64) -> Tally {
    let entry_bits = if arch.exclusion.compact { number_bits(classes) } else { 1 };
    let mut tally = Tally { actions: unit_actions(alive, entry_bits), ..Tally::default() };
    tally.cycles[Cause::Unit] = unit_cycles(alive, arch.exclusion.lanes) + arch.control.decision;
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_classes_on_eight_lanes_as_documented() {
        assert_eq!(unit_cycles(10, 8), 11);
        assert_eq!([1, 8, 9].map(|alive| unit_cycles(alive, 8)), [9, 9, 11]);
        assert_eq!(unit_cycles(10, 1), 24);
        assert_eq!([2, 10, 94, 100, 1000].map(number_bits), [1, 4, 7, 7, 10]);
        let actions = unit_actions(10, 1);
        assert_eq!([Action::LookUp, Action::Compare, Action::MaskUpdate].map(|a| actions[a]), [1, 19, 10]);
    }
}
