//! Rows of a lock, from timing.

use super::Counts;
use crate::count::Tally;
use crate::time::{Parts, PathTable, Schedule, StepTiming};

/// Cycles together, by cause, and actions by kind; zeros left out.
fn counts(tally: &Tally) -> Counts {
    let causes = tally.cycles.iter().map(|(cause, count)| (cause.name(), *count));
    let actions = tally.actions.iter().map(|(action, count)| (action.name(), *count));
    let all = causes.chain(actions).chain([("cycles", tally.cycles.total())]);
    all.filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count)).collect()
}

/// The schedule of a layer as whole numbers: its dataflow and the order of its loops as columns that are 1, what is kept as well,
/// and its largest tile.
fn schedule(timing: &StepTiming) -> Vec<(String, u64)> {
    let dataflow =
        timing.dataflow.map(|dataflow| (format!("dataflow_{}", dataflow.name().replace('-', "_")), 1));
    let mut columns: Vec<(String, u64)> = dataflow.into_iter().collect();
    match &timing.schedule {
        Some(Schedule::Tiles(found)) => {
            columns.push((format!("order_{}", found.loops().to_lowercase()), 1));
            columns.extend(found.operands_kept().map(|operand| (format!("keeps_{operand}"), 1)));
            columns.extend(found.results.map(|results| (format!("results_{}", results.name()), 1)));
            let tiles = ["tile_m", "tile_n", "tile_k"].into_iter().zip(&found.cuts);
            columns.extend(tiles.map(|(name, cut)| (name.to_owned(), cut.most)));
        }
        Some(Schedule::Folds { pieces }) => columns.push(("order_folds".to_owned(), *pieces)),
        None => {}
    }
    columns
}

/// One row per layer of the full path with all classes alive, and one per decision.
#[must_use]
pub fn layer_rows_held(table: &PathTable) -> Vec<(String, Counts)> {
    let mut rows = Vec::new();
    for (s, segment) in table.segments.iter().enumerate() {
        rows.extend(table.steps_of(s).map(|(step, timing)| {
            let mut row = counts(&timing.tally);
            row.extend(schedule(timing));
            (step.name.to_string(), row)
        }));
        let decision = counts(&segment.unit);
        if !decision.is_empty() {
            rows.push((format!("exit{}/decision", s + 1), decision));
        }
    }
    rows
}

/// Two rows per segment: its backbone, and its head with the decision.
#[must_use]
pub fn segment_rows_held(table: &PathTable) -> Vec<(String, Counts)> {
    let mut rows = Vec::new();
    for (s, segment) in table.segments.iter().enumerate() {
        let parts = segment.full();
        let named = [("backbone", parts.backbone()), ("head", parts.heads)];
        let named = named.map(|(part, tally)| (format!("segment{}/{part}", s + 1), counts(&tally)));
        rows.extend(named.into_iter().filter(|(_, counts)| !counts.is_empty()));
    }
    rows
}

/// What all samples together cost on their paths, and how many leave at each exit.
#[must_use]
pub fn path_row(all: &Parts, exits: &[u64]) -> (String, Counts) {
    let mut counts = counts(&all.total());
    let exits = exits.iter().enumerate().filter(|(_, count)| **count > 0);
    counts.extend(exits.map(|(exit, count)| (format!("exit{}", exit + 1), *count)));
    (super::total::ALL_SAMPLES.to_owned(), counts)
}
