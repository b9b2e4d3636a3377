//! One row per layer.

use serde::Serialize;

use super::csv_of;
use crate::arch::Arch;
use crate::cost::Prices;
use crate::count::{Action, Cause, Tally};
use crate::decide::Exit;
use crate::network::segment::Step;
use crate::shape::Gemm;
use crate::simulate::Gating;
use crate::time::schedule::Results;
use crate::time::{PathTable, SUM_BYTES, Schedule, SegmentTime, StepTiming};
use crate::units::{nearest, real};

/// A layer's time, traffic and energy with all classes alive, for a batch of one. A missing value is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LayerRow {
    /// Name in the model.
    pub layer: String,
    /// `conv`, `depthwise`, `fc`, `gemm`, `maxpool`, `avgpool`, `decision`, `prefetch`.
    pub kind: &'static str,
    /// Groups of the GEMM.
    pub groups: Option<u64>,
    /// Samples at once.
    pub batch: u64,
    /// M of the GEMM.
    pub m: Option<u64>,
    /// N of the GEMM.
    pub n: Option<u64>,
    /// K of the GEMM.
    pub k: Option<u64>,
    /// Folds on the array.
    pub folds: Option<u64>,
    /// Cycles the array works, preload, stream, skew, drain, or a dedicated head engine.
    pub compute_cycles: u64,
    /// Cycles the array waits for memory.
    pub stall_cycles: u64,
    /// Exposed cycles of the vector unit; for a decision, of the exclusion unit and its control.
    pub vector_cycles: u64,
    /// Cycles of control.
    pub setup_cycles: u64,
    /// All of them.
    pub cycles: u64,
    /// Multiply-accumulates.
    pub macs: u64,
    /// MACs over cycles times the PEs of the array, or the multiply-accumulators of the head engine.
    pub utilization: Option<f64>,
    /// Used PEs averaged over folds.
    pub mapping_efficiency: Option<f64>,
    /// Elements from the ifmap scratchpad into the array.
    pub ifmap_sram_reads: u64,
    /// Elements from the filter scratchpad into the array.
    pub filter_sram_reads: u64,
    /// Finished sums written to the ofmap scratchpad.
    pub ofmap_sram_writes: u64,
    /// Partial sums read back.
    pub psum_sram_reads: Option<u64>,
    /// Partial sums written, the finished ones not counted.
    pub psum_sram_writes: Option<u64>,
    /// Bytes of activations from DRAM.
    pub dram_ifmap_bytes: Option<u64>,
    /// Bytes of weights from DRAM.
    pub dram_filter_bytes: Option<u64>,
    /// Bytes of results to DRAM, and of partial sums both ways.
    pub dram_ofmap_bytes: Option<u64>,
    /// Energy, idle power over the layer's cycles included; with data, less what zeros gate in the samples that reach it.
    pub energy_pj: Option<f64>,
    /// Which operand stays in the array.
    pub dataflow: Option<&'static str>,
    /// The loops over tiles, outermost first, such as `NMK`; `folds` in the fixed order of folds.
    pub loop_order: Option<String>,
    /// Pixels of the largest tile, along M.
    pub tile_m: Option<u64>,
    /// Output channels of the largest tile, along N.
    pub tile_n: Option<u64>,
    /// Terms of a sum of the largest tile, along K.
    pub tile_k: Option<u64>,
    /// Operands kept on chip over the loop that does not index them, such as `ifmap+sums`.
    pub kept: Option<String>,
    /// Where results for DRAM are until they are there: they `wait` on chip, or `leave` while the array stands still.
    pub results: Option<&'static str>,
    /// Cycles that the DRAM bus needs for the layer's bytes.
    pub dram_cycles: Option<u64>,
    /// Cycles of the layer's first load that were hidden: weights came while the layer before was at its last tile.
    pub prefetched_cycles: Option<u64>,
    /// Bytes from and to DRAM if each were moved once: operands and results that are not on chip.
    pub compulsory_bytes: Option<u64>,
    /// Bytes that no order of the product can move fewer of through the memory on chip: 2 M N K / sqrt(S) - 2 S per group,
    /// with S bytes on chip (Smith et al., arXiv 1702.02017); 0 where that says nothing.
    pub io_bound_bytes: Option<u64>,
    /// Fraction of the samples that reach the layer; `None` without data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<f64>,
}

