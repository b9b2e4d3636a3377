//! Actions of a product: what it does on the array, and what moves for it.

use super::lay::Laid;
use super::memory::{SUM_BYTES, Traffic};
use super::registers::count_registers;
use crate::count::{Action, PerAction};
use crate::machine::Array;
use crate::map::FoldPlan;
use crate::shape::Gemm;

/// How a product ran, as far as its actions depend on it.
pub(super) struct Ran<'a> {
    /// Folds in all, and how often operands cross the array's edge.
    pub(super) plan: &'a FoldPlan,
    /// Hops of one column's stationary elements over all row folds.
    pub(super) hops: u64,
    /// Bytes moved.
    pub(super) traffic: &'a Traffic,
}

impl<'a> Ran<'a> {
    pub(super) fn of(laid: &'a Laid) -> Self {
        Self { plan: &laid.plan, hops: laid.hops, traffic: &laid.traffic }
    }
}

/// Counts the actions of a product on the array.
pub(super) fn count_product(actions: &mut PerAction<u64>, gemm: &Gemm, ran: &Ran<'_>, array: &Array) {
    let traffic = ran.traffic;
    actions[Action::Mac] = gemm.macs();
    count_registers(actions, gemm, ran.plan, ran.hops, array);
    actions[Action::Accumulate] = traffic.psum_sram_reads / SUM_BYTES;
    actions[Action::ZeroTest] = if array.zero_gating { traffic.ifmap_sram } else { 0 };
    actions[Action::Requantize] = gemm.outputs();
    // The vector unit reads every finished sum to requantize it.
    actions[Action::OfmapRead] += gemm.outputs() * SUM_BYTES;
    count_traffic(actions, traffic);
}

/// Counts what moves between DRAM, scratchpads and array.
pub(super) fn count_traffic(actions: &mut PerAction<u64>, traffic: &Traffic) {
    actions[Action::IfmapRead] += traffic.ifmap_sram;
    actions[Action::IfmapWrite] += traffic.dram_ifmap;
    actions[Action::FilterRead] += traffic.filter_sram;
    actions[Action::FilterWrite] += traffic.dram_filter;
    actions[Action::OfmapRead] += traffic.psum_sram_reads + traffic.dram_psum_writes;
    actions[Action::OfmapWrite] += traffic.psum_sram_writes + traffic.dram_psum_reads;
    actions[Action::DramRead] += traffic.dram_reads();
    actions[Action::DramWrite] += traffic.dram_writes();
}
