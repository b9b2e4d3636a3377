//! One schedule: three tile loops in an order, and what is kept over the loop that does not index it.
//!
//! Each operand is indexed by two axes; over the third, its *idle axis*, the same tiles are used again. Kept, an operand's
//! tile is fetched in the first turn of its idle loop only. What must fit meanwhile, its *block*, is the tiles that one
//! turn of the idle loop uses:
//!
//! | idle loop | block |
//! |---|---|
//! | innermost | one tile: nothing else is used between |
//! | in the middle | the tiles along the innermost loop |
//! | outermost | the whole operand |
//!
//! The next block arrives tile by tile during the last turn of this one, in the order in which this one's tiles are used
//! for the last time. So a block of two tiles or more needs no second place: at any moment the tiles that are still needed
//! and the one on its way are at most as many as the block has. What is not kept needs two tiles, the one in use and the
//! next. The capacity needed is the larger of the block and two tiles; one tile only where there is just one.

use super::cut::{Cut, Extent};
use super::problem::{Problem, Site};
use crate::machine::Buffering;
use crate::map::{Dataflow, Layout, along, at, idle, layout};
use crate::shape::{Axis, Operand};
use crate::time::SUM_BYTES;

/// Where the results of a tile are until the bus takes them, if they go to DRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Results {
    /// On chip: those of one tile leave while the next one's are made.
    Wait,
    /// Nowhere: the bus takes each as it is made, before all else, and the array stands still meanwhile.
    Leave,
}

impl Results {
    /// Its name: `wait` or `leave`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Leave => "leave",
        }
    }
}

/// A schedule of tiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nest<'a> {
    /// How a tile's product lies on the array.
    pub dataflow: Dataflow,
    /// The loops over tiles, outermost first.
    pub order: [Axis; 3],
    /// How M, N and K are cut.
    pub cuts: [&'a Cut; 3],
    /// Whether ifmap, filter and partial sums are kept over their idle loops.
    pub kept: [bool; 3],
    /// Where finished results are until they are in DRAM.
    pub results: Results,
}

/// Bytes of ifmap, weights and sums on chip.
pub type Needs = [u64; 3];

/// Bytes of an operand: one tile, the tiles along the innermost loop, all of it.
struct Footprint {
    tile: u64,
    row: u64,
    whole: u64,
}

impl<'a> Nest<'a> {
    /// How the axes of a tile lie on the array.
    #[must_use]
    pub fn layout(&self) -> Layout {
        layout(self.dataflow)
    }

