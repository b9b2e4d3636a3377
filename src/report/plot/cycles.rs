//! Where the time goes: cycles of every layer by cause.

use std::ops::RangeInclusive;

use plotters::style::RGBColor;

use super::axis::{AXIS_HEIGHT, Scale, reals, short, unit, widest};
use super::canvas::{Anchor, Canvas};
use super::legend::Legend;
use super::rows::{LABEL_GAP, Labels, Rows};
use super::style::{AXIS_MARGIN, BAND, INK, MARGIN, MM, PAPER, TWO_COLUMNS, cause};
use super::{PlotError, check_rows};
use crate::count::{Cause, PerCause};
use crate::network::segment::Part;

const PITCH: RangeInclusive<i32> = 20..=390;
const INDENT: i32 = 3 * MM;
const MOST_LABEL: i32 = 45 * MM;
const VALUE_GAP: i32 = 60;

/// Cycles of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerCycles {
    /// Name of the layer.
    pub label: String,
    /// The part of the network it belongs to; heads stand on a grey band, indented.
    pub part: Part,
    /// Cycles by cause.
    pub cycles: PerCause<u64>,
}

impl LayerCycles {
    fn in_head(&self) -> bool {
        matches!(self.part, Part::Head(_))
    }

    /// Cycles of the causes shown, in order; a sum of floats cannot overflow.
    fn parts(&self, causes: &[Cause]) -> Vec<f64> {
        reals(causes.iter().map(|&cause| self.cycles[cause]))
    }
}

/// A bar a layer from top to bottom, its cycles stacked by cause: 180 mm wide.
///
/// Causes that never occur are left out of the legend. The number beside a bar is its total in cycles.
///
/// # Errors
/// [`PlotError`] if there are no rows, too many, or no cycles in any of them.
pub fn cycles_by_cause(rows: &[LayerCycles], title: Option<&str>) -> Result<String, PlotError> {
    check_rows("layers", rows.len())?;
    let causes: Vec<Cause> =
        Cause::ALL.iter().copied().filter(|&cause| rows.iter().any(|row| row.cycles[cause] > 0)).collect();
    if causes.is_empty() {
        return Err(PlotError::Zero { what: "cycles" });
    }
    let (mut canvas, top) = Canvas::titled(TWO_COLUMNS, title)?;
    let legend = Legend::fit(None, &names(rows, &causes), TWO_COLUMNS - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let place = Rows::fit(rows.len(), PITCH, top + legend.height);
    let labels = Labels::fit(rows.iter().map(|row| (indent(row), row.label.as_str())), &place, MOST_LABEL)?;
    let bars = (MARGIN + labels.width + LABEL_GAP, TWO_COLUMNS - AXIS_MARGIN);
    let totals: Vec<f64> = rows.iter().map(|row| row.parts(&causes).iter().sum()).collect();
    let most = totals.iter().copied().fold(0.0, f64::max);
    let room = widest(totals.iter().map(|&total| short(total)), place.text)? + 2 * VALUE_GAP;
    let scale = Scale::with_room((0.0, most), bars, (0, room));

    let (unit, note) = unit(most);
    let axis = scale.axis(unit)?;
    let plot = (place.top, place.bottom());
    bands(&mut canvas, rows, &place, bars.1);
    axis.grid(&mut canvas, plot);
    labels.draw(&mut canvas, &place, MARGIN);
    for ((i, row), total) in (0..).zip(rows).zip(totals) {
        let parts: Vec<_> = causes.iter().map(|&c| cause(c)).zip(row.parts(&causes)).collect();
        place.stack(&mut canvas, &scale, i, &parts);
        if place.labelled(i) {
            value(&mut canvas, row, &place, i, (scale.at(total), &short(total)))?;
        }
    }
    axis.draw(&mut canvas, plot, &format!("Cycles of an inference that runs to the end{note}"));
    canvas.finish(place.bottom() + AXIS_HEIGHT)
}

/// Colours and names for the legend.
fn names(rows: &[LayerCycles], causes: &[Cause]) -> Vec<(RGBColor, &'static str)> {
    let heads = rows.iter().any(LayerCycles::in_head).then_some((BAND, "shaded rows: exclusion heads"));
    causes.iter().map(|&c| (cause(c), c.name())).chain(heads).collect()
}

fn indent(row: &LayerCycles) -> i32 {
    if row.in_head() { INDENT } else { 0 }
}

/// A grey band behind each run of head rows, as far as the axis goes.
fn bands(canvas: &mut Canvas, rows: &[LayerCycles], place: &Rows, right: i32) {
    let mut row = 0;
    for run in rows.chunk_by(|a, b| a.in_head() == b.in_head()) {
        let end = (row..).zip(run).last().map_or(row, |(last, _)| last + 1);
        if run[0].in_head() {
            canvas.block((0, place.edge(row)), (right, place.edge(end)), BAND);
        }
        row = end;
    }
}

/// The total beside its bar, on a ground of its own so that no grid line crosses the digits.
fn value(
    canvas: &mut Canvas,
    row: &LayerCycles,
    place: &Rows,
    i: i32,
    (end, text): (i32, &str),
) -> Result<(), PlotError> {
    let (top, bottom) = place.bar(i);
    let ground = if row.in_head() { BAND } else { PAPER };
    let left = end + VALUE_GAP;
    let width = super::canvas::text_width(text, place.text)?;
    canvas.block((left, top), (left + width, bottom), ground);
    canvas.text(text, (left, place.middle(i)), place.text, Anchor::Left, INK);
    Ok(())
}
