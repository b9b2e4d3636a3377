//! A horizontal axis: where values lie, where ticks stand, how numbers are written.

use super::PlotError;
use super::canvas::{Anchor, Canvas};
use super::style::{GRID, INK, MM, TEXT};
use crate::units::real;

/// Distance between ticks, about.
const TICK_DISTANCE: i32 = 16 * MM;
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

    /// The distance of ticks and the ticks, as multiples of it.
    fn ticks(&self) -> (f64, Vec<f64>) {
        let most = f64::from(((self.right - self.left) / TICK_DISTANCE).max(2));
        let step = round_step((self.high - self.low) / most);
        // A rounding error must not lose the tick at the very end.
        let (first, last) =
            ((self.low / step - 1e-9).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
        (step, (first..=last).map(|k| k as f64 * step).collect())
    }

    /// Grid lines from `top` to `bottom`, behind everything drawn later.
    pub(super) fn grid(&self, canvas: &mut Canvas, top: i32, bottom: i32) {
        for tick in self.ticks().1 {
            canvas.line((self.at(tick), top), (self.at(tick), bottom), GRID, 10);
        }
    }

    /// Ticks, their labels in a unit, the axis label, and the line at zero.
    pub(super) fn draw(&self, canvas: &mut Canvas, (top, bottom): (i32, i32), unit: Unit, label: &str) {
        canvas.line((self.left, bottom), (self.right, bottom), INK, 15);
        canvas.line((self.at(0.0), top), (self.at(0.0), bottom), INK, 15);
        let (step, ticks) = self.ticks();
        let decimals = decimals(step / unit.size);
        for tick in ticks {
            let x = self.at(tick);
            canvas.line((x, bottom), (x, bottom + TICK_LENGTH), INK, 15);
            let sign = if tick < 0.0 { "\u{2212}" } else { "" };
            let suffix = if tick == 0.0 { "" } else { unit.suffix };
            let written = format!("{sign}{:.decimals$}{suffix}", (tick / unit.size).abs());
            let written = if tick == 0.0 { "0".to_owned() } else { written };
            canvas.text(&written, (x, bottom + TICK_LENGTH + 40 + TEXT / 2), TEXT, Anchor::Middle, INK);
        }
        let middle = (self.left + self.right) / 2;
        let height = bottom + TICK_LENGTH + 40 + TEXT + 40 + TEXT / 2;
        canvas.text(label, (middle, height), TEXT, Anchor::Middle, INK);
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
    let used = UNITS.iter().filter(|(unit, _)| unit.size <= most.max(1.0));
    let said: Vec<&str> = used.clone().map(|(_, said)| *said).filter(|said| !said.is_empty()).collect();
    let note = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
    (used.last().map_or(PLAIN, |(unit, _)| *unit), note)
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
