//! What one product does, tile by tile; in the fixed order of folds a tile is a fold.

use crate::count::{Cause, PerCause};
use crate::map::along;
use crate::time::array::{Design, array_cycles};
use crate::time::lay::{Laid, Place, Product, Schedule};
use crate::time::memory::port_cycles;
use crate::time::schedule;
use crate::time::step::StepTiming;
use crate::time::tiling::Tiling;

/// One tile while it is worked on, and what the bus moves meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::time) struct Tile {
    /// Elements along M, N, K.
    pub(in crate::time) extent: [u64; 3],
    /// Cycles of streaming.
    pub(in crate::time) stream: u64,
    /// Cycles of crossing that nothing hides.
    pub(in crate::time) skew: u64,
    /// Cycles of shifting the stationary operand that nothing hides.
    pub(in crate::time) shift: u64,
    /// Cycles more, because a port is too narrow.
    pub(in crate::time) slow: u64,
    /// Bytes for the next tile, `[ifmap, filter, sums, added]`.
    pub(in crate::time) loads: [u64; 4],
    /// Bytes of the tile before, `[results, sums]`.
    pub(in crate::time) stores: [u64; 2],
    /// Bytes of its own results that leave as they are made, while the array stands still.
    pub(in crate::time) leaves: u64,
    /// Its folds, where they are wanted.
    pub(in crate::time) folds: Vec<TileFold>,
}

/// One fold of a tile, with the gap to the next fold of that tile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::time) struct TileFold {
    /// Cycles of streaming.
    pub(in crate::time) stream: u64,
    /// Cycles of crossing.
    pub(in crate::time) skew: u64,
    /// Cycles of shifting.
    pub(in crate::time) shift: u64,
}

/// All tiles of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::time) struct Tiles {
    /// What shifting is called.
    pub(in crate::time) moving: Cause,
    /// Steps of the array, charged with the last tile, that come before the first one: the stationary operand goes in.
    pub(in crate::time) front: u64,
    /// Cycles of a step of the array: more than one where a port is too narrow.
    pub(in crate::time) slow: u64,
    /// Bytes fetched before the first tile, `[ifmap, filter, sums, added]`.
    pub(in crate::time) first: [u64; 4],
    /// Bytes stored after the last, `[results, sums]`.
    pub(in crate::time) last: [u64; 2],
    /// Tiles in order, alike ones together with how many there are.
    pub(in crate::time) runs: Vec<(u64, Tile)>,
}

impl Tile {
    /// Cycles of the array.
    pub(in crate::time) fn busy(&self) -> u64 {
        self.stream + self.skew + self.shift + self.slow
    }
}

impl Tiles {
    /// Cycles of the array by cause when nothing waits.
    fn causes(&self) -> PerCause<u64> {
        let mut cycles = PerCause::default();
        for (many, tile) in &self.runs {
            cycles[Cause::Stream] += many * tile.stream;
            cycles[Cause::Skew] += many * tile.skew;
            cycles[self.moving] += many * tile.shift;
        }
        cycles
    }

    /// Tiles in all.
    pub(in crate::time) fn count(&self) -> u64 {
        self.runs.iter().map(|(many, _)| many).sum()
    }
}

/// The tiles of a step as it was timed, and the bytes of ifmap, weights and sums that its schedule needs on chip. No tiles of one
/// off the array, nor where there are more than `most`.
pub(super) fn tiles_of(
    timing: &StepTiming,
    product: &Product<'_>,
    place: &Place<'_>,
    folds: bool,
    most: u64,
) -> (Option<Tiles>, [u64; 3]) {
    let (tiles, needs) = match (&timing.schedule, timing.dataflow) {
        (Some(Schedule::Tiles(found)), Some(_)) => {
            let (problem, site) = (product.problem(), place.site());
            let tiles = schedule::tiles(&problem, &site, found, folds, most);
            (tiles, found.nest().needs(&problem, &site))
        }
        (Some(Schedule::Folds { .. }), Some(dataflow)) => {
            let ran = |laid: &Laid| {
                Some(&laid.schedule) == timing.schedule.as_ref()
                    && laid.stall == timing.tally.cycles[Cause::Stall] + timing.ahead.hidden
                    && laid.traffic == timing.traffic
            };
            let Some(memory) = place.memory_of(product, dataflow, ran) else { return (None, [0; 3]) };
            let tiling = place.tiling(product, dataflow, &memory);
            let slow = port_cycles(tiling.plan(), &memory);
            ((timing.folds <= most).then(|| in_folds(&tiling, place, slow)), tiling.needs(&memory))
        }
        (None, _) | (_, None) => (None, [0; 3]),
    };
    let is_its = |tiles: &Tiles| {
        let found = tiles.causes();
        let array = [Cause::Stream, Cause::Skew, Cause::Preload, Cause::Drain];
        array.into_iter().all(|cause| found[cause] == timing.tally.cycles[cause])
    };
    (tiles.filter(is_its), needs)
}

/// Every fold in the fixed order.
fn in_folds(tiling: &Tiling, place: &Place<'_>, slow: u64) -> Tiles {
    let (plan, array) = (tiling.plan(), &place.machine.array);
    let design = Design::new(plan, array.fold_overlap);
    let all = array_cycles(plan, array.fold_overlap, array.edge_folds);
    let (stays, layout) = (design.sums_stay, plan.layout);
    let moving = if stays { Cause::Drain } else { Cause::Preload };
    let (mut left, mut runs) = (all, Vec::<(u64, Tile)>::new());
    for group in 0..plan.groups {
        let mut at = plan.first_place();
        loop {
            let (begins, ends) = (group == 0 && at == plan.first_place(), at == plan.last_place());
            let last = ends && group + 1 == plan.groups;
            let after = plan.after(at);
            let (one, next) = (plan.charged(at, array.edge_folds), plan.charged(after, array.edge_folds));
            let gap = design.gap(one, next);
            // The last fold takes what the others leave: its way out, and the first one's shifting.
            let [skew, shift] = if last { [left[Cause::Skew], left[moving]] } else { [gap.skew, gap.shift] };
            let stream = one.time;
            left[Cause::Skew] -= skew;
            left[moving] -= shift;
            let used = plan.used(at);
            let mut extent = [0; 3];
            for (axis, length) in
                [(layout.rows, used.rows), (layout.cols, used.cols), (layout.time, used.time)]
            {
                extent[along(axis)] = length;
            }
            let tile = Tile {
                extent,
                stream,
                skew,
                shift,
                slow: (slow - 1) * (stream + skew + shift),
                loads: if last { [0; 4] } else { tiling.loads(after) },
                stores: if begins { [0; 2] } else { tiling.stores(plan.before(at)) },
                leaves: 0,
                folds: Vec::new(),
            };
            match runs.last_mut() {
                Some((many, alike)) if *alike == tile => *many += 1,
                _ => runs.push((1, tile)),
            }
            if ends {
                break;
            }
            at = after;
        }
    }
    let first = plan.charged(plan.first_place(), array.edge_folds);
    let front = if stays { 0 } else { first.rows };
    Tiles {
        moving,
        front,
        slow,
        first: tiling.loads(plan.first_place()),
        last: tiling.stores(plan.last_place()),
        runs,
    }
}
