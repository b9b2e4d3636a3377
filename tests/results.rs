//! Do results hold together? A run's tables are added up again by a program that shares nothing with this one, and every
//! figure is drawn from results that the tool wrote, with data that are the source's.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn exclusim(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs into a folder below one for all.
fn run(out: &Path, name: &str, options: &[&str]) -> String {
    let folder = out.join(name).to_str().unwrap().to_owned();
    let arguments = [&["run", "--samples", "600", "--out", &folder], options].concat();
    let output = exclusim(&arguments);
    assert!(output.status.success(), "{}", said(&output));
    folder
}

type Table = Vec<BTreeMap<String, String>>;

fn table(path: impl AsRef<Path>) -> Table {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// A column as it is written, rows without a value left out.
fn column(table: &Table, name: &str) -> Vec<String> {
    table.iter().map(|row| row[name].clone()).filter(|cell| !cell.is_empty()).collect()
}

fn numbers(cells: &[String]) -> Vec<f64> {
    cells.iter().map(|cell| cell.parse().unwrap()).collect()
}

const COMPACT: [&str; 8] = [
    "--set",
    "exclusion.compact=true",
    "--set",
    "exclusion.lanes=2",
    "--set",
    "array.cols=4",
    "--policy",
    "tests/fixtures/policy-monotone.toml",
];

#[test]
fn another_program_finds_the_same_totals() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("no python3: nothing was recomputed");
        return;
    }
    let out = TempDir::new().unwrap();
    let speculative = [
        "--set",
        "exclusion.overlap=speculative",
        "--set",
        "array.zero_gating=true",
        "--set",
        "array.dataflow=best",
    ];
    let folders = [
        run(out.path(), "plain", &[]),
        run(out.path(), "compact", &COMPACT),
        run(out.path(), "speculative", &speculative),
    ];
    let check = |folders: &[String]| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check_results.py");
        Command::new("python3").arg(script).args(folders).output().unwrap()
    };
    let found = check(&folders);
    assert!(found.status.success() && said(&found).contains(" 0 differ"), "{}", said(&found));

    // It sees a cycle too many of one sample, and of one layer.
    for file in ["samples.csv", "layers.csv"] {
        let cycles = table(Path::new(&folders[0]).join(file)).pop().unwrap()["cycles"].clone();
        let (from, to) = (format!(",{cycles},"), format!(",{},", cycles.parse::<u64>().unwrap() + 1));
        let path = Path::new(&folders[0]).join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let changed = text.replacen(&from, &to, 1);
        assert_ne!(text, changed, "{file} has no {from}");
        std::fs::write(&path, changed).unwrap();
        let found = check(&folders[..1]);
        assert_eq!(found.status.code(), Some(1), "{}", said(&found));
        std::fs::write(&path, text).unwrap();
    }
}

