//! The key to colours, dots and lines, in lines above the figure.

use plotters::style::RGBColor;

use super::PlotError;
use super::canvas::{Anchor, Canvas};
use super::series::Series;
use super::style::{FRAME, INK, MM, TEXT};
use super::text::{fit, text_width, wrap};

const SWATCH: i32 = 3 * MM;
/// A line is longer than a swatch, so that its dashes can be seen.
const LINE_SAMPLE: i32 = 6 * MM;
const AFTER_SWATCH: i32 = 80;
const BETWEEN: i32 = 350;
const LINE: i32 = 420;

/// What a name stands for.
#[derive(Clone, Copy)]
pub(super) enum Key {
    /// An area of a colour.
    Area(RGBColor),
    /// A dot of a series.
    Dot(Series),
    /// A ring of a series.
    Ring(Series),
    /// A line of a series.
    Line(Series),
    /// A line of a series with dots on it.
    Both(Series),
}

impl From<RGBColor> for Key {
    fn from(colour: RGBColor) -> Self {
        Self::Area(colour)
    }
}

impl Key {
    fn width(self) -> i32 {
        match self {
            Self::Area(_) => SWATCH,
            Self::Dot(_) | Self::Ring(_) => SWATCH * 2 / 3,
            Self::Line(_) | Self::Both(_) => LINE_SAMPLE,
        }
    }

    fn draw(self, canvas: &mut Canvas, (x, y): (i32, i32)) {
        let middle = (x + self.width() / 2, y);
        match self {
            Self::Area(colour) => {
                let corners = ((x, y - SWATCH / 3), (x + SWATCH, y + SWATCH / 3));
                canvas.block(corners.0, corners.1, colour);
                canvas.frame(corners.0, corners.1, FRAME, 10);
            }
            Self::Dot(series) => series.dot(canvas, middle),
            Self::Ring(series) => series.ring(canvas, middle),
            Self::Line(series) => series.line(canvas, &[(x, y), (x + self.width(), y)]),
            Self::Both(series) => {
                series.line(canvas, &[(x, y), (x + self.width(), y)]);
                series.dot(canvas, middle);
            }
        }
    }
}

struct Entry {
    at: (i32, i32),
    /// `None` for a heading.
    key: Option<Key>,
    text: String,
}

/// A legend laid out for a width.
pub(super) struct Legend {
    entries: Vec<Entry>,
    /// What it takes, the space below it included.
    pub(super) height: i32,
}

impl Legend {
    /// Places keys with their names in lines no wider than `width`, a heading first, in as many lines as it takes.
    pub(super) fn fit<K: Copy + Into<Key>>(
        heading: Option<&str>,
        names: &[(K, &str)],
        width: i32,
    ) -> Result<Self, PlotError> {
        let (mut x, mut y) = (0, LINE / 2);
        let mut entries = Vec::new();
        let lines = wrap(heading.unwrap_or_default(), TEXT, width)?;
        let headings = lines.iter().map(|text| (None, text.as_str()));
        for (key, text) in headings.chain(names.iter().map(|(key, text)| (Some((*key).into()), *text))) {
            let sample = key.map_or(0, |key: Key| key.width() + AFTER_SWATCH);
            let text = fit(text, TEXT, width - sample)?;
            let taken = sample + text_width(&text, TEXT)?;
            if x > 0 && x + taken > width {
                (x, y) = (0, y + LINE);
            }
            entries.push(Entry { at: (x, y), key, text });
            x += taken + BETWEEN;
        }
        Ok(Self { entries, height: y + LINE / 2 + MM })
    }

    /// Draws it with its upper left corner at a point.
    pub(super) fn draw(&self, canvas: &mut Canvas, (left, top): (i32, i32)) {
        for Entry { at: (x, y), key, text } in &self.entries {
            let (mut x, y) = (left + x, top + y);
            if let Some(key) = key {
                key.draw(canvas, (x, y));
                x += key.width() + AFTER_SWATCH;
            }
            canvas.text(text, (x, y), TEXT, Anchor::Left, INK);
        }
    }
}
