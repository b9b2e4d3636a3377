//! Traffic between DRAM, scratchpads and array, and how long the array waits for it.
//!
//! A first, simple form: traffic follows from what fits where (below); the first tile's load is exposed, the rest
//! overlaps the array, and what does not fit under it stalls. `docs/model.md`, "Memory".

use crate::arch::{Accumulator, Arch, Memory};
use crate::map::FoldPlan;
use crate::shape::{Gemm, Operand};
use crate::units::{real, whole_cycles};

/// Where a GEMM's operands are before, and its result after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Homes {
    /// Bytes of the ifmap to fetch from DRAM once; 0 when it is on chip.
    pub ifmap_from_dram: u64,
    /// The weights come from DRAM.
    pub filter_from_dram: bool,
    /// Bytes of the result to write to DRAM; 0 when it stays on chip.
    pub ofmap_to_dram: u64,
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
    /// DRAM bytes that must arrive before the first fold can start.
    pub dram_first: u64,
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
pub(super) const SUM_BYTES: u64 = 4;

/// Traffic of a GEMM laid out by `plan`.
#[must_use]
pub fn traffic(gemm: &Gemm, plan: &FoldPlan, memory: &Memory, homes: Homes) -> Traffic {
    let groups = gemm.groups;
    let ifmap_elements = groups * gemm.m * gemm.k;
    let sum_passes = plan.passes(Operand::Ofmap);
    let mut traffic = Traffic {
        ifmap_sram: ifmap_elements * plan.passes(Operand::Ifmap),
        filter_sram: gemm.weights() * plan.passes(Operand::Filter),
        psum_sram_reads: gemm.outputs() * (sum_passes - 1) * SUM_BYTES,
        psum_sram_writes: gemm.outputs() * sum_passes * SUM_BYTES,
        dram_ofmap: homes.ofmap_to_dram,
        ..Traffic::default()
    };
    if homes.ifmap_from_dram > 0 {
        // The raw map, not its im2col expansion, is fetched; a map is smaller than its expansion unless strides skip.
        let once = homes.ifmap_from_dram.div_ceil(groups);
        traffic.dram_ifmap = groups * once * fetches(plan, Operand::Ifmap, once, memory.ifmap.0);
        traffic.dram_first += first_tile(plan, Operand::Ifmap).min(once);
    }
    if homes.filter_from_dram {
        let once = gemm.k * gemm.n;
        traffic.dram_filter = groups * once * fetches(plan, Operand::Filter, once, memory.filter.0);
        traffic.dram_first += first_tile(plan, Operand::Filter).min(once);
    }
    // Sums that outgrow their scratchpad between row folds live in DRAM until they are whole.
    let slice = first_tile(plan, Operand::Ofmap) * SUM_BYTES;
    // Pieces of time are cut to what it holds: whole sums leave it as they are made, and need no second half.
    let spills = memory.accumulator == Accumulator::Spill && slice > memory.ofmap.0 / 2;
    if sum_passes > 1 && spills {
        traffic.dram_psum_reads = traffic.psum_sram_reads;
        traffic.dram_psum_writes = traffic.psum_sram_reads;
    }
    traffic
}

/// How often an operand of `once` bytes a group is fetched over all folds of the group.
fn fetches(plan: &FoldPlan, operand: Operand, once: u64, capacity: u64) -> u64 {
    let passes = plan.passes(operand);
    // Column folds are outside: what the columns index is needed again before the next column fold, or not at all.
    let by_column = operand != plan.layout.row_stream;
    let kept = once <= capacity || (by_column && once.div_ceil(plan.col_folds) <= capacity / 2);
    if kept { 1 } else { passes }
}

/// Elements of the operand that the first fold uses.
fn first_tile(plan: &FoldPlan, operand: Operand) -> u64 {
    let (rows, cols) = (plan.rows.min(plan.array_rows), plan.cols.min(plan.array_cols));
    if operand == plan.layout.stationary {
        rows * cols
    } else if operand == plan.layout.row_stream {
        rows * plan.piece()
    } else {
        cols * plan.piece()
    }
}

/// Cycles that the array waits on DRAM beyond the `compute` cycles it works: latency and first tile, then whatever
/// of the remaining transfers does not fit under the work.
pub(super) fn stall_cycles(traffic: &Traffic, compute: u64, arch: &Arch) -> u64 {
    let bytes = traffic.dram_reads() + traffic.dram_writes();
    if bytes == 0 {
        return 0;
    }
    let latency =
        if traffic.dram_reads() > 0 { whole_cycles(arch.dram.latency.0 * arch.clock.0).0 } else { 0 };
    let first = transfer_cycles(traffic.dram_first, arch);
    let rest = transfer_cycles(bytes, arch).saturating_sub(first);
    latency + first + rest.saturating_sub(compute)
}

/// Cycles to move bytes at the bandwidth that streaming reaches.
pub(super) fn transfer_cycles(bytes: u64, arch: &Arch) -> u64 {
    let bytes_per_cycle = arch.dram.bandwidth.0 * arch.dram.efficiency / arch.clock.0;
    whole_cycles(real(bytes) / bytes_per_cycle).0
}
