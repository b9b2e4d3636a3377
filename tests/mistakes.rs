//! Ninety mistakes that people make, in files and on the command line, each answered with what to do: a row per mistake.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A command, and two pieces of what it must say: what is wrong, and what to write instead.
struct Mistake {
    args: &'static [&'static str],
    wrong: &'static str,
    instead: &'static str,
}

/// A row of the tables below.
const fn row(args: &'static [&'static str], wrong: &'static str, instead: &'static str) -> Mistake {
    Mistake { args, wrong, instead }
}

/// On the command line: files swapped, misplaced or of another kind, options in pieces.
const ON_THE_COMMAND_LINE: [Mistake; 36] = [
    row(
        &["layers", "net.onnx", "npu.toml"],
        "net.onnx is an ONNX model",
        "first: exclusim layers npu.toml net.onnx",
    ),
    row(&["run", "wl", "npu.toml"], "wl is a workload, and npu.toml", "first: exclusim run npu.toml wl"),
    row(
        &["run", "vgg-mini-fashion", "edge-16x16"],
        "is a workload",
        "exclusim run edge-16x16 vgg-mini-fashion",
    ),
    row(&["fit", "net.onnx", "npu.toml"], "net.onnx is an ONNX model", "exclusim fit npu.toml net.onnx"),
    row(
        &["run", "net.onnx"],
        "net.onnx is an ONNX model, not an architecture",
        "such as edge-16x16 net.onnx",
    ),
    row(&["run", "topo.csv"], "topo.csv is a table, not an architecture", "such as edge-16x16 topo.csv"),
    row(&["run", "npu.toml", "npu.toml"], "npu.toml is an architecture, not a network", "then the network"),
    row(&["run", "npu.toml", "policy.toml"], "policy.toml is a policy", "--policy policy.toml"),
    row(&["run", "npu.toml", "wl", "--policy", "npu.toml"], "is an architecture, not a policy", "beta ="),
    row(&["run", "npu.toml", "wl", "--policy", "wl"], "wl is a workload, not a policy", "exclusim calibrate"),
    row(&["run", "space.toml"], "space.toml is a space of a sweep", "exclusim sweep space.toml"),
    row(&["run", "npu.toml", "space.toml"], "space.toml is a space of a sweep", "exclusim sweep space.toml"),
    row(
        &["check", "npu.toml"],
        "npu.toml is an architecture, not a lock file",
        "--bless --arch npu.toml --network",
    ),
    row(&["sweep", "npu.toml"], "npu.toml is an architecture, not a space", "arch = \"npu.toml\""),
    row(&["sweep", "wl"], "wl is a workload, not a space", "workloads = [\"wl\"]"),
    row(&["sweep", "net.onnx"], "net.onnx is an ONNX model, not a space", "workloads = [\"net.onnx\"]"),
    row(&["run", "45nm"], "45nm is a technology, not an architecture", "--set technology=45nm"),
    row(&["run", "npu.toml", "zu9eg"], "zu9eg is an FPGA part, not a network", "init FILE --fpga zu9eg"),
    row(
        &["fit", "npu.toml", "--device", "45nm"],
        "45nm is a technology, not an FPGA part",
        "exclusim list devices",
    ),
    row(&["run", "npu.toml", "models"], "models is a folder without workload.toml", "models/net.onnx"),
    row(&["run", "npu.toml", "empty"], "empty is a folder with neither", ".onnx model or a topology .csv"),
    row(&["layers", "npu.toml", "net.pt"], "net.pt is a model of another framework", "torch.onnx.export"),
    row(
        &["layers", "scale.cfg", "net.onnx"],
        "is a configuration of SCALE-Sim",
        "import scale-sim --cfg scale.cfg",
    ),
    row(&["layers", "npu.yaml", "net.onnx"], "npu.yaml is a YAML or JSON file", "exclusim reads TOML"),
    row(
        &["run", "npu.toml", "images.npz"],
        "images.npz is an archive of arrays",
        "`data.evaluation` or `trace`",
    ),
    row(
        &["run", "npu.toml", "net.onnx", "--policy", "policy.toml"],
        "no scores for policy.toml",
        "workload.toml",
    ),
    row(
        &["calibrate", "mine", "--tolerance", "1%", "--out", "p.toml"],
        "cannot read mine",
        "exclusim list workloads",
    ),
    row(&["calibrate", "wl", "--tolerance", "0.5", "--out", "p.toml"], "invalid value '0.5'", "such as 0.5%"),
    row(
        &["run", "--set", "array.rows", "64"],
        "64 was taken for an architecture",
        "in one piece: --set KEY=64",
    ),
    row(&["run", "array.rows=64"], "array.rows=64 was taken for an architecture", "--set array.rows=64"),
    row(&["run", "--set", "array.rows"], "no `=` in it", "--set array.rows=32"),
    row(&["run", "--set", "rows=64"], "unknown key `rows`", "array.rows"),
    row(&["run", "--set", "array.rowz=64"], "unknown key `array.rowz`", "did you mean `rows`?"),
    row(&["run", "--set", "array.rows=many"], "is a string, not an integer", "from 1 to 65536"),
    row(&["plot", "npu.toml"], "npu.toml is an architecture, not results", "summary.json or a points.csv"),
    row(&["show", "46nm"], "nothing shipped is called 46nm", "did you mean"),
];

