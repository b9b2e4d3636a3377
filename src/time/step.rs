//! One segment's steps in time: array, memory and vector unit together.

use super::array::{array_cycles, fold_period};
use super::engine::time_on_engine;
use super::memory::{Homes, SUM_BYTES, Traffic, pace, port_cycles, traffic};
use super::outflow::Outflow;
use super::registers::count_registers;
use super::tiling::Tiling;
use super::walk::{Pace, walk_cycles};
use crate::count::{Action, Cause, PerCause, Tally};
use crate::machine::{
    Accumulator, Array, DataflowChoice, EdgeFolds, Machine, Memory, Placement, Residency, Weights,
};
use crate::map::{Dataflow, FoldPlan};
use crate::network::segment::{LayerKind, Operation, Part, Segment, Segments, Step, Waiting, Work};
use crate::shape::Gemm;
use crate::units::Bytes;

/// A step's time, actions and traffic.
#[derive(Clone, Debug, Default, PartialEq)]
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
pub fn free_memory(network: &Segments, machine: &Machine) -> Memory {
    let memory = machine.memory;
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

/// A step on its own, all classes alive, on scratchpads as far as they are free for tiles (see [`free_memory`]).
#[must_use]
pub fn time_step(step: &Step, machine: &Machine, memory: &Memory) -> StepTiming {
    let steps = Steps { backbone: std::slice::from_ref(step), head: &[] };
    let mut timing = StepTiming::default();
    Flow::new(machine, memory).step(steps, 0, None, &mut timing);
    timing
}

/// A segment's steps in the order they run: its backbone's, then its head's where that is on.
#[derive(Clone, Copy)]
pub(super) struct Steps<'a> {
    backbone: &'a [Step],
    head: &'a [Step],
}

impl<'a> Steps<'a> {
    pub(super) fn new(segment: &'a Segment, head: bool) -> Self {
        Self { backbone: &segment.backbone, head: if head { &segment.head } else { &[] } }
    }

    pub(super) fn len(self) -> usize {
        self.backbone.len() + self.head.len()
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'a Step> {
        self.backbone.iter().chain(self.head)
    }

    /// A step with those after it in the same list.
    fn at(self, i: usize) -> &'a [Step] {
        match i.checked_sub(self.backbone.len()) {
            None => &self.backbone[i..],
            Some(i) => &self.head[i..],
        }
    }
}

/// What follows a GEMM in the stream of its results.
#[derive(Clone, Copy, Default)]
struct Stream<'a> {
    /// The last step in it, whose map is stored.
    last: Option<&'a Step>,
    /// Bytes of maps from DRAM that are added to it.
    added_from_dram: u64,
}

/// What the steps of a segment pass on: the only state, and it ends with the segment.
#[derive(Clone, Copy)]
pub(super) struct Flow<'a> {
    machine: &'a Machine,
    /// The scratchpads as far as they are free for tiles (see [`free_memory`]).
    memory: &'a Memory,
    /// The bus; what the array computes is each GEMM's own.
    pace: Pace,
    /// How the sums of the last GEMM on the array leave it.
    outflow: Option<Outflow>,
    /// Vector cycles on them so far, and how many of those were exposed.
    worked: u64,
    exposed: u64,
}

impl<'a> Flow<'a> {
    /// Before a segment's first step.
    pub(super) fn new(machine: &'a Machine, memory: &'a Memory) -> Self {
        Self { machine, memory, pace: pace(machine), outflow: None, worked: 0, exposed: 0 }
    }

    /// A map stays on chip when half of the ifmap scratchpad holds it.
    fn stays(&self, bytes: u64) -> bool {
        self.machine.memory.residency == Residency::Fit && bytes <= self.machine.memory.ifmap.0 / 2
    }

    /// A map that waits stays on chip when, besides, it fits the ifmap scratchpad with all it meets meanwhile.
    fn waits_on_chip(&self, map: &Waiting) -> bool {
        self.stays(map.bytes) && map.bytes + map.beside <= self.machine.memory.ifmap.0
    }

    /// Bytes of the maps that waited for a step in DRAM.
    fn waited_in_dram(&self, step: &Step) -> u64 {
        step.waited.iter().filter(|map| !self.waits_on_chip(map)).map(|map| map.bytes).sum()
    }

    /// A map goes to DRAM when it does not stay on chip, or not as long as it is needed.
    fn leaves(&self, bytes: u64, waits: Option<Waiting>) -> bool {
        !self.stays(bytes) || waits.is_some_and(|map| !self.waits_on_chip(&map))
    }

