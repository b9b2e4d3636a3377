//! Accuracy against energy and against latency: who is outdone, and who is not.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::axis::{Kind, log_span, span};
use super::super::canvas::{Canvas, Point};
use super::super::legend::{Key, Legend};
use super::super::numbers::{ENERGY, TIME, scaled};
use super::super::panel::{Area, Panel, Quantity, areas};
use super::super::series::{Series, guide};
use super::super::style::{INK, MARGIN, MM, OUTDONE};
use super::super::{Drawing, Page, PlotError, Results};
use super::thinned::{Dot, Thinned};

const HEIGHT: i32 = 62 * MM;
/// Costs that differ by more than this have a logarithmic axis.
const WIDE: f64 = 8.0;
/// Dots nearer than this are one.
const SAME_DOT: i32 = 15;

/// A design or a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    results: String,
    /// Number of a sweep's point; of a run `exits`, or `plain` for the network without heads.
    point: String,
    accuracy: f64,
    energy_pj: f64,
    latency_s: f64,
    /// The machine that a run's front is of; empty for the points of a sweep, which have one front.
    machine: String,
    /// The least that the plain network takes on any machine of a sweep.
    least_plain_energy_pj: Option<f64>,
    least_plain_latency_s: Option<f64>,
    /// No other row is as accurate for less energy, or more accurate for as little.
    on_energy_front: bool,
    /// The same for latency.
    on_latency_front: bool,
}

/// Refuses runs of different questions: an accuracy over other samples or classes outdoes nothing.
fn check_questions(results: &[Results]) -> Result<(), PlotError> {
    let runs: Vec<&Results> = results.iter().filter(|source| source.is_run()).collect();
    let question = |run: &Results| Ok((run.number("samples")?, run.classes()?));
    for pair in runs.windows(2) {
        let ((samples, classes), (others, other_classes)) = (question(pair[0])?, question(pair[1])?);
        if samples != others || classes != other_classes {
            let told = |run: &Results, samples: f64, classes: &[String]| {
                format!("{} asks for {} classes over {samples} samples", run.name, classes.len())
            };
            let why = told(pair[0], samples, &classes) + ", " + &told(pair[1], others, &other_classes);
            return Err(PlotError::unfit(
                why,
                "give runs over the same data, with any policies and machines",
            ));
        }
    }
    Ok(())
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    check_questions(results)?;
    let mut rows = Vec::new();
    for source in results {
        if source.is_run() {
            for (point, accuracy, key) in
                [("with exits", "accuracy", "mean"), ("plain", "accuracy_baseline", "no_heads")]
            {
                let costs = ["energy_pj", "latency_s"].map(|cost| source.number(&format!("{cost}.{key}")));
                let [energy, latency] = costs;
                let made = row(&source.name, point, source.number(accuracy)?, energy?, latency?);
                rows.push(Row { machine: machine(source)?, ..made });
            }
            continue;
        }
        let points = source.points()?;
        let [point, accuracy, energy, latency] =
            ["point", "accuracy", "energy_pj", "latency_s"].map(|name| points.column(name));
        let (point, accuracy, energy, latency) = (point?, accuracy?, energy?, latency?);
        let plain = ["energy_no_heads_pj", "cycles_no_heads", "cycles"].map(|name| points.column(name));
        let [plain_energy, plain_cycles, cycles] = plain;
        let (plain_energy, plain_cycles, cycles) = (plain_energy?, plain_cycles?, cycles?);
        let mut least = [f64::INFINITY; 2];
        let mut thinned = Thinned::default();
        points.each(|row| {
            let dot =
                Dot { accuracy: row.accuracy(accuracy)?, costs: [row.number(energy)?, row.number(latency)?] };
            let clock = row.number(cycles)? / dot.costs[1];
            least[0] = least[0].min(row.number(plain_energy)?);
            least[1] = least[1].min(row.number(plain_cycles)? / clock);
            thinned.take(dot, || row.text(point).to_owned());
            Ok(())
        })?;
        rows.extend(thinned.designs().map(|(Dot { accuracy, costs: [energy, latency] }, point)| {
            let made = self::row(&source.name, &point, accuracy, energy, latency);
            let [energy, latency] = least.map(|least| Some(least).filter(|least| least.is_finite()));
            Row { least_plain_energy_pj: energy, least_plain_latency_s: latency, ..made }
        }));
    }
    if rows.is_empty() {
        return Err(PlotError::Empty { what: "results" });
    }
    for machine in machines(&rows) {
        for at in front(&rows, &machine, |row| row.energy_pj) {
            rows[at].on_energy_front = true;
        }
        for at in front(&rows, &machine, |row| row.latency_s) {
            rows[at].on_latency_front = true;
        }
    }
    Ok(rows)
}

