//! Which bytes each fold brings from DRAM and takes there: what fits where decides.
//!
//! Folds go column fold by column fold, within those piece of time by piece of time, within those row fold by row fold.
//! An operand that streams along the rows is needed again for every column fold, one that streams along the columns for
//! every row fold, the stationary one for every piece of time.

use super::memory::{Homes, SUM_BYTES};
use crate::machine::{Accumulator, Memory};
use crate::map::{Fold, FoldPlan, Place, Role};
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
    /// Elements of the operands of a group.
    whole: Faces,
    stationary: Input,
    row_stream: Input,
    column_stream: Input,
    /// Bytes of the result that go to DRAM, a group: by rows and columns in OS, else by columns and time.
    result: u64,
    /// Bytes that come from DRAM to be added to the result, likewise.
    added: u64,
    /// Partial sums a group that go to DRAM and come back between row folds.
    spilled: u64,
}

/// An operand that the array reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Input {
    fetch: Fetch,
    /// Bytes a group.
    bytes: u64,
}

/// Elements of a fold's part of each operand: two of its three extents multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Faces {
    stationary: u64,
    row_stream: u64,
    column_stream: u64,
}

impl Faces {
    #[inline]
    fn of(Fold { rows, cols, time }: Fold) -> Self {
        Self { stationary: rows * cols, row_stream: rows * time, column_stream: cols * time }
    }
}

impl Tiling {
    /// The movements of a GEMM laid out by `plan` on scratchpads of a given size.
    #[must_use]
    pub fn new(gemm: &Gemm, plan: FoldPlan, memory: &Memory, homes: Homes) -> Self {
        let layout = plan.layout;
        let of_group = |bytes: u64| if gemm.groups == 1 { bytes } else { bytes.div_ceil(gemm.groups) };
        let input = |operand: Operand| {
            let (bytes, capacity) = match operand {
                Operand::Ifmap => (of_group(homes.ifmap_from_dram), memory.ifmap.0),
                Operand::Filter if homes.filter_from_dram => (gemm.k * gemm.n, memory.filter.0),
                Operand::Filter | Operand::Ofmap => (0, 0),
            };
            // Column folds are outside: what the columns index is needed again before the next column fold, or never.
            let by_column = layout.role(operand) != Role::RowStream;
            let kept = bytes <= capacity || (by_column && bytes.div_ceil(plan.col_folds) <= capacity / 2);
            let fetch = match (bytes, kept) {
                (0, _) => Fetch::Never,
                (_, true) => Fetch::Once,
                (_, false) => Fetch::Always,
            };
            Input { fetch, bytes }
        };
        let sums = plan.cols.min(plan.array_cols) * plan.piece * SUM_BYTES;
        let meet = !layout.sums_stay() && plan.row_folds > 1;
        // Pieces of time are cut to what the scratchpad holds: whole sums leave it as they are made.
        let spills = meet && memory.accumulator == Accumulator::Spill && sums > memory.ofmap.0 / 2;
        Self {
            whole: Faces::of(Fold { rows: plan.rows, cols: plan.cols, time: plan.time }),
            stationary: input(layout.stationary),
            row_stream: input(layout.row_stream),
            column_stream: input(layout.column_stream),
            result: of_group(homes.ofmap_to_dram),
            added: of_group(homes.added_from_dram),
            spilled: if spills { gemm.m * gemm.n } else { 0 },
            plan,
        }
    }

    /// The least memory in which folds move the same: what is kept fits, and what does not is not asked for.
    #[must_use]
    pub(super) fn needs(&self, memory: &Memory) -> [u64; 3] {
        let layout = self.plan.layout;
        let kept = |operand: Operand, capacity: u64| {
            let Input { fetch, bytes } = *self.input(operand);
            let slices = if layout.role(operand) == Role::RowStream {
                u64::MAX
            } else {
                2 * bytes.div_ceil(self.plan.col_folds)
            };
            if fetch == Fetch::Once { bytes.min(slices).min(capacity) } else { 0 }
        };
        let meet = !layout.sums_stay() && self.plan.row_folds > 1;
        let sums = self.plan.cols.min(self.plan.array_cols) * self.plan.piece * SUM_BYTES;
        let ofmap = match memory.accumulator {
            _ if !meet || self.spilled > 0 => 0,
            Accumulator::Spill => 2 * sums,
            Accumulator::Split => self.plan.array_cols * self.plan.piece * SUM_BYTES,
        };
        [kept(Operand::Ifmap, memory.ifmap.0), kept(Operand::Filter, memory.filter.0), ofmap]
    }

    /// The folds that move them.
    #[must_use]
    pub fn plan(&self) -> &FoldPlan {
        &self.plan
    }

    #[inline]
    fn input(&self, operand: Operand) -> &Input {
        match self.plan.layout.role(operand) {
            Role::Stationary => &self.stationary,
            Role::RowStream => &self.row_stream,
            Role::ColumnStream => &self.column_stream,
        }
    }

    /// Bytes of an input operand fetched, over all groups.
    #[must_use]
    #[inline]
    pub fn fetched(&self, operand: Operand) -> u64 {
        let Input { fetch, bytes } = *self.input(operand);
        let times = match fetch {
            Fetch::Never => 0,
            Fetch::Once => 1,
            Fetch::Always => self.plan.passes(operand),
        };
        self.plan.groups * bytes * times
    }

    /// Bytes of partial sums that go to DRAM, and come back, over all groups.
    #[must_use]
    #[inline]
    pub fn spills(&self) -> u64 {
        self.plan.groups * self.spilled * SUM_BYTES * (self.plan.row_folds - 1)
    }

