//! What the layers are together, and on which machine.

use crate::arch::{Arch, Target};
use crate::cost::prices;
use crate::names::ClosedSet;
use crate::network::segment::Segments;
use crate::report::{Form, LayerRow, Table};
use crate::unit::UnitSize;
use crate::units::{Cycles, Written, real};

/// Network and machine in a line.
pub(super) fn title(arch: &Arch, network: &Segments) -> String {
    let machine = &arch.machine;
    let (rows, cols) = (machine.array.rows, machine.array.cols);
    let dataflow = machine.array.dataflow.documented_name();
    let heads = match network.heads() {
        0 => String::new(),
        heads => format!(", all {heads} heads run"),
    };
    let batch = match arch.batch.size * network.batch {
        1 => String::new(),
        size => format!(", {size} samples at once"),
    };
    format!(
        "{} on {}: {rows}x{cols} PEs, dataflow {dataflow}, {}, {} prices{heads}{batch}",
        network.name,
        arch.name,
        machine.clock.written(),
        arch.priced_by(),
    )
}

/// Totals of all layers; a rule of another tool that knows no energy has none.
pub(super) fn total(arch: &Arch, network: &Segments, rows: &[LayerRow], form: Form) -> String {
    let sum = |of: fn(&LayerRow) -> u64| rows.iter().map(of).sum::<u64>();
    let cycles = sum(|row| row.cycles);
    if cycles == 0 {
        return String::new();
    }
    let batch = real(rows.first().map_or(1, |row| row.batch));
    let seconds = Cycles(cycles).at(arch.machine.clock).0;
    let pes = real(arch.machine.array.rows * arch.machine.array.cols);
    let macs = real(sum(|row| row.macs));
    let mut table = Table::new(["total", if batch > 1.0 { "all samples" } else { "one inference" }]);
    let mut line = |name: &str, value: String| table.row([name.to_owned(), value]);
    line("cycles", cycles.to_string());
    line("  waiting for memory, %", format!("{:.1}", part(sum(|row| row.stall_cycles), cycles)));
    line("latency, ms", format!("{:.4}", seconds * 1e3));
    line("inferences per second", format!("{:.2}", batch / seconds));
    line("TOPS", format!("{:.4}", 2.0 * macs / seconds * 1e-12));
    line("utilization, %", format!("{:.1}", 100.0 * macs / (real(cycles) * pes)));
    if let Some(energy) = rows.iter().map(|row| row.energy_pj).sum::<Option<f64>>() {
        line("energy per inference, uJ", format!("{:.3}", energy * 1e-6 / batch));
    }
    if let Some(bytes) = rows.iter().map(dram_bytes).sum::<Option<u64>>() {
        line("DRAM, MB", format!("{:.4}", real(bytes) * 1e-6));
    }
    if let Target::Cells(_) = arch.target {
        let unit = UnitSize::of_default_bits(network.heads(), network.classes);
        line("area, mm2", format!("{:.3}", prices(arch, unit).total_area().square_millimetres()));
    }
    table.written(form)
}

fn part(some: u64, all: u64) -> f64 {
    100.0 * real(some) / real(all)
}

fn dram_bytes(row: &LayerRow) -> Option<u64> {
    Some(row.dram_ifmap_bytes? + row.dram_filter_bytes? + row.dram_ofmap_bytes?)
}
