//! How many samples leave at each head, and whether rightly.

use serde::Serialize;

use super::super::bars::{Bar, Stack};
use super::super::numbers::PLAIN;
use super::super::style::VERDICTS;
use super::super::{Drawing, Page, PlotError, Results};
use super::{exit_map, exits_per_class::grouped};
use crate::units::real;

/// Samples that leave at one exit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// Head from 1, or `end`.
    exit: String,
    samples: u64,
    correct: u64,
    /// Of all samples.
    share: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let table = exit_map::rows(results)?;
    let classes = exit_map::by_class(&table);
    let all: f64 = table.iter().map(|row| real(row.samples)).sum();
    let row = |exit: usize| {
        let sum = |of: fn(&exit_map::Row) -> u64| classes.iter().map(|class| of(&class[exit])).sum::<u64>();
        let (samples, correct) = (sum(|row| row.samples), sum(|row| row.correct));
        Row { exit: classes[0][exit].exit.clone(), samples, correct, share: real(samples) / all }
    };
    Ok((0..classes[0].len()).map(row).collect())
}

/// A bar an exit, of all samples, those answered rightly first.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let all: f64 = rows.iter().map(|row| real(row.samples)).sum();
    let bar = |row: &Row| {
        let right = if row.samples == 0 {
            "none".to_owned()
        } else {
            format!("{:.1}, {:.1} % right", 100.0 * row.share, 100.0 * real(row.correct) / real(row.samples))
        };
        Bar {
            label: if row.exit == "end" { "end".to_owned() } else { format!("head {}", row.exit) },
            shaded: false,
            parts: [row.correct, row.samples - row.correct.min(row.samples)]
                .map(|count| 100.0 * real(count) / all)
                .to_vec(),
            value: right,
            mark: None,
        }
    };
    let bars: Vec<Bar> = rows.iter().map(bar).collect();
    let axis = format!("Samples that leave (%; {} in all)", grouped(rows.iter().map(|row| row.samples)));
    let keys = vec![(VERDICTS[0], "answered rightly"), (VERDICTS[2], "wrongly")];
    Stack { keys, axis: &axis, unit: PLAIN, least: 0.0, last: Some(100.0), line: None }.draw(&bars, page)
}
