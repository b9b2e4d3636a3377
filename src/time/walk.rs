//! How long folds take when each waits for its data: the closed form of a walk over all folds.
//!
//! Scratchpads are double-buffered. While fold i works, the DRAM bus brings what fold i + 1 needs and takes away what
//! fold i - 1 made; fold i + 1 starts when fold i has ended (its half of the input is free for fold i + 2), its own
//! data are there, and the half of the output that it will fill is empty. So
//!
//! total = latency + load(0) + sum over folds of max(period, load(i + 1) + store(i - 1)) + store(last),
//!
//! exactly, for a bus that serves first what came first, whichever of two it takes that came together. `tests/tile_walk.rs` plays the same machine event by event,
//! with bus, array and half buffers of its own.

use super::tiling::{Moves, Tiling};
use crate::map::FoldPlan;

/// What a walk needs to know of the array and the bus.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Cycles from a fold's start to the next one's, when nothing waits.
    pub period: u64,
    /// Cycles of the last fold beyond its period: what of it no later fold hides.
    pub tail: u64,
    /// Cycles before the first byte of a first access arrives.
    pub latency: u64,
    /// Bytes the bus moves a cycle.
    pub bytes_per_cycle: f64,
}

impl Pace {
    /// Whole cycles to move some bytes.
    #[must_use]
    pub fn transfer(&self, bytes: u64) -> u64 {
        if bytes == 0 {
            0
        } else {
            crate::units::whole_cycles(crate::units::real(bytes) / self.bytes_per_cycle).0
        }
    }

    fn busy(&self, load: u64, store: u64) -> u64 {
        self.transfer(load) + self.transfer(store)
    }
}

/// Cycles of all folds, waiting included.
#[must_use]
pub fn walk_cycles(plan: &FoldPlan, tiling: &Tiling, pace: Pace) -> u64 {
    let (cols, rows, groups) = (plan.col_folds, plan.row_folds, plan.groups);
    let first = tiling.moves(0, 0);
    let last = tiling.moves(cols - 1, rows - 1);
    let step = |load: u64, store: u64| pace.period.max(pace.busy(load, store));
    // One group, as if another came before and after it.
    let mut group = 0;
    for (col, many_cols) in kinds(cols) {
        for (row, many_rows) in kinds(rows) {
            let next = neighbour(tiling, cols, rows, col, row, true);
            let before = neighbour(tiling, cols, rows, col, row, false);
            group += many_cols * many_rows * step(next.load, before.store);
        }
    }
    let before_last = neighbour(tiling, cols, rows, cols - 1, rows - 1, false);
    let after_first = neighbour(tiling, cols, rows, 0, 0, true);
    let fetches = if first.load > 0 { pace.latency } else { 0 };
    let ends = pace.transfer(first.load) + pace.transfer(last.store) + fetches;
    if plan.folds() == 1 {
        return ends + pace.period + pace.tail;
    }
    // Nothing comes before the first fold, nor after the last.
    let open = step(after_first.load, 0) + (pace.period + pace.tail).max(pace.busy(0, before_last.store));
    let closed = step(after_first.load, last.store) + step(first.load, before_last.store);
    ends + groups * group + open - closed
}

/// Indices that stand for all: first, those between, last but one, last; each with how many it stands for.
fn kinds(folds: u64) -> impl Iterator<Item = (u64, u64)> {
    let between = folds.saturating_sub(3);
    let all = [(0, 1), (1, between), (folds.wrapping_sub(2), 1), (folds.wrapping_sub(1), 1)];
    let wanted = match folds {
        1 => [true, false, false, false],
        2 => [true, false, false, true],
        3 => [true, false, true, true],
        _ => [true, true, true, true],
    };
    all.into_iter().zip(wanted).filter_map(|(kind, wanted)| wanted.then_some(kind))
}

/// What the fold after or before one moves, over the border of column folds and of groups.
fn neighbour(tiling: &Tiling, cols: u64, rows: u64, col: u64, row: u64, after: bool) -> Moves {
    let (col, row) = match (after, row + 1 == rows, row == 0) {
        (true, false, _) => (col, row + 1),
        (true, true, _) => ((col + 1) % cols, 0),
        (false, _, false) => (col, row - 1),
        (false, _, true) => ((col + cols - 1) % cols, rows - 1),
    };
    tiling.moves(col, row)
}
