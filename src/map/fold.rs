//! Folds: the passes of a GEMM that is larger than the array, or makes more sums than the memory below it holds.

use super::axes::{Dataflow, Layout, Role, extent, layout};
use crate::shape::{Gemm, Operand};

/// A GEMM cut into folds: group after group, column folds, pieces of time, and row folds innermost.
///
/// One description for every dataflow; nothing downstream asks which one it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoldPlan {
    /// What lies along rows, columns and time.
    pub layout: Layout,
    /// Rows of the array, A.
    pub array_rows: u64,
    /// Columns of the array, B.
    pub array_cols: u64,
    /// Length of the axis along the rows.
    pub rows: u64,
    /// Length of the axis along the columns.
    pub cols: u64,
    /// Length of the axis in time, T.
    pub time: u64,
    /// Folds along the rows: ceil(rows / A).
    pub row_folds: u64,
    /// Folds along the columns: ceil(cols / B).
    pub col_folds: u64,
    /// Pieces of the axis in time: 1 unless [`FoldPlan::split_time`] cut it.
    pub time_folds: u64,
    /// Length of a piece of time; the last may be shorter.
    pub piece: u64,
    /// Independent GEMMs, done one after the other in one fold sequence.
    pub groups: u64,
}

impl FoldPlan {
    /// Lays a GEMM on an array of `array_rows` x `array_cols` processing elements.
    #[must_use]
    #[inline]
    pub fn new(gemm: &Gemm, dataflow: Dataflow, array_rows: u64, array_cols: u64) -> Self {
        let layout = layout(dataflow);
        let (rows, cols) = (extent(gemm, layout.rows), extent(gemm, layout.cols));
        let time = extent(gemm, layout.time);
        Self {
            layout,
            array_rows,
            array_cols,
            rows,
            cols,
            time,
            row_folds: rows.div_ceil(array_rows),
            col_folds: cols.div_ceil(array_cols),
            time_folds: 1,
            piece: time,
            groups: gemm.groups,
        }
    }

    /// Cuts time into equal pieces of at most `longest`, where sums meet row fold by row fold in the memory below the
    /// array: a piece's sums are whole before the next piece begins, and each piece loads what stays anew.
    ///
    /// Sums that stay in the array (OS), or are whole after one row fold, need no memory to meet in.
    #[must_use]
    pub fn split_time(self, longest: u64) -> Self {
        let meet = self.layout.column_stream == Operand::Ofmap && self.row_folds > 1;
        // The fewest pieces that fit, then as equal as they can be: a short last piece would load what stays for little.
        let time_folds = if meet { self.time.div_ceil(longest.max(1)) } else { 1 };
        Self { time_folds, piece: self.time.div_ceil(time_folds), ..self }
    }

    /// Number of folds, over all groups.
    #[must_use]
    #[inline]
    pub fn folds(&self) -> u64 {
        self.groups * self.row_folds * self.col_folds * self.time_folds
    }

    /// How often a group's operand crosses the edge of the array: the folds that do not index it.
    #[must_use]
    #[inline]
    pub fn passes(&self, operand: Operand) -> u64 {
        // A fold is named by its row fold, column fold and piece of time. What streams along the rows is indexed by rows and
        // time, so every column fold needs it again; and likewise for the others.
        match self.layout.role(operand) {
            Role::Stationary => self.time_folds,
            Role::RowStream => self.col_folds,
            Role::ColumnStream => self.row_folds,
        }
    }

    /// Used processing elements over all, averaged over folds: 0 to 1.
    #[must_use]
    #[inline]
    pub fn mapping_efficiency(&self) -> f64 {
        // Rows used, summed over row folds, are the axis's length; so the mean is one quotient, whatever the raggedness.
        let used = crate::units::real(self.rows * self.cols);
        used / crate::units::real(self.row_folds * self.array_rows * self.col_folds * self.array_cols)
    }
}
