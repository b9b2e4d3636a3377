//! What tells series apart without colour: shapes of dots, dashes of lines.

use plotters::style::RGBColor;

use super::PlotError;
use super::canvas::{Canvas, Point};
use super::style::{MM, SERIES};

/// Width of a line.
const LINE: u32 = 30;
/// Half the width of a dot.
const RADIUS: i32 = 75;

/// The look of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) colour: RGBColor,
    form: Form,
    /// Drawn and blank lengths by turns; none for a whole line.
    dashes: &'static [i32],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
    Point,
}

const FORMS: [Form; 4] = [Form::Circle, Form::Square, Form::Triangle, Form::Diamond];
const DASHES: [&[i32]; 4] = [&[], &[160, 90], &[45, 65], &[200, 70, 45, 70]];

impl Series {
    /// The looks of `count` series, of a kind named for messages.
    pub(super) fn several(what: &'static str, count: usize) -> Result<Vec<Self>, PlotError> {
        match count {
            0 => Err(PlotError::Empty { what }),
            _ if count > SERIES.len() => Err(PlotError::TooMany { what, found: count, most: SERIES.len() }),
            _ => {
                let look = |i: usize| Self {
                    colour: SERIES[i],
                    form: FORMS[i % FORMS.len()],
                    dashes: DASHES[i % DASHES.len()],
                };
                Ok((0..count).map(look).collect())
            }
        }
    }

    /// Small grey points, for what others outdo.
    pub(super) fn faint(colour: RGBColor) -> Self {
        Self { colour, form: Form::Point, dashes: &[] }
    }

    /// Crosses, for what stands apart.
    pub(super) fn cross(colour: RGBColor) -> Self {
        Self { colour, form: Form::Cross, dashes: &[] }
    }

    /// Its colour, mixed with paper.
    pub(super) fn pale(&self) -> RGBColor {
        super::style::shaded(self.colour, 0.35)
    }

    /// Diamonds, for what is reckoned from two others.
    pub(super) fn diamond(colour: RGBColor) -> Self {
        Self { colour, form: Form::Diamond, dashes: &[] }
    }

    /// Circle, square and triangle of a colour, drawn as rings.
    pub(super) fn rings(colour: RGBColor) -> [Self; 3] {
        [Form::Circle, Form::Square, Form::Triangle].map(|form| Self { colour, form, dashes: &[] })
    }

    /// A dot with a hole.
    pub(super) fn ring(&self, canvas: &mut Canvas, at: Point) {
        self.dot(canvas, at);
        canvas.dot(at, RADIUS / 2, super::style::PAPER);
    }

    /// The same as whole circles.
    pub(super) fn larger(self) -> Self {
        Self { form: Form::Circle, ..self }
    }

    /// A dot with a thin seam around it, so that dots on each other stay apart.
    pub(super) fn dot(&self, canvas: &mut Canvas, (x, y): Point) {
        let around = |half: i32| match self.form {
            Form::Square => {
                vec![(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
            }
            Form::Triangle => {
                vec![(x, y - half * 5 / 4), (x + half * 6 / 5, y + half), (x - half * 6 / 5, y + half)]
            }
            Form::Diamond => {
                let half = half * 4 / 3;
                vec![(x, y - half), (x + half, y), (x, y + half), (x - half, y)]
            }
            Form::Circle | Form::Cross | Form::Point => Vec::new(),
        };
        match self.form {
            Form::Circle => {
                canvas.dot((x, y), RADIUS + 12, super::style::PAPER);
                canvas.dot((x, y), RADIUS, self.colour);
            }
            Form::Point => canvas.dot((x, y), RADIUS / 2, self.colour),
            Form::Cross => {
                let half = RADIUS;
                canvas.line((x - half, y - half), (x + half, y + half), self.colour, 28);
                canvas.line((x - half, y + half), (x + half, y - half), self.colour, 28);
            }
            Form::Square | Form::Triangle | Form::Diamond => {
                canvas.shape(around(RADIUS + 5), super::style::PAPER);
                canvas.shape(around(RADIUS - 8), self.colour);
            }
        }
    }

    /// A line through points, and a dot on each.
    pub(super) fn dotted_line(&self, canvas: &mut Canvas, points: &[Point]) {
        self.line(canvas, points);
        points.iter().for_each(|&point| self.dot(canvas, point));
    }

    /// A line through points in the series' dashes.
    pub(super) fn line(&self, canvas: &mut Canvas, points: &[Point]) {
        if self.dashes.is_empty() {
            canvas.path(points.to_vec(), self.colour, LINE);
        } else {
            dashed(canvas, points, self.dashes, self.colour, LINE);
        }
    }
}

/// A line in dashes, which go on around corners.
pub(super) fn dashed(canvas: &mut Canvas, points: &[Point], dashes: &[i32], colour: RGBColor, width: u32) {
    let (mut turn, mut left) = (0, f64::from(dashes[0]));
    for pair in points.windows(2) {
        let [from, to] = [pair[0], pair[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let place = |along: f64| {
            let part = if length > 0.0 { along / length } else { 0.0 };
            let between = |a: f64, b: f64| (a + (b - a) * part).round() as i32;
            (between(from.0, to.0), between(from.1, to.1))
        };
        let mut along = 0.0;
        while along < length {
            let end = (along + left).min(length);
            if turn % 2 == 0 {
                canvas.line(place(along), place(end), colour, width);
            }
            left -= end - along;
            // What is left of a dash by rounding alone would never be used up.
            if left < 1e-3 {
                turn = (turn + 1) % dashes.len();
                left = f64::from(dashes[turn]);
            }
            along = end;
        }
    }
}

/// A thin dashed line, for what is not data.
pub(super) fn guide(canvas: &mut Canvas, from: Point, to: Point) {
    dashed(canvas, &[from, to], &[MM, MM * 7 / 10], super::style::FRAME, 18);
}
