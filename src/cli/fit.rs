//! `exclusim fit`: what an architecture takes of an FPGA part, and how large an array would fit.

use serde::Serialize;

use super::Failure;
use super::args::{Fit, FitFormat};
use super::print::{print, warn_of_clock};
use super::progress::terminal;
use crate::arch::{Arch, Fpga};
use crate::config::{Fault, Faults};
use crate::cost::fpga::{Design, Largest, Limit, design, largest, limiting, shortages};
use crate::interop::scale_sim::topology::OutputSize;
use crate::load;
use crate::report::{ClockSummary, ResourceSummary, Table, clock_text, grouped, prose, resource_summary};
use crate::tech::fpga::{Device, Resource, Resources};
use crate::unit::UnitSize;
use crate::units::real;

/// Heads and classes where no network is named: those of the shipped network.
pub(super) const UNIT: (usize, usize) = (6, 10);

pub(super) fn fit(args: &Fit) -> Result<(), Failure> {
    if let Some(network) = &args.network {
        load::in_order("fit", &args.arch, network)?;
    }
    let arch = on_device(args);
    let unit = match &args.network {
        None => Ok(UnitSize::of_default_bits(UNIT.0, UNIT.1)),
        Some(network) => load::network(network, OutputSize::Floor, terminal())
            .map(|network| UnitSize::of_default_bits(network.heads(), network.classes)),
    };
    let (arch, unit) = load::both(arch, unit)?;
    let Some(fpga) = arch.fpga() else {
        let title = format!("{} names no FPGA part", args.arch.display());
        return Err(Fault::new(title, "add --device zynq-7020, or [fpga] to the file").into());
    };
    let design = design(&arch, fpga, unit);
    let largest = largest(&arch, fpga, unit);
    let fits = shortages(design.total(), &fpga.device).is_empty();
    let clock = ClockSummary::of(&arch);
    if !matches!(args.format, FitFormat::Table) {
        warn_of_clock(&clock);
    }
    print(&match args.format {
        FitFormat::Table => prose(&(table(&arch, fpga, unit, &design, largest) + &clock_text(&clock, &arch))),
        FitFormat::Csv => csv(fpga, &design),
        FitFormat::Json => json(&arch, fpga, &design, largest, clock),
    })?;
    if fits {
        return Ok(());
    }
    Err(Failure::Check(format!("{} does not fit {}", arch.name, fpga.device.part)))
}

/// The architecture on the part that the command line names, or on its own.
fn on_device(args: &Fit) -> Result<Arch, Faults> {
    match &args.device {
        Some(part) => load::arch_on(&args.arch, part, &args.set.set),
        None => load::arch(&args.arch, &args.set.set),
    }
}

fn table(arch: &Arch, fpga: &Fpga, unit: UnitSize, design: &Design, largest: Largest) -> String {
    let device = &fpga.device;
    let mut table = Table::new(["part", "lut", "ff", "dsp", "bram18", "uram"]);
    let mut row = |name: &str, counts: Resources| {
        let cells = Resource::ALL.iter().map(|resource| grouped(counts[*resource]));
        table.row([name.to_owned()].into_iter().chain(cells));
    };
    for block in &design.blocks {
        let wide = if block.by_width { " (port)" } else { "" };
        row(&format!("{}{wide}", block.part.name().replace('_', " ")), block.nominal);
    }
    let total = design.total();
    row("together", total);
    row("at most", design.at_most());
    row("the part has", device.resources);
    row("may be filled", device.usable());
    let usable = device.usable();
    let percent = |resource: &Resource| match (total[*resource], usable[*resource]) {
        (0, 0) => "-".to_owned(),
        (taken, whole) => format!("{:.0} %", 100.0 * real(taken) / real(whole)),
    };
    table.row(["taken of that".to_owned()].into_iter().chain(Resource::ALL.iter().map(percent)));
    let unit = match unit.heads {
        0 => "no unit that decides".to_owned(),
        heads => format!(
            "a unit of {heads} heads, {} classes, {} lanes",
            unit.classes, arch.machine.exclusion.lanes
        ),
    };
    format!(
        "{} on {} ({}), products by {}; {unit}\n\n{}\n{}{}",
        arch.name,
        device.part,
        device.board,
        fpga.mac.name(),
        table.text(),
        verdict(design, device),
        larger(arch, largest),
    )
}

