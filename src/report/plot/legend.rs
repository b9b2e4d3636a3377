//! The key to colours, in lines above the figure.

use plotters::style::RGBColor;

use super::PlotError;
use super::canvas::{Anchor, Canvas, fit, text_width};
use super::style::{FRAME, INK, MM, TEXT};

const SWATCH: i32 = 3 * MM;
const AFTER_SWATCH: i32 = 80;
const BETWEEN: i32 = 350;
const LINE: i32 = 420;

struct Entry {
    at: (i32, i32),
    /// `None` for a heading.
    colour: Option<RGBColor>,
    text: String,
}

/// A legend laid out for a width.
pub(super) struct Legend {
    entries: Vec<Entry>,
    /// What it takes, the space below it included.
    pub(super) height: i32,
}

impl Legend {
    /// Places colours with their names in lines no wider than `width`, a heading first.
    pub(super) fn fit(
        heading: Option<&str>,
        names: &[(RGBColor, &str)],
        width: i32,
    ) -> Result<Self, PlotError> {
        let (mut x, mut y) = (0, LINE / 2);
        let mut entries = Vec::new();
        let headings = heading.into_iter().map(|text| (None, text));
        for (colour, text) in headings.chain(names.iter().map(|(colour, text)| (Some(*colour), *text))) {
            let swatch = colour.map_or(0, |_| SWATCH + AFTER_SWATCH);
            let text = fit(text, TEXT, width - swatch)?;
            let taken = swatch + text_width(&text, TEXT)?;
            if x > 0 && x + taken > width {
                (x, y) = (0, y + LINE);
            }
            entries.push(Entry { at: (x, y), colour, text });
            x += taken + BETWEEN;
        }
        Ok(Self { entries, height: y + LINE / 2 + MM })
    }

    /// Draws it with its upper left corner at a point.
    pub(super) fn draw(&self, canvas: &mut Canvas, (left, top): (i32, i32)) {
        for Entry { at: (x, y), colour, text } in &self.entries {
            let (mut x, y) = (left + x, top + y);
            if let Some(colour) = colour {
                let corners = ((x, y - SWATCH / 3), (x + SWATCH, y + SWATCH / 3));
                canvas.block(corners.0, corners.1, *colour);
                canvas.frame(corners.0, corners.1, FRAME, 10);
                x += SWATCH + AFTER_SWATCH;
            }
            canvas.text(text, (x, y), TEXT, Anchor::Left, INK);
        }
    }
}
