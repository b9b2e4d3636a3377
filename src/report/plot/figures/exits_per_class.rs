//! Who leaves where: the share of every class's samples at each exit.

use std::ops::RangeInclusive;

use plotters::style::RGBColor;

use super::super::axis::{AXIS_HEIGHT, Scale};
use super::super::canvas::{Anchor, Canvas};
use super::super::legend::Legend;
use super::super::numbers::PLAIN;
use super::super::rows::{LABEL_GAP, Labels, Rows};
use super::super::style::{AXIS_MARGIN, INK, MARGIN, MM, depths};
use super::super::{Drawing, Page, PlotError};
use super::exit_map::{Row, by_class};
use crate::units::real;

const PITCH: RangeInclusive<i32> = 20..=420;
const MOST_LABEL: i32 = 28 * MM;
/// Between the row of all classes and the classes.
const ALL_GAP: i32 = MM;

/// A bar a class, after one of all classes, stacked to 100 % by exit. A class without samples has no bar and says so.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let classes = by_class(rows);
    let counts: Vec<Vec<f64>> =
        classes.iter().map(|class| class.iter().map(|row| real(row.samples)).collect()).collect();
    let exits = classes[0].len();
    let all: Vec<f64> = (0..exits).map(|exit| counts.iter().map(|row| row[exit]).sum()).collect();
    let (mut canvas, top) = Canvas::titled(page)?;
    let width = canvas.width;
    let colours = depths(exits);
    let legend = legend(&colours, width)?;
    legend.draw(&mut canvas, (MARGIN, top));

    let together = Rows::fit(1, PITCH, top + legend.height);
    let place = Rows::fit(classes.len(), PITCH, together.bottom() + ALL_GAP);
    let labels = Labels::fit(classes.iter().map(|class| (0, class[0].class.as_str())), &place, MOST_LABEL)?;
    let all_label = Labels::fit([(0, "all classes")].into_iter(), &together, MOST_LABEL)?;
    let bars = (MARGIN + labels.width.max(all_label.width) + LABEL_GAP, width - AXIS_MARGIN);
    let scale = Scale::new((0.0, 100.0), bars);
    let axis = scale.axis(PLAIN)?;
    let plot = (together.top, place.bottom());
    axis.grid(&mut canvas, plot);
    all_label.draw(&mut canvas, &together, MARGIN);
    labels.draw(&mut canvas, &place, MARGIN);
    let rows_of_classes = (0..).zip(&counts).map(|(i, row)| (&place, i, row));
    for (place, i, row) in std::iter::once((&together, 0, &all)).chain(rows_of_classes) {
        let bar = shares(&colours, row);
        if bar.is_empty() && place.labelled(i) {
            let at = (bars.0 + MM, place.middle(i));
            canvas.text("no samples", at, place.text, Anchor::Left, INK);
        }
        place.stack(&mut canvas, &scale, i, &bar);
    }
    let label = format!("Samples (%; {} in all)", grouped(rows.iter().map(|row| row.samples)));
    axis.draw(&mut canvas, plot, &label, (MARGIN, width - MARGIN))?;
    Ok(canvas.finish(plot.1 + AXIS_HEIGHT))
}

/// The exits by number, shallow to deep, and the end.
fn legend(colours: &[RGBColor], width: i32) -> Result<Legend, PlotError> {
    let names: Vec<String> =
        (1..colours.len()).map(|exit| exit.to_string()).chain(["end".to_owned()]).collect();
    let entries: Vec<_> = colours.iter().copied().zip(names.iter().map(String::as_str)).collect();
    Legend::fit(Some("Exit"), &entries, width - 2 * MARGIN)
}

/// The parts of a row's bar in percent; none without samples.
fn shares(colours: &[RGBColor], counts: &[f64]) -> Vec<(RGBColor, f64)> {
    let total: f64 = counts.iter().sum();
    let share = |count: &f64| 100.0 * count / total;
    if total > 0.0 { colours.iter().copied().zip(counts.iter().map(share)).collect() } else { Vec::new() }
}

/// The number of all samples with its thousands apart; no sum of 64-bit counts overflows 128 bits.
pub(super) fn grouped(counts: impl Iterator<Item = u64>) -> String {
    let digits = counts.map(u128::from).sum::<u128>().to_string();
    let mut written = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            written.push(',');
        }
        written.push(digit);
    }
    written
}
