//! The summary that a person reads in ten seconds.

use std::path::Path;

use crate::exclude::Policy;
use crate::report::{Across, StageSummary, Summary, Table};

pub(super) fn print(summary: &Summary, policy: &Policy, out: &Path) {
    print!("{}", text(summary, policy));
    println!("\nresults in {}", out.display());
}

fn text(summary: &Summary, policy: &Policy) -> String {
    let mut text = format!(
        "{} on {} at {} MHz, {} prices, {} samples, {} ({})\n\n",
        summary.workload,
        summary.arch,
        summary.clock_hz * 1e-6,
        summary.technology,
        grouped(summary.samples),
        summary.rule,
        policy.memory,
    );
    text += &verdict(summary);
    text.push('\n');
    text += &quantities(summary);
    text.push('\n');
    text += &causes(summary);
    text.push('\n');
    text += &heads(summary);
    text += &notes(summary);
    text
}

/// The answer first, in one sentence.
fn verdict(summary: &Summary) -> String {
    let (cycles, energy) = (summary.cycles.saved_net, summary.energy_pj.saved_net);
    let word = |saved: f64| if saved >= 0.0 { "saves" } else { "costs" };
    let lost = 100.0 * (summary.accuracy - summary.accuracy_baseline);
    format!(
        "class exclusion {} {:.1} % of cycles and {} {:.1} % of energy, net of its own cost,\n\
         at {:.2} % accuracy ({lost:+.2} points against the plain network's {:.2} %)\n",
        word(cycles),
        100.0 * cycles.abs(),
        word(energy),
        100.0 * energy.abs(),
        100.0 * summary.accuracy,
        100.0 * summary.accuracy_baseline,
    )
}

fn quantities(summary: &Summary) -> String {
    let mut table =
        Table::new(["an inference", "plain", "all heads", "with exits", "saved net", "p50", "p95", "max"]);
    let mut row = |name: &str, across: &Across, scale: f64, digits: usize| {
        let number = |value: f64| format!("{:.digits$}", value * scale);
        table.row([
            name.to_owned(),
            number(across.no_heads),
            number(across.never),
            number(across.mean),
            percent(across.saved_net),
            number(across.p50),
            number(across.p95),
            number(across.max),
        ]);
    };
    row("MACs, million", &summary.macs, 1e-6, 3);
    row("cycles, thousand", &summary.cycles, 1e-3, 1);
    row("latency, us", &summary.latency_s, 1e6, 1);
    row("energy, uJ", &summary.energy_pj, 1e-6, 2);
    table.text()
}

/// Where the cycles go: parts by stage, then causes.
fn causes(summary: &Summary) -> String {
    let stages = ["no_heads", "never", "exit", "compaction"];
    let present: Vec<(&str, &StageSummary)> =
        stages.iter().filter_map(|name| summary.ablation.get(name).map(|stage| (*name, stage))).collect();
    let mut table = Table::new(["cycles, thousand", "plain", "all heads", "exits", "+ compaction"]);
    let samples = crate::units::real(summary.samples);
    let cell = |sum: u64| format!("{:.1}", crate::units::real(sum) / samples * 1e-3);
    let mut line = |name: String, of: &dyn Fn(&StageSummary) -> u64| {
        let values: Vec<u64> = present.iter().map(|(_, stage)| of(stage)).collect();
        if values.iter().any(|value| *value > 0) {
            let mut cells = values.into_iter().map(cell);
            table.row(std::array::from_fn::<String, 5, _>(|i| {
                if i == 0 { name.clone() } else { cells.next().unwrap_or_default() }
            }));
        }
    };
    for part in ["body", "tail", "heads"] {
        line(part.to_owned(), &|stage| stage.cycles_by_cause[part].values().sum());
        for cause in crate::count::Cause::ALL {
            line(format!("  {}", cause.name()), &|stage| {
                stage.cycles_by_cause[part].get(cause.name()).copied().unwrap_or(0)
            });
        }
    }
    table.text()
}

fn heads(summary: &Summary) -> String {
    let mut table = Table::new([
        "head",
        "reached",
        "leave",
        "right",
        "alive",
        "costs",
        "skips",
        "net cycles",
        "net nJ",
        "pays",
    ]);
    for (h, head) in summary.heads.iter().enumerate() {
        let optional = |value: Option<f64>, scale: f64, unit: &str| {
            value.map_or_else(|| "-".into(), |value| format!("{:.1}{unit}", value * scale))
        };
        table.row([
            (h + 1).to_string(),
            percent(head.reached),
            percent(head.left),
            optional(head.accuracy, 100.0, " %"),
            optional(head.survivors, 1.0, ""),
            format!("{:.0}", head.cost_cycles),
            format!("{:.0}", head.skipped_cycles),
            format!("{:+.0}", head.net_cycles),
            format!("{:+.1}", head.net_energy_pj * 1e-3),
            if !head.on {
                "off"
            } else if head.net_cycles > 0.0 {
                "yes"
            } else {
                "no"
            }
            .to_owned(),
        ]);
    }
    let end = summary.exits.last().copied().unwrap_or(1.0);
    table.text() + &format!("  {} of the samples run to the end\n", percent(end))
}

fn notes(summary: &Summary) -> String {
    let unit = summary.area_by_component_mm2.get("exclusion_unit").copied().unwrap_or(0.0);
    let mut text = format!(
        "\narea {:.3} mm2, of which the exclusion unit {}",
        summary.area_mm2,
        percent(unit / summary.area_mm2)
    );
    if let Some(flips) = summary.flips {
        text += &format!(
            "; integer against float rule: {} exits, {} answers, {} survivor counts differ",
            flips.exits, flips.answers, flips.survivor_counts
        );
    }
    text.push('\n');
    text
}

fn percent(fraction: f64) -> String {
    format!("{:.1} %", 100.0 * fraction)
}

/// 10000 as 10,000.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
