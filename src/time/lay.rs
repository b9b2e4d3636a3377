//! One product on the array with its memories: in the fixed order of folds, or in the best schedule there is.

use super::actions::{Ran, count_product};
use super::array::{array_cycles, fold_period};
use super::memo::remembered;
use super::memory::{Homes, SUM_BYTES, Traffic, port_cycles, traffic};
use super::outflow::Outflow;
use super::prefetch::{FirstLoad, Spare};
use super::schedule::{
    Found, Needs, Problem, Room, Site, best_nest, ladder, laid_nest, least_need, thriftiest_nest,
};
use super::tiling::Tiling;
use super::walk::{Pace, walk};
use crate::count::{PerAction, PerCause};
use crate::machine::{Accumulator, Array, Machine, Memory, SchedulePrices, Scheduling};
use crate::map::{Dataflow, DataflowChoice, FoldPlan};
use crate::shape::{Bands, Gemm, Operand};
use crate::units::Bytes;

/// A product to be laid on the array.
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    pub(super) gemm: &'a Gemm,
    pub(super) bands: Bands,
    pub(super) homes: Homes,
    /// The dataflows it may run in.
    pub(super) choice: DataflowChoice,
    /// Cycles of the vector unit along the stream of results.
    pub(super) vector: u64,
}

/// Where tiles live: free scratchpads, or free parts of one buffer.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) machine: &'a Machine,
    pub(super) pace: Pace,
    pub(super) room: Room,
}

/// How a layer ran: the order of its tiles, or the fixed order of folds.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// Folds in the fixed order, time in so many pieces.
    Folds {
        /// Pieces of the axis in time.
        pieces: u64,
    },
    /// Tiles in loops.
    Tiles(Box<Found>),
}

/// A GEMM on the array, with its memories.
#[derive(Clone)]
pub(super) struct Laid {
    pub(super) dataflow: Dataflow,
    /// Folds in all, and how often operands cross the array's edge.
    pub(super) plan: FoldPlan,
    /// Hops of one column's stationary elements over all row folds.
    pub(super) hops: u64,
    pub(super) traffic: Traffic,
    pub(super) cycles: PerCause<u64>,
    pub(super) stall: u64,
    pub(super) outflow: Outflow,
    pub(super) schedule: Schedule,
    /// The least memory in which it runs so.
    pub(super) needs: Needs,
    /// What it fetches before its first fold.
    pub(super) first: FirstLoad,
    /// What is free while its last tile is worked on.
    pub(super) spare: Spare,
}

impl Laid {
    /// As if memory had no bounds: of a product that fits nowhere.
    pub(super) fn nowhere(place: &Place<'_>, product: &Product<'_>) -> Self {
        let room = Room::Apart { ifmap: u64::MAX, filter: u64::MAX, ofmap: u64::MAX };
        let dataflow = product.choice.candidates().0;
        let boundless = Place { room, ..*place };
        let memory = Memory { accumulator: Accumulator::Spill, ..place.machine.memory };
        boundless.fixed(product, dataflow, &memory)
    }

    /// By what schedules of a product are compared: cycles with the vector work that outlasts the array, then bytes from and to
    /// DRAM; where energy decides, energy in fJ, then cycles.
    pub(super) fn key(&self, product: &Product<'_>, machine: &Machine) -> (u64, u64) {
        let cycles = self.cycles.total() + self.stall + self.outflow.exposed(product.vector);
        match &machine.schedule_prices {
            None => (cycles, self.traffic.dram_reads() + self.traffic.dram_writes()),
            Some(prices) => {
                (femtojoules(prices, product.gemm, &Ran::of(self), cycles, &machine.array), cycles)
            }
        }
    }
}

/// Energy of a product that ran so for so many cycles, fJ.
fn femtojoules(prices: &SchedulePrices, gemm: &Gemm, ran: &Ran<'_>, cycles: u64, array: &Array) -> u64 {
    let mut actions = PerAction::default();
    count_product(&mut actions, gemm, ran, array);
    prices.femtojoules(&actions, cycles)
}

/// Lays a product on the array in the first of the fastest ways it may run; `None` when nothing fits.
pub(super) fn lay(place: &Place<'_>, product: &Product<'_>) -> Option<Laid> {
    match place.machine.memory.schedule {
        // Prices are not among what is remembered.
        Scheduling::Fixed | Scheduling::Energy => search(place, product),
        Scheduling::Best => remembered(place, product, || search(place, product)),
    }
}

