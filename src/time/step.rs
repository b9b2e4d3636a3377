//! One segment's steps in time: array, memory and vector unit together.

use super::array::{array_cycles, fold_period};
use super::engine::time_on_engine;
use super::memory::{Homes, SUM_BYTES, Traffic, pace, port_cycles, traffic};
use super::outflow::Outflow;
use super::registers::count_registers;
use super::tiling::Tiling;
use super::walk::{Pace, walk_cycles};
use crate::arch::{
    Accumulator, Arch, Array, DataflowChoice, EdgeFolds, Memory, Placement, Residency, Weights,
};
use crate::count::{Action, Cause, PerCause, Tally};
use crate::map::{Dataflow, FoldPlan};
use crate::network::segment::{Part, Segment, Segments, Step, Work};
use crate::shape::Gemm;
use crate::units::Bytes;

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

/// A step on its own, all classes alive, on scratchpads as far as they are free for tiles (see [`free_memory`]).
#[must_use]
pub fn time_step(step: &Step, arch: &Arch, memory: &Memory) -> StepTiming {
    let steps = Steps { backbone: std::slice::from_ref(step), head: &[] };
    Flow::new(arch, memory).step(steps, 0, None)
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

    /// A step with those after it in the same list, and whether there is one before it.
    fn at(self, i: usize) -> (&'a [Step], bool) {
        match i.checked_sub(self.backbone.len()) {
            None => (&self.backbone[i..], i > 0),
            Some(i) => (&self.head[i..], i > 0),
        }
    }
}

