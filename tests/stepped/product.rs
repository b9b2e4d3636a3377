//! A product to compute, cut into folds: real operands, and where each fold finds them.

use exclusim::map::{Dataflow, EdgeFolds};
use exclusim::shape::Gemm;

/// What the array's rows, columns and time are for a product.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) dataflow: Dataflow,
    pub(crate) groups: usize,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) time: usize,
    m: usize,
    n: usize,
    k: usize,
    /// `groups` x M x K.
    ifmap: Vec<i32>,
    /// `groups` x K x N.
    filter: Vec<i32>,
}

impl Product {
    /// A product whose operands of 8 bits, or 32 when `wide`, follow from `seed`.
    pub(crate) fn new(gemm: Gemm, dataflow: Dataflow, seed: u64, wide: bool) -> Self {
        let mut product = Self::sized(gemm, dataflow);
        let mut state = seed | 1;
        let mut operand = || {
            // xorshift64 (Marsaglia, 2003).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let [.., a, b, c, d] = state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes();
            // Odd operands of 32 bits: in arithmetic modulo 2^32 no wrong one gives a right product.
            if wide { i32::from_be_bytes([a, b, c, d]) | 1 } else { i32::from(i8::from_be_bytes([a])) }
        };
        let Self { groups, m, n, k, .. } = product;
        product.ifmap = (0..groups * m * k).map(|_| operand()).collect();
        product.filter = (0..groups * k * n).map(|_| operand()).collect();
        product
    }

    /// A product without operands, of which only the size matters.
    pub(crate) fn sized(gemm: Gemm, dataflow: Dataflow) -> Self {
        let size = |axis: u64| usize::try_from(axis).unwrap();
        let (groups, m, n, k) = (size(gemm.groups), size(gemm.m), size(gemm.n), size(gemm.k));
        let (rows, cols, time) = match dataflow {
            Dataflow::OutputStationary => (m, n, k),
            Dataflow::WeightStationary => (k, n, m),
            Dataflow::InputStationary => (k, m, n),
        };
        Self { dataflow, groups, rows, cols, time, m, n, k, ifmap: Vec::new(), filter: Vec::new() }
    }

    /// Sums stay in the array (OS) instead of moving down it.
    pub(crate) fn sums_stay(&self) -> bool {
        self.dataflow == Dataflow::OutputStationary
    }

    fn ifmap(&self, group: usize, m: usize, k: usize) -> i32 {
        self.ifmap[(group * self.m + m) * self.k + k]
    }

    fn filter(&self, group: usize, k: usize, n: usize) -> i32 {
        self.filter[(group * self.k + k) * self.n + n]
    }

    /// What streams along row `row` of a fold at time `t`; zero outside the product.
    pub(crate) fn along_row(&self, fold: &Fold, row: usize, t: usize) -> i32 {
        let (row, t) = (fold.row0 + row, fold.time0 + t);
        if row >= self.rows {
            return 0;
        }
        match self.dataflow {
            Dataflow::OutputStationary => self.ifmap(fold.group, row, t),
            Dataflow::WeightStationary => self.ifmap(fold.group, t, row),
            Dataflow::InputStationary => self.filter(fold.group, row, t),
        }
    }

    /// What streams down column `col` of a fold at time `t` (OS); zero outside the product.
    pub(crate) fn down_column(&self, fold: &Fold, col: usize, t: usize) -> i32 {
        let col = fold.col0 + col;
        if col >= self.cols { 0 } else { self.filter(fold.group, fold.time0 + t, col) }
    }

    /// What stays at a place of a fold (WS, IS); zero outside the product.
    pub(crate) fn staying(&self, fold: &Fold, row: usize, col: usize) -> i32 {
        let (row, col) = (fold.row0 + row, fold.col0 + col);
        if row >= self.rows || col >= self.cols {
            return 0;
        }
        match self.dataflow {
            Dataflow::InputStationary => self.ifmap(fold.group, col, row),
            _ => self.filter(fold.group, row, col),
        }
    }

    /// Index of a result among `groups` x M x N, by its place on the array's axes; `None` outside the product.
    pub(crate) fn result(&self, group: usize, row_or_time: usize, col: usize) -> Option<usize> {
        let (m, n) = match self.dataflow {
            Dataflow::InputStationary => (col, row_or_time),
            _ => (row_or_time, col),
        };
        (m < self.m && n < self.n).then_some((group * self.m + m) * self.n + n)
    }

    /// The product by its definition, modulo 2^32.
    pub(crate) fn expected(&self) -> Vec<i32> {
        let mut ofmap = Vec::new();
        for group in 0..self.groups {
            for m in 0..self.m {
                for n in 0..self.n {
                    let term = |k| self.ifmap(group, m, k).wrapping_mul(self.filter(group, k, n));
                    ofmap.push((0..self.k).map(term).fold(0, i32::wrapping_add));
                }
            }
        }
        ofmap
    }
}

/// A part of the product that is done in one pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fold {
    pub(crate) group: usize,
    pub(crate) row0: usize,
    pub(crate) col0: usize,
    pub(crate) time0: usize,
    /// Rows of the array that take part.
    pub(crate) rows: usize,
    /// Columns of the array that take part.
    pub(crate) cols: usize,
    /// Edges it streams.
    pub(crate) time: usize,
}

/// The folds in order: group, column fold, piece of time, row fold (innermost).
pub(crate) fn folds(product: &Product, a: usize, b: usize, edges: EdgeFolds, longest: usize) -> Vec<Fold> {
    let used = |left: usize, side: usize| if edges == EdgeFolds::Full { side } else { left.min(side) };
    let longest = product.time.div_ceil(product.time.div_ceil(longest));
    let mut folds = Vec::new();
    for group in 0..product.groups {
        for col0 in (0..product.cols).step_by(b) {
            for time0 in (0..product.time).step_by(longest) {
                for row0 in (0..product.rows).step_by(a) {
                    let (rows, cols) = (used(product.rows - row0, a), used(product.cols - col0, b));
                    let time = longest.min(product.time - time0);
                    folds.push(Fold { group, row0, col0, time0, rows, cols, time });
                }
            }
        }
    }
    folds
}
