//! Letters of the bundled font as outlines, set on a line.

use std::fmt::Write;

use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve, Point};

use super::PlotError;
use super::canvas::Anchor;
use super::text::{FONT, unreadable};

/// Half a capital's height, in em: how far below the height of a text its baseline lies.
pub(super) const HALF_CAPITAL: f32 = 0.344;

/// The bundled font.
pub(super) struct Letters(FontRef<'static>);

/// Letters on a line, in units of the font, from its left end on.
pub(super) struct Line {
    pub(super) letters: Vec<(GlyphId, f32)>,
    width: f32,
}

impl Line {
    /// How far its left end lies from the point at which it is anchored.
    pub(super) fn left(&self, anchor: Anchor) -> f32 {
        match anchor {
            Anchor::Left => 0.0,
            Anchor::Middle => -self.width / 2.0,
            Anchor::Right => -self.width,
        }
    }
}

impl Letters {
    pub(super) fn bundled() -> Result<Self, PlotError> {
        FontRef::try_from_slice(FONT).map(Self).map_err(|_| unreadable())
    }

    /// What a unit of the font is at a size, in the size's unit.
    pub(super) fn scale(&self, size: f32) -> f32 {
        size / self.0.units_per_em().unwrap_or(1.0)
    }

    /// A text as viewers set it: each letter at its advance, pairs kerned.
    pub(super) fn line(&self, text: &str) -> Line {
        let (mut letters, mut width): (Vec<(GlyphId, f32)>, f32) = (Vec::new(), 0.0);
        for glyph in text.chars().map(|c| self.0.glyph_id(c)) {
            width += letters.last().map_or(0.0, |(last, _)| self.0.kern_unscaled(*last, glyph));
            letters.push((glyph, width));
            width += self.0.h_advance_unscaled(glyph);
        }
        Line { letters, width }
    }

    /// The contours of a letter, each with the point where it starts.
    pub(super) fn contours(&self, glyph: GlyphId) -> Vec<(Point, Vec<OutlineCurve>)> {
        let curves = self.0.outline(glyph).map(|outline| outline.curves).unwrap_or_default();
        let mut contours: Vec<(Point, Vec<OutlineCurve>)> = Vec::new();
        let mut pen = None;
        for curve in curves {
            let (from, to) = match curve {
                OutlineCurve::Line(from, to)
                | OutlineCurve::Quad(from, _, to)
                | OutlineCurve::Cubic(from, _, _, to) => (from, to),
            };
            match contours.last_mut() {
                Some((_, contour)) if pen == Some(from) => contour.push(curve),
                // A new contour wherever one does not begin where the last ended.
                _ => contours.push((from, vec![curve])),
            }
            pen = Some(to);
        }
        contours
    }

    /// A letter as the data of an SVG path, in units of the font; empty for a blank.
    pub(super) fn path(&self, glyph: GlyphId) -> String {
        let mut path = String::new();
        let mut add = |command: char, points: &[&Point]| {
            path.push(command);
            for (i, Point { x, y }) in points.iter().enumerate() {
                let space = if i == 0 { "" } else { " " };
                // Writing into a string cannot fail.
                let _ = write!(path, "{space}{x} {y}");
            }
        };
        for (start, curves) in self.contours(glyph) {
            add('M', &[&start]);
            for curve in &curves {
                match curve {
                    OutlineCurve::Line(_, to) => add('L', &[to]),
                    OutlineCurve::Quad(_, by, to) => add('Q', &[by, to]),
                    OutlineCurve::Cubic(_, first, second, to) => add('C', &[first, second, to]),
                }
            }
            add('Z', &[]);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_wide_as_it_was_measured() {
        let letters = Letters::bundled().unwrap();
        for text in ["MACs per cycle", "p50, p95, p99", "energy (µJ)", "AVAVA To", ""] {
            let width = letters.line(text).width * letters.scale(1000.0);
            // Measuring takes ink, setting advances: they differ by the white beside the outer letters.
            let measured = super::super::text::text_width(text, 1000).unwrap();
            assert!((width - measured as f32).abs() < 160.0, "{text}: {width} {measured}");
        }
    }

    #[test]
    fn contours_are_closed_and_paths_begin_them() {
        let letters = Letters::bundled().unwrap();
        let glyph = letters.line("8").letters[0].0;
        let contours = letters.contours(glyph);
        assert_eq!(contours.len(), 3, "an 8 has an outside and two eyes");
        let path = letters.path(glyph);
        assert_eq!((path.matches('M').count(), path.matches('Z').count()), (3, 3));
        assert!(letters.path(letters.line(" ").letters[0].0).is_empty());
    }
}
