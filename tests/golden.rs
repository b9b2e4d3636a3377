//! Did anything move? Cycles and actions of every shipped preset on every shipped workload, two rows a segment, in a lock
//! file as users keep one (`docs/regression.md`).
//!
//! Every number in it is held by a law, an oracle or the stepped array; this file only notices change. After an intended
//! one, and for a new preset or workload: `EXCLUSIM_BLESS=1 cargo test --test suite golden::`, and read the diff.

use std::path::Path;
use std::process::{Command, Output};

use exclusim::lock::{HeldBy, read_lock};

const LOCK: &str = "tests/golden/exclusim.lock.toml";

fn check(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
    command.args(["check", LOCK]).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

/// What a folder of the repository holds that `is` looked for, in order.
fn entries(folder: &str, is: impl Fn(&Path) -> bool) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
    let mut found: Vec<String> = paths.filter(|path| is(path)).map(|path| name(&path)).collect();
    found.sort();
    found
}

/// Every preset with every workload; those of NVDLA with the network whose rates are published, which runs on few others.
fn pairs() -> Vec<(String, String)> {
    let presets = entries("arch", |path| path.extension().is_some_and(|extension| extension == "toml"));
    let workloads = entries("workloads", |path| path.join("workload.toml").exists());
    assert!(presets.len() >= 4 && !workloads.is_empty());
    let with_all = |preset: &String| {
        let preset = preset.clone();
        let held = |workload: &&String| match (preset.contains("nvdla"), workload.contains("imagenet")) {
            (false, false) => true,
            (true, true) => workload.contains("resnet50"),
            (false, true) => preset.contains("edge"),
            (true, false) => false,
        };
        workloads.iter().filter(held).map(|workload| (preset.clone(), workload.clone())).collect::<Vec<_>>()
    };
    presets.iter().flat_map(with_all).collect()
}

#[test]
fn cycles_and_actions_of_presets_and_workloads_have_not_moved() {
    if std::env::var_os("EXCLUSIM_BLESS").is_some() {
        for (preset, workload) in pairs() {
            let blessed = check(&["--bless", "--arch", &preset, "--network", &workload, "--by", "segment"]);
            assert!(blessed.status.success(), "{}", String::from_utf8_lossy(&blessed.stderr));
        }
    }
    let output = check(&["--explain"]);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains(" 0 moved"), "{said}");

    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(LOCK)).unwrap();
    let lock = read_lock(&exclusim::config::parse(LOCK, &text).unwrap()).unwrap();
    assert!(lock.tolerance.values().all(|percent| *percent == 0.0), "nothing may move");
    let held: Vec<_> = lock.held.iter().map(|held| (held.arch.clone(), held.network.clone())).collect();
    let from_lock = |path: &String| format!("../../{path}");
    for (preset, workload) in pairs() {
        let pair = (from_lock(&preset), from_lock(&workload));
        assert!(
            held.contains(&pair),
            "{preset} with {workload} is not held: EXCLUSIM_BLESS=1 cargo test --test suite golden::"
        );
    }
    for held in lock.held {
        assert_eq!(held.by, HeldBy::Segment);
        // Backbones and heads, each with cycles and actions that are not zero.
        let counts: usize = held.rows.iter().map(|(_, counts)| counts.len()).sum();
        let least = if held.network.contains("imagenet") { 1 } else { 4 };
        assert!(
            held.rows.len() >= least && counts > 10 * held.rows.len(),
            "{} holds {counts} counts",
            held.arch
        );
    }
}
