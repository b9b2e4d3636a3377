//! Who leaves where: the share of every class's samples at each exit.

use std::ops::RangeInclusive;

use plotters::style::RGBColor;

use super::axis::{AXIS_HEIGHT, PLAIN, Scale, reals};
use super::canvas::{Anchor, Canvas};
use super::legend::Legend;
use super::rows::{LABEL_GAP, Labels, Rows};
use super::style::{AXIS_MARGIN, INK, MARGIN, MM, ONE_COLUMN, depths};
use super::{PlotError, check_rows};

const PITCH: RangeInclusive<i32> = 20..=420;
const MOST_LABEL: i32 = 28 * MM;
/// Between the row of all classes and the classes.
const ALL_GAP: i32 = MM;

/// A bar a class, after one of all classes, stacked to 100 % by exit: 85 mm wide.
///
/// `samples[class][exit]` are numbers of samples; the exits are in order of depth, the last one is the end of the
/// network. A class without samples has no bar and says so.
///
/// # Errors
/// [`PlotError`] if names and counts do not go together, or there are no classes, too many, or no samples.
pub fn exits_per_class(
    classes: &[String],
    samples: &[Vec<u64>],
    title: Option<&str>,
) -> Result<String, PlotError> {
    let exits = check(classes, samples)?;
    let counts: Vec<Vec<f64>> = samples.iter().map(|row| reals(row.iter().copied())).collect();
    let all: Vec<f64> = (0..exits).map(|exit| counts.iter().map(|row| row[exit]).sum()).collect();
    if all.iter().sum::<f64>() == 0.0 {
        return Err(PlotError::Zero { what: "numbers of samples" });
    }
    let (mut canvas, top) = Canvas::titled(ONE_COLUMN, title)?;
    let colours = depths(exits);
    let legend = legend(&colours)?;
    legend.draw(&mut canvas, (MARGIN, top));

    let together = Rows::fit(1, PITCH, top + legend.height);
    let place = Rows::fit(classes.len(), PITCH, together.bottom() + ALL_GAP);
    let labels = Labels::fit(classes.iter().map(|class| (0, class.as_str())), &place, MOST_LABEL)?;
    let all_label = Labels::fit([(0, "all classes")].into_iter(), &together, MOST_LABEL)?;
    let bars = (MARGIN + labels.width.max(all_label.width) + LABEL_GAP, ONE_COLUMN - AXIS_MARGIN);
    let scale = Scale::new((0.0, 100.0), bars);
    let axis = scale.axis(PLAIN)?;
    let plot = (together.top, place.bottom());
    axis.grid(&mut canvas, plot);
    all_label.draw(&mut canvas, &together, MARGIN);
    labels.draw(&mut canvas, &place, MARGIN);
    let rows = (0..).zip(&counts).map(|(i, row)| (&place, i, row));
    for (place, i, row) in std::iter::once((&together, 0, &all)).chain(rows) {
        let bar = shares(&colours, row);
        if bar.is_empty() && place.labelled(i) {
            let at = (bars.0 + MM, place.middle(i));
            canvas.text("no samples", at, place.text, Anchor::Left, INK);
        }
        place.stack(&mut canvas, &scale, i, &bar);
    }
    axis.draw(&mut canvas, plot, &format!("Samples (%; {} in all)", grouped(samples)));
    canvas.finish(plot.1 + AXIS_HEIGHT)
}

/// The number of exits, the end included, if names and counts go together.
fn check(classes: &[String], samples: &[Vec<u64>]) -> Result<usize, PlotError> {
    check_rows("classes", classes.len())?;
    if classes.len() != samples.len() {
        return Err(PlotError::Classes { classes: classes.len(), counts: samples.len() });
    }
    let expected = samples.first().map_or(0, Vec::len);
    match classes.iter().zip(samples).find(|(_, row)| row.len() != expected) {
        Some((class, row)) => Err(PlotError::Exits { class: class.clone(), expected, found: row.len() }),
        None if expected == 0 => Err(PlotError::Empty { what: "exits" }),
        None => Ok(expected),
    }
}

/// The exits by number, shallow to deep, and the end.
fn legend(colours: &[RGBColor]) -> Result<Legend, PlotError> {
    let names: Vec<String> =
        (1..colours.len()).map(|exit| exit.to_string()).chain(["end".to_owned()]).collect();
    let entries: Vec<_> = colours.iter().copied().zip(names.iter().map(String::as_str)).collect();
    Legend::fit(Some("Exit"), &entries, ONE_COLUMN - 2 * MARGIN)
}

/// The parts of a row's bar in percent; none without samples.
fn shares(colours: &[RGBColor], counts: &[f64]) -> Vec<(RGBColor, f64)> {
    let total: f64 = counts.iter().sum();
    let share = |count: &f64| 100.0 * count / total;
    if total > 0.0 { colours.iter().copied().zip(counts.iter().map(share)).collect() } else { Vec::new() }
}

/// The number of all samples with its thousands apart; no sum of 64-bit counts overflows 128 bits.
fn grouped(samples: &[Vec<u64>]) -> String {
    let digits = samples.iter().flatten().map(|&count| u128::from(count)).sum::<u128>().to_string();
    let mut written = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            written.push(',');
        }
        written.push(digit);
    }
    written
}