pub(super) fn search(place: &Place<'_>, product: &Product<'_>) -> Option<Laid> {
    let (first, others) = product.choice.candidates();
    let dataflows = std::iter::once(first).chain(others.iter().copied());
    let memory = place.scratchpads();
    let machine = place.machine;
    let mut best: Option<Laid> = None;
    let mut take = |laid: Laid| {
        if best.as_ref().is_none_or(|best| laid.key(product, machine) < best.key(product, machine)) {
            best = Some(laid);
        }
    };
    match place.machine.memory.schedule {
        Scheduling::Fixed => {
            let memory = memory?;
            dataflows.for_each(|dataflow| take(place.fixed(product, dataflow, &memory)));
        }
        Scheduling::Best | Scheduling::Energy => {
            for dataflow in dataflows.clone() {
                for memory in memory.iter().flat_map(|memory| pieces(product, dataflow, memory, place)) {
                    take(place.fixed(product, dataflow, &memory));
                }
            }
            let key = best.as_ref().map(|best| best.key(product, machine));
            let tiled = match &machine.schedule_prices {
                None => place.tiled(product, dataflows, key),
                Some(prices) => place.thrifty(product, dataflows, key, prices),
            };
            best = tiled.or(best);
        }
    }
    best
}

/// Scratchpads in which the fixed order runs whole, spilling sums where it must, and with time in pieces whose sums fit: a
/// piece is asked for by what the scratchpad of sums may take of it.
pub(super) fn pieces<'a>(
    product: &'a Product<'_>,
    dataflow: Dataflow,
    memory: &'a Memory,
    place: &Place<'_>,
) -> impl Iterator<Item = Memory> + 'a {
    let array = &place.machine.array;
    let plan = FoldPlan::new(product.gemm, dataflow, array.rows, array.cols);
    let sums = SUM_BYTES * array.cols;
    let meet = !plan.layout.sums_stay() && plan.row_folds > 1;
    let rungs = if meet { ladder(plan.time) } else { Vec::new() };
    let whole = Memory { accumulator: Accumulator::Spill, ..*memory };
    let fitting = rungs.into_iter().filter(move |piece| piece * sums <= memory.ofmap.0);
    let cut = fitting.map(move |piece| Memory {
        accumulator: Accumulator::Split,
        ofmap: Bytes(piece * sums),
        ..*memory
    });
    std::iter::once(whole).chain(cut)
}

