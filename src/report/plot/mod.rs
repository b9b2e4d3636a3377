//! Figures for papers: plain data in, an SVG of fixed print size out. No file is read, none is written.
//!
//! Widths are those of a two-column paper; text is 8 pt at that size and shrinks to 5 pt before labels are
//! thinned out. The same data give the same bytes.

mod axis;
mod canvas;
mod cycles;
mod exits;
mod legend;
mod rows;
mod saved;
mod style;
#[cfg(test)]
mod tests;

pub use cycles::{LayerCycles, cycles_by_cause};
pub use exits::exits_per_class;
pub use saved::{Saved, saved};

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlotError {
    /// No rows at all.
    #[error("no {what} to draw; a figure needs at least one")]
    Empty {
        /// What a row stands for.
        what: &'static str,
    },
    /// Rows, and every one of them is zero.
    #[error("all {what} are zero; there is nothing to draw")]
    Zero {
        /// What is counted.
        what: &'static str,
    },
    /// More rows than a page can tell apart.
    #[error("{found} {what} are too many for a figure; draw at most {most} at a time")]
    TooMany {
        /// What a row stands for.
        what: &'static str,
        /// Rows given.
        found: usize,
        /// Rows a figure can take.
        most: usize,
    },
    /// A value is not a number, or none that an axis could show.
    #[error("{column} of `{row}` is {value}; a figure needs a finite number below a billion")]
    Value {
        /// Label of the row.
        row: String,
        /// Name of the value.
        column: &'static str,
        /// The value.
        value: f64,
    },
    /// Names and counts are not of one length.
    #[error("{classes} class names go with {counts} rows of counts; give one row a class")]
    Classes {
        /// Names given.
        classes: usize,
        /// Rows of counts given.
        counts: usize,
    },
    /// A class has more or fewer exits than the first one.
    #[error("class `{class}` counts {found} exits where the first class counts {expected}")]
    Exits {
        /// Name of the class.
        class: String,
        /// Exits of the first class, the end included.
        expected: usize,
        /// Exits of this class.
        found: usize,
    },
    /// The bundled font or the drawing library failed.
    #[error("the figure could not be drawn: {0}")]
    Drawing(String),
}

/// Rows a figure can take; beyond, bars are thinner than a printed line.
const MOST_ROWS: usize = 1000;

/// Refuses figures without rows or with too many.
fn check_rows(what: &'static str, found: usize) -> Result<(), PlotError> {
    match found {
        0 => Err(PlotError::Empty { what }),
        1..=MOST_ROWS => Ok(()),
        _ => Err(PlotError::TooMany { what, found, most: MOST_ROWS }),
    }
}
