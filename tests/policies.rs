//! Finding policies and setting them beside each other, from the command line.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const WORKLOAD: &str = "workloads/vgg-mini-fashion";

/// Runs a command; gives its exit code and what it says on both streams.
fn said(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("exclusim").unwrap();
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap();
    let [out, error] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code().unwrap(), out, error)
}

/// Runs a command that must succeed.
fn done(arguments: &[&str]) -> (String, String) {
    let (code, out, error) = said(arguments);
    assert_eq!(code, 0, "{error}");
    (out, error)
}

/// Runs a command that must fail on its input, and writes nothing.
fn refused(arguments: &[&str]) -> String {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let (code, printed, error) = said(&[arguments, &["--out", out.to_str().unwrap()]].concat());
    assert_eq!((code, printed.as_str(), out.exists()), (2, "", false), "{error}");
    error
}

/// Writes a policy into a folder; gives its path.
fn policy(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Copies files of the shipped workload; gives its manifest.
fn copied(folder: &TempDir, files: &[&str]) -> String {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(WORKLOAD);
    for file in files {
        std::fs::copy(shipped.join(file), folder.path().join(file)).unwrap();
    }
    std::fs::read_to_string(shipped.join("workload.toml")).unwrap()
}

const CONFIDENT: &str = "rule = \"confidence\"\nthreshold = [0.99, 0.95, 0.95, 0.9, 0.9, 0.9]\n";

#[test]
fn policies_stand_beside_each_other_under_the_same_arrivals() {
    let folder = TempDir::new().unwrap();
    let confident = policy(&folder, "confident.toml", CONFIDENT);
    let patient = policy(&folder, "patient.toml", "rule = \"patience\"\nthreshold = [1, 1, 1, 1, 1, 1]\n");
    let out = folder.path().join("out");
    let arguments = ["run", "--samples", "500", "--against", &confident, "--against", &patient];
    let arrivals = ["--set", "arrivals.process=poisson", "--set", "arrivals.rate=4 /ms"];
    let (printed, noted) = done(&[&arguments[..], &arrivals, &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(noted, "", "silence in a pipe");
    insta::assert_snapshot!(printed.split("\nresults in").next().unwrap());

    let summary: Value = serde_json::from_slice(&std::fs::read(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["against"].as_array().unwrap().len(), 2);
    for (rival, served) in
        summary["against"].as_array().unwrap().iter().zip(summary["arrivals"]["against"].as_array().unwrap())
    {
        // The same machine and plain network; the queue serves what the policy takes.
        assert_eq!(rival["cycles"]["no_heads"], summary["cycles"]["no_heads"]);
        let (latency, service) = (&rival["latency_s"]["mean"], &served["mean_service_s"]);
        assert!((latency.as_f64().unwrap() / service.as_f64().unwrap() - 1.0).abs() < 1e-9);
    }
    assert!(summary["against"][0]["unfair"].as_str().unwrap().contains("sigmoid"));
    assert!(summary["against"][1]["unfair"].is_null());
}

#[test]
fn a_policy_against_itself_and_on_a_twin_of_itself_is_itself() {
    let folder = TempDir::new().unwrap();
    let manifest = copied(&folder, &["model.onnx", "test.npz", "policy.toml"]);
    let manifest = manifest.replace("name = \"vgg-mini-fashion\"", "name = \"twin\"");
    let twin = policy(&folder, "twin.toml", &manifest);
    let own = format!("{WORKLOAD}/policy.toml");
    let out = folder.path().join("out");
    let (printed, _) = done(&[
        "run",
        "--samples",
        "300",
        "--format",
        "json",
        "--against",
        &own,
        "--against",
        &format!("@{twin}"),
        "--out",
        out.to_str().unwrap(),
    ]);
    let summary: Value = serde_json::from_str(&printed).unwrap();
    for (rival, workload) in summary["against"].as_array().unwrap().iter().zip(["vgg-mini-fashion", "twin"]) {
        assert_eq!(rival["workload"], workload);
        for key in
            ["policy", "accuracy", "accuracy_baseline", "cycles", "energy_pj", "latency_s", "macs", "exits"]
        {
            assert_eq!(rival[key], summary[key], "{key}");
        }
    }
}

#[test]
fn rivals_that_cannot_be_compared_are_refused() {
    let folder = TempDir::new().unwrap();
    let manifest = copied(&folder, &["model.onnx", "val.npz", "policy.toml"]);
    policy(&folder, "workload.toml", &manifest.replace("test.npz", "val.npz"));
    let other = format!("@{}", folder.path().to_str().unwrap());
    let said = [
        refused(&["run", "--against", "no-such.toml", "--against", "p.toml@no-such"]),
        refused(&["run", "--samples", "100", "--against", &other]),
        refused(&[
            "run",
            "--policy",
            "workloads/vgg-mini-fashion/policy.toml",
            "--against",
            "tests/faults/policy-no-threshold.toml",
        ]),
    ];
    insta::assert_snapshot!(said.join("----\n"));
}

#[test]
fn a_rule_on_heads_of_another_training_is_told() {
    let folder = TempDir::new().unwrap();
    let confident = policy(&folder, "confident.toml", CONFIDENT);
    let out = folder.path().join("out");
    let (printed, noted) =
        done(&["run", "--samples", "100", "--policy", &confident, "--out", out.to_str().unwrap()]);
    assert!(printed.contains("exit by confidence"), "{printed}");
    insta::assert_snapshot!(noted);
}

/// Searches on the shipped calibration split; gives what is printed and the policy written.
fn searched(more: &[&str]) -> (String, String) {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("p.toml");
    let (printed, noted) =
        done(&[&["calibrate", WORKLOAD], more, &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(noted, "");
    let printed = printed.split("written to").next().unwrap().to_owned();
    (printed, std::fs::read_to_string(out).unwrap())
}

#[test]
fn the_shipped_policy_of_a_search_is_what_the_search_finds() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(WORKLOAD).join("policy-edge-16x16-cycles.toml");
    let (printed, found) = searched(&["--tolerance", "0.5%", "--jobs", "1"]);
    assert_eq!(found, std::fs::read_to_string(shipped).unwrap());
    insta::assert_snapshot!(printed);
    assert_eq!(searched(&["--tolerance", "0.5%", "--jobs", "3"]), (printed, found), "whatever the threads");
}

/// Runs the command in the first lines of every policy of a workload; each must give its file, byte for byte. With
/// `EXCLUSIM_BLESS=1` the files are written.
fn policies_are_what_their_commands_find(workload: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads").join(workload);
    let mut ran = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("policy") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("# exclusim "))
            .unwrap_or_else(|| panic!("{name}"));
        // A setting stands in quotes, as a shell needs it.
        let words: Vec<String> = line.split(' ').map(|word| word.trim_matches('"').to_owned()).collect();
        let scratch = TempDir::new().unwrap();
        let out = scratch.path().join("p.toml");
        let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        arguments.extend(["--out", out.to_str().unwrap()]);
        done(&arguments);
        if std::env::var_os("EXCLUSIM_BLESS").is_some() {
            std::fs::copy(&out, &path).unwrap();
        }
        let found = std::fs::read_to_string(out).unwrap();
        assert_eq!(
            found,
            std::fs::read_to_string(&path).unwrap(),
            "{workload}: {name} is not what its command finds"
        );
        ran += 1;
    }
    assert!(ran >= 4, "{workload}: {ran} policies");
}

#[test]
fn policies_of_vgg_mini_are_what_their_commands_find() {
    policies_are_what_their_commands_find("vgg-mini-fashion");
}

#[test]
fn policies_of_glyph94_are_what_their_commands_find() {
    policies_are_what_their_commands_find("resnet20-glyph94");
}

#[test]
fn the_search_as_the_authors_code_runs_it_is_told() {
    let reference = ["--method", "reference", "--tolerance", "0.3%"];
    let (printed, found) = searched(&[&reference[..], &["--order", "1,2,3,4,5,0"]].concat());
    insta::assert_snapshot!(format!("{printed}----\n{found}"));
    // Counted from 1 it is the same order, and another order finds something else.
    let (from_one, _) = searched(&[&reference[..], &["--order", "2,3,4,5,6,1"]].concat());
    assert_eq!(from_one, printed);
    assert_ne!(searched(&[&reference[..], &["--order", "6,5,4,3,2,1"]].concat()).0, printed);
}

#[test]
fn splits_differ_and_are_told_apart() {
    let (printed, found) =
        searched(&["--tolerance", "0.5%", "--rule", "distance", "--seed", "4", "--repeats", "5"]);
    insta::assert_snapshot!(format!("{printed}----\n{found}"));
}

#[test]
fn groups_are_never_in_both_halves_and_few_promise_nothing() {
    let folder = TempDir::new().unwrap();
    // Two samples of each scene are enough scenes.
    let names: String = (0..5000).map(|sample| format!("scene {}\n", sample / 2)).collect();
    let groups = policy(&folder, "groups.txt", &names);
    let (printed, _) = searched(&["--tolerance", "0.5%", "--groups", &groups]);
    insta::assert_snapshot!(printed);
    let few = policy(&folder, "few.txt", &"one\n".repeat(5000));
    let short = policy(&folder, "short.txt", "one\ntwo\n");
    let holes = policy(&folder, "holes.txt", "one\n\nthree\n");
    let said = [&few, &short, &holes, &"no-such.txt".to_owned()]
        .map(|file| refused(&["calibrate", WORKLOAD, "--tolerance", "0.5%", "--groups", file]));
    let place = folder.path().to_str().unwrap();
    insta::assert_snapshot!(said.join("----\n").replace(place, "FOLDER"));
}

#[test]
fn the_paper_s_search_of_a_conventional_exit_is_told() {
    let (printed, found) = searched(&["--method", "paper", "--rule", "confidence", "--tolerance", "1%"]);
    insta::assert_snapshot!(format!("{printed}----\n{found}"));
}

#[test]
fn options_of_a_search_that_contradict_each_other_are_refused() {
    let calibrate = ["calibrate", WORKLOAD, "--tolerance", "0.5%"];
    let said = [
        &["--method", "paper", "--objective", "macs", "--arch", "arch/tpu-v1.toml"][..],
        &["--rule", "confidence", "--memory", "monotone"],
        &["--rule", "oracle"],
        &["--rule", "patience", "--method", "paper"],
        &["--heads", "7"],
        &["--set", "exclusion.compact=true"],
        &["--confidence-level", "100%"],
        &["--order", "1,2,3,4,5,6"],
        &["--method", "paper", "--order", "1,2,3,4,5,5"],
        &["--method", "paper", "--order", "1,2,3"],
        &["--method", "paper", "--order", "0,1,2,3,4,6"],
        &["--method", "paper", "--order", "1,2,3", "--heads", "1,2,3"],
        &["--method", "paper", "--seed", "2", "--repeats", "3", "--groups", "g.txt"],
        &["--method", "reference", "--rule", "distance", "--heads", "1,2"],
        &["--method", "reference", "--memory", "monotone", "--final", "survivors"],
    ]
    .map(|more| refused(&[&calibrate[..], more].concat()));
    insta::assert_snapshot!(said.join("----\n"));
}

#[test]
fn calibrating_on_the_evaluation_data_is_warned_of() {
    let folder = TempDir::new().unwrap();
    let manifest = copied(&folder, &["model.onnx", "val.npz"]);
    std::fs::copy(folder.path().join("val.npz"), folder.path().join("same.npz")).unwrap();
    policy(&folder, "workload.toml", &manifest.replace("test.npz", "same.npz"));
    let (path, out) = (folder.path().to_str().unwrap(), folder.path().join("p.toml"));
    let out = out.to_str().unwrap();
    let arguments =
        ["calibrate", path, "--method", "paper", "--heads", "6", "--tolerance", "0%", "--out", out];
    insta::assert_snapshot!(done(&arguments).1);
}
