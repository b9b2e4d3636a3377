//! Traffic between DRAM, scratchpads and array for a whole GEMM.

use super::tiling::Tiling;
use super::walk::Pace;
use crate::machine::{Machine, Memory};
use crate::map::FoldPlan;
use crate::shape::{Gemm, Operand};
use crate::units::whole_cycles;

/// Where a GEMM's operands are before, and its result after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Homes {
    /// Bytes of the ifmap to fetch from DRAM once; 0 when it is on chip.
    pub ifmap_from_dram: u64,
    /// The weights come from DRAM.
    pub filter_from_dram: bool,
    /// Bytes of the result to write to DRAM; 0 when it stays on chip.
    pub ofmap_to_dram: u64,
    /// Bytes of a map in DRAM that the vector unit adds to the result as it leaves the array: a residual branch.
    pub added_from_dram: u64,
}

/// Bytes moved for one GEMM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Read from the ifmap scratchpad into the array.
    pub ifmap_sram: u64,
    /// Read from the filter scratchpad into the array.
    pub filter_sram: u64,
    /// Partial sums read back into the accumulation, at 4 bytes.
    pub psum_sram_reads: u64,
    /// Partial and final sums written, at 4 bytes.
    pub psum_sram_writes: u64,
    /// DRAM to ifmap scratchpad.
    pub dram_ifmap: u64,
    /// DRAM to filter scratchpad.
    pub dram_filter: u64,
    /// Results to DRAM, at 1 byte.
    pub dram_ofmap: u64,
    /// Partial sums read back from DRAM.
    pub dram_psum_reads: u64,
    /// Partial sums spilled to DRAM.
    pub dram_psum_writes: u64,
}

impl Traffic {
    /// All bytes read from DRAM.
    #[must_use]
    pub fn dram_reads(&self) -> u64 {
        self.dram_ifmap + self.dram_filter + self.dram_psum_reads
    }

    /// All bytes written to DRAM.
    #[must_use]
    pub fn dram_writes(&self) -> u64 {
        self.dram_ofmap + self.dram_psum_writes
    }
}

/// Bytes of a partial sum.
pub const SUM_BYTES: u64 = 4;

/// Traffic of a GEMM moved by `tiling`.
#[must_use]
#[inline]
pub fn traffic(gemm: &Gemm, tiling: &Tiling, homes: Homes) -> Traffic {
    let plan = tiling.plan();
    let (sum_passes, spilled) = (plan.passes(Operand::Ofmap), tiling.spills());
    Traffic {
        ifmap_sram: gemm.groups * gemm.m * gemm.k * plan.passes(Operand::Ifmap),
        filter_sram: gemm.weights() * plan.passes(Operand::Filter),
        psum_sram_reads: gemm.outputs() * (sum_passes - 1) * SUM_BYTES,
        psum_sram_writes: gemm.outputs() * sum_passes * SUM_BYTES,
        dram_ifmap: tiling.fetched(Operand::Ifmap) + homes.added_from_dram,
        dram_filter: tiling.fetched(Operand::Filter),
        dram_ofmap: homes.ofmap_to_dram,
        dram_psum_reads: spilled,
        dram_psum_writes: spilled,
    }
}

/// How many cycles a step of the array takes for want of port width: a port narrower than what crosses the array's edge
/// in a cycle lets it step every so many cycles only.
#[inline]
pub(super) fn port_cycles(plan: &FoldPlan, memory: &Memory) -> u64 {
    let Some(width) = memory.width else { return 1 };
    let bytes = (width.0 * memory.banks / 8).max(1);
    let needs = [Operand::Ifmap, Operand::Filter, Operand::Ofmap]
        .map(|operand| plan.layout.port_bytes(operand, plan.array_rows, plan.array_cols).div_ceil(bytes));
    needs.into_iter().fold(1, u64::max)
}

/// How fast an architecture's bus goes beside an array that has nothing to do yet.
pub(super) fn pace(machine: &Machine) -> Pace {
    Pace {
        compute: 0,
        edges: machine.array.edge_folds,
        latency: whole_cycles(machine.dram.latency.0 * machine.clock.0).0,
        bytes_per_cycle: machine.dram_bytes_per_cycle(),
        buffering: machine.memory.buffering,
    }
}
