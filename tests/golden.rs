//! Did anything move? Cycles and actions of the shipped presets on the shipped network, one row a segment.
//!
//! Every number here is held by a law, an oracle or the stepped array; this file only notices change. After an
//! intended one: `EXCLUSIM_BLESS=1 cargo test --test golden`, and read the diff.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use std::fmt::Write;
use std::path::Path;

use exclusim::count::{Action, Cause};
use exclusim::time::path_table;

const PRESETS: [&str; 4] = ["edge-16x16", "gemmini-16x16", "tpu-v1", "datacenter-128x128"];

#[test]
fn cycles_and_actions_of_the_presets_have_not_moved() {
    let network = common::shipped_network();
    let mut found = String::from("arch,segment,part");
    Cause::ALL.iter().for_each(|cause| write!(found, ",{}", cause.name()).unwrap());
    Action::ALL.iter().for_each(|action| write!(found, ",{}", action.name()).unwrap());
    found.push('\n');
    for name in PRESETS {
        let arch = common::preset(name, &[]).unwrap();
        let table = path_table(&network, &arch, &vec![true; network.heads()], false);
        for (s, segment) in table.segments.iter().enumerate() {
            let parts = segment.full();
            for (part, tally) in [("backbone", parts.backbone()), ("head", parts.heads)] {
                write!(found, "{name},{},{part}", s + 1).unwrap();
                tally.cycles.iter().for_each(|(_, count)| write!(found, ",{count}").unwrap());
                tally.actions.iter().for_each(|(_, count)| write!(found, ",{count}").unwrap());
                found.push('\n');
            }
        }
    }
    compare("presets.csv", &found);
}

/// Compares with a committed file line by line, or rewrites it when asked to bless.
fn compare(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("EXCLUSIM_BLESS").is_some() {
        assert!(std::env::var_os("CI").is_none(), "goldens are not blessed where CI is set");
        std::fs::write(&path, found).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let header: Vec<&str> = golden.lines().next().unwrap_or_default().split(',').collect();
    let mut moved = Vec::new();
    for (old, new) in golden.lines().zip(found.lines()) {
        for (i, (before, after)) in
            old.split(',').zip(new.split(',')).enumerate().filter(|(_, (a, b))| a != b)
        {
            let key = new.split(',').take(3).collect::<Vec<_>>().join(" ");
            moved.push(format!("{key} · {} · {before} → {after}", header.get(i).unwrap_or(&"?")));
        }
    }
    assert!(moved.is_empty(), "{}", moved.join("\n"));
    assert_eq!(golden.lines().count(), found.lines().count(), "rows came or went");
}
