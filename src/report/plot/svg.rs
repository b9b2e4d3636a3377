//! A drawing as SVG, painted by plotters.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, ShapeStyle, TextStyle};

use super::PlotError;
use super::canvas::{Anchor, Drawing, Mark};
use super::style::PAPER;
use super::text::FAMILY;

/// What plotters divides a font's size by where it writes SVG.
const WRITTEN_SIZE: f64 = 1.24;

impl Drawing {
    /// The figure as SVG; its width and height are given in millimetres.
    ///
    /// # Errors
    /// [`PlotError::Drawing`] if the drawing library fails.
    pub fn svg(&self) -> Result<String, PlotError> {
        let mut svg = String::new();
        let size = (self.width.unsigned_abs(), self.height.unsigned_abs());
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&PAPER).map_err(drawing)?;
        for mark in &self.marks {
            paint(mark, &root)?;
        }
        root.present().map_err(drawing)?;
        drop(root);
        Ok(in_millimetres(&svg, size))
    }
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
