//! Reading a lock file.

use std::collections::BTreeMap;

use super::{Counts, Held, HeldBy, Lock, VERSION};
use crate::config::{Data, Faults, Fields, Node};

/// Reads and checks a lock file.
///
/// # Errors
/// Every fault at once; a lock of another version is one.
pub fn read_lock(node: &Node) -> Result<Lock, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let version = fields.about("Version of the format").integer_if_any("lock", 0..=u64::MAX);
    let version = fields.require("lock", "1", version);
    if version.is_some_and(|version| version != VERSION) {
        let help = format!("this tool reads version {VERSION}: write the file again with --bless");
        let title = format!("`lock` is version {}", version.unwrap_or_default());
        fields.blame(fields.given("lock"), title, help);
        // Another version has other keys: to blame them one by one would help nobody.
        return Err(faults);
    }
    let tool = fields.about("Version of the program that wrote it").text("tool").unwrap_or_default();
    let mut tolerance = BTreeMap::new();
    for (column, node) in
        fields.about("Percentages by which counts of a column may move").open_table("tolerance")
    {
        tolerance.extend(percent_of(&mut fields, column, node).map(|percent| (column.to_owned(), percent)));
    }
    let held = fields.about("What is held: one table per configuration").tables("held", held);
    fields.finish();
    faults.none(Lock { tool, tolerance, held })
}

fn percent_of(fields: &mut Fields<'_>, column: &str, node: &Node) -> Option<f64> {
    let percent = match node.data {
        Data::Real(percent) => percent,
        Data::Integer(percent @ 0..=1_000_000) => f64::from(u32::try_from(percent).unwrap_or(0)),
        _ => -1.0,
    };
    if (0.0..=1e6).contains(&percent) {
        return Some(percent);
    }
    let title = format!("`tolerance.{column}` is not a percentage from 0 to 1000000");
    fields.blame(Some(node), title, format!("write {column} = 0.5 for half a percent"));
    None
}

fn held(fields: &mut Fields<'_>) -> Held {
    let arch = fields.about("Architecture, relative to this file").text("arch");
    let network = fields.about("Network or workload, relative to this file").text("network");
    let mut held = Held {
        arch: fields.require("arch", "\"arch/edge-16x16.toml\"", arch).unwrap_or_default(),
        network: fields.require("network", "\"workloads/vgg-mini-fashion\"", network).unwrap_or_default(),
        policy: fields.about("Policy, relative to this file").text("policy"),
        set: fields.about("Keys of the architecture that are overridden").texts("set").unwrap_or_default(),
        by: fields.about("What a row is").choice("by", HeldBy::default()),
        ..Held::default()
    };
    for (input, node) in fields.about("What the counts come from").open_table("inputs") {
        if let Data::Text(value) = &node.data {
            held.inputs.insert(input.to_owned(), value.clone());
        } else {
            let title = format!("input `{input}` is {}, not a string", node.data.kind());
            fields.blame(Some(node), title, "let `exclusim check --bless` write it".into());
        }
    }
    for (row, node) in fields.about("Counts by row and column").open_table("counts") {
        let counts = counts(fields, row, node);
        held.rows.push((row.to_owned(), counts));
    }
    held
}

fn counts(fields: &mut Fields<'_>, row: &str, node: &Node) -> Counts {
    const HELP: &str =
        "write whole counts, such as { cycles = 100 }, or let `exclusim check --bless` write them";
    let Data::Table(table) = &node.data else {
        fields.blame(Some(node), format!("row `{row}` is {}, not a table", node.data.kind()), HELP.into());
        return Counts::new();
    };
    let mut counts = Counts::new();
    for (column, (_, node)) in table {
        let count = if let Data::Integer(count) = node.data { u64::try_from(count).ok() } else { None };
        match count {
            Some(count) => _ = counts.insert(column.clone(), count),
            None => fields.blame(Some(node), format!("`{row}.{column}` is not a count"), HELP.into()),
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::super::write_lock;
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let rows = vec![
            ("conv2".to_owned(), Counts::from([("cycles".to_owned(), u64::from(u32::MAX) * 5)])),
            ("exit1/fc \"odd\"".to_owned(), Counts::from([("mac".to_owned(), 2)])),
            ("conv1".to_owned(), Counts::new()),
        ];
        let held = Held {
            arch: "arch/a.toml".into(),
            network: "work loads/b".into(),
            policy: Some("p.toml".into()),
            set: vec!["array.rows=8".into(), "clock=\"1 GHz\"".into()],
            by: HeldBy::Segment,
            inputs: [("arch.machine.array.rows".to_owned(), "16".to_owned())].into(),
            rows,
        };
        let tolerance = [("all".to_owned(), 0.0), ("cycles".to_owned(), 0.25)].into();
        let lock = Lock { tool: "0.1.0".into(), tolerance, held: vec![held, Held::default()] };
        let text = write_lock(&lock);
        let read =
            read_lock(&crate::config::parse("lock", &text).expect("valid TOML")).expect("a valid lock");
        assert_eq!(read, lock);
        assert_eq!(write_lock(&read), text);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let text = "lock = 1\n[tolerance]\ncycles = -1\n[[held]]\nnetwork = 3\nby = \"fold\"\n[held.counts]\na = 1\nb = { cycles = -2, mac = 1.5 }\n";
        let faults = read_lock(&crate::config::parse("lock", text).expect("valid TOML")).expect_err("faults");
        assert_eq!(faults.0.len(), 7, "{faults}");
        let other = crate::config::parse("lock", "lock = 2\nnew = 1\n").expect("valid TOML");
        assert_eq!(read_lock(&other).expect_err("another version").0.len(), 1);
    }
}
