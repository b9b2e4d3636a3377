//! Latency and energy over samples: how often they take so much, and how many take at most so much.

use serde::Serialize;

use super::super::axis::{Kind, log_span, span};
use super::super::canvas::{Canvas, Point};
use super::super::legend::{Key, Legend};
use super::super::numbers::{ENERGY, PLAIN, TIME, scaled};
use super::super::panel::{Area, Panel, Quantity, areas};
use super::super::series::{Series, guide};
use super::super::style::{INK, MARGIN, MM};
use super::super::violin::{Group, Violin, Widths, widths};
use super::super::{Drawing, Page, PlotError, Results};
use crate::units::real;

const HEIGHT: i32 = 60 * MM;
/// What the violins take together, and each at most.
const STRIP: i32 = 28 * MM;
const MOST_ROW: i32 = 8 * MM;
const PERCENTILES: [(Mark, f64); 3] = [(Mark::P50, 0.50), (Mark::P95, 0.95), (Mark::P99, 0.99)];
/// Medians and plain networks that differ by more than this have a logarithmic axis.
const WIDE: f64 = 8.0;

/// What a row tells of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Mark {
    /// The part of the samples that take at most as much.
    AtMost,
    /// The part of the samples that take exactly as much.
    Bar,
    /// The density of samples by the unit of the value; by its natural logarithm where the axis is logarithmic.
    Density,
    P50,
    P95,
    P99,
    /// The plain network's mean over samples.
    Plain,
}

/// One value of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    results: String,
    /// `latency_s` or `energy_pj`.
    quantity: &'static str,
    mark: Mark,
    value: f64,
    /// Of the samples.
    part: Option<f64>,
    density: Option<f64>,
    /// Of the density's kernel, in the density's unit.
    bandwidth: Option<f64>,
}

/// What one run takes of one quantity.
struct Taken<'a> {
    run: &'a Results,
    quantity: &'static str,
    /// Values that occur, least first, each with the part of the samples that take at most as much.
    steps: Vec<(f64, f64)>,
    samples: u64,
    plain: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    Series::several("results", results.len())?;
    let mut all = Vec::new();
    for run in results {
        let grid = run.grid("samples.csv")?;
        let clock = run.number("clock_hz")?;
        for (quantity, column, per) in [("latency_s", "cycles", clock), ("energy_pj", "energy_pj", 1.0)] {
            let column = grid.column(column)?;
            let values: Result<Vec<f64>, PlotError> =
                grid.rows("samples")?.map(|row| Ok(column.number(row)? / per)).collect();
            let values = values?;
            let (samples, plain) = (values.len() as u64, run.number(&format!("{quantity}.no_heads"))?);
            all.push(Taken { run, quantity, steps: steps(values), samples, plain });
        }
    }
    if all.iter().all(|taken| taken.steps.len() < 2) {
        return Err(PlotError::Empty { what: "values that differ between samples" });
    }
    let logarithmic = |quantity: &str| {
        let of = || all.iter().filter(|taken| taken.quantity == quantity);
        let typical = of().flat_map(|taken| [taken.plain, taken.at(0.5)]);
        is_wide(typical, of().flat_map(|taken| taken.steps.iter().map(|step| step.0)))
    };
    Ok(all.iter().flat_map(|taken| taken.rows(logarithmic(taken.quantity))).collect())
}

/// Whether runs differ so much in what is typical of them that one axis of equal differences would not show all; a few samples
/// that leave far earlier than the others are no reason.
fn is_wide(typical: impl Iterator<Item = f64>, mut all: impl Iterator<Item = f64>) -> bool {
    let (low, high) =
        typical.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    high / low > WIDE && all.all(|value| value > 0.0)
}

