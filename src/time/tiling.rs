//! Which bytes each fold brings from DRAM and takes there: what fits where decides.
//!
//! Folds go column fold by column fold, within those piece of time by piece of time, within those row fold by row fold.
//! An operand that streams along the rows is needed again for every column fold, one that streams along the columns for
//! every row fold, the stationary one for every piece of time.

use super::memory::{Homes, SUM_BYTES};
use crate::arch::{Accumulator, Memory};
use crate::map::{FoldPlan, Place};
use crate::shape::{Gemm, Operand};

/// Bytes that one fold moves over the DRAM bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Must have arrived before the fold starts.
    pub load: u64,
    /// Can leave when the fold is done.
    pub store: u64,
}

/// When an operand's slices cross the DRAM bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fetch {
    /// It is on chip.
    Never,
    /// At the first fold that needs the slice: it is kept until the last.
    Once,
    /// At every fold.
    Always,
}

/// How a GEMM's operands move, a group at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiling {
    plan: FoldPlan,
    /// Input operands: how they are fetched, and their bytes a group.
    stationary: (Fetch, u64),
    row_stream: (Fetch, u64),
    column_stream: (Fetch, u64),
    /// Bytes of the result a group that go to DRAM.
    result: u64,
    /// Bytes a group that come from DRAM to be added to the result.
    added: u64,
    /// Bytes of partial sums a group that go to DRAM and come back between row folds.
    spilled: u64,
}

impl Tiling {
    /// The movements of a GEMM laid out by `plan` on scratchpads of a given size.
    #[must_use]
    pub fn new(gemm: &Gemm, plan: &FoldPlan, memory: &Memory, homes: Homes) -> Self {
        let layout = plan.layout;
        let input = |operand: Operand| {
            let (once, capacity) = match operand {
                Operand::Ifmap => (homes.ifmap_from_dram.div_ceil(gemm.groups), memory.ifmap.0),
                Operand::Filter if homes.filter_from_dram => (gemm.k * gemm.n, memory.filter.0),
                Operand::Filter | Operand::Ofmap => (0, 0),
            };
            // Column folds are outside: what the columns index is needed again before the next column fold, or never.
            let by_column = operand != layout.row_stream;
            let kept = once <= capacity || (by_column && once.div_ceil(plan.col_folds) <= capacity / 2);
            let fetch = match (once, kept) {
                (0, _) => Fetch::Never,
                (_, true) => Fetch::Once,
                (_, false) => Fetch::Always,
            };
            (fetch, once)
        };
        let sums = plan.cols.min(plan.array_cols) * plan.piece() * SUM_BYTES;
        let meet = layout.stationary != Operand::Ofmap && plan.row_folds > 1;
        // Pieces of time are cut to what the scratchpad holds: whole sums leave it as they are made.
        let spills = meet && memory.accumulator == Accumulator::Spill && sums > memory.ofmap.0 / 2;
        Self {
            plan: *plan,
            stationary: input(layout.stationary),
            row_stream: input(layout.row_stream),
            column_stream: input(layout.column_stream),
            result: homes.ofmap_to_dram.div_ceil(gemm.groups),
            added: homes.added_from_dram.div_ceil(gemm.groups),
            spilled: if spills { gemm.m * gemm.n * SUM_BYTES } else { 0 },
        }
    }

    /// How an input operand is fetched, and its bytes a group.
    fn input(&self, operand: Operand) -> (Fetch, u64) {
        if operand == self.plan.layout.stationary {
            self.stationary
        } else if operand == self.plan.layout.row_stream {
            self.row_stream
        } else {
            self.column_stream
        }
    }

    /// Bytes of an input operand fetched, over all groups.
    #[must_use]
    pub fn fetched(&self, operand: Operand) -> u64 {
        let (fetch, bytes) = self.input(operand);
        let times = match fetch {
            Fetch::Never => 0,
            Fetch::Once => 1,
            Fetch::Always => self.plan.passes(operand),
        };
        self.plan.groups * bytes * times
    }

    /// Bytes of partial sums that go to DRAM, and come back, over all groups.
    #[must_use]
    pub fn spills(&self) -> u64 {
        self.plan.groups * self.spilled * (self.plan.row_folds - 1)
    }

    /// At least what any fold moves: a whole tile, everything fetched.
    #[must_use]
    pub fn most(&self) -> Moves {
        let used = self.plan.used(self.plan.first_place());
        let (tile, tiles) = (used.rows * used.cols, self.plan.rows * self.plan.cols);
        let (column, columns) = (used.cols * used.time, self.plan.cols * self.plan.time);
        let bytes = |(fetch, bytes): (Fetch, u64)| if fetch == Fetch::Never { 0 } else { bytes };
        let sums = share(self.spilled, column, columns);
        let load = share(bytes(self.stationary), tile, tiles)
            + share(bytes(self.row_stream), used.rows * used.time, self.plan.rows * self.plan.time)
            + share(bytes(self.column_stream), column, columns)
            + sums;
        // A column fold's result is more than a tile's.
        let finished = |bytes| share(bytes, column, columns).max(share(bytes, tile, tiles));
        Moves { load: load + finished(self.added), store: finished(self.result) + sums }
    }

    /// What the fold at a place moves.
    #[must_use]
    pub fn moves(&self, place: Place) -> Moves {
        let plan = &self.plan;
        let used = plan.used(place);
        let when = |(fetch, bytes): (Fetch, u64), first: bool, part: u64, whole: u64| match fetch {
            Fetch::Never => 0,
            Fetch::Once if !first => 0,
            Fetch::Once | Fetch::Always => share(bytes, part, whole),
        };
        let (tile, tiles) = (used.rows * used.cols, plan.rows * plan.cols);
        let (column, columns) = (used.cols * used.time, plan.cols * plan.time);
        let sums = share(self.spilled, column, columns);
        let last = place.row + 1 == plan.row_folds;
        let load = when(self.stationary, place.piece == 0, tile, tiles)
            + when(self.row_stream, place.col == 0, used.rows * used.time, plan.rows * plan.time)
            + when(self.column_stream, place.row == 0, column, columns)
            + if place.row > 0 { sums } else { 0 };
        // What a fold finishes of the result; what is added to that must have come.
        let finished = |bytes| {
            if plan.layout.stationary == Operand::Ofmap {
                share(bytes, tile, tiles)
            } else if last {
                share(bytes, column, columns)
            } else {
                0
            }
        };
        let store = finished(self.result) + if last { 0 } else { sums };
        Moves { load: load + finished(self.added), store }
    }
}

/// The part of some bytes that falls to `part` of `whole`, rounded up.
fn share(bytes: u64, part: u64, whole: u64) -> u64 {
    if bytes == 0 {
        return 0;
    }
    bytes.checked_mul(part).map_or_else(
        // Layers of topologies may be this large; the quotient is not above `bytes`, as part <= whole.
        || u64::try_from((u128::from(bytes) * u128::from(part)).div_ceil(u128::from(whole))).unwrap_or(bytes),
        |product| product.div_ceil(whole),
    )
}
