//! One segment's steps in time: array, memory and vector unit together.

use super::array::array_cycles;
use super::engine::time_on_engine;
use super::memory::{Homes, SUM_BYTES, Traffic, pace, traffic};
use super::outflow::Outflow;
use super::tiling::Tiling;
use super::walk::walk_cycles;
use crate::arch::{Arch, Memory, Placement, Residency, Weights};
use crate::count::{Action, Cause, Tally};
use crate::map::FoldPlan;
use crate::network::segment::{Part, Segment, Segments, Step, Work};
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

/// Times a segment's backbone and head, step by step, with `alive` classes on entry.
///
/// `memory` has the scratchpads as far as they are free for tiles (see [`free_memory`]).
/// `alive` matters to class-wise GEMMs when the unit compacts, and to nothing else.
#[must_use]
pub fn time_segment(segment: &Segment, arch: &Arch, memory: &Memory, alive: Option<u64>) -> Vec<StepTiming> {
    let mut flow = Flow { arch, memory, outflow: None, worked: 0, exposed: 0 };
    let steps: Vec<&Step> = segment.backbone.iter().chain(&segment.head).collect();
    let time = |(i, step): (usize, &&Step)| {
        // Fused, maximum poolings work in the stream: only the map behind the last of them is stored.
        let pools = if arch.vector.fused {
            steps[i + 1..].iter().take_while(|next| next.kind == "maxpool").count()
        } else {
            0
        };
        let in_stream = arch.vector.fused && step.kind == "maxpool" && i > 0;
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
                let stored = if pools > 0 {
                    steps[i + pools].ofmap_bytes
                } else {
                    step.ofmap_bytes.min(gemm.outputs())
                };
                with_gather(flow.gemm(step, gemm, stored), gathered)
            }
            Work::Vector { elements } => {
                flow.vector(step, elements, if in_stream { 0 } else { step.ofmap_bytes })
            }
        }
    };
    steps.iter().enumerate().map(time).collect()
}

impl Flow<'_> {
    /// A map stays on chip when half of the ifmap scratchpad holds it.
    fn stays(&self, bytes: u64) -> bool {
        self.arch.memory.residency == Residency::Fit && bytes <= self.arch.memory.ifmap.0 / 2
    }

    /// A GEMM whose result is stored as a map of `stored` bytes.
    fn gemm(&mut self, step: &Step, gemm: Gemm, stored: u64) -> StepTiming {
        let (arch, array) = (self.arch, &self.arch.array);
        let plan = FoldPlan::new(&gemm, array.dataflow, array.rows, array.cols);
        let cycles = array_cycles(&plan, array.fold_overlap);
        let compute = cycles.total();
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
        let tiling = Tiling::new(&gemm, &plan, self.memory, homes);
        let traffic = traffic(&gemm, &plan, &tiling, homes);
        let mut tally = Tally { cycles, ..Tally::default() };
        let pace = pace(&plan, arch, compute);
        tally.cycles[Cause::Stall] = walk_cycles(&plan, &tiling, pace) - compute;
        tally.cycles[Cause::Setup] = arch.control.layer_setup;
        (self.outflow, self.worked, self.exposed) = (Some(Outflow::new(&plan, pace.period)), 0, 0);
        tally.cycles[Cause::Vector] = self.vector_cycles(gemm.outputs());
        count_gemm(&mut tally, &gemm, &plan, &traffic);
        tally.actions[Action::IfmapWrite] += if homes.ofmap_to_dram == 0 { stored } else { 0 };
        StepTiming {
            tally,
            traffic,
            gemm: Some(gemm),
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
        let transfer = whole_cycles(real(bytes) / self.arch.dram_bytes_per_cycle()).0;
        tally.cycles[Cause::Stall] = transfer.saturating_sub(tally.cycles[Cause::Vector]);
        count_traffic(&mut tally, &traffic);
        tally.actions[Action::IfmapWrite] += if to_dram { 0 } else { stored };
        StepTiming { tally, traffic, gemm: None, folds: 0, mapping_efficiency: None }
    }
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
    let stationary = gemm.groups * plan.rows * plan.cols;
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
