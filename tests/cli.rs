//! Does the tool speak well? What it prints for people, and for every kind of bad input: cause, place, remedy, exit
//! code 2, and nothing written.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

fn exclusim() -> Command {
    let mut command = Command::cargo_bin("exclusim").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Runs a command that must fail on its input; gives what it says.
fn refused(arguments: &[&str]) -> String {
    let out = TempDir::new().unwrap();
    let results = out.path().join("results");
    let mut command = exclusim();
    command.args(arguments);
    if ["run", "import", "export", "calibrate", "sweep"].contains(&arguments[0]) {
        command.arg("--out").arg(&results);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "nothing goes to standard output");
    assert!(!results.exists(), "nothing is written");
    assert!(!said.contains("panicked"), "{said}");
    said
}

fn faults(prefix: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn every_faulty_architecture_is_explained() {
    for path in faults("arch-") {
        let said = refused(&["run", &format!("tests/faults/{}", name(&path))]);
        insta::assert_snapshot!(name(&path), said);
    }
}

#[test]
fn every_faulty_policy_is_explained() {
    for path in faults("policy-") {
        let said = refused(&["run", "--policy", &format!("tests/faults/{}", name(&path))]);
        insta::assert_snapshot!(name(&path), said);
    }
}

#[test]
fn every_faulty_space_is_explained() {
    for path in faults("sweep-") {
        let said = refused(&["sweep", &format!("tests/faults/{}", name(&path))]);
        insta::assert_snapshot!(name(&path), said);
    }
}

#[test]
fn every_faulty_assumption_is_explained() {
    for path in faults("assumed-") {
        let folder = TempDir::new().unwrap();
        std::fs::copy("workloads/alexnet-cifar10/model.onnx", folder.path().join("model.onnx")).unwrap();
        std::fs::copy(&path, folder.path().join("workload.toml")).unwrap();
        let said = refused(&["run", "arch/edge-16x16.toml", folder.path().to_str().unwrap()]);
        insta::assert_snapshot!(name(&path), said.replace(folder.path().to_str().unwrap(), "FOLDER"));
    }
}

#[test]
fn assumed_exits_are_told_as_such() {
    let out = TempDir::new().unwrap();
    let out = out.path().to_str().unwrap();
    let run = ["run", "arch/datacenter-128x128.toml", "workloads/alexnet-cifar10", "--out", out];
    let [text, _] = done(&run);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("1,000 assumed samples") && text.contains("if samples leave as assumed"), "{text}");
    assert!(!text.contains(" % accuracy"), "{text}");
    let summary = std::fs::read_to_string(Path::new(out).join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["scores"], "assumed");
    assert_eq!(summary["exits"], serde_json::json!([0.0, 0.1, 0.2, 0.2, 0.2, 0.3]));
}

#[test]
fn a_sweep_does_not_look_for_an_assumed_accuracy() {
    let folder = TempDir::new().unwrap();
    let space = folder.path().join("space.toml");
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!(
        "name = \"assumed\"\narch = \"{root}/arch/edge-16x16.toml\"\n\
         workloads = [\"{root}/workloads/alexnet-cifar10\"]\n[axes]\narray.rows = [8, 16]\n"
    );
    let asking = text.replace("[axes]", "objectives = [\"energy\", \"accuracy\"]\n[axes]");
    std::fs::write(&space, asking).unwrap();
    let said = refused(&["sweep", space.to_str().unwrap(), "--dry-run"]);
    assert!(said.contains("alexnet-cifar10 assumes its exits, and so has no accuracy"), "{said}");
    std::fs::write(&space, &text).unwrap();
    done(&["sweep", space.to_str().unwrap(), "--dry-run"]);
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let folder = TempDir::new().unwrap();
    let topology = folder.path().join("huge.csv");
    std::fs::write(&topology, "Layer, M, N, K,\nhuge, 1000000, 1000000, 1000,\n").unwrap();
    let layers = ["layers", "arch/edge-16x16.toml", topology.to_str().unwrap(), "--set"];
    let said = [
        refused(&[&layers[..], &["dram.bandwidth=1 MB/s"]].concat()),
        refused(&[&layers[..], &["batch.size=4096"]].concat()),
        refused(&[
            "run",
            "--set",
            "dram.bandwidth=1 MB/s",
            "--set",
            "dram.efficiency=0.01",
            "--set",
            "clock=60 GHz",
        ]),
    ];
    insta::assert_snapshot!(said.join("----\n").replace(topology.to_str().unwrap(), "TOPOLOGY"));
}

#[test]
fn every_faulty_topology_is_explained() {
    for path in faults("topology-") {
        let topology = format!("tests/faults/{}", name(&path));
        let said = refused(&["layers", "arch/edge-16x16.toml", &topology]);
        let exported = refused(&["export", "scale-sim", "arch/edge-16x16.toml", &topology]);
        assert_eq!(said, exported, "the same file, the same words");
        insta::assert_snapshot!(name(&path), said);
    }
}

#[test]
fn every_faulty_scale_sim_configuration_is_explained() {
    for path in faults("scale-sim-") {
        let said = refused(&["import", "scale-sim", "--cfg", &format!("tests/faults/{}", name(&path))]);
        insta::assert_snapshot!(name(&path), said);
    }
}

#[test]
fn faulty_accelergy_tables_and_maps_are_explained() {
    let import = ["import", "accelergy", "--map", "tests/faults/accelergy-map.toml", "--ert"];
    let said = [
        refused(&[&import[..], &["tests/faults/accelergy-ert.yaml"]].concat()),
        refused(&[&import[..], &["tests/faults/accelergy-syntax.yaml", "--art", "no-such.yaml"]].concat()),
        refused(&[&import[..], &["tests/fixtures/accelergy/ART.yaml"]].concat()),
    ];
    insta::assert_snapshot!(said.join("----\n"));
}

#[test]
fn imported_tables_price_a_run_and_exports_are_written() {
    let out = TempDir::new().unwrap();
    let (technology, arch) = (out.path().join("tables.toml"), out.path().join("arch.toml"));
    let fixture = |file: &str| format!("tests/fixtures/accelergy/{file}");
    let (ert, art, map) = (fixture("ERT.yaml"), fixture("ART.yaml"), fixture("map.toml"));
    let import = ["import", "accelergy", "--ert", &ert, "--art", &art, "--map", &map, "--out"];
    done(&[&import[..], &[technology.to_str().unwrap()]].concat());
    let edge = std::fs::read_to_string("arch/edge-16x16.toml").unwrap();
    std::fs::write(&arch, edge.replace("tech/45nm.toml", "tables.toml")).unwrap();
    let [rows, _] = done(&["layers", arch.to_str().unwrap(), TOPOLOGY, "--format", "csv"]);
    assert!(rows.lines().count() > 2);
    let exported = out.path().join("exported");
    done(&["export", "accelergy", arch.to_str().unwrap(), TOPOLOGY, "--out", exported.to_str().unwrap()]);
    let names: Vec<String> = files(&exported).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ART.yaml", "ERT.yaml", "action_counts.yaml"]);
}

#[test]
fn sensitivity_is_told_when_it_is_asked_for() {
    let out = TempDir::new().unwrap();
    let arrivals = ["--set", "arrivals.process=periodic", "--set", "arrivals.rate=500 /s"];
    let printed = run_into(out.path(), &[&["--sensitivity"][..], &arrivals].concat());
    let at = printed.find("energy saved, were").unwrap();
    insta::assert_snapshot!(printed[at..].split("\n\n").next().unwrap());
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.path().join("summary.json")).unwrap()).unwrap();
    let (found, saved) = (&summary["sensitivity"]["single"], &summary["energy_pj"]["saved_net"]);
    let arriving = |system: &str| summary["arrivals"][system]["energy_pj"].as_f64().unwrap();
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
    assert!(close(found["saved_net"].as_f64().unwrap(), saved.as_f64().unwrap()));
    assert!(found["least"].as_f64() <= saved.as_f64() && saved.as_f64() <= found["most"].as_f64());
    let shares: f64 =
        found["groups"].as_array().unwrap().iter().map(|group| group["share"].as_f64().unwrap()).sum();
    assert!(close(shares, 1.0), "every price is in a group: {shares}");
    let served = summary["sensitivity"]["arrivals"]["saved_net"].as_f64().unwrap();
    assert!(close(served, 1.0 - arriving("exits") / arriving("no_heads")), "{served}");
    assert_eq!(found["changes_sign"], false);
}

