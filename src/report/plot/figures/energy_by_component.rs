//! Where the energy goes: energy of every layer by component.

use serde::Serialize;

use super::super::bars::{Bar, Stack, folded};
use super::super::numbers::{ENERGY, PLAIN, scaled, three_digits};
use super::super::results::only;
use super::super::style::component;
use super::super::{Drawing, Page, PlotError, Results};
use super::cycles_by_cause::heads_key;
use super::layers::layers;
use crate::count::Component;

/// Energy of one layer in one component, pJ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    layer: String,
    /// `body`, `tail` or `head`.
    part: String,
    component: &'static str,
    energy_pj: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let (grid, layers) = layers(only(results, "energy-by-component")?)?;
    let column = |component: Component| grid.column(&format!("{}_pj", component.name()));
    // An FPGA's have columns where a machine is on one; the others are always there.
    let there = |component: &Component| Component::OF_CHIP.contains(component) || column(*component).is_ok();
    let components = Component::ALL.into_iter().filter(there);
    let columns: Vec<_> = components.map(|c| Ok((c, column(c)?))).collect::<Result<_, PlotError>>()?;
    let mut rows = Vec::new();
    for layer in layers {
        for (component, column) in &columns {
            let (layer, part, energy_pj) =
                (layer.name.clone(), layer.part.clone(), column.number(layer.row)?);
            rows.push(Row { layer, part, component: component.name(), energy_pj });
        }
    }
    // Powers that are not known are none, and have no place in a legend.
    for component in [Component::Device, Component::Board].map(Component::name) {
        if rows.iter().filter(|row| row.component == component).all(|row| row.energy_pj == 0.0) {
            rows.retain(|row| row.component != component);
        }
    }
    if rows.iter().all(|row| row.energy_pj == 0.0) {
        return Err(PlotError::Zero { what: "energies" });
    }
    Ok(rows)
}

/// Whether a component is among the rows.
fn has(rows: &[Row], component: Component) -> bool {
    rows.iter().any(|row| row.component == component.name())
}

/// A bar a layer from top to bottom, its energy stacked by component; layers that take none are left out.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let total = |layer: &[Row]| layer.iter().map(|row| row.energy_pj).sum::<f64>();
    let components: Vec<Component> = Component::ALL.into_iter().filter(|c| has(rows, *c)).collect();
    // Columns that an FPGA alone has.
    let axis = if has(rows, Component::Infrastructure) {
        "Nominal energy of an inference that runs to the end"
    } else {
        "Energy of an inference that runs to the end, leakage included"
    };
    let layers: Vec<&[Row]> = rows.chunks(components.len()).filter(|layer| total(layer) > 0.0).collect();
    let (size, unit) = scaled(layers.iter().map(|layer| total(layer)).fold(0.0, f64::max), &ENERGY);
    let bar = |layer: &&[Row]| Bar {
        label: layer[0].layer.clone(),
        shaded: layer[0].part == "head",
        parts: layer.iter().map(|row| row.energy_pj / size).collect(),
        value: three_digits(total(layer) / size),
        mark: None,
    };
    let bars = folded(layers.iter().map(bar).collect(), three_digits);
    let components = components.iter().map(|&c| (component(c), name(c)));
    let stack = Stack {
        keys: components.chain(heads_key(&bars)).collect(),
        axis: &format!("{axis} ({unit})"),
        unit: PLAIN,
        least: 0.0,
        last: None,
        line: None,
    };
    stack.draw(&bars, page)
}

/// A component's name in print.
pub(super) fn name(component: Component) -> &'static str {
    match component {
        Component::Array => "array",
        Component::IfmapSram => "ifmap SRAM",
        Component::FilterSram => "filter SRAM",
        Component::OfmapSram => "ofmap SRAM",
        Component::Vector => "vector unit",
        Component::ExclusionUnit => "exclusion unit",
        Component::Dram => "DRAM",
        Component::Infrastructure => "DMA, control",
        Component::Device => "static",
        Component::Board => "processors, shell",
    }
}
