//! The array whose sums move down it (WS, IS): an operand stays, the other streams along the rows.
//!
//! At every edge a PE latches sum = sum from above + x from the left * its weight, and hands x on. Weights shift down
//! from the top. What leaves the bottom row is added up in a memory below.

use exclusim::machine::FoldOverlap;

use super::feed::{Fault, Feed, plus, times};
use super::product::{Fold, Product};

/// The registers of a PE; `None` is a content that nobody may rely on.
#[derive(Clone, Copy, Default)]
struct Pe {
    x: Option<Streamed>,
    sum: Option<i32>,
    active: Option<i32>,
    /// Not built without overlap.
    shadow: Option<i32>,
    /// The next row's shadow takes part in this load (double-buffered).
    loading: bool,
}

/// A streamed operand, and whether it is its fold's first.
#[derive(Clone, Copy)]
struct Streamed {
    value: i32,
    first: bool,
}

/// A weight at the top, and whether it ends its column's load.
#[derive(Clone, Copy)]
struct Loaded {
    value: i32,
    last: bool,
}

/// Where a sum that leaves a column belongs.
#[derive(Clone, Copy)]
struct Taken {
    group: usize,
    time: usize,
    col: usize,
}

/// Everything the sequencer does to the array's edges.
struct Sequence {
    left: Feed<Streamed>,
    top: Feed<Loaded>,
    /// Edges at which all PEs swap (global swap).
    swaps: Feed<()>,
    bottom: Feed<Taken>,
}

/// Runs the folds, whose streams start after the given edges. Returns all results, and the edge of the last.
pub(crate) fn run(
    product: &Product,
    (a, b): (usize, usize),
    overlap: FoldOverlap,
    folds: &[Fold],
    starts: &[usize],
) -> Result<(Vec<i32>, usize), Fault> {
    let sequence = sequence(product, (a, b), overlap, folds, starts)?;
    let mut array = vec![vec![Pe::default(); b]; a];
    let mut memory = vec![0i32; product.expected().len()];
    for edge in 1..=sequence.bottom.last() {
        array = step(&array, &sequence, overlap, edge);
        for (col, pe) in array[a - 1].iter().enumerate() {
            let Some(taken) = sequence.bottom.at(edge, col) else { continue };
            let sum = pe.sum.ok_or(Fault::Undefined)?;
            if let Some(at) = product.result(taken.group, taken.time, taken.col) {
                memory[at] = memory[at].wrapping_add(sum);
            }
        }
    }
    Ok((memory, sequence.bottom.last()))
}

fn sequence(
    product: &Product,
    (a, b): (usize, usize),
    overlap: FoldOverlap,
    folds: &[Fold],
    starts: &[usize],
) -> Result<Sequence, Fault> {
    let mut sequence =
        Sequence { left: Feed::new(a), top: Feed::new(b), swaps: Feed::new(1), bottom: Feed::new(b) };
    let mut before = 0;
    for (fold, &start) in folds.iter().zip(starts) {
        // Without a second register a fold's weights go in just before its stream, with one during the stream before.
        let (load, skewed) = match overlap {
            FoldOverlap::None => (start.checked_sub(fold.rows).ok_or(Fault::TooEarly)?, false),
            FoldOverlap::GlobalSwap => (before, false),
            FoldOverlap::DoubleBuffered => (before, true),
        };
        for col in 0..fold.cols {
            for row in 0..fold.rows {
                // The last row's weight goes first: it has the longest way.
                let loaded = Loaded { value: product.staying(fold, row, col), last: row == 0 };
                let skew = if skewed { col } else { 0 };
                sequence.top.put(load + (fold.rows - row) + skew, col, loaded)?;
            }
            for t in 0..fold.time {
                let taken = Taken { group: fold.group, time: fold.time0 + t, col: fold.col0 + col };
                sequence.bottom.put(start + t + 1 + (a - 1) + col, col, taken)?;
            }
        }
        // Rows below the fold get zeros: their weights, whatever they are, add nothing to sums on their way down.
        for row in 0..a {
            for t in 0..fold.time {
                let value = if row < fold.rows { product.along_row(fold, row, t) } else { 0 };
                sequence.left.put(start + t + 1 + row, row, Streamed { value, first: t == 0 })?;
            }
        }
        sequence.swaps.put(start + 1, 0, ())?;
        before = start;
    }
    Ok(sequence)
}

/// One clock edge: all registers at once, from the old state.
fn step(old: &[Vec<Pe>], sequence: &Sequence, overlap: FoldOverlap, edge: usize) -> Vec<Vec<Pe>> {
    let pe = |row: usize, col: usize| {
        let own = old[row][col];
        let above = if row == 0 { None } else { Some(old[row - 1][col]) };
        let top = sequence.top.at(edge, col);
        // One enable for the whole array without overlap and with a global swap; column 0 always takes part.
        let array_loads = sequence.top.at(edge, 0).is_some();
        let x = if col == 0 { sequence.left.at(edge, row) } else { old[row][col - 1].x };
        let shifted = |weight: fn(&Pe) -> Option<i32>| match &above {
            None => top.map(|loaded| loaded.value),
            Some(above) => weight(above),
        };
        let (active, shadow, used, loading) = match overlap {
            FoldOverlap::None => {
                let active = if array_loads { shifted(|pe| pe.active) } else { own.active };
                (active, None, own.active, false)
            }
            FoldOverlap::GlobalSwap => {
                let used = if sequence.swaps.at(edge, 0).is_some() { own.shadow } else { own.active };
                let shadow = if array_loads { shifted(|pe| pe.shadow) } else { own.shadow };
                (used, shadow, used, false)
            }
            FoldOverlap::DoubleBuffered => {
                // The swap comes with the first x, the load's front one row an edge; its end is told to the column.
                let used = if x.is_some_and(|x| x.first) { own.shadow } else { own.active };
                let enabled = top.is_some() && above.is_none_or(|above| above.loading);
                let shadow = if enabled { shifted(|pe| pe.shadow) } else { own.shadow };
                (used, shadow, used, enabled && top.is_some_and(|loaded| !loaded.last))
            }
        };
        let sum_in = above.map_or(Some(0), |above| above.sum);
        let sum = x.and_then(|x| plus(sum_in, times(x.value, used)));
        Pe { x, sum, active, shadow, loading }
    };
    let row = |row: usize| (0..old[row].len()).map(|col| pe(row, col)).collect();
    (0..old.len()).map(row).collect()
}