impl Place<'_> {
    /// The free scratchpads; `None` where one buffer stands for them.
    pub(super) fn scratchpads(&self) -> Option<Memory> {
        let Room::Apart { ifmap, filter, ofmap } = self.room else { return None };
        let [ifmap, filter, ofmap] = [ifmap, filter, ofmap].map(Bytes);
        Some(Memory { ifmap, filter, ofmap, ..self.machine.memory })
    }

    /// The scratchpads in which folds in the fixed order ran, of all that the search tries: those that give what `ran`.
    pub(super) fn memory_of(
        &self,
        product: &Product<'_>,
        dataflow: Dataflow,
        ran: impl Fn(&Laid) -> bool,
    ) -> Option<Memory> {
        let memory = self.scratchpads()?;
        let gives = |memory: &Memory| ran(&self.fixed(product, dataflow, memory));
        match memory.schedule {
            Scheduling::Fixed => Some(memory).filter(gives),
            Scheduling::Best | Scheduling::Energy => pieces(product, dataflow, &memory, self).find(gives),
        }
    }

    /// The folds of a product in the fixed order.
    fn folds(&self, product: &Product<'_>, dataflow: Dataflow, memory: &Memory) -> FoldPlan {
        let array = &self.machine.array;
        let plan = FoldPlan::new(product.gemm, dataflow, array.rows, array.cols);
        match memory.accumulator {
            Accumulator::Split => plan.split_time(memory.ofmap.0 / (SUM_BYTES * array.cols)),
            Accumulator::Spill => plan,
        }
    }

    /// How the operands of a product move in the fixed order.
    pub(super) fn tiling(&self, product: &Product<'_>, dataflow: Dataflow, memory: &Memory) -> Tiling {
        Tiling::new(product.gemm, self.folds(product, dataflow, memory), memory, product.homes)
    }

    /// In the fixed order: column folds outside, pieces of time, row folds inside.
    pub(super) fn fixed(&self, product: &Product<'_>, dataflow: Dataflow, memory: &Memory) -> Laid {
        let (array, gemm, homes) = (&self.machine.array, product.gemm, product.homes);
        let tiling = self.tiling(product, dataflow, memory);
        let plan = *tiling.plan();
        let cycles = array_cycles(&plan, array.fold_overlap, array.edge_folds);
        // A port that is too narrow slows every step of the array.
        let slow = port_cycles(&plan, memory);
        let compute = cycles.total();
        let period = |one, next| slow * fold_period(&plan, array.fold_overlap, one, next);
        let pace = Pace { compute: slow * compute, ..self.pace };
        let walked = walk(&tiling, pace, period);
        let (first, last) = (plan.first_place(), plan.last_place());
        let free = memory.filter.0.saturating_sub(tiling.slice(Operand::Filter, last));
        Laid {
            dataflow,
            plan,
            hops: super::registers::hops(plan.rows, plan.array_rows),
            needs: tiling.needs(memory),
            traffic: traffic(gemm, &tiling, homes),
            cycles,
            stall: walked.cycles - compute,
            outflow: Outflow::new(&plan, slow, walked.busy),
            schedule: Schedule::Folds { pieces: plan.time_folds },
            first: FirstLoad {
                filter: tiling.slice(Operand::Filter, first),
                bytes: tiling.load(first),
                cycles: walked.first_load,
            },
            spare: Spare::new(walked.spare, free),
        }
    }

    /// In the best order of tiles, if that beats what is known.
    fn tiled(
        &self,
        product: &Product<'_>,
        dataflows: impl Iterator<Item = Dataflow>,
        known: Option<(u64, u64)>,
    ) -> Option<Laid> {
        let problem = product.problem();
        let site = self.site();
        let mut best: Option<Found> = None;
        for dataflow in dataflows {
            let key = best.as_ref().map(Found::key).or(known);
            if let Some(found) = best_nest(&problem, &site, dataflow, key) {
                best = Some(found);
            }
        }
        best.map(|found| laid_nest(&problem, &site, found))
    }

    /// In the order of tiles that takes the least energy, if that beats what is known.
    fn thrifty(
        &self,
        product: &Product<'_>,
        dataflows: impl Iterator<Item = Dataflow>,
        mut known: Option<(u64, u64)>,
        prices: &SchedulePrices,
    ) -> Option<Laid> {
        let (problem, site, array) = (product.problem(), self.site(), &self.machine.array);
        let energy = |plan: &FoldPlan, hops: u64, traffic: &Traffic, cycles: u64| {
            femtojoules(prices, product.gemm, &Ran { plan, hops, traffic }, cycles, array)
        };
        let mut best = None;
        for dataflow in dataflows {
            if let Some((found, key)) = thriftiest_nest(&problem, &site, dataflow, known, &energy) {
                (best, known) = (Some(found), Some(key));
            }
        }
        best.map(|found| laid_nest(&problem, &site, found))
    }

    /// Bytes that a product's smallest tiles need where they do not fit; `None` where some schedule does.
    pub(super) fn least(&self, product: &Product<'_>) -> Option<u64> {
        let Room::Shared { bytes, .. } = self.room else { return None };
        let (problem, site) = (product.problem(), self.site());
        let (first, others) = product.choice.candidates();
        let dataflows = std::iter::once(first).chain(others.iter().copied());
        let need = dataflows.filter_map(|dataflow| least_need(&problem, &site, dataflow)).min()?;
        (need > bytes).then_some(need)
    }

    pub(super) fn site(&self) -> Site {
        let (array, memory) = (&self.machine.array, &self.machine.memory);
        Site {
            rows: array.rows,
            cols: array.cols,
            overlap: array.fold_overlap,
            pace: self.pace,
            room: self.room,
            port_bits: memory.width.map(|width| width.0 * memory.banks),
        }
    }
}

impl Product<'_> {
    pub(super) fn problem(&self) -> Problem {
        Problem {
            gemm: *self.gemm,
            bands: self.bands,
            ifmap_from_dram: self.homes.ifmap_from_dram > 0,
            filter_from_dram: self.homes.filter_from_dram,
            result_to_dram: self.homes.ofmap_to_dram,
            added_from_dram: self.homes.added_from_dram,
            vector_cycles: self.vector,
        }
    }
}
