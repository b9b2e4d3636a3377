//! Cycles against classes alive: a stair where classes lie on columns, a slope where they lie on time.

use serde::Serialize;

use super::super::axis::{Kind, span};
use super::super::canvas::{Canvas, Point};
use super::super::legend::{Key, Legend};
use super::super::panel::{Panel, Quantity, areas};
use super::super::series::Series;
use super::super::style::{MARGIN, MM};
use super::super::{Drawing, Page, PlotError, Results};
use crate::units::real;

const HEIGHT: i32 = 62 * MM;

/// The whole path of one machine with so many classes alive on entry of every segment after the first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    results: String,
    dataflow: String,
    alive: u64,
    cycles: u64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    Series::several("results", results.len())?;
    let mut rows = Vec::new();
    for run in results {
        let grid = run.grid("segments.csv")?;
        let dataflow = run.text("machine.dataflow")?;
        let (segment, alive, cycles) =
            (grid.column("segment")?, grid.column("alive")?, grid.column("cycles")?);
        let mut sums = std::collections::BTreeMap::<u64, u64>::new();
        let (mut first, mut classes) = (0, 0);
        for row in grid.rows("segments")? {
            let (alive, cycles) = (alive.count(row)?, cycles.count(row)?);
            if segment.count(row)? == 1 {
                (classes, first) = (alive.max(classes), cycles);
            } else {
                *sums.entry(alive).or_default() += cycles;
            }
        }
        if sums.values().min() == sums.values().max() {
            let why = format!("in {} no segment depends on the classes alive", run.name);
            let remedy = "run with --set exclusion.compact=true and a policy of memory = \"monotone\"";
            return Err(PlotError::unfit(why, remedy));
        }
        let row = |(alive, cycles)| Row {
            results: run.name.clone(),
            dataflow: dataflow.to_owned(),
            alive,
            cycles: first + cycles,
        };
        rows.extend(sums.into_iter().filter(|(alive, _)| *alive <= classes).map(row));
    }
    Ok(rows)
}

/// A stair a machine, in percent of its cycles with all classes alive.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let machines: Vec<&[Row]> = rows.chunk_by(|a, b| a.results == b.results).collect();
    let looks = Series::several("results", machines.len())?;
    let name = |rows: &&[Row]| match &rows[0] {
        // Set on the command line, it tells runs apart already.
        row if row.results.contains("array.dataflow=") => row.results.clone(),
        row => format!("{} ({})", row.results, row.dataflow),
    };
    let names: Vec<String> = machines.iter().map(name).collect();
    let keys: Vec<(Key, &str)> =
        looks.iter().map(|look| Key::Line(*look)).zip(names.iter().map(String::as_str)).collect();
    let legend = Legend::fit(None, &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let area = areas(page, 1, top + legend.height, HEIGHT)[0];
    let part = |rows: &[Row], at: usize| 100.0 * real(rows[at].cycles) / real(rows[rows.len() - 1].cycles);
    let parts = machines.iter().flat_map(|rows| (0..rows.len()).map(move |at| part(rows, at)));
    let most = rows.iter().map(|row| row.alive).max().unwrap_or(1);
    let x = Quantity {
        label: "Classes alive after the first head",
        range: (0.0, real(most) * 1.02),
        kind: Kind::Whole,
    };
    let y = Quantity {
        label: "Cycles (% of those with all classes alive)",
        range: span(parts, false),
        kind: Kind::Linear,
    };
    let panel = Panel::draw(&mut canvas, area, &x, &y)?;
    for (look, rows) in looks.iter().zip(&machines) {
        let mut stair: Vec<Point> = Vec::new();
        // Between whole numbers of classes there is nothing: a step stands midway.
        let midway = |at: usize| (real(rows[at].alive) + real(rows[at + 1].alive)) / 2.0;
        for at in 0..rows.len() {
            let from = if at == 0 { real(rows[at].alive) } else { midway(at - 1) };
            let to = if at + 1 == rows.len() { real(rows[at].alive) } else { midway(at) };
            stair.extend([from, to].map(|alive| panel.at(alive, part(rows, at))));
        }
        look.line(&mut canvas, &stair);
    }
    Ok(canvas.finish(area.bottom))
}
