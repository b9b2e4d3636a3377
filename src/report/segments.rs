//! One row per segment and number of classes alive on entry.

use serde::Serialize;

use super::csv_of;
use crate::time::PathTable;

#[derive(Serialize)]
struct Row {
    segment: usize,
    alive: usize,
    cycles: u64,
}

/// `segment,alive,cycles`: what a segment takes with its head when so many of `classes` enter it, the array waits for
/// the decision and the sample goes on; segments count from 1. All classes enter the first.
#[must_use]
pub fn segments_csv(table: &PathTable, classes: usize) -> String {
    let rows = table.segments.iter().enumerate().flat_map(|(s, segment)| {
        let fewest = if s == 0 { classes } else { 1 };
        (fewest..=classes).map(move |alive| Row {
            segment: s + 1,
            alive,
            cycles: segment.entered_by(alive, false).total().cycles.total(),
        })
    });
    csv_of(rows)
}
