//! Figures for papers: tables of results in, a drawing of fixed print size and the data it shows out. No file is
//! read, none is written.
//!
//! Widths are those of a two-column paper; text is 8 pt at that size and shrinks to 5 pt before labels are
//! thinned out. The same data give the same bytes.

mod axis;
mod bars;
mod canvas;
mod error;
mod figures;
mod heat;
#[cfg(test)]
mod invented_tests;
mod legend;
mod letters;
mod numbers;
mod panel;
mod png;
mod points;
mod results;
mod rows;
mod series;
mod style;
mod subject;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod violin;

pub use canvas::Drawing;
pub use error::PlotError;
pub use figures::{Ask, Figure, Made};
pub use results::{FILES, INPUTS, PARITY, POINTS, Results};
pub use subject::told_apart;
pub use svg::Lettering;

/// How wide a figure is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// 85 mm.
    #[default]
    OneColumn,
    /// 180 mm, across both columns of a page.
    TwoColumns,
}

impl Width {
    fn units(self) -> i32 {
        match self {
            Self::OneColumn => style::ONE_COLUMN,
            Self::TwoColumns => style::TWO_COLUMNS,
        }
    }
}

/// Width, title and note of a figure.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// Its width.
    pub width: Width,
    /// A title above it, if any.
    pub title: Option<&'a str>,
    /// What is to be known of all its numbers, in small letters above it.
    pub note: Option<&'a str>,
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
