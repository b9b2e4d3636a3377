//! Latency and energy over samples: how many take at most so much.

use serde::Serialize;

use super::super::axis::{Kind, span};
use super::super::canvas::{Canvas, Point};
use super::super::legend::{Key, Legend};
use super::super::numbers::{ENERGY, TIME, scaled};
use super::super::panel::{Area, Panel, Quantity, areas};
use super::super::series::{Series, guide};
use super::super::style::{MARGIN, MM};
use super::super::{Drawing, Page, PlotError, Results};
use crate::units::real;

const HEIGHT: i32 = 60 * MM;
const PERCENTILES: [f64; 3] = [0.50, 0.95, 0.99];

/// A value that samples take, and the part of the samples that take at most as much.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    results: String,
    /// `latency_s` or `energy_pj`.
    quantity: &'static str,
    value: f64,
    fraction: f64,
    /// The plain network's, mean over samples.
    plain: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    Series::several("results", results.len())?;
    let mut rows = Vec::new();
    for run in results {
        let grid = run.grid("samples.csv")?;
        let clock = run.number("clock_hz")?;
        let read = [("latency_s", "cycles", clock), ("energy_pj", "energy_pj", 1.0)];
        for (quantity, column, per) in read {
            let column = grid.column(column)?;
            let values: Result<Vec<f64>, PlotError> =
                grid.rows("samples")?.map(|row| Ok(column.number(row)? / per)).collect();
            let plain = run.number(&format!("{quantity}.no_heads"))?;
            let steps = steps(values?).into_iter();
            let row = |(value, fraction)| Row { results: run.name.clone(), quantity, value, fraction, plain };
            rows.extend(steps.map(row));
        }
    }
    Ok(rows)
}

/// Distinct values, least first, each with the part of all that is no greater.
fn steps(mut values: Vec<f64>) -> Vec<(f64, f64)> {
    values.sort_by(f64::total_cmp);
    let count = real(values.len() as u64);
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (rank, value) in (1_u64..).zip(values) {
        match steps.last_mut() {
            Some(step) if step.0 == value => step.1 = real(rank) / count,
            _ => steps.push((value, real(rank) / count)),
        }
    }
    steps
}

/// A stair a result and quantity; dashed the plain network, dotted lines at the percentiles.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let mut names: Vec<&str> = rows.iter().map(|row| row.results.as_str()).collect();
    names.dedup();
    let looks = Series::several("results", names.len())?;
    let keys: Vec<(Key, &str)> =
        looks.iter().map(|look| Key::Line(*look)).zip(names.iter().copied()).collect();
    let heading = "Dashed: p50, p95, p99; fine upright lines: the plain network's mean";
    let legend = Legend::fit(Some(heading), &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let areas = areas(page, 2, top + legend.height, HEIGHT);
    for (area, (quantity, label, units)) in
        areas.iter().zip([("latency_s", "Latency", &TIME[..]), ("energy_pj", "Energy an inference", &ENERGY)])
    {
        let shown: Vec<&Row> = rows.iter().filter(|row| row.quantity == quantity).collect();
        let most = shown.iter().map(|row| row.value.max(row.plain)).fold(0.0, f64::max);
        let (size, unit) = scaled(most, units);
        let stairs = names.iter().zip(&looks).map(|(name, look)| {
            (*look, shown.iter().filter(|row| row.results == *name).copied().collect::<Vec<&Row>>())
        });
        plane(&mut canvas, *area, &format!("{label} ({unit})"), size, &stairs.collect::<Vec<_>>())?;
    }
    Ok(canvas.finish(areas[1].bottom))
}

fn plane(
    canvas: &mut Canvas,
    area: Area,
    label: &str,
    size: f64,
    stairs: &[(Series, Vec<&Row>)],
) -> Result<(), PlotError> {
    let values = stairs.iter().flat_map(|(_, rows)| rows.iter()).flat_map(|row| [row.value, row.plain]);
    let range = span(values.map(|value| value / size), true);
    let x = Quantity { label, range, kind: Kind::Linear };
    let y = Quantity { label: "Samples at or below (%)", range: (0.0, 104.0), kind: Kind::Linear };
    let panel = Panel::draw(canvas, area, &x, &y)?;
    for percentile in PERCENTILES {
        let y = 100.0 * percentile;
        guide(canvas, panel.at(0.0, y), panel.at(range.1, y));
    }
    for (look, rows) in stairs {
        let mut stair: Vec<Point> = vec![panel.at(rows.first().map_or(0.0, |row| row.value / size), 0.0)];
        for row in rows {
            let (x, y) = panel.at(row.value / size, 100.0 * row.fraction);
            stair.extend([(x, stair.last().map_or(y, |last| last.1)), (x, y)]);
        }
        stair.dedup();
        let plain = rows.first().map_or(0.0, |row| row.plain / size);
        canvas.line(panel.at(plain, 0.0), panel.at(plain, 104.0), look.colour, 12);
        look.line(canvas, &stair);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_count_every_value() {
        assert_eq!(steps(vec![3.0, 1.0, 3.0, 2.0]), [(1.0, 0.25), (2.0, 0.5), (3.0, 1.0)]);
    }
}
