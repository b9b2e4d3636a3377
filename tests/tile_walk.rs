//! Does the closed form wait as a machine would? The same folds, played event by event: a bus that serves one transfer at
//! a time, an array that works on one fold at a time, two halves of input and two of output buffer.

use std::sync::LazyLock;

use crate::common;
use exclusim::machine::{Accumulator, Memory};
use exclusim::map::{Dataflow, EdgeFolds, Fold, FoldPlan, Place};
use exclusim::shape::{Gemm, Operand};
use exclusim::time::{Homes, Moves, Pace, Tiling, walk_cycles};
use exclusim::units::Bytes;
use proptest::prelude::*;

/// The machine: when each of its tasks was done, `None` while it is not.
struct Machine {
    folds: Vec<Moves>,
    /// How long each fold works.
    works: Vec<u64>,
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
    fn new(folds: Vec<Moves>, works: Vec<u64>, pace: Pace) -> Self {
        let none = vec![None; folds.len()];
        Self { folds, works, pace, loaded: none.clone(), worked: none.clone(), stored: none }
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
                array_free = now + self.works[next_work];
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

static MEMORY: LazyLock<Memory> = LazyLock::new(|| common::arch_with(&[]).unwrap().machine.memory);

/// One case: a plan, its movements, how fast things go, and weights that make up a period from two folds' extents.
#[derive(Clone, Debug)]
struct Case {
    gemm: Gemm,
    plan: FoldPlan,
    tiling: Tiling,
    pace: Pace,
    weights: [u64; 4],
    added: u64,
}

impl Case {
    fn period(&self, one: Fold, next: Fold) -> u64 {
        let [base, rows, cols, time] = self.weights;
        base + rows * next.rows + cols * one.cols + time * one.time
    }

    fn walk(&self) -> u64 {
        walk_cycles(&self.tiling, self.pace, |one, next| self.period(one, next))
    }

    /// Places of all folds in order.
    fn places(&self) -> Vec<Place> {
        let plan = &self.plan;
        let mut places = Vec::new();
        for _ in 0..plan.groups {
            for col in 0..plan.col_folds {
                for piece in 0..plan.time_folds {
                    places.extend((0..plan.row_folds).map(|row| Place { col, piece, row }));
                }
            }
        }
        places
    }

    fn moves(&self) -> Vec<Moves> {
        self.places().into_iter().map(|place| self.tiling.moves(place)).collect()
    }

    /// How long each fold works: until the next may start; the last, for all that is left.
    fn works(&self) -> Vec<u64> {
        let folds: Vec<Fold> =
            self.places().iter().map(|place| self.plan.charged(*place, self.pace.edges)).collect();
        let mut works: Vec<u64> = folds.windows(2).map(|pair| self.period(pair[0], pair[1])).collect();
        works.push(self.pace.compute - works.iter().sum::<u64>());
        works
    }
}

prop_compose! {
    fn cases()(
        sizes in prop::array::uniform4(1u64..24), groups in 1u64..4, a in 1u64..9, b in 1u64..9, split in 1u64..80,
        dataflow in prop::sample::select(Dataflow::ALL.to_vec()),
        pads in prop::array::uniform3(prop::sample::select(vec![16u64, 64, 256, 1024, 4096, 1 << 20])),
        ifmap_from_dram in prop::sample::select(vec![0u64, 1, 500, 3000]), filter_from_dram in any::<bool>(),
        stores in any::<bool>(), adds in any::<bool>(), weights in prop::array::uniform4(0u64..4), last in 1u64..300, latency in 0u64..80,
        edges in prop::sample::select(vec![EdgeFolds::Full, EdgeFolds::Trimmed]),
        accumulator in prop::sample::select(vec![Accumulator::Spill, Accumulator::Split]),
        bytes_per_cycle in prop::sample::select(vec![0.3, 1.0, 5.76, 64.0, 1e9]),
    ) -> Case {
        let [m, n, k, _] = sizes;
        let gemm = Gemm { groups, m, n, k };
        let plan = FoldPlan::new(&gemm, dataflow, a, b);
        let plan = if accumulator == Accumulator::Split { plan.split_time(split) } else { plan };
        let [ifmap, filter, ofmap] = pads.map(Bytes);
        let memory = Memory { ifmap, filter, ofmap, accumulator, ..*MEMORY };
        let (ofmap_to_dram, added_from_dram) =
            (if stores { gemm.outputs() } else { 0 }, if adds { gemm.outputs() } else { 0 });
        let homes = Homes { ifmap_from_dram, filter_from_dram, ofmap_to_dram, added_from_dram };
        let tiling = Tiling::new(&gemm, plan, &memory, homes);
        let weights = [weights[0] + 1, weights[1], weights[2], weights[3]];
        let buffering = exclusim::machine::Buffering::Double;
        let pace = Pace { compute: 0, edges, latency, bytes_per_cycle, buffering };
        let mut case = Case { gemm, plan, tiling, pace, weights, added: added_from_dram };
        // What all folds but the last take, and some more for that.
        case.pace.compute = u64::MAX / 2;
        let works = case.works();
        case.pace.compute = works[..works.len() - 1].iter().sum::<u64>() + last;
        case
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_closed_form_is_the_walk(case in cases()) {
        let closed = case.walk();
        prop_assert_eq!(case.places().len() as u64, case.plan.folds());
        for stores_first in [false, true] {
            prop_assert_eq!(Machine::new(case.moves(), case.works(), case.pace).play(stores_first), closed);
        }
    }

    #[test]
    fn folds_together_move_the_traffic(case in cases()) {
        let (load, store) = case.moves().iter().fold((0, 0), |(l, s), fold| (l + fold.load, s + fold.store));
        // Each fold's share is rounded up, so together they move at least the traffic, and at most 4 bytes a fold more.
        let tiling = &case.tiling;
        let (inputs, spills) = (tiling.fetched(Operand::Ifmap) + tiling.fetched(Operand::Filter), tiling.spills());
        let folds = case.plan.folds();
        let loads = inputs + spills + case.added;
        prop_assert!(load >= loads && load <= loads + 5 * folds + case.gemm.groups);
        prop_assert!(store >= spills && store <= spills + case.gemm.outputs() + 2 * folds + case.gemm.groups);
    }

    #[test]
    fn an_infinite_bus_leaves_the_array_alone(case in cases()) {
        let case = Case { pace: Pace { bytes_per_cycle: f64::INFINITY, latency: 0, ..case.pace }, ..case };
        prop_assert_eq!(case.walk(), case.pace.compute);
    }

    #[test]
    fn a_faster_bus_never_takes_longer(case in cases(), faster in 1.0f64..10.0) {
        let fast = Pace { bytes_per_cycle: case.pace.bytes_per_cycle * faster, ..case.pace };
        let faster = Case { pace: fast, ..case.clone() };
        prop_assert!(faster.walk() <= case.walk());
    }

    #[test]
    fn kinds_stand_for_all_places(case in cases()) {
        let plan = &case.plan;
        let all: Vec<Place> = case.places().into_iter().take((plan.folds() / plan.groups) as usize).collect();
        prop_assert_eq!(plan.kinds(case.tiling.first_column_differs(), case.tiling.last_row_differs()).map(|(_, many)| many).sum::<u64>(), all.len() as u64);
        for pair in all.windows(2) {
            prop_assert_eq!(plan.after(pair[0]), pair[1]);
            prop_assert_eq!(plan.before(pair[1]), pair[0]);
        }
        prop_assert_eq!(plan.after(plan.last_place()), plan.first_place());
        prop_assert_eq!(plan.before(plan.first_place()), plan.last_place());
    }
}
