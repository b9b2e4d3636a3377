//! The class-exclusion unit: maximum, look-up, multiply by beta, compare, mask, count, decide.
//!
//! Provisional pipeline: the scores pass twice through `lanes` ports (maximum, then compare), a comparator tree of
//! ceil(log2 lanes) levels closes the maximum, and four stages are fixed.

use crate::arch::Arch;
use crate::count::{Action, Cause, Tally};

/// Cycles of one decision over `alive` classes: 2 * ceil(alive / lanes) + ceil(log2(lanes)) + 4.
#[must_use]
pub fn unit_cycles(alive: u64, lanes: u64) -> u64 {
    2 * alive.div_ceil(lanes) + u64::from(lanes.next_power_of_two().trailing_zeros()) + 4
}

/// One decision over `alive` classes, its control included.
#[must_use]
pub fn unit_tally(arch: &Arch, alive: u64) -> Tally {
    let mut tally = Tally::default();
    tally.cycles[Cause::Unit] = unit_cycles(alive, arch.exclusion.lanes) + arch.control.decision;
    tally.actions[Action::LookUp] = alive;
    // The maximum takes alive - 1 comparisons, the threshold one a class.
    tally.actions[Action::Compare] = 2 * alive - 1;
    tally.actions[Action::Multiply] = 1;
    tally.actions[Action::MaskUpdate] = alive;
    tally
}
