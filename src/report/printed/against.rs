//! Policies beside each other, and what to think of the comparison.

use crate::report::{Across, Form, Summary, Table};

/// All policies beside each other, and what to think of the comparison.
pub(super) fn text(summary: &Summary, form: Form) -> String {
    if summary.against.is_empty() {
        return String::new();
    }
    let energy = if summary.fpga.is_some() { "nominal energy" } else { "energy" };
    let header = ["policy", "accuracy", "points", "kcycles", "saved", "p99", "uJ", "saved"];
    let mut table = Table::new(header);
    let percent = |fraction: f64| format!("{:.1} %", 100.0 * fraction);
    let accuracy = |fraction: f64| format!("{:.2} %", 100.0 * fraction);
    let thousand = |cycles: f64| format!("{:.1}", cycles * 1e-3);
    let micro = |energy: f64| format!("{:.2}", energy * 1e-6);
    let mut plain = |name: String, right: f64, cycles: &Across, energy: &Across| {
        let none = String::new;
        let cells =
            [name, accuracy(right), none(), thousand(cycles.no_heads), none(), thousand(cycles.no_heads)];
        table.row(cells.into_iter().chain([micro(energy.no_heads), none()]));
    };
    plain("plain network".into(), summary.accuracy_baseline, &summary.cycles, &summary.energy_pj);
    let twins = summary.against.iter().filter(|rival| rival.workload != summary.workload);
    let mut named: Vec<&str> = Vec::new();
    for twin in twins {
        if !named.contains(&twin.workload.as_str()) {
            plain(format!("plain {}", twin.workload), twin.accuracy_baseline, &twin.cycles, &twin.energy_pj);
            named.push(&twin.workload);
        }
    }
    let mut row = |name: String, right: [f64; 2], cycles: &Across, energy: &Across| {
        table.row([
            name,
            accuracy(right[0]),
            format!("{:+.2}", 100.0 * (right[0] - right[1])),
            thousand(cycles.mean),
            percent(cycles.saved_net),
            thousand(cycles.p99),
            micro(energy.mean),
            percent(energy.saved_net),
        ]);
    };
    let own = [summary.accuracy, summary.accuracy_baseline];
    row(format!("this run: {}", summary.policy.rule), own, &summary.cycles, &summary.energy_pj);
    let mut notes = String::new();
    for rival in &summary.against {
        let name = format!("{}: {}", rival.name, rival.policy.rule);
        row(name, [rival.accuracy, rival.accuracy_baseline], &rival.cycles, &rival.energy_pj);
        if let Some(unfair) = rival.unfair {
            notes += &format!("  note: {} {unfair}\n", rival.name);
        }
    }
    format!(
        "{}  kcycles: thousand cycles, mean and p99; uJ: {energy}; saved: net, against its\n  own plain network; same samples, same machine except the unit that decides\n{notes}\n",
        table.written(form)
    )
}
