//! The array whose sums stay (OS): both operands stream, results shift out at the bottom.
//!
//! A fold that uses fewer rows uses the lowest, so that its results have the shortest way out.

use exclusim::machine::FoldOverlap;

use super::feed::{Fault, Feed, plus, times};
use super::product::{Fold, Product};

/// The registers of a PE; `None` is a content that nobody may rely on.
#[derive(Clone, Copy, Default)]
struct Pe {
    x: Option<Streamed>,
    w: Option<i32>,
    sum: Option<i32>,
    /// Finished sum on its way out. Not built without overlap: there the sums themselves shift.
    drain: Option<i32>,
    /// Shifts at the next edge too (double-buffered).
    draining: bool,
}

/// An operand along a row, and whether it is its fold's first or last.
#[derive(Clone, Copy)]
struct Streamed {
    value: i32,
    first: bool,
    last: bool,
}

/// Where a sum that leaves a column belongs.
#[derive(Clone, Copy)]
struct Taken {
    group: usize,
    row: usize,
    col: usize,
}

struct Sequence {
    left: Feed<Streamed>,
    top: Feed<i32>,
    /// Edges at which all PEs copy their sums (global swap).
    copies: Feed<()>,
    /// Columns that start to shift (double-buffered), with the rows above those that do.
    shifts: Feed<usize>,
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
        for (col, pe) in array[a - 1].iter().enumerate() {
            let Some(taken) = sequence.bottom.at(edge, col) else { continue };
            let leaving = if overlap == FoldOverlap::None { pe.sum } else { pe.drain };
            let sum = leaving.ok_or(Fault::Undefined)?;
            if let Some(at) = product.result(taken.group, taken.row, taken.col) {
                memory[at] = memory[at].wrapping_add(sum);
            }
        }
        array = step(&array, &sequence, overlap, edge);
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
    let mut sequence = Sequence {
        left: Feed::new(a),
        top: Feed::new(b),
        copies: Feed::new(1),
        shifts: Feed::new(b),
        bottom: Feed::new(b),
    };
    for (fold, &start) in folds.iter().zip(starts) {
        let above = a - fold.rows;
        for t in 0..fold.time {
            for row in 0..fold.rows {
                let value = product.along_row(fold, row, t);
                let streamed = Streamed { value, first: t == 0, last: t + 1 == fold.time };
                sequence.left.put(start + t + 1 + above + row, above + row, streamed)?;
            }
            for col in 0..fold.cols {
                sequence.top.put(start + t + 1 + col, col, product.down_column(fold, col, t))?;
            }
        }
        // The PE in the last row and column is done.
        let done = start + fold.time + a + fold.cols - 2;
        if overlap == FoldOverlap::GlobalSwap {
            sequence.copies.put(done, 0, ())?;
        }
        for col in 0..fold.cols {
            let ready = match overlap {
                FoldOverlap::None | FoldOverlap::GlobalSwap => done,
                FoldOverlap::DoubleBuffered => start + fold.time + a - 1 + col,
            };
            sequence.shifts.put(ready + 1, col, above)?;
            for row in 0..fold.rows {
                let taken = Taken { group: fold.group, row: fold.row0 + row, col: fold.col0 + col };
                sequence.bottom.put(ready + fold.rows - row, col, taken)?;
            }
        }
    }
    Ok(sequence)
}

/// One clock edge: all registers at once, from the old state.
fn step(old: &[Vec<Pe>], sequence: &Sequence, overlap: FoldOverlap, edge: usize) -> Vec<Vec<Pe>> {
    let started = |row: usize, col: usize| sequence.shifts.at(edge, col).is_some_and(|above| row >= above);
    let pe = |row: usize, col: usize| {
        let own = old[row][col];
        let above = if row == 0 { Pe::default() } else { old[row - 1][col] };
        let x = if col == 0 { sequence.left.at(edge, row) } else { old[row][col - 1].x };
        let w = if row == 0 { sequence.top.at(edge, col) } else { above.w };
        let mut sum = own.sum;
        if let Some(x) = x {
            let product = times(x.value, w);
            sum = if x.first { product } else { plus(own.sum, product) };
        }
        // One enable for the whole array without overlap and with a global swap; column 0 always takes part.
        let array_shifts = sequence.bottom.at(edge, 0).is_some();
        let (mut drain, mut draining) = (own.drain, false);
        match overlap {
            FoldOverlap::None if array_shifts => sum = above.sum,
            FoldOverlap::None => {}
            FoldOverlap::GlobalSwap => {
                if array_shifts {
                    drain = above.drain;
                }
                if sequence.copies.at(edge, 0).is_some() {
                    drain = sum;
                }
            }
            FoldOverlap::DoubleBuffered => {
                // All rows begin together; each stops an edge after the one above, when nothing more can come.
                if started(row, col) || own.draining {
                    drain = above.drain;
                }
                if x.is_some_and(|x| x.last) {
                    drain = sum;
                }
                draining = row > 0 && (started(row - 1, col) || above.draining);
            }
        }
        Pe { x, w, sum, drain, draining }
    };
    let row = |row: usize| (0..old[row].len()).map(|col| pe(row, col)).collect();
    (0..old.len()).map(row).collect()
}
