//! What a run says of a network without heads: nothing is compared, so there is one column.

use super::{accuracy, energy_title, percent};
use crate::report::{Form, Summary, Table};

/// The answer first, in one sentence.
pub(super) fn verdict(summary: &Summary) -> String {
    let energy = if summary.fpga.is_some() { "nominally " } else { "" };
    let mut text = format!(
        "{} and {energy}{} per inference: {:.1} inferences per second,\n{:.3} TOPS, {} of the array's peak\n",
        scaled(summary.latency_s.mean, &[(1.0, "s"), (1e-3, "ms"), (1e-6, "us")]),
        scaled(summary.energy_pj.mean, &[(1e12, "J"), (1e9, "mJ"), (1e6, "uJ"), (1e3, "nJ")]),
        1.0 / summary.latency_s.mean,
        tera_operations(summary),
        percent(utilization(summary)),
    );
    if summary.scores.tell_accuracy() {
        text += &format!("{} of the samples are answered rightly\n", accuracy(summary.accuracy));
    }
    text
}

/// Quantities of one inference.
pub(super) fn quantities(summary: &Summary, form: Form) -> String {
    let mut table = Table::new(["per inference", "plain network"]);
    let mut row = |name: &str, value: f64, digits: usize| {
        table.row([name.to_owned(), format!("{value:.digits$}")]);
    };
    row("MACs, million", summary.macs.mean * 1e-6, 3);
    row("cycles, thousand", summary.cycles.mean * 1e-3, 1);
    row("latency, us", summary.latency_s.mean * 1e6, 1);
    row("inferences per second", 1.0 / summary.latency_s.mean, 1);
    row("TOPS", tera_operations(summary), 3);
    row("utilization, %", 100.0 * utilization(summary), 1);
    row(energy_title(summary), summary.energy_pj.mean * 1e-6, 2);
    row("power, mW", summary.energy_pj.mean * 1e-9 / summary.latency_s.mean, 2);
    if let Some(area) = summary.area_mm2 {
        row("area, mm2", area, 3);
    }
    table.written(form)
        + "  TOPS: 2 x MACs / latency; utilization: MACs / (cycles x processing elements);\n  \
           power: energy / latency, while it works\n"
}

/// Operations per second in 10^12: a multiply-accumulate is two.
fn tera_operations(summary: &Summary) -> f64 {
    2.0 * summary.macs.mean / summary.latency_s.mean * 1e-12
}

fn utilization(summary: &Summary) -> f64 {
    summary.macs.mean / (summary.cycles.mean * crate::units::real(summary.machine.macs_per_cycle))
}

/// A number in the largest of some units, given from large to small, that it has at least one of.
fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let fits = units.iter().find(|(size, _)| value >= *size).or(units.last());
    fits.map_or_else(String::new, |(size, unit)| format!("{:.3} {unit}", value / size))
}