fn row(results: &str, point: &str, accuracy: f64, energy_pj: f64, latency_s: f64) -> Row {
    let (results, point) = (results.to_owned(), point.to_owned());
    Row {
        results,
        point,
        accuracy,
        energy_pj,
        latency_s,
        machine: String::new(),
        least_plain_energy_pj: None,
        least_plain_latency_s: None,
        on_energy_front: false,
        on_latency_front: false,
    }
}

/// A run's machine: its architecture and what was overridden.
fn machine(run: &Results) -> Result<String, PlotError> {
    let set = run.list("overrides").map(Vec::as_slice).unwrap_or_default();
    let set = set.iter().filter_map(|value| value.as_str());
    Ok(std::iter::once(run.text("arch")?).chain(set).collect::<Vec<_>>().join(", "))
}

/// Every machine once.
fn machines(rows: &[Row]) -> Vec<String> {
    let mut names: Vec<String> = rows.iter().map(|row| row.machine.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// Rows that no other of their machine outdoes, cheapest first; of rows alike in both the first.
fn front(rows: &[Row], machine: &str, cost: impl Fn(&Row) -> f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].machine == machine).collect();
    let key = |at: usize| (cost(&rows[at]), -rows[at].accuracy);
    order.sort_by(|a, b| key(*a).partial_cmp(&key(*b)).unwrap_or(std::cmp::Ordering::Equal));
    let mut best = f64::NEG_INFINITY;
    order.retain(|&at| {
        let better = rows[at].accuracy > best;
        best = best.max(rows[at].accuracy);
        better
    });
    order
}

/// Two planes of accuracy against a cost: designs on the front joined, those outdone in grey. Up to 8 runs have looks
/// of their own, their plain networks crosses.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let looks = Looks::of(rows);
    let names: Vec<(Key, &str)> = looks.keys();
    let plain = rows.iter().any(|row| row.least_plain_energy_pj.is_some());
    let heading = plain.then_some("Dashed: the plain network on the machine where it takes least");
    let legend = Legend::fit(heading, &names, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let areas = areas(page, 2, top + legend.height, HEIGHT);
    let most = |of: fn(&Row) -> f64| rows.iter().map(of).fold(0.0, f64::max);
    let (energy, energy_unit) = scaled(most(|row| row.energy_pj), &ENERGY);
    let (time, time_unit) = scaled(most(|row| row.latency_s), &TIME);
    let energy_label = format!("Energy per inference, mean ({energy_unit})");
    let time_label = format!("Latency, mean ({time_unit})");
    let energies: Vec<(f64, bool)> =
        rows.iter().map(|row| (row.energy_pj / energy, row.on_energy_front)).collect();
    let times: Vec<(f64, bool)> =
        rows.iter().map(|row| (row.latency_s / time, row.on_latency_front)).collect();
    let least = |of: fn(&Row) -> Option<f64>, size: f64| {
        let known = rows.iter().filter_map(of).map(|value| value / size);
        known.fold(None, |least: Option<f64>, value| Some(least.map_or(value, |least| least.min(value))))
    };
    let plain_energy = least(|row| row.least_plain_energy_pj, energy);
    let plain_time = least(|row| row.least_plain_latency_s, time);
    plane(&mut canvas, areas[0], (&energy_label, plain_energy), rows, &energies, &looks)?;
    plane(&mut canvas, areas[1], (&time_label, plain_time), rows, &times, &looks)?;
    Ok(canvas.finish(areas[1].bottom))
}

/// How rows look: by result where those are few runs, else by whether they are outdone.
struct Looks<'a> {
    runs: Vec<(&'a str, Series)>,
}

impl<'a> Looks<'a> {
    fn of(rows: &'a [Row]) -> Self {
        let mut names: Vec<&str> = rows.iter().map(|row| row.results.as_str()).collect();
        names.dedup();
        let runs = rows.iter().all(|row| matches!(row.point.as_str(), "with exits" | "plain"));
        let series = Series::several("runs", names.len()).ok().filter(|_| runs);
        Self { runs: series.map(|series| names.into_iter().zip(series).collect()).unwrap_or_default() }
    }

