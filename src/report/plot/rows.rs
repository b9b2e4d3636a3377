//! Rows of bars from top to bottom with their labels on the left.

use std::ops::RangeInclusive;

use plotters::style::RGBColor;

use super::PlotError;
use super::axis::Scale;
use super::canvas::{Anchor, Canvas};
use super::style::{FRAME, INK, LEAST_TEXT, MM, PAGE_ROWS, PAPER, TEXT};
use super::text::{fit, text_width};

/// Thinner rows have neither gaps nor frames: they would be all that one sees.
const LEAST_FRAMED: i32 = 80;
/// Narrower parts of a bar have no seam.
const LEAST_SEAMED: i32 = 50;

/// Where rows of one height lie.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    /// Upper edge of the first row.
    pub(super) top: i32,
    pitch: i32,
    count: i32,
    /// Size of the labels.
    pub(super) text: i32,
}

impl Rows {
    /// Rows of a height within `pitch`, as low as it takes to fit all on a page.
    pub(super) fn fit(count: usize, pitch: RangeInclusive<i32>, top: i32) -> Self {
        let count = i32::try_from(count).unwrap_or(i32::MAX).max(1);
        let pitch = (PAGE_ROWS / count).clamp(*pitch.start(), *pitch.end());
        Self { top, pitch, count, text: (pitch * 9 / 10).clamp(LEAST_TEXT, TEXT) }
    }

    /// Lower edge of the last row.
    pub(super) fn bottom(&self) -> i32 {
        self.edge(self.count)
    }

    /// Upper edge of a row.
    pub(super) fn edge(&self, row: i32) -> i32 {
        self.top + row * self.pitch
    }

    /// Half the height of a row.
    pub(super) fn middle(&self, row: i32) -> i32 {
        self.edge(row) + self.pitch / 2
    }

    /// Whether rows are high enough for gaps and frames.
    fn framed(&self) -> bool {
        self.pitch >= LEAST_FRAMED
    }

    /// Upper and lower edge of a row's bar.
    pub(super) fn bar(&self, row: i32) -> (i32, i32) {
        let gap = if self.framed() { self.pitch / 8 } else { 0 };
        (self.edge(row) + gap, self.edge(row + 1) - gap)
    }

    /// Whether a row is labelled: all are, unless they are lower than the smallest text.
    pub(super) fn labelled(&self, row: i32) -> bool {
        let apart = self.text + self.text / 10;
        row % (apart + self.pitch - 1).div_euclid(self.pitch).max(1) == 0
    }

    /// The bar of a row: parts one after the other from zero on.
    pub(super) fn stack(&self, canvas: &mut Canvas, scale: &Scale, row: i32, parts: &[(RGBColor, f64)]) {
        let (top, bottom) = self.bar(row);
        let mut end = 0.0;
        let ends: Vec<i32> = parts
            .iter()
            .map(|(_, value)| {
                end += value;
                scale.at(end)
            })
            .collect();
        let zero = scale.at(0.0);
        let last = ends.last().copied().unwrap_or(zero);
        // The last part first and each one from zero: parts that merely touch would show paper between them.
        for (&end, (colour, _)) in ends.iter().zip(parts).rev().filter(|(end, _)| **end > zero) {
            canvas.block((zero, top), (end, bottom), *colour);
        }
        if !self.framed() || last == zero {
            return;
        }
        let starts = std::iter::once(zero).chain(ends.iter().copied());
        let wide: Vec<(i32, i32)> = starts.zip(ends.iter().copied()).filter(|(from, to)| to > from).collect();
        for pair in wide.windows(2).filter(|pair| pair.iter().all(|(from, to)| to - from >= LEAST_SEAMED)) {
            canvas.line((pair[1].0, top), (pair[1].0, bottom), PAPER, 12);
        }
        canvas.frame((zero, top), (last, bottom), FRAME, 10);
    }
}

/// Labels left of the bars, cut to a width.
pub(super) struct Labels {
    texts: Vec<(i32, String)>,
    /// What they take, indents included.
    pub(super) width: i32,
}

impl Labels {
    /// Labels with their indents, none beyond `most` in all.
    pub(super) fn fit<'a>(
        labels: impl Iterator<Item = (i32, &'a str)>,
        rows: &Rows,
        most: i32,
    ) -> Result<Self, PlotError> {
        let texts = labels
            .map(|(indent, label)| Ok((indent, fit(label, rows.text, most - indent)?)))
            .collect::<Result<Vec<_>, PlotError>>()?;
        let mut width = 0;
        for (indent, text) in &texts {
            width = width.max(indent + text_width(text, rows.text)?);
        }
        Ok(Self { texts, width })
    }

    /// Draws them from `left` on, beginning with a row.
    pub(super) fn draw(&self, canvas: &mut Canvas, rows: &Rows, left: i32) {
        for (row, (indent, text)) in (0..).zip(&self.texts).filter(|(row, _)| rows.labelled(*row)) {
            canvas.text(text, (left + indent, rows.middle(row)), rows.text, Anchor::Left, INK);
        }
    }
}

/// Between labels and bars.
pub(super) const LABEL_GAP: i32 = MM + MM / 2;
