//! One decision of a head on a machine: what its unit takes, and what control adds.

use crate::count::{Cause, Tally};
use crate::machine::Machine;
use crate::unit::{UnitRule, number_bits};

/// A decision over `alive` of `classes` classes, its control included; nothing where the rule needs no unit.
///
/// A unit with a mask writes a bit per class it looked at, one that compacts the number of a class.
pub(super) fn decision(machine: &Machine, rule: UnitRule, alive: u64, classes: u64) -> Tally {
    let circuit = rule.circuit();
    if !circuit.is_there() {
        return Tally::default();
    }
    let entry_bits = if machine.exclusion.compact { number_bits(classes) } else { 1 };
    let mut tally = Tally { actions: circuit.actions(alive, entry_bits), ..Tally::default() };
    tally.cycles[Cause::Unit] = circuit.cycles(alive, machine.exclusion.lanes) + machine.control.decision;
    tally
}