    /// Fused, poolings and residual additions work in the stream: only the map behind the last of them is stored.
    fn stream<'s>(&self, after: &'s [Step]) -> Stream<'s> {
        let steps = after.iter().take_while(|next| self.machine.vector.fused && next.streamed);
        steps.fold(Stream::default(), |stream, step| Stream {
            last: Some(step),
            added_from_dram: stream.added_from_dram + self.waited_in_dram(step),
        })
    }

    /// The `i`-th of a segment's steps, after those before it, into a timing that is empty as yet: written where it will
    /// stay, for moving results about took as long as any part of making them.
    ///
    /// `alive` classes matter to class-wise GEMMs when the unit compacts or masks, and to nothing else.
    pub(super) fn step(&mut self, steps: Steps<'_>, i: usize, alive: Option<u64>, timing: &mut StepTiming) {
        let (machine, steps) = (self.machine, steps.at(i));
        let (step, after) = (&steps[0], &steps[1..]);
        match step.work {
            Work::Gemm { gemm, class_wise } => {
                let alive = alive.filter(|_| class_wise);
                let absent = Absent::of(&gemm, alive, machine);
                let gemm = Gemm { n: gemm.n - absent.columns, ..gemm };
                let dedicated = machine.exclusion.placement == Placement::Dedicated;
                if dedicated && matches!(step.part, Part::Head(_)) {
                    *timing = time_on_engine(&gemm, machine);
                } else {
                    self.gemm(step, &gemm, self.stream(after), timing);
                }
                timing.tally.actions[Action::Gather] = absent.gathered;
                timing.tally.actions.move_macs(Action::MaskedMac, absent.masked);
            }
            Work::Vector { elements, operation } => self.vector(step, elements, operation, timing),
        }
    }

    /// The dataflows that a step may run in.
    fn choice(&self, step: &Step) -> DataflowChoice {
        let array = &self.machine.array;
        match step.part {
            Part::Head(_) => array.head_dataflow,
            Part::Body | Part::Tail if step.kind == LayerKind::FullyConnected => array.fc_dataflow,
            Part::Body | Part::Tail => array.dataflow,
        }
    }

    /// Lays a GEMM on the array in the fastest of the dataflows it may run in; the first of equals.
    #[inline(never)] // Inlined, its result would be copied once more.
    fn lay(&self, gemm: &Gemm, choice: DataflowChoice, homes: Homes) -> Laid {
        let (first, others) = choice.candidates();
        if others.is_empty() {
            return self.laid(gemm, first, homes);
        }
        let mut best = self.laid(gemm, first, homes);
        for &other in others {
            let other = self.laid(gemm, other, homes);
            if self.duration(gemm, &other) < self.duration(gemm, &best) {
                best = other;
            }
        }
        best
    }

    fn laid(&self, gemm: &Gemm, dataflow: Dataflow, homes: Homes) -> Laid {
        let (array, memory) = (&self.machine.array, self.memory);
        let mut plan = FoldPlan::new(gemm, dataflow, array.rows, array.cols);
        if memory.accumulator == Accumulator::Split {
            plan = plan.split_time(memory.ofmap.0 / (SUM_BYTES * array.cols));
        }
        let tiling = Tiling::new(gemm, plan, memory, homes);
        let cycles = array_cycles(&plan, array.fold_overlap, array.edge_folds);
        // A port that is too narrow slows every step of the array.
        let slow = port_cycles(&plan, memory);
        let compute = cycles.total();
        let period = |one, next| slow * fold_period(&plan, array.fold_overlap, one, next);
        let pace = Pace { compute: slow * compute, ..self.pace };
        let stall = walk_cycles(&tiling, pace, period) - compute;
        let whole = plan.charged(plan.first_place(), EdgeFolds::Full);
        let outflow = Outflow::new(&plan, slow, period(whole, whole));
        Laid { dataflow, plan, traffic: traffic(gemm, &tiling, homes), cycles, stall, outflow }
    }

    /// What the array and its memories take, with the requantizing of results that outlasts the array.
    fn duration(&self, gemm: &Gemm, laid: &Laid) -> u64 {
        let vector = gemm.outputs().div_ceil(self.machine.vector.lanes);
        let exposed = if self.machine.vector.fused { laid.outflow.exposed(vector) } else { vector };
        laid.cycles.total() + laid.stall + exposed
    }

    /// A GEMM whose result is stored as the last map of the stream.
    fn gemm(&mut self, step: &Step, gemm: &Gemm, stream: Stream<'_>, timing: &mut StepTiming) {
        let machine = self.machine;
        let stored = stream.last.map_or(step.ofmap_bytes.min(gemm.outputs()), |last| last.ofmap_bytes);
        let waits = stream.last.unwrap_or(step).waits;
        let weights = if matches!(step.part, Part::Head(_)) {
            machine.memory.head_weights
        } else {
            machine.memory.weights
        };
        let homes = Homes {
            ifmap_from_dram: if step.reads_image || !self.stays(step.ifmap_bytes) {
                step.ifmap_bytes
            } else {
                self.waited_in_dram(step)
            },
            filter_from_dram: weights == Weights::Stream || step.of_two_maps(),
            ofmap_to_dram: if self.leaves(stored, waits) { stored } else { 0 },
            added_from_dram: stream.added_from_dram,
        };
        let laid = self.lay(gemm, self.choice(step), homes);
        timing.traffic = laid.traffic;
        timing.gemm = Some(*gemm);
        timing.dataflow = Some(laid.dataflow);
        timing.folds = laid.plan.folds();
        timing.mapping_efficiency = Some(laid.plan.mapping_efficiency());
        let tally = &mut timing.tally;
        tally.cycles = laid.cycles;
        tally.cycles[Cause::Stall] = laid.stall;
        tally.cycles[Cause::Setup] = machine.control.layer_setup;
        (self.outflow, self.worked, self.exposed) = (Some(laid.outflow), 0, 0);
        tally.cycles[Cause::Vector] = self.vector_cycles(gemm.outputs());
        count_gemm(tally, gemm, &laid.plan, &timing.traffic, &machine.array);
        tally.actions[Action::IfmapWrite] += if self.stays(stored) { stored } else { 0 };
    }

    /// Exposed cycles of vector work: fused, it goes along with the sums of the array operation that feeds it.
    fn vector_cycles(&mut self, elements: u64) -> u64 {
        let cycles = elements.div_ceil(self.machine.vector.lanes);
        let Some(outflow) = self.outflow.filter(|_| self.machine.vector.fused) else { return cycles };
        self.worked += cycles;
        let before = std::mem::replace(&mut self.exposed, outflow.exposed(self.worked));
        self.exposed - before
    }

    /// Work of the vector unit.
    fn vector(&mut self, step: &Step, elements: u64, operation: Operation, timing: &mut StepTiming) {
        let fused = self.machine.vector.fused;
        let StepTiming { tally, traffic, .. } = timing;
        // In the stream the operation that feeds it stores the result, and brings what comes from DRAM.
        let in_stream = fused && step.streamed;
        let stored = if in_stream { 0 } else { step.ofmap_bytes };
        tally.cycles[Cause::Vector] = if in_stream || step.waited.is_empty() {
            self.vector_cycles(elements)
        } else {
            elements.div_ceil(self.machine.vector.lanes)
        };
        tally.actions[match operation {
            Operation::Combine => Action::VectorAdd,
            Operation::Rescale => Action::Requantize,
        }] = elements;
        let waited: u64 = step.waited.iter().map(|map| map.bytes).sum();
        let direct = step.ifmap_bytes - waited;
        traffic.ifmap_sram = waited;
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
        tally.cycles[Cause::Stall] = self.pace.transfer(bytes).saturating_sub(tally.cycles[Cause::Vector]);
        count_traffic(tally, traffic);
        tally.actions[Action::IfmapWrite] += if self.stays(step.ofmap_bytes) { stored } else { 0 };
    }
}

