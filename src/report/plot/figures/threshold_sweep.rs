//! What a threshold buys: accuracy, exits and savings against it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::axis::{Kind, span};
use super::super::canvas::Canvas;
use super::super::legend::{Key, Legend};
use super::super::panel::{Panel, Quantity, areas};
use super::super::points::Place;
use super::super::series::Series;
use super::super::style::{MARGIN, MM};
use super::super::{Drawing, Page, PlotError, Results};
use super::sweeps::points;

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
    let is_threshold = |name: &&&str| name.starts_with("policy.beta") || name.starts_with("policy.threshold");
    let mut thresholds = axes.iter().filter(is_threshold);
    let (Some(key), None) = (thresholds.next(), thresholds.next()) else {
        let why = format!("the sweep varies {}; the figure needs exactly one threshold", axes.join(", "));
        return Err(PlotError::unfit(why, "vary policy.beta or policy.threshold, one number for every head"));
    };
    let others: Vec<(&str, Place)> = axes
        .iter()
        .filter(|name| *name != key)
        .map(|name| Ok((*name, points.column(name)?)))
        .collect::<Result<_, _>>()?;
    let of = |name: &str| points.column(name);
    let (threshold, accuracy, left) = (of(key)?, of("accuracy")?, of("left_early")?);
    let (cycles, energy) = (of("cycles_saved_net")?, of("energy_saved_net")?);
    let mut rows = Vec::new();
    let mut combinations = BTreeSet::new();
    points.each_with_exits(|point| {
        let series: Vec<String> = others
            .iter()
            .map(|(name, place)| format!("{name} {}", file_or_value(point.text(*place))))
            .collect();
        let series = series.join(", ");
        if combinations.insert(series.clone()) && Series::several(VARIED, combinations.len()).is_err() {
            let why = format!("beside {key} the sweep varies more than a figure can tell apart");
            return Err(PlotError::unfit(why, "give the other axes fewer values, or one each"));
        }
        rows.push(Row {
            series,
            key: (*key).to_owned(),
            threshold: point.number(threshold)?,
            accuracy: point.number(accuracy)?,
            left_early: point.number(left)?,
            cycles_saved_net: point.number(cycles)?,
            energy_saved_net: point.number(energy)?,
        });
        Ok(())
    })?;
    rows.sort_by(|a, b| {
        (&a.series, a.threshold).partial_cmp(&(&b.series, b.threshold)).unwrap_or(std::cmp::Ordering::Equal)
    });
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
    let areas = areas(page, 3, top, HEIGHT);
    let thresholds = span(rows.iter().map(|row| row.threshold), false);
    let planes: [(&str, bool, Measure); 3] = [
        ("Accuracy (%)", false, |row| row.accuracy),
        ("Samples that leave early (%)", true, |row| row.left_early),
        ("Energy saved, net (%)", true, |row| row.energy_saved_net),
    ];
    let label = rows[0].key.trim_start_matches("policy.");
    for (area, (name, zero, of)) in areas.iter().zip(planes) {
        let x = Quantity { label, range: thresholds, kind: Kind::Linear };
        let range = span(rows.iter().map(|row| 100.0 * of(row)), zero);
        let panel =
            Panel::draw(&mut canvas, *area, &x, &Quantity { label: name, range, kind: Kind::Linear })?;
        for (look, rows) in looks.iter().zip(&series) {
            let points: Vec<_> = rows.iter().map(|row| panel.at(row.threshold, 100.0 * of(row))).collect();
            look.dotted_line(&mut canvas, &points);
        }
    }
    Ok(canvas.finish(areas[2].bottom))
}