/// On the command line: options in pieces, misspelt, or where files belong; names that are nearly right.
const IN_WORDS: [Mistake; 21] = [
    row(
        &["run", "npu.toml", "net.onnx", "--set", "array.rows", "64"],
        "array.rows 64 is not in one piece",
        "--set array.rows=64",
    ),
    row(
        &["run", "npu.toml", "net.onnx", "--set", "array.rows", "=", "8"],
        "array.rows 8 is not in one piece",
        "--set array.rows=8",
    ),
    row(
        &["layers", "npu.toml", "net.onnx", "--set", "array.rows=8,array.cols=8"],
        "sets several keys",
        "--set array.rows=8 --set array.cols=8",
    ),
    row(&["npu.toml", "net.onnx"], "`npu.toml` is no command", "exclusim run npu.toml net.onnx"),
    row(&["edge-16x16"], "`edge-16x16` is no command", "exclusim run edge-16x16"),
    row(&["shape-dataflow"], "`shape-dataflow` is no command", "exclusim sweep shape-dataflow"),
    row(
        &["run", "--arch", "npu.toml", "net.onnx"],
        "`exclusim run` has no option --arch",
        "exclusim run ARCH NETWORK",
    ),
    row(
        &["layers", "npu.toml", "--network=net.onnx"],
        "`exclusim layers` has no option --network",
        "exclusim layers ARCH NETWORK",
    ),
    row(&["run", "npu", "net.onnx"], "cannot read npu", "did you mean npu.toml"),
    row(&["layers", "npu.toml", "nett.onnx"], "cannot read nett.onnx", "did you mean net.onnx"),
    row(
        &["run", "npu.toml", "wl", "--policy", "polcy.toml"],
        "cannot read polcy.toml",
        "did you mean policy.toml?",
    ),
    row(&["fit", "npu.toml", "--device", "zcu104"], "cannot read zcu104", "did you mean zu7ev?"),
    row(&["init", "mine.toml", "--fpga", "ZCU-102"], "cannot read ZCU-102", "did you mean zu9eg?"),
    row(&["init", "npu.toml"], "npu.toml is there already", "name another file"),
    row(&["run", "npu.toml", "wl", "--output", "x"], "unexpected argument '--output'", "'--out'"),
    row(
        &["run", "npu.toml", "wl", "--format", "yaml"],
        "invalid value 'yaml'",
        "table, markdown, latex, json",
    ),
    row(&["schema", "architecture"], "invalid value 'architecture'", "a similar value exists: 'arch'"),
    row(&["sweep", "space.toml", "--shard", "3/2"], "there are only 2 shards", "write 1/2 to 2/2"),
    row(&["rerun", "wl"], "wl has no provenance.json", "that exclusim run, sweep or plot wrote"),
    row(&["layers", "npu.toml", "cut.onnx"], "cut.onnx is not a readable ONNX model", "or cut off"),
    row(&["layers", "npu.toml", "short.csv"], "K missing", "write `name, M, N, K,`"),
];

