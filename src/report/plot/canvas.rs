//! A sheet of paper in hundredths of a millimetre, painted by plotters once its height is known.
//!
//! plotters draws on integer pixels; at this resolution no edge is visibly rounded, and the file's width and height
//! are given in millimetres, so that a figure has its print size wherever it is placed.

use std::sync::OnceLock;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle, register_font};

use super::PlotError;
use super::style::{MARGIN, MM, TITLE_TEXT};

/// The family as it stands in the file: fonts of the same metrics follow the bundled one.
const FAMILY: &str = "Liberation Sans, Arial, Helvetica, sans-serif";
static FONT: &[u8] = include_bytes!("../fonts/LiberationSans-Regular.ttf");
/// Ascent less descent of the font, in em: what its size means where text is measured.
const MEASURED_SIZE: f64 = 2288.0 / 2048.0;
/// What plotters divides a font's size by where it writes SVG.
const WRITTEN_SIZE: f64 = 1.24;
/// Names longer than this never fit beside a figure.
const MOST_CHARS: usize = 200;

/// Which point of a text is placed.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    /// Its left end.
    Left,
    /// Its middle.
    Middle,
}

enum Mark {
    Block { corners: [(i32, i32); 2], colour: RGBColor },
    Path { points: Vec<(i32, i32)>, colour: RGBColor, width: u32 },
    Text { text: String, at: (i32, i32), size: i32, anchor: Anchor, colour: RGBColor },
}

/// What is to be painted, back to front.
pub(super) struct Canvas {
    width: i32,
    marks: Vec<Mark>,
}

impl Canvas {
    /// An empty sheet with a title, if any, and the height from which the figure goes on.
    pub(super) fn titled(width: i32, title: Option<&str>) -> Result<(Self, i32), PlotError> {
        let mut canvas = Self { width, marks: Vec::new() };
        let Some(title) = title else { return Ok((canvas, MARGIN)) };
        let title = fit(title, TITLE_TEXT, width - 2 * MARGIN)?;
        canvas.text(
            &title,
            (width / 2, MARGIN + TITLE_TEXT / 2),
            TITLE_TEXT,
            Anchor::Middle,
            super::style::INK,
        );
        Ok((canvas, MARGIN + TITLE_TEXT + MM))
    }

    /// A filled rectangle from its upper left to its lower right corner.
    pub(super) fn block(&mut self, from: (i32, i32), to: (i32, i32), colour: RGBColor) {
        self.marks.push(Mark::Block { corners: [from, to], colour });
    }

    /// The outline of a rectangle.
    pub(super) fn frame(&mut self, from: (i32, i32), to: (i32, i32), colour: RGBColor, width: u32) {
        let points = vec![from, (to.0, from.1), to, (from.0, to.1), from];
        self.marks.push(Mark::Path { points, colour, width });
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: (i32, i32), to: (i32, i32), colour: RGBColor, width: u32) {
        self.marks.push(Mark::Path { points: vec![from, to], colour, width });
    }

    /// A text whose capitals stand centred on the height given.
    pub(super) fn text(&mut self, text: &str, at: (i32, i32), size: i32, anchor: Anchor, colour: RGBColor) {
        self.marks.push(Mark::Text { text: plain(text), at, size, anchor, colour });
    }

    /// The SVG of the figure, cut off at a height.
    pub(super) fn finish(self, height: i32) -> Result<String, PlotError> {
        let mut svg = String::new();
        let size = (self.width.unsigned_abs(), height.unsigned_abs());
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&super::style::PAPER).map_err(drawing)?;
        for mark in self.marks {
            mark.paint(&root)?;
        }
        root.present().map_err(drawing)?;
        drop(root);
        Ok(in_millimetres(&svg, size))
    }
}

impl Mark {
    fn paint(self, root: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), PlotError> {
        match self {
            Self::Block { corners, colour } => root.draw(&Rectangle::new(corners, colour.filled())),
            Self::Path { points, colour, width } => {
                let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: width };
                root.draw(&PathElement::new(points, style))
            }
            Self::Text { text, at: (x, y), size, anchor, colour } => {
                let horizontal = match anchor {
                    Anchor::Left => HPos::Left,
                    Anchor::Middle => HPos::Center,
                };
                // plotters sets the baseline 0.76 em below a top; half a capital's height is 0.344 em. Its other
                // anchors are in `ex`, which viewers take differently.
                let top = y - (0.416 * f64::from(size)).round() as i32;
                let font = (FAMILY, f64::from(size) * WRITTEN_SIZE).into_font();
                let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, VPos::Top));
                root.draw(&Text::new(text, (x, top), style))
            }
        }
        .map_err(drawing)
    }
}

/// The width of a text.
pub(super) fn text_width(text: &str, size: i32) -> Result<i32, PlotError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    if !REGISTERED.get_or_init(|| register_font(FAMILY, FontStyle::Normal, FONT).is_ok()) {
        return Err(PlotError::Drawing("the bundled font cannot be read".to_owned()));
    }
    let font = (FAMILY, f64::from(size) * MEASURED_SIZE).into_font();
    let ((left, _), (right, _)) = font.layout_box(&plain(text)).map_err(drawing)?;
    Ok(right - left)
}

/// A text cut short so that it fits into a width, with an ellipsis where it was cut.
pub(super) fn fit(text: &str, size: i32, width: i32) -> Result<String, PlotError> {
    let mut kept: String = text.chars().take(MOST_CHARS).collect();
    if kept.len() == text.len() && text_width(text, size)? <= width {
        return Ok(kept);
    }
    while !kept.is_empty() && text_width(&kept, size)? + text_width("…", size)? > width {
        kept.pop();
    }
    kept.truncate(kept.trim_end().len());
    Ok(kept + "…")
}

/// A text without the characters that XML has no way to write.
fn plain(text: &str) -> String {
    let allowed = |c: char| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c };
    text.chars().map(allowed).collect()
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

fn drawing(error: impl std::fmt::Display) -> PlotError {
    PlotError::Drawing(error.to_string())
}