impl Taken<'_> {
    /// A percentile by nearest rank, as the summary's.
    fn at(&self, part: f64) -> f64 {
        self.steps.iter().find(|step| step.1 >= part).map_or(self.plain, |step| step.0)
    }

    fn rows(&self, logarithmic: bool) -> Vec<Row> {
        let row = |mark, value, part, density, bandwidth| {
            let (results, quantity) = (self.run.name.clone(), self.quantity);
            Row { results, quantity, mark, value, part, density, bandwidth }
        };
        let part = |mark, value, part| row(mark, value, Some(part), None, None);
        let mut rows = vec![row(Mark::Plain, self.plain, None, None, None)];
        for (mark, percent) in PERCENTILES {
            rows.push(part(mark, self.at(percent), percent));
        }
        let along = |value: f64| if logarithmic { value.ln() } else { value };
        let back = |place: f64| if logarithmic { place.exp() } else { place };
        let moved: Vec<(f64, f64)> = self.steps.iter().map(|step| (along(step.0), step.1)).collect();
        match widths(&moved, self.samples) {
            Widths::Bars(shares) => {
                let values = self.steps.iter().map(|step| step.0).zip(shares);
                rows.extend(values.map(|(value, (_, share))| part(Mark::Bar, value, share)));
            }
            Widths::Density(groups) => {
                for Group { bandwidth, places } in groups {
                    // A group ends where its values do.
                    let ends = [places[0].0, places[places.len() - 1].0].map(|end| (end, 0.0));
                    let inner = places.into_iter();
                    rows.extend(std::iter::once(ends[0]).chain(inner).chain([ends[1]]).map(
                        |(place, density)| {
                            let told = [back(place), density, bandwidth].map(five_digits);
                            row(Mark::Density, told[0], None, Some(told[1]), Some(told[2]))
                        },
                    ));
                }
            }
        }
        rows.extend(self.steps.iter().map(|(value, at_most)| part(Mark::AtMost, *value, *at_most)));
        rows
    }
}

/// Exponentials and logarithms differ between machines in their last digit; their first five do not.
fn five_digits(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
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

/// A violin and a stair a result and quantity; dashed lines at the percentiles.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let mut names: Vec<&str> = rows.iter().map(|row| row.results.as_str()).collect();
    names.dedup();
    let looks = Series::several("results", names.len())?;
    let rings = Series::rings(INK).map(Key::Ring).into_iter().zip(["p50", "p95", "p99"]);
    let keys: Vec<(Key, &str)> =
        rings.chain(looks.iter().map(|look| Key::Line(*look)).zip(names.iter().copied())).collect();
    let any = |mark: Mark| rows.iter().any(|row| row.mark == mark);
    let shapes = match (any(Mark::Density), any(Mark::Bar)) {
        (true, true) => "Violins: density of samples; bars: shares of few values",
        (true, false) => "Violins: density of samples",
        (false, _) => "Bars: shares of the samples",
    };
    let heading = format!("{shapes}; fine lines: mean of the plain network");
    let legend = Legend::fit(Some(&heading), &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let row = (STRIP / looks.len() as i32).min(MOST_ROW);
    let strip = row * looks.len() as i32;
    let areas = areas(page, 2, top + legend.height, strip + HEIGHT);
    for (area, (quantity, label, units)) in areas
        .iter()
        .zip([("latency_s", "Latency", &TIME[..]), ("energy_pj", "Energy per inference", &ENERGY)])
    {
        let shown: Vec<&Row> = rows.iter().filter(|row| row.quantity == quantity).collect();
        let most = shown.iter().map(|row| row.value).fold(0.0, f64::max);
        let (size, unit) = scaled(most, units);
        let panel = plane(&mut canvas, *area, strip, &shown, (&format!("{label} ({unit})"), size))?;
        for (i, (look, name)) in (0..).zip(looks.iter().zip(&names)) {
            let mine = Run { rows: shown.iter().filter(|row| row.results == *name).copied().collect(), size };
            mine.stair(&mut canvas, &panel, *look);
            mine.violin(&mut canvas, &panel, *look, (area.top + i * row, row));
        }
    }
    Ok(canvas.finish(areas[1].bottom))
}

/// The plane of stairs, below a strip for the violins over the same axis.
fn plane(
    canvas: &mut Canvas,
    area: Area,
    strip: i32,
    rows: &[&Row],
    (label, size): (&str, f64),
) -> Result<Panel, PlotError> {
    let of =
        |marks: &'static [Mark]| rows.iter().filter(|row| marks.contains(&row.mark)).map(|row| row.value);
    let scaled = of(&[Mark::AtMost, Mark::Plain]).map(|value| value / size);
    let (range, kind) = if is_wide(of(&[Mark::P50, Mark::Plain]), of(&[Mark::AtMost])) {
        (log_span(scaled), Kind::Logarithmic)
    } else {
        (span(scaled, true), Kind::Linear)
    };
    let x = Quantity { label, range, kind };
    let y = Quantity { label: "Samples at or below (%)", range: (0.0, 104.0), kind: Kind::Linear };
    let panel = Panel::draw(canvas, Area { top: area.top + strip, ..area }, &x, &y)?;
    panel.x.axis(PLAIN)?.grid(canvas, (area.top, area.top + strip));
    for (_, part) in PERCENTILES {
        guide(canvas, panel.at(range.0, 100.0 * part), panel.at(range.1, 100.0 * part));
    }
    Ok(panel)
}

/// Rows of one run and quantity, and what their values are divided by.
struct Run<'a> {
    rows: Vec<&'a Row>,
    size: f64,
}

