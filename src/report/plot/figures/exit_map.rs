//! Who leaves where, as a map: the share of every class's samples at each exit.

use serde::Serialize;

use super::super::canvas::Canvas;
use super::super::heat::{Cell, Heat, Ramp};
use super::super::results::only;
use super::super::style::{MARGIN, MM, shade};
use super::super::{Drawing, Page, PlotError, Results, check_rows};
use crate::units::real;

/// Samples of one class that left at one exit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) class: String,
    /// Head from 1, or `end`.
    pub(super) exit: String,
    pub(super) samples: u64,
    pub(super) correct: u64,
    /// Part of the class's samples; nothing for a class without samples.
    pub(super) share: Option<f64>,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let results = only(results, "a figure of exits")?;
    let (grid, classes) = (results.grid("exits.csv")?, results.classes()?);
    check_rows("classes", classes.len())?;
    let [class, exit, samples, correct] =
        ["class", "exit", "samples", "correct"].map(|name| grid.column(name));
    let (class, exit, samples, correct) = (class?, exit?, samples?, correct?);
    let mut found: Vec<Vec<(u64, u64)>> = vec![Vec::new(); classes.len()];
    for row in grid.rows("exits")? {
        let counts = usize::try_from(class.count(row)?).ok().and_then(|class| found.get_mut(class));
        let Some(counts) = counts else {
            let why =
                format!("exits.csv has a class {}, the summary names {}", class.text(row), classes.len());
            return Err(PlotError::unfit(why, "write the results again: exclusim run"));
        };
        if exit.count(row)? != counts.len() as u64 + 1 {
            let (class, found) = (class.text(row).to_owned(), counts.len());
            return Err(PlotError::Exits { class, expected: found + 1, found });
        }
        counts.push((samples.count(row)?, correct.count(row)?));
    }
    table(&classes, &found)
}

/// Rows of every class, all with as many exits.
fn table(classes: &[String], found: &[Vec<(u64, u64)>]) -> Result<Vec<Row>, PlotError> {
    let expected = found.first().map_or(0, Vec::len);
    let mut rows = Vec::new();
    for (class, counts) in classes.iter().zip(found) {
        if counts.len() != expected || expected == 0 {
            return Err(PlotError::Exits { class: class.clone(), expected, found: counts.len() });
        }
        let all: f64 = counts.iter().map(|(samples, _)| real(*samples)).sum();
        for (i, (samples, correct)) in counts.iter().enumerate() {
            let exit = if i + 1 == expected { "end".to_owned() } else { (i + 1).to_string() };
            let share = (all > 0.0).then(|| real(*samples) / all);
            rows.push(Row { class: class.clone(), exit, samples: *samples, correct: *correct, share });
        }
    }
    let any = |of_end: bool| rows.iter().any(|row| (row.exit == "end") == of_end && row.samples > 0);
    match (any(false), any(true)) {
        (true, _) => Ok(rows),
        (false, true) => Err(nobody_leaves()),
        (false, false) => Err(PlotError::Zero { what: "numbers of samples" }),
    }
}

/// A figure of exits would show none.
pub(super) fn nobody_leaves() -> PlotError {
    PlotError::unfit(
        "no sample leaves at a head: every sample runs to the end",
        "give a run whose policy has heads that let samples leave",
    )
}

/// Rows of one class, from the first to its end.
pub(super) fn by_class(rows: &[Row]) -> Vec<&[Row]> {
    let exits = rows.iter().position(|row| row.exit == "end").map_or(rows.len(), |end| end + 1);
    rows.chunks(exits.max(1)).collect()
}

/// Shades of shares.
pub(super) fn percent() -> Ramp {
    Ramp { ends: ["0 %", "100 %"].map(str::to_owned), shade }
}

/// One row per class, a column per exit; the darker, the more of the class leave there.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let classes = by_class(rows);
    let cell = |row: &Row| {
        let share = row.share?;
        let value = format!("{:.0}", 100.0 * share);
        Some(Cell {
            shade: shade(share),
            value: if row.samples == 0 { String::new() } else { value },
            marked: false,
        })
    };
    let heat = Heat {
        rows: classes.iter().map(|class| class[0].class.clone()).collect(),
        columns: classes[0].iter().map(|row| row.exit.clone()).collect(),
        cells: classes.iter().map(|class| class.iter().map(cell).collect()).collect(),
        row_axis: "True class",
        column_axis: "Exit (head; % of the class's samples that leave there)",
        names: 33,
        upwards: false,
        ramp: percent(),
    };
    let width = canvas.width;
    let bottom = heat.draw(&mut canvas, (MARGIN, width - MARGIN), top)?;
    Ok(canvas.finish(bottom + MM))
}
