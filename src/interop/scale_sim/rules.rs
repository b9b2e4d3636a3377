//! What SCALE-Sim 3.0.0 would report for a GEMM, its own rules and mistakes included: for comparison only.
//!
//! Everything here was read off its results (`tests/oracle/scale_sim.rs`, where every row agrees) in CALC mode, in
//! which memory never stalls; of the architecture only the array's size and dataflow matter. Nothing outside this file
//! knows these rules, and the differences from the default model are listed in `docs/deviations.md`.

use crate::machine::{Array, Dataflow, DataflowChoice};
use crate::map::FoldPlan;
use crate::shape::{Gemm, Operand};
use crate::units::real;

/// All that SCALE-Sim knows of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleSimArray {
    /// Rows, A.
    pub rows: u64,
    /// Columns, B.
    pub cols: u64,
    /// Which operand stays, in every layer.
    pub dataflow: Dataflow,
}

impl ScaleSimArray {
    /// The array with the dataflow of its convolutions; `None` when that is chosen layer by layer.
    #[must_use]
    pub fn of(array: &Array) -> Option<Self> {
        match array.dataflow {
            DataflowChoice::Only(dataflow) => Some(Self { rows: array.rows, cols: array.cols, dataflow }),
            DataflowChoice::Best => None,
        }
    }
}

/// One row of SCALE-Sim's reports: a single GEMM, so one channel of a depthwise layer. Words are bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaleSimRow {
    /// The product, with all its groups; everything below is of one of them.
    pub gemm: Gemm,
    /// Passes over the array.
    pub folds: u64,
    /// `Total Cycles`: the index of the last cycle, one less than their number.
    pub total_cycles: u64,
    /// Used PEs averaged over folds, 0 to 1.
    pub mapping_efficiency: f64,
    /// MACs over PEs times `total_cycles`; above 1 when the missing cycle matters, `None` when there is no other.
    pub overall_utilization: Option<f64>,
    /// `Compute Util %` as a fraction: mapping efficiency times T over the cycles of a fold, of which WS and IS count
    /// the skew along the columns twice.
    pub compute_utilization: f64,
    /// Words read from the ifmap scratchpad.
    pub ifmap_reads: u64,
    /// Words read from the filter scratchpad.
    pub filter_reads: u64,
    /// Words written to the ofmap scratchpad, partial sums included; in OS A + B more a fold, which nothing writes.
    pub ofmap_writes: u64,
}

impl ScaleSimRow {
    /// The row of one group of a GEMM on an array.
    #[must_use]
    pub fn new(gemm: &Gemm, array: &ScaleSimArray) -> Self {
        let one = Gemm { groups: 1, ..*gemm };
        let plan = FoldPlan::new(&one, array.dataflow, array.rows, array.cols);
        let (a, b, t, folds) = (plan.array_rows, plan.array_cols, plan.time, plan.folds());
        let sums_stay = plan.layout.sums_stay();
        // Sums that stay must leave the array before the next fold; SCALE-Sim does not charge those A cycles.
        let fold = if sums_stay { a + b + t - 2 } else { 2 * a + b + t - 2 };
        let total_cycles = folds * fold - 1;
        let (skewed_twice, phantom_writes) = if sums_stay { (0, folds * (a + b)) } else { (b - 1, 0) };
        let mapping_efficiency = plan.mapping_efficiency();
        let capacity = real(total_cycles) * real(a * b);
        Self {
            gemm: *gemm,
            folds,
            total_cycles,
            mapping_efficiency,
            overall_utilization: (total_cycles > 0).then(|| real(one.macs()) / capacity),
            compute_utilization: mapping_efficiency * real(t) / real(fold + skewed_twice),
            ifmap_reads: gemm.m * gemm.k * plan.passes(Operand::Ifmap),
            filter_reads: gemm.k * gemm.n * plan.passes(Operand::Filter),
            ofmap_writes: gemm.m * gemm.n * plan.passes(Operand::Ofmap) + phantom_writes,
        }
    }

    /// Words of a scratchpad a cycle, as its bandwidth report averages them; `None` for a total of no cycles.
    #[must_use]
    pub fn per_cycle(&self, words: u64) -> Option<f64> {
        (self.total_cycles > 0).then(|| real(words) / real(self.total_cycles))
    }
}
