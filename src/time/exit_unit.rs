//! The unit that decides at a head: class exclusion (maximum, look-up of the cut, compare, mask, count), or one of the
//! conventional exits.
//!
//! Class exclusion has the formula and the counts of its Verilog (`tests/rtl/unit/`), to which `tests/rtl/unit.rs` holds
//! them. The scores pass twice through `lanes` ports: for their maximum, which a tree of ceil(log2 lanes) levels closes,
//! and, when the lowest code that survives beside it is looked up, for the compare with that. `docs/exclusion-unit.md`.
//!
//! The conventional exits are **estimates without RTL**, from the same parts. Those of the softmax find the highest
//! score and the next in the first pass, and add up look-ups of exponentials by distance in the second, whose adder
//! tree is as deep as the comparators'; one product of sum and threshold replaces a division. The entropy adds up a
//! second table beside the first and looks the sum's logarithm up, in two more stages. Patience needs the maximum
//! only. An addition or subtraction is counted as the compare whose carry chain it has.

use crate::count::{Action, Cause, PerAction, Tally};
use crate::machine::{Arch, PATIENCE_BITS, UnitRule, number_bits};

/// Cycles of one decision of class exclusion over `alive` classes: 2 * ceil(alive / lanes) + ceil(log2(lanes)) + 4.
#[must_use]
pub fn unit_cycles(alive: u64, lanes: u64) -> u64 {
    2 * alive.div_ceil(lanes) + number_bits(lanes) + 4
}

/// Cycles of one decision by a rule over `alive` classes; see the head of this file.
#[must_use]
pub fn rule_cycles(rule: UnitRule, alive: u64, lanes: u64) -> u64 {
    let levels = number_bits(lanes);
    match rule {
        UnitRule::Exclusion => unit_cycles(alive, lanes),
        UnitRule::Confidence | UnitRule::Margin => unit_cycles(alive, lanes) + levels,
        UnitRule::Entropy => unit_cycles(alive, lanes) + levels + 2,
        UnitRule::Patience => alive.div_ceil(lanes) + levels + 2,
        UnitRule::Oracle => 0,
    }
}

/// Actions of one decision by a rule over `alive` classes.
///
/// Class exclusion remembers each class in `entry_bits` bits: one of a mask, or the class's number in the list of a
/// compacting unit, of which every entry is charged as if all stayed. Beta is multiplied when the cuts are made, before
/// the first inference, and never in its decisions.
#[must_use]
pub fn unit_actions(rule: UnitRule, alive: u64, entry_bits: u64) -> PerAction<u64> {
    // The highest takes alive - 1 comparisons, the next one as many again; a sum alive - 1 additions.
    let (highest, sum) = (alive - 1, alive - 1);
    let [look_ups, compares, products, bits] = match rule {
        // The cut takes a comparison a class.
        UnitRule::Exclusion => [1, highest + alive, 0, alive * entry_bits],
        // A distance a class, and the two highest against the product.
        UnitRule::Confidence => [alive, 2 * highest + alive + sum + 2, 1, 0],
        // The same with the difference of the two against the product.
        UnitRule::Margin => [alive, 2 * highest + alive + sum + 2, 1, 0],
        // Two sums; two logarithms' difference, the threshold less that, the compare.
        UnitRule::Entropy => [2 * alive + 1, highest + alive + 2 * sum + 3, 1, 0],
        // The class against the last one, the counter against the threshold; both are kept.
        UnitRule::Patience => [0, highest + 2, 0, number_bits(alive) + PATIENCE_BITS],
        UnitRule::Oracle => [0; 4],
    };
    let mut actions = PerAction::default();
    actions[Action::LookUp] = look_ups;
    actions[Action::Compare] = compares;
    actions[Action::Multiply] = products;
    actions[Action::MaskUpdate] = bits;
    actions
}

/// One decision over `alive` of `classes` classes, its control included.
#[must_use]
pub fn unit_tally(arch: &Arch, rule: UnitRule, alive: u64, classes: u64) -> Tally {
    if rule == UnitRule::Oracle {
        return Tally::default();
    }
    let entry_bits = if arch.exclusion.compact { number_bits(classes) } else { 1 };
    let mut tally = Tally { actions: unit_actions(rule, alive, entry_bits), ..Tally::default() };
    tally.cycles[Cause::Unit] = rule_cycles(rule, alive, arch.exclusion.lanes) + arch.control.decision;
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_classes_on_eight_lanes_as_documented() {
        assert_eq!([1, 8, 9].map(|alive| unit_cycles(alive, 8)), [9, 9, 11]);
        assert_eq!(unit_cycles(10, 1), 24);
        assert_eq!([2, 10, 94, 100, 1000].map(number_bits), [1, 4, 7, 7, 10]);
        let actions = unit_actions(UnitRule::Exclusion, 10, 1);
        let four = [Action::LookUp, Action::Compare, Action::Multiply, Action::MaskUpdate];
        assert_eq!(four.map(|action| actions[action]), [1, 19, 0, 10]);
    }

    #[test]
    fn estimates_differ_by_what_a_rule_needs_more() {
        let cycles = |rule| rule_cycles(rule, 10, 8);
        // Two passes of 2 cycles, 3 levels, 4 stages.
        assert_eq!(cycles(UnitRule::Exclusion), 11);
        assert_eq!(cycles(UnitRule::Confidence), 14);
        assert_eq!(cycles(UnitRule::Margin), 14);
        assert_eq!(cycles(UnitRule::Entropy), 16);
        // One pass, 3 levels, 2 stages.
        assert_eq!(cycles(UnitRule::Patience), 7);
        assert_eq!(cycles(UnitRule::Oracle), 0);
    }
}
