//! Does the closed form wait as a machine would? The same folds, played event by event: a bus that serves one transfer at
//! a time, an array that works on one fold at a time, two halves of input and two of output buffer.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use std::sync::LazyLock;

use exclusim::arch::Memory;
use exclusim::map::{Dataflow, FoldPlan};
use exclusim::shape::{Gemm, Operand};
use exclusim::time::{Homes, Moves, Pace, Tiling, walk_cycles};
use exclusim::units::Bytes;
use proptest::prelude::*;

/// The machine: when each of its tasks was done, `None` while it is not.
struct Machine {
    folds: Vec<Moves>,
    pace: Pace,
    loaded: Vec<Option<u64>>,
    worked: Vec<Option<u64>>,
    stored: Vec<Option<u64>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Transfer {
    Load(usize),
    Store(usize),
}

impl Machine {
    fn new(folds: Vec<Moves>, pace: Pace) -> Self {
        let none = vec![None; folds.len()];
        Self { folds, pace, loaded: none.clone(), worked: none.clone(), stored: none }
    }

    /// Done by `now`? What comes before the first fold always is.
    fn done(list: &[Option<u64>], fold: usize, back: usize, now: u64) -> bool {
        fold < back || list[fold - back].is_some_and(|at| at <= now)
    }

    /// Plays until every fold is stored; `stores_first` is the order in which the bus serves what is ready together.
    fn play(mut self, stores_first: bool) -> u64 {
        let (mut now, mut bus_free, mut array_free) = (0, 0, 0);
        let last = self.folds.len() - 1;
        let mut next_work = 0;
        while self.stored[last].is_none_or(|at| at > now) {
            if bus_free <= now
                && let Some(transfer) = self.ready(now, stores_first)
            {
                bus_free = now + self.begin(transfer, now);
                continue;
            }
            // A fold starts with its data there, the array free, and the half of the output it fills empty.
            let starts = next_work <= last
                && array_free <= now
                && Self::done(&self.loaded, next_work, 0, now)
                && Self::done(&self.stored, next_work, 2, now);
            if starts {
                let tail = if next_work == last { self.pace.tail } else { 0 };
                array_free = now + self.pace.period + tail;
                self.worked[next_work] = Some(array_free);
                next_work += 1;
                continue;
            }
            now = self.next_event(now).expect("the machine hangs");
        }
        now
    }

    /// A transfer that could begin now, in the order of folds.
    fn ready(&self, now: u64, stores_first: bool) -> Option<Transfer> {
        let load = self.loaded.iter().position(Option::is_none).filter(|&fold| {
            // The half it fills is free once the fold before the last one has worked.
            Self::done(&self.worked, fold, 2, now) && (fold == 0 || Self::done(&self.loaded, fold, 1, now))
        });
        let store = self
            .stored
            .iter()
            .position(Option::is_none)
            .filter(|&fold| Self::done(&self.worked, fold, 0, now));
        // First come, first served; `stores_first` settles ties.
        let waiting = [
            load.map(|fold| {
                (fold.checked_sub(2).map_or(Some(0), |freed| self.worked[freed]), Transfer::Load(fold))
            }),
            store.map(|fold| (self.worked[fold], Transfer::Store(fold))),
        ];
        let tied = |transfer: &Transfer| matches!(transfer, Transfer::Load(_)) == stores_first;
        waiting
            .into_iter()
            .flatten()
            .min_by_key(|(since, transfer)| (*since, tied(transfer)))
            .map(|(_, transfer)| transfer)
    }

    fn begin(&mut self, transfer: Transfer, now: u64) -> u64 {
        let cycles = match transfer {
            Transfer::Load(0) if self.folds[0].load > 0 => {
                self.pace.latency + self.pace.transfer(self.folds[0].load)
            }
            Transfer::Load(fold) => self.pace.transfer(self.folds[fold].load),
            Transfer::Store(fold) => self.pace.transfer(self.folds[fold].store),
        };
        match transfer {
            Transfer::Load(fold) => self.loaded[fold] = Some(now + cycles),
            Transfer::Store(fold) => self.stored[fold] = Some(now + cycles),
        }
        cycles
    }

