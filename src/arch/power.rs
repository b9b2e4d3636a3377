//! What the machine does between inferences, and how much its devices leak.

use crate::config::{Data, Faults, Fields, Node};
use crate::names::closed_set;
use crate::tech::{Condition, Transistor};
use crate::units::Kelvin;

/// Keys of `[power]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// What happens between inferences.
    pub idle: Idle,
    /// Transistors and their temperature, which decide leakage.
    pub condition: Condition,
}

closed_set! {
    /// What the machine does between inferences.
    pub enum Idle {
        /// Nothing is switched off: everything on chip leaks, DRAM stands by.
        Leak = "leak",
        /// Logic is cut off, scratchpads keep their content and leak; DRAM stands by.
        PowerGated = "power-gated",
        /// Everything on chip is cut off, DRAM refreshes itself; resident weights are loaded again on waking.
        RaceToSleep = "race-to-sleep",
    }
}

/// Reads `[power]`.
pub(super) fn read(fields: &mut Fields<'_>) -> Power {
    let temperature = fields
        .about("Temperature of the chip, which sets leakage; 300 K if left out")
        .quantity::<Kelvin>("temperature", 300.0..=400.0);
    Power {
        idle: fields.about("What the machine does between inferences").choice("idle", Idle::Leak),
        condition: Condition {
            device: fields
                .about("Transistors of the cells, which set leakage")
                .choice("device", Transistor::LowStandbyPower),
            temperature: temperature.unwrap_or(Kelvin(300.0)),
        },
    }
}

/// Refuses the keys that have no effect where prices are reference tables.
///
/// Such tables hold for the cells and temperature that they were made for, which they do not name, so that a factor for
/// another has nothing to start from.
pub(super) fn refuse_condition(arch: &Node, faults: &mut Faults) {
    let why = "the technology's prices are reference tables";
    let help = "remove it: the tables' leakage holds for the cells and temperature they were made for";
    refuse_keys(arch, "power", &["device", "temperature"], &format!(": {why}"), help, faults);
}

/// Blames keys of a table of an architecture, or of its top level, that have no effect there.
pub(super) fn refuse_keys(
    arch: &Node,
    table: &str,
    keys: &[&str],
    why: &str,
    help: &str,
    faults: &mut Faults,
) {
    let inner = |node: &Node, key: &str| match &node.data {
        Data::Table(keys) => keys.get(key).map(|(_, node)| node.clone()),
        _ => None,
    };
    let Some(holder) = (if table.is_empty() { Some(arch.clone()) } else { inner(arch, table) }) else {
        return;
    };
    for key in keys {
        if let Some(node) = inner(&holder, key) {
            let full = if table.is_empty() { (*key).to_owned() } else { format!("{table}.{key}") };
            let title = format!("`{full}` has no effect{why}");
            faults.0.push(node.fault(title, "this key", help));
        }
    }
}
