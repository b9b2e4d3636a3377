//! One segment's steps in time: array, memory and vector unit together.

use super::array::{array_cycles, fold_period};
use super::engine::time_on_engine;
use super::memory::{Homes, SUM_BYTES, Traffic, pace, port_cycles, traffic};
use super::outflow::Outflow;
use super::tiling::Tiling;
use super::walk::walk_cycles;
use crate::arch::{Accumulator, Arch, DataflowChoice, EdgeFolds, Memory, Placement, Residency, Weights};
use crate::count::{Action, Cause, PerCause, Tally};
use crate::map::{Dataflow, FoldPlan};
use crate::network::segment::{Operation, Part, Segments, Step, Waiting, Work};
use crate::shape::{Gemm, Operand};
use crate::units::{Bytes, real, whole_cycles};

/// A step's time, actions and traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTiming {
    /// Cycles by cause and actions by kind.
    pub tally: Tally,
    /// Bytes moved.
    pub traffic: Traffic,
    /// The GEMM as it ran; `None` for a step of the vector unit.
    pub gemm: Option<Gemm>,
    /// The dataflow it ran in; `None` off the array.
    pub dataflow: Option<Dataflow>,
    /// Folds on the array.
    pub folds: u64,
    /// Used PEs averaged over folds, 0 to 1; `None` for a step of the vector unit.
    pub mapping_efficiency: Option<f64>,
}

/// Scratchpads less what stays in them: resident weights, and half of the ifmap scratchpad where maps stay on chip.
#[must_use]
pub fn free_memory(network: &Segments, arch: &Arch) -> Memory {
    let memory = arch.memory;
    let taken = resident_bytes(network, &memory);
    let ifmap = if memory.residency == Residency::Fit { memory.ifmap.0 / 2 } else { memory.ifmap.0 };
    Memory { ifmap: Bytes(ifmap), filter: Bytes(memory.filter.0.saturating_sub(taken)), ..memory }
}

/// Bytes of weights that stay in the filter scratchpad.
#[must_use]
pub fn resident_bytes(network: &Segments, memory: &Memory) -> u64 {
    let stays = |step: &&Step| match step.part {
        Part::Head(_) => memory.head_weights == Weights::Resident,
        Part::Body | Part::Tail => memory.weights == Weights::Resident,
    };
    network.steps().filter(stays).map(Step::weight_bytes).sum()
}

/// What the steps of a segment pass on: the only state, and it ends with the segment.
struct Flow<'a> {
    arch: &'a Arch,
    /// The scratchpads as far as they are free for tiles.
    memory: &'a Memory,
    /// How the sums of the last GEMM on the array leave it.
    outflow: Option<Outflow>,
    /// Vector cycles on them so far, and how many of those were exposed.
    worked: u64,
    exposed: u64,
}

/// What follows a GEMM in the stream of its results.
#[derive(Clone, Copy, Default)]
struct Stream<'a> {
    /// The last step in it, whose map is stored.
    last: Option<&'a Step>,
    /// Bytes of maps from DRAM that are added to it.
    added_from_dram: u64,
}

impl<'a> Stream<'a> {
    fn of(flow: &Flow<'_>, steps: impl Iterator<Item = &'a Step>) -> Self {
        steps.fold(Self::default(), |stream, step| Self {
            last: Some(step),
            added_from_dram: stream.added_from_dram + flow.waited_in_dram(step),
        })
    }
}

