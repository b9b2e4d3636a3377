//! The unit that decides at a head: class exclusion (maximum, look-up, multiply by beta, compare, mask, count), or one
//! of the conventional exits.
//!
//! Provisional pipeline: the scores pass twice through `lanes` ports (maximum, then compare), a comparator tree of
//! ceil(log2 lanes) levels closes the maximum, and four stages are fixed.
//!
//! The conventional exits are **estimates without RTL**, from the same parts. Those of the softmax find the highest
//! score and the next in the first pass, and add up look-ups of exponentials by distance in the second, whose adder
//! tree is as deep as the comparators'; one product of sum and threshold replaces a division. The entropy adds up a
//! second table beside the first and looks the sum's logarithm up, in two more stages. Patience needs the maximum
//! only. An addition or subtraction is counted as the compare whose carry chain it has.

use crate::arch::{Arch, UnitRule};
use crate::count::{Action, Cause, Tally};

/// Cycles of one decision of class exclusion over `alive` classes: 2 * ceil(alive / lanes) + ceil(log2(lanes)) + 4.
#[must_use]
pub fn unit_cycles(alive: u64, lanes: u64) -> u64 {
    2 * alive.div_ceil(lanes) + levels(lanes) + 4
}

/// Levels of a tree over so many inputs: ceil(log2).
fn levels(inputs: u64) -> u64 {
    u64::from(inputs.next_power_of_two().trailing_zeros())
}

/// Cycles of one decision by a rule over `alive` classes; see the head of this file.
#[must_use]
pub fn rule_cycles(rule: UnitRule, alive: u64, lanes: u64) -> u64 {
    match rule {
        UnitRule::Exclusion => unit_cycles(alive, lanes),
        UnitRule::Confidence | UnitRule::Margin => unit_cycles(alive, lanes) + levels(lanes),
        UnitRule::Entropy => unit_cycles(alive, lanes) + levels(lanes) + 2,
        UnitRule::Patience => alive.div_ceil(lanes) + levels(lanes) + 2,
        UnitRule::Oracle => 0,
    }
}

/// One decision over `alive` classes, its control included.
#[must_use]
pub fn unit_tally(arch: &Arch, rule: UnitRule, alive: u64) -> Tally {
    let mut tally = Tally::default();
    if rule == UnitRule::Oracle {
        return tally;
    }
    tally.cycles[Cause::Unit] = rule_cycles(rule, alive, arch.exclusion.lanes) + arch.control.decision;
    // The highest takes alive - 1 comparisons, the next one as many again; a sum alive - 1 additions.
    let (highest, sum) = (alive - 1, alive - 1);
    let [look_ups, compares, products, bits] = match rule {
        // The threshold takes a comparison a class.
        UnitRule::Exclusion => [alive, highest + alive, 1, alive],
        // A distance a class, and the two highest against the product.
        UnitRule::Confidence => [alive, 2 * highest + alive + sum + 2, 1, 0],
        // The same with the difference of the two against the product.
        UnitRule::Margin => [alive, 2 * highest + alive + sum + 2, 1, 0],
        // Two sums; two logarithms' difference, the threshold less that, the compare.
        UnitRule::Entropy => [2 * alive + 1, highest + alive + 2 * sum + 3, 1, 0],
        // The class against the last one, the counter against the threshold; both are kept, the counter in 4 bits.
        UnitRule::Patience => [0, highest + 2, 0, levels(alive) + 4],
        UnitRule::Oracle => [0; 4],
    };
    tally.actions[Action::LookUp] = look_ups;
    tally.actions[Action::Compare] = compares;
    tally.actions[Action::Multiply] = products;
    tally.actions[Action::MaskUpdate] = bits;
    tally
}

#[cfg(test)]
mod tests {
    use super::{UnitRule, rule_cycles};

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
