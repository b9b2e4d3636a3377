//! Loops over tiles: their orders, which loop leaves an operand idle, and what a tile is a multiple of.

use super::axes::Layout;
use crate::shape::{Axis, Operand};

/// All orders of the three tile loops, outermost first, in which ties are broken: sums grow in place in the first two.
pub const ORDERS: [[Axis; 3]; 6] = [
    [Axis::N, Axis::M, Axis::K],
    [Axis::M, Axis::N, Axis::K],
    [Axis::N, Axis::K, Axis::M],
    [Axis::M, Axis::K, Axis::N],
    [Axis::K, Axis::N, Axis::M],
    [Axis::K, Axis::M, Axis::N],
];

/// An axis's place in lists of M, N, K.
#[must_use]
#[inline]
pub fn along(axis: Axis) -> usize {
    match axis {
        Axis::M => 0,
        Axis::N => 1,
        Axis::K => 2,
    }
}

/// An operand's place in lists of ifmap, filter, ofmap.
#[must_use]
#[inline]
pub fn at(operand: Operand) -> usize {
    match operand {
        Operand::Ifmap => 0,
        Operand::Filter => 1,
        Operand::Ofmap => 2,
    }
}

/// The axis that does not index an operand: over its loop the same tiles are used again.
#[must_use]
#[inline]
pub fn idle(operand: Operand) -> Axis {
    match operand {
        Operand::Ifmap => Axis::N,
        Operand::Filter => Axis::M,
        Operand::Ofmap => Axis::K,
    }
}

/// What tiles along N and K are multiples of, elements: whole folds of the array of `rows` x `cols`, and along K whole
/// channels of `taps` each.
///
/// Sums that stay in the array cannot leave it and come back: all of `k` is one tile then. An axis in time fills no side of the
/// array; N in time is cut as coarsely as columns are, so that the search stays small.
#[must_use]
pub fn tile_units(layout: &Layout, [rows, cols]: [u64; 2], [n, k]: [u64; 2], taps: u64) -> [u64; 2] {
    let side = |axis: Axis| {
        if layout.rows == axis {
            rows
        } else if layout.cols == axis || axis == Axis::N {
            cols
        } else {
            1
        }
    };
    let k_unit = if layout.sums_stay() {
        k
    } else {
        // The least number of whole channels that fills whole folds.
        let side = side(Axis::K);
        taps * (side / gcd(side, taps))
    };
    [side(Axis::N).min(n), k_unit.min(k)]
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}
