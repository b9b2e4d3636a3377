//! Stacked bars, a row each from top to bottom, with a label on the left and a value at the end.

use std::ops::RangeInclusive;

use plotters::style::RGBColor;

use super::axis::{AXIS_HEIGHT, Scale};
use super::canvas::{Anchor, Canvas, Drawing};
use super::legend::Legend;
use super::numbers::Unit;
use super::rows::{LABEL_GAP, Labels, Rows};
use super::series::guide;
use super::style::{AXIS_MARGIN, BAND, INK, MARGIN, MM, PAPER};
use super::text::{text_width, widest};
use super::{Page, PlotError, Width};

const PITCH: RangeInclusive<i32> = 20..=390;
const INDENT: i32 = 3 * MM;
const VALUE_GAP: i32 = 60;

/// One bar.
pub(super) struct Bar {
    pub(super) label: String,
    /// Stands on a grey band, indented.
    pub(super) shaded: bool,
    /// Lengths of its parts.
    pub(super) parts: Vec<f64>,
    /// What stands at its end.
    pub(super) value: String,
    /// Where a line across the bar stands, if any.
    pub(super) mark: Option<f64>,
}

/// What the bars share.
pub(super) struct Stack<'a> {
    /// Colours and names of the parts, and of what else the legend explains.
    pub(super) keys: Vec<(RGBColor, &'a str)>,
    /// The axis, with its unit.
    pub(super) axis: &'a str,
    /// What ticks are divided by.
    pub(super) unit: Unit,
    /// Where the axis ends at least.
    pub(super) least: f64,
    /// Beyond this no value can be, so that no tick stands there.
    pub(super) last: Option<f64>,
    /// Where a dashed line runs through all bars, if any.
    pub(super) line: Option<f64>,
}

impl Bar {
    fn indent(&self) -> i32 {
        if self.shaded { INDENT } else { 0 }
    }

    fn total(&self) -> f64 {
        self.parts.iter().sum()
    }
}

impl Stack<'_> {
    /// Draws bars whose parts have the colours of the first keys.
    pub(super) fn draw(&self, bars: &[Bar], page: Page<'_>) -> Result<Drawing, PlotError> {
        let (mut canvas, top) = Canvas::titled(page)?;
        let width = canvas.width;
        let legend = Legend::fit(None, &self.keys, width - 2 * MARGIN)?;
        if !self.keys.is_empty() {
            legend.draw(&mut canvas, (MARGIN, top));
        }
        let place =
            Rows::fit(bars.len(), PITCH, if self.keys.is_empty() { top } else { top + legend.height });
        let most_label = match page.width {
            Width::OneColumn => 28 * MM,
            Width::TwoColumns => 45 * MM,
        };
        let labels = bars.iter().map(|bar| (bar.indent(), bar.label.as_str()));
        let labels = Labels::fit(labels, &place, most_label)?;
        let ends = (MARGIN + labels.width + LABEL_GAP, width - AXIS_MARGIN);
        let most = bars.iter().map(|bar| bar.total().max(bar.mark.unwrap_or(0.0))).fold(self.least, f64::max);
        let room = widest(bars.iter().map(|bar| &bar.value), place.text)?;
        let room = if room > 0 { room + 2 * VALUE_GAP } else { 0 };
        let scale = Scale::with_room((0.0, most), ends, (0, room));
        let axis = scale.axis(self.unit)?.until(self.last.map(|last| scale.at(last)));
        let plot = (place.top, place.bottom());
        bands(&mut canvas, bars, &place, ends.1);
        axis.grid(&mut canvas, plot);
        if let Some(line) = self.line.map(|line| scale.at(line)) {
            guide(&mut canvas, (line, plot.0), (line, plot.1));
        }
        labels.draw(&mut canvas, &place, MARGIN);
        for (i, bar) in (0..).zip(bars) {
            let colours = self.keys.iter().map(|(colour, _)| *colour);
            place.stack(&mut canvas, &scale, i, &colours.zip(bar.parts.iter().copied()).collect::<Vec<_>>());
            if place.labelled(i) {
                value(&mut canvas, bar, &place, i, &scale)?;
            }
        }
        axis.draw(&mut canvas, plot, self.axis, (MARGIN, width - MARGIN))?;
        Ok(canvas.finish(place.bottom() + AXIS_HEIGHT))
    }
}

/// Bars too short to be seen beside the longest.
const UNSEEN: f64 = 0.004;

/// The same bars with those that nobody would see as one at the end; `value` writes a length.
pub(super) fn folded(bars: Vec<Bar>, value: impl Fn(f64) -> String) -> Vec<Bar> {
    let most = bars.iter().map(Bar::total).fold(0.0, f64::max);
    let seen = |bar: &Bar| bar.total() >= UNSEEN * most;
    if bars.iter().filter(|bar| !seen(bar)).count() < 2 {
        return bars;
    }
    let (mut kept, unseen): (Vec<Bar>, Vec<Bar>) = bars.into_iter().partition(seen);
    let longest = unseen.iter().map(Bar::total).fold(0.0, f64::max);
    let parts = (0..unseen[0].parts.len()).map(|at| unseen.iter().map(|bar| bar.parts[at]).sum()).collect();
    let label = format!("{} others", unseen.len());
    let mut rest = Bar { label, shaded: false, parts, value: String::new(), mark: None };
    rest.value = format!("{}, each at most {}", value(rest.total()), value(longest));
    kept.push(rest);
    kept
}

/// A grey band behind each run of shaded rows, as far as the axis goes.
fn bands(canvas: &mut Canvas, bars: &[Bar], place: &Rows, right: i32) {
    let mut row = 0;
    for run in bars.chunk_by(|a, b| a.shaded == b.shaded) {
        let end = (row..).zip(run).last().map_or(row, |(last, _)| last + 1);
        if run[0].shaded {
            canvas.block((0, place.edge(row)), (right, place.edge(end)), BAND);
        }
        row = end;
    }
}

/// The mark across a bar and the value beside it, on a ground of its own so that no grid line crosses the digits.
fn value(canvas: &mut Canvas, bar: &Bar, place: &Rows, i: i32, scale: &Scale) -> Result<(), PlotError> {
    let (top, bottom) = place.bar(i);
    if let Some(mark) = bar.mark {
        canvas.line((scale.at(mark), top), (scale.at(mark), bottom), INK, 40);
    }
    let width = text_width(&bar.value, place.text)?;
    let mut left = scale.at(bar.total()) + VALUE_GAP;
    // Beside its bar, or beyond the mark where that leaves too little room.
    if let Some(mark) = bar.mark.map(|mark| scale.at(mark)).filter(|mark| *mark < left + width + VALUE_GAP) {
        left = left.max(mark + VALUE_GAP);
    }
    canvas.block((left, top), (left + width, bottom), if bar.shaded { BAND } else { PAPER });
    canvas.text(&bar.value, (left, place.middle(i)), place.text, Anchor::Left, INK);
    Ok(())
}
