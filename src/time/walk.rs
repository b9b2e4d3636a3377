//! How long folds take when each waits for its data: the closed form of a walk over all folds.
//!
//! Scratchpads are double-buffered. While fold i works, the DRAM bus brings what fold i + 1 needs and takes away what
//! fold i - 1 made; fold i + 1 starts when fold i has ended (its half of the input is free for fold i + 2), its own
//! data are there, and the half of the output that it will fill is empty. So
//!
//! total = latency + load(0) + sum over folds of max(period(i), load(i + 1) + store(i - 1)) + store(last),
//!
//! exactly, for a bus that serves first what came first, whichever of two it takes that came together. The last fold's
//! period is all that the array still takes. `tests/tile_walk.rs` plays the same machine event by event, with bus, array
//! and half buffers of its own.

use super::tiling::Tiling;
use crate::machine::Buffering;
use crate::map::{EdgeFolds, Fold, Place};
use crate::units::{real, whole_cycles};

/// What a walk needs to know of the array and the bus.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Cycles of all folds when nothing waits.
    pub compute: u64,
    /// What a ragged fold is charged.
    pub edges: EdgeFolds,
    /// Cycles before the first byte of a first access arrives.
    pub latency: u64,
    /// Bytes the bus moves a cycle.
    pub bytes_per_cycle: f64,
    /// Whether the bus works while the array does.
    pub buffering: Buffering,
}

impl Pace {
    /// Cycles until both the array and the bus have done their part.
    #[must_use]
    #[inline]
    pub fn together(&self, array: u64, bus: u64) -> u64 {
        match self.buffering {
            Buffering::Double => array.max(bus),
            Buffering::Single => array + bus,
        }
    }

    /// Whole cycles to move some bytes.
    #[must_use]
    pub fn transfer(&self, bytes: u64) -> u64 {
        if bytes == 0 {
            return 0;
        }
        whole_cycles(real(bytes) / self.bytes_per_cycle).0
    }

    /// Cycles until bytes that were asked for now are there; none for no bytes.
    #[must_use]
    pub fn arrival(&self, bytes: u64) -> u64 {
        if bytes > 0 { self.latency + self.transfer(bytes) } else { 0 }
    }

    /// Of the last piece's cycles those in which the bus has nothing to move but what the piece before made.
    #[must_use]
    pub(super) fn spare(&self, last: u64, stores: u64) -> u64 {
        match self.buffering {
            Buffering::Double => last.saturating_sub(stores),
            Buffering::Single => 0,
        }
    }

    /// Whether some bytes surely take at most `cycles` in two transfers, each of which is rounded up: asked without a
    /// division, and `false` does not mean that they take more.
    fn surely_moves(&self, bytes: u64, cycles: u64) -> bool {
        real(bytes) <= real(cycles.saturating_sub(2)) * self.bytes_per_cycle
    }
}

/// How long all pieces of a layer take, folds or tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    /// Cycles from the first byte asked for to the last byte stored, waiting included.
    pub(super) cycles: u64,
    /// Of those the cycles before the first fold begins: latency and first loads.
    pub(super) first_load: u64,
    /// Of those the cycles from the first fold's start to the end of the last one's period.
    pub(super) busy: u64,
    /// Of the last piece's cycles those in which the bus has nothing to move.
    pub(super) spare: u64,
}

/// Cycles of all folds, waiting included; `period` is the time from one fold's start to the next's when nothing waits.
#[must_use]
pub fn walk_cycles(tiling: &Tiling, pace: Pace, period: impl Fn(Fold, Fold) -> u64) -> u64 {
    walk(tiling, pace, period).cycles
}

/// The walk over all folds.
#[must_use]
pub(super) fn walk(tiling: &Tiling, pace: Pace, period: impl Fn(Fold, Fold) -> u64) -> Walk {
    let plan = tiling.plan();
    let (first, last) = (plan.first_place(), plan.last_place());
    let load = |place: Place| pace.transfer(tiling.load(place));
    let store = |place: Place| pace.transfer(tiling.store(place));
    let first_bytes = tiling.load(first);
    let (first_load, last_store) = (pace.transfer(first_bytes), store(last));
    let arrival = pace.arrival(first_bytes);
    let walk = |between: u64, busy: u64, spare: u64| Walk {
        cycles: arrival + between + last_store,
        first_load: arrival,
        busy,
        spare,
    };
    if plan.folds() == 1 {
        return walk(pace.compute, pace.compute, pace.spare(pace.compute, 0));
    }
    let fold = |place: Place| plan.charged(place, pace.edges);
    let between = |place: Place| period(fold(place), fold(plan.after(place)));
    let each = between(first);
    let alike = pace.edges == EdgeFolds::Full && plan.time_folds == 1;
    let period = |place: Place| if alike { each } else { between(place) };
    // Most layers never wait between folds: where all folds are alike, nothing needs adding up then.
    if alike {
        let most = tiling.most();
        let rest = pace.compute.saturating_sub((plan.folds() - 1) * each);
        if pace.buffering == Buffering::Double && pace.surely_moves(most.load + most.store, each.min(rest)) {
            let spare = pace.spare(rest, store(plan.before(last)));
            return walk(pace.compute, plan.folds() * each, spare);
        }
    }
    let load_after = |place: Place| load(plan.after(place));
    let store_before = |place: Place| store(plan.before(place));
    // One group, as if another came before and after it.
    let kinds = plan.kinds(tiling.first_column_differs(), tiling.last_row_differs());
    let (group, periods) = kinds.fold((0, 0), |(group, periods), (place, many)| {
        let takes = period(place);
        let waits = pace.together(takes, load_after(place) + store_before(place));
        (group + many * waits, periods + many * takes)
    });
    // Nothing comes before the first fold, nor after the last, which takes what the others leave.
    let (second_load, last_but_one_store) = (load_after(first), store_before(last));
    let (begins, finishes) = (period(first), period(last));
    let rest = pace.compute - (plan.groups * periods - finishes);
    let open = pace.together(begins, second_load) + pace.together(rest, last_but_one_store);
    let closed = pace.together(begins, second_load + last_store)
        + pace.together(finishes, first_load + last_but_one_store);
    let between = plan.groups * group + open - closed;
    walk(between, between + finishes - rest.min(between), pace.spare(rest, last_but_one_store))
}
