//! One decision of a head on a machine: what its unit takes, and what control adds.

use crate::count::{Cause, Tally};
use crate::machine::Arch;
use crate::unit::{UnitRule, number_bits};

/// A decision over `alive` of `classes` classes, its control included; nothing where the rule needs no unit.
///
/// A unit with a mask writes a bit per class it looked at, one that compacts the number of a class.
pub(super) fn decision(arch: &Arch, rule: UnitRule, alive: u64, classes: u64) -> Tally {
    let circuit = rule.circuit();
    if !circuit.is_there() {
        return Tally::default();
    }
    let entry_bits = if arch.exclusion.compact { number_bits(classes) } else { 1 };
    let mut tally = Tally { actions: circuit.actions(alive, entry_bits), ..Tally::default() };
    tally.cycles[Cause::Unit] = circuit.cycles(alive, arch.exclusion.lanes) + arch.control.decision;
    tally
}
