//! Actions as Accelergy counts them, and our prices as its reference tables: the same energy by its own arithmetic.
//!
//! Names of actions are ours; every component is one instance that leaks every cycle, so that counts are those of the whole
//! machine. Formats of version 0.3: `local` nodes under one `subtree`.

use std::fmt::Write;

use crate::cost::{Component, Prices};
use crate::count::{Action, Tally};
use crate::units::Cycles;

/// Three files that `accelergy` reads together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reports {
    /// `action_counts.yaml`.
    pub action_counts: String,
    /// `ERT.yaml`.
    pub ert: String,
    /// `ART.yaml`.
    pub art: String,
}

/// Counts of some work on a machine called `name`, and its prices.
#[must_use]
pub fn reports(name: &str, prices: &Prices, tally: &Tally) -> Reports {
    let root: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let cycles = tally.cycles.total();
    // Energy of one cycle of leakage and background: what the whole time takes, by its own rule.
    let second = Cycles(1).at(prices.clock);
    let mut counts = format!("action_counts:\n  version: 0.3\n  subtree:\n  - name: {root}\n    local:\n");
    let (mut ert, mut art) =
        ("ERT:\n  version: 0.3\n  tables:\n".to_owned(), "ART:\n  version: 0.3\n  tables:\n".to_owned());
    for component in prices.components() {
        let name = component.name();
        let own = || Action::ALL.iter().filter(|action| Component::of(**action) == component);
        // Writing into strings cannot fail.
        let _ = writeln!(counts, "    - name: {name}\n      action_counts:");
        let _ = writeln!(ert, "  - name: {root}.{name}\n    actions:");
        for &action in own() {
            let _ = writeln!(
                counts,
                "      - name: {}\n        counts: {}",
                action.name(),
                tally.actions[action]
            );
            let energy = number(prices.actions[action].0);
            let _ =
                writeln!(ert, "    - name: {}\n      arguments: {{}}\n      energy: {energy}", action.name());
        }
        let _ = writeln!(counts, "      - name: leak\n        counts: {cycles}");
        let leak = number((prices.idle[component].over(second) + prices.cycle[component]).0);
        let _ = writeln!(
            ert,
            "    - name: leak\n      arguments:\n        global_cycle_seconds: {}\n      energy: {leak}",
            number(second.0)
        );
        let _ = writeln!(art, "  - name: {root}.{name}\n    area: {}", number(prices.area[component].0));
    }
    Reports { action_counts: counts, ert, art }
}

/// A number that every YAML reader takes for one: some want a point before an exponent.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0.0".into();
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, power)) if digits.contains('.') => {
            format!("{digits}e{:+}", power.parse::<i32>().unwrap_or(0))
        }
        Some((digits, power)) => format!("{digits}.0e{:+}", power.parse::<i32>().unwrap_or(0)),
        None => text,
    }
}
