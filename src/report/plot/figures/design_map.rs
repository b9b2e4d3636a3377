//! A result by rows and columns of the array: the best that all else of a sweep allows.

use serde::Serialize;

use super::super::canvas::{Anchor, Canvas};
use super::super::heat::{Cell, Heat, Ramp};
use super::super::numbers::{ENERGY, TIME, scaled, three_digits, whole_or_three_digits};
use super::super::points::Place;
use super::super::style::{INK, MARGIN, MM, TEXT, shade};
use super::super::text::wrap;
use super::super::{Drawing, Page, PlotError, Results};
use super::sweeps::{axis_label, points, setting};
use crate::sweep::Metric;

/// More cells than this are no map to read.
const MOST_CELLS: usize = 2500;

/// Settings that cells name by a letter, at most.
const MOST_SETTINGS: usize = LETTERS.len();
const LETTERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// One cell of a map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// Column of `points.csv` below the map, and its value.
    pub(super) x_column: String,
    pub(super) x: f64,
    /// The same beside it.
    pub(super) y_column: String,
    pub(super) y: f64,
    /// Column of `points.csv` that is shown, and its best value.
    pub(super) column: String,
    pub(super) value: f64,
    /// Points of the sweep that the best was taken from.
    pub(super) points: u64,
    /// What else varies, as the best of them has it.
    pub(super) with: String,
}

pub(super) fn rows(results: &[Results], column: Option<&str>) -> Result<Vec<Row>, PlotError> {
    map(results, "design-map", ["array.cols", "array.rows"], column.unwrap_or("energy_pj"))
}

/// A column of results by its name.
fn metric(column: &str) -> Result<Metric, PlotError> {
    let unknown = || {
        let names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        let remedy = format!("choose one of {}", names.join(", "));
        PlotError::unfit(format!("`{column}` is no column of results"), remedy)
    };
    Metric::ALL.iter().copied().find(|metric| metric.name() == column).ok_or_else(unknown)
}

/// The best of a column for every pair of two axes' values, baselines left out.
pub(super) fn map(
    results: &[Results],
    figure: &str,
    axes: [&str; 2],
    column: &str,
) -> Result<Vec<Row>, PlotError> {
    let (points, metric) = (points(results, figure)?, metric(column)?);
    let axis = |path: &str| {
        let missing = || {
            let varied = points.axes().collect::<Vec<_>>().join(", ");
            let why = format!("{figure} needs {} to vary; the sweep varies {varied}", axes.join(" and "));
            PlotError::unfit(why, "vary them in the space's [axes]")
        };
        points.axis(path).ok_or_else(missing)
    };
    let names = [axis(axes[0])?, axis(axes[1])?];
    let (x, y, value) = (points.column(names[0])?, points.column(names[1])?, points.column(column)?);
    let others: Vec<(&str, Place)> = points
        .axes()
        .filter(|axis| !names.contains(axis))
        .map(|axis| Ok((axis, points.column(axis)?)))
        .collect::<Result<_, PlotError>>()?;
    let mut rows: Vec<Row> = Vec::new();
    points.each_with_exits(|point| {
        let with = || {
            let one = |(axis, place): &(&str, Place)| setting(axis, point.text(*place));
            others.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let (x, y, found) = (point.number(x)?, point.number(y)?, point.number(value)?);
        match rows.iter().position(|row| row.x == x && row.y == y) {
            Some(at) => {
                let row = &mut rows[at];
                let better = if metric.falls() { found < row.value } else { found > row.value };
                if better {
                    (row.value, row.with) = (found, with());
                }
                row.points += 1;
            }
            None if rows.len() == MOST_CELLS => {
                let why = format!("{figure} shows at most {MOST_CELLS} pairs of values; the sweep has more");
                return Err(PlotError::unfit(why, "give the axes fewer values"));
            }
            None => rows.push(Row {
                x_column: names[0].to_owned(),
                x,
                y_column: names[1].to_owned(),
                y,
                column: column.to_owned(),
                value: found,
                points: 1,
                with: with(),
            }),
        }
        Ok(())
    })?;
    rows.sort_by(|a, b| (a.y, a.x).partial_cmp(&(b.y, b.x)).unwrap_or(std::cmp::Ordering::Equal));
    if rows.is_empty() { Err(PlotError::Empty { what: "points with exits" }) } else { Ok(rows) }
}

/// The darker a cell, the better.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (size, unit) = sizes(&rows[0].column, rows.iter().map(|row| row.value.abs()).fold(0.0, f64::max));
    let falls = metric(&rows[0].column)?.falls();
    let values = || rows.iter().map(|row| row.value);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let cell = |row: &Row| {
        let along = if high > low { (row.value - low) / (high - low) } else { 0.5 };
        let good = if falls { 1.0 - along } else { along };
        // The worst cell is not paper: that means no point at all.
        Cell { shade: shade(0.05 + 0.95 * good), value: three_digits(row.value / size), marked: false }
    };
    let ends = if falls { [high, low] } else { [low, high] }.map(|value| three_digits(value / size));
    let ramp = Ramp { ends, shade: |good| shade(0.05 + 0.95 * good) };
    draw_map(rows, page, &format!("{} ({unit}), the darker the better", words(&rows[0].column)), ramp, cell)
}