/// Times a segment's backbone and head, step by step, with `alive` classes on entry.
///
/// `memory` has the scratchpads as far as they are free for tiles (see [`free_memory`]).
/// `alive` matters to class-wise GEMMs when the unit compacts, and to nothing else.
#[must_use]
pub fn time_segment(
    backbone: &[Step],
    head: &[Step],
    arch: &Arch,
    memory: &Memory,
    alive: Option<u64>,
) -> Vec<StepTiming> {
    let mut flow = Flow { arch, memory, outflow: None, worked: 0, exposed: 0 };
    let count = backbone.len() + head.len();
    let step = |i: usize| if i < backbone.len() { &backbone[i] } else { &head[i - backbone.len()] };
    let mut timings = Vec::with_capacity(count);
    for i in 0..count {
        // Fused, poolings and residual additions work in the stream: only the map behind the last of them is stored.
        let stream = (i + 1..count).map(step).take_while(|next| arch.vector.fused && next.streamed);
        timings.push(flow.step(step(i), Stream::of(&flow, stream), alive));
    }
    timings
}

impl Flow<'_> {
    /// A map stays on chip when half of the ifmap scratchpad holds it.
    fn stays(&self, bytes: u64) -> bool {
        self.arch.memory.residency == Residency::Fit && bytes <= self.arch.memory.ifmap.0 / 2
    }

    /// A map that waits stays on chip when, besides, it fits the ifmap scratchpad with all it meets meanwhile.
    fn waits_on_chip(&self, map: &Waiting) -> bool {
        self.stays(map.bytes) && map.bytes + map.beside <= self.arch.memory.ifmap.0
    }

    /// Bytes of the maps that waited for a step in DRAM.
    fn waited_in_dram(&self, step: &Step) -> u64 {
        step.waited.iter().filter(|map| !self.waits_on_chip(map)).map(|map| map.bytes).sum()
    }

    /// A map goes to DRAM when it does not stay on chip, or not as long as it is needed.
    fn leaves(&self, bytes: u64, waits: Option<Waiting>) -> bool {
        !self.stays(bytes) || waits.is_some_and(|map| !self.waits_on_chip(&map))
    }

    /// A step, and what follows in its stream.
    fn step(&mut self, step: &Step, stream: Stream<'_>, alive: Option<u64>) -> StepTiming {
        let arch = self.arch;
        match step.work {
            Work::Gemm { gemm, class_wise } => {
                let gemm = match alive {
                    Some(alive) if class_wise => Gemm { n: alive, ..gemm },
                    _ => gemm,
                };
                let gathered = if class_wise && alive.is_some() { gemm.n } else { 0 };
                if matches!(step.part, Part::Head(_)) && arch.exclusion.placement == Placement::Dedicated {
                    return with_gather(time_on_engine(&gemm, arch), gathered);
                }
                with_gather(self.gemm(step, gemm, stream), gathered)
            }
            Work::Vector { elements, operation } => self.vector(step, elements, operation),
        }
    }

    /// The dataflows that a step may run in.
    fn choice(&self, step: &Step) -> DataflowChoice {
        let array = &self.arch.array;
        match step.part {
            Part::Head(_) => array.head_dataflow,
            Part::Body | Part::Tail if step.kind == "fc" => array.fc_dataflow,
            Part::Body | Part::Tail => array.dataflow,
        }
    }

    /// A GEMM whose result is stored as the last map of the stream.
    fn gemm(&mut self, step: &Step, gemm: Gemm, stream: Stream<'_>) -> StepTiming {
        let arch = self.arch;
        let stored = stream.last.map_or(step.ofmap_bytes.min(gemm.outputs()), |last| last.ofmap_bytes);
        let waits = stream.last.unwrap_or(step).waits;
        let weights =
            if matches!(step.part, Part::Head(_)) { arch.memory.head_weights } else { arch.memory.weights };
        let homes = Homes {
            ifmap_from_dram: if step.reads_image || !self.stays(step.ifmap_bytes) {
                step.ifmap_bytes
            } else {
                self.waited_in_dram(step)
            },
            filter_from_dram: weights == Weights::Stream,
            ofmap_to_dram: if self.leaves(stored, waits) { stored } else { 0 },
            added_from_dram: stream.added_from_dram,
        };
        let Laid { dataflow, plan, cycles, traffic, stall, outflow } =
            lay(&gemm, self.choice(step), homes, arch, self.memory);
        let mut tally = Tally { cycles, ..Tally::default() };
        tally.cycles[Cause::Stall] = stall;
        tally.cycles[Cause::Setup] = arch.control.layer_setup;
        (self.outflow, self.worked, self.exposed) = (Some(outflow), 0, 0);
        tally.cycles[Cause::Vector] = self.vector_cycles(gemm.outputs());
        count_gemm(&mut tally, &gemm, &plan, &traffic);
        tally.actions[Action::IfmapWrite] += if self.stays(stored) { stored } else { 0 };
        StepTiming {
            tally,
            traffic,
            gemm: Some(gemm),
            dataflow: Some(dataflow),
            folds: plan.folds(),
            mapping_efficiency: Some(plan.mapping_efficiency()),
        }
    }

    /// Exposed cycles of vector work: fused, it goes along with the sums of the array operation that feeds it.
    fn vector_cycles(&mut self, elements: u64) -> u64 {
        let cycles = elements.div_ceil(self.arch.vector.lanes);
        let Some(outflow) = self.outflow.filter(|_| self.arch.vector.fused) else { return cycles };
        self.worked += cycles;
        let before = std::mem::replace(&mut self.exposed, outflow.exposed(self.worked));
        self.exposed - before
    }

    /// Work of the vector unit.
    fn vector(&mut self, step: &Step, elements: u64, operation: Operation) -> StepTiming {
        let fused = self.arch.vector.fused;
        let mut tally = Tally::default();
        // In the stream the operation that feeds it stores the result, and brings what comes from DRAM.
        let in_stream = fused && step.streamed;
        let stored = if in_stream { 0 } else { step.ofmap_bytes };
        tally.cycles[Cause::Vector] = if in_stream || step.waited.is_empty() {
            self.vector_cycles(elements)
        } else {
            elements.div_ceil(self.arch.vector.lanes)
        };
        tally.actions[match operation {
            Operation::Combine => Action::VectorAdd,
            Operation::Rescale => Action::Requantize,
        }] = elements;
        let waited: u64 = step.waited.iter().map(|map| map.bytes).sum();
        let direct = step.ifmap_bytes - waited;
        let mut traffic = Traffic { ifmap_sram: waited, ..Traffic::default() };
        if !in_stream {
            traffic.dram_ifmap = self.waited_in_dram(step);
            traffic.dram_ofmap = if self.leaves(stored, step.waits) { stored } else { 0 };
        }
        if !fused {
            // The map was stored, and is read again.
            traffic.dram_ifmap += if self.stays(direct) { 0 } else { direct };
            traffic.ifmap_sram += direct;
        }
        let bytes = traffic.dram_ifmap + traffic.dram_ofmap;
        let transfer = whole_cycles(real(bytes) / self.arch.dram_bytes_per_cycle()).0;
        tally.cycles[Cause::Stall] = transfer.saturating_sub(tally.cycles[Cause::Vector]);
        count_traffic(&mut tally, &traffic);
        tally.actions[Action::IfmapWrite] += if self.stays(step.ofmap_bytes) { stored } else { 0 };
        StepTiming { tally, traffic, gemm: None, dataflow: None, folds: 0, mapping_efficiency: None }
    }
}

