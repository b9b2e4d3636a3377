//! One segment's steps in time: array, memory and vector unit together.

use super::array::array_cycles;
use super::memory::{Homes, SUM_BYTES, Traffic, stall_cycles, traffic, transfer_cycles};
use crate::arch::{Accumulator, Arch, DataflowChoice, Residency, Weights};
use crate::count::{Action, Cause, PerCause, Tally};
use crate::map::{Dataflow, FoldPlan};
use crate::network::segment::{Part, Step, Work};
use crate::shape::{Gemm, Operand};

/// A step's time, actions and traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTiming {
    /// Cycles by cause and actions by kind.
    pub tally: Tally,
    /// Bytes moved.
    pub traffic: Traffic,
    /// The GEMM as it ran; `None` for a step of the vector unit.
    pub gemm: Option<Gemm>,
    /// The dataflow it ran in; `None` for a step of the vector unit.
    pub dataflow: Option<Dataflow>,
    /// Folds on the array.
    pub folds: u64,
    /// Used PEs averaged over folds, 0 to 1; `None` for a step of the vector unit.
    pub mapping_efficiency: Option<f64>,
}

/// What the steps of a segment pass on: the only state, and it ends with the segment.
struct Flow<'a> {
    arch: &'a Arch,
    /// Array cycles of the last GEMM that no fused vector work has used yet.
    cover: u64,
}

/// Times a segment's backbone and head, step by step, with `alive` classes on entry.
///
/// `alive` matters to class-wise GEMMs when the unit compacts, and to nothing else.
#[must_use]
pub fn time_segment(backbone: &[Step], head: &[Step], arch: &Arch, alive: Option<u64>) -> Vec<StepTiming> {
    let mut flow = Flow { arch, cover: 0 };
    let mut followers = backbone.iter().chain(head).skip(1);
    let time = |step: &Step| {
        let pooled_next = followers
            .next()
            .is_some_and(|next| next.kind == "maxpool" && next.ifmap_bytes == step.ofmap_bytes);
        match step.work {
            Work::Gemm { gemm, class_wise } => {
                let gemm = match alive {
                    Some(alive) if class_wise => Gemm { n: alive, ..gemm },
                    _ => gemm,
                };
                let gathered = if class_wise && alive.is_some() { gemm.n } else { 0 };
                flow.gemm(step, gemm, gathered, pooled_next && arch.vector.fused)
            }
            Work::Vector { elements } => flow.vector(step, elements),
        }
    };
    let mut timings = Vec::with_capacity(backbone.len() + head.len());
    timings.extend(backbone.iter().chain(head).map(time));
    timings
}

