//! What a sweep varies, as people write it: `settings.csv`, from which a reader makes a design point's files and command again.

use super::axis::{Axis, Target};
use super::record::Column;
use super::spec::Spec;

/// `target,key,column,cell,value`: a row per value of every key that varies, whose target is `arch`, `policy`, `arch file` or
/// `policy file`, with the cell that `points.csv` has for it and the value as TOML; then what all points share, the targets
/// `base arch`, `base workload`, `base policy`, whose value is a file relative to the space's; then a row per `objective`,
/// whose cell is `least` or `largest`.
#[must_use]
pub fn settings_csv(spec: &Spec) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail.
    let mut row = |cells: [&str; 5]| drop(writer.write_record(cells));
    row(["target", "key", "column", "cell", "value"]);
    for axis in &spec.grid.axes {
        for at in 0..axis.keys.len() {
            let (key, column) = (&axis.keys[at], Column::of(axis, at));
            for (cell, value) in values(axis, at, &column) {
                row([target(key.target), &key.path, &column.name, &cell, &value]);
            }
        }
    }
    row(["base arch", "", "", "", &spec.arch]);
    spec.workloads.iter().for_each(|workload| row(["base workload", "", "", "", workload]));
    spec.policy.iter().for_each(|policy| row(["base policy", "", "", "", policy]));
    for objective in &spec.objectives {
        let metric = objective.metric();
        let best = if metric.falls() { "least" } else { "largest" };
        row(["objective", objective.name(), metric.name(), best, ""]);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn target(of: Target) -> &'static str {
    match of {
        Target::Arch => "arch",
        Target::Policy => "policy",
        Target::ArchFile => "arch file",
        Target::PolicyFile => "policy file",
    }
}

/// Cell and value of every step of an axis, each once: linked keys may take a value more than once.
fn values(axis: &Axis, at: usize, column: &Column) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for step in &axis.values {
        let cell = column.cell(&step[at]);
        if seen.insert(cell.clone()) {
            found.push((cell, step[at].toml()));
        }
    }
    found
}
