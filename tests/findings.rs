//! Does docs/findings.md say what was measured? Its tables are those of its CSVs, rows of these come out again, and fronts say of
//! a policy what a run of it says.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const VGG_SMALL: &str = "workloads/vgg-small-cifar10";

fn exclusim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exclusim")).args(arguments).current_dir(ROOT).output().unwrap()
}

fn done(arguments: &[&str]) -> String {
    let output = exclusim(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says that must fail on its input.
fn refused(arguments: &[&str]) -> String {
    let output = exclusim(arguments);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

fn run(arguments: &[&str]) -> Value {
    let all = [&["run", "--no-files", "--format", "json"], arguments].concat();
    serde_json::from_str(&done(&all)).unwrap()
}

type Row = BTreeMap<String, String>;

fn rows(path: impl AsRef<Path>) -> Vec<Row> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

fn measured(part: &str) -> Vec<Row> {
    rows(Path::new(ROOT).join("docs/findings").join(part))
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap()
}

fn near(row: &Row, column: &str, found: f64) {
    assert!((number(row, column) - found).abs() <= 5.1e-5, "{column}: {found} now, {row:?}");
}

#[test]
fn tables_are_those_of_the_csvs() {
    let check = Command::new("python3").args(["docs/findings.py", "--check"]).current_dir(ROOT).output();
    let Ok(check) = check else {
        eprintln!("no python3: the page was not compared");
        return;
    };
    let said = [check.stdout, check.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(check.status.success(), "{said:?}");
}

/// The page's tables are of these: the paper's published thresholds, one factor of the machine, batches.
#[test]
fn rows_come_out_again() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("published.toml");
    let row = measured("published.csv").into_iter().find(|row| row["thresholds"] == "published").unwrap();
    let beta = row["beta"].replace(' ', ", ");
    let text = format!(
        "rule = \"relative-to-max\"\nmemory = \"readmit-top\"\nfinal = \"all\"\narithmetic = \"float\"\nbeta = [{beta}]\n"
    );
    std::fs::write(&file, text).unwrap();
    let found = run(&["edge-16x16", VGG_SMALL, "--policy", file.to_str().unwrap()]);
    near(&row, "cycles_saved", found["cycles"]["saved_net"].as_f64().unwrap());
    near(&row, "macs_saved", found["macs"]["saved_net"].as_f64().unwrap());
    assert_eq!(number(&row, "lost_points"), 0.0);

    // The policy of these rows is the shipped one.
    for (factor, value) in [("bandwidth", "0.8 GB/s"), ("batch", "16, wait")] {
        let this = |row: &Row| {
            [("factor", factor), ("value", value), ("workload", "vgg-small-cifar10"), ("policy", "exclusion")]
                .iter()
                .all(|(key, value)| row[*key] == *value)
        };
        let row = measured("machine.csv").into_iter().rfind(this).unwrap();
        let set: Vec<&str> =
            row["settings"].split('"').skip(1).step_by(2).flat_map(|key| ["--set", key]).collect();
        let found = run(&[&[row["preset"].as_str(), VGG_SMALL], set.as_slice()].concat());
        let (saved, ends) = match &found["batch"] {
            Value::Null => (&found["cycles"]["saved_net"], &found["intervals"]["cycles_saved_net"]),
            batch => (&batch["cycles_saved_net"], &batch["cycles_saved_net_interval"]),
        };
        near(&row, "cycles_saved", saved.as_f64().unwrap());
        near(&row, "cycles_low", ends[0].as_f64().unwrap());
        near(&row, "cycles_high", ends[1].as_f64().unwrap());
    }
}

#[test]
fn a_front_says_of_a_policy_what_a_run_says() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("fronts");
    let rules = "distance,confidence";
    let ask = ["fronts", "edge-16x16", VGG_SMALL, "--rules", rules, "--loss", "0.1%,0.2%", "--repeats", "2"];
    let told = done(&[&ask[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(told, done(&[&ask[..], &["--jobs", "1"]].concat()), "threads change nothing");
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");

    let this = |row: &Row| row["seed"] == "2" && row["rule"] == "distance";
    let front: Vec<Row> = rows(out.join("fronts.csv")).into_iter().filter(this).collect();
    assert!(front.len() > 4 && front[0]["thresholds"] == "off off off off off off", "{front:?}");
    let row = &front[front.len() - 2];
    let thresholds: Vec<&str> = row["thresholds"].split(' ').collect();
    let on: Vec<String> = thresholds.iter().map(|value| (*value != "off").to_string()).collect();
    let values: Vec<&str> =
        thresholds.iter().map(|value| if *value == "off" { "0" } else { value }).collect();
    let policy =
        format!("rule = \"distance\"\nthreshold = [{}]\nheads = [{}]\n", values.join(", "), on.join(", "));
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, policy).unwrap();
    let found = run(&["edge-16x16", VGG_SMALL, "--policy", file.to_str().unwrap()]);
    let lost = found["accuracy_baseline"].as_f64().unwrap() - found["accuracy"].as_f64().unwrap();
    assert!((number(row, "lost_points") - 100.0 * lost).abs() < 1e-6, "{row:?} {lost}");
    for (column, quantity) in
        [("macs_saved", "macs"), ("cycles_saved", "cycles"), ("energy_saved", "energy_pj")]
    {
        let saved = found[quantity]["saved_net"].as_f64().unwrap();
        assert!((number(row, column) - saved).abs() < 1e-6, "{column} {row:?} {saved}");
    }

    // The difference of the means is the mean of the differences.
    let equal = rows(out.join("equal-loss.csv"));
    for row in rows(out.join("differences.csv")) {
        let of = |rule: &str| {
            let same = |at: &&Row| {
                at["rule"] == rule && ["loss_points", "quantity"].iter().all(|key| at[*key] == row[*key])
            };
            number(equal.iter().find(same).unwrap(), "saved")
        };
        let apart = of(&row["rule"]) - of(&row["than_rule"]);
        assert!((number(&row, "more") - apart).abs() < 2e-6, "{row:?} {apart}");
    }

    // What is saved at a loss lies between the two policies on either side, of the mean over splits as well.
    for row in equal {
        let ends = ["splits_low", "splits_high"].map(|end| number(&row, &format!("saved_{end}")));
        let within = |value: f64| (ends[0] - 1e-6..=ends[1] + 1e-6).contains(&value);
        assert!(within(number(&row, "saved")), "{row:?}");
        assert!(number(&row, "saved_samples_low") <= number(&row, "saved"), "{row:?}");
        assert!(number(&row, "saved_samples_high") >= number(&row, "saved"), "{row:?}");
    }
}

#[test]
fn fronts_refuse_what_they_cannot_compare() {
    let other = refused(&["fronts", "edge-16x16", VGG_SMALL, "workloads/vgg-mini-fashion", "--repeats", "1"]);
    assert!(other.contains("has other evaluation samples than the first workload"), "{other}");
    let nothing = refused(&["fronts", "edge-16x16", VGG_SMALL, "--rules", "oracle", "--repeats", "1"]);
    assert!(nothing.contains("oracle"), "{nothing}");
    let swapped = refused(&["fronts", VGG_SMALL, "edge-16x16"]);
    assert!(swapped.contains("the architecture comes first"), "{swapped}");
}