impl Flow<'_> {
    /// A map stays on chip when half of the ifmap scratchpad holds it.
    fn stays(&self, bytes: u64) -> bool {
        self.arch.memory.residency == Residency::Fit && bytes <= self.arch.memory.ifmap.0 / 2
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

    fn gemm(&mut self, step: &Step, gemm: Gemm, gathered: u64, pooled: bool) -> StepTiming {
        let arch = self.arch;
        let weights =
            if matches!(step.part, Part::Head(_)) { arch.memory.head_weights } else { arch.memory.weights };
        // A map that is pooled in the stream is stored by the pooling.
        let stored = if pooled { 0 } else { step.ofmap_bytes.min(gemm.outputs()) };
        let homes = Homes {
            ifmap_from_dram: if step.reads_image || !self.stays(step.ifmap_bytes) {
                step.ifmap_bytes
            } else {
                0
            },
            filter_from_dram: weights == Weights::Stream,
            ofmap_to_dram: if self.stays(step.ofmap_bytes) { 0 } else { stored },
        };
        let Laid { dataflow, plan, cycles, traffic, stall } = lay(&gemm, self.choice(step), homes, arch);
        let mut tally = Tally { cycles, ..Tally::default() };
        tally.cycles[Cause::Stall] = stall;
        tally.cycles[Cause::Setup] = arch.control.layer_setup;
        self.cover = cycles.total();
        tally.cycles[Cause::Vector] = self.vector_cycles(gemm.outputs());
        count_gemm(&mut tally, &gemm, &plan, &traffic);
        tally.actions[Action::IfmapWrite] += if homes.ofmap_to_dram == 0 { stored } else { 0 };
        tally.actions[Action::Gather] = gathered;
        StepTiming {
            tally,
            traffic,
            gemm: Some(gemm),
            dataflow: Some(dataflow),
            folds: plan.folds(),
            mapping_efficiency: Some(plan.mapping_efficiency()),
        }
    }

    /// Exposed cycles of vector work: fused, it hides behind the array operation that feeds it, as far as that lasts.
    fn vector_cycles(&mut self, elements: u64) -> u64 {
        let cycles = elements.div_ceil(self.arch.vector.lanes);
        let hidden = if self.arch.vector.fused { cycles.min(self.cover) } else { 0 };
        self.cover -= hidden;
        cycles - hidden
    }

    fn vector(&mut self, step: &Step, elements: u64) -> StepTiming {
        let mut tally = Tally::default();
        let (from_dram, to_dram) = (!self.stays(step.ifmap_bytes), !self.stays(step.ofmap_bytes));
        tally.cycles[Cause::Vector] = self.vector_cycles(elements);
        tally.actions[Action::VectorAdd] = elements;
        let mut traffic =
            Traffic { dram_ofmap: if to_dram { step.ofmap_bytes } else { 0 }, ..Traffic::default() };
        if !self.arch.vector.fused {
            // The map was stored, and is read again.
            traffic.dram_ifmap = if from_dram { step.ifmap_bytes } else { 0 };
            traffic.ifmap_sram = step.ifmap_bytes;
        }
        let transfer = transfer_cycles(traffic.dram_ifmap + traffic.dram_ofmap, self.arch);
        let hidden = transfer.min(self.cover + tally.cycles[Cause::Vector]);
        tally.cycles[Cause::Stall] = transfer - hidden;
        self.cover -= hidden.min(self.cover);
        count_traffic(&mut tally, &traffic);
        tally.actions[Action::IfmapWrite] += if to_dram { 0 } else { step.ofmap_bytes };
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
}

impl Laid {
    fn new(gemm: &Gemm, dataflow: Dataflow, homes: Homes, arch: &Arch) -> Self {
        let array = &arch.array;
        let plan = FoldPlan::new(gemm, dataflow, array.rows, array.cols);
        let plan = match arch.memory.accumulator {
            Accumulator::Spill => plan,
            Accumulator::Split => plan.split_time(arch.memory.ofmap.0 / (SUM_BYTES * array.cols)),
        };
        let cycles = array_cycles(&plan, array.fold_overlap, array.edge_folds);
        let traffic = traffic(gemm, &plan, &arch.memory, homes);
        let stall = stall_cycles(&traffic, cycles.total(), arch);
        Self { dataflow, plan, cycles, traffic, stall }
    }

    /// What the array and its memories take, with the requantizing of results that outlasts the array.
    fn total(&self, gemm: &Gemm, arch: &Arch) -> u64 {
        let vector = gemm.outputs().div_ceil(arch.vector.lanes);
        let compute = self.cycles.total();
        self.stall + if arch.vector.fused { compute.max(vector) } else { compute + vector }
    }
}

/// Lays a GEMM on the array in the fastest of the dataflows it may run in; the first of equals.
fn lay(gemm: &Gemm, choice: DataflowChoice, homes: Homes, arch: &Arch) -> Laid {
    let (first, others) = choice.candidates();
    let mut best = Laid::new(gemm, first, homes, arch);
    for &other in others {
        let other = Laid::new(gemm, other, homes, arch);
        if other.total(gemm, arch) < best.total(gemm, arch) {
            best = other;
        }
    }
    best
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
