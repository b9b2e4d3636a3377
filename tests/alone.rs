//! Does the binary work alone, in an empty folder? Everything that is shipped is found by name, listed, shown and begun from.

use std::path::Path;
use std::process::Command;

use exclusim::load::Kind;
use tempfile::TempDir;

struct Alone(TempDir);

impl Alone {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Exit code, standard output, standard error.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_exclusim"))
            .args(args)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    fn well(&self, args: &[&str]) -> String {
        let (code, out, err) = self.run(args);
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        out
    }
}

#[test]
fn names_stand_for_files() {
    let alone = Alone::new();
    let plain = alone.well(&["run", "--samples", "50", "--format", "json"]);
    for (arch, workload) in
        [("edge-16x16", "vgg-mini-fashion"), ("arch/edge-16x16", "workloads/vgg-mini-fashion/workload.toml")]
    {
        assert_eq!(alone.well(&["run", arch, workload, "--samples", "50", "--format", "json"]), plain);
    }
    let markdown = ["run", "--samples", "50", "--set", "technology=7nm", "--format", "markdown"];
    assert!(alone.well(&markdown).contains("| --: |"));
    let with_policy = [
        "run",
        "--samples",
        "50",
        "--policy",
        "policy-tolerance-0.toml",
        "--against",
        "@vgg-mini-fashion/softmax.toml",
    ];
    assert!(alone.well(&with_policy).contains("softmax"));
    assert!(alone.well(&["layers", "tpu-v1", "alexnet-cifar10"]).contains("conv"));
    alone.well(&["fit", "edge-16x16", "--device", "zu9eg"]);
    // A file of that path comes first.
    std::fs::write(alone.path("edge-16x16"), "name = 3").unwrap();
    assert!(alone.run(&["layers", "edge-16x16", "alexnet-cifar10"]).2.contains("edge-16x16:1:8"));
}

#[test]
fn what_is_not_shipped_is_told_with_the_nearest_names() {
    let alone = Alone::new();
    for (args, near) in [
        (&["run", "edge-16x15"][..], "did you mean edge-16x16?"),
        (&["layers", "edge-16x16", "vgg-mini"], "did you mean vgg-mini-fashion?"),
        (&["run", "--set", "technology=45mn"], "did you mean 45nm?"),
        (&["fit", "edge-16x16", "--device", "zu9e"], "did you mean zu9eg"),
        (&["show", "shape-dataflw"], "did you mean shape-dataflow?"),
        (&["run", "nothing-like-it"], "`exclusim list archs` names those that are shipped"),
    ] {
        let (code, _, err) = alone.run(args);
        assert!(code == 2 && err.contains(near), "{args:?}: {err}");
    }
}

#[test]
fn everything_is_listed_and_shown_in_eighty_columns() {
    let alone = Alone::new();
    let all = alone.well(&["list"]);
    for kind in Kind::ALL {
        let some = alone.well(&["list", kind.plural()]);
        for name in kind.names() {
            assert!(some.lines().any(|line| line.split(' ').next() == Some(name)), "{name}: {some}");
            assert!(all.contains(name));
            assert!(!alone.well(&["show", name]).is_empty());
        }
    }
    let wide: Vec<&str> = all.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    assert_eq!(alone.well(&["show", "edge-16x16"]), include_str!("../arch/edge-16x16.toml"));
    assert!(alone.run(&["show", "vgg-mini-fashion/test.npz"]).2.contains("is not text"));
}

#[test]
fn a_shown_file_works_wherever_it_is_put() {
    let alone = Alone::new();
    std::fs::write(alone.path("mine.toml"), alone.well(&["show", "datacenter-128x128"])).unwrap();
    std::fs::write(alone.path("space.toml"), alone.well(&["show", "shape-dataflow"])).unwrap();
    std::fs::write(alone.path("28.toml"), alone.well(&["show", "28nm"])).unwrap();
    alone.well(&["layers", "mine.toml", "alexnet-cifar10", "--set", "technology=28.toml"]);
    let (code, out, err) = alone.run(&["sweep", "space.toml", "--dry-run"]);
    assert!(code == 0 && out.contains("points"), "{err}");
    assert!(err.contains("taken is shipped:arch/edge-16x16.toml"), "{err}");
}