#[test]
fn imports_and_exports_name_what_they_lack() {
    let said = [
        refused(&["import", "scale-sim", "--cfg", "no-such.cfg", "--technology", "no-such.toml"]),
        refused(&["export", "scale-sim", "arch/no-such.toml", "no-such.csv"]),
        refused(&["layers", "arch/no-such.toml", "no-such.csv"]),
        refused(&["export", "scale-sim", "arch/edge-16x16.toml", TOPOLOGY, "--set", "array.dataflow=best"]),
    ];
    insta::assert_snapshot!(said.join("----\n"));
}

/// Runs a command that must succeed; gives what it says on both streams.
fn done(arguments: &[&str]) -> [String; 2] {
    let output = exclusim().args(arguments).output().unwrap();
    let [said, noted] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{noted}");
    [said, noted]
}

const TOPOLOGY: &str = "tests/oracle/topologies/conv.csv";

#[test]
fn a_topology_is_timed_by_either_rule_and_says_which() {
    let [ours, note] = done(&["layers", "arch/edge-16x16.toml", TOPOLOGY]);
    let [theirs, their_note] = done(&["layers", "arch/edge-16x16.toml", TOPOLOGY, "--compat", "scale-sim"]);
    insta::assert_snapshot!([note, their_note, theirs.clone()].join("----\n"));
    let pixels = |table: &str| -> Vec<String> {
        let rows = table.lines().filter(|line| line.contains("_ceil"));
        rows.map(|row| row.split_whitespace().nth(2).unwrap().to_owned()).collect()
    };
    assert_eq!(pixels(&ours), ["36", "15"], "6 x 6 and 5 x 3");
    assert_eq!(pixels(&theirs), ["49", "24"], "7 x 7 and 6 x 4");
}