#[test]
fn figures_of_a_run_show_its_tables() {
    let out = TempDir::new().unwrap();
    let folder = run(out.path(), "run", &["--sensitivity"]);
    let drawn = exclusim(&["plot", &folder]);
    assert!(drawn.status.success(), "{}", said(&drawn));
    let plots = Path::new(&folder).join("plots");
    let source = |file: &str| table(Path::new(&folder).join(file));
    let data = |figure: &str| {
        for ending in ["svg", "png"] {
            assert!(plots.join(figure).with_extension(ending).exists(), "{figure}.{ending}");
        }
        table(plots.join(figure).with_extension("csv"))
    };

    let (mut layers, breakdown) = (source("layers.csv"), source("breakdown.csv"));
    let sum = |cells: &[String]| numbers(cells).iter().sum::<f64>();
    assert_eq!(sum(&column(&data("cycles_by_cause"), "cycles")), sum(&column(&layers, "cycles")));
    // No inference that runs to the end takes what was fetched in vain for one that left.
    let in_vain = |row: &BTreeMap<String, String>| row["layer"].ends_with("/in-vain");
    let wasted: Vec<_> = breakdown.iter().filter(|row| row["part"] == "wasted").collect();
    assert!(!wasted.is_empty() && wasted.iter().all(|row| in_vain(row)));
    assert!(!data("energy_by_component").iter().any(in_vain));
    layers.retain(|row| !in_vain(row));
    let energy = sum(&column(&data("energy_by_component"), "energy_pj"));
    assert!((energy / sum(&column(&layers, "energy_pj")) - 1.0).abs() < 1e-9);
    let products = data("utilization");
    assert_eq!(numbers(&column(&products, "utilization")), numbers(&column(&layers, "utilization")));
    let part = |row: &BTreeMap<String, String>| (row["layer"].clone(), row["part"].clone());
    assert!(
        data("roofline").iter().map(part).all(|layer| breakdown.iter().map(part).any(|row| row == layer))
    );

    let exits = source("exits.csv");
    for figure in ["exit_map", "exits_per_class"] {
        for name in ["samples", "correct"] {
            assert_eq!(column(&data(figure), name), column(&exits, name), "{figure}");
        }
    }
    let samples = source("samples.csv");
    let verdicts = data("early_and_late");
    assert_eq!(sum(&column(&verdicts, "samples")), 600.0);
    let right = verdicts.iter().filter(|row| row["verdict"].starts_with("right"));
    let right: f64 = right.map(|row| row["samples"].parse::<f64>().unwrap()).sum();
    assert_eq!(right, samples.iter().filter(|row| row["label"] == row["answer"]).count() as f64);
    let excluded: Vec<String> = column(&source("excluded.csv"), "excluded");
    assert_eq!(column(&data("survivors"), "excluded"), excluded);

    let summary: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(Path::new(&folder).join("summary.json")).unwrap())
            .unwrap();
    let energies: Table =
        data("distribution").into_iter().filter(|row| row["quantity"] == "energy_pj").collect();
    let marked = |mark: &str| {
        let rows: Table = energies.iter().filter(|row| row["mark"] == mark).cloned().collect();
        numbers(&column(&rows, "value"))
    };
    let mut expected = numbers(&column(&samples, "energy_pj"));
    expected.sort_by(f64::total_cmp);
    expected.dedup();
    assert_eq!(marked("at-most"), expected);
    for (mark, key) in [("p50", "p50"), ("p95", "p95"), ("p99", "p99"), ("plain", "no_heads")] {
        let (found, stated) = (marked(mark), summary["energy_pj"][key].as_f64().unwrap());
        assert!(found.len() == 1 && (found[0] / stated - 1.0).abs() < 1e-9, "{mark}: {found:?} {stated}");
    }

    let stated: Vec<f64> = summary["heads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|head| head["net_cycles"].as_f64().unwrap())
        .collect();
    assert_eq!(numbers(&column(&data("heads"), "net_cycles")), stated);
    let areas: Vec<f64> = numbers(&column(&data("area"), "area_mm2"));
    assert!((areas.iter().sum::<f64>() / summary["area_mm2"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(data("sensitivity").len(), 9);
    assert_eq!(data("saved").len(), 2);

    // Drawn again at other places and times, every file is the same to the byte.
    let again = out.path().join("again");
    let drawn = exclusim(&["plot", &folder, "--out", again.to_str().unwrap()]);
    assert!(drawn.status.success());
    let mut compared = 0;
    for entry in std::fs::read_dir(&again).unwrap() {
        let path = entry.unwrap().path();
        // Says where it was made.
        if path.ends_with("provenance.json") {
            continue;
        }
        let first = plots.join(path.file_name().unwrap());
        assert!(std::fs::read(&path).unwrap() == std::fs::read(first).unwrap(), "{}", path.display());
        compared += 1;
    }
    assert!(compared >= 42, "{compared} files");
}

#[test]
fn figures_of_several_runs_and_of_sweeps_are_drawn() {
    let out = TempDir::new().unwrap();
    let stairs = [
        run(out.path(), "ws", &COMPACT),
        run(out.path(), "is", &[&COMPACT[..], &["--set", "array.dataflow=is"]].concat()),
    ];
    let loads: Vec<String> = [1000, 6000]
        .map(|rate| {
            let rate = format!("arrivals.rate=\"{rate} /s\"");
            let process = "arrivals.process=\"poisson\"";
            run(out.path(), &rate.replace(['"', ' ', '/'], ""), &["--set", process, "--set", &rate])
        })
        .to_vec();
    let space = out.path().join("space.toml");
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!(
        "name = \"space\"\narch = \"{root}/arch/edge-16x16.toml\"\nworkloads = [\"{root}/tests/fixtures/bring-your-own\"]\n\
         [axes]\narray.rows = [4, 8]\narray.cols = [4, 8]\ndram.bandwidth = [\"1 GB/s\", \"2 GB/s\"]\n\
         policy.beta = [0.1, 0.6]\n"
    );
    std::fs::write(&space, text).unwrap();
    let sweep = out.path().join("sweep").to_str().unwrap().to_owned();
    let swept = exclusim(&["sweep", space.to_str().unwrap(), "--out", &sweep]);
    assert!(swept.status.success(), "{}", said(&swept));

    let figures = out.path().join("figures").to_str().unwrap().to_owned();
    let draw = |figure: &str, results: &[String]| {
        let results: Vec<&str> = results.iter().map(String::as_str).collect();
        let output =
            exclusim(&[&["plot", "--figure", figure, "--out", &figures], results.as_slice()].concat());
        assert!(output.status.success(), "{figure}: {}", said(&output));
        table(Path::new(&figures).join(figure.replace('-', "_")).with_extension("csv"))
    };
    assert_eq!(draw("staircase", &stairs).len(), 20, "ten classes on two machines");
    assert_eq!(draw("load", &loads).len(), 4, "two systems at two loads");
    assert_eq!(draw("macs-mislead", &[stairs.to_vec(), loads].concat()).len(), 4);
    assert_eq!(draw("bits", &stairs[..1]).len(), 1);
    let alike = exclusim(&["plot", "--figure", "bits", &stairs[0], &stairs[1]]);
    assert!(said(&alike).contains("all runs have 12 bits"), "{}", said(&alike));

    let sweep = [sweep];
    let points = table(Path::new(&sweep[0]).join("points.csv"));
    for name in ["accuracy", "energy_pj", "latency_s"] {
        assert_eq!(numbers(&column(&draw("pareto", &sweep), name)), numbers(&column(&points, name)));
    }
    let map = draw("design-map", &sweep);
    let least = |rows: &str, cols: &str| {
        let of = points.iter().filter(|row| row["array.rows"] == rows && row["array.cols"] == cols);
        of.map(|row| row["energy_pj"].parse::<f64>().unwrap()).fold(f64::MAX, f64::min)
    };
    assert_eq!(
        numbers(&column(&map, "value")),
        [least("4", "4"), least("4", "8"), least("8", "4"), least("8", "8")]
    );
    assert_eq!(column(&map, "points"), ["4"; 4]);
    let best = draw("break-even", &sweep);
    assert_eq!((best.len(), best[0]["column"].as_str()), (4, "cycles_saved_net"));

    let refused = exclusim(&["plot", "--figure", "threshold-sweep", &sweep[0]]);
    assert!(refused.status.success(), "{}", said(&refused));
    for (arguments, told) in [
        (vec!["plot", "--figure", "roofline", sweep[0].as_str()], "has no breakdown.csv"),
        (vec!["plot", "--figure", "pareto", "docs"], "docs holds no results"),
        (vec!["plot", "--figure", "pareto", "nowhere/points.csv"], "cannot read nowhere/points.csv"),
        (vec!["plot"], "no results are given"),
    ] {
        let output = exclusim(&arguments);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(told), "{}", said(&output));
        assert!(said(&output).contains("help"), "{}", said(&output));
    }
}

#[test]
fn the_table_of_parity_is_drawn() {
    let out = TempDir::new().unwrap();
    let folder = out.path().to_str().unwrap();
    let output = exclusim(&["plot", "--figure", "parity", "tests/oracle", "--out", folder]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(table(out.path().join("parity.csv")), table("tests/oracle/parity.csv"));
    assert!(out.path().join("parity.png").exists());
}
