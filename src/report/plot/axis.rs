//! A horizontal axis: where values lie, where ticks stand, how numbers are written.

use super::PlotError;
use super::canvas::{Anchor, Canvas};
use super::style::{GRID, INK, MM, TEXT};
use crate::units::real;

/// Ticks on an axis, at most.
const MOST_TICKS: i32 = 12;
/// Ticks are no closer than this.
const TICK_DISTANCE: i32 = 8 * MM;
/// Labels of ticks are no closer than this.
const TICK_GAP: i32 = 4 * MM;
/// White above a line of text.
const TEXT_GAP: i32 = 40;
const TICK_LENGTH: i32 = 80;
/// What an axis takes below the rows: ticks, their labels, the axis label.
pub(super) const AXIS_HEIGHT: i32 = TICK_LENGTH + 2 * TEXT + 2 * MM;

/// A linear axis from `left` to `right` on the canvas.
pub(super) struct Scale {
    low: f64,
    high: f64,
    left: i32,
    right: i32,
}

impl Scale {
    /// Values from `low` to `high` over the width given.
    pub(super) fn new((low, high): (f64, f64), (left, right): (i32, i32)) -> Self {
        Self { low, high, left, right }
    }

    /// The same, with room on either side for labels beyond the outermost values.
    pub(super) fn with_room(values: (f64, f64), (left, right): (i32, i32), room: (i32, i32)) -> Self {
        let inner = Self::new(values, (left + room.0, (right - room.1).max(left + room.0 + MM)));
        Self::new((inner.value(left), inner.value(right)), (left, right))
    }

    /// Where a value lies.
    pub(super) fn at(&self, value: f64) -> i32 {
        let along = (value - self.low) / (self.high - self.low);
        self.left + (along * f64::from(self.right - self.left)).round() as i32
    }

    fn value(&self, at: i32) -> f64 {
        let along = f64::from(at - self.left) / f64::from(self.right - self.left);
        self.low + along * (self.high - self.low)
    }

    /// Ticks as dense as their labels in a unit allow.
    pub(super) fn axis(&self, unit: Unit) -> Result<Axis, PlotError> {
        // The ends of the axis are no ticks, but no tick is wider than both.
        let ends = [self.low, self.high].map(|end| unit.write(end, 0));
        let width = self.right - self.left;
        let apart = TICK_DISTANCE.max(width / MOST_TICKS).max(widest(ends.iter(), TEXT)? + TICK_GAP);
        let most = f64::from((width / apart).max(1));
        let step = round_step((self.high - self.low) / most);
        // A rounding error must not lose the tick at the very end.
        let (first, last) =
            ((self.low / step - 1e-9).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
        let decimals = decimals(step / unit.size);
        let tick = |k: i64| k as f64 * step;
        let ticks = (first..=last).map(|k| (self.at(tick(k)), unit.write(tick(k), decimals))).collect();
        Ok(Axis { ends: (self.left, self.right), zero: self.at(0.0), ticks })
    }
}

/// What is drawn of a scale.
pub(super) struct Axis {
    ends: (i32, i32),
    zero: i32,
    ticks: Vec<(i32, String)>,
}

impl Axis {
    /// Grid lines from `top` to `bottom`, behind everything drawn later.
    pub(super) fn grid(&self, canvas: &mut Canvas, (top, bottom): (i32, i32)) {
        for (x, _) in &self.ticks {
            canvas.line((*x, top), (*x, bottom), GRID, 10);
        }
    }

