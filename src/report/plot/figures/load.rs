//! Latency and throughput against load: inputs a second, or samples at once.

use serde::Serialize;

use super::super::axis::{Kind, log_span, span};
use super::super::canvas::Canvas;
use super::super::legend::{Key, Legend};
use super::super::numbers::{RATE, TIME, scaled};
use super::super::panel::{Panel, Quantity, areas};
use super::super::series::Series;
use super::super::style::{MARGIN, MM};
use super::super::{Drawing, Page, PlotError, Results, check_rows};

const HEIGHT: i32 = 60 * MM;

/// What sets the load of several runs apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Load {
    ArrivalsPerS,
    BatchSize,
}

/// One system under one load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    results: String,
    load_is: Load,
    load: f64,
    /// `plain` or `exits`.
    system: &'static str,
    /// From arrival, or from the start of the batch, to the answer.
    latency_mean_s: f64,
    latency_p99_s: f64,
    throughput_per_s: f64,
}

const SYSTEMS: [(&str, &str); 2] = [("no_heads", "plain"), ("exits", "exits")];

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    check_rows("results", results.len())?;
    let loads = [("arrivals.rate_per_s", Load::ArrivalsPerS), ("batch.size", Load::BatchSize)];
    let has = |path: &str| results.iter().all(|run| run.value(path, "").is_ok());
    let Some((path, load_is)) = loads.into_iter().find(|(path, _)| has(path)) else {
        let why = "not every result has arrivals at a rate, and not every one has batches";
        let remedy = "give runs that differ in --set arrivals.rate, or in --set batch.size";
        return Err(PlotError::unfit(why, remedy));
    };
    let mut rows = Vec::new();
    for run in results {
        for (key, system) in SYSTEMS {
            let number = |path: &str| match load_is {
                Load::ArrivalsPerS => run.number(&format!("arrivals.{key}.{path}")),
                Load::BatchSize => run.number(&format!("batch.{key}.{path}")),
            };
            let (mean, p99) = match load_is {
                Load::ArrivalsPerS => ("response_s.mean", "response_s.p99"),
                Load::BatchSize => ("latency_mean_s", "latency_p99_s"),
            };
            rows.push(Row {
                results: run.name.clone(),
                load_is,
                load: run.number(path)?,
                system,
                latency_mean_s: number(mean)?,
                latency_p99_s: number(p99)?,
                throughput_per_s: number("throughput_per_s")?,
            });
        }
    }
    rows.sort_by(|a, b| a.load.total_cmp(&b.load));
    Ok(rows)
}

/// Mean and 99th percentile of latency, logarithmic; throughput beside it.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let looks = Series::several("marks", 4)?;
    let names = ["plain, mean", "exits, mean", "plain, p99", "exits, p99"];
    let keys: Vec<(Key, &str)> = looks.iter().map(|look| Key::Both(*look)).zip(names).collect();
    let legend = Legend::fit(None, &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let areas = areas(page, 2, top + legend.height, HEIGHT);
    let most = rows.iter().map(|row| row.load).fold(0.0, f64::max);
    let (load, label) = match rows[0].load_is {
        Load::ArrivalsPerS => {
            let (size, unit) = scaled(most, &RATE);
            (size, format!("Inputs that arrive ({unit})"))
        }
        Load::BatchSize => (1.0, "Samples at once".to_owned()),
    };
    let (time, unit) = scaled(rows.iter().map(|row| row.latency_p99_s).fold(0.0, f64::max) / 3.0, &TIME);
    let loads = rows.iter().map(|row| row.load / load);
    let x = Quantity { label: &label, range: span(loads, true), kind: Kind::Linear };
    let latencies =
        rows.iter().flat_map(|row| [row.latency_mean_s, row.latency_p99_s]).map(|value| value / time);
    let y = Quantity {
        label: &format!("From input to answer ({unit})"),
        range: log_span(latencies),
        kind: Kind::Logarithmic,
    };
    let panel = Panel::draw(&mut canvas, areas[0], &x, &y)?;
    let of = |system: &'static str| rows.iter().filter(move |row| row.system == system);
    let kinds: [fn(&Row) -> f64; 2] = [|row| row.latency_mean_s, |row| row.latency_p99_s];
    let both = kinds.into_iter().flat_map(|kind| SYSTEMS.map(|(_, system)| (kind, system)));
    for (look, (kind, system)) in looks.iter().zip(both) {
        let points: Vec<_> = of(system).map(|row| panel.at(row.load / load, kind(row) / time)).collect();
        look.line(&mut canvas, &points);
        points.into_iter().for_each(|at| look.dot(&mut canvas, at));
    }
    let (rate, unit) = scaled(rows.iter().map(|row| row.throughput_per_s).fold(0.0, f64::max), &RATE);
    let throughputs = rows.iter().map(|row| row.throughput_per_s / rate);
    let label = format!("Answers ({unit})");
    let y = Quantity { label: &label, range: span(throughputs, true), kind: Kind::Linear };
    let panel = Panel::draw(&mut canvas, areas[1], &x, &y)?;
    for (look, (_, system)) in looks.iter().zip(SYSTEMS) {
        let points: Vec<_> =
            of(system).map(|row| panel.at(row.load / load, row.throughput_per_s / rate)).collect();
        look.line(&mut canvas, &points);
        points.into_iter().for_each(|at| look.dot(&mut canvas, at));
    }
    Ok(canvas.finish(areas[1].bottom))
}
