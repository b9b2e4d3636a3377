//! The schedule of the least energy.
//!
//! What a product does on the array and in the scratchpads depends on its cuts alone; the order of the loops and what is
//! kept change bytes over the bus and cycles. Energy grows with both. So the energy at the fewest cycles that are possible
//! for the bytes bounds it from below, and only a schedule whose bound beats the best so far is played.

use super::laid::{totals, traffic};
use super::nest::Nest;
use super::play::{Played, play};
use super::problem::{Problem, Site};
use super::search::{Bound, Found, OfCuts, bytes_of, cuts_of, owned};
use crate::map::{Dataflow, FoldPlan};
use crate::time::memory::Traffic;

/// Energy of folds, hops of stationary elements, traffic and cycles, fJ.
pub(in crate::time) type Energy<'a> = &'a dyn Fn(&FoldPlan, u64, &Traffic, u64) -> u64;

/// The schedule of tiles in a dataflow whose energy in fJ and cycles beat `best`, and these; `None` when there is none.
pub(in crate::time) fn thriftiest_nest(
    problem: &Problem,
    site: &Site,
    dataflow: Dataflow,
    best: Option<(u64, u64)>,
    energy: Energy<'_>,
) -> Option<(Found, (u64, u64))> {
    let cuts = cuts_of(problem, site, dataflow);
    let bound = Bound::new(problem, site, dataflow);
    let mut key = best.unwrap_or((u64::MAX, u64::MAX));
    let mut found: Option<(Nest<'_>, Played, u64)> = None;
    for m in &cuts.m {
        for n in &cuts.n {
            let array = bound.array(dataflow, [m, n, &cuts.k[0]]);
            for k in &cuts.k {
                let Some(of_cuts) = OfCuts::fitting(&bound, dataflow, [m, n, k], array) else { continue };
                let (plan, hops) = totals(problem, site, &of_cuts.nest);
                of_cuts.each_fitting(&bound, |nest| {
                    let moved = traffic(problem, &plan, nest.traffic(problem));
                    let bytes = bytes_of(&nest, problem);
                    let (least, _) = of_cuts.bound(&bound, bytes);
                    if (energy(&plan, hops, &moved, least), least) >= key {
                        return;
                    }
                    let played = play(problem, site, &nest);
                    let cycles = played.cycles();
                    let this = (energy(&plan, hops, &moved, cycles), cycles);
                    if this < key {
                        key = this;
                        found = Some((nest, played, bytes));
                    }
                });
            }
        }
    }
    found.map(|(nest, played, bytes)| (owned(&nest, problem, played, bytes), key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Buffering, FoldOverlap};
    use crate::map::EdgeFolds;
    use crate::shape::{Bands, Gemm};
    use crate::time::schedule::{Room, every_nest};
    use crate::time::walk::Pace;
    use proptest::prelude::*;

    prop_compose! {
        fn problems()(m in 1u64..20, n in 1u64..24, k in 1u64..24, groups in 1u64..3, from in prop::array::uniform3(any::<bool>()))
            -> Problem {
            let gemm = Gemm { groups, m, n, k };
            Problem {
                gemm,
                bands: Bands::of_rows(m, k),
                ifmap_from_dram: from[0],
                filter_from_dram: from[1],
                result_to_dram: if from[2] { gemm.outputs() } else { 0 },
                added_from_dram: 0,
                vector_cycles: m,
            }
        }
    }

    prop_compose! {
        fn sites()(rows in 1u64..7, cols in 1u64..7, rate in prop::sample::select(vec![0.3, 1.0, 8.0]), latency in 0u64..30,
            [ifmap, filter, ofmap] in prop::array::uniform3(prop::sample::select(vec![40u64, 100, 400, 4096]))) -> Site {
            let (edges, buffering) = (EdgeFolds::Full, Buffering::Double);
            let pace = Pace { compute: 0, edges, latency, bytes_per_cycle: rate, buffering };
            let room = Room::Apart { ifmap, filter, ofmap };
            Site { rows, cols, overlap: FoldOverlap::None, pace, room, port_bits: None }
        }
    }

    proptest! {
        #[test]
        fn the_search_finds_what_brute_force_finds(problem in problems(), site in sites(),
            [scratchpad, dram, cycle] in prop::array::uniform3(0u64..50),
            dataflow in prop::sample::select(Dataflow::ALL.to_vec())) {
            let energy = |plan: &FoldPlan, hops: u64, moved: &Traffic, cycles: u64| {
                let accesses = moved.ifmap_sram + moved.filter_sram + moved.psum_sram_writes;
                scratchpad * accesses + dram * (moved.dram_reads() + moved.dram_writes()) + cycle * cycles + hops + plan.folds()
            };
            let of = |nest: &Nest<'_>| {
                let (plan, hops) = totals(&problem, &site, nest);
                let cycles = play(&problem, &site, nest).cycles();
                (energy(&plan, hops, &traffic(&problem, &plan, nest.traffic(&problem)), cycles), cycles)
            };
            let cuts = cuts_of(&problem, &site, dataflow);
            let least = every_nest(&problem, &site, dataflow, &cuts).map(|nest| of(&nest)).min();
            let found = thriftiest_nest(&problem, &site, dataflow, None, &energy);
            prop_assert_eq!(found.map(|(_, key)| key), least);
        }
    }
}
