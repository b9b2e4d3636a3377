//! Does the page on networks of one's own tell the truth? Its Python is run where Python has what it needs.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A Python with some packages: the one that the environment names, or the system's.
fn python(packages: &str) -> Option<String> {
    let named = std::env::var("EXCLUSIM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let tried = Command::new(&named).args(["-c", &format!("import {packages}")]).output().ok()?;
    tried.status.success().then_some(named)
}

/// The blocks of a language below a heading of the page.
fn blocks(heading: &str, language: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/bring-your-own-network.md")).unwrap();
    let start = page.find(&format!("## {heading}\n")).unwrap();
    let section = page[start + 3..].split("\n## ").next().unwrap().to_owned();
    let fence = format!("```{language}\n");
    section.split(&fence).skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

fn exclusim(folder: &TempDir, args: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_exclusim")).args(args).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The decisions of the page, for the shapes of a network of two heads.
#[test]
fn exits_of_one_s_own_rule_are_timed() {
    let [script] = blocks("Exits of your own rule", "python").try_into().unwrap();
    let [manifest] = blocks("Exits of your own rule", "toml").try_into().unwrap();
    let Some(python) = python("numpy") else { return };
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/onnx/residual_qdq.onnx");
    std::fs::copy(model, folder.path().join("mine/model.onnx")).unwrap();
    std::fs::write(folder.path().join("mine/workload.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("decide.py"), script).unwrap();
    let made = Command::new(python).arg("decide.py").current_dir(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let json = exclusim(&folder, &["run", "edge-16x16", "mine", "--format", "json"]);
    let summary: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&summary["scores"], &summary["samples"]), (&"decided".into(), &1000.into()));
    let exits: Vec<f64> =
        summary["exits"].as_array().unwrap().iter().map(|share| share.as_f64().unwrap()).collect();
    for (found, wanted) in exits.iter().zip([0.3, 0.4, 0.3]) {
        assert!((found - wanted).abs() < 0.05, "{exits:?}");
    }
}

/// Every table of the page is a workload that is read without a complaint about its keys.
#[test]
fn every_manifest_of_the_page_has_known_keys() {
    for heading in [
        "A quantized network with heads",
        "Conventional exits",
        "Exits of your own rule",
        "Recorded scores and a float model",
        "Shapes and a guess",
    ] {
        for block in blocks(heading, "toml") {
            let whole = if block.contains("name =") {
                block
            } else {
                format!("name = \"n\"\nmodel = \"m\"\n{block}")
            };
            let node = exclusim::config::parse("page", &whole).unwrap();
            exclusim::workload::read(&node).unwrap_or_else(|faults| panic!("{heading}: {faults}\n{whole}"));
        }
    }
}