/// A GEMM on the array, with its memories.
struct Laid {
    dataflow: Dataflow,
    plan: FoldPlan,
    cycles: PerCause<u64>,
    traffic: Traffic,
    stall: u64,
    outflow: Outflow,
}

impl Laid {
    fn new(gemm: &Gemm, dataflow: Dataflow, homes: Homes, arch: &Arch, memory: &Memory) -> Self {
        let array = &arch.array;
        let plan = FoldPlan::new(gemm, dataflow, array.rows, array.cols);
        let plan = match memory.accumulator {
            Accumulator::Spill => plan,
            Accumulator::Split => plan.split_time(memory.ofmap.0 / (SUM_BYTES * array.cols)),
        };
        let cycles = array_cycles(&plan, array.fold_overlap, array.edge_folds);
        let tiling = Tiling::new(gemm, &plan, memory, homes);
        // A port that is too narrow slows every step of the array.
        let slow = port_cycles(&plan, memory);
        let compute = cycles.total();
        let period = |one, next| slow * fold_period(&plan, array.fold_overlap, one, next);
        let stall = walk_cycles(&plan, &tiling, pace(arch, slow * compute), period) - compute;
        let whole = plan.charged(plan.first_place(), EdgeFolds::Full);
        let outflow = Outflow::new(&plan, slow, period(whole, whole));
        Self { dataflow, plan, cycles, traffic: traffic(gemm, &plan, &tiling, homes), stall, outflow }
    }