    /// Whether the first column fold fetches what the others do not.
    #[must_use]
    pub fn first_column_differs(&self) -> bool {
        self.row_stream.fetch == Fetch::Once
    }

    /// Whether something from DRAM is added to the result: the last row fold of a column fold waits for it.
    #[must_use]
    pub fn last_row_differs(&self) -> bool {
        self.added > 0
    }

    /// At least what any fold moves: a whole tile, everything fetched.
    #[must_use]
    #[inline]
    pub fn most(&self) -> Moves {
        let (part, whole) = (self.faces(self.plan.first_place()), self.whole);
        let sums = self.sums(part);
        let load = share(self.stationary.bytes, part.stationary, whole.stationary)
            + share(self.row_stream.bytes, part.row_stream, whole.row_stream)
            + share(self.column_stream.bytes, part.column_stream, whole.column_stream)
            + self.finished(self.added, part);
        Moves { load: load + sums, store: self.finished(self.result, part) + sums }
    }

    /// What the fold at a place moves.
    #[must_use]
    pub fn moves(&self, place: Place) -> Moves {
        Moves { load: self.load(place), store: self.store(place) }
    }

    /// Bytes of an operand from DRAM that the fold at a place works with.
    #[must_use]
    pub(super) fn slice(&self, operand: Operand, place: Place) -> u64 {
        let (part, whole) = (self.faces(place), self.whole);
        let bytes = self.input(operand).bytes;
        match self.plan.layout.role(operand) {
            Role::Stationary => share(bytes, part.stationary, whole.stationary),
            Role::RowStream => share(bytes, part.row_stream, whole.row_stream),
            Role::ColumnStream => share(bytes, part.column_stream, whole.column_stream),
        }
    }

    /// Bytes that must have arrived before the fold at a place starts.
    #[must_use]
    #[inline]
    pub fn load(&self, place: Place) -> u64 {
        let (part, whole) = (self.faces(place), self.whole);
        let arrives = |input: Input, first: bool, part: u64, whole: u64| match input.fetch {
            Fetch::Never => 0,
            Fetch::Once if !first => 0,
            Fetch::Once | Fetch::Always => share(input.bytes, part, whole),
        };
        arrives(self.stationary, place.piece == 0, part.stationary, whole.stationary)
            + arrives(self.row_stream, place.col == 0, part.row_stream, whole.row_stream)
            + arrives(self.column_stream, place.row == 0, part.column_stream, whole.column_stream)
            + if place.row > 0 { self.sums(part) } else { 0 }
            + if self.finishes(place) { self.finished(self.added, part) } else { 0 }
    }

    /// Bytes that must have arrived before the fold at a place starts, `[ifmap, filter, sums, added]`.
    #[must_use]
    pub fn loads(&self, place: Place) -> [u64; 4] {
        let part = self.faces(place);
        let arrives = |operand: Operand| {
            let first = match self.plan.layout.role(operand) {
                Role::Stationary => place.piece == 0,
                Role::RowStream => place.col == 0,
                Role::ColumnStream => place.row == 0,
            };
            match self.input(operand).fetch {
                Fetch::Always => self.slice(operand, place),
                Fetch::Once if first => self.slice(operand, place),
                Fetch::Once | Fetch::Never => 0,
            }
        };
        let sums = if place.row > 0 { self.sums(part) } else { 0 };
        let added = if self.finishes(place) { self.finished(self.added, part) } else { 0 };
        [arrives(Operand::Ifmap), arrives(Operand::Filter), sums, added]
    }

    /// Bytes that can leave when the fold at a place is done, `[results, sums]`.
    #[must_use]
    pub fn stores(&self, place: Place) -> [u64; 2] {
        let bytes = self.store(place);
        if self.finishes(place) { [bytes, 0] } else { [0, bytes] }
    }

    /// Bytes that can leave when the fold at a place is done.
    #[must_use]
    #[inline]
    pub fn store(&self, place: Place) -> u64 {
        let part = self.faces(place);
        if self.finishes(place) { self.finished(self.result, part) } else { self.sums(part) }
    }

    #[inline]
    fn faces(&self, place: Place) -> Faces {
        Faces::of(self.plan.used(place))
    }

    /// Whether the fold at a place finishes sums: in OS every one does, else the last row fold.
    #[inline]
    fn finishes(&self, place: Place) -> bool {
        self.plan.layout.sums_stay() || place.row + 1 == self.plan.row_folds
    }

    /// Of a result's bytes those of a fold that finishes sums.
    #[inline]
    fn finished(&self, bytes: u64, part: Faces) -> u64 {
        if self.plan.layout.sums_stay() {
            share(bytes, part.stationary, self.whole.stationary)
        } else {
            share(bytes, part.column_stream, self.whole.column_stream)
        }
    }

    /// Bytes of a fold's partial sums that go to DRAM.
    #[inline]
    fn sums(&self, part: Faces) -> u64 {
        share(self.spilled, part.column_stream, self.whole.column_stream) * SUM_BYTES
    }
}

/// The part of some bytes that falls to `part` of `whole` elements, rounded up.
#[inline]
fn share(bytes: u64, part: u64, whole: u64) -> u64 {
    // Most operands are of one byte an element, or stay on chip.
    if bytes == whole || bytes == 0 {
        return part.min(bytes);
    }
    bytes.checked_mul(part).map_or_else(
        // Layers of topologies may be this large; the quotient is not above `bytes`, as part <= whole.
        || u64::try_from((u128::from(bytes) * u128::from(part)).div_ceil(u128::from(whole))).unwrap_or(bytes),
        |product| product.div_ceil(whole),
    )
}
