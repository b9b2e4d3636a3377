//! `exclusim export`: results as another tool would write them.

mod model_explorer;
mod perfetto;

use super::args::{Export, ExportTo, Exported};
use super::layers::scale_sim_array;
use super::results::Results;
use super::{Failure, progress::terminal};
use crate::config::Fault;
use crate::cost::prices;
use crate::interop::scale_sim::topology::OutputSize;
use crate::interop::{accelergy, scale_sim};
use crate::load;
use crate::network::segment::{Segments, Work};
use crate::simulate;
use crate::time::path_table;
use crate::unit::UnitSize;

/// Most rows of a report; a depthwise layer has one a channel.
const MOST_ROWS: u64 = 1_000_000;

pub(super) fn export(args: &Export) -> Result<(), Failure> {
    match &args.to {
        ExportTo::ScaleSim(args) => to_scale_sim(args),
        ExportTo::Accelergy(args) => to_accelergy(args),
        ExportTo::Perfetto(args) => perfetto::to_perfetto(args),
        ExportTo::ModelExplorer(args) => model_explorer::to_model_explorer(args),
    }
}

fn to_accelergy(args: &Exported) -> Result<(), Failure> {
    load::in_order("export accelergy", &args.arch, &args.network)?;
    let arch = load::arch(&args.arch, &args.set.set);
    let (arch, network) = load::both(arch, load::network(&args.network, OutputSize::Floor, terminal()))?;
    simulate::agreed(&arch, &network, None)?;
    if arch.fpga().is_some() {
        let title =
            format!("{} is built on an FPGA: Accelergy's tables ask for areas, and it has none", arch.name);
        return Err(Fault::new(title, "export an architecture without [fpga]").into());
    }
    let table = path_table(&network, &arch.machine, &vec![true; network.heads()], false);
    let full = table.segments.iter().map(|segment| segment.full().total()).sum();
    let prices = prices(&arch, UnitSize::of_default_bits(network.heads(), network.classes));
    let accelergy::Reports { action_counts, ert, art } = accelergy::reports(&arch.name, &prices, &full);
    let mut results = Results::default();
    results.add(args.out.join("action_counts.yaml"), action_counts);
    results.add(args.out.join("ERT.yaml"), ert);
    results.add(args.out.join("ART.yaml"), art);
    Ok(results.write()?)
}

fn to_scale_sim(args: &Exported) -> Result<(), Failure> {
    load::in_order("export scale-sim", &args.arch, &args.network)?;
    let arch = load::arch(&args.arch, &args.set.set);
    let (arch, network) = load::both(arch, load::network(&args.network, OutputSize::Ceil, terminal()))?;
    let array = scale_sim_array(&arch)?;
    if rows(&network).is_none_or(|rows| rows > MOST_ROWS) {
        let title =
            format!("{}: SCALE-Sim's reports would have more than {MOST_ROWS} rows", args.network.display());
        return Err(Fault::new(title, "write fewer channels in its depthwise layers: each is one row").into());
    }
    let scale_sim::Reports { compute, bandwidth, detailed_access } = scale_sim::reports(&network, &array);
    let mut results = Results::default();
    results.add(args.out.join("COMPUTE_REPORT.csv"), compute);
    results.add(args.out.join("BANDWIDTH_REPORT.csv"), bandwidth);
    results.add(args.out.join("DETAILED_ACCESS_REPORT.csv"), detailed_access);
    Ok(results.write()?)
}

/// Rows of a report; `None` when they cannot be counted.
fn rows(network: &Segments) -> Option<u64> {
    network.steps().try_fold(0u64, |rows, step| match step.work {
        Work::Gemm { gemm, .. } => rows.checked_add(gemm.groups),
        Work::Vector { .. } => Some(rows),
    })
}
