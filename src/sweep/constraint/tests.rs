//! Conditions mean what arithmetic means, and say what is wrong with them.

use super::*;
use crate::config::Faults;

fn axes() -> Vec<Axis> {
    let text = r#"
        array.rows = [8, 16]
        array.dataflow = ["ws", "os"]
        memory.ifmap = ["16 KiB", "64 KiB"]
        exclusion.lanes = [1, 8]
        vector.lanes = [8, 16]
    "#;
    let node = crate::config::parse("space.toml", text).unwrap();
    let mut faults = Faults::default();
    let axes = crate::sweep::axis::read(Some(&node), None, &mut faults);
    assert!(faults.0.is_empty(), "{faults}");
    axes
}

fn holds(text: &str, digit: usize) -> bool {
    let axes = axes();
    let constraint = Constraint::read(text, &axes).unwrap_or_else(|told| panic!("{text}: {told:?}"));
    let metrics = PerMetric::of(|metric| if metric == Metric::Area { 4.0 } else { 2.0 });
    constraint.holds(&vec![digit; axes.len()], &metrics)
}

#[test]
fn conditions_are_arithmetic() {
    // Value 1 of every axis: rows 16, dataflow os, ifmap 64 KiB, exclusion lanes 8, vector lanes 16.
    for met in [
        "rows == 16",
        "array.rows * 2 + 1 == 33",
        "2 + 3 * rows == 50",
        "(2 + 3) * rows == 80",
        "rows - 4 - 4 == 8",
        "-rows < 0",
        "rows / 2 / 2 == 4",
        "ifmap <= 64 KiB",
        "ifmap < 65537 B",
        "ifmap >= 0.0625 MiB",
        "1.6e1 == rows",
        "area_mm2 <= 4",
        "area_mm2 / energy_pj == 2",
        "area_mm2 <= 4 mm2",
        "area_mm2 >= 3_999_999 um2",
        "4 mm2 == area_mm2",
        "area_mm2 + 1 == 5",
        "area_mm2 - 1 mm2 == 3",
        "energy_pj == 0.002 nJ",
        "latency_s > 25 us",
        "ifmap * rows <= 1 MiB",
        "ifmap / latency_s <= 1 GB/s",
        "edp_js > energy_pj * latency_s",
        "rows * rows <= ifmap",
        "dataflow == 'os'",
        "'ws' != array.dataflow",
        "exclusion.lanes * 2 == vector.lanes",
    ] {
        assert!(holds(met, 1), "{met}");
    }
    for missed in ["rows != 16", "rows > 16", "ifmap < 64 KiB", "area_mm2 > 4", "dataflow == \"ws\""] {
        assert!(!holds(missed, 1), "{missed}");
    }
    assert!(holds("rows * 2 <= 16", 0));
}

#[test]
fn conditions_know_what_they_look_at() {
    let axes = axes();
    let of = |text: &str| Constraint::read(text, &axes).unwrap();
    assert!(of("rows <= 8").is_of_axes());
    assert!(!of("rows <= area_mm2").is_of_axes());
    let place = |path: &str| axes.iter().position(|axis| axis.keys[0].path == path).unwrap();
    assert_eq!(of("rows <= ifmap").axes(), [place("array.rows"), place("memory.ifmap")]);
    assert_eq!(of("dataflow == 'os'").axes(), [place("array.dataflow")]);
}

#[test]
fn what_is_no_condition_is_told() {
    let axes = axes();
    let told: Vec<String> = [
        "rows",
        "rows <= ",
        "rows 2 <= 3",
        "row <= 3",
        "wombat <= 3",
        "lanes <= 3",
        "dataflow <= 3",
        "dataflow == 'is'",
        "dataflow < 'os'",
        "rows <= 3 furlongs",
        "(rows <= 3",
        "rows <= 3)",
        "rows & 3 == 1",
        "rows == 'os",
        "rows + 'os' == 3",
        "area_mm2 <= 2 GiB",
        "area_mm2 <= 25 us",
        "64 KiB >= rows",
        "ifmap + 1 MHz <= 3",
        "latency_s < area_mm2",
        "energy_pj <= 3 mm2",
    ]
    .iter()
    .map(|text| {
        let [title, help] = Constraint::read(text, &axes).unwrap_err();
        format!("{text}\n  {title}\n  {help}\n")
    })
    .collect();
    insta::assert_snapshot!(told.concat());
}
