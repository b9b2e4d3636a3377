//! A schedule written out: cycles by cause, traffic, folds.

use super::cut::Extent;
use super::nest::Nest;
use super::play::Player;
use super::problem::{Problem, Site};
use super::search::Found;
use crate::count::{Cause, PerCause};
use crate::map::FoldPlan;
use crate::shape::{Axis, Operand};
use crate::time::array::Gap;
use crate::time::lay::{Laid, Schedule};
use crate::time::memory::{SUM_BYTES, Traffic};
use crate::time::prefetch::{FirstLoad, Spare};
use crate::time::registers::hops;

/// A found schedule with all that follows from it.
pub(in crate::time) fn laid_nest(problem: &Problem, site: &Site, found: Found) -> Laid {
    let nest = found.nest();
    let needs = nest.needs(problem, site);
    let player = Player::new(problem, site, &nest);
    let cycles = causes(problem, &player);
    let stall = found.played.walk - cycles.total();
    let walk = player.walk();
    let outflow = player.outflow(walk.busy);
    let first = nest.loads(problem, player.first());
    let first = FirstLoad { filter: first[1], bytes: first.iter().sum(), cycles: walk.first_load };
    let spare = Spare::new(walk.spare, site.room.beside(needs, filter_of(problem, &player.last())));
    let (plan, hops) = totals(problem, site, &nest);
    let traffic = traffic(problem, &plan, nest.traffic(problem));
    Laid {
        dataflow: found.dataflow,
        plan,
        hops,
        traffic,
        cycles,
        stall,
        outflow,
        schedule: Schedule::Tiles(Box::new(found)),
        needs,
        first,
        spare,
    }
}

/// Bytes of weights that a tile works with, where they come from DRAM.
fn filter_of(problem: &Problem, tile: &[Extent; 3]) -> u64 {
    if problem.filter_from_dram { tile[1].length * tile[2].length } else { 0 }
}

/// The array's cycles by cause, nothing waiting; see [`crate::time::array_cycles`].
fn causes(problem: &Problem, player: &Player<'_>) -> PerCause<u64> {
    let groups = problem.gemm.groups;
    let (mut stream, mut gaps) = (0, Gap::default());
    player.kinds(|many, _, here, after| {
        let (streamed, inside) = player.inside(here);
        stream += groups * many * streamed;
        gaps += inside.times(groups * many);
        gaps += player.between(here, after).times(groups * many);
    });
    // The ring's last gap is none: nothing comes after the last tile.
    let last = player.last();
    let none = player.between(&last, &player.first());
    let (shift, skew) = player.ends(&last);
    let moving = if player.sums_stay() { Cause::Drain } else { Cause::Preload };
    let mut cycles = PerCause::default();
    cycles[Cause::Stream] = stream;
    cycles[Cause::Skew] = gaps.skew - none.skew + skew;
    cycles[moving] = gaps.shift - none.shift + shift;
    cycles
}

/// Folds of all tiles together, as one plan: how often each axis folds in all; and hops of one column's stationary elements.
pub(super) fn totals(problem: &Problem, site: &Site, nest: &Nest<'_>) -> (FoldPlan, u64) {
    let plan = FoldPlan::new(&problem.gemm, nest.dataflow, site.rows, site.cols);
    let folds = |axis: Axis, side: u64| -> u64 {
        let cut = nest.cut(axis);
        cut.positions.iter().map(|position| position.many * position.here.length.div_ceil(side)).sum()
    };
    let layout = plan.layout;
    let of_tile = |length: u64| hops(length, site.rows);
    let rows = &nest.cut(layout.rows).positions;
    let hops = rows.iter().map(|position| position.many * of_tile(position.here.length)).sum();
    let plan = FoldPlan {
        row_folds: folds(layout.rows, site.rows),
        col_folds: folds(layout.cols, site.cols),
        time_folds: nest.cut(layout.time).tiles,
        piece: nest.cut(layout.time).most,
        ..plan
    };
    (plan, hops)
}

/// Bytes moved, of those over the bus so many of ifmap, filter, results and sums.
pub(super) fn traffic(
    problem: &Problem,
    plan: &FoldPlan,
    [ifmap, filter, results, sums]: [u64; 4],
) -> Traffic {
    let gemm = &problem.gemm;
    let passes = plan.passes(Operand::Ofmap);
    Traffic {
        ifmap_sram: gemm.groups * gemm.m * gemm.k * plan.passes(Operand::Ifmap),
        filter_sram: gemm.weights() * plan.passes(Operand::Filter),
        psum_sram_reads: gemm.outputs() * (passes - 1) * SUM_BYTES,
        psum_sram_writes: gemm.outputs() * passes * SUM_BYTES,
        dram_ifmap: ifmap + problem.added_from_dram,
        dram_filter: filter,
        dram_ofmap: results,
        dram_psum_reads: sums,
        dram_psum_writes: sums,
    }
}