#[test]
fn a_begun_file_runs() {
    let alone = Alone::new();
    // On an FPGA, a begun file has the largest array that fits, not the one it is like.
    let chip = |name: &&str| !alone.well(&["show", name]).contains("[fpga]");
    for name in Kind::Arch.names().filter(chip) {
        let file = format!("{name}.toml");
        alone.well(&["init", &file, "--like", name]);
        let csv = |arch: &str| alone.well(&["layers", arch, "alexnet-cifar10", "--format", "csv"]);
        assert_eq!(
            csv(&file),
            {
                std::fs::rename(alone.path(&file), alone.path("x")).unwrap();
                csv(name)
            },
            "{name}"
        );
    }
    alone.well(&["init", "my.toml"]);
    let text = std::fs::read_to_string(alone.path("my.toml")).unwrap();
    assert!(text.contains("name = \"my\"") && text.contains("technology = \"45nm\""), "{text}");
    assert!(text.contains("# edge_folds = \"full\"") && text.contains("# [arrivals]"), "{text}");
    let (code, _, err) = alone.run(&["init", "my.toml"]);
    assert!(code == 2 && err.contains("is there already"), "{err}");
    // In another folder, files are named from there.
    alone.well(&["init", "deep/er/other.toml", "--like", "my.toml"]);
    alone.well(&["layers", "deep/er/other.toml", "alexnet-cifar10"]);
}

#[test]
fn a_begun_file_fits_its_part() {
    let alone = Alone::new();
    // The vector unit of a begun file does not fit the smallest part, whatever its array.
    for part in Kind::Device.names().filter(|part| *part != "ecp5-85f") {
        let file = format!("{part}.toml");
        alone.well(&["init", &file, "--fpga", part]);
        let said = alone.well(&["fit", &file]);
        assert!(said.contains("It fits"), "{said}");
    }
}

