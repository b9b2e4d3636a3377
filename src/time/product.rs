//! What of a step decides how its product is laid on the array.

use crate::machine::{DataflowChoice, Machine, Weights};
use crate::network::segment::{LayerKind, Part, Step, Work};
use crate::shape::{Bands, Gemm};

/// Cycles of the vector unit along a product's results: requantizing, and the steps that work `along`; nothing where it is
/// not fused.
pub(super) fn vector_cycles(along: &[&Step], gemm: &Gemm, machine: &Machine) -> u64 {
    if !machine.vector.fused {
        return 0;
    }
    let lanes = machine.vector.lanes;
    let of = |step: &&Step| match step.work {
        Work::Vector { elements, .. } => elements.div_ceil(lanes),
        Work::Gemm { .. } => 0,
    };
    gemm.outputs().div_ceil(lanes) + along.iter().map(of).sum::<u64>()
}

/// The rows of a product's result: a convolution's, or independent ones that share the ifmap evenly.
pub(super) fn bands_of(step: &Step, gemm: &Gemm) -> Bands {
    step.bands.unwrap_or_else(|| Bands::of_rows(gemm.m, step.ifmap_bytes.div_ceil(gemm.groups * gemm.m)))
}

/// The dataflows that a step may run in.
pub(super) fn choice_of(step: &Step, machine: &Machine) -> DataflowChoice {
    let array = &machine.array;
    match step.part {
        Part::Head(_) => array.head_dataflow,
        Part::Body | Part::Tail if step.kind == LayerKind::FullyConnected => array.fc_dataflow,
        Part::Body | Part::Tail => array.dataflow,
    }
}

/// Whether a step's weights come from DRAM.
pub(super) fn weights_stream(step: &Step, machine: &Machine) -> bool {
    let weights = match step.part {
        Part::Head(_) => machine.memory.head_weights,
        Part::Body | Part::Tail => machine.memory.weights,
    };
    // The second of two maps that are multiplied arrives like weights.
    weights == Weights::Stream || step.of_two_maps()
}

/// What the absence of excluded classes changes of a product over classes: a unit that compacts cuts it to those alive,
/// with one that masks it is whole.
#[derive(Clone, Copy, Default)]
pub(super) struct Absent {
    /// Classes left out.
    pub(super) columns: u64,
    /// Gather addresses formed, one for each survivor.
    pub(super) gathered: u64,
    /// Multiply-accumulates of excluded classes that are masked.
    pub(super) masked: u64,
}

impl Absent {
    pub(super) fn of(gemm: &Gemm, alive: Option<u64>, machine: &Machine) -> Self {
        let Some(alive) = alive else { return Self::default() };
        let columns = gemm.n - alive;
        if machine.exclusion.mask {
            return Self { masked: gemm.groups * gemm.m * columns * gemm.k, ..Self::default() };
        }
        Self { columns, gathered: alive, masked: 0 }
    }
}