/// What the steps of a segment pass on: the only state, and it ends with the segment.
#[derive(Clone, Copy)]
pub(super) struct Flow<'a> {
    arch: &'a Arch,
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
    pub(super) fn new(arch: &'a Arch, memory: &'a Memory) -> Self {
        Self { arch, memory, pace: pace(arch), outflow: None, worked: 0, exposed: 0 }
    }

    /// A map stays on chip when half of the ifmap scratchpad holds it.
    fn stays(&self, bytes: u64) -> bool {
        self.arch.memory.residency == Residency::Fit && bytes <= self.arch.memory.ifmap.0 / 2
    }

    /// The `i`-th of a segment's steps, after those before it.
    ///
    /// `alive` classes matter to class-wise GEMMs when the unit compacts or masks, and to nothing else.
    pub(super) fn step(&mut self, steps: Steps<'_>, i: usize, alive: Option<u64>) -> StepTiming {
        let (arch, (steps, fed)) = (self.arch, steps.at(i));
        let (step, after) = (&steps[0], &steps[1..]);
        match step.work {
            Work::Gemm { gemm, class_wise } => {
                let (gemm, absent) = without_excluded(gemm, alive.filter(|_| class_wise), arch);
                let dedicated = arch.exclusion.placement == Placement::Dedicated;
                let mut timing = if dedicated && matches!(step.part, Part::Head(_)) {
                    time_on_engine(&gemm, arch)
                } else {
                    // Fused, maximum poolings work in the stream: only the map behind the last of them is stored.
                    let pooled =
                        after.iter().take_while(|next| arch.vector.fused && next.kind == "maxpool").last();
                    let own = step.ofmap_bytes.min(gemm.outputs());
                    self.gemm(step, gemm, pooled.map_or(own, |pooled| pooled.ofmap_bytes))
                };
                timing.tally.actions[Action::Gather] = absent.gathered;
                timing.tally.actions.move_macs(Action::MaskedMac, absent.masked);
                timing
            }
            Work::Vector { elements } => {
                let in_stream = arch.vector.fused && step.kind == "maxpool" && fed;
                self.vector(step, elements, if in_stream { 0 } else { step.ofmap_bytes })
            }
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

    /// Lays a GEMM on the array in the fastest of the dataflows it may run in; the first of equals.
    fn lay(&self, gemm: &Gemm, choice: DataflowChoice, homes: Homes) -> Laid {
        let (first, others) = choice.candidates();
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
        let (array, memory) = (&self.arch.array, self.memory);
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
        let pace = Pace { compute: slow * compute, ..self.pace };
        let stall = walk_cycles(&plan, &tiling, pace, period) - compute;
        let whole = plan.charged(plan.first_place(), EdgeFolds::Full);
        let outflow = Outflow::new(&plan, slow, period(whole, whole));
        Laid { dataflow, plan, tiling, cycles, stall, outflow }
    }

    /// What the array and its memories take, with the requantizing of results that outlasts the array.
    fn duration(&self, gemm: &Gemm, laid: &Laid) -> u64 {
        let vector = gemm.outputs().div_ceil(self.arch.vector.lanes);
        let exposed = if self.arch.vector.fused { laid.outflow.exposed(vector) } else { vector };
        laid.cycles.total() + laid.stall + exposed
    }

    /// A GEMM whose result is stored as a map of `stored` bytes.
    fn gemm(&mut self, step: &Step, gemm: Gemm, stored: u64) -> StepTiming {
        let arch = self.arch;
        let weights =
            if matches!(step.part, Part::Head(_)) { arch.memory.head_weights } else { arch.memory.weights };
        let homes = Homes {
            ifmap_from_dram: if step.reads_image || !self.stays(step.ifmap_bytes) {
                step.ifmap_bytes
            } else {
                0
            },
            filter_from_dram: weights == Weights::Stream,
            ofmap_to_dram: if self.stays(stored) { 0 } else { stored },
        };
        let Laid { dataflow, plan, tiling, cycles, stall, outflow } =
            self.lay(&gemm, self.choice(step), homes);
        let traffic = traffic(&gemm, &plan, &tiling, homes);
        let mut tally = Tally { cycles, ..Tally::default() };
        tally.cycles[Cause::Stall] = stall;
        tally.cycles[Cause::Setup] = arch.control.layer_setup;
        (self.outflow, self.worked, self.exposed) = (Some(outflow), 0, 0);
        tally.cycles[Cause::Vector] = self.vector_cycles(gemm.outputs());
        count_gemm(&mut tally, &gemm, &plan, &traffic, &arch.array);
        tally.actions[Action::IfmapWrite] += if homes.ofmap_to_dram == 0 { stored } else { 0 };
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

    /// Work of the vector unit that stores a map of `stored` bytes.
    fn vector(&mut self, step: &Step, elements: u64, stored: u64) -> StepTiming {
        let mut tally = Tally::default();
        let (from_dram, to_dram) = (!self.stays(step.ifmap_bytes), !self.stays(step.ofmap_bytes));
        tally.cycles[Cause::Vector] = self.vector_cycles(elements);
        tally.actions[Action::VectorAdd] = elements;
        let mut traffic = Traffic { dram_ofmap: if to_dram { stored } else { 0 }, ..Traffic::default() };
        if !self.arch.vector.fused {
            // The map was stored, and is read again.
            traffic.dram_ifmap = if from_dram { step.ifmap_bytes } else { 0 };
            traffic.ifmap_sram = step.ifmap_bytes;
        }
        let bytes = traffic.dram_ifmap + traffic.dram_ofmap;
        tally.cycles[Cause::Stall] = self.pace.transfer(bytes).saturating_sub(tally.cycles[Cause::Vector]);
        count_traffic(&mut tally, &traffic);
        tally.actions[Action::IfmapWrite] += if to_dram { 0 } else { stored };
        StepTiming { tally, traffic, gemm: None, dataflow: None, folds: 0, mapping_efficiency: None }
    }
}

/// A GEMM on the array, with its memories.
struct Laid {
    dataflow: Dataflow,
    plan: FoldPlan,
    tiling: Tiling,
    cycles: PerCause<u64>,
    stall: u64,
    outflow: Outflow,
}

/// What the absence of excluded classes changes beside the product.
#[derive(Clone, Copy, Default)]
struct Absent {
    /// Gather addresses formed, one for each survivor.
    gathered: u64,
    /// Multiply-accumulates of excluded classes that are masked.
    masked: u64,
}

/// A product over classes of which `alive` are left: cut to them by a unit that compacts, whole with one that masks.
fn without_excluded(whole: Gemm, alive: Option<u64>, arch: &Arch) -> (Gemm, Absent) {
    let Some(alive) = alive else { return (whole, Absent::default()) };
    let gemm = Gemm { n: alive, ..whole };
    if arch.exclusion.mask {
        return (whole, Absent { gathered: 0, masked: whole.macs() - gemm.macs() });
    }
    (gemm, Absent { gathered: alive, masked: 0 })
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
