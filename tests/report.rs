//! Is a run told whole to whoever was not there? The page of a run and of a sweep, timelines for viewers, one sample
//! explained. What a browser makes of the page is asked in `tests/browser`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

const SAMPLES: &str = "80";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// With a run of the shipped network in `run`.
    fn of_run() -> Self {
        let folder = Self::new();
        folder.well(&["run", "--samples", SAMPLES, "--out", "run"]);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// Exit code, standard output and standard error.
    fn tried(&self, args: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_exclusim"))
            .args(args)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap_or(-1), text)
    }

    fn well(&self, args: &[&str]) -> String {
        let (code, text) = self.tried(args);
        assert_eq!(code, 0, "{args:?}: {text}");
        text
    }

    /// The rows of a table, by column.
    fn rows(&self, file: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path(file)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    }
}

/// What stands in a page.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("type=\"application/json\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// Whether a page asks for nothing outside.
fn stands_alone(page: &str) -> bool {
    let asks = ["src=\"http", "href=\"http", "url(http", "@import", "<link", "src=\"//", "<iframe"];
    asks.iter().all(|word| !page.contains(word)) && page.contains("default-src 'none'")
}

#[test]
fn a_page_holds_the_numbers_of_the_files() {
    let folder = Folder::of_run();
    let page = folder.text("run/report.html");
    assert!(page.len() < 3 << 20, "{} bytes", page.len());
    assert!(stands_alone(&page));
    let data = data(&page);
    assert_eq!(data["summary"], folder.json("run/summary.json"));
    let tables = data["tables"].as_object().unwrap();
    assert_eq!(tables.len(), 6);
    for (name, table) in tables {
        let rows = folder.rows(&format!("run/{name}.csv"));
        assert_eq!(table["of"].as_u64(), Some(rows.len() as u64), "{name}");
        let columns = table["columns"].as_array().unwrap();
        for (column, cells) in columns.iter().zip(table["data"].as_array().unwrap()) {
            let column = column.as_str().unwrap();
            for (row, cell) in rows.iter().zip(cells.as_array().unwrap()) {
                let same = match cell {
                    Value::Null => row[column].is_empty(),
                    Value::String(text) => *text == row[column],
                    // Both read by one reader: the digits are the same.
                    number => *number == serde_json::from_str::<Value>(&row[column]).unwrap(),
                };
                assert!(same, "{name}.{column}: {cell} is not {}", row[column]);
            }
        }
    }
    assert!(data["made"]["command"].as_str().unwrap().starts_with("exclusim run --samples"));
    // Images of the samples that are told.
    let told: Vec<&Value> = data["explained"].as_array().unwrap().iter().map(|one| &one["sample"]).collect();
    assert!(told.len() > 50 && data["pictures"]["samples"].as_array().unwrap().iter().eq(told));
    for line in data["timelines"].as_array().unwrap() {
        let of_array = line["slices"].as_array().unwrap().iter().filter(|slice| slice[0] == "array");
        assert_eq!(
            of_array.map(|slice| slice[3].as_u64().unwrap()).sum::<u64>(),
            line["cycles"].as_u64().unwrap()
        );
    }
}

#[test]
fn a_page_is_the_same_every_time_and_is_made_again() {
    let folder = Folder::of_run();
    folder.well(&["run", "--samples", SAMPLES, "--out", "again", "--jobs", "1", "--quiet"]);
    assert!(folder.text("run/report.html") == folder.text("again/report.html"), "threads change bytes");
    let told = folder.well(&["rerun", "run"]);
    assert!(told.contains("files are the same"), "{told}");
    let provenance = folder.json("run/provenance.json");
    assert!(provenance["made"][0]["files"]["report.html"].is_string());
    folder.well(&["run", "--samples", SAMPLES, "--no-files"]);
    assert!(!folder.path("reports").exists());
}

