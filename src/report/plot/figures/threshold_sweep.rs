//! What a threshold buys: accuracy, exits and savings against it.

use serde::Serialize;

use super::super::axis::{Kind, span};
use super::super::canvas::Canvas;
use super::super::legend::{Key, Legend};
use super::super::panel::{Panel, Quantity, aligned, areas};
use super::super::points::Place;
use super::super::series::Series;
use super::super::style::{MARGIN, MM};
use super::super::{Drawing, Page, PlotError, Results};
use super::sweeps::{points, setting};

const HEIGHT: i32 = 52 * MM;
/// What a series stands for.
const VARIED: &str = "combinations of what else varies";

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
    let points = points(results, "threshold-sweep")?;
    let axes: Vec<&str> = points.axes().collect();
    let key = the_threshold(&axes)?;
    let others: Vec<(&str, Place)> = axes
        .iter()
        .filter(|name| **name != key)
        .map(|name| Ok((*name, points.column(name)?)))
        .collect::<Result<_, _>>()?;
    let of = |name: &str| points.column(name);
    let (threshold, accuracy, left) = (of(key)?, of("accuracy")?, of("left_early")?);
    let (cycles, energy) = (of("cycles_saved_net")?, of("energy_saved_net")?);
    let mut rows: Vec<Row> = Vec::new();
    // Combinations as the sweep counts them: 8 rows before 16.
    let mut combinations: Vec<Vec<String>> = Vec::new();
    points.each_with_exits(|point| {
        let series: Vec<String> =
            others.iter().map(|(name, place)| setting(name, point.text(*place))).collect();
        if !combinations.contains(&series) {
            combinations.push(series.clone());
            if Series::several(VARIED, combinations.len()).is_err() {
                let why = format!("beside {key} the sweep varies more than a figure can tell apart");
                return Err(PlotError::unfit(why, "give the other axes fewer values, or one each"));
            }
        }
        rows.push(Row {
            series: series.join(", "),
            key: key.to_owned(),
            threshold: point.number(threshold)?,
            accuracy: point.accuracy(accuracy)?,
            left_early: point.number(left)?,
            cycles_saved_net: point.number(cycles)?,
            energy_saved_net: point.number(energy)?,
        });
        Ok(())
    })?;
    let place = |row: &Row| combinations.iter().position(|values| values.join(", ") == row.series);
    rows.sort_by(|a, b| place(a).cmp(&place(b)).then(a.threshold.total_cmp(&b.threshold)));
    let names = set_apart(&combinations);
    for row in &mut rows {
        row.series = place(row).map_or(String::new(), |at| names[at].clone());
    }
    if rows.is_empty() { Err(PlotError::Empty { what: "points with exits" }) } else { Ok(rows) }
}

/// The one threshold among the axes.
fn the_threshold<'a>(axes: &[&'a str]) -> Result<&'a str, PlotError> {
    let is_threshold = |name: &&&str| name.starts_with("policy.beta") || name.starts_with("policy.threshold");
    let mut thresholds = axes.iter().filter(is_threshold);
    if let (Some(key), None) = (thresholds.next(), thresholds.next()) {
        return Ok(key);
    }
    let varied = if axes.is_empty() { "nothing".to_owned() } else { axes.join(", ") };
    let why = format!("the sweep varies {varied}; the figure needs exactly one threshold");
    Err(PlotError::unfit(why, "vary policy.beta or policy.threshold, one number for every head"))
}

/// Names of combinations, without what all points with exits have in common.
fn set_apart(combinations: &[Vec<String>]) -> Vec<String> {
    let varies = |at: usize| combinations.iter().any(|values| values[at] != combinations[0][at]);
    let name = |values: &Vec<String>| {
        let apart = values.iter().enumerate().filter(|(at, _)| varies(*at));
        apart.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ")
    };
    combinations.iter().map(name).collect()
}

/// A number of a row.
type Measure = fn(&Row) -> f64;

/// Three planes over the threshold; a series for each combination of all else that varies.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let series: Vec<&[Row]> = rows.chunk_by(|a, b| a.series == b.series).collect();
    let looks = Series::several(VARIED, series.len())?;
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
