//! Axes: where values lie, where ticks stand.

use super::PlotError;
use super::canvas::{Anchor, Canvas};
use super::numbers::{Unit, decimals, round_step};
use super::style::{GRID, INK, MM, TEXT};
use super::text::{fit, text_width, widest};

/// Ticks on an axis, at most.
const MOST_TICKS: i32 = 12;
/// Ticks are no closer than this.
const TICK_DISTANCE: i32 = 8 * MM;
/// Labels of ticks beside each other are no closer than this.
const TICK_GAP: i32 = 4 * MM;
/// White above a line of text.
const TEXT_GAP: i32 = 40;
pub(super) const TICK_LENGTH: i32 = 80;
/// What an axis takes below the rows: ticks, their labels, the axis label.
pub(super) const AXIS_HEIGHT: i32 = TICK_LENGTH + 2 * TEXT + 2 * MM;
/// A range of so many powers of ten has ticks at powers alone.
const DECADES_OF_POWERS: f64 = 1e3;

/// How values become lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Equal differences are equally long.
    Linear,
    /// The same for numbers of things: ticks stand at whole numbers alone.
    Whole,
    /// Equal ratios are equally long; values are above zero.
    Logarithmic,
}

/// An axis from `left` to `right` on the canvas, or from bottom to top.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    left: i32,
    right: i32,
    kind: Kind,
}

impl Scale {
    /// Values from `low` to `high` over the width given.
    pub(super) fn new((low, high): (f64, f64), (left, right): (i32, i32)) -> Self {
        Self { low, high, left, right, kind: Kind::Linear }
    }

    /// The same of another kind.
    pub(super) fn of(kind: Kind, range: (f64, f64), ends: (i32, i32)) -> Self {
        Self { kind, ..Self::new(range, ends) }
    }

    /// A linear one, with room on either side for labels beyond the outermost values.
    pub(super) fn with_room(values: (f64, f64), (left, right): (i32, i32), room: (i32, i32)) -> Self {
        let inner = Self::new(values, (left + room.0, (right - room.1).max(left + room.0 + MM)));
        Self::new((inner.value(left), inner.value(right)), (left, right))
    }

    /// Where a value lies.
    pub(super) fn at(&self, value: f64) -> i32 {
        let along = match self.kind {
            Kind::Linear | Kind::Whole => (value - self.low) / (self.high - self.low),
            Kind::Logarithmic => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        // A value far beyond the ends lies as far as the canvas can say.
        self.left.saturating_add((along * f64::from(self.right - self.left)).round() as i32)
    }

    /// Whether a value lies between the ends.
    pub(super) fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    fn value(&self, at: i32) -> f64 {
        let along = f64::from(at - self.left) / f64::from(self.right - self.left);
        self.low + along * (self.high - self.low)
    }

    /// Ticks of a horizontal axis, as dense as their labels in a unit allow.
    pub(super) fn axis(&self, unit: Unit) -> Result<Axis, PlotError> {
        // The ends of the axis are no ticks, but no tick is wider than both.
        let ends = [self.low, self.high].map(|end| unit.write(end, 0));
        let apart = TICK_DISTANCE.max(self.length() / MOST_TICKS).max(widest(ends.iter(), TEXT)? + TICK_GAP);
        let zero = self.holds(0.0).then(|| self.at(0.0));
        Ok(Axis { ends: (self.left, self.right), zero, ticks: self.ticks(unit, apart) })
    }

    /// Ticks no closer than `apart`, with their labels in a unit.
    pub(super) fn ticks(&self, unit: Unit, apart: i32) -> Vec<(i32, String)> {
        match self.kind {
            Kind::Logarithmic => self.logarithmic_ticks(unit, apart),
            Kind::Linear | Kind::Whole => {
                let most = f64::from((self.length() / apart).max(1));
                let least = if self.kind == Kind::Whole { 1.0 } else { 0.0 };
                let step = round_step((self.high - self.low) / most).max(least);
                // A rounding error must not lose the tick at the very end.
                let (first, last) =
                    ((self.low / step - 1e-9).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
                let decimals = decimals(step / unit.size);
                let tick = |k: i64| k as f64 * step;
                (first..=last).map(|k| (self.at(tick(k)), unit.write(tick(k), decimals))).collect()
            }
        }
    }

    /// 1, 2 and 5 times powers of ten where there is room, else fewer.
    fn logarithmic_ticks(&self, unit: Unit, apart: i32) -> Vec<(i32, String)> {
        let all = [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]];
        let from = if self.high / self.low >= DECADES_OF_POWERS { 2 } else { 0 };
        let candidates = all[from..].iter().map(|steps| self.powers(steps));
        let fits = |ticks: &Vec<f64>| {
            ticks.windows(2).all(|pair| (self.at(pair[1]) - self.at(pair[0])).abs() >= apart)
        };
        let mut coarsest = self.powers(&[1.0]);
        while !fits(&coarsest) && coarsest.len() > 2 {
            coarsest = coarsest.into_iter().step_by(2).collect();
        }
        let ticks = candidates.into_iter().find(fits).unwrap_or(coarsest);
        if ticks.len() < 2 {
            // Less than a power of ten: ticks at equal differences, where the logarithm puts them.
            let straight = Self { kind: Kind::Linear, ..*self };
            let step = round_step((self.high - self.low) / f64::from((self.length() / apart / 2).max(1)));
            let decimals = decimals(step / unit.size);
            let (first, last) = ((straight.low / step).ceil() as i64, (straight.high / step).floor() as i64);
            let values = (first..=last).map(|k| k as f64 * step);
            return values.map(|value| (self.at(value), unit.write(value, decimals))).collect();
        }
        let write = |value: f64| unit.write(value, decimals(value / unit.size));
        ticks.into_iter().map(|value| (self.at(value), write(value))).collect()
    }

    /// Every power of ten on the axis, times each of some steps.
    fn powers(&self, steps: &[f64]) -> Vec<f64> {
        let mut power = 1.0;
        while power > self.low {
            power /= 10.0;
        }
        let mut found = Vec::new();
        while power <= self.high {
            // A rounding error of a product must not lose the tick at an end.
            let near = |value: &f64| *value >= self.low * (1.0 - 1e-9) && *value <= self.high * (1.0 + 1e-9);
            found.extend(steps.iter().map(|step| step * power).filter(near));
            power *= 10.0;
        }
        found
    }

    fn length(&self) -> i32 {
        (self.right - self.left).abs()
    }
}

/// What is drawn of a horizontal scale.
pub(super) struct Axis {
    ends: (i32, i32),
    zero: Option<i32>,
    ticks: Vec<(i32, String)>,
}

impl Axis {
    /// The same without ticks beyond a place, if one is given.
    pub(super) fn until(mut self, last: Option<i32>) -> Self {
        self.ticks.retain(|(at, _)| last.is_none_or(|last| *at <= last));
        self
    }

