//! What every head costs and what its leavers skip, in cycles of the plain network.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::super::axis::{AXIS_HEIGHT, Scale};
use super::super::canvas::{Anchor, Canvas};
use super::super::legend::{Key, Legend};
use super::super::numbers::{PLAIN, percent};
use super::super::results::only;
use super::super::rows::{LABEL_GAP, Labels, Rows};
use super::super::series::Series;
use super::super::style::{AXIS_MARGIN, FRAME, INK, MARGIN, MM, PAPER, SERIES};
use super::super::text::{text_width, widest};
use super::super::{Drawing, Page, PlotError, Results, check_rows};

const PITCH: RangeInclusive<i32> = 200..=460;
const VALUE_GAP: i32 = 110;

/// One head, averaged over all samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// From 1.
    head: usize,
    on: bool,
    cost_cycles: f64,
    skipped_cycles: f64,
    net_cycles: f64,
    /// Cycles of the plain network, for scale.
    plain_cycles: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let run = only(results, "heads")?;
    run.check_heads()?;
    let plain_cycles = run.number("cycles.no_heads")?;
    let heads = run.list("heads")?;
    check_rows("heads", heads.len())?;
    let row = |(i, head): (usize, &serde_json::Value)| {
        let number = |key: &str| {
            let value = head.get(key).and_then(serde_json::Value::as_f64);
            value.ok_or_else(|| run.malformed(&format!("heads.{i}.{key}"), head))
        };
        Ok(Row {
            head: i + 1,
            on: head.get("on").and_then(serde_json::Value::as_bool).unwrap_or(false),
            cost_cycles: number("cost_cycles")?,
            skipped_cycles: number("skipped_cycles")?,
            net_cycles: number("net_cycles")?,
            plain_cycles,
        })
    };
    heads.iter().enumerate().map(row).collect()
}

/// One row per head: its cost to the left of zero, what leavers skip to the right, the difference as a diamond.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let width = canvas.width;
    let net = Series::diamond(INK);
    let keys: [(Key, &str); 3] =
        [(SERIES[4].into(), "cost"), (SERIES[5].into(), "skipped by leavers"), (Key::Dot(net), "net")];
    let legend = Legend::fit(None, &keys, width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let place = Rows::fit(rows.len(), PITCH, top + legend.height);
    let names: Vec<String> =
        rows.iter().map(|row| format!("head {}{}", row.head, if row.on { "" } else { " (off)" })).collect();
    let labels = Labels::fit(names.iter().map(|name| (0, name.as_str())), &place, 30 * MM)?;
    let ends = (MARGIN + labels.width + LABEL_GAP, width - AXIS_MARGIN);
    let part = |cycles: f64, row: &Row| 100.0 * cycles / row.plain_cycles;
    let low = rows.iter().map(|row| -part(row.cost_cycles, row)).fold(0.0, f64::min);
    let high = rows.iter().map(|row| part(row.skipped_cycles, row)).fold(-low * 0.05, f64::max);
    let written: Vec<String> = rows.iter().map(|row| percent(row.net_cycles / row.plain_cycles)).collect();
    let room = widest(written.iter(), place.text)? + 2 * VALUE_GAP;
    let scale = Scale::with_room((low, high), ends, (MM, room));
    let axis = scale.axis(PLAIN)?;
    let plot = (place.top, place.bottom());
    axis.grid(&mut canvas, plot);
    labels.draw(&mut canvas, &place, MARGIN);
    for ((i, row), written) in (0..).zip(rows).zip(&written).filter(|((_, row), _)| row.on) {
        let (top, bottom) = place.bar(i);
        let zero = scale.at(0.0);
        let (cost, skipped) =
            (scale.at(-part(row.cost_cycles, row)), scale.at(part(row.skipped_cycles, row)));
        for (from, to, colour) in [(cost, zero, SERIES[4]), (zero, skipped, SERIES[5])] {
            canvas.block((from, top), (to, bottom), colour);
            canvas.frame((from, top), (to, bottom), FRAME, 10);
        }
        let diamond = scale.at(part(row.net_cycles, row));
        net.dot(&mut canvas, (diamond, place.middle(i)));
        let left = skipped.max(diamond) + VALUE_GAP;
        canvas.block((left, top), (left + text_width(written, place.text)?, bottom), PAPER);
        canvas.text(written, (left, place.middle(i)), place.text, Anchor::Left, INK);
    }
    let label = "Cycles (% of the plain network's, mean over all samples)";
    axis.draw(&mut canvas, plot, label, (MARGIN, width - MARGIN))?;
    Ok(canvas.finish(place.bottom() + AXIS_HEIGHT))
}
