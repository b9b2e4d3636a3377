//! A drawing as SVG, painted by plotters.

use std::collections::BTreeSet;

use ab_glyph::GlyphId;
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle, TextStyle};

use super::PlotError;
use super::canvas::{Anchor, Drawing, Mark};
use super::letters::{HALF_CAPITAL, Letters};
use super::style::PAPER;
use super::text::FAMILY;

/// What plotters divides a font's size by where it writes SVG.
const WRITTEN_SIZE: f64 = 1.24;

/// How an SVG holds its letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lettering {
    /// As outlines of the bundled font: the same picture in every program, on any machine.
    #[default]
    Outlines,
    /// As text, which can be edited; set in Liberation Sans, Arial or Helvetica, whichever the machine has.
    Text,
}

impl Drawing {
    /// The figure as SVG; its width and height are given in millimetres.
    ///
    /// # Errors
    /// [`PlotError::Drawing`] if the drawing library fails.
    pub fn svg(&self, lettering: Lettering) -> Result<String, PlotError> {
        let mut svg = String::new();
        let size = (self.width.unsigned_abs(), self.height.unsigned_abs());
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&PAPER).map_err(drawing)?;
        for mark in &self.marks {
            paint(mark, &root)?;
        }
        root.present().map_err(drawing)?;
        drop(root);
        let svg = in_millimetres(&svg, size);
        let svg = match lettering {
            Lettering::Text => svg,
            Lettering::Outlines => outlined(&svg, &self.marks)?,
        };
        Ok(with_origin(&svg, &self.origin))
    }
}

/// The same picture with what made it as its metadata.
fn with_origin(svg: &str, origin: &str) -> String {
    match svg.split_once('\n') {
        Some((head, body)) if !origin.is_empty() => {
            format!("{head}\n<metadata>{}</metadata>\n{body}", escaped(origin))
        }
        _ => svg.to_owned(),
    }
}

/// The same picture with outlines of the bundled font for its texts, each letter defined once. What a text says stays
/// in the file as its label.
fn outlined(svg: &str, marks: &[Mark]) -> Result<String, PlotError> {
    let letters = Letters::bundled()?;
    let mut texts = marks.iter().filter(|mark| matches!(mark, Mark::Text { .. }));
    let mut used = BTreeSet::new();
    let mut lines = svg.lines();
    let head = lines.next().unwrap_or_default();
    let mut body = String::new();
    for line in lines {
        let set = line.starts_with("<text").then(|| texts.next()).flatten();
        let written = set.map_or_else(|| line.to_owned(), |text| line_of_outlines(&letters, text, &mut used));
        body += &written;
        body.push('\n');
    }
    if texts.next().is_some() || body.contains("<text") {
        return Err(drawing("texts and their outlines do not match"));
    }
    let shape = |glyph: &u16| format!("<path id=\"g{glyph}\" d=\"{}\"/>\n", letters.path(GlyphId(*glyph)));
    let shapes: String = used.iter().map(shape).collect();
    let head = head.replacen("<svg ", "<svg xmlns:xlink=\"http://www.w3.org/1999/xlink\" ", 1);
    Ok(format!("{head}\n<defs>\n{shapes}</defs>\n{body}"))
}

/// A text as uses of its letters' outlines, which are noted.
fn line_of_outlines(letters: &Letters, mark: &Mark, used: &mut BTreeSet<u16>) -> String {
    let Mark::Text { text, at: (x, y), size, anchor, colour: RGBColor(red, green, blue) } = mark else {
        return String::new();
    };
    let (line, scale) = (letters.line(text), letters.scale(*size as f32));
    let left = *x as f32 + scale * line.left(*anchor);
    let baseline = *y as f32 + HALF_CAPITAL * *size as f32;
    let mut group = format!(
        "<g aria-label=\"{}\" fill=\"#{red:02X}{green:02X}{blue:02X}\" \
         transform=\"translate({left:.1} {baseline:.1}) scale({scale:.5} -{scale:.5})\">",
        escaped(text)
    );
    for (glyph, along) in line.letters {
        if !letters.path(glyph).is_empty() {
            used.insert(glyph.0);
            group += &format!("<use xlink:href=\"#g{}\" x=\"{along}\"/>", glyph.0);
        }
    }
    group + "</g>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn paint(mark: &Mark, root: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), PlotError> {
    match mark {
        Mark::Block { corners, colour } => root.draw(&Rectangle::new(*corners, colour.filled())),
        Mark::Path { points, colour, width } => {
            let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: *width };
            root.draw(&PathElement::new(points.clone(), style))
        }
        Mark::Shape { points, colour } => root.draw(&Polygon::new(points.clone(), colour.filled())),
        Mark::Dot { middle, radius, colour } => root.draw(&Circle::new(*middle, *radius, colour.filled())),
        Mark::Text { text, at: (x, y), size, anchor, colour } => {
            let horizontal = match anchor {
                Anchor::Left => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::Right => HPos::Right,
            };
            // plotters sets the baseline 0.76 em below a top; half a capital's height is 0.344 em. Its other
            // anchors are in `ex`, which viewers take differently.
            let top = y - (0.416 * f64::from(*size)).round() as i32;
            let font = (FAMILY, f64::from(*size) * WRITTEN_SIZE).into_font();
            let style = TextStyle::from(font).color(colour).pos(Pos::new(horizontal, VPos::Top));
            root.draw(&Text::new(text.as_str(), (*x, top), style))
        }
    }
    .map_err(drawing)
}

/// The same picture with its print size, and each text on one line: some viewers show a line break as a space.
fn in_millimetres(svg: &str, (width, height): (u32, u32)) -> String {
    let millimetres = |units: u32| format!("{}.{:02}mm", units / 100, units % 100);
    let pixels = format!(r#"width="{width}" height="{height}""#);
    let print = format!(r#"width="{}" height="{}""#, millimetres(width), millimetres(height));
    let sized = svg.replacen(&pixels, &print, 1).replace("\n</text>", "</text>");
    let mut joined = String::with_capacity(sized.len());
    for line in sized.lines() {
        joined.push_str(line);
        if !(line.starts_with("<text") && line.ends_with("\">")) {
            joined.push('\n');
        }
    }
    joined
}

pub(super) fn drawing(error: impl std::fmt::Display) -> PlotError {
    PlotError::Drawing(error.to_string())
}