/// Names of classes and layers, paths: nothing in them becomes part of the page.
#[test]
fn names_are_text() {
    let folder = Folder::new();
    let hostile = "</script><img src=x onerror=alert(1)>&\"'\u{2028}";
    let place = folder.path("<b>&net");
    std::fs::create_dir(&place).unwrap();
    let shipped = crate::common::path("workloads/vgg-mini-fashion");
    for file in std::fs::read_dir(&shipped).unwrap() {
        let file = file.unwrap().path();
        std::fs::copy(&file, place.join(file.file_name().unwrap())).unwrap();
    }
    let manifest = std::fs::read_to_string(place.join("workload.toml")).unwrap();
    let (before, rest) = manifest.split_once("classes = [").unwrap();
    let names: Vec<String> =
        (0..10).map(|at| serde_json::to_string(&format!("{at}{hostile}")).unwrap()).collect();
    let after = rest.split_once(']').unwrap().1;
    let text = format!("{before}classes = [{}]{after}", names.join(", "));
    std::fs::write(place.join("workload.toml"), text).unwrap();
    folder.well(&["run", "edge-16x16", "<b>&net", "--samples", "40", "--out", "run"]);
    let page = folder.text("run/report.html");
    assert!(!page.contains("<img") && !page.contains("<b>&"), "a name became markup");
    // The data, the library, the scripts; no element more.
    assert_eq!(page.matches("</script>").count(), 3);
    let data = data(&page);
    assert_eq!(data["summary"]["classes"][3], format!("3{hostile}"));
    assert!(
        data["made"]["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .any(|input| input[1].as_str().unwrap().contains("<b>&net"))
    );
    // A layer's name comes from the model; a topology's rows have any.
    std::fs::write(folder.path("t.csv"), "Layer, M, N, K,\n<script>alert(1)</script>, 8, 8, 8,\n").unwrap();
    folder.well(&["run", "edge-16x16", "t.csv", "--out", "layers"]);
    let page = folder.text("layers/report.html");
    assert!(!page.contains("<script>alert(1)"));
    assert_eq!(page.matches("</script>").count(), 3);
}

#[test]
fn a_sweep_has_a_page_too() {
    let folder = Folder::new();
    let space = "name = \"small\"\narch = \"edge-16x16\"\nworkloads = [\"t.csv\"]\nobjectives = [\"energy\", \"area\"]\n\
                 [axes]\narray.rows = [8, 16]\ndram.bandwidth = [\"400 MB/s\", \"1.6 GB/s\"]\n";
    std::fs::write(folder.path("small.toml"), space).unwrap();
    std::fs::write(folder.path("t.csv"), "Layer, M, N, K,\na, 64, 32, 27,\nb, 64, 10, 32,\n").unwrap();
    folder.well(&["sweep", "small.toml", "--out", "whole"]);
    let page = folder.text("whole/report.html");
    assert!(stands_alone(&page) && page.len() < 3 << 20);
    let data = data(&page);
    assert_eq!((data["points"]["rows"].as_u64(), data["points"]["of"].as_u64()), (Some(4), Some(4)));
    assert_eq!(data["front"]["rows"].as_u64().unwrap() as usize, folder.rows("whole/pareto.csv").len());
    insta::assert_snapshot!("settings", folder.text("whole/settings.csv"));
    for shard in ["1/2", "2/2"] {
        folder.well(&["sweep", "small.toml", "--shard", shard, "--out", &shard[..1]]);
        assert!(!folder.path(&shard[..1]).join("report.html").exists(), "a part has no page");
    }
    folder.well(&["merge", "1", "2", "--out", "merged"]);
    assert!(page == folder.text("merged/report.html"), "shards change bytes");
}

/// Lengths on the track of the array, by process.
fn array_lengths(trace: &Value) -> BTreeMap<u64, f64> {
    let events = trace["traceEvents"].as_array().unwrap();
    let array = events
        .iter()
        .find(|event| event["name"] == "thread_name" && event["args"]["name"] == "array")
        .map(|event| event["tid"].clone())
        .unwrap();
    let mut sums = BTreeMap::new();
    for event in events.iter().filter(|event| event["ph"] == "X" && event["tid"] == array) {
        *sums.entry(event["pid"].as_u64().unwrap()).or_insert(0.0) += event["dur"].as_f64().unwrap();
    }
    sums
}

#[test]
fn a_trace_has_every_cycle_of_its_samples() {
    let folder = Folder::of_run();
    let samples = folder.rows("run/samples.csv");
    let told = folder.well(&["export", "perfetto", "run", "--samples", "3,17,42", "--out", "t.json"]);
    assert!(told.contains("3 timelines") && told.lines().all(|line| line.chars().count() <= 80), "{told}");
    let trace = folder.json("t.json");
    let cycles = |sample: usize| samples[sample]["cycles"].parse::<f64>().unwrap();
    let found = array_lengths(&trace);
    for (pid, sample) in [(1, 3), (2, 17), (3, 42)] {
        // A cycle is a nanosecond, and lengths are in microseconds.
        assert!((1000.0 * found[&pid] - cycles(sample)).abs() < 1e-6, "sample {sample}: {found:?}");
    }
    let named = |kind: &str, name: &str| {
        trace["traceEvents"]
            .as_array()
            .unwrap()
            .iter()
            .any(|event| event["ph"] == kind && event["name"] == name)
    };
    for name in ["tile", "stream", "preload", "skew", "load weights", "vector", "unit", "setup", "conv1"] {
        assert!(named("X", name), "{name}");
    }
    for name in ["survivors", "ifmap bytes on chip"] {
        assert!(named("C", name), "{name}");
    }
    folder.well(&[
        "export",
        "perfetto",
        "run",
        "--samples",
        "3",
        "--folds",
        "--out",
        "folds.json",
        "--quiet",
    ]);
    assert!((1000.0 * array_lengths(&folder.json("folds.json"))[&1] - cycles(3)).abs() < 1e-6);
    folder.well(&["export", "perfetto", "run", "--paths", "all", "--out", "all.json"]);
    let all = array_lengths(&folder.json("all.json"));
    let sum =
        |lengths: &BTreeMap<u64, f64>| lengths.values().map(|length| 1000.0 * length).collect::<Vec<_>>();
    for length in sum(&all) {
        assert!((0..samples.len()).any(|sample| (cycles(sample) - length).abs() < 1e-6), "{length}");
    }
    assert!(folder.well(&["rerun", "run"]).contains("files are the same"), "an export changes no result");
}

#[test]
fn folds_are_told_apart_where_tiles_have_several() {
    let folder = Folder::new();
    folder.well(&["run", "edge-16x16", "resnet18-imagenet", "--out", "run"]);
    for (file, more) in [("tiles.json", None), ("folds.json", Some("--folds"))] {
        let args = ["export", "perfetto", "run", "--samples", "0", "--out", file];
        folder.well(&args.into_iter().chain(more).collect::<Vec<_>>());
    }
    let [tiles, folds] = ["tiles.json", "folds.json"].map(|file| folder.json(file));
    let events = |trace: &Value| trace["traceEvents"].as_array().unwrap().len();
    assert!(events(&folds) > events(&tiles));
    assert!((array_lengths(&folds)[&1] - array_lengths(&tiles)[&1]).abs() < 1e-6);
}

#[test]
fn a_sample_is_explained() {
    let folder = Folder::of_run();
    let told = folder.well(&["explain", "run", "--sample", "3"]);
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    insta::assert_snapshot!("explained", told);
    // What the page says of it are the same words.
    let data = data(&folder.text("run/report.html"));
    let on_page = data["explained"].as_array().unwrap().iter().find(|one| one["sample"] == 3).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for head in on_page["heads"].as_array().unwrap() {
        assert!(words(&told).contains(&words(head["text"].as_str().unwrap())), "{head}");
    }
    let row = &folder.rows("run/samples.csv")[3];
    let cycles: String = row["cycles"].clone();
    assert!(told.replace(',', "").contains(&format!("cost: {cycles} cycles")), "{told}");
}

#[test]
fn other_rules_are_explained_too() {
    let folder = Folder::new();
    for (rule, thresholds) in
        [("confidence", "0.9"), ("entropy", "0.2"), ("margin", "0.5"), ("patience", "2"), ("distance", "2.0")]
    {
        let text = format!("rule = \"{rule}\"\nthreshold = [{}]\n", [thresholds; 6].join(", "));
        std::fs::write(folder.path("p.toml"), text).unwrap();
        folder.well(&["run", "--policy", "p.toml", "--samples", "12", "--out", rule, "--quiet"]);
        let told = folder.well(&["explain", rule, "--sample", "5"]);
        assert!(told.contains("head 1: ") && told.contains("cost: "), "{rule}: {told}");
        folder.well(&["export", "perfetto", rule, "--paths", "all", "--out", "t.json", "--quiet"]);
    }
}

#[test]
fn node_data_are_those_of_the_layers() {
    let folder = Folder::of_run();
    folder.well(&["export", "model-explorer", "run", "--out", "overlay"]);
    let layers = folder.rows("run/layers.csv");
    for (file, column) in [("cycles", "cycles"), ("stall_cycles", "stall_cycles"), ("energy_pj", "energy_pj")]
    {
        let found = folder.json(&format!("overlay/{file}.json"));
        let results = found["results"].as_object().unwrap();
        let nodes: Vec<_> =
            layers.iter().filter(|row| !["decision", "prefetch"].contains(&row["kind"].as_str())).collect();
        assert_eq!(results.len(), nodes.len());
        for row in nodes {
            let digits: Value = serde_json::from_str(&row[column]).unwrap();
            assert_eq!(results[&row["layer"]]["value"], digits);
        }
        let stops: Vec<f64> =
            found["gradient"].as_array().unwrap().iter().map(|stop| stop["stop"].as_f64().unwrap()).collect();
        assert_eq!((stops[0], stops[stops.len() - 1]), (0.0, 1.0), "what the viewer asks for");
    }
    // Nodes are found by their names in the model, or by a tensor that they make.
    let model = std::fs::read(crate::common::path("workloads/vgg-mini-fashion/model.onnx")).unwrap();
    for row in layers.iter().filter(|row| row["kind"] == "conv") {
        let name = row["layer"].as_bytes();
        assert!(model.windows(name.len()).any(|part| part == name), "{}", row["layer"]);
    }
}

/// Folders that are no run's, of another version, whose inputs have changed; samples that are not there.
#[test]
fn what_cannot_be_told_is_said() {
    let folder = Folder::of_run();
    std::fs::create_dir(folder.path("empty")).unwrap();
    let refused = |args: &[&str]| {
        let (code, text) = folder.tried(args);
        assert_eq!(code, 2, "{args:?}: {text}");
        text
    };
    let mut said = Vec::new();
    for args in [
        &["explain", "run", "--sample", "80"][..],
        &["explain", "empty", "--sample", "0"],
        &["explain", "nowhere", "--sample", "0"],
        &["export", "perfetto", "run", "--samples", "3,500", "--out", "t.json"],
        &["export", "perfetto", "run", "--out", "t.json"],
        &["export", "model-explorer", "empty", "--out", "o"],
    ] {
        said.push(format!("{}\n{}", args.join(" "), refused(args)));
    }
    let provenance = folder.text("run/provenance.json");
    let edit = |from: &str, to: &str| {
        assert!(provenance.contains(from));
        std::fs::write(folder.path("run/provenance.json"), provenance.replacen(from, to, 1)).unwrap();
    };
    let version = env!("CARGO_PKG_VERSION");
    edit(&format!("exclusim {version}"), "exclusim 0.0.1");
    said.push(refused(&["explain", "run", "--sample", "3"]).replace(version, "VERSION"));
    edit("\"sha256\": \"", "\"sha256\": \"0");
    said.push(refused(&["export", "perfetto", "run", "--samples", "3", "--out", "t.json"]));
    std::fs::write(folder.path("run/provenance.json"), &provenance).unwrap();
    let samples = folder.text("run/samples.csv");
    std::fs::write(folder.path("run/samples.csv"), samples.replacen("exit", "exot", 1)).unwrap();
    let here = folder.0.path().canonicalize().unwrap();
    said.push(refused(&["explain", "run", "--sample", "3"]).replace(here.to_str().unwrap(), "DIR"));
    assert!(!folder.path("t.json").exists());
    insta::assert_snapshot!("refused", said.join("\n"));
}

/// Pages of results that hold little: no heads and one sample, made-up scores and a thousand classes.
#[test]
fn little_is_enough_for_a_page() {
    let folder = Folder::new();
    std::fs::write(folder.path("t.csv"), "Layer, M, N, K,\na, 8, 8, 8,\nb, 8, 1, 8,\n").unwrap();
    folder.well(&["run", "edge-16x16", "t.csv", "--out", "alone"]);
    let alone = data(&folder.text("alone/report.html"));
    assert!(alone["pictures"].is_null() && alone["explained"].as_array().unwrap().is_empty());
    folder.well(&["run", "edge-16x16", "resnet18-imagenet", "--out", "thousand"]);
    let page = folder.text("thousand/report.html");
    assert!(page.len() < 3 << 20, "{}", page.len());
    let thousand = data(&page);
    assert_eq!(thousand["summary"]["classes"].as_array().unwrap().len(), 1000);
    assert!(thousand["pictures"].is_null());
}
