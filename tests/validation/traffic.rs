//! DRAM traffic of convolutions beside ZigZag's on the same two levels of memory; `zigzag_traffic.py` makes its rows.

use std::collections::BTreeMap;
use std::fmt::Write;

use exclusim::arch::Arch;
use exclusim::network::segment::{Segments, Work};
use exclusim::time::schedule::{Problem, Room, Site};
use exclusim::time::{Pace, Schedule, StepTiming, path_table};
use exclusim::units::real;

use super::throughput::{network, table as rows};
use crate::common::path;
use crate::schedules::played_by_events;

const MACHINES: [(u64, &str); 4] = [(64, "single"), (64, "double"), (256, "single"), (256, "double")];

fn arch(kib: u64, buffering: &str) -> Arch {
    let settings = [format!("memory.unified={kib} KiB"), format!("memory.buffering={buffering}")];
    exclusim::load::arch(path("tests/validation/two-levels.toml"), &settings).unwrap()
}

fn convolutions() -> Segments {
    network("tests/validation/convolutions.csv")
}

/// The least bytes that ZigZag found, by layer, buffer and buffering, over the runs there are.
fn zigzag() -> BTreeMap<(String, u64, String), u64> {
    let mut found = BTreeMap::new();
    for row in rows("zigzag.csv") {
        let [kib, ifmap, filter, ofmap] = [1, 4, 5, 6].map(|at| row[at].parse::<u64>().unwrap());
        let bytes = ifmap + filter + ofmap;
        let least = found.entry((row[0].clone(), kib, row[2].clone())).or_insert(bytes);
        *least = bytes.min(*least);
    }
    found
}

fn bytes(timing: &StepTiming) -> u64 {
    timing.traffic.dram_reads() + timing.traffic.dram_writes()
}

/// Ours by layer, with ZigZag's.
fn compared(kib: u64, buffering: &str) -> Vec<(String, u64, u64)> {
    let (arch, network, theirs) = (arch(kib, buffering), convolutions(), zigzag());
    let table = path_table(&network, &arch.machine, &[], false);
    let layers = (0..table.segments.len()).flat_map(|s| table.steps_of(s).map(|(step, timing)| (step.name.to_string(), bytes(timing))).collect::<Vec<_>>());
    let with_theirs = |(name, ours): (String, u64)| {
        let key = (name.clone(), kib, buffering.to_owned());
        (name, ours, theirs[&key])
    };
    layers.map(with_theirs).collect()
}

/// Megabytes of both and their ratio, layer by layer.
pub(crate) fn table() -> String {
    let names = MACHINES.map(|(kib, buffering)| format!("{kib} KiB, {buffering}: ZigZag, MB | model | model / ZigZag"));
    let mut text = format!("| layer | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(3 * MACHINES.len()));
    let all = MACHINES.map(|(kib, buffering)| compared(kib, buffering));
    let cells = |ours: u64, theirs: u64| {
        format!("{:.3} | {:.3} | {:.2}", real(theirs) * 1e-6, real(ours) * 1e-6, real(ours) / real(theirs))
    };
    for (at, (name, _, _)) in all[0].iter().enumerate() {
        let row = all.each_ref().map(|machine| cells(machine[at].1, machine[at].2));
        writeln!(text, "| {name} | {} |", row.join(" | ")).unwrap();
    }
    let sums = all.each_ref().map(|machine| {
        let sum = |of: fn(&(String, u64, u64)) -> u64| machine.iter().map(of).sum::<u64>();
        cells(sum(|layer| layer.1), sum(|layer| layer.2))
    });
    writeln!(text, "| all | {} |", sums.join(" | ")).unwrap();
    text
}

#[test]
fn traffic_is_at_most_that_of_zigzag_but_for_first_layers() {
    for (kib, buffering) in MACHINES {
        for (name, ours, theirs) in compared(kib, buffering) {
            // A first layer's results wait in the buffer as whole tiles; see throughput.md.
            let most = if name.ends_with(".conv1") { 1.04 } else { 1.02 };
            assert!(real(ours) <= most * real(theirs), "{name}, {kib} KiB, {buffering}: {ours} {theirs}");
        }
    }
}

#[test]
fn schedules_of_less_traffic_are_feasible() {
    let network = convolutions();
    let mut played = 0;
    for (kib, buffering) in MACHINES {
        let arch = arch(kib, buffering);
        let machine = &arch.machine;
        let site = Site {
            rows: machine.array.rows,
            cols: machine.array.cols,
            overlap: machine.array.fold_overlap,
            pace: Pace {
                compute: 0,
                edges: machine.array.edge_folds,
                latency: 0,
                bytes_per_cycle: machine.dram_bytes_per_cycle(),
                buffering: machine.memory.buffering,
            },
            room: Room::Shared { bytes: kib * 1024, granule: 1, ofmap: None },
            port_bits: None,
        };
        let table = path_table(&network, machine, &[], false);
        for (step, timing) in (0..table.segments.len()).flat_map(|s| table.steps_of(s)) {
            let (Work::Gemm { gemm, .. }, Some(Schedule::Tiles(found))) = (&step.work, &timing.schedule) else {
                panic!("{} is no product in tiles", step.name)
            };
            let problem = Problem {
                gemm: *gemm,
                bands: step.bands.unwrap(),
                ifmap_from_dram: true,
                filter_from_dram: true,
                result_to_dram: gemm.outputs(),
                added_from_dram: 0,
                vector_cycles: 0,
            };
            let run = played_by_events(&problem, &site, &found.nest());
            assert_eq!(run.cycles, found.played.walk, "{}", step.name);
            assert!(run.on_chip <= kib * 1024, "{}: {} on chip", step.name, run.on_chip);
            let tiles = u64::try_from(run.tiles).unwrap();
            assert!(bytes(timing).abs_diff(run.bytes) <= 3 * tiles, "{}: {} {}", step.name, run.bytes, bytes(timing));
            played += 1;
        }
    }
    assert_eq!(played, 16 * MACHINES.len());
}