/// Cells by two axes, with the shown column named above.
pub(super) fn draw_map(
    rows: &[Row],
    page: Page<'_>,
    shown: &str,
    ramp: Ramp,
    cell: impl Fn(&Row) -> Cell,
) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let distinct = |of: fn(&Row) -> f64| {
        let mut values: Vec<f64> = rows.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        values
    };
    let (xs, ys) = (distinct(|row| row.x), distinct(|row| row.y));
    let (x_label, x_size) = axis_label(&rows[0].x_column, xs[xs.len() - 1]);
    let (y_label, y_size) = axis_label(&rows[0].y_column, ys[ys.len() - 1]);
    let most = rows.iter().map(|row| row.points).max().unwrap_or(1);
    let mut settings: Vec<&str> = rows.iter().map(|row| row.with.as_str()).collect();
    settings.sort_unstable();
    settings.dedup();
    let lettered = (2..=MOST_SETTINGS).contains(&settings.len());
    let letter = |row: &Row| settings.iter().position(|with| *with == row.with).map_or("", |at| LETTERS[at]);
    let best = match settings.as_slice() {
        _ if most < 2 => String::new(),
        [one] => format!("; best of up to {most} points: {one}"),
        _ if lettered => format!("; best of up to {most} points, {}", named(&settings)),
        many => format!("; best of up to {most} points, with {} settings (see the CSV)", many.len()),
    };
    let marked = |row: &Row| {
        let found = cell(row);
        if lettered && most > 1 {
            Cell { value: format!("{} {}", found.value, letter(row)), ..found }
        } else {
            found
        }
    };
    let find = |x: f64, y: f64| rows.iter().find(|row| row.x == x && row.y == y).map(&marked);
    let write =
        |values: &[f64], size: f64| values.iter().map(|value| whole_or_three_digits(value / size)).collect();
    let heat = Heat {
        rows: write(&ys, y_size),
        columns: write(&xs, x_size),
        cells: ys.iter().map(|&y| xs.iter().map(|&x| find(x, y)).collect()).collect(),
        row_axis: &y_label,
        column_axis: &x_label,
        names: 20,
        upwards: true,
        ramp,
    };
    let top = heading(&mut canvas, &format!("{shown}{best}"), top)?;
    let width = canvas.width;
    let bottom = heat.draw(&mut canvas, (MARGIN, width - MARGIN), top)?;
    Ok(canvas.finish(bottom + MM))
}

/// What settings have in common, then each by its letter with the rest.
fn named(settings: &[&str]) -> String {
    let parts: Vec<Vec<&str>> = settings.iter().map(|with| with.split(", ").collect()).collect();
    let everywhere = |part: &&&str| parts.iter().all(|setting| setting.contains(*part));
    let common: Vec<&str> = parts[0].iter().filter(everywhere).copied().collect();
    let own = |(setting, letter): (&Vec<&str>, &str)| {
        let own: Vec<&str> = setting.iter().filter(|part| !common.contains(*part)).copied().collect();
        format!("{letter}: {}", own.join(", "))
    };
    let each: Vec<String> = parts.iter().zip(LETTERS).map(own).collect();
    let common = if common.is_empty() { String::new() } else { format!("all with {}; ", common.join(", ")) };
    format!("{common}{}", each.join("; "))
}

/// Lines of text above a map; gives the height at which the map begins.
fn heading(canvas: &mut Canvas, text: &str, top: i32) -> Result<i32, PlotError> {
    let mut top = top;
    for line in wrap(text, TEXT, canvas.width - 2 * MARGIN)? {
        canvas.text(&line, (MARGIN, top + TEXT / 2), TEXT, Anchor::Left, INK);
        top += TEXT + MM / 2;
    }
    Ok(top + MM / 2)
}

/// What values of a column are divided by, and the unit they then have.
pub(super) fn sizes(column: &str, most: f64) -> (f64, &'static str) {
    match column {
        _ if column.ends_with("_pj") => scaled(most, &ENERGY),
        _ if column.ends_with("_js") => (1.0, "J s"),
        _ if column.ends_with("_s") => scaled(most, &TIME),
        _ if column.ends_with("_mm2") => (1.0, "mm²"),
        _ if column.ends_with("_net") || column == "accuracy" || column == "left_early" => (0.01, "%"),
        _ => scaled(most, &[(1.0, "one"), (1e3, "thousand"), (1e6, "million"), (1e9, "billion")]),
    }
}

/// A column's name in print.
pub(super) fn words(column: &str) -> String {
    let known = ["_pj", "_js", "_s", "_mm2"].iter().find_map(|unit| column.strip_suffix(unit));
    known.unwrap_or(column).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_settings_share_is_said_once() {
        let told = named(&["array.dataflow best, policy.rule x", "array.dataflow ws, policy.rule x"]);
        assert_eq!(told, "all with policy.rule x; a: array.dataflow best; b: array.dataflow ws");
        assert_eq!(named(&["k 1", "k 2"]), "a: k 1; b: k 2");
    }
}
