//! The Pareto figure of a sweep without accuracies: latency against energy, and against area on a chip.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::axis::{Kind, log_span, span};
use super::super::canvas::{Canvas, Point};
use super::super::legend::{Key, Legend};
use super::super::numbers::{ENERGY, TIME, scaled};
use super::super::panel::{Area, Panel, Quantity, aligned, areas};
use super::super::points::Points;
use super::super::series::Series;
use super::super::style::{INK, MARGIN, MM, OUTDONE};
use super::super::{Drawing, Page, PlotError};
use super::thinned::{Dot, Thinned};

const HEIGHT: i32 = 62 * MM;
/// Values that differ by more than this have a logarithmic axis.
const WIDE: f64 = 8.0;
/// Dots nearer than this are one.
const SAME_DOT: i32 = 15;

/// A design point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    point: String,
    latency_s: f64,
    energy_pj: f64,
    /// Nothing on an FPGA.
    area_mm2: Option<f64>,
    /// No other point is as fast for less energy, or faster for as little.
    on_energy_front: bool,
    /// The same for area.
    on_area_front: bool,
}

pub(super) fn rows(points: &Points) -> Result<Vec<Row>, PlotError> {
    let [point, latency, energy] = ["point", "latency_s", "energy_pj"].map(|name| points.column(name));
    let (point, latency, energy) = (point?, latency?, energy?);
    let area = points.column("area_mm2").ok();
    let mut thinned = Thinned::default();
    points.each(|row| {
        let area = area.map_or(Ok(0.0), |area| row.number(area))?;
        // What is better where it is greater: fast.
        let dot = Dot { accuracy: -row.number(latency)?, costs: [row.number(energy)?, area] };
        thinned.take(dot, || row.text(point).to_owned());
        Ok(())
    })?;
    let made = |(dot, point): (Dot, String)| Row {
        point,
        latency_s: -dot.accuracy,
        energy_pj: dot.costs[0],
        area_mm2: area.map(|_| dot.costs[1]),
        on_energy_front: false,
        on_area_front: false,
    };
    let mut rows: Vec<Row> = thinned.designs().map(made).collect();
    if rows.is_empty() {
        return Err(PlotError::Empty { what: "results" });
    }
    front(&rows, |row| row.energy_pj).into_iter().for_each(|at| rows[at].on_energy_front = true);
    if area.is_some() {
        front(&rows, |row| row.area_mm2.unwrap_or(0.0))
            .into_iter()
            .for_each(|at| rows[at].on_area_front = true);
    }
    Ok(rows)
}

/// Rows that no other beats in latency and a cost, cheapest first; of rows alike in both the first.
fn front(rows: &[Row], cost: impl Fn(&Row) -> f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let by = |a: &usize, b: &usize| {
        let [a, b] = [&rows[*a], &rows[*b]];
        cost(a).total_cmp(&cost(b)).then(a.latency_s.total_cmp(&b.latency_s))
    };
    order.sort_by(by);
    let mut least = f64::INFINITY;
    order.retain(|&at| {
        let better = rows[at].latency_s < least;
        least = least.min(rows[at].latency_s);
        better
    });
    order
}

/// What lies along one plane: where a row lies, and whether it is on that front.
type Along = (f64, f64, bool);

pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let keys = [
        (Key::Both(Series::faint(INK).larger()), "on the front"),
        (Key::Dot(Series::faint(OUTDONE)), "not on the front"),
    ];
    let legend = Legend::fit(None, &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let most = |of: fn(&Row) -> f64| rows.iter().map(of).fold(0.0, f64::max);
    let (energy, energy_unit) = scaled(most(|row| row.energy_pj), &ENERGY);
    let (time, time_unit) = scaled(most(|row| row.latency_s), &TIME);
    let dots = |cost: &dyn Fn(&Row) -> (f64, bool)| -> Vec<Along> {
        let dot = |row: &Row| (cost(row).0, row.latency_s / time, cost(row).1);
        rows.iter().map(dot).collect()
    };
    let mut planes = vec![(
        format!("Energy per inference, mean ({energy_unit})"),
        dots(&|row| (row.energy_pj / energy, row.on_energy_front)),
    )];
    if rows.iter().all(|row| row.area_mm2.is_some()) {
        let area = dots(&|row| (row.area_mm2.unwrap_or(0.0), row.on_area_front));
        planes.push(("Area on chip (mm²)".to_owned(), area));
    }
    let label = format!("Latency, mean ({time_unit})");
    let (kind, range) = axis(planes[0].1.iter().map(|dot| dot.1));
    let y = || Quantity { label: &label, range, kind };
    let mut areas = areas(page, i32::try_from(planes.len()).unwrap_or(1), top + legend.height, HEIGHT);
    aligned(&mut areas, &planes.iter().map(|_| y()).collect::<Vec<_>>())?;
    for ((label, dots), area) in planes.iter().zip(&areas) {
        plane(&mut canvas, *area, label, &y(), dots)?;
    }
    Ok(canvas.finish(areas.last().map_or(top, |area| area.bottom)))
}

/// The axis that shows all values: logarithmic where they differ widely.
fn axis(values: impl Iterator<Item = f64> + Clone) -> (Kind, (f64, f64)) {
    let (low, high) =
        values.clone().fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if low > 0.0 && high / low > WIDE {
        (Kind::Logarithmic, log_span(values))
    } else {
        (Kind::Linear, span(values, false))
    }
}

fn plane(
    canvas: &mut Canvas,
    area: Area,
    label: &str,
    y: &Quantity<'_>,
    dots: &[Along],
) -> Result<(), PlotError> {
    let (kind, range) = axis(dots.iter().map(|dot| dot.0));
    let panel = Panel::draw(canvas, area, &Quantity { label, range, kind }, y)?;
    let mut seen = BTreeSet::new();
    for dot in dots.iter().filter(|dot| !dot.2) {
        let (x, y) = panel.at(dot.0, dot.1);
        if seen.insert((x / SAME_DOT, y / SAME_DOT)) {
            Series::faint(OUTDONE).dot(canvas, (x, y));
        }
    }
    let mut front: Vec<Point> = dots.iter().filter(|dot| dot.2).map(|dot| panel.at(dot.0, dot.1)).collect();
    front.sort_unstable();
    // What costs more than one point and is slower than the next is no better: the front is a stair.
    let corners = front.windows(2).flat_map(|pair| [pair[0], (pair[1].0, pair[0].1)]);
    canvas.path(corners.chain(front.last().copied()).collect(), INK, 18);
    front.iter().for_each(|&at| Series::faint(INK).larger().dot(canvas, at));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_fast_and_cheap() {
        let row = |latency_s: f64, energy_pj: f64| Row {
            point: String::new(),
            latency_s,
            energy_pj,
            area_mm2: None,
            on_energy_front: false,
            on_area_front: false,
        };
        let rows = [(3.0, 1.0), (2.0, 2.0), (2.0, 2.0), (2.5, 3.0), (1.0, 9.0), (1.0, 8.0)];
        let rows: Vec<Row> = rows.map(|(latency, energy)| row(latency, energy)).to_vec();
        assert_eq!(front(&rows, |row| row.energy_pj), [0, 1, 5]);
    }
}