    /// Ticks and their labels below `bottom`, the axis label, and the line at zero.
    pub(super) fn draw(&self, canvas: &mut Canvas, (top, bottom): (i32, i32), label: &str) {
        canvas.line((self.ends.0, bottom), (self.ends.1, bottom), INK, 15);
        canvas.line((self.zero, top), (self.zero, bottom), INK, 15);
        let first_line = bottom + TICK_LENGTH + TEXT_GAP + TEXT / 2;
        for (x, written) in &self.ticks {
            canvas.line((*x, bottom), (*x, bottom + TICK_LENGTH), INK, 15);
            canvas.text(written, (*x, first_line), TEXT, Anchor::Middle, INK);
        }
        let middle = (self.ends.0 + self.ends.1) / 2;
        canvas.text(label, (middle, first_line + TEXT + TEXT_GAP), TEXT, Anchor::Middle, INK);
    }
}

/// The least of 1, 2, 5, 10, ... times a power of ten that is not below `least`. By multiplication alone:
/// logarithms differ between machines in their last digit.
fn round_step(least: f64) -> f64 {
    let mut power = 1.0;
    while power < least {
        power *= 10.0;
    }
    while power / 10.0 >= least && power > f64::MIN_POSITIVE {
        power /= 10.0;
    }
    [0.1, 0.2, 0.5].into_iter().map(|part| part * power).find(|step| *step >= least).unwrap_or(power)
}

/// Digits after the point that tell multiples of `step` apart.
fn decimals(step: f64) -> usize {
    let mut scaled = step;
    (0..9)
        .take_while(|_| {
            let more = (scaled - scaled.round()).abs() > 1e-6 || scaled < 0.5;
            scaled *= 10.0;
            more
        })
        .count()
}

/// What numbers on an axis are divided by.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    size: f64,
    suffix: &'static str,
}

impl Unit {
    /// A number in this unit with a true minus sign; zero needs no unit.
    fn write(self, value: f64, decimals: usize) -> String {
        if value == 0.0 {
            return "0".to_owned();
        }
        let sign = if value < 0.0 { "\u{2212}" } else { "" };
        format!("{sign}{:.decimals$}{}", (value / self.size).abs(), self.suffix)
    }
}

/// Numbers as they are.
pub(super) const PLAIN: Unit = Unit { size: 1.0, suffix: "" };
const UNITS: [(Unit, &str); 7] = [
    (PLAIN, ""),
    (Unit { size: 1e3, suffix: "k" }, "k = 10³"),
    (Unit { size: 1e6, suffix: "M" }, "M = 10⁶"),
    (Unit { size: 1e9, suffix: "G" }, "G = 10⁹"),
    (Unit { size: 1e12, suffix: "T" }, "T = 10¹²"),
    (Unit { size: 1e15, suffix: "P" }, "P = 10¹⁵"),
    (Unit { size: 1e18, suffix: "E" }, "E = 10¹⁸"),
];

/// The unit for counts up to `most`, and what the axis label says about it and the smaller ones.
pub(super) fn unit(most: f64) -> (Unit, String) {
    let mut used = UNITS.iter().filter(|(unit, _)| unit.size <= most.max(1.0));
    let said: Vec<&str> = used.clone().map(|(_, said)| *said).filter(|said| !said.is_empty()).collect();
    let note = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
    (used.next_back().map_or(PLAIN, |(unit, _)| *unit), note)
}

/// A count to three digits with its suffix: 312, 4.21k, 48.2k.
pub(super) fn short(count: f64) -> String {
    let (Unit { size, suffix }, _) = unit(count);
    let scaled = count / size;
    let decimals = match scaled {
        _ if suffix.is_empty() => 0,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{scaled:.decimals$}{suffix}")
}

/// Counts as numbers to draw.
pub(super) fn reals(counts: impl Iterator<Item = u64>) -> Vec<f64> {
    counts.map(real).collect()
}

/// A fraction in percent with one digit and a true minus sign.
pub(super) fn percent(fraction: f64) -> String {
    let percent = fraction * 100.0;
    let written =
        if percent.abs() < 1e5 { format!("{:.1}", percent.abs()) } else { format!("{:.1e}", percent.abs()) };
    let sign = if percent < 0.0 && written != "0.0" { "\u{2212}" } else { "" };
    format!("{sign}{written}")
}

/// The widest of some texts.
pub(super) fn widest(texts: impl Iterator<Item = impl AsRef<str>>, size: i32) -> Result<i32, PlotError> {
    texts
        .map(|text| super::canvas::text_width(text.as_ref(), size))
        .try_fold(0, |most, width| Ok(most.max(width?)))
}