    fn keys(&self) -> Vec<(Key, &'a str)> {
        if self.runs.is_empty() {
            return vec![
                (Key::Both(Series::faint(INK).larger()), "on the front"),
                (Key::Dot(Series::faint(OUTDONE)), "not on the front"),
            ];
        }
        let runs = self.runs.iter().map(|(name, series)| (Key::Dot(*series), *name));
        runs.chain([(Key::Dot(Series::cross(INK)), "plain network")]).collect()
    }

    fn of_row(&self, row: &Row, on_front: bool) -> Series {
        match self.runs.iter().find(|(name, _)| *name == row.results) {
            Some(_) if row.point == "plain" => Series::cross(INK),
            Some((_, series)) => *series,
            None if on_front => Series::faint(INK).larger(),
            None => Series::faint(OUTDONE),
        }
    }
}

fn plane(
    canvas: &mut Canvas,
    area: Area,
    (label, plain): (&str, Option<f64>),
    rows: &[Row],
    costs: &[(f64, bool)],
    looks: &Looks<'_>,
) -> Result<(), PlotError> {
    let all = || costs.iter().map(|(cost, _)| *cost).chain(plain);
    let (low, high) = all().fold((f64::INFINITY, 0.0_f64), |(low, high), c| (low.min(c), high.max(c)));
    let wide = low > 0.0 && high / low > WIDE;
    let (kind, range) =
        if wide { (Kind::Logarithmic, log_span(all())) } else { (Kind::Linear, span(all(), false)) };
    let accuracies = rows.iter().map(|row| 100.0 * row.accuracy);
    let y = Quantity { label: "Accuracy (%)", range: span(accuracies, false), kind: Kind::Linear };
    let panel = Panel::draw(canvas, area, &Quantity { label, range, kind }, &y)?;
    let place = |at: usize| panel.at(costs[at].0, 100.0 * rows[at].accuracy);
    if let Some(plain) = plain {
        guide(canvas, panel.at(plain, y.range.0), panel.at(plain, y.range.1));
    }
    // What costs more than one point and is less accurate than the next is no better: the front is a stair.
    let front_of = |machine: &str| {
        let on_it = |at: &usize| costs[*at].1 && rows[*at].machine == machine;
        let mut front: Vec<usize> = (0..rows.len()).filter(on_it).collect();
        front.sort_by(|a, b| costs[*a].0.total_cmp(&costs[*b].0));
        front
    };
    let stair = |front: &[usize]| -> Vec<Point> {
        let next = front.iter().skip(1).map(Some).chain([None]);
        let steps = front.iter().zip(next);
        steps
            .flat_map(|(&at, next)| [Some(place(at)), next.map(|&next| (place(next).0, place(at).1))])
            .flatten()
            .collect()
    };
    let outdone = (0..rows.len()).filter(|&at| !costs[at].1);
    let mut seen = BTreeSet::new();
    for at in outdone {
        let (x, y) = place(at);
        if seen.insert((x / SAME_DOT, y / SAME_DOT)) || !looks.runs.is_empty() {
            looks.of_row(&rows[at], false).dot(canvas, (x, y));
        }
    }
    for front in machines(rows).iter().map(|machine| front_of(machine)) {
        let with_exits = front.iter().find(|&&at| rows[at].point != "plain");
        let colour = with_exits.map_or(INK, |&at| looks.of_row(&rows[at], true).colour);
        canvas.path(stair(&front), colour, 18);
        for at in front {
            looks.of_row(&rows[at], true).dot(canvas, place(at));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_what_no_row_outdoes() {
        let rows: Vec<Row> =
            [(0.9, 5.0), (0.9, 4.0), (0.8, 4.0), (0.7, 1.0), (0.95, 9.0), (0.7, 1.0), (0.6, 0.5)]
                .map(|(accuracy, energy)| row("r", "p", accuracy, energy, 1.0))
                .to_vec();
        let outdone = |at: usize| {
            rows.iter().enumerate().any(|(other, row)| {
                let alike = row.accuracy == rows[at].accuracy && row.energy_pj == rows[at].energy_pj;
                let as_good = row.accuracy >= rows[at].accuracy && row.energy_pj <= rows[at].energy_pj;
                as_good && (!alike || other < at)
            })
        };
        let mut found = front(&rows, "", |row| row.energy_pj);
        found.sort_unstable();
        assert_eq!(found, (0..rows.len()).filter(|&at| !outdone(at)).collect::<Vec<_>>());
    }
}
