//! Folds: the passes of a GEMM that is larger than the array.

use super::axes::{Dataflow, Layout, extent, layout};
use crate::shape::{Gemm, Operand};

/// A GEMM cut into folds: column folds outside, row folds inside, group after group.
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
    /// Independent GEMMs, done one after the other in one fold sequence.
    pub groups: u64,
}

impl FoldPlan {
    /// Lays a GEMM on an array of `array_rows` x `array_cols` processing elements.
    #[must_use]
    pub fn new(gemm: &Gemm, dataflow: Dataflow, array_rows: u64, array_cols: u64) -> Self {
        let layout = layout(dataflow);
        let (rows, cols) = (extent(gemm, layout.rows), extent(gemm, layout.cols));
        Self {
            layout,
            array_rows,
            array_cols,
            rows,
            cols,
            time: extent(gemm, layout.time),
            row_folds: rows.div_ceil(array_rows),
            col_folds: cols.div_ceil(array_cols),
            groups: gemm.groups,
        }
    }

    /// Number of folds, over all groups.
    #[must_use]
    pub fn folds(&self) -> u64 {
        self.groups * self.row_folds * self.col_folds
    }

    /// How often a group's operand crosses the edge of the array: the folds that do not index it.
    #[must_use]
    pub fn passes(&self, operand: Operand) -> u64 {
        if operand == self.layout.stationary {
            1
        } else if operand == self.layout.row_stream {
            self.col_folds
        } else {
            self.row_folds
        }
    }

    /// Used processing elements over all, averaged over folds: 0 to 1.
    #[must_use]
    pub fn mapping_efficiency(&self) -> f64 {
        let used = crate::units::real(self.rows * self.cols);
        used / crate::units::real(self.row_folds * self.array_rows * self.col_folds * self.array_cols)
    }
}
