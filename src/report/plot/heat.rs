//! A table of shaded cells with a value in each where there is room.

use plotters::style::RGBColor;

use super::PlotError;
use super::canvas::{Anchor, Canvas};
use super::style::{FRAME, INK, LEAST_TEXT, MM, SMALL_TEXT, TEXT, on};
use super::text::{fit, text_width, widest};

/// Highest row of cells.
const MOST_PITCH: i32 = 7 * MM;
/// Highest row of cells where the table is cut into blocks.
const BLOCK_PITCH: i32 = 240;
/// Lowest row of cells.
const LEAST_PITCH: i32 = 60;
/// What all rows together may take.
const MOST_HEIGHT: i32 = 190 * MM;
/// More rows than this are cut into blocks beside each other.
const ONE_BLOCK: i32 = 40;
/// A block has no fewer rows than this, and is no narrower than this and than its columns and names need.
const LEAST_ROWS: i32 = 24;
const LEAST_BLOCK: i32 = 25 * MM;
const LEAST_COLUMN: i32 = 210;
const LEAST_NAMES: i32 = 8 * MM;
/// Between blocks.
const BETWEEN: i32 = 3 * MM;
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

/// What shades mean where no value can stand in the cells.
pub(super) struct Ramp {
    /// Values of the lightest and of the darkest shade, or of the two ends of two hues.
    pub(super) ends: [String; 2],
    /// The shade of a place from 0 to 1 between them.
    pub(super) shade: fn(f64) -> RGBColor,
}

impl Ramp {
    /// Draws it with its upper left corner at a point; gives the height at which it ends.
    fn draw(&self, canvas: &mut Canvas, (left, top): (i32, i32)) -> Result<i32, PlotError> {
        const STEPS: i32 = 20;
        const STEP: i32 = MM;
        let (middle, low) = (top + TEXT / 2, &self.ends[0]);
        canvas.text(low, (left, middle), SMALL_TEXT, Anchor::Left, INK);
        let first = left + text_width(low, SMALL_TEXT)? + GAP;
        let last = first + STEPS * STEP;
        for step in 0..STEPS {
            let shade = (self.shade)(f64::from(step) / f64::from(STEPS - 1));
            canvas.block((first + step * STEP, top), (first + (step + 1) * STEP, top + TEXT), shade);
        }
        canvas.frame((first, top), (last, top + TEXT), FRAME, 10);
        canvas.text(&self.ends[1], (last + GAP, middle), SMALL_TEXT, Anchor::Left, INK);
        Ok(top + TEXT + MM)
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
    /// Whether rows stand bottom up, as values on an upright axis; else many are cut into blocks beside each other.
    pub(super) upwards: bool,
    /// The key to the shades, drawn where no value can stand in the cells.
    pub(super) ramp: Ramp,
}

/// How rows are laid out: blocks beside each other, rows below each other in each.
#[derive(Clone, Copy)]
struct Layout {
    blocks: i32,
    /// Rows of a block; the last one may have fewer.
    rows: i32,
    pitch: i32,
    /// Size of names.
    text: i32,
}

/// Where one block lies.
#[derive(Clone, Copy)]
struct Block {
    /// Left edge of the cells.
    left: i32,
    right: i32,
    top: i32,
    columns: i32,
}

impl Block {
    /// Left edge of a column.
    fn edge(&self, column: i32) -> i32 {
        self.left + (self.right - self.left) * column / self.columns
    }
}

impl Heat<'_> {
    fn layout(&self, width: i32) -> Layout {
        let count = i32::try_from(self.rows.len()).unwrap_or(i32::MAX).max(1);
        let columns = i32::try_from(self.columns.len()).unwrap_or(i32::MAX / LEAST_COLUMN);
        let least = LEAST_BLOCK.max(columns.saturating_mul(LEAST_COLUMN).saturating_add(LEAST_NAMES));
        let blocks = if self.upwards || count <= ONE_BLOCK {
            1
        } else {
            ((width + BETWEEN) / least.saturating_add(BETWEEN)).min(count / LEAST_ROWS).max(1)
        };
        let rows = (count - 1) / blocks + 1;
        let most = if blocks > 1 { BLOCK_PITCH } else { MOST_PITCH };
        let pitch = (MOST_HEIGHT / rows).clamp(LEAST_PITCH, most);
        Layout { blocks, rows, pitch, text: (pitch * 9 / 10).clamp(LEAST_TEXT, TEXT) }
    }