fn verdict(design: &Design, device: &Device) -> String {
    let total = design.total();
    let short = shortages(total, device);
    let (limit, part) = limiting(total, device);
    if short.is_empty() {
        let at_most = shortages(design.at_most(), device);
        let maybe = match at_most.first() {
            Some(short) => {
                format!(
                    "; at the upper end of the model's error it does not, for {}",
                    short.resource.described()
                )
            }
            None => String::new(),
        };
        return format!("It fits{maybe}. Limited by {}: {:.0} %.\n", limit.described(), 100.0 * part);
    }
    let one = |found: &crate::cost::fpga::Shortage| {
        format!(
            "{} more {} than may be filled",
            grouped(found.needs - found.usable),
            found.resource.described()
        )
    };
    format!("It does NOT fit: {}.\n", short.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn larger(arch: &Arch, largest: Largest) -> String {
    let why = match largest.limit {
        Limit::Resource(resource) => format!("then {} run out", resource.described()),
        Limit::Scratchpad(name) => format!("then `memory.{name}` cannot hold two tiles"),
        Limit::Search => "larger ones are not looked at".to_owned(),
    };
    let lanes = if arch.machine.vector.lanes_are_cols {
        "and one vector lane per column".to_owned()
    } else {
        format!("(vector.lanes = {})", arch.machine.vector.lanes)
    };
    let square = |side: u64| if side == 0 { "none".to_owned() } else { format!("{side} x {side}") };
    format!(
        "Largest square array with all else as configured {lanes}: {} ({why}).\nLargest whose side is a power of two: {}.\n",
        square(largest.square),
        square(largest.power_of_two)
    )
}

/// A row a part, then `total`, `usable` and `available`.
fn csv(fpga: &Fpga, design: &Design) -> String {
    let names =
        |end: &str| Resource::ALL.iter().map(|r| format!("{}{end}", r.name())).collect::<Vec<_>>().join(",");
    let mut text = format!("part,{},{}\n", names(""), names("_at_most"));
    let mut row = |name: &str, nominal: Resources, at_most: Option<Resources>| {
        let count = |counts: Option<Resources>, resource: Resource| {
            counts.map_or_else(String::new, |counts| counts[resource].to_string())
        };
        let ends = [Some(nominal), at_most];
        let cells = ends.iter().flat_map(|counts| Resource::ALL.iter().map(|r| count(*counts, *r)));
        text += &format!("{name},{}\n", cells.collect::<Vec<_>>().join(","));
    };
    for block in &design.blocks {
        row(block.part.name(), block.nominal, Some(block.at_most));
    }
    row("total", design.total(), Some(design.at_most()));
    row("usable", fpga.device.usable(), None);
    row("available", fpga.device.resources, None);
    text
}

/// The verdict as an object.
#[derive(Serialize)]
struct Report<'a> {
    arch: &'a str,
    device: &'a str,
    part: &'a str,
    board: &'a str,
    mac: &'a str,
    fits: bool,
    resources: ResourceSummary,
    largest_square: u64,
    largest_power_of_two: u64,
    clock_hz: f64,
    clock: ClockSummary,
}

fn json(arch: &Arch, fpga: &Fpga, design: &Design, largest: Largest, clock: ClockSummary) -> String {
    let device = &fpga.device;
    let report = Report {
        arch: &arch.name,
        device: &device.name,
        part: &device.part,
        board: &device.board,
        mac: fpga.mac.name(),
        fits: shortages(design.total(), device).is_empty(),
        resources: resource_summary(design, fpga),
        largest_square: largest.square,
        largest_power_of_two: largest.power_of_two,
        clock_hz: arch.machine.clock.0,
        clock,
    };
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
