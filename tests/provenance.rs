//! Do results say what made them, can they be made again, and does nothing stale stay beside them?

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.well(&["init", "npu.toml"]);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Exit code, standard output, standard error.
    fn tried(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
        let output = command.args(args).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    fn well(&self, args: &[&str]) -> String {
        let (code, out, err) = self.tried(args);
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        out
    }

    fn provenance(&self, folder: &str) -> serde_json::Value {
        let text = std::fs::read_to_string(self.path(folder).join("provenance.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

const RUN: [&str; 5] = ["run", "npu.toml", "vgg-mini-fashion", "--samples", "60"];
const OUT: &str = "reports/npu-vgg-mini-fashion";

#[test]
fn a_run_says_what_made_it_and_is_made_again() {
    let folder = Folder::new();
    folder.well(&RUN);
    let provenance = folder.provenance(OUT);
    let made = &provenance["made"][0];
    assert_eq!(made["command"], serde_json::json!(RUN));
    assert_eq!(made["from"], "../..");
    let roles: Vec<&str> =
        made["inputs"].as_array().unwrap().iter().map(|input| input["role"].as_str().unwrap()).collect();
    for role in ["architecture", "technology", "prices", "workload", "model", "data", "policy"] {
        assert!(roles.contains(&role), "{role}: {roles:?}");
    }
    let svg = std::fs::read_to_string(folder.path(OUT).join("plots/saved.svg")).unwrap();
    let origin = "; exclusim run npu.toml vgg-mini-fashion --samples 60; inputs ";
    assert!(svg.contains("<metadata>exclusim ") && svg.contains(origin), "{}", &svg[..400]);
    let told = folder.well(&["rerun", OUT]);
    assert!(told.contains("all as they were") && !told.contains("differs"), "{told}");
    // Another folder, the same bytes.
    folder.well(&[&RUN[..], &["--out", "elsewhere", "--jobs", "1"]].concat());
    let files = |folder: &serde_json::Value| folder["made"][0]["files"].clone();
    assert_eq!(files(&provenance), files(&folder.provenance("elsewhere")));
    let npu = std::fs::read_to_string(folder.path("npu.toml")).unwrap();
    std::fs::write(folder.path("npu.toml"), npu.replace("rows = 16", "rows = 8")).unwrap();
    let (code, told, said) = folder.tried(&["rerun", OUT]);
    assert!(told.contains("changed since: npu.toml") && told.contains("differs: summary.json"), "{told}");
    assert!(code == 1 && said.contains("files differ"), "{said}");
    let (code, _, said) = folder.tried(&["rerun", "."]);
    assert!(code == 2 && said.contains("has no provenance.json"), "{said}");
}

#[test]
fn what_is_stale_goes_and_what_is_another_s_stays() {
    let folder = Folder::new();
    let at = |name: &str| folder.path(OUT).join(name);
    folder.well(&[&RUN[..], &["--sensitivity"]].concat());
    folder.well(&["plot", OUT]);
    for drawn in ["plots/saved.png", "plots/saved.csv", "plots/sensitivity.svg", "plots/provenance.json"] {
        assert!(at(drawn).exists(), "{drawn}");
    }
    let png = std::fs::read(at("plots/saved.png")).unwrap();
    let origin = b"exclusim run npu.toml vgg-mini-fashion";
    assert!(png.windows(origin.len()).any(|bytes| bytes == origin), "PNGs say what made them");
    assert!(folder.well(&["rerun", OUT]).contains("files are the same"));
    std::fs::write(at("plots/mine.svg"), "mine").unwrap();
    std::fs::write(at("plots/heads.png"), "edited").unwrap();
    let (_, _, noted) = folder.tried(&RUN);
    assert!(noted.contains("held the results of `exclusim run npu.toml vgg-mini-fashion"), "{noted}");
    for gone in ["plots/saved.png", "plots/saved.csv", "plots/sensitivity.svg", "plots/provenance.json"] {
        assert!(!at(gone).exists(), "{gone} is of older results");
    }
    for kept in ["plots/mine.svg", "plots/heads.png", "plots/saved.svg", "summary.json"] {
        assert!(at(kept).exists(), "{kept}");
    }
}

#[test]
fn what_is_set_has_a_folder_of_its_own() {
    let folder = Folder::new();
    folder.well(&RUN);
    let told =
        folder.well(&[&RUN[..], &["--set", "array.rows=8", "--set", "dram.bandwidth=1 GB/s"]].concat());
    assert!(told.contains("-array.rows=8-dram.bandwidth=1GB_s"), "{told}");
    let told = folder.well(&[&RUN[..], &["--policy", "policy-tolerance-0.toml"]].concat());
    assert!(told.contains("reports/npu-vgg-mini-fashion-policy-tolerance-0"), "{told}");
    let many: Vec<String> = (1..=9).map(|i| format!("array.rows={i}")).collect();
    let many: Vec<&str> = many.iter().flat_map(|set| ["--set", set]).collect();
    let long = folder.well(&[&RUN[..], &many].concat());
    assert!(long.lines().last().unwrap().len() < 110, "{long}");
    assert_eq!(std::fs::read_dir(folder.path("reports")).unwrap().count(), 4);
}

#[test]
fn a_result_is_printed_where_it_cannot_be_written() {
    let folder = Folder::new();
    std::fs::write(folder.path("reports"), "a file").unwrap();
    let (code, told, said) = folder.tried(&RUN);
    assert!(code == 2 && told.contains("class exclusion saves"), "{told}");
    assert!(said.contains("cannot write") && said.contains("--out"), "{said}");
    assert!(!told.contains("results in"), "{told}");
    let told = folder.well(&[&RUN[..], &["--no-files"]].concat());
    assert!(told.contains("class exclusion saves") && !told.contains("results in"), "{told}");
    let told = folder.well(&[&RUN[..], &["--no-files", "--color", "always"]].concat());
    assert!(told.starts_with("\u{1b}[1mvgg-mini-fashion"), "{told}");
}

/// At 80 columns no line of a run, of layers, of a sweep or of a list is longer.
#[test]
fn nothing_wraps_at_80_columns() {
    let folder = Folder::new();
    let space = "name = \"s\"\narch = \"npu.toml\"\nworkloads = [\"alexnet-cifar10\"]\n[axes]\narray.rows = [8, 16]\narray.cols = [8, 16]\narray.dataflow = [\"ws\", \"os\"]\n";
    std::fs::write(folder.path("s.toml"), space).unwrap();
    let set = ["run", "npu.toml", "vgg-mini-fashion", "--samples", "60", "--no-files", "--sensitivity"];
    for args in [
        &set[..],
        &["layers", "npu.toml", "resnet50-imagenet"],
        &["sweep", "s.toml", "--out", "s"],
        &["list"],
        &["fit", "npu.toml", "--device", "zu9eg"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
        let output = command.args(args).env("COLUMNS", "80").current_dir(folder.0.path()).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(!told.is_empty());
        let long: Vec<&str> = told.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty(), "{args:?}:\n{}", long.join("\n"));
    }
    let sweep = folder.well(&["sweep", "s.toml", "--out", "t"]);
    assert!(sweep.contains("best energy:") && sweep.contains("saves"), "{sweep}");
    assert!(sweep.contains(" mJ") || sweep.contains(" uJ"), "{sweep}");
}