    /// Grid lines from `top` to `bottom`, behind everything drawn later.
    pub(super) fn grid(&self, canvas: &mut Canvas, (top, bottom): (i32, i32)) {
        for (x, _) in &self.ticks {
            canvas.line((*x, top), (*x, bottom), GRID, 10);
        }
    }

    /// Ticks and their labels below `bottom`, the line at zero, and the axis label, which may take the width of `within`.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        (top, bottom): (i32, i32),
        label: &str,
        within: (i32, i32),
    ) -> Result<(), PlotError> {
        canvas.line((self.ends.0, bottom), (self.ends.1, bottom), INK, 15);
        if let Some(zero) = self.zero {
            canvas.line((zero, top), (zero, bottom), INK, 15);
        }
        let first_line = bottom + TICK_LENGTH + TEXT_GAP + TEXT / 2;
        for (x, written) in &self.ticks {
            canvas.line((*x, bottom), (*x, bottom + TICK_LENGTH), INK, 15);
            canvas.text(written, (*x, first_line), TEXT, Anchor::Middle, INK);
        }
        // Under the middle of its axis, or as near as it can be.
        let label = fit(label, TEXT, within.1 - within.0)?;
        let half = text_width(&label, TEXT)? / 2;
        let middle = ((self.ends.0 + self.ends.1) / 2).min(within.1 - half).max(within.0 + half);
        canvas.text(&label, (middle, first_line + TEXT + TEXT_GAP), TEXT, Anchor::Middle, INK);
        Ok(())
    }
}

/// The least and the greatest of some values with white on either side; from zero where `zero` is asked for.
pub(super) fn span(values: impl Iterator<Item = f64>, zero: bool) -> (f64, f64) {
    let (low, high) = values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
    let (low, high) = if zero { (low.min(0.0), high.max(0.0)) } else { (low, high) };
    // One value alone still needs an axis with a length.
    let least = if high == 0.0 { 1.0 } else { high.abs() * 1e-3 };
    let white = if high - low < least { least.max(high.abs() * 0.05) } else { (high - low) * 0.05 };
    let keep = |end: f64, moved: f64| if zero && end == 0.0 { 0.0 } else { moved };
    // Of what is never negative, nothing lies below zero.
    let below = if low >= 0.0 { (low - white).max(0.0) } else { low - white };
    (keep(low, below), keep(high, high + white))
}

/// The same for a logarithmic axis; values are above zero.
pub(super) fn log_span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let (low, high) = if low > high { (1.0, 10.0) } else { (low, high) };
    let white = (high / low).powf(0.05).max(1.1);
    (low / white, high * white)
}