    /// What the array and its memories take, with the requantizing of results that outlasts the array.
    fn total(&self, gemm: &Gemm, arch: &Arch) -> u64 {
        let vector = gemm.outputs().div_ceil(arch.vector.lanes);
        let exposed = if arch.vector.fused { self.outflow.exposed(vector) } else { vector };
        self.cycles.total() + self.stall + exposed
    }
}

/// Lays a GEMM on the array in the fastest of the dataflows it may run in; the first of equals.
fn lay(gemm: &Gemm, choice: DataflowChoice, homes: Homes, arch: &Arch, memory: &Memory) -> Laid {
    let (first, others) = choice.candidates();
    let mut best = Laid::new(gemm, first, homes, arch, memory);
    for &other in others {
        let other = Laid::new(gemm, other, homes, arch, memory);
        if other.total(gemm, arch) < best.total(gemm, arch) {
            best = other;
        }
    }
    best
}

/// A GEMM over survivors forms one gather address for each.
fn with_gather(mut timing: StepTiming, gathered: u64) -> StepTiming {
    timing.tally.actions[Action::Gather] = gathered;
    timing
}

/// Bits a PE writes for one MAC: the 8-bit operand it passes on and the 32-bit sum; in OS both operands move.
fn register_bits(gemm: &Gemm, plan: &FoldPlan) -> u64 {
    let sums_stay = plan.layout.stationary == Operand::Ofmap;
    let moving = if sums_stay { 8 + 8 + 32 } else { 8 + 32 };
    // The stationary operand shifts through the rows on its way in or out: (A + 1) / 2 hops on average, at least 1.
    let bits = if sums_stay { 32 } else { 8 };
    let hops = plan.array_rows.div_ceil(2);
    let stationary = gemm.groups * plan.rows * plan.cols * plan.time_folds;
    gemm.macs() * moving + stationary * hops * bits
}

fn count_gemm(tally: &mut Tally, gemm: &Gemm, plan: &FoldPlan, traffic: &Traffic) {
    tally.actions[Action::Mac] = gemm.macs();
    tally.actions[Action::RegisterBit] = register_bits(gemm, plan);
    tally.actions[Action::Requantize] = gemm.outputs();
    // The vector unit reads every finished sum to requantize it.
    tally.actions[Action::OfmapRead] += gemm.outputs() * SUM_BYTES;
    count_traffic(tally, traffic);
}

fn count_traffic(tally: &mut Tally, traffic: &Traffic) {
    let actions = &mut tally.actions;
    actions[Action::IfmapRead] += traffic.ifmap_sram;
    actions[Action::IfmapWrite] += traffic.dram_ifmap;
    actions[Action::FilterRead] += traffic.filter_sram;
    actions[Action::FilterWrite] += traffic.dram_filter;
    actions[Action::OfmapRead] += traffic.psum_sram_reads + traffic.dram_psum_writes;
    actions[Action::OfmapWrite] += traffic.psum_sram_writes + traffic.dram_psum_reads;
    actions[Action::DramRead] += traffic.dram_reads();
    actions[Action::DramWrite] += traffic.dram_writes();
}