/// Which samples reach each layer, and what their zeros gate there.
#[derive(Clone, Copy, Debug)]
pub struct Reached<'a> {
    /// Samples that enter each segment.
    pub entered: &'a [u64],
    /// Where each sample left.
    pub exits: &'a [Exit],
    /// Gated multiply-accumulates.
    pub gating: &'a Gating,
}

impl Reached<'_> {
    /// Energy that a step's gated multiply-accumulates do not take, averaged over the samples that reach it, pJ.
    pub(super) fn spared(&self, segment: usize, step: &Step, timing: &StepTiming, prices: &Prices) -> f64 {
        let reach = self.exits.iter().enumerate().filter(|(_, exit)| exit.segment() >= segment);
        let gated = self.gating.mean(step, timing, reach.map(|(sample, _)| sample));
        gated * (prices.actions[Action::Mac] - prices.actions[Action::GatedMac]).0
    }
}

/// All layers of a table in order, decisions as rows of their own.
#[must_use]
pub fn layer_rows(
    arch: &Arch,
    table: &PathTable,
    prices: &Prices,
    reached: Option<Reached<'_>>,
) -> Vec<LayerRow> {
    let mut rows = Vec::new();
    for (s, segment) in table.segments.iter().enumerate() {
        let samples = reached;
        let reached = samples.map(|samples| real(samples.entered[s]) / real(samples.entered[0]));
        rows.extend(table.steps_of(s).map(|(step, timing)| {
            let spared = samples.map_or(0.0, |samples| samples.spared(s, step, timing, prices));
            let row = row(arch, prices, step, timing, reached);
            LayerRow { energy_pj: row.energy_pj.map(|energy| energy - spared), ..row }
        }));
        if segment.unit.cycles.total() > 0 {
            rows.push(LayerRow { reached, ..plain(decision_name(s), "decision", prices, &segment.unit) });
        }
        let entered = |s: usize| samples.map(|samples| real(samples.entered.get(s).copied().unwrap_or(0)));
        let share = |part: Option<f64>| Some(part? / entered(0)?);
        let (goes_on, leaves) = (entered(s + 1), entered(s).zip(entered(s + 1)).map(|(all, on)| all - on));
        let [goes_on, leaves] = [goes_on, leaves].map(share);
        for ((name, tally), reached) in
            crossed(segment, s, samples.is_some()).into_iter().zip([goes_on, leaves])
        {
            let dram_filter_bytes = Some(tally.actions[Action::DramRead]);
            rows.push(LayerRow { reached, dram_filter_bytes, ..plain(name, "prefetch", prices, &tally) });
        }
    }
    rows
}

/// What fetching weights ahead across a head, from 0, adds, as layers of their own: samples that go on wait, and for those
/// that leave it was in vain; without samples nobody leaves.
pub(super) fn crossed(segment: &SegmentTime, head: usize, samples: bool) -> Vec<(String, Tally)> {
    let Some(crossed) = segment.crossed() else { return Vec::new() };
    let names = ["wait", "in-vain"].map(|what| format!("exit{}/{what}", head + 1));
    names.into_iter().zip(crossed).take(if samples { 2 } else { 1 }).collect()
}

/// How the decision at a head, from 0, is named among layers.
pub(super) fn decision_name(head: usize) -> String {
    format!("exit{}/decision", head + 1)
}

/// Rows as CSV, with the names of the columns also when there are none.
#[must_use]
pub fn layers_csv(rows: &[LayerRow]) -> String {
    if rows.is_empty() {
        let one = csv_of([LayerRow::default()]);
        return one.lines().take(1).map(|names| format!("{names}\n")).collect();
    }
    csv_of(rows)
}

