//! A dedicated head engine: multiply-accumulators of its own beside the array, one dot product after the other.
//!
//! It reads the pooled vector from the ifmap scratchpad and weights from the filter scratchpad, one of each per MAC and
//! cycle, through the same ports as the array: while the array waits they are free for it, and what a port does not give it
//! waits for. It keeps its sums; a lane of the vector unit requantizes each when it is whole, the last one in a cycle more.

use super::memory::Traffic;
use super::step::StepTiming;
use crate::count::{Action, Cause, Tally};
use crate::machine::{ENGINE_MAC_BITS, Machine, Weights};
use crate::shape::Gemm;
use crate::units::{real, whole_cycles};

/// A head GEMM on the dedicated engine: ceil(MACs / engine MACs) cycles and one for the last requantization, or what its weights
/// take to arrive.
#[must_use]
pub(super) fn time_on_engine(gemm: &Gemm, machine: &Machine) -> StepTiming {
    let mut tally = Tally::default();
    let mut traffic = Traffic { ifmap_sram: gemm.macs(), filter_sram: gemm.weights(), ..Traffic::default() };
    let works = gemm.macs().div_ceil(machine.exclusion.macs) + 1;
    // With what its ports give.
    let cycles = gemm.macs().div_ceil(machine.fed_multipliers()) + 1;
    tally.cycles[Cause::Stall] = cycles - works;
    if machine.memory.head_weights == Weights::Stream {
        traffic.dram_filter = gemm.weights();
        let latency = whole_cycles(machine.dram.latency.0 * machine.clock.0).0;
        let transfer = whole_cycles(real(gemm.weights()) / machine.dram_bytes_per_cycle()).0;
        tally.cycles[Cause::Stall] += (latency + transfer).saturating_sub(cycles);
    }
    tally.cycles[Cause::Engine] = works;
    tally.actions[Action::Mac] = gemm.macs();
    tally.actions[Action::RegisterBit] = gemm.macs() * ENGINE_MAC_BITS;
    tally.actions[Action::IfmapRead] = traffic.ifmap_sram;
    tally.actions[Action::FilterRead] = traffic.filter_sram;
    tally.actions[Action::FilterWrite] = traffic.dram_filter;
    tally.actions[Action::DramRead] = traffic.dram_filter;
    tally.actions[Action::Requantize] = gemm.outputs();
    StepTiming { tally, traffic, gemm: Some(*gemm), ..StepTiming::default() }
}
