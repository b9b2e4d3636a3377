//! How far the energy saved moves when prices are wrong: a tornado.

use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::Value;

use super::super::axis::{AXIS_HEIGHT, Scale, span};
use super::super::canvas::{Anchor, Canvas};
use super::super::legend::Legend;
use super::super::numbers::PLAIN;
use super::super::results::only;
use super::super::rows::{LABEL_GAP, Labels, Rows};
use super::super::series::guide;
use super::super::style::{AXIS_MARGIN, FRAME, INK, MARGIN, MM, OUTDONE, SERIES};
use super::super::{Drawing, Page, PlotError, Results};

const PITCH: RangeInclusive<i32> = 300..=460;
/// What is shorter is hidden by the line in the middle.
const LEAST_BAR: i32 = 15;

/// Energy saved with one group of prices wrong, fractions of the plain network's energy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// The group, or `all at once` for every group at its worst and at its best.
    group: String,
    /// By how much prices may be wrong either way, as their sources say; none for all at once.
    factor: Option<f64>,
    /// With prices as given.
    saved: f64,
    /// With the group's prices divided by the factor; for `all` the least.
    saved_low: f64,
    /// With them multiplied; for `all` the most.
    saved_high: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let run = only(results, "sensitivity")?;
    let number = |key: &str| run.number_of(&format!("sensitivity.single.{key}"), "--sensitivity");
    let saved = number("saved_net")?;
    let groups = run.value("sensitivity.single.groups", "--sensitivity")?;
    let wrong = || run.malformed("sensitivity.single.groups", groups);
    let row = |group: &Value| {
        let number = |key: &str| group.get(key).and_then(Value::as_f64);
        Some(Row {
            group: group.get("group")?.as_str()?.replace('_', " "),
            factor: Some(number("factor")?),
            saved,
            saved_low: number("saved_at_low")?,
            saved_high: number("saved_at_high")?,
        })
    };
    let groups = groups.as_array().ok_or_else(wrong)?;
    let mut rows = groups.iter().map(row).collect::<Option<Vec<Row>>>().ok_or_else(wrong)?;
    let reach = |row: &Row| (row.saved_high - row.saved_low).abs();
    rows.sort_by(|a, b| reach(b).total_cmp(&reach(a)));
    let (saved_low, saved_high) = (number("least")?, number("most")?);
    rows.insert(0, Row { group: "all at once".to_owned(), factor: None, saved, saved_low, saved_high });
    Ok(rows)
}

/// A factor to two digits after the point, without zeros at its end.
fn rounded(factor: f64) -> String {
    let written = format!("{factor:.2}");
    written.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A bar a group, widest first, from what is saved at its prices divided by its factor to what is saved at them times it.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let width = canvas.width;
    let keys =
        [(SERIES[5], "prices divided"), (SERIES[1], "prices multiplied"), (OUTDONE, "all, worst to best")];
    let legend = Legend::fit(None, &keys, width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let place = Rows::fit(rows.len(), PITCH, top + legend.height);
    let told = |row: &Row| {
        let group = row.group.replace("dram", "DRAM");
        row.factor.map_or(group.clone(), |factor| format!("{group} (×{})", rounded(factor)))
    };
    let names: Vec<String> = rows.iter().map(told).collect();
    let labels = Labels::fit(names.iter().map(|name| (0, name.as_str())), &place, 30 * MM)?;
    let ends = (MARGIN + labels.width + LABEL_GAP, width - AXIS_MARGIN);
    let values = rows.iter().flat_map(|row| [row.saved, row.saved_low, row.saved_high]);
    let scale = Scale::new(span(values.map(|value| 100.0 * value), false), ends);
    let axis = scale.axis(PLAIN)?;
    let plot = (place.top, place.bottom());
    axis.grid(&mut canvas, plot);
    labels.draw(&mut canvas, &place, MARGIN);
    let middle = scale.at(100.0 * rows[0].saved);
    for (i, row) in (0..).zip(rows) {
        let (top, bottom) = place.bar(i);
        let [low, high] = [row.saved_low, row.saved_high].map(|value| scale.at(100.0 * value));
        let colours = if i == 0 { [OUTDONE; 2] } else { [SERIES[5], SERIES[1]] };
        // The shorter of two bars to one side lies over the longer.
        let mut parts = [(low, colours[0]), (high, colours[1])];
        parts.sort_by_key(|(end, _)| std::cmp::Reverse((end - middle).abs()));
        for (end, colour) in parts.into_iter().filter(|(end, _)| *end != middle) {
            let corners = ((end.min(middle), top), (end.max(middle), bottom));
            canvas.block(corners.0, corners.1, colour);
            canvas.frame(corners.0, corners.1, FRAME, 10);
        }
        if [low, high].iter().all(|end| (end - middle).abs() < LEAST_BAR) {
            canvas.text("none to be seen", (middle + MM, place.middle(i)), place.text, Anchor::Left, INK);
        }
    }
    guide(&mut canvas, (middle, plot.0), (middle, plot.1));
    axis.draw(&mut canvas, plot, "Energy saved, net (%)", (MARGIN, width - MARGIN))?;
    Ok(canvas.finish(place.bottom() + AXIS_HEIGHT))
}