    /// Draws it from `top` between two edges; gives the height at which it ends.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        (left, right): (i32, i32),
        top: i32,
    ) -> Result<i32, PlotError> {
        let layout = self.layout(right - left);
        let width = (right - left - BETWEEN * (layout.blocks - 1)) / layout.blocks;
        let names = self
            .rows
            .iter()
            .map(|name| fit(name, layout.text, width * self.names / 100))
            .collect::<Result<Vec<_>, _>>()?;
        let beside = widest(names.iter(), layout.text)? + GAP;
        let columns = i32::try_from(self.columns.len()).unwrap_or(i32::MAX).max(1);
        let size = self.value_size((layout.text.min(layout.pitch), (width - beside) / columns - 40))?;
        let top = if size.is_none() { self.ramp.draw(canvas, (left, top))? } else { top };
        let label = fit(self.row_axis, TEXT, right - left)?;
        canvas.text(&label, (left, top + TEXT / 2), TEXT, Anchor::Left, INK);
        let top = top + TEXT + MM;
        let mut bottom = top;
        let rows_of = usize::try_from(layout.rows).unwrap_or(usize::MAX);
        for (i, (names, cells)) in (0..).zip(names.chunks(rows_of).zip(self.cells.chunks(rows_of))) {
            let start = left + i * (width + BETWEEN);
            let block = Block { left: start + beside, right: start + width, top, columns };
            self.block(canvas, block, layout, names, cells, size);
            // The last block may be shorter; names of its columns stand right below it all the same.
            let rows = i32::try_from(names.len()).unwrap_or(layout.rows);
            let end = self.column_names(canvas, block, top + rows * layout.pitch)?;
            bottom = bottom.max(end);
        }
        self.column_axis(canvas, (left + beside, right), bottom)
    }

    /// Cells of one block with the names of their rows.
    fn block(
        &self,
        canvas: &mut Canvas,
        block: Block,
        Layout { pitch, text, .. }: Layout,
        names: &[String],
        cells: &[Vec<Option<Cell>>],
        size: Option<i32>,
    ) {
        let count = i32::try_from(names.len()).unwrap_or(i32::MAX);
        let every = (text + text / 10 + pitch - 1).div_euclid(pitch).max(1);
        for (i, (name, cells)) in (0..).zip(names.iter().zip(cells)) {
            let row = if self.upwards { count - 1 - i } else { i };
            let heights = (block.top + row * pitch, block.top + (row + 1) * pitch);
            if i % every == 0 {
                let at = (block.left - GAP, (heights.0 + heights.1) / 2);
                canvas.text(name, at, text, Anchor::Right, INK);
            }
            for (j, cell) in (0..).zip(cells) {
                if let Some(cell) = cell {
                    cell.draw(canvas, (block.edge(j), block.edge(j + 1)), heights, size);
                }
            }
        }
        let corners = ((block.left, block.top), (block.right, block.top + count * pitch));
        canvas.frame(corners.0, corners.1, FRAME, 12);
    }

    /// The size at which every value fits its cell; none if that is too small to read.
    fn value_size(&self, (most, width): (i32, i32)) -> Result<Option<i32>, PlotError> {
        let values = || self.cells.iter().flatten().flatten().map(|cell| &cell.value);
        let widest = widest(values(), TEXT)?.max(1);
        let size = most.min(TEXT * width / widest);
        Ok((size >= LEAST_TEXT).then_some(size))
    }

    /// Names of the columns below a block's cells, smaller where they would touch and thinned out where that is not
    /// enough; gives the height of the end.
    fn column_names(&self, canvas: &mut Canvas, block: Block, bottom: i32) -> Result<i32, PlotError> {
        let pitch = (block.right - block.left) / block.columns;
        let needed = widest(self.columns.iter(), TEXT)? + MM / 2;
        let text = (TEXT * pitch / needed.max(1)).clamp(LEAST_TEXT, TEXT);
        let every = if needed * text / TEXT <= pitch { 1 } else { needed * text / TEXT / pitch.max(1) + 1 };
        let line = bottom + MM / 2 + TEXT / 2;
        for (j, name) in (0..).zip(&self.columns).filter(|(j, _)| j % every == 0) {
            // A name wider than the last column ends where the sheet's margin does.
            let most = block.right + MM / 2 - text_width(name, text)? / 2;
            let middle = ((block.edge(j) + block.edge(j + 1)) / 2).min(most);
            canvas.text(name, (middle, line), text, Anchor::Middle, INK);
        }
        Ok(line + TEXT / 2)
    }

    /// What the columns are, below their names; gives the height of the end.
    fn column_axis(
        &self,
        canvas: &mut Canvas,
        (left, right): (i32, i32),
        bottom: i32,
    ) -> Result<i32, PlotError> {
        let label = fit(self.column_axis, TEXT, right)?;
        let half = text_width(&label, TEXT)? / 2;
        let middle = ((left + right) / 2).max(half).min(right - half);
        canvas.text(&label, (middle, bottom + TEXT / 2 + MM / 2), TEXT, Anchor::Middle, INK);
        Ok(bottom + 3 * TEXT / 2 + MM / 2)
    }

    /// What it takes from `top` on where values fit their cells.
    pub(super) fn height(&self, width: i32) -> i32 {
        let Layout { rows, pitch, .. } = self.layout(width);
        TEXT + MM + rows * pitch + MM / 2 + 3 * TEXT / 2 + TEXT + MM / 2
    }
}