impl<'a> Run<'a> {
    fn of(&self, mark: Mark) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().copied().filter(move |row| row.mark == mark)
    }

    fn stair(&self, canvas: &mut Canvas, panel: &Panel, look: Series) {
        let mut stair: Vec<Point> = Vec::new();
        for row in self.of(Mark::AtMost) {
            let (x, y) = panel.at(row.value / self.size, 100.0 * row.part.unwrap_or(0.0));
            stair.extend([(x, stair.last().map_or(panel.y.at(0.0), |last| last.1)), (x, y)]);
        }
        stair.dedup();
        for plain in self.of(Mark::Plain) {
            let x = panel.x.at(plain.value / self.size);
            canvas.line((x, panel.y.at(0.0)), (x, panel.y.at(104.0)), look.colour, 12);
        }
        look.line(canvas, &stair);
    }

    /// The violin in a strip from `top` of a height.
    fn violin(&self, canvas: &mut Canvas, panel: &Panel, look: Series, (top, height): (i32, i32)) {
        let place = |row: &Row| panel.x.at(row.value / self.size);
        let shape = |mark, width: fn(&Row) -> Option<f64>| {
            self.of(mark).map(|row| (place(row), width(row).unwrap_or(0.0))).collect::<Vec<_>>()
        };
        let density = shape(Mark::Density, |row| row.density);
        let bars = density.is_empty();
        let widths = if bars { shape(Mark::Bar, |row| row.part) } else { density };
        let rug: Vec<i32> = self.of(Mark::AtMost).map(place).collect();
        let [p50, p95, p99] = PERCENTILES.map(|(mark, _)| self.of(mark).next().map_or(0, place));
        let [circle, square, triangle] = Series::rings(INK);
        let percentiles = [(circle, p50), (square, p95), (triangle, p99)];
        let violin = Violin { bars, widths: &widths, rug: &rug, percentiles };
        violin.draw(canvas, look, top + height / 2, height * 2 / 5);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_count_every_value() {
        assert_eq!(steps(vec![3.0, 1.0, 3.0, 2.0]), [(1.0, 0.25), (2.0, 0.5), (3.0, 1.0)]);
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let run = Results::new("run");
        let steps = steps((1..=1000).map(|i| f64::from(i) / 7.0).collect());
        let taken = Taken { run: &run, quantity: "latency_s", steps, samples: 1000, plain: 1.0 };
        let of = |mark| taken.rows(false).into_iter().find(|row| row.mark == mark).map(|row| row.value);
        assert_eq!(of(Mark::P50), Some(500.0 / 7.0));
        assert_eq!(of(Mark::P95), Some(950.0 / 7.0));
        assert_eq!(of(Mark::P99), Some(990.0 / 7.0));
    }

    #[test]
    fn five_digits_are_kept() {
        assert_eq!([1.234_567_8, 9.999_99e-9, 0.0].map(five_digits), [1.2346, 1e-8, 0.0]);
    }
}
