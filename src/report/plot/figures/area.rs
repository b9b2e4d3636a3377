//! Where the area goes: every component of one or several machines.

use serde::Serialize;

use super::super::bars::{Bar, Stack};
use super::super::numbers::{PLAIN, three_digits};
use super::super::style::component;
use super::super::{Drawing, Page, PlotError, Results, check_rows};
use super::energy_by_component::name;
use crate::count::Component;

/// Area of one component of one machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    results: String,
    arch: String,
    component: &'static str,
    area_mm2: f64,
}

/// What is on chip.
fn on_chip() -> impl Iterator<Item = Component> {
    Component::OF_CHIP.into_iter().filter(|component| !component.is_off_chip())
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    check_rows("results", results.len())?;
    let mut rows = Vec::new();
    for run in results {
        for component in on_chip() {
            let key = format!("area_by_component_mm2.{}", component.name());
            let area_mm2 = run.number_of(&key, "arch/edge-16x16.toml, or another without [fpga]")?;
            let (results, arch) = (run.name.clone(), run.text("arch")?.to_owned());
            rows.push(Row { results, arch, component: component.name(), area_mm2 });
        }
    }
    Ok(rows)
}

/// Whether one buffer holds all operands: then the area of it stands with the ifmap.
fn is_unified(machine: &[Row]) -> bool {
    machine.iter().any(|row| row.component == Component::FilterSram.name() && row.area_mm2 == 0.0)
}

/// A component's name where the ifmap's scratchpad may be a buffer for all operands: of some machines, of all of them.
fn name_on(component: Component, unified: [bool; 2]) -> &'static str {
    match (component, unified) {
        (Component::IfmapSram, [_, true]) => "unified SRAM",
        (Component::IfmapSram, [true, false]) => "ifmap or unified SRAM",
        (component, _) => name(component),
    }
}

/// A bar a component; several machines below each other, each in percent of its own area, so that small ones can be read.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let components: Vec<Component> = on_chip().collect();
    let machines: Vec<&[Row]> = rows.chunks(components.len()).collect();
    let alone = machines.len() == 1;
    // Components that some machine has; parts of bars and keys go by them.
    let has = |at: &usize| machines.iter().any(|machine| machine[*at].area_mm2 > 0.0);
    let there: Vec<usize> = (0..components.len()).filter(has).collect();
    let unified =
        [machines.iter().any(|rows| is_unified(rows)), machines.iter().all(|rows| is_unified(rows))];
    let mut bars = Vec::new();
    for machine in &machines {
        let total: f64 = machine.iter().map(|row| row.area_mm2).sum();
        let long = |row: &Row| if alone { row.area_mm2 } else { 100.0 * row.area_mm2 / total };
        let value = format!("{} mm²", three_digits(total));
        // Machines of one name, such as those of two workloads, are told apart by the runs'.
        let namesakes = rows.iter().filter(|row| row.arch == machine[0].arch).count() > components.len();
        let label = if namesakes { &machine[0].results } else { &machine[0].arch };
        let all = there.iter().map(|&j| long(&machine[j])).collect();
        bars.push(Bar { label: label.clone(), shaded: false, parts: all, value, mark: None });
        // A buffer that holds all operands has its area in one place, a network without heads no unit.
        for (i, row) in machine.iter().enumerate().filter(|(_, row)| row.area_mm2 > 0.0) {
            let parts = there.iter().map(|&j| if i == j { long(row) } else { 0.0 }).collect();
            let percent = format!("{:.1} %", 100.0 * row.area_mm2 / total);
            let value = if alone { format!("{} ({percent})", three_digits(row.area_mm2)) } else { percent };
            let label = name_on(components[i], [is_unified(machine); 2]).to_owned();
            bars.push(Bar { label, shaded: true, parts, value, mark: None });
        }
    }
    let keys =
        there.iter().map(|&at| (component(components[at]), name_on(components[at], unified))).collect();
    let axis = if alone { "Area on chip (mm²)" } else { "Area on chip (% of each machine's)" };
    let last = if alone { None } else { Some(100.0) };
    Stack { keys, axis, unit: PLAIN, least: 0.0, last, line: None }.draw(&bars, page)
}
