//! Latency and throughput against load: inputs a second, or samples at once.

use serde::Serialize;

use super::super::axis::{Kind, log_span, span};
use super::super::canvas::Canvas;
use super::super::legend::{Key, Legend};
use super::super::numbers::{RATE, TIME, scaled};
use super::super::panel::{Area, Panel, Quantity, aligned, areas};
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
    /// `plain` or `with exits`.
    system: &'static str,
    /// From arrival, or from the start of the batch, to the answer.
    latency_mean_s: f64,
    latency_p99_s: f64,
    throughput_per_s: f64,
    /// More arrives than is answered, so that the queue grows without end.
    overloaded: bool,
}

const SYSTEMS: [(&str, &str); 2] = [("no_heads", "plain"), ("exits", "with exits")];

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    check_rows("results", results.len())?;
    let loads = [("arrivals.rate_per_s", Load::ArrivalsPerS), ("batch.size", Load::BatchSize)];
    let has = |path: &str| results.iter().all(|run| run.value(path, "").is_ok());
    let Some((path, load_is)) = loads.into_iter().find(|(path, _)| has(path)) else {
        let lacks = |path: &str| results.iter().find(|run| run.value(path, "").is_err());
        let names = loads.map(|(path, _)| lacks(path).map_or("", |run| run.name.as_str()));
        let why = format!("{} has no arrivals at a rate, and {} no batches", names[0], names[1]);
        let remedy = "give runs that differ in --set arrivals.rate, or in --set batch.size (2 and more)";
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
                overloaded: run
                    .value(&format!("arrivals.{key}.stable"), "")
                    .is_ok_and(|stable| stable == false),
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
    let names = ["plain, mean", "with exits, mean", "plain, p99", "with exits, p99"];
    let keys: Vec<(Key, &str)> = looks.iter().map(|look| Key::Both(*look)).zip(names).collect();
    let overloaded = rows.iter().any(|row| row.overloaded);
    let heading = overloaded.then_some("Rings: overloaded, the queue grows without end");
    let legend = Legend::fit(heading, &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let mut areas = areas(page, 2, top + legend.height, HEIGHT);
    let most = rows.iter().map(|row| row.load).fold(0.0, f64::max);
    let (size, label, kind) = match rows[0].load_is {
        Load::ArrivalsPerS => {
            let (size, unit) = scaled(most, &RATE);
            (size, format!("Inputs that arrive ({unit})"), Kind::Linear)
        }
        Load::BatchSize => (1.0, "Samples at once".to_owned(), Kind::Whole),
    };
    let range = span(rows.iter().map(|row| row.load / size), true);
    let x = (Quantity { label: &label, range, kind }, size);
    let throughput: Measure = |row| row.throughput_per_s;
    let most_of = |of: Measure| rows.iter().map(of).fold(0.0, f64::max);
    let (time, unit) = scaled(most_of(|row| row.latency_p99_s) / 3.0, &TIME);
    let [mean, p99]: [Measure; 2] = [|row| row.latency_mean_s, |row| row.latency_p99_s];
    let latencies = rows.iter().flat_map(|row| [mean(row), p99(row)]).map(|value| value / time);
    let (rate, rate_unit) = scaled(most_of(throughput), &RATE);
    let (latency, answers) = (format!("From input to answer ({unit})"), format!("Answers ({rate_unit})"));
    let rates = span(rows.iter().map(|row| throughput(row) / rate), true);
    let ys = [
        Quantity { label: &latency, range: log_span(latencies), kind: Kind::Logarithmic },
        Quantity { label: &answers, range: rates, kind: Kind::Linear },
    ];
    aligned(&mut areas, &ys)?;
    let measures = [(mean, time, &looks[..2]), (p99, time, &looks[2..])];
    plane(&mut canvas, areas[0], rows, &x, &ys[0], &measures)?;
    plane(&mut canvas, areas[1], rows, &x, &ys[1], &[(throughput, rate, &looks[..2])])?;
    Ok(canvas.finish(areas[1].bottom))
}

/// A number of a row.
type Measure = fn(&Row) -> f64;

/// Measures of each system over the load, `x` its axis and what loads are divided by.
fn plane(
    canvas: &mut Canvas,
    area: Area,
    rows: &[Row],
    (x, size): &(Quantity<'_>, f64),
    y: &Quantity<'_>,
    measures: &[(Measure, f64, &[Series])],
) -> Result<(), PlotError> {
    let panel = Panel::draw(canvas, area, x, y)?;
    for (of, unit, looks) in measures {
        for (look, (_, system)) in looks.iter().zip(SYSTEMS) {
            let mine = || rows.iter().filter(|row| row.system == system);
            let place = |row: &Row| panel.at(row.load / size, of(row) / unit);
            look.dotted_line(canvas, &mine().map(place).collect::<Vec<_>>());
            mine().filter(|row| row.overloaded).for_each(|row| look.ring(canvas, place(row)));
        }
    }
    Ok(())
}
