//! The summary that a person reads in ten seconds.

use std::path::Path;

use crate::exclude::Policy;
use crate::report::{Across, StageSummary, Summary, Table};
use crate::units::real;

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

/// Share of the cycles below which a part's causes, or a cause, are left to summary.json.
const WORTH_A_LINE: f64 = 0.005;

/// Where the cycles go: parts by stage, then the causes that matter.
fn causes(summary: &Summary) -> String {
    let mut stages: Vec<(&str, &StageSummary)> =
        [("plain", "no_heads"), ("all heads", "never"), ("with exits", "exit")]
            .iter()
            .filter_map(|(title, key)| Some((*title, summary.ablation.get(key)?)))
            .collect();
    // Compaction has a column when it changes something.
    let compaction = summary.ablation.get("compaction");
    stages.extend(
        compaction
            .filter(|stage| Some(*stage) != summary.ablation.get("exit"))
            .map(|stage| ("compacted", stage)),
    );
    let total = stages.iter().map(|(_, stage)| stage.cycles_all_samples).max().unwrap_or(0);
    let samples = real(summary.samples);
    let mut table = Table::new(["cycles, thousand"]);
    stages.iter().for_each(|(title, _)| table.column(title));
    let mut line = |name: String, of: &dyn Fn(&StageSummary) -> u64| {
        let values: Vec<u64> = stages.iter().map(|(_, stage)| of(stage)).collect();
        let worth = values.iter().any(|value| real(*value) >= WORTH_A_LINE * real(total));
        if worth || !name.starts_with(' ') {
            let cells = values.into_iter().map(|sum| format!("{:.1}", real(sum) / samples * 1e-3));
            table.row([name].into_iter().chain(cells));
        }
    };
    for part in ["body", "tail", "heads"] {
        line(part.to_owned(), &|stage| stage.cycles_by_cause[part].values().sum());
        for cause in crate::count::Cause::ALL {
            let of =
                |stage: &StageSummary| stage.cycles_by_cause[part].get(cause.name()).copied().unwrap_or(0);
            line(format!("  {}", cause.name()), &of);
        }
    }
    table.text()
}

/// What each head costs and skips, in cycles averaged over all samples.
fn heads(summary: &Summary) -> String {
    let header =
        ["head", "reached", "leave", "right", "alive", "takes", "skips", "net cycles", "net nJ", "pays"];
    let mut table = Table::new(header);
    for (h, head) in summary.heads.iter().enumerate() {
        let optional = |value: Option<f64>, scale: f64, unit: &str| {
            value.map_or_else(|| "-".into(), |value| format!("{:.1}{unit}", value * scale))
        };
        let pays = if head.net_cycles > 0.0 { "yes" } else { "no" };
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
            if head.on { pays } else { "off" }.to_owned(),
        ]);
    }
    let end = summary.exits.last().copied().unwrap_or(1.0);
    table.text()
        + &format!(
            "  {} of the samples run to the end; a head takes and skips cycles, here averaged over all samples\n",
            percent(end)
        )
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