#[test]
fn compatible_rows_have_the_columns_of_all_rows() {
    let csv = |more: &[&str]| {
        done(&[&["layers", "arch/edge-16x16.toml", TOPOLOGY, "--format", "csv"], more].concat())[0].clone()
    };
    let (ours, theirs) = (csv(&[]), csv(&["--compat", "scale-sim"]));
    assert_eq!(ours.lines().next(), theirs.lines().next());
    assert_eq!(ours.lines().count(), theirs.lines().count());
    assert!(
        theirs.lines().nth(1).unwrap().ends_with(",,,,,,"),
        "what SCALE-Sim does not say is empty: {theirs}"
    );
}

#[test]
fn an_imported_configuration_runs_and_exports_what_scale_sim_reports() {
    let out = TempDir::new().unwrap();
    let arch = out.path().join("deep/down/arch.toml");
    let (arch, reports) = (arch.to_str().unwrap(), out.path().join("reports"));
    assert_eq!(
        done(&["import", "scale-sim", "--cfg", "tests/fixtures/scale-sim/scale.cfg", "--out", arch])[0],
        ""
    );
    let written = std::fs::read_to_string(arch).unwrap();
    let technology = written.lines().find(|line| line.starts_with("technology")).unwrap();
    assert!(technology.contains("\"../"), "relative to the file: {technology}");
    insta::assert_snapshot!("imported-scale-sim", written.replace(technology, "technology = TECHNOLOGY"));
    assert!(done(&["layers", arch, TOPOLOGY])[0].contains("stride2_ceil"));
    done(&["export", "scale-sim", arch, TOPOLOGY, "--out", reports.to_str().unwrap()]);
    let found: Vec<String> = files(&reports)
        .into_iter()
        .map(|(name, text)| format!("{name}\n{}", String::from_utf8(text).unwrap()))
        .collect();
    assert_eq!(found.len(), 3);
    insta::assert_snapshot!("exported-scale-sim", found.join("\n"));
    // A row a channel, as SCALE-Sim has it: its own total cycles, row by row.
    let theirs = std::fs::read_to_string("tests/oracle/scale_sim.csv").unwrap();
    let theirs = theirs.lines().filter(|line| line.starts_with("conv,") && line.contains(",8,8,os,"));
    let theirs: Vec<&str> = theirs.map(|line| line.split(',').nth(6).unwrap()).collect();
    let compute = std::fs::read_to_string(reports.join("COMPUTE_REPORT.csv")).unwrap();
    let ours: Vec<&str> = compute.lines().skip(1).map(|line| line.split(", ").nth(1).unwrap()).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn overrides_are_checked_like_files() {
    let said =
        refused(&["run", "--set", "array.rows=-3", "--set", "array.cols", "--set", "memory.ifmap=64 KB"]);
    insta::assert_snapshot!(said);
}

#[test]
fn compaction_needs_a_policy_that_puts_nothing_back() {
    insta::assert_snapshot!(refused(&["run", "--set", "exclusion.compact=true"]));
}

#[test]
fn weights_that_do_not_fit_cannot_be_resident() {
    insta::assert_snapshot!(refused(&["run", "--set", "memory.weights=resident"]));
}

#[test]
fn faulty_arrival_times_name_their_lines() {
    let recorded = ["run", "--set", "arrivals.process=recorded", "--set"];
    let said = [
        refused(&[&recorded[..], &["arrivals.file=../tests/faults/times-out-of-order.csv"]].concat()),
        refused(&[&recorded[..], &["arrivals.file=no-such.csv"]].concat()),
    ];
    insta::assert_snapshot!(said.join("----\n"));
}

#[test]
fn missing_files_are_named() {
    insta::assert_snapshot!(refused(&["run", "arch/no-such.toml", "workloads/no-such"]));
}

/// A copy of the shipped workload with one file replaced.
fn workload_with(file: &str, content: &[u8]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/vgg-mini-fashion");
    for name in ["workload.toml", "policy.toml", "model.onnx", "test.npz"] {
        std::fs::copy(shipped.join(name), folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join(file), content).unwrap();
    folder
}

fn refused_workload(file: &str, content: &[u8]) -> String {
    let folder = workload_with(file, content);
    let path = folder.path().to_str().unwrap();
    refused(&["run", "arch/edge-16x16.toml", path]).replace(path, "WORKLOAD")
}

#[test]
fn damaged_models_and_data_are_explained() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/vgg-mini-fashion");
    let model = std::fs::read(shipped.join("model.onnx")).unwrap();
    let data = std::fs::read(shipped.join("test.npz")).unwrap();
    let said = [
        refused_workload("model.onnx", &model[..model.len() / 2]),
        refused_workload("model.onnx", b"not a model"),
        refused_workload("model.onnx", b""),
        refused_workload("test.npz", &data[..data.len() / 2]),
        refused_workload("test.npz", b"not a zip file"),
    ];
    insta::assert_snapshot!(said.join("----\n"));
}

#[test]
fn data_of_another_shape_are_explained() {
    // A calibration trace has no images; a workload that points at one is mistaken.
    let shipped = std::fs::read_to_string("workloads/vgg-mini-fashion/workload.toml").unwrap();
    let expected = std::fs::read("workloads/vgg-mini-fashion/expected.npz").unwrap();
    let said = [
        refused_workload("test.npz", &expected),
        refused_workload("workload.toml", shipped.replace("mean = [1.0]", "mean = [1.0, 2.0]").as_bytes()),
        refused_workload("workload.toml", shipped.replace("exit3", "exit9").as_bytes()),
        refused_workload("workload.toml", shipped.replace("test.npz", "../test.npz").as_bytes()),
        refused_workload("workload.toml", shipped.replace("\"t-shirt\", ", "").as_bytes()),
    ];
    insta::assert_snapshot!(said.join("----\n"));
}

#[test]
fn a_float_model_and_recorded_scores_are_enough() {
    let out = TempDir::new().unwrap();
    let path = out.path().to_str().unwrap();
    let workload = "tests/fixtures/bring-your-own";
    let [said, noted] = done(&["run", "arch/edge-16x16.toml", workload, "--out", path]);
    assert!(said.contains("bring-your-own on edge-16x16") && said.contains("40 samples"), "{said}");
    insta::assert_snapshot!(noted);
    let [layers, _] = done(&["layers", "arch/edge-16x16.toml", &format!("{workload}/model.onnx")]);
    assert_eq!(layers.lines().filter(|line| line.contains(" conv ")).count(), 2, "{layers}");
    insta::assert_snapshot!(
        "replaying-a-float-model",
        refused(&["calibrate", workload, "--tolerance", "1%"])
    );
}

/// A trace of two samples, one head and two classes, some arrays replaced.
fn trace_with(replaced: &[(&str, &str, &[usize], &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let floats = |numbers: &[f32]| -> Vec<u8> { numbers.iter().flat_map(|n| n.to_le_bytes()).collect() };
    let mut arrays: std::collections::BTreeMap<&str, (&str, Vec<usize>, Vec<u8>)> = [
        ("labels", ("|u1", vec![2], vec![0, 1])),
        ("scores", ("<f4", vec![2, 1, 5], floats(&[0.5; 10]))),
        ("final", ("<f4", vec![2, 5], floats(&[0.5; 10]))),
    ]
    .into();
    for (name, kind, shape, data) in replaced {
        arrays.insert(name, (kind, shape.to_vec(), data.to_vec()));
    }
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, (kind, shape, data)) in arrays.into_iter().filter(|(_, (kind, ..))| !kind.is_empty()) {
        zip.start_file(format!("{name}.npy"), options).unwrap();
        let sizes: String = shape.iter().map(|size| format!("{size},")).collect();
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}");
        let header = format!("{header:<117}\n");
        zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
        zip.write_all(&u16::try_from(header.len()).unwrap().to_le_bytes()).unwrap();
        zip.write_all(header.as_bytes()).unwrap();
        zip.write_all(&data).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn faulty_traces_name_the_array() {
    let nan: Vec<u8> = [0.5, f32::NAN].iter().cycle().take(10).flat_map(|n: &f32| n.to_le_bytes()).collect();
    let refused = |replaced: &[(&str, &str, &[usize], &[u8])]| {
        let folder = TempDir::new().unwrap();
        for name in ["workload.toml", "policy.toml", "model.onnx"] {
            std::fs::copy(format!("tests/fixtures/bring-your-own/{name}"), folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("trace.npz"), trace_with(replaced)).unwrap();
        let path = folder.path().to_str().unwrap();
        let said = refused(&["run", "arch/edge-16x16.toml", path]).replace(path, "WORKLOAD");
        said.lines()
            .filter(|line| !line.starts_with("note: "))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let said = [
        refused(&[("scores", "<f4", &[2, 1, 5], &nan)]),
        refused(&[("labels", "|u1", &[2], &[0, 5])]),
        refused(&[("labels", "<f4", &[2], &[0; 8])]),
        refused(&[("final", "", &[], &[])]),
        refused(&[("scores", "<f4", &[2, 2, 5], &[0; 80])]),
        refused(&[("scores", "<f4", &[2, 5], &[0; 40])]),
        refused(&[
            ("labels", "|u1", &[0], &[]),
            ("scores", "<f4", &[0, 1, 5], &[]),
            ("final", "<f4", &[0, 5], &[]),
        ]),
    ];
    insta::assert_snapshot!(said.join("----\n"));
}

#[test]
fn help_teaches() {
    for command in [
        "",
        "run",
        "layers",
        "replay",
        "explain-code",
        "explain",
        "calibrate",
        "fronts",
        "sweep",
        "merge",
        "plot",
        "check",
        "fit",
        "import",
        "import scale-sim",
        "import accelergy",
        "export",
        "export scale-sim",
        "export accelergy",
        "export perfetto",
        "export model-explorer",
    ] {
        let mut exclusim = exclusim();
        let output = exclusim.args(command.split_whitespace()).arg("--help").output().unwrap();
        assert!(output.status.success());
        insta::assert_snapshot!(format!("help-{command}"), String::from_utf8(output.stdout).unwrap());
    }
}

/// Runs the default configuration on some samples into a folder of its own.
fn run_into(out: &Path, more: &[&str]) -> String {
    let mut command = exclusim();
    let output = command.args(["run", "--samples", "500", "--out"]).arg(out).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // All that is said in a pipe is that other results were there.
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.lines().all(|line| line.contains(" held the results of ")), "silence in a pipe: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let inner = path.file_name().unwrap().to_str().unwrap().to_owned();
            found
                .extend(files(&path).into_iter().map(|(name, content)| (format!("{inner}/{name}"), content)));
        } else {
            found.push((
                path.strip_prefix(folder).unwrap().display().to_string(),
                std::fs::read(&path).unwrap(),
            ));
        }
    }
    found.sort();
    found
}

#[test]
fn the_same_inputs_give_the_same_bytes_whatever_the_threads() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    run_into(one.path(), &["--jobs", "1"]);
    run_into(two.path(), &["--jobs", "3"]);
    let (one, two) = (files(one.path()), files(two.path()));
    assert!(one.len() >= 5);
    assert!(one == two, "results differ with the number of threads");
}

#[test]
fn the_files_agree_with_each_other() {
    let out = TempDir::new().unwrap();
    let printed: serde_json::Value =
        serde_json::from_str(&run_into(out.path(), &["--format", "json"])).unwrap();
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.path().join("summary.json")).unwrap()).unwrap();
    assert_eq!(printed, summary);
    let rows = |file: &str| -> Vec<csv::StringRecord> {
        csv::Reader::from_path(out.path().join(file)).unwrap().records().map(Result::unwrap).collect()
    };
    let samples = rows("samples.csv");
    let column = |rows: &[csv::StringRecord], at: usize| -> f64 {
        rows.iter().map(|row| row[at].parse::<f64>().unwrap_or(0.0)).sum()
    };
    let close = |a: f64, b: &serde_json::Value| (a - b.as_f64().unwrap()).abs() <= 1e-9 * a.abs();
    let count = 500.0;
    assert!(close(column(&samples, 11) / count, &summary["cycles"]["mean"]));
    assert!(close(column(&samples, 10) / count, &summary["macs"]["mean"]));
    assert!(close(column(&samples, 12) / count, &summary["energy_pj"]["mean"]));
    let right = samples.iter().filter(|row| row[1] == row[2]).count();
    assert!(close(right as f64 / count, &summary["accuracy"]));
    // Layers times the fraction that reaches them are the mean cycles, too.
    let layers = rows("layers.csv");
    let header = csv::Reader::from_path(out.path().join("layers.csv")).unwrap().headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let mean: f64 = layers
        .iter()
        .map(|row| row[at("cycles")].parse::<f64>().unwrap() * row[at("reached")].parse::<f64>().unwrap())
        .sum();
    assert!(close(mean, &summary["cycles"]["mean"]), "{mean}");
    let exits = rows("exits.csv");
    assert_eq!(column(&exits, 2), count);
    assert!(close(column(&exits, 3) / count, &summary["accuracy"]));
}

