//! `exclusim layers`: timing without data.

use super::Failure;
use super::args::{Compat, Layers, LayersFormat};
use super::print::{print, warn_of_clock};
use super::progress::terminal;
use crate::arch::Arch;
use crate::config::Fault;
use crate::cost::prices;
use crate::interop::scale_sim::{self, ScaleSimArray, topology::OutputSize};
use crate::load;
use crate::network::segment::Segments;
use crate::report::{ClockSummary, Form, LayerRow, Table, layer_rows, layers_csv};
use crate::simulate::agreed;
use crate::time::path_table;
use crate::unit::UnitSize;

pub(super) fn layers(args: &Layers) -> Result<(), Failure> {
    let arch = load::arch(&args.arch, &args.set.set);
    let (arch, network) = load::both(arch, load::network(&args.network, size_rule(args.compat), terminal()))?;
    warn_of_clock(&ClockSummary::of(&arch));
    let rows = match args.compat {
        Some(Compat::ScaleSim) => scale_sim::layer_rows(&network, &scale_sim_array(&arch)?),
        None => timed(&arch, &network)?,
    };
    match args.format {
        LayersFormat::Csv => print(&layers_csv(&rows)),
        LayersFormat::Json => print(&(serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n")),
        LayersFormat::Table => print(&table_of(&rows).written(Form::Plain)),
        LayersFormat::Markdown => print(&table_of(&rows).written(Form::Markdown)),
        LayersFormat::Latex => print(&table_of(&rows).written(Form::Latex)),
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

fn timed(arch: &Arch, network: &Segments) -> Result<Vec<LayerRow>, Failure> {
    agreed(arch, network, None)?;
    let network = &network.batched(arch.batch.size);
    let table = path_table(network, &arch.machine, &vec![true; network.heads()], false);
    let unit = UnitSize::of_default_bits(network.heads(), network.classes);
    let mut rows = layer_rows(arch, &table, &prices(arch, unit), None);
    rows.iter_mut().for_each(|row| row.batch = network.batch);
    Ok(rows)
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
        ]);
    }
    table
}