fn plain(layer: String, kind: &'static str, prices: &Prices, tally: &Tally) -> LayerRow {
    let cycles = |causes: &[Cause]| causes.iter().map(|&cause| tally.cycles[cause]).sum();
    LayerRow {
        layer,
        kind,
        batch: 1,
        compute_cycles: cycles(&[Cause::Preload, Cause::Stream, Cause::Skew, Cause::Drain, Cause::Engine]),
        stall_cycles: cycles(&[Cause::Stall, Cause::Squash]),
        vector_cycles: cycles(&[Cause::Vector, Cause::Unit]),
        setup_cycles: cycles(&[Cause::Setup]),
        cycles: tally.cycles.total(),
        macs: tally.actions.macs(),
        psum_sram_reads: Some(0),
        psum_sram_writes: Some(0),
        dram_ifmap_bytes: Some(0),
        dram_filter_bytes: Some(0),
        dram_ofmap_bytes: Some(0),
        energy_pj: Some(prices.energy(tally).total().0),
        ..LayerRow::default()
    }
}

fn row(arch: &Arch, prices: &Prices, step: &Step, timing: &StepTiming, reached: Option<f64>) -> LayerRow {
    let (gemm, traffic) = (timing.gemm, &timing.traffic);
    // Only what runs on the array has a dataflow.
    let pes = real(match timing.dataflow {
        Some(_) => arch.machine.array.rows * arch.machine.array.cols,
        None => arch.machine.head_multipliers(),
    });
    let blank = plain(step.name.to_string(), step.kind.name(), prices, &timing.tally);
    LayerRow {
        groups: gemm.map(|gemm| gemm.groups),
        m: gemm.map(|gemm| gemm.m),
        n: gemm.map(|gemm| gemm.n),
        k: gemm.map(|gemm| gemm.k),
        folds: gemm.map(|_| timing.folds),
        utilization: gemm.map(|gemm| real(gemm.macs()) / (real(blank.cycles) * pes)),
        mapping_efficiency: timing.mapping_efficiency,
        ifmap_sram_reads: traffic.ifmap_sram,
        filter_sram_reads: traffic.filter_sram,
        ofmap_sram_writes: (traffic.psum_sram_writes - traffic.psum_sram_reads) / SUM_BYTES,
        psum_sram_reads: Some(traffic.psum_sram_reads / SUM_BYTES),
        // Every sum that is read back was written before.
        psum_sram_writes: Some(traffic.psum_sram_reads / SUM_BYTES),
        dram_ifmap_bytes: Some(traffic.dram_ifmap),
        dram_filter_bytes: Some(traffic.dram_filter),
        dram_ofmap_bytes: Some(traffic.dram_ofmap + traffic.dram_psum_reads + traffic.dram_psum_writes),
        dram_cycles: Some(timing.bus_cycles(&arch.machine)),
        prefetched_cycles: gemm.map(|_| timing.ahead.hidden),
        compulsory_bytes: gemm.map(|_| timing.compulsory),
        io_bound_bytes: gemm.map(|gemm| io_bound(&gemm, arch)),
        reached,
        ..scheduled(blank, timing)
    }
}

/// The columns of a layer's schedule.
fn scheduled(row: LayerRow, timing: &StepTiming) -> LayerRow {
    let dataflow = timing.dataflow.map(|dataflow| dataflow.name());
    match &timing.schedule {
        Some(Schedule::Tiles(found)) => {
            let [m, n, k] = found.cuts.each_ref().map(|cut| Some(cut.most));
            let kept: Vec<&str> = found.operands_kept().collect();
            LayerRow {
                dataflow,
                loop_order: Some(found.loops()),
                tile_m: m,
                tile_n: n,
                tile_k: k,
                kept: Some(kept.join("+")),
                results: found.results.map(Results::name),
                ..row
            }
        }
        Some(Schedule::Folds { .. }) => LayerRow { dataflow, loop_order: Some("folds".to_owned()), ..row },
        None => row,
    }
}

/// See [`LayerRow::io_bound_bytes`].
fn io_bound(gemm: &Gemm, arch: &Arch) -> u64 {
    let memory = &arch.machine.memory;
    let unified = memory.unified.map_or(0, |unified| unified.capacity.0);
    let on_chip = real(memory.ifmap.0 + memory.filter.0 + memory.ofmap.0 + unified);
    let one = 2.0 * real(gemm.m) * real(gemm.n) * real(gemm.k) / on_chip.sqrt() - 2.0 * on_chip;
    nearest((real(gemm.groups) * one).max(0.0))
}