/// A GEMM on the array, with its memories.
struct Laid {
    dataflow: Dataflow,
    plan: FoldPlan,
    traffic: Traffic,
    cycles: PerCause<u64>,
    stall: u64,
    outflow: Outflow,
}

/// What the absence of excluded classes changes of a product over classes: a unit that compacts cuts it to those alive,
/// with one that masks it is whole.
#[derive(Clone, Copy, Default)]
struct Absent {
    /// Classes left out.
    columns: u64,
    /// Gather addresses formed, one for each survivor.
    gathered: u64,
    /// Multiply-accumulates of excluded classes that are masked.
    masked: u64,
}

impl Absent {
    fn of(gemm: &Gemm, alive: Option<u64>, machine: &Machine) -> Self {
        let Some(alive) = alive else { return Self::default() };
        let columns = gemm.n - alive;
        if machine.exclusion.mask {
            return Self { masked: gemm.groups * gemm.m * columns * gemm.k, ..Self::default() };
        }
        Self { columns, gathered: alive, masked: 0 }
    }
}

fn count_gemm(tally: &mut Tally, gemm: &Gemm, plan: &FoldPlan, traffic: &Traffic, array: &Array) {
    tally.actions[Action::Mac] = gemm.macs();
    count_registers(&mut tally.actions, gemm, plan, array);
    tally.actions[Action::Accumulate] = traffic.psum_sram_reads / SUM_BYTES;
    tally.actions[Action::ZeroTest] = if array.zero_gating { traffic.ifmap_sram } else { 0 };
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
