//! `exclusim layers --explain-schedule`: why a layer runs in the schedule it does.

use crate::arch::Arch;
use crate::cli::Failure;
use crate::cli::args::LayersFormat;
use crate::config::Fault;
use crate::network::segment::{Segments, Work};
use crate::report::{Form, Table, commented, grouped};
use crate::time::schedule::{Results, Room};
use crate::time::{Alternative, Explained, Schedule, explain};

/// Others that are shown.
const SHOWN: usize = 10;

/// The text for a layer.
pub(super) fn explained(
    arch: &Arch,
    network: &Segments,
    layer: &str,
    format: LayersFormat,
) -> Result<String, Failure> {
    let form = match format {
        LayersFormat::Table => Form::Plain,
        LayersFormat::Markdown => Form::Markdown,
        LayersFormat::Latex => Form::Latex,
        LayersFormat::Csv | LayersFormat::Json => {
            let title = "`--explain-schedule` is told in tables and words".to_owned();
            return Err(Fault::new(title, "write --format table, markdown or latex").into());
        }
    };
    let found = explain(network, &arch.machine, layer).ok_or_else(|| unknown(network, layer))?;
    let text = [head(arch, network, layer, &found), table(&found).written(form), tail(&found)].join("\n");
    Ok(if form == Form::Latex { commented(&text) } else { text })
}

/// No such layer, or none on the array.
fn unknown(network: &Segments, layer: &str) -> Fault {
    let products = network.steps().filter(|step| matches!(step.work, Work::Gemm { .. }));
    let names: Vec<String> = products.map(|step| format!("`{}`", step.name)).collect();
    let title = format!("no layer `{layer}` of {} runs on the array", network.name);
    let first = names.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
    let more = if names.len() > 12 {
        format!(" and {} more, see `exclusim layers`", names.len() - 12)
    } else {
        String::new()
    };
    Fault::new(title, format!("name one of {first}{more}"))
}

fn head(arch: &Arch, network: &Segments, layer: &str, found: &Explained) -> String {
    let gemm = &found.gemm;
    let groups = if gemm.groups > 1 { format!("{} groups of ", gemm.groups) } else { String::new() };
    format!(
        "{layer} of {} on {}: {groups}{} x {} x {} (M N K)\nfree for its tiles: {}\n",
        network.name,
        arch.name,
        gemm.m,
        gemm.n,
        gemm.k,
        room(&found.room)
    )
}

fn room(room: &Room) -> String {
    match *room {
        Room::Apart { ifmap, filter, ofmap } => {
            format!("ifmap {}, filter {}, ofmap {} bytes", grouped(ifmap), grouped(filter), grouped(ofmap))
        }
        Room::Shared { bytes, granule, ofmap } => {
            let sums =
                ofmap.map_or_else(String::new, |own| format!(", sums {} bytes of their own", grouped(own)));
            format!("{} bytes in granules of {}{sums}", grouped(bytes), grouped(granule))
        }
    }
}

fn table(found: &Explained) -> Table {
    let mut table = Table::new(["schedule", "kept", "cycles", "array", "waiting", "DRAM B"]);
    for one in std::iter::once(&found.chosen).chain(found.others.iter().take(SHOWN)) {
        table.row([
            schedule(one),
            kept(&one.schedule),
            one.cycles.to_string(),
            one.array.to_string(),
            one.stall.to_string(),
            (one.traffic.dram_reads() + one.traffic.dram_writes()).to_string(),
        ]);
    }
    table
}

/// Dataflow, order of loops and largest tile, such as `ws NMK 784x16x144`.
fn schedule(one: &Alternative) -> String {
    let dataflow = one.dataflow.short_name();
    match &one.schedule {
        Schedule::Folds { pieces: 1 } => format!("{dataflow} folds"),
        Schedule::Folds { pieces } => format!("{dataflow} folds, time in {pieces}"),
        Schedule::Tiles(found) => {
            let [m, n, k] = found.cuts.each_ref().map(|cut| cut.most);
            format!("{dataflow} {} {m}x{n}x{k}", found.loops())
        }
    }
}

fn kept(schedule: &Schedule) -> String {
    let Schedule::Tiles(found) = schedule else { return String::new() };
    let results = (found.results == Some(Results::Wait)).then_some("results");
    found.operands_kept().chain(results).map(|operand| &operand[..1]).collect()
}

/// What is weighed, why others lose, and what more memory would do.
fn tail(found: &Explained) -> String {
    let mut text = format!(
        "  first row: chosen ({});\n  each other row: the best of its dataflow and loop order\n  \
         kept over the loop that does not index it: i ifmap, f filter, s sums;\n  \
         r: results wait for the bus on chip\n",
        found.goal
    );
    for other in found.others.iter().take(3) {
        text += &format!("  {}: {}\n", schedule(other), why(other, &found.chosen));
    }
    text += &match &found.beyond {
        None => "  more memory on chip would not make it faster\n".to_owned(),
        Some(beyond) => {
            let [ifmap, filter, sums] = beyond.needs.map(grouped);
            format!(
                "  with more memory {} takes {} cycles;\n  it needs {ifmap} bytes of ifmap, {filter} of filter, {sums} of sums\n",
                schedule(beyond),
                beyond.cycles
            )
        }
    };
    text
}

/// Why one schedule lost against the chosen one.
fn why(other: &Alternative, chosen: &Alternative) -> String {
    let more = |of: fn(&Alternative) -> u64| of(other).saturating_sub(of(chosen));
    let bytes = |one: &Alternative| {
        let sums = one.traffic.dram_psum_reads + one.traffic.dram_psum_writes;
        [one.traffic.dram_ifmap, one.traffic.dram_filter, one.traffic.dram_ofmap, sums]
    };
    let extra =
        bytes(other).into_iter().zip(bytes(chosen)).map(|(other, chosen)| other.saturating_sub(chosen));
    let most =
        extra.zip(["ifmap", "filter", "results", "partial sums"]).max().filter(|(extra, _)| *extra > 0);
    let moves = most.map(|(bytes, name)| format!("it moves {} bytes more of {name}", grouped(bytes)));
    let energy = other.energy_beside(chosen).map(|percent| format!("{percent:.1} % more energy; "));
    let (array, stall) = (more(|one| one.array), more(|one| one.stall));
    let vector = more(|one| one.cycles - one.array - one.stall);
    let cycles = match moves {
        moves if other.cycles <= chosen.cycles => {
            moves.unwrap_or_else(|| "as good, and tried later".to_owned())
        }
        _ if array >= stall.max(vector) => format!("the array takes {} cycles more", grouped(array)),
        _ if vector >= stall => format!("the vector unit works on {} cycles longer", grouped(vector)),
        Some(moves) => format!("waits {} cycles more:\n    {moves}", grouped(stall)),
        None => format!("waits {} cycles more for its first and last tile", grouped(stall)),
    };
    energy.unwrap_or_default() + &cycles
}
