//! Results in SCALE-Sim's own terms: as rows of `layers --compat scale-sim`, and as the three reports it writes.
//!
//! Its reports also hold addresses of time: the cycles at which each memory starts and stops, and DRAM traffic that
//! depends on its prefetcher. exclusim has no counterpart, so those cells are empty, which pandas reads as missing.

use super::{ScaleSimArray, ScaleSimRow};
use crate::network::segment::{Segments, Step, Work};
use crate::report::LayerRow;

/// GEMM steps of a network with what SCALE-Sim would report for one group of each; other steps it does not know.
fn steps<'a>(
    network: &'a Segments,
    array: &'a ScaleSimArray,
) -> impl Iterator<Item = (&'a Step, ScaleSimRow)> {
    network.steps().filter_map(|step| match step.work {
        Work::Gemm { gemm, .. } => Some((step, ScaleSimRow::new(&gemm, array))),
        Work::Vector { .. } => None,
    })
}

/// One row per layer, under SCALE-Sim's rules; a depthwise layer's channels, of which SCALE-Sim makes one row each, are
/// summed. What it has no word for is empty. Sums are words of one byte.
#[must_use]
pub fn layer_rows(network: &Segments, array: &ScaleSimArray) -> Vec<LayerRow> {
    let row = |(step, row): (&Step, ScaleSimRow)| {
        let (gemm, groups) = (row.gemm, row.gemm.groups);
        let cycles = groups * row.total_cycles;
        LayerRow {
            layer: step.name.to_string(),
            kind: step.kind.name(),
            groups: Some(groups),
            batch: 1,
            m: Some(gemm.m),
            n: Some(gemm.n),
            k: Some(gemm.k),
            folds: Some(groups * row.folds),
            compute_cycles: cycles,
            cycles,
            macs: gemm.macs(),
            utilization: row.overall_utilization,
            mapping_efficiency: Some(row.mapping_efficiency),
            ifmap_sram_reads: groups * row.ifmap_reads,
            filter_sram_reads: groups * row.filter_reads,
            ofmap_sram_writes: groups * row.ofmap_writes,
            ..LayerRow::default()
        }
    };
    steps(network, array).map(row).collect()
}

/// The files that SCALE-Sim writes for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reports {
    /// `COMPUTE_REPORT.csv`.
    pub compute: String,
    /// `BANDWIDTH_REPORT.csv`.
    pub bandwidth: String,
    /// `DETAILED_ACCESS_REPORT.csv`.
    pub detailed_access: String,
}

/// SCALE-Sim 3.0.0's reports for a network: its headers, spaces and commas at the end included; a row a channel of a
/// depthwise layer.
#[must_use]
pub fn reports(network: &Segments, array: &ScaleSimArray) -> Reports {
    let rows: Vec<ScaleSimRow> =
        steps(network, array).flat_map(|(_, row)| (0..row.gemm.groups).map(move |_| row)).collect();
    Reports {
        compute: report(COMPUTE, &rows, compute),
        bandwidth: report(BANDWIDTH, &rows, bandwidth),
        detailed_access: report(&detailed_access_columns(), &rows, detailed_access),
    }
}

const COMPUTE: &str = "Total Cycles (incl. prefetch), Total Cycles, Stall Cycles, Overall Util %, Mapping Efficiency %, Compute Util %";
const BANDWIDTH: &str = "Avg IFMAP SRAM BW, Avg FILTER SRAM BW, Avg OFMAP SRAM BW, Avg IFMAP DRAM BW, Avg FILTER DRAM BW, Avg OFMAP DRAM BW";

fn detailed_access_columns() -> String {
    let of = |place: &str, operand: &str, action: &str| {
        format!("{place} {operand} Start Cycle, {place} {operand} Stop Cycle, {place} {operand} {action}")
    };
    let memory =
        |place| [of(place, "IFMAP", "Reads"), of(place, "Filter", "Reads"), of(place, "OFMAP", "Writes")];
    [memory("SRAM"), memory("DRAM")].concat().join(", ")
}

fn compute(row: &ScaleSimRow) -> Vec<String> {
    let percent = |fraction: Option<f64>| real(fraction.map(|fraction| 100.0 * fraction));
    vec![
        String::new(),
        row.total_cycles.to_string(),
        "0".into(),
        percent(row.overall_utilization),
        percent(Some(row.mapping_efficiency)),
        percent(Some(row.compute_utilization)),
    ]
}

fn bandwidth(row: &ScaleSimRow) -> Vec<String> {
    let sram = [row.ifmap_reads, row.filter_reads, row.ofmap_writes].map(|words| real(row.per_cycle(words)));
    sram.into_iter().chain(vec![String::new(); 3]).collect()
}

fn detailed_access(row: &ScaleSimRow) -> Vec<String> {
    let sram = [row.ifmap_reads, row.filter_reads, row.ofmap_writes];
    let sram = sram.into_iter().flat_map(|words| [String::new(), String::new(), words.to_string()]);
    sram.chain(vec![String::new(); 9]).collect()
}

fn report(columns: &str, rows: &[ScaleSimRow], cells: impl Fn(&ScaleSimRow) -> Vec<String>) -> String {
    let mut text = format!("LayerID, {columns},\n");
    for (layer, row) in rows.iter().enumerate() {
        text += &layer.to_string();
        for cell in cells(row) {
            // An empty cell is empty: pandas would take a space for text.
            text += if cell.is_empty() { "," } else { ", " };
            text += &cell;
        }
        text += ",\n";
    }
    text
}

/// A number with a decimal point, as Python writes it; empty when there is none.
fn real(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:?}"))
}
