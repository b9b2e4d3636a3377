//! What is told below the tables: area, blocks, and what was not computed or in vain.

use std::collections::BTreeMap;

use super::{fpga, is_plain, percent};
use crate::count::Action;
use crate::report::Summary;
use crate::simulate::Stage;
use crate::units::real;

/// The notes of a summary.
pub(super) fn notes(summary: &Summary) -> String {
    let unit = |areas: &BTreeMap<&str, f64>| areas.get("exclusion_unit").copied().unwrap_or(0.0);
    let unit = summary.area_by_component_mm2.as_ref().map_or(0.0, unit);
    let mut text = match (&summary.fpga, summary.area_mm2) {
        (Some(fpga), _) => fpga::resources(fpga).trim_end().to_owned(),
        // Stands in the table of quantities.
        (None, Some(_)) if is_plain(summary) => String::new(),
        (None, Some(area)) => {
            format!("area: {area:.3} mm2, of which the exclusion unit takes {}", percent(unit / area))
        }
        (None, None) => String::new(),
    };
    if let Some(flips) = summary.flips.filter(|_| !is_plain(summary)) {
        text += &format!(
            "\nsamples for which integer and floating-point decisions differ:\n  \
             exit {}, answer {}, number of survivors {}",
            flips.exits, flips.answers, flips.survivor_counts
        );
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text += &spared(summary).unwrap_or_default();
    text += &in_vain(summary).unwrap_or_default();
    text
}

/// What was begun or fetched for samples that left.
fn in_vain(summary: &Summary) -> Option<String> {
    let stage = &summary.ablation[Stage::Speculation];
    (stage.wasted_bytes > 0.0 || stage.wasted_energy_pj > 0.0).then(|| {
        format!(
            "in vain, for samples that left: {:.0} bytes from DRAM, {:.2} nJ per sample\n",
            stage.wasted_bytes,
            stage.wasted_energy_pj * 1e-3
        )
    })
}

/// Products that are not done, and those begun in vain, with exits.
fn spared(summary: &Summary) -> Option<String> {
    let actions = &summary.ablation[Stage::Speculation].actions;
    let told = |action: Action, what: &str| {
        (actions[action] > 0)
            .then(|| format!("{} {what}", percent(real(actions[action]) / real(actions.macs()))))
    };
    let parts = [
        told(Action::GatedMac, "because the activation is zero"),
        told(Action::MaskedMac, "because the class is excluded"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty())
        .then(|| format!("products not computed (saves energy, not cycles):\n  {}\n", parts.join(",\n  ")))
}
