//! What a threshold buys: accuracy, exits and savings against it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::axis::{Kind, span};
use super::super::canvas::Canvas;
use super::super::legend::{Key, Legend};
use super::super::panel::{Panel, Quantity, aligned, areas};
use super::super::results::Column;
use super::super::series::Series;
use super::super::style::{MARGIN, MM};
use super::super::{Drawing, Page, PlotError, Results};
use super::sweeps::{axes, is_baseline, points};

const HEIGHT: i32 = 52 * MM;

/// One point of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// Values of all else that the sweep varies.
    series: String,
    /// Key of the threshold.
    key: String,
    threshold: f64,
    accuracy: f64,
    /// Part of the samples that leave at a head.
    left_early: f64,
    cycles_saved_net: f64,
    energy_saved_net: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let grid = points(results, "threshold-sweep")?;
    let axes = axes(grid);
    let is_threshold = |name: &&&str| name.starts_with("policy.beta") || name.starts_with("policy.threshold");
    let mut thresholds = axes.iter().filter(is_threshold);
    let (Some(key), None) = (thresholds.next(), thresholds.next()) else {
        let why = format!("the sweep varies {}; the figure needs exactly one threshold", axes.join(", "));
        return Err(PlotError::unfit(why, "vary policy.beta or policy.threshold, one number for every head"));
    };
    let others: Vec<_> =
        axes.iter().filter(|name| *name != key).map(|name| grid.column(name)).collect::<Result<_, _>>()?;
    let of = |name: &str| grid.column(name);
    let (threshold, accuracy, left) = (of(key)?, of("accuracy")?, of("left_early")?);
    let (cycles, energy) = (of("cycles_saved_net")?, of("energy_saved_net")?);
    let points: Vec<usize> = grid.rows("points")?.filter(|at| !is_baseline(grid, *at)).collect();
    // What all points with exits have in common sets none of them apart.
    let varies = |column: &&Column<'_>| points.iter().any(|at| column.text(*at) != column.text(points[0]));
    let others: Vec<&Column<'_>> = others.iter().filter(varies).collect();
    let mut rows: Vec<Row> = Vec::new();
    for at in points.iter().copied() {
        let series: Vec<String> = others
            .iter()
            .map(|column| format!("{} {}", column.name(), file_or_value(column.text(at))))
            .collect();
        rows.push(Row {
            series: series.join(", "),
            key: (*key).to_owned(),
            threshold: threshold.number(at)?,
            accuracy: accuracy.number(at)?,
            left_early: left.number(at)?,
            cycles_saved_net: cycles.number(at)?,
            energy_saved_net: energy.number(at)?,
        });
    }
    // Series as the sweep counts them: 8 rows before 16.
    let mut order: Vec<String> = rows.iter().map(|row| row.series.clone()).collect();
    let mut seen = BTreeSet::new();
    order.retain(|series| seen.insert(series.clone()));
    let place = |row: &Row| order.iter().position(|series| *series == row.series);
    rows.sort_by(|a, b| place(a).cmp(&place(b)).then(a.threshold.total_cmp(&b.threshold)));
    if rows.is_empty() { Err(PlotError::Empty { what: "points with exits" }) } else { Ok(rows) }
}

/// A file without folder and ending, any other value as it is.
fn file_or_value(text: &str) -> &str {
    let name = text.rsplit('/').next().unwrap_or(text);
    name.strip_suffix(".toml").unwrap_or(text)
}

/// A number of a row.
type Measure = fn(&Row) -> f64;

/// Three planes over the threshold; a series for each combination of all else that varies.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let series: Vec<&[Row]> = rows.chunk_by(|a, b| a.series == b.series).collect();
    let looks = Series::several("combinations of what else varies", series.len())?;
    let mut keys: Vec<(Key, &str)> = looks
        .iter()
        .map(|look| Key::Both(*look))
        .zip(series.iter().map(|rows| rows[0].series.as_str()))
        .collect();
    keys.retain(|(_, name)| !name.is_empty());
    let legend = Legend::fit(None, &keys, canvas.width - 2 * MARGIN)?;
    let top = if keys.is_empty() { top } else { top + legend.height };
    if !keys.is_empty() {
        legend.draw(&mut canvas, (MARGIN, top - legend.height));
    }
    let mut areas = areas(page, 3, top, HEIGHT);
    let thresholds = span(rows.iter().map(|row| row.threshold), false);
    let planes: [(&str, bool, Measure); 3] = [
        ("Accuracy (%)", false, |row| row.accuracy),
        ("Samples that leave early (%)", true, |row| row.left_early),
        ("Energy saved, net (%)", true, |row| row.energy_saved_net),
    ];
    let label = rows[0].key.trim_start_matches("policy.");
    let ys = planes.map(|(label, zero, of)| {
        let range = span(rows.iter().map(|row| 100.0 * of(row)), zero);
        Quantity { label, range, kind: Kind::Linear }
    });
    aligned(&mut areas, &ys)?;
    let x = Quantity { label, range: thresholds, kind: Kind::Linear };
    for ((area, y), (_, _, of)) in areas.iter().zip(&ys).zip(planes) {
        let panel = Panel::draw(&mut canvas, *area, &x, y)?;
        for (look, rows) in looks.iter().zip(&series) {
            let points: Vec<_> = rows.iter().map(|row| panel.at(row.threshold, 100.0 * of(row))).collect();
            look.dotted_line(&mut canvas, &points);
        }
    }
    Ok(canvas.finish(areas[2].bottom))
}
