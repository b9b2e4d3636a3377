//! Does `layers --explain-schedule` tell why? Its first row is what the layer runs in, and no other row is better.

use std::process::Command;

use crate::common::{arch_with, network};
use exclusim::count::Cause;
use exclusim::lock::{Counts, layer_rows_held};
use exclusim::network::segment::Work;
use exclusim::time::{explain, path_table};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_chosen_is_what_runs(network in network(), kib in 2u64..40, rate in 1u64..40,
        schedule in prop::sample::select(vec!["best", "energy"])) {
        let settings = [
            format!("memory.filter={kib} KiB"), format!("dram.bandwidth={rate}00 MB/s"),
            format!("memory.schedule={schedule}"), "array.dataflow=best".to_owned(),
        ];
        let arch = arch_with(&settings).unwrap();
        let table = path_table(&network, &arch.machine, &vec![true; network.heads()], false);
        for (step, timing) in table.steps().filter(|(step, _)| matches!(step.work, Work::Gemm { .. })) {
            let found = explain(&network, &arch.machine, &step.name).unwrap();
            prop_assert_eq!(&found.chosen.traffic, &timing.traffic);
            prop_assert_eq!(Some(&found.chosen.schedule), timing.schedule.as_ref());
            prop_assert_eq!(found.chosen.stall, timing.tally.cycles[Cause::Stall] + timing.ahead.hidden);
            for other in &found.others {
                let worse = match schedule {
                    "energy" => other.energy_beside(&found.chosen).unwrap() >= 0.0,
                    _ => other.cycles >= found.chosen.cycles,
                };
                prop_assert!(worse, "{:?} {:?}", other, found.chosen);
            }
        }
    }
}

fn told(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_exclusim")).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}

#[test]
fn a_layer_is_explained_in_a_table_and_words() {
    let (code, text) = told(&["layers", "edge-16x16", "vgg-mini-fashion", "--explain-schedule", "conv4"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let (code, text) = told(&["layers", "edge-16x16", "vgg-mini-fashion", "--explain-schedule", "conv99"]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(text);
    let csv = ["layers", "edge-16x16", "vgg-mini-fashion", "--explain-schedule", "conv4", "--format", "csv"];
    assert_eq!(told(&csv).0, Some(2));
}

#[test]
fn a_lock_holds_the_schedule() {
    let network = crate::common::shipped_network();
    let rows = |setting: &str| {
        let arch = arch_with(&[setting.to_owned()]).unwrap();
        layer_rows_held(&path_table(&network, &arch.machine, &vec![false; network.heads()], false))
    };
    let (wide, narrow) = (rows("array.dataflow=ws"), rows("memory.ofmap=2 KiB"));
    let of_schedule =
        |column: &str| ["order_", "keeps_", "tile_"].iter().any(|prefix| column.starts_with(prefix));
    let schedule = |rows: &[(String, Counts)]| -> Vec<(String, u64)> {
        let columns = rows.iter().flat_map(|(_, row)| row.iter());
        columns
            .filter(|(column, _)| of_schedule(column))
            .map(|(column, value)| (column.clone(), *value))
            .collect()
    };
    assert_ne!(schedule(&wide), schedule(&narrow));
    let named =
        |prefix: &str| wide.iter().any(|(_, row)| row.keys().any(|column| column.starts_with(prefix)));
    assert!(["dataflow_", "order_", "keeps_", "tile_m"].into_iter().all(named));
}
