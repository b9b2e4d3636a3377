//! A sheet of paper in hundredths of a millimetre: marks, back to front, painted once its height is known.
//!
//! At this resolution no edge is visibly rounded, and the file's size is its print size, wherever it is placed.

use plotters::style::RGBColor;

use super::style::{INK, MARGIN, MM, SMALL_TEXT, TITLE_TEXT};
use super::text::{plain, wrap};
use super::{Page, PlotError};

/// Which point of a text is placed.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    /// Its left end.
    Left,
    /// Its middle.
    Middle,
    /// Its right end.
    Right,
}

/// A point of the sheet.
pub(super) type Point = (i32, i32);

/// One thing painted.
pub(super) enum Mark {
    /// A filled rectangle.
    Block { corners: [Point; 2], colour: RGBColor },
    /// A line through points.
    Path { points: Vec<Point>, colour: RGBColor, width: u32 },
    /// A filled polygon.
    Shape { points: Vec<Point>, colour: RGBColor },
    /// A filled circle.
    Dot { middle: Point, radius: i32, colour: RGBColor },
    /// A text whose capitals stand centred on the height of its point.
    Text { text: String, at: Point, size: i32, anchor: Anchor, colour: RGBColor },
}

/// What is to be painted, back to front.
pub(super) struct Canvas {
    pub(super) width: i32,
    marks: Vec<Mark>,
}

/// A figure of fixed print size, ready to be written as SVG or PNG.
pub struct Drawing {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) marks: Vec<Mark>,
    /// What made it, said inside the files; empty where nobody said.
    pub(super) origin: String,
}

impl Drawing {
    /// The same figure, whose files say what made it.
    #[must_use]
    pub fn of_origin(self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self }
    }
}

impl Canvas {
    /// An empty sheet with a title and a note, if any, and the height from which the figure goes on.
    pub(super) fn titled(page: Page<'_>) -> Result<(Self, i32), PlotError> {
        let width = page.width.units();
        let mut canvas = Self { width, marks: Vec::new() };
        let mut top = MARGIN;
        if let Some(title) = page.title {
            for line in wrap(title, TITLE_TEXT, width - 2 * MARGIN)? {
                canvas.text(&line, (width / 2, top + TITLE_TEXT / 2), TITLE_TEXT, Anchor::Middle, INK);
                top += TITLE_TEXT + MM / 2;
            }
            top += MM / 2;
        }
        if let Some(note) = page.note {
            for line in wrap(note, SMALL_TEXT, width - 2 * MARGIN)? {
                canvas.text(&line, (MARGIN, top + SMALL_TEXT / 2), SMALL_TEXT, Anchor::Left, INK);
                top += SMALL_TEXT + MM / 2;
            }
            top += MM / 2;
        }
        Ok((canvas, top))
    }

    /// A filled rectangle from its upper left to its lower right corner.
    pub(super) fn block(&mut self, from: Point, to: Point, colour: RGBColor) {
        self.marks.push(Mark::Block { corners: [from, to], colour });
    }

    /// The outline of a rectangle.
    pub(super) fn frame(&mut self, from: Point, to: Point, colour: RGBColor, width: u32) {
        let points = vec![from, (to.0, from.1), to, (from.0, to.1), from];
        self.path(points, colour, width);
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: Point, to: Point, colour: RGBColor, width: u32) {
        self.path(vec![from, to], colour, width);
    }

    /// A line through points.
    pub(super) fn path(&mut self, points: Vec<Point>, colour: RGBColor, width: u32) {
        self.marks.push(Mark::Path { points, colour, width });
    }

    /// A filled polygon.
    pub(super) fn shape(&mut self, points: Vec<Point>, colour: RGBColor) {
        self.marks.push(Mark::Shape { points, colour });
    }

    /// A filled circle.
    pub(super) fn dot(&mut self, middle: Point, radius: i32, colour: RGBColor) {
        self.marks.push(Mark::Dot { middle, radius, colour });
    }

    /// A text whose capitals stand centred on the height given.
    pub(super) fn text(&mut self, text: &str, at: Point, size: i32, anchor: Anchor, colour: RGBColor) {
        self.marks.push(Mark::Text { text: plain(text), at, size, anchor, colour });
    }

    /// The figure, cut off at a height.
    pub(super) fn finish(self, height: i32) -> Drawing {
        Drawing { width: self.width, height, marks: self.marks, origin: String::new() }
    }
}
