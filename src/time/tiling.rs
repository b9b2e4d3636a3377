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
    stationary: Input,
    row_stream: Input,
    column_stream: Input,
    /// Bytes of the result that go to DRAM: by rows and columns in OS, else by columns and time.
    result: Slices,
    /// Bytes that come from DRAM to be added to the result, likewise.
    added: Slices,
    /// Bytes of partial sums a group that go to DRAM and come back between row folds.
    spilled: u64,
    sums: Slices,
}

/// An operand that the array reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Input {
    fetch: Fetch,
    /// Bytes a group.
    bytes: u64,
    slices: Slices,
}

/// Bytes of an operand's slices, by whether a fold is the last along one and along the other of its two axes: only the
/// last may be ragged.
type Slices = [[u64; 2]; 2];

/// How far a fold reaches along an axis, and how far the last one does.
#[derive(Clone, Copy)]
struct Reach {
    whole: u64,
    each: [u64; 2],
}

impl Reach {
    fn new(whole: u64, folds: u64, most: u64) -> Self {
        Self { whole, each: [whole.min(most), whole - (folds - 1) * most] }
    }

    /// The slices of `bytes` that span this axis and another.
    fn slices(self, other: Self, bytes: u64) -> Slices {
        if bytes == 0 {
            return Slices::default();
        }
        let slice = |one: usize, another: usize| {
            share(bytes, self.each[one] * other.each[another], self.whole * other.whole)
        };
        [[slice(0, 0), slice(0, 1)], [slice(1, 0), slice(1, 1)]]
    }
}

impl Tiling {
    /// The movements of a GEMM laid out by `plan` on scratchpads of a given size.
    #[must_use]
    pub fn new(gemm: &Gemm, plan: &FoldPlan, memory: &Memory, homes: Homes) -> Self {
        let layout = plan.layout;
        let rows = Reach::new(plan.rows, plan.row_folds, plan.array_rows);
        let cols = Reach::new(plan.cols, plan.col_folds, plan.array_cols);
        let time = Reach::new(plan.time, plan.time_folds, plan.piece());
        let input = |operand: Operand, one: Reach, other: Reach| {
            let (bytes, capacity) = match operand {
                Operand::Ifmap => (homes.ifmap_from_dram.div_ceil(gemm.groups), memory.ifmap.0),
                Operand::Filter if homes.filter_from_dram => (gemm.k * gemm.n, memory.filter.0),
                Operand::Filter | Operand::Ofmap => (0, 0),
            };
            // Column folds are outside: what the columns index is needed again before the next column fold, or never.
            let by_column = operand != layout.row_stream;
            let kept = bytes <= capacity || (by_column && bytes.div_ceil(plan.col_folds) <= capacity / 2);
            let fetch = match (bytes, kept) {
                (0, _) => Fetch::Never,
                (_, true) => Fetch::Once,
                (_, false) => Fetch::Always,
            };
            Input { fetch, bytes, slices: one.slices(other, bytes) }
        };
        let sums = plan.cols.min(plan.array_cols) * plan.piece() * SUM_BYTES;
        let meet = layout.stationary != Operand::Ofmap && plan.row_folds > 1;
        // Pieces of time are cut to what the scratchpad holds: whole sums leave it as they are made.
        let spills = meet && memory.accumulator == Accumulator::Spill && sums > memory.ofmap.0 / 2;
        let spilled = if spills { gemm.m * gemm.n * SUM_BYTES } else { 0 };
        let result = homes.ofmap_to_dram.div_ceil(gemm.groups);
        let sums_stay = layout.stationary == Operand::Ofmap;
        let finished = |bytes| if sums_stay { rows.slices(cols, bytes) } else { cols.slices(time, bytes) };
        Self {
            plan: *plan,
            stationary: input(layout.stationary, rows, cols),
            row_stream: input(layout.row_stream, rows, time),
            column_stream: input(layout.column_stream, cols, time),
            result: finished(result),
            added: finished(homes.added_from_dram.div_ceil(gemm.groups)),
            spilled,
            sums: cols.slices(time, spilled),
        }
    }

    fn input(&self, operand: Operand) -> &Input {
        if operand == self.plan.layout.stationary {
            &self.stationary
        } else if operand == self.plan.layout.row_stream {
            &self.row_stream
        } else {
            &self.column_stream
        }
    }

    /// Bytes of an input operand fetched, over all groups.
    #[must_use]
    pub fn fetched(&self, operand: Operand) -> u64 {
        let Input { fetch, bytes, .. } = *self.input(operand);
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
        let inputs = [self.stationary, self.row_stream, self.column_stream];
        let load: u64 = inputs.iter().map(|input| input.slices[0][0]).sum();
        Moves { load: load + self.sums[0][0] + self.added[0][0], store: self.result[0][0] + self.sums[0][0] }
    }

    /// What the fold at a place moves.
    #[must_use]
    pub fn moves(&self, place: Place) -> Moves {
        Moves { load: self.load(place), store: self.store(place) }
    }

    /// Whether a place is the last along rows, columns and time, as indices of slices.
    fn lasts(&self, place: Place) -> [usize; 3] {
        let plan = &self.plan;
        [
            usize::from(place.row + 1 == plan.row_folds),
            usize::from(place.col + 1 == plan.col_folds),
            usize::from(place.piece + 1 == plan.time_folds),
        ]
    }

    /// Bytes that must have arrived before the fold at a place starts.
    #[must_use]
    pub fn load(&self, place: Place) -> u64 {
        let [row, col, piece] = self.lasts(place);
        let when = |input: &Input, first: bool, one: usize, other: usize| match input.fetch {
            Fetch::Never => 0,
            Fetch::Once if !first => 0,
            Fetch::Once | Fetch::Always => input.slices[one][other],
        };
        when(&self.stationary, place.piece == 0, row, col)
            + when(&self.row_stream, place.col == 0, row, piece)
            + when(&self.column_stream, place.row == 0, col, piece)
            + if place.row > 0 { self.sums[col][piece] } else { 0 }
            + self.finished(&self.added, place).unwrap_or(0)
    }

    /// Whether something from DRAM is added to the result: the last row fold of a column fold waits for it.
    #[must_use]
    pub fn adds(&self) -> bool {
        self.added != Slices::default()
    }

    /// Of a result's bytes those that the fold at a place finishes.
    fn finished(&self, bytes: &Slices, place: Place) -> Option<u64> {
        let [row, col, piece] = self.lasts(place);
        if self.plan.layout.stationary == Operand::Ofmap {
            Some(bytes[row][col])
        } else {
            (row == 1).then(|| bytes[col][piece])
        }
    }

    /// Bytes that can leave when the fold at a place is done.
    #[must_use]
    pub fn store(&self, place: Place) -> u64 {
        let [_, col, piece] = self.lasts(place);
        self.finished(&self.result, place).unwrap_or(self.sums[col][piece])
    }
}

/// The part of some bytes that falls to `part` of `whole`, rounded up.
fn share(bytes: u64, part: u64, whole: u64) -> u64 {
    bytes.checked_mul(part).map_or_else(
        // Layers of topologies may be this large; the quotient is not above `bytes`, as part <= whole.
        || u64::try_from((u128::from(bytes) * u128::from(part)).div_ceil(u128::from(whole))).unwrap_or(bytes),
        |product| product.div_ceil(whole),
    )
}
