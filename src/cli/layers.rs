//! `exclusim layers`: timing without data.

use super::Failure;
use super::args::{Layers, LayersFormat};
use super::load;
use super::print::print;
use super::run::misfit_faults;
use crate::cost::{UnitSize, prices};
use crate::network::onnx::HeadNames;
use crate::network::segment::{Segments, segments};
use crate::report::{LayerRow, Table, layer_rows, layers_csv};
use crate::simulate::agree;
use crate::time::path_table;

pub(super) fn layers(args: &Layers) -> Result<(), Failure> {
    let arch = load::arch(&args.arch, &args.set.set)?;
    let network = network(args)?;
    agree(&arch, &network, None).map_err(|misfits| misfit_faults(&arch, misfits))?;
    let table = path_table(&network, &arch, &vec![true; network.heads()], false);
    let count = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
    let unit = UnitSize {
        heads: count(network.heads()),
        classes: count(network.classes),
        probability_bits: 12,
        threshold_bits: 12,
    };
    let rows = layer_rows(&arch, &table, &prices(&arch, unit), None);
    match args.format {
        LayersFormat::Csv => print(&layers_csv(&rows)),
        LayersFormat::Json => print(&(serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n")),
        LayersFormat::Table => print(&table_of(&rows)),
    }
}

fn network(args: &Layers) -> Result<Segments, Failure> {
    if args.network.extension().is_some_and(|extension| extension == "onnx") {
        let mut network = load::model(&args.network, &HeadNames::default())?;
        network.name =
            args.network.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        return Ok(segments(&network));
    }
    Ok(load::workload(&args.network)?.segments)
}

fn table_of(rows: &[LayerRow]) -> String {
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
            row.kind.clone(),
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
            format!("{:.1}", row.energy_pj * 1e-3),
        ]);
    }
    table.text()
}