/// In a space that is swept: its text but for name and architecture.
const IN_A_SPACE: [(&str, &str, &str); 10] = [
    (
        "workloads = [\"net.onnx\"]\n[axes]\narray.rows = 8",
        "`array.rows` is an integer, not a list",
        "[8, 16]",
    ),
    (
        "workload = \"net.onnx\"\n[axes]\narray.rows = [8]",
        "unknown key `workload`",
        "did you mean `workloads`?",
    ),
    ("workloads = [\"net.onnx\"]\n[axes]\nrows = [8]", "unknown key `rows`", "write it as array.rows"),
    (
        "workloads = [\"net.onnx\"]\n[axes]\narray.rows = [\"8\"]",
        "`array.rows` is a string",
        "a whole number",
    ),
    (
        "workloads = [\"net.onnx\"]\n[axes]\npolicy.beta = [0.1, 0.2]",
        "`policy.beta` changes nothing: no network of the space has heads",
        "take it out of [axes]",
    ),
    (
        "workloads = [\"net.onnx\"]\nconstraints = \"area_mm2 <= 2\"\n[axes]\narray.rows = [8]",
        "`constraints` is no list",
        "constraints = [\"",
    ),
    (
        "workloads = [\"net.onnx\"]\nconstraints = [\"latency <= 25\"]\n[axes]\narray.rows = [8]",
        "`latency` is neither an axis nor a result",
        "did you mean `latency_s`?",
    ),
    (
        "workloads = [\"net.onnx\"]\nconstraints = [\"area_mm2 <= 2 GiB\"]\n[axes]\narray.rows = [8]",
        "`area_mm2` is an area, `2 GiB` is a size",
        "compare area_mm2 with 1.3 mm2",
    ),
    (
        "workloads = [\"net.onnx\"]\nobjectives = [\"speed\"]\n[axes]\narray.rows = [8]",
        "`objectives` has `speed`, which is not known",
        "\"latency\"",
    ),
    (
        "workloads = [\"net.onnx\"]\nobjectives = [\"accuracy\"]\n[axes]\narray.rows = [8]",
        "net has no data, and so has no accuracy",
        "objectives = [\"energy\", \"latency\"]",
    ),
];

/// In a policy of one head.
const IN_A_POLICY: [(&str, &str, &str); 5] = [
    ("beta = 0.5", "`beta` is a real number, not an array", "write beta = ["),
    ("beta = [0.1, 0.2]", "`beta` has 2 values", "one value per head"),
    ("thresholds = [0.5]", "unknown key `thresholds`", "did you mean `threshold`?"),
    ("rule = \"relative\"\nbeta = [0.5]", "`rule` is `relative`", "\"relative-to-max\""),
    ("rule = \"confidence\"\nthreshold = [50]", "`threshold` is 50, out of range", "from 0 to 1"),
];

/// In an architecture that runs: what is replaced, and by what; the command is always `layers npu.toml net.onnx`.
const IN_AN_ARCHITECTURE: [(&str, &str, &str, &str); 18] = [
    ("[memory]", "[sram]", "unknown key `sram`", "below [memory]"),
    ("clock = \"500 MHz\"", "clock = 500", "`clock` has no unit", "like \"500 MHz\""),
    ("clock = \"500 MHz\"", "frequency = \"500 MHz\"", "unknown key `frequency`", "write it as clock"),
    ("clock = \"500 MHz\"", "clock = \"500\"", "500", "MHz"),
    ("rows = 16", "rows = 0", "`array.rows` is 0", "from 1 to 65536"),
    ("rows = 16", "rows = \"16\"", "`array.rows` is a string", "whole number"),
    ("rows = 16", "height = 16", "unknown key `array.height`", "known keys: rows"),
    ("technology = \"45nm\"", "technology = \"46nm\"", "cannot read 46nm", "did you mean 40nm or 45nm?"),
    (
        "technology = \"45nm\"",
        "technology = \"zu9eg\"",
        "zu9eg is an FPGA part",
        "exclusim list technologies",
    ),
    ("technology = \"45nm\"", "node = \"45nm\"", "unknown key `node`", "write it as technology"),
    ("kind = \"lpddr4\"", "kind = \"ddr5\"", "`dram.kind`", "\"lpddr4\""),
    (
        "dataflow = \"weight-stationary\"",
        "dataflow = \"weights\"",
        "`array.dataflow`",
        "\"weight-stationary\"",
    ),
    ("ifmap = \"64 KiB\"", "ifmap = 65536", "`memory.ifmap` has no unit", "like \"64 KiB\""),
    ("[array]", "[array", "npu.toml:", "]"),
    ("rows = 16", "rows = 16.5", "`array.rows` is a real number", "whole number"),
    ("rows = 16", "rows = 16\nrows = 8", "duplicate key", "npu.toml:8"),
    ("ifmap = \"64 KiB\"", "ifmap = \"64 kB\"", "unknown unit `kB`", "KiB"),
    ("clock = \"500 MHz\"", "clock = \"0 MHz\"", "`clock` is `0 MHz`, out of range", "1 kHz to 100 GHz"),
];