    /// The cut of an axis.
    #[must_use]
    pub fn cut(&self, axis: Axis) -> &'a Cut {
        self.cuts[along(axis)]
    }

    /// Tiles of one group.
    #[must_use]
    pub fn tiles(&self) -> u64 {
        self.cuts.iter().map(|cut| cut.tiles).product()
    }

    /// Whether the order says something: loops of one turn stand outermost, in the order of [`Axis`].
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        let turns = self.order.map(|axis| self.cut(axis).tiles > 1);
        let single = self.order.iter().zip(turns).take_while(|(_, many)| !many).map(|(axis, _)| along(*axis));
        let ordered = single.clone().zip(single.skip(1)).all(|(one, next)| one < next);
        ordered && turns.windows(2).all(|pair| pair[0] <= pair[1])
    }

    /// Where an operand's idle loop stands among loops of more than one turn: 0 innermost, 2 outermost. `None` when the
    /// loop has one turn: the operand is used once.
    fn idle_place(&self, operand: Operand) -> Option<usize> {
        let axis = idle(operand);
        (self.cut(axis).tiles > 1)
            .then(|| self.order.iter().rev().position(|other| *other == axis).unwrap_or(0))
    }

    /// Whether keeping an operand is a choice: over an innermost idle loop its tile is in use all the time.
    #[must_use]
    pub fn may_drop(&self, operand: Operand) -> bool {
        self.idle_place(operand).is_some_and(|place| place > 0)
    }

    /// Whether sums of several folds of K meet in the memory below the array.
    #[must_use]
    pub fn sums_meet(&self, problem: &Problem, rows: u64) -> bool {
        let layout = self.layout();
        !layout.sums_stay() && problem.gemm.k > rows
    }

    /// Bytes that any schedule of these cuts needs at least, whatever its order and what it keeps.
    #[must_use]
    pub(super) fn tile_needs(&self, problem: &Problem, site: &Site) -> Needs {
        let [m, n, k] = self.cuts;
        let places = |operand| self.places(operand, problem, site.pace.buffering);
        let there = |is: bool, need: u64| if is { need } else { 0 };
        [
            there(
                problem.ifmap_from_dram,
                places(Operand::Ifmap) * share(m.most_bytes, k.most, problem.gemm.k),
            ),
            there(problem.filter_from_dram, places(Operand::Filter) * k.most * n.most),
            there(self.sums_meet(problem, site.rows), SUM_BYTES * m.most * n.most),
        ]
    }

    /// How many tiles of an operand that comes from DRAM are on chip at least: the one in use and the next, if there is one. With
    /// single buffers the next tile comes when this one has ended.
    fn places(&self, operand: Operand, problem: &Problem, buffering: Buffering) -> u64 {
        let indexed = (0..3).filter(|axis| *axis != along(idle(operand)));
        let tiles: u64 = indexed.map(|axis| self.cuts[axis].tiles).product();
        let one = tiles == 1 && problem.gemm.groups == 1 || buffering == Buffering::Single;
        if one { 1 } else { 2 }
    }

    /// Bytes that the schedule needs on chip at once, operand by operand.
    #[must_use]
    pub fn needs(&self, problem: &Problem, site: &Site) -> Needs {
        let (rows, buffering) = (site.rows, site.pace.buffering);
        let [m, n, _] = self.cuts;
        let gemm = &problem.gemm;
        let whole = [gemm.m, gemm.n, gemm.k];
        let tile = self.cuts.map(|cut| cut.most);
        let mut row = tile;
        let inner = along(self.order[2]);
        row[inner] = whole[inner];
        let footprint = |bytes: &dyn Fn([u64; 3]) -> u64| Footprint {
            tile: bytes(tile),
            row: bytes(row),
            whole: bytes(whole),
        };
        let rows_of = |pixels: u64| if pixels == gemm.m { m.all_bytes } else { m.most_bytes };
        let ifmap = || footprint(&|[m, _, k]| share(rows_of(m), k, gemm.k));
        let filter = || footprint(&|[_, n, k]| k * n);
        let sums = || footprint(&|[m, n, _]| SUM_BYTES * m * n);
        let there = |is: bool, need: u64| if is { need } else { 0 };
        let of_group = problem.result_to_dram.div_ceil(gemm.groups);
        let waiting = match self.results {
            Results::Wait => 2 * share(of_group, m.most * n.most, gemm.m * gemm.n),
            Results::Leave => 0,
        };
        [
            there(problem.ifmap_from_dram, self.fetched_need(Operand::Ifmap, problem, &ifmap(), buffering)),
            there(
                problem.filter_from_dram,
                self.fetched_need(Operand::Filter, problem, &filter(), buffering),
            ),
            there(self.sums_meet(problem, rows), self.sums_need(&sums())) + waiting,
        ]
    }

    /// Of an operand that comes from DRAM; see the head of this file.
    fn fetched_need(
        &self,
        operand: Operand,
        problem: &Problem,
        footprint: &Footprint,
        buffering: Buffering,
    ) -> u64 {
        let block = match self.idle_place(operand) {
            Some(1) if self.kept[at(operand)] => footprint.row,
            Some(2) if self.kept[at(operand)] => footprint.whole,
            _ => 0,
        };
        block.max(self.places(operand, problem, buffering) * footprint.tile)
    }

    /// Of partial sums. A finished one leaves as it is made, and the next tile's may take its place: one tile is enough.
    fn sums_need(&self, footprint: &Footprint) -> u64 {
        match self.idle_place(Operand::Ofmap) {
            None | Some(0) => footprint.tile,
            Some(_) if !self.kept[2] => 2 * footprint.tile,
            Some(1) => footprint.row,
            Some(_) => footprint.whole,
        }
    }

    /// Bytes to be fetched before a tile with these extents along M, N, K begins, `[ifmap, filter, sums, added]`.
    #[must_use]
    #[inline]
    pub fn loads(&self, problem: &Problem, [m, n, k]: [Extent; 3]) -> [u64; 4] {
        let fetched = |operand: Operand, first_turn: bool| first_turn || !self.kept[at(operand)];
        let ifmap = if problem.ifmap_from_dram && fetched(Operand::Ifmap, n.first) {
            share(m.bytes, k.length, problem.gemm.k)
        } else {
            0
        };
        let filter = if problem.filter_from_dram && fetched(Operand::Filter, m.first) {
            k.length * n.length
        } else {
            0
        };
        let sums = if self.kept[2] || k.first { 0 } else { SUM_BYTES * m.length * n.length };
        let added = if k.last { self.of_result(problem, problem.added_from_dram, m, n) } else { 0 };
        [ifmap, filter, sums, added]
    }

    /// Bytes of results that leave while a tile is worked on, and stop the array.
    #[must_use]
    #[inline]
    pub fn leaves(&self, problem: &Problem, tile: [Extent; 3]) -> u64 {
        match self.results {
            Results::Wait => 0,
            Results::Leave => self.made(problem, tile),
        }
    }

    /// Bytes of results for DRAM that a tile finishes.
    #[inline]
    fn made(&self, problem: &Problem, [m, n, k]: [Extent; 3]) -> u64 {
        if k.last { self.of_result(problem, problem.result_to_dram, m, n) } else { 0 }
    }

    /// Bytes that leave once a tile has ended, `[results, sums]`.
    #[must_use]
    #[inline]
    pub fn stores(&self, problem: &Problem, tile: [Extent; 3]) -> [u64; 2] {
        let [m, n, k] = tile;
        let results = match self.results {
            Results::Wait => self.made(problem, tile),
            Results::Leave => 0,
        };
        [results, if k.last || self.kept[2] { 0 } else { SUM_BYTES * m.length * n.length }]
    }

    /// Of some bytes of a whole result those of a tile.
    #[inline]
    fn of_result(&self, problem: &Problem, bytes: u64, m: Extent, n: Extent) -> u64 {
        if bytes == 0 {
            return 0;
        }
        share(bytes, m.length * n.length, problem.gemm.outputs())
    }

    /// Bytes over the bus of all tiles of all groups, `[ifmap, filter, results, sums each way]`; results and shares as
    /// whole, not tile by tile.
    #[must_use]
    pub fn traffic(&self, problem: &Problem) -> [u64; 4] {
        let gemm = &problem.gemm;
        let turns = |operand: Operand| {
            let again = !self.kept[at(operand)] && self.may_drop(operand);
            if again { self.cut(idle(operand)).tiles } else { 1 }
        };
        let ifmap = if problem.ifmap_from_dram { gemm.groups * self.cuts[0].all_bytes } else { 0 };
        let filter = if problem.filter_from_dram { gemm.weights() } else { 0 };
        [
            ifmap * turns(Operand::Ifmap),
            filter * turns(Operand::Filter),
            problem.result_to_dram,
            SUM_BYTES * gemm.outputs() * (turns(Operand::Ofmap) - 1),
        ]
    }
}

/// The part of some bytes that falls to `part` of `whole`, rounded up.
#[inline]
pub(super) fn share(bytes: u64, part: u64, whole: u64) -> u64 {
    if part == whole || bytes == 0 {
        return bytes;
    }
    if bytes == whole {
        return part;
    }
    bytes.checked_mul(part).map_or_else(
        || u64::try_from((u128::from(bytes) * u128::from(part)).div_ceil(u128::from(whole))).unwrap_or(bytes),
        |product| product.div_ceil(whole),
    )
}