#[test]
fn schemas_completions_and_the_manual_are_printed() {
    let alone = Alone::new();
    for format in ["arch", "tech", "workload", "policy", "sweep", "lock"] {
        let schema: serde_json::Value = serde_json::from_str(&alone.well(&["schema", format])).unwrap();
        assert!(schema["properties"].as_object().is_some_and(|keys| keys.len() > 2), "{format}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(alone.well(&["completions", shell]).contains("exclusim"), "{shell}");
    }
    let page = alone.well(&["man"]);
    assert!(page.contains(".TH exclusim") && page.contains("calibrate"));
}

#[test]
fn a_lock_holds_what_is_shipped() {
    let alone = Alone::new();
    let bless = ["check", "--bless", "--arch", "edge-16x16", "--network", "alexnet-cifar10"];
    let output = Command::new(env!("CARGO_BIN_EXE_exclusim"))
        .args(bless)
        .current_dir(alone.0.path())
        .env_remove("CI")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lock = std::fs::read_to_string(alone.path("exclusim.lock.toml")).unwrap();
    assert!(lock.contains("arch = \"edge-16x16\""), "{lock}");
    alone.well(&["check"]);
    assert!(Path::new(&alone.path("exclusim.lock.toml")).exists());
}

/// A model or a topology is a network of its own: no workload.toml, no policy, no exits made up.
#[test]
fn a_network_alone_is_run_timed_and_swept() {
    let alone = Alone::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(root.join("tests/fixtures/onnx/gemm.onnx"), alone.path("net.onnx")).unwrap();
    std::fs::copy(root.join("tests/oracle/topologies/conv.csv"), alone.path("topo.csv")).unwrap();
    alone.well(&["init", "npu.toml"]);
    for network in ["net.onnx", "topo.csv"] {
        let summary: serde_json::Value =
            serde_json::from_str(&alone.well(&["run", "npu.toml", network, "--format", "json"])).unwrap();
        assert_eq!((&summary["scores"], &summary["heads"]), (&"none".into(), &serde_json::json!([])));
        let layers: Vec<serde_json::Value> =
            serde_json::from_str(&alone.well(&["layers", "npu.toml", network, "--format", "json"])).unwrap();
        let sum = |key: &str| layers.iter().map(|row| row[key].as_f64().unwrap()).sum::<f64>();
        assert_eq!(summary["cycles"]["mean"].as_f64().unwrap(), sum("cycles"));
        let energy = summary["energy_pj"]["mean"].as_f64().unwrap();
        assert!((energy / sum("energy_pj") - 1.0).abs() < 1e-9, "{energy}");
        let told = alone.well(&["run", "npu.toml", network]);
        assert!(told.contains("inferences per second") && !told.contains("accuracy"), "{told}");
        let table = alone.well(&["layers", "npu.toml", network]);
        assert!(table.starts_with(network.split('.').next().unwrap()), "{table}");
        for total in ["on npu: 16x16", "latency, ms", "TOPS", "utilization", "energy per", "area, mm2"] {
            assert!(table.contains(total), "{total}: {table}");
        }
    }
    let space = "name = \"s\"\narch = \"npu.toml\"\nworkloads = [\"net.onnx\", \"topo.csv\"]\n[axes]\narray.rows = [8, 16]\n";
    std::fs::write(alone.path("s.toml"), space).unwrap();
    assert!(alone.well(&["sweep", "s.toml"]).contains("front of energy, latency\n"));
    let points = std::fs::read_to_string(alone.path("reports/s/points.csv")).unwrap();
    assert_eq!(points.lines().count(), 3);
    assert_eq!(points.lines().nth(1).unwrap().split(',').nth(4), Some(""), "no accuracy is known");
    std::fs::write(alone.path("s.toml"), format!("constraints = [\"accuracy >= 0.5\"]\n{space}")).unwrap();
    let (code, _, said) = alone.run(&["sweep", "s.toml", "--out", "t"]);
    assert!(code == 2 && said.contains("net has no data, and so has no accuracy"), "{said}");
}

/// A network alone that has heads runs them all, and a policy for it has nothing to decide on.
#[test]
fn heads_without_scores_all_run() {
    let alone = Alone::new();
    let (_, told, noted) = alone.run(&["run", "edge-16x16", "vgg-mini-fashion/model.onnx"]);
    assert!(told.contains("every head runs") && noted.contains("has 6 heads and no scores"), "{told}{noted}");
    let policy = ["run", "edge-16x16", "vgg-mini-fashion/model.onnx", "--policy", "policy-tolerance-0.toml"];
    let (code, _, said) = alone.run(&policy);
    assert!(code == 2 && said.contains("no scores for policy-tolerance-0.toml to decide on"), "{said}");
}

/// Every shipped part takes an architecture that is begun on it; a preset that is followed keeps its array.
#[test]
fn what_is_begun_on_a_part_fits_it() {
    let alone = Alone::new();
    for part in Kind::Device.names() {
        let file = format!("{part}.toml");
        alone.well(&["init", &file, "--fpga", part]);
        alone.well(&["fit", &file]);
        alone.well(&["layers", &file, "alexnet-cifar10"]);
    }
    alone.well(&["init", "like.toml", "--like", "pynq-z2-8x8"]);
    let text = std::fs::read_to_string(alone.path("like.toml")).unwrap();
    assert!(text.contains("\nrows = 8\n") && text.contains("\ncols = 8\n"), "{text}");
}

/// Shipped shapes without heads are swept as they are run: no policy is asked for.
#[test]
fn shipped_shapes_are_swept_without_a_policy() {
    let alone = Alone::new();
    let space = "name = \"s\"\narch = \"edge-16x16\"\nworkloads = [\"alexnet-imagenet\"]\n[axes]\narray.rows = [16, 32]\ndram.bandwidth = [\"1 GB/s\", \"2 GB/s\"]\n";
    std::fs::write(alone.path("s.toml"), space).unwrap();
    assert!(alone.well(&["sweep", "s.toml"]).contains("best latency"));
    assert!(alone.path("reports/s/plots/pareto.svg").exists());
    let nothing_saved = ["plot", "--figure", "break-even", "reports/s"];
    assert_eq!(alone.run(&nothing_saved).0, 2, "without heads nothing is saved anywhere");
    let (code, _, said) = {
        std::fs::write(alone.path("s.toml"), format!("{space}policy.rule = [\"never\", \"no-heads\"]\n"))
            .unwrap();
        alone.run(&["sweep", "s.toml", "--out", "t"])
    };
    assert!(code == 2 && said.contains("`policy.rule` changes nothing"), "{said}");
}
