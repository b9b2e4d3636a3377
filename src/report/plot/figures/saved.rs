//! What early exits save: MACs, cycles and energy against baselines.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::super::axis::{AXIS_HEIGHT, Scale};
use super::super::canvas::{Anchor, Canvas};
use super::super::legend::Legend;
use super::super::numbers::{PLAIN, percent};
use super::super::results::only;
use super::super::rows::{LABEL_GAP, Rows};
use super::super::style::{AXIS_MARGIN, FRAME, INK, MARGIN, MM, PAPER, SAVED, SMALL_TEXT, TEXT};
use super::super::text::{text_width, widest, wrap};
use super::super::{Drawing, Page, PlotError, Results, check_rows};

/// Bars a group, and one for the space after it.
const SLOTS: i32 = 4;
/// Height of a bar's row; never so low that values touch.
const PITCH: RangeInclusive<i32> = 210..=310;
const MOST_LABEL: i32 = 27 * MM;
const VALUE_GAP: i32 = 60;
const QUANTITIES: [&str; 3] = ["MACs", "cycles", "energy"];
/// Saving beyond this is no saving but a unit mistaken.
const MOST: f64 = 1e9;

/// What is saved against one baseline, as fractions of it; negative where more is spent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in super::super) struct Row {
    /// The baseline.
    pub(in super::super) baseline: String,
    /// Multiply-accumulates saved, a fraction.
    pub(in super::super) macs: f64,
    /// Cycles saved, a fraction.
    pub(in super::super) cycles: f64,
    /// Energy saved, a fraction.
    pub(in super::super) energy: f64,
}

impl Row {
    fn fractions(&self) -> [f64; 3] {
        [self.macs, self.cycles, self.energy]
    }
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let run = only(results, "saved")?;
    run.check_heads()?;
    let row = |baseline: &str, key: &str| {
        let of = |quantity: &str| run.number(&format!("{quantity}.{key}"));
        let (macs, cycles, energy) = (of("macs")?, of("cycles")?, of("energy_pj")?);
        Ok(Row { baseline: baseline.to_owned(), macs, cycles, energy })
    };
    [("net, against the plain network", "saved_net"), ("against all heads", "saved_vs_never")]
        .into_iter()
        .map(|(baseline, key)| row(baseline, key))
        .collect()
}

/// A group of three bars a row, MACs, cycles and energy saved in percent, with a line at zero.
pub(in super::super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    check_rows("baselines", rows.len())?;
    check_values(rows)?;
    let (mut canvas, top) = Canvas::titled(page)?;
    let width = canvas.width;
    let names: Vec<_> = SAVED.into_iter().zip(QUANTITIES).collect();
    let legend = Legend::fit(None, &names, width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));

    let slots = SLOTS as usize * rows.len();
    let mut place = Rows::fit(slots, PITCH, top + legend.height);
    let plot = (place.top, place.bottom());
    // The free slot of a group is shared between above and below.
    place.top += (place.edge(1) - place.edge(0)) / 2;
    let labels = rows.iter().map(|row| label_lines(&row.baseline)).collect::<Result<Vec<_>, _>>()?;
    let bars = (MARGIN + widest(labels.iter().flatten(), TEXT)? + LABEL_GAP, width - AXIS_MARGIN);
    let scale = scale(rows, bars)?;
    let axis = scale.axis(PLAIN)?;
    axis.grid(&mut canvas, plot);
    for (group, (row, label)) in (0..).zip(rows.iter().zip(&labels)) {
        group_label(&mut canvas, &place, group * SLOTS, label);
        for (slot, (colour, fraction)) in (group * SLOTS..).zip(SAVED.into_iter().zip(row.fractions())) {
            let (top, bottom) = (place.edge(slot), place.edge(slot + 1));
            let (zero, end) = (scale.at(0.0), scale.at(100.0 * fraction));
            let corners = ((zero.min(end), top), (zero.max(end), bottom));
            canvas.block(corners.0, corners.1, colour);
            canvas.frame(corners.0, corners.1, FRAME, 10);
            value(&mut canvas, &place, slot, (fraction, end))?;
        }
    }
    axis.draw(&mut canvas, plot, "Saved (% of the baseline)", (MARGIN, width - MARGIN))?;
    Ok(canvas.finish(plot.1 + AXIS_HEIGHT))
}

fn check_values(rows: &[Row]) -> Result<(), PlotError> {
    for row in rows {
        for (column, value) in QUANTITIES.into_iter().zip(row.fractions()) {
            if !value.is_finite() || value.abs() >= MOST {
                return Err(PlotError::Value { row: row.baseline.clone(), column, value });
            }
        }
    }
    Ok(())
}

/// An axis in percent that shows zero, every value and the number beside it.
fn scale(rows: &[Row], bars: (i32, i32)) -> Result<Scale, PlotError> {
    let values = || rows.iter().flat_map(Row::fractions);
    let (low, high) = values().fold((0.0, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
    let (low, high) = (100.0 * low, 100.0 * high);
    // Nothing saved at all still needs an axis with a length; below a tenth of a percent the numbers say 0.0.
    let high = if high - low < 0.1 { 1.0 } else { high };
    let room = |negative: bool| -> Result<i32, PlotError> {
        let beside: Vec<String> = values().filter(|v| (*v < 0.0) == negative).map(percent).collect();
        Ok(if beside.is_empty() { 0 } else { widest(beside.iter(), SMALL_TEXT)? + 2 * VALUE_GAP })
    };
    Ok(Scale::with_room((low, high), bars, (room(true)?, room(false)?)))
}

/// The number beside a bar, away from zero, on paper so that no grid line crosses the digits.
fn value(canvas: &mut Canvas, place: &Rows, slot: i32, (fraction, end): (f64, i32)) -> Result<(), PlotError> {
    let text = percent(fraction);
    let width = text_width(&text, SMALL_TEXT.min(place.text))?;
    let left = if fraction < 0.0 { end - VALUE_GAP - width } else { end + VALUE_GAP };
    let (top, bottom) = place.bar(slot);
    canvas.block((left, top), (left + width, bottom), PAPER);
    canvas.text(&text, (left, place.middle(slot)), SMALL_TEXT.min(place.text), Anchor::Left, INK);
    Ok(())
}

/// A baseline's name in one or two lines.
fn label_lines(label: &str) -> Result<Vec<String>, PlotError> {
    let lines = wrap(label, TEXT, MOST_LABEL)?;
    match lines.split_first() {
        Some((first, rest)) if rest.len() > 1 => {
            Ok(vec![first.clone(), super::super::text::fit(&rest.join(" "), TEXT, MOST_LABEL)?])
        }
        _ => Ok(lines),
    }
}

/// The lines of a label, centred on the three bars from a slot on.
fn group_label(canvas: &mut Canvas, place: &Rows, slot: i32, lines: &[String]) {
    const LINE: i32 = TEXT * 6 / 5;
    let middle = place.middle(slot + 1);
    for (i, line) in (0..).zip(lines) {
        let above = LINE * (lines.len() as i32 - 1) / 2;
        canvas.text(line, (MARGIN, middle - above + i * LINE), TEXT, Anchor::Left, INK);
    }
}
