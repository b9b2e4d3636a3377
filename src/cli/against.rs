//! `--against POLICY`, `POLICY@WORKLOAD` or `@WORKLOAD`: other policies on the same architecture, on the same network or
//! on a twin of it.

use std::path::Path;

use super::load::{self, Workload};
use super::summary::energy_title;
use crate::arch::Arch;
use crate::config::{Fault, Faults};
use crate::decide::Policy;
use crate::replay::Scores;
use crate::report::{Across, Summary, Table};
use crate::simulate;

/// Another policy, checked.
pub(super) struct Rival {
    /// Name of its file, without folder and ending.
    pub(super) name: String,
    /// Its own workload; `None` for that of the run.
    pub(super) twin: Option<Workload>,
    pub(super) policy: Policy,
}

/// Reads every rival; the faults of all of them at once.
pub(super) fn rivals(given: &[String], arch: &Arch, workload: &Workload) -> Result<Vec<Rival>, Faults> {
    let mut faults = Faults::default();
    let mut rivals = Vec::new();
    for text in given {
        match rival(text, arch, workload) {
            Ok(rival) => rivals.push(rival),
            Err(more) => faults.0.extend(more.0),
        }
    }
    faults.none(rivals)
}

fn rival(text: &str, arch: &Arch, workload: &Workload) -> Result<Rival, Faults> {
    let (file, twin) = match text.rsplit_once('@') {
        Some((file, twin)) => (file, Some(load::workload(Path::new(twin))?)),
        None => (text, None),
    };
    let on = twin.as_ref().unwrap_or(workload);
    let own = on.folder.join(&on.manifest.policy);
    let file = if file.is_empty() { own.as_path() } else { Path::new(file) };
    let policy = on.policy(Some(file))?;
    simulate::agree(arch, &on.segments, Some(&policy))
        .map_err(|misfits| super::run::misfit_faults(arch, misfits))?;
    let name = file.file_stem().map_or_else(|| text.to_owned(), |stem| stem.to_string_lossy().into_owned());
    Ok(Rival { name, twin, policy })
}

impl Rival {
    /// The twin's scores of the same samples; `None` on the run's own workload.
    pub(super) fn scores(&self, samples: Option<usize>, own: &Scores) -> Result<Option<Scores>, Faults> {
        let Some(twin) = &self.twin else { return Ok(None) };
        let scores = twin.evaluation(samples)?;
        if scores.labels != own.labels {
            let title = format!(
                "--against {}@{}: {} samples with labels of its own, not those of the run",
                self.name, twin.manifest.name, scores.samples
            );
            let help = "compare on the same evaluation data, in the same order";
            return Err(Fault::new(title, help).into());
        }
        Ok(Some(scores))
    }
}

/// All policies beside each other, and what to think of the comparison.
pub(super) fn text(summary: &Summary) -> String {
    if summary.against.is_empty() {
        return String::new();
    }
    let energy = energy_title(summary);
    let header =
        ["policy", "accuracy", "points", "cycles, thousand", "saved net", "p99", energy, "saved net"];
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
        "{}  Each against its own plain network, on the same samples and machine but for the unit that decides.\n{notes}\n",
        table.text()
    )
}
