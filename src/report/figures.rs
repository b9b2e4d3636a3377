//! What figures show, taken from results.

use super::plot::{LayerCycles, Saved};
use super::summary::{Across, Summary};
use crate::count::{Cause, PerCause};
use crate::network::segment::Part;
use crate::time::PathTable;

/// Cycles by cause of every layer that takes any, decisions as rows of their own.
#[must_use]
pub fn layer_cycles(table: &PathTable) -> Vec<LayerCycles> {
    let mut rows = Vec::new();
    for (s, segment) in table.segments.iter().enumerate() {
        let steps =
            table.steps_of(s).map(|(step, timing)| (step.name.to_string(), step.part, timing.tally.cycles));
        let decision = (format!("exit{}/decision", s + 1), Part::Head(s), segment.unit.cycles);
        let row = |(label, part, cycles): (String, Part, PerCause<u64>)| LayerCycles { label, part, cycles };
        rows.extend(steps.chain([decision]).filter(|(_, _, cycles)| takes_any(cycles)).map(row));
    }
    rows
}

fn takes_any(cycles: &PerCause<u64>) -> bool {
    Cause::ALL.iter().any(|&cause| cycles[cause] > 0)
}

/// MACs, cycles and energy saved, against both baselines.
#[must_use]
pub fn saved_against_baselines(summary: &Summary) -> Vec<Saved> {
    let row = |label: &str, of: fn(&Across) -> f64| Saved {
        label: label.to_owned(),
        macs: of(&summary.macs),
        cycles: of(&summary.cycles),
        energy: of(&summary.energy_pj),
    };
    vec![
        row("net, against the plain network", |across| across.saved_net),
        row("against all heads running", |across| across.saved_vs_never),
    ]
}
