//! `exclusim layers`: timing without data.

mod explain;
mod total;

use super::Failure;
use super::args::{Compat, Layers, LayersFormat};
use super::manner;
use super::print::{print, warn_of_clock};
use super::progress::terminal;
use crate::arch::Arch;
use crate::config::Fault;
use crate::interop::scale_sim::{self, ScaleSimArray, topology::OutputSize};
use crate::load;
use crate::report::{ClockSummary, Form, LayerRow, Table, commented, layers_csv, prose};
use crate::run;
use crate::simulate::agreed;
use total::{title, total};

pub(super) fn layers(args: &Layers) -> Result<(), Failure> {
    load::in_order("layers", &args.arch, &args.network)?;
    let arch = load::arch(&args.arch, &args.set.set);
    let (arch, network) = load::both(arch, load::network(&args.network, size_rule(args.compat), terminal()))?;
    let network = if args.chain { network.chained() } else { network };
    warn_of_clock(&ClockSummary::of(&arch));
    if let Some(layer) = &args.explain_schedule {
        agreed(&arch, &network, None)?;
        return print(&explain::explained(&arch, &network.batched(arch.batch.size), layer, args.format)?);
    }
    let rows = match args.compat {
        Some(Compat::ScaleSim) => scale_sim::layer_rows(&network, &scale_sim_array(&arch)?),
        None => run::layers(&arch, &network)?,
    };
    let told = |form: Form| {
        let mut table = table_of(&rows);
        let rows_told = match form {
            // What is no terminal gets every column, however wide.
            Form::Plain => {
                let left_out = fitted(&mut table);
                table.text() + &left_out
            }
            Form::Markdown | Form::Latex => table.written(form),
        };
        let title = manner::bold(&title(&arch, &network)) + "\n";
        let total = total(&arch, &network, &rows, form);
        let text = [title, rows_told, total].join("\n");
        print(&match form {
            Form::Plain => prose(&text),
            Form::Markdown => text,
            Form::Latex => commented(&text),
        })
    };
    match args.format {
        LayersFormat::Csv => print(&layers_csv(&rows)),
        LayersFormat::Json => print(&(serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n")),
        LayersFormat::Table => told(Form::Plain),
        LayersFormat::Markdown => told(Form::Markdown),
        LayersFormat::Latex => told(Form::Latex),
    }
}

/// Columns that a narrow terminal has no room for, the first to go first.
const LEFT_OUT: [&str; 9] =
    ["setup", "folds", "vector", "kind", "schedule", "compute", "DRAM B", "energy nJ", "stall"];
/// Names of layers are no longer than this where columns must go.
const LONGEST_NAME: usize = 24;

/// Makes a table fit the terminal; says which columns that took.
fn fitted(table: &mut Table) -> String {
    let Some(columns) = manner::columns() else { return String::new() };
    if table.width(2) > columns {
        table.shorten(LONGEST_NAME);
    }
    match table.narrow(columns, &LEFT_OUT) {
        none if none.is_empty() => String::new(),
        names => format!("  not shown at {columns} columns: {}; --format csv has all\n", names.join(", ")),
    }
}

/// Output sizes of a topology round down as in every framework, and up only where SCALE-Sim is followed.
fn size_rule(compat: Option<Compat>) -> OutputSize {
    match compat {
        Some(Compat::ScaleSim) => OutputSize::Ceil,
        None => OutputSize::Floor,
    }
}

/// The array as SCALE-Sim knows one.
pub(super) fn scale_sim_array(arch: &Arch) -> Result<ScaleSimArray, Fault> {
    ScaleSimArray::of(&arch.machine.array).ok_or_else(|| {
        let title = format!("{}: `array.dataflow = \"best\"` is nothing SCALE-Sim knows", arch.name);
        Fault::new(title, "name one dataflow for every layer, such as --set array.dataflow=ws")
    })
}

/// The order of a layer's loops and its largest tile, such as `NMK 784x16x144`.
fn schedule_of(row: &LayerRow) -> String {
    let order = row.loop_order.clone().unwrap_or_default();
    match (row.tile_m, row.tile_n, row.tile_k) {
        (Some(m), Some(n), Some(k)) => format!("{order} {m}x{n}x{k}"),
        _ => order,
    }
}

fn table_of(rows: &[LayerRow]) -> Table {
    let mut table = Table::new([
        "layer",
        "kind",
        "m",
        "n",
        "k",
        "folds",
        "cycles",
        "compute",
        "stall",
        "vector",
        "setup",
        "util %",
        "energy nJ",
        "DRAM B",
        "schedule",
    ]);
    let number = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    for row in rows {
        table.row([
            row.layer.clone(),
            row.kind.to_owned(),
            number(row.m),
            number(row.n),
            number(row.k),
            number(row.folds),
            row.cycles.to_string(),
            row.compute_cycles.to_string(),
            row.stall_cycles.to_string(),
            row.vector_cycles.to_string(),
            row.setup_cycles.to_string(),
            row.utilization.map_or_else(String::new, |value| format!("{:.1}", 100.0 * value)),
            row.energy_pj.map_or_else(String::new, |energy| format!("{:.1}", energy * 1e-3)),
            number(
                row.dram_ifmap_bytes
                    .zip(row.dram_filter_bytes)
                    .zip(row.dram_ofmap_bytes)
                    .map(|((i, f), o)| i + f + o),
            ),
            schedule_of(row),
        ]);
    }
    table
}