    fn next_event(&self, now: u64) -> Option<u64> {
        let all = self.loaded.iter().chain(&self.worked).chain(&self.stored);
        all.filter_map(|at| *at).filter(|at| *at > now).min()
    }
}

static MEMORY: LazyLock<Memory> = LazyLock::new(|| common::arch_with(&[]).unwrap().memory);

prop_compose! {
    fn cases()(
        groups in 1u64..4, m in 1u64..60, n in 1u64..60, k in 1u64..60, a in 1u64..9, b in 1u64..9,
        dataflow in prop::sample::select(vec![Dataflow::OutputStationary, Dataflow::WeightStationary, Dataflow::InputStationary]),
        pads in prop::array::uniform3(prop::sample::select(vec![16u64, 64, 256, 1024, 4096, 1 << 20])),
        ifmap_from_dram in prop::sample::select(vec![0u64, 1, 500, 3000]), filter_from_dram in any::<bool>(),
        stores in any::<bool>(), period in 1u64..200, tail in 0u64..50, latency in 0u64..80,
        bytes_per_cycle in prop::sample::select(vec![0.3, 1.0, 5.76, 64.0, 1e9]),
    ) -> (FoldPlan, Tiling, Pace, Gemm) {
        let gemm = Gemm { groups, m, n, k };
        let plan = FoldPlan::new(&gemm, dataflow, a, b);
        let memory = Memory { ifmap: Bytes(pads[0]), filter: Bytes(pads[1]), ofmap: Bytes(pads[2]), ..*MEMORY };
        let homes = Homes { ifmap_from_dram, filter_from_dram, ofmap_to_dram: if stores { gemm.outputs() } else { 0 } };
        let tiling = Tiling::new(&gemm, &plan, &memory, homes);
        (plan, tiling, Pace { period, tail, latency, bytes_per_cycle }, gemm)
    }
}

/// Every fold in order.
fn folds(plan: &FoldPlan, tiling: &Tiling) -> Vec<Moves> {
    let group = || (0..plan.col_folds).flat_map(|col| (0..plan.row_folds).map(move |row| (col, row)));
    (0..plan.groups).flat_map(|_| group()).map(|(col, row)| tiling.moves(col, row)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_closed_form_is_the_walk((plan, tiling, pace, _) in cases()) {
        let closed = walk_cycles(&plan, &tiling, pace);
        let all = folds(&plan, &tiling);
        prop_assert_eq!(all.len() as u64, plan.folds());
        for stores_first in [false, true] {
            prop_assert_eq!(Machine::new(all.clone(), pace).play(stores_first), closed);
        }
    }

    #[test]
    fn folds_together_move_the_traffic((plan, tiling, _, gemm) in cases()) {
        let all = folds(&plan, &tiling);
        let (load, store) = all.iter().fold((0, 0), |(l, s), fold| (l + fold.load, s + fold.store));
        // Each fold's share is rounded up, so together they move at least the traffic, and at most 4 bytes a fold more.
        let ifmap = tiling.fetched(Operand::Ifmap);
        let filter = tiling.fetched(Operand::Filter);
        let spills = tiling.spills();
        prop_assert!(load >= ifmap + filter + spills && load <= ifmap + filter + spills + 4 * plan.folds());
        prop_assert!(store >= spills && store <= spills + gemm.outputs() + 2 * plan.folds() + gemm.groups);
    }

    #[test]
    fn an_infinite_bus_leaves_the_array_alone((plan, tiling, pace, _) in cases()) {
        let pace = Pace { bytes_per_cycle: f64::INFINITY, latency: 0, ..pace };
        prop_assert_eq!(walk_cycles(&plan, &tiling, pace), plan.folds() * pace.period + pace.tail);
    }

    #[test]
    fn a_faster_bus_never_takes_longer((plan, tiling, pace, _) in cases(), faster in 1.0f64..10.0) {
        let fast = Pace { bytes_per_cycle: pace.bytes_per_cycle * faster, ..pace };
        prop_assert!(walk_cycles(&plan, &tiling, fast) <= walk_cycles(&plan, &tiling, pace));
    }
}