#[test]
fn summary_has_the_documented_keys() {
    let out = TempDir::new().unwrap();
    let summary: serde_json::Value =
        serde_json::from_str(&run_into(out.path(), &["--format", "json"])).unwrap();
    for key in ["accuracy", "accuracy_baseline", "area_mm2", "exits", "ablation"] {
        assert!(!summary[key].is_null(), "{key}");
    }
    for quantity in ["cycles", "energy_pj", "latency_s", "macs"] {
        for key in ["no_heads", "never", "mean", "p50", "p95", "p99", "max", "saved_net", "saved_vs_never"] {
            assert!(summary[quantity][key].is_number(), "{quantity}.{key}");
        }
    }
    assert_eq!(summary["exits"].as_array().unwrap().len(), 7);
}

#[test]
fn arrivals_are_told_when_they_are_asked_for() {
    let out = TempDir::new().unwrap();
    let plain: serde_json::Value =
        serde_json::from_str(&run_into(out.path(), &["--format", "json"])).unwrap();
    assert!(plain.get("arrivals").is_none());
    let poisson = ["--set", "arrivals.process=poisson", "--set", "arrivals.rate=4 /ms"];
    let printed = run_into(out.path(), &poisson);
    insta::assert_snapshot!(printed.split("\nresults in").next().unwrap());
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.path().join("summary.json")).unwrap()).unwrap();
    for system in ["no_heads", "never", "exits"] {
        let found = &summary["arrivals"][system];
        assert!(found["response_s"]["mean"].as_f64() >= found["mean_service_s"].as_f64());
        assert_eq!(found["stable"], true);
    }
    let service = &summary["arrivals"]["exits"]["mean_service_s"];
    let latency = &summary["latency_s"]["mean"];
    assert!((service.as_f64().unwrap() / latency.as_f64().unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn a_clock_beyond_the_bound_is_warned_of() {
    let out = TempDir::new().unwrap();
    let last = |clock: &str| {
        let printed = run_into(out.path(), &["--set", clock]);
        let at = printed.find("\nclock: ").unwrap() + 1;
        printed[at..].split("\nresults in").next().unwrap().to_owned()
    };
    insta::assert_snapshot!([last("clock=500 MHz"), last("clock=2 GHz"), last("clock=auto")].join("----\n"));
}

/// What fits ends with 0, what does not with 1, and a part that is not known with 2.
#[test]
fn a_part_is_told_what_it_has_to_hold() {
    let said = |arguments: &[&str]| {
        let mut command = exclusim();
        let output = command.arg("fit").args(arguments).output().unwrap();
        let texts = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        format!("{}\n{}", output.status.code().unwrap(), texts.join(""))
    };
    insta::assert_snapshot!("fit-fits", said(&["arch/pynq-z2-8x8.toml"]));
    insta::assert_snapshot!("fit-does-not", said(&["arch/edge-16x16.toml", "--device", "zynq-7020"]));
    insta::assert_snapshot!("fit-csv", said(&["arch/zcu104-16x16.toml", "--format", "csv"]));
    insta::assert_snapshot!("fit-unknown", said(&["arch/edge-16x16.toml", "--device", "zynq7020"]));
    insta::assert_snapshot!("fit-no-part", said(&["arch/edge-16x16.toml"]));
    let network = ["arch/kria-dpu-sized.toml", "workloads/resnet20-glyph94", "--format", "json"];
    let found = said(&network);
    let json: serde_json::Value = serde_json::from_str(found.strip_prefix("0\n").unwrap()).unwrap();
    let resources = &json["resources"];
    let unit = resources["by_part"]["exclusion_unit"]["lut"].as_u64().unwrap();
    assert!(unit > 479 && json["fits"] == true, "94 classes take more than 10: {found}");
    let parts = resources["by_part"].as_object().unwrap().values();
    let sum: u64 = parts.map(|part| part["lut"].as_u64().unwrap()).sum();
    assert_eq!(resources["total"]["lut"], sum);
}

/// Energy and power in a range with the word on the sign, blocks instead of area, a clock that says whose it is.
#[test]
fn a_run_on_an_fpga_never_prints_a_bare_number() {
    let out = TempDir::new().unwrap();
    let run = |more: &[&str]| {
        let mut command = exclusim();
        command
            .args(["run", "arch/zcu104-16x16.toml", "--samples", "500", "--out"])
            .arg(out.path())
            .args(more);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap())
    };
    let [printed, _] = run(&[]);
    insta::assert_snapshot!("run-on-an-fpga", printed.split("\nresults in").next().unwrap());
    let text = std::fs::read_to_string(out.path().join("summary.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(json["area_mm2"].is_null() && json["clock"]["within"] == true);
    let fpga = &json["fpga"];
    let nominal = |part: &str| fpga["systems"]["mean"][part]["nominal"].as_f64().unwrap();
    let whole = json["energy_pj"]["mean"].as_f64().unwrap();
    assert!(((nominal("fabric_pj") + nominal("board_pj")) / whole - 1.0).abs() < 1e-9);
    let parts: f64 =
        json["energy_by_component_pj"].as_object().unwrap().values().map(|part| part.as_f64().unwrap()).sum();
    assert!((parts / whole - 1.0).abs() < 1e-9, "components are all of it");
    assert!(
        (fpga["saved"]["nominal"].as_f64().unwrap() - json["energy_pj"]["saved_net"].as_f64().unwrap()).abs()
            < 1e-9
    );
    let [_, warned] = run(&["--set", "clock=600 MHz", "--format", "json"]);
    assert!(
        warned.contains("warning: this clock is outside") && warned.contains("25 to 400 MHz"),
        "{warned}"
    );
}

/// Accuracy, and MACs, cycles and energy saved by a policy on an array.
fn result(array: &str, policy: &str) -> [f64; 4] {
    let out = TempDir::new().unwrap();
    let arch = format!("arch/{array}.toml");
    // The conventional twin is a workload of its own in the same folder.
    let workload = if policy.starts_with("policy-softmax") { "softmax.toml" } else { "workload.toml" };
    let [workload, policy] = [workload.to_owned(), format!("{policy}.toml")]
        .map(|file| format!("workloads/vgg-mini-fashion/{file}"));
    let mut command = exclusim();
    let arguments = ["run", &arch, &workload, "--policy", &policy, "--format", "json", "--out"];
    let output = command.args(arguments).arg(out.path()).output().unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let saved = |key: &str| 100.0 * summary[key]["saved_net"].as_f64().unwrap();
    [100.0 * summary["accuracy"].as_f64().unwrap(), saved("macs"), saved("cycles"), saved("energy_pj")]
}

#[test]
fn the_tables_of_policies_are_true() {
    let page = std::fs::read_to_string("docs/policies.md").unwrap();
    let arrays = ["edge-16x16", "gemmini-16x16", "tpu-v1", "datacenter-128x128"];
    let policies = [
        "policy",
        "policy-heads-2-5",
        "policy-tolerance-0",
        "policy-tolerance-0-heads-5-6",
        "policy-edge-16x16-cycles",
        "policy-edge-16x16-cycles-distance",
        "policy-edge-16x16-cycles-confidence",
        "policy-softmax",
        "policy-softmax-edge-16x16-cycles",
        "policy-softmax-edge-16x16-cycles-distance",
    ];
    let mut missing = Vec::new();
    for policy in policies {
        let found = arrays.map(|array| result(array, policy));
        let [accuracy, macs, ..] = found[0];
        for quantity in [2, 3] {
            let cells = found.map(|result| format!("{:.1} %", result[quantity])).join(" | ");
            let row = format!("| `{policy}` | {accuracy:.2} % | {macs:.1} % | {cells} |");
            if !page.contains(&row) {
                missing.push(row);
            }
        }
    }
    assert!(missing.is_empty(), "docs/policies.md should have\n{}", missing.join("\n"));
}

/// What README.md says was found is what `docs/results.py` wrote.
#[test]
fn the_readme_quotes_the_results() {
    let [readme, results] =
        ["README.md", "docs/results.md"].map(|page| std::fs::read_to_string(page).unwrap());
    let section = results.split("## In short\n\n").nth(1).unwrap();
    let found = section.split("\n\n").next().unwrap();
    assert!(readme.contains(found), "README.md should have\n{found}");
}

#[test]
fn the_reference_report_has_not_moved() {
    let out = TempDir::new().unwrap();
    let output = exclusim().args(["run", "--out"]).arg(out.path()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed = printed.split("\nresults in").next().unwrap();
    let readme = std::fs::read_to_string("README.md").unwrap();
    assert!(readme.contains(printed), "README.md should have\n{printed}");
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/reference");
    for (name, content) in files(&reference) {
        let found = std::fs::read(out.path().join(&name)).unwrap();
        assert!(
            found == content,
            "{name} moved: `exclusim run --out DIR`, look at it, copy it to reports/reference"
        );
    }
}
