//! A table of shaded cells with a value in each where there is room.

use plotters::style::RGBColor;

use super::PlotError;
use super::canvas::{Anchor, Canvas};
use super::style::{FRAME, INK, LEAST_TEXT, MM, TEXT, on};
use super::text::{fit, text_width, widest};

/// Highest row of cells.
const MOST_PITCH: i32 = 7 * MM;
/// Lowest row of cells.
const LEAST_PITCH: i32 = 60;
/// What all rows together may take.
const MOST_HEIGHT: i32 = 190 * MM;
const GAP: i32 = MM;

/// One cell: its shade and what stands in it.
#[derive(Clone)]
pub(super) struct Cell {
    pub(super) shade: RGBColor,
    pub(super) value: String,
    /// A corner is filled, so that the cell stands out without colour.
    pub(super) marked: bool,
}

impl Cell {
    /// Draws it between two edges and two heights, its value in a size if it fits in one.
    fn draw(
        &self,
        canvas: &mut Canvas,
        (left, right): (i32, i32),
        (top, bottom): (i32, i32),
        size: Option<i32>,
    ) {
        canvas.block((left, top), (right, bottom), self.shade);
        if self.marked {
            canvas.shape(vec![(left, top), (left + MM, top), (left, top + MM)], INK);
        }
        if let Some(size) = size {
            let at = ((left + right) / 2, (top + bottom) / 2);
            canvas.text(&self.value, at, size, Anchor::Middle, on(self.shade));
        }
    }
}

/// Cells in rows, with names.
pub(super) struct Heat<'a> {
    pub(super) rows: Vec<String>,
    pub(super) columns: Vec<String>,
    /// `[row][column]`; `None` where there is nothing.
    pub(super) cells: Vec<Vec<Option<Cell>>>,
    /// What the rows are, above their names.
    pub(super) row_axis: &'a str,
    /// What the columns are, below their names.
    pub(super) column_axis: &'a str,
    /// The part of the width that names of rows may take, in percent.
    pub(super) names: i32,
    /// Whether rows stand bottom up, as values on an upright axis.
    pub(super) upwards: bool,
}

impl Heat<'_> {
    /// Draws it from `top` between two edges; gives the height at which it ends.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        (left, right): (i32, i32),
        top: i32,
    ) -> Result<i32, PlotError> {
        let count = i32::try_from(self.rows.len()).unwrap_or(i32::MAX).max(1);
        let pitch = (MOST_HEIGHT / count).clamp(LEAST_PITCH, MOST_PITCH);
        let text = (pitch * 9 / 10).clamp(LEAST_TEXT, TEXT);
        let most = (right - left) * self.names / 100;
        let names = self.rows.iter().map(|name| fit(name, text, most)).collect::<Result<Vec<_>, _>>()?;
        let first = left + widest(names.iter(), text)? + GAP;
        canvas.text(
            &fit(self.row_axis, TEXT, right - left)?,
            (left, top + TEXT / 2),
            TEXT,
            Anchor::Left,
            INK,
        );
        let top = top + TEXT + MM;
        let columns = i32::try_from(self.columns.len()).unwrap_or(i32::MAX).max(1);
        let edge = |column: i32| first + (right - first) * column / columns;
        let every = (text + text / 10 + pitch - 1).div_euclid(pitch).max(1);
        let sizes = (text.min(pitch), edge(1) - edge(0) - 40);
        let size = self.value_size(sizes)?;
        for (i, (name, cells)) in (0..).zip(names.iter().zip(&self.cells)) {
            let row = if self.upwards { count - 1 - i } else { i };
            let heights = (top + row * pitch, top + (row + 1) * pitch);
            if i % every == 0 {
                let at = (first - GAP, (heights.0 + heights.1) / 2);
                canvas.text(name, at, text, Anchor::Right, INK);
            }
            for (j, cell) in (0..).zip(cells) {
                if let Some(cell) = cell {
                    cell.draw(canvas, (edge(j), edge(j + 1)), heights, size);
                }
            }
        }
        let bottom = top + count * pitch;
        canvas.frame((first, top), (right, bottom), FRAME, 12);
        self.column_names(canvas, (first, right), bottom)
    }

    /// The size at which every value fits its cell; none if that is too small to read.
    fn value_size(&self, (most, width): (i32, i32)) -> Result<Option<i32>, PlotError> {
        let values = || self.cells.iter().flatten().flatten().map(|cell| &cell.value);
        let widest = widest(values(), TEXT)?.max(1);
        let size = most.min(TEXT * width / widest);
        Ok((size >= LEAST_TEXT).then_some(size))
    }

    /// Names of the columns below the cells, thinned out where they would touch; gives the height of the end.
    fn column_names(
        &self,
        canvas: &mut Canvas,
        (left, right): (i32, i32),
        bottom: i32,
    ) -> Result<i32, PlotError> {
        let columns = i32::try_from(self.columns.len()).unwrap_or(i32::MAX).max(1);
        let pitch = (right - left) / columns;
        let every = ((widest(self.columns.iter(), TEXT)? + MM) / pitch.max(1) + 1).max(1);
        let line = bottom + MM / 2 + TEXT / 2;
        for (j, name) in (0..).zip(&self.columns).filter(|(j, _)| j % every == 0) {
            let middle = left + (right - left) * (2 * j + 1) / (2 * columns);
            canvas.text(name, (middle, line), TEXT, Anchor::Middle, INK);
        }
        let label = fit(self.column_axis, TEXT, right)?;
        let half = text_width(&label, TEXT)? / 2;
        let middle = ((left + right) / 2).max(half).min(right - half);
        canvas.text(&label, (middle, line + TEXT + MM / 2), TEXT, Anchor::Middle, INK);
        Ok(line + 2 * TEXT + MM / 2)
    }
}
