//! What a machine takes of its FPGA: of every kind of block, part by part of the design.

use serde::Serialize;
use serde_json::Value;

use super::super::bars::{Bar, Stack};
use super::super::numbers::PLAIN;
use super::super::style::{INK, design_part};
use super::super::{Drawing, Page, PlotError, Results, check_rows};
use crate::cost::fpga::Part;
use crate::tech::fpga::Resource;
use crate::units::real;

/// What makes `run` write blocks.
const NEEDS: &str = "arch/zcu104-16x16.toml, or another with [fpga]";

/// Blocks of one kind in one part of one design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// Which of the results, which may have one name.
    #[serde(skip)]
    run: usize,
    results: String,
    arch: String,
    /// What the maker calls the device.
    device: String,
    resource: &'static str,
    part: &'static str,
    /// What this part takes.
    blocks: u64,
    /// What the whole design takes.
    total: u64,
    /// The same at the upper end of the model's error.
    total_at_most: u64,
    /// What may be filled of the device.
    usable: u64,
    /// What the device has.
    available: u64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let mut rows = Vec::new();
    for (i, run) in results.iter().enumerate() {
        rows.extend(of_run(i, run)?);
    }
    check_rows("blocks of FPGAs", rows.len())?;
    Ok(rows)
}

/// Kinds that the device has, in order, with every part of the design that takes any block.
fn of_run(i: usize, run: &Results) -> Result<Vec<Row>, PlotError> {
    let by_part = run.value("fpga.resources.by_part", NEEDS)?;
    let device = run.text("fpga.part")?;
    let mut rows = Vec::new();
    for resource in Resource::ALL.iter().map(|resource| resource.name()) {
        let of_all = |which: &str| whole(run, &format!("fpga.resources.{which}.{resource}"));
        let usable = of_all("usable")?;
        let there = Part::ALL.iter().map(|part| part.name()).filter(|part| by_part.get(part).is_some());
        for part in there.filter(|_| usable > 0) {
            rows.push(Row {
                run: i,
                results: run.name.clone(),
                arch: run.text("arch")?.to_owned(),
                device: device.to_owned(),
                resource,
                part,
                blocks: whole(run, &format!("fpga.resources.by_part.{part}.{resource}"))?,
                total: of_all("total")?,
                total_at_most: of_all("at_most")?,
                usable,
                available: of_all("available")?,
            });
        }
    }
    Ok(rows)
}

/// A whole number of the summary.
fn whole(run: &Results, path: &str) -> Result<u64, PlotError> {
    let value: &Value = run.value(path, "")?;
    value.as_u64().ok_or_else(|| run.malformed(path, value))
}

/// A bar a kind of block, in percent of what may be filled, stacked by part; several machines below each other.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let parts: Vec<Part> =
        Part::ALL.into_iter().filter(|part| rows.iter().any(|row| row.part == part.name())).collect();
    let mut bars = Vec::new();
    for machine in rows.chunk_by(|a, b| a.run == b.run) {
        let first = &machine[0];
        // Machines of one name, such as those of two workloads, are told apart by the runs'.
        let namesake = rows.iter().any(|row| row.arch == first.arch && row.run != first.run);
        let label = if namesake { &first.results } else { &first.arch };
        let value = format!("on {}", first.device);
        bars.push(Bar { label: label.clone(), shaded: false, parts: Vec::new(), value, mark: None });
        bars.extend(machine.chunk_by(|a, b| a.resource == b.resource).map(|kind| bar(kind, &parts)));
    }
    let mut keys: Vec<_> = parts.iter().map(|&part| (design_part(part), name(part))).collect();
    keys.push((INK, "mark: all together, at most"));
    let axis = "Taken of what may be filled (%)";
    Stack { keys, axis, unit: PLAIN, least: 100.0, last: None, line: Some(100.0) }.draw(&bars, page)
}

/// One kind of block of one machine.
fn bar(kind: &[Row], parts: &[Part]) -> Bar {
    let first = &kind[0];
    let percent = |blocks: u64| 100.0 * real(blocks) / real(first.usable);
    let of_part = |part: &Part| kind.iter().find(|row| row.part == part.name()).map_or(0, |row| row.blocks);
    let resource = Resource::ALL.iter().find(|resource| resource.name() == first.resource);
    let total = percent(first.total);
    let mark = (first.total_at_most > first.total).then(|| percent(first.total_at_most));
    Bar {
        label: resource.map_or("", |resource| in_print(*resource)).to_owned(),
        shaded: true,
        parts: parts.iter().map(|part| percent(of_part(part))).collect(),
        value: match mark {
            Some(most) => format!("{total:.0} to {most:.0} %"),
            None => format!("{total:.0} %"),
        },
        mark,
    }
}

/// A part's name in print.
fn name(part: Part) -> &'static str {
    match part {
        Part::Array => "array",
        Part::Accumulators => "accumulators",
        Part::Ifmap => "ifmap scratchpad",
        Part::Filter => "filter scratchpad",
        Part::Ofmap => "ofmap scratchpad",
        Part::Vector => "vector unit",
        Part::ExclusionUnit => "exclusion unit",
        Part::HeadEngine => "head engine",
        Part::Infrastructure => "DMA, control",
    }
}

/// A kind's name beside a bar.
fn in_print(resource: Resource) -> &'static str {
    match resource {
        Resource::Lut => "LUTs",
        Resource::FlipFlop => "flip-flops",
        Resource::Dsp => "DSP blocks",
        Resource::BlockRam => "block RAM",
        Resource::UltraRam => "ultra RAM",
    }
}