/// A folder with one file of every kind.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let at = |name: &str| folder.path().join(name);
    for made in ["wl", "models", "empty"] {
        std::fs::create_dir(at(made)).unwrap();
    }
    let model = root.join("tests/fixtures/onnx/gemm.onnx");
    for copy in ["net.onnx", "models/net.onnx"] {
        std::fs::copy(&model, at(copy)).unwrap();
    }
    for file in ["workload.toml", "model.onnx", "trace.npz"] {
        std::fs::copy(root.join("tests/fixtures/bring-your-own").join(file), at("wl").join(file)).unwrap();
    }
    std::fs::write(at("cut.onnx"), &std::fs::read(&model).unwrap()[..200]).unwrap();
    std::fs::copy(root.join("tests/oracle/topologies/conv.csv"), at("topo.csv")).unwrap();
    let npu = std::fs::read_to_string(root.join("arch/edge-16x16.toml")).unwrap();
    std::fs::write(at("npu.toml"), npu.replace("tech/45nm.toml", "45nm")).unwrap();
    let texts = [
        ("policy.toml", "beta = [0.5]\n"),
        ("space.toml", "name = \"s\"\narch = \"npu.toml\"\nworkloads = [\"wl\"]\n[axes]\narray.rows = [8]\n"),
        ("net.pt", "PK"),
        ("scale.cfg", "[general]\nrun_name : x\n"),
        ("npu.yaml", "rows: 16\n"),
        ("images.npz", "PK"),
        ("short.csv", "Layer, M, N, K,\nfirst, 64, 32\n"),
    ];
    for (name, text) in texts {
        std::fs::write(at(name), text).unwrap();
    }
    folder
}

/// What a command says, which must end with exit code 2 and write nothing.
fn said(folder: &TempDir, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
    let output = command.args(args).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert!(output.stdout.is_empty() && !folder.path().join("reports").exists(), "{args:?}");
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn mistakes_on_the_command_line_are_answered() {
    let folder = folder();
    for Mistake { args, wrong, instead } in ON_THE_COMMAND_LINE.iter().chain(&IN_WORDS) {
        let said = said(&folder, args);
        assert!(
            said.contains(wrong) && said.contains(instead),
            "{args:?} must say {wrong:?}, {instead:?}:\n{said}"
        );
        assert!(said.matches("error: ").count() == 1, "one mistake is one error: {args:?}\n{said}");
    }
}

#[test]
fn mistakes_in_an_architecture_are_answered() {
    let folder = folder();
    let npu = std::fs::read_to_string(folder.path().join("npu.toml")).unwrap();
    for (right, written, wrong, instead) in IN_AN_ARCHITECTURE {
        assert!(npu.contains(right), "{right}:\n{npu}");
        std::fs::write(folder.path().join("npu.toml"), npu.replace(right, written)).unwrap();
        let said = said(&folder, &["layers", "npu.toml", "net.onnx"]);
        assert!(
            said.contains(wrong) && said.contains(instead),
            "{written} must say {wrong:?}, {instead:?}:\n{said}"
        );
    }
}

#[test]
fn mistakes_in_a_space_or_a_policy_are_answered() {
    let folder = folder();
    let space = IN_A_SPACE.map(|(text, wrong, instead)| {
        let text = format!("name = \"s\"\narch = \"npu.toml\"\n{text}\n");
        (&["sweep", "wrong.toml"][..], text, wrong, instead)
    });
    let policy = IN_A_POLICY.map(|(text, wrong, instead)| {
        (&["run", "npu.toml", "wl", "--policy", "wrong.toml"][..], format!("{text}\n"), wrong, instead)
    });
    for (args, text, wrong, instead) in space.into_iter().chain(policy) {
        std::fs::write(folder.path().join("wrong.toml"), &text).unwrap();
        let said = said(&folder, args);
        assert!(
            said.contains(wrong) && said.contains(instead),
            "{text} must say {wrong:?}, {instead:?}:\n{said}"
        );
    }
}
