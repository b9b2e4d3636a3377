//! Is the house in order? Imports follow the arrows of docs/architecture.md, files stay small, and what is allowed in
//! one place only stays there.

mod dataflows;

use std::fs;
use std::path::{Path, PathBuf};

/// Every module of the crate, and the modules it may import.
const ARROWS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("names", &[]),
    ("random", &[]),
    ("shape", &[]),
    ("count", &["names"]),
    ("config", &["names", "units"]),
    ("map", &["names", "shape", "units"]),
    ("network", &["names", "shape", "units"]),
    ("tech", &["config", "count", "names", "units"]),
    ("machine", &["config", "count", "map", "names", "shape", "units"]),
    ("arch", &["config", "machine", "names", "tech", "units"]),
    ("replay", &["names", "network", "random", "shape"]),
    ("unit", &["count", "tech", "units"]),
    ("decide", &["names", "replay", "unit"]),
    ("calibrate", &["decide", "random", "replay", "unit"]),
    ("time", &["count", "machine", "map", "names", "network", "shape", "unit", "units"]),
    ("cost", &["arch", "count", "machine", "map", "names", "shape", "tech", "unit", "units"]),
    (
        "simulate",
        &[
            "arch",
            "calibrate",
            "config",
            "cost",
            "count",
            "decide",
            "machine",
            "names",
            "network",
            "random",
            "replay",
            "shape",
            "tech",
            "time",
            "unit",
            "units",
        ],
    ),
    ("workload", &["config", "decide", "names", "network", "replay"]),
    (
        "sweep",
        &[
            "arch", "config", "cost", "count", "decide", "machine", "names", "network", "random", "replay",
            "simulate", "tech", "time", "unit", "units", "workload",
        ],
    ),
    (
        "report",
        &[
            "arch", "cost", "count", "decide", "names", "network", "shape", "simulate", "sweep", "tech",
            "time", "unit", "units", "workload",
        ],
    ),
    (
        "interop",
        &[
            "config", "cost", "count", "machine", "map", "names", "network", "report", "shape", "time",
            "units",
        ],
    ),
    (
        "load",
        &[
            "arch", "config", "cost", "decide", "interop", "names", "network", "replay", "sweep", "tech",
            "units", "workload",
        ],
    ),
    (
        "run",
        &[
            "arch",
            "calibrate",
            "config",
            "cost",
            "decide",
            "load",
            "network",
            "replay",
            "report",
            "simulate",
            "time",
            "unit",
            "units",
            "workload",
        ],
    ),
    ("lock", &["config", "count", "names", "time", "units"]),
    ("formats", &["arch", "config", "load", "lock", "names", "sweep", "tech", "workload"]),
    (
        "cli",
        &[
            "arch",
            "calibrate",
            "config",
            "cost",
            "decide",
            "formats",
            "interop",
            "load",
            "lock",
            "names",
            "network",
            "replay",
            "report",
            "run",
            "simulate",
            "sweep",
            "tech",
            "time",
            "unit",
            "units",
            "workload",
        ],
    ),
];

/// Only these touch files; all else is a pure function on plain data.
const MAY_TOUCH_FILES: &[&str] = &["src/cli/", "src/load/", "src/sweep/journal", "src/sweep/merge.rs"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every source file with its top-level module and its text without tests and comments.
fn code() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: PathBuf| {
        let inner = path.strip_prefix(&root).unwrap();
        let module = inner
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let text = lines.collect::<Vec<_>>().join("\n");
        (path, module, text)
    };
    // Files that only tests compile may see everything.
    let tests = |path: &Path| {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        stem == "tests" || stem.ends_with("_tests") || path.ends_with("decide/reference.rs")
    };
    let code = sources(&root).into_iter().filter(|path| !tests(path)).map(read);
    code.filter(|(_, module, _)| module != "lib" && module != "main").collect()
}

#[test]
fn imports_follow_the_arrows() {
    let mut wrong = Vec::new();
    for (path, module, text) in code() {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            panic!("{module} has no arrows: add it here and to docs/architecture.md");
        };
        for piece in text.split("crate::").skip(1) {
            let imported: String = piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if imported != module && !allowed.contains(&imported.as_str()) {
                wrong.push(format!("{}: {module} imports {imported}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_arrows_have_no_cycle() {
    // The list is in an order in which every module imports only earlier ones.
    for (at, (module, allowed)) in ARROWS.iter().enumerate() {
        for import in *allowed {
            let place = ARROWS.iter().position(|(name, _)| name == import);
            assert!(place.is_some_and(|place| place < at), "{module} imports {import}, which comes later");
        }
    }
}

#[test]
fn what_belongs_in_one_place_stays_there() {
    let mut wrong = Vec::new();
    for (path, module, text) in code() {
        let shown = path.display();
        let inner = path.to_str().unwrap().replace('\\', "/");
        if module != "map" && module != "shape" {
            let told = dataflows::told_apart(&text).into_iter();
            wrong.extend(told.map(|at| format!("{shown}: tells dataflows apart; only map/ does: {at}")));
        }
        if text.contains("unsafe ") && !inner.contains("/replay/kernel/") {
            wrong.push(format!("{shown}: unsafe code outside the kernels"));
        }
        if (text.contains("std::fs") || text.contains("File::"))
            && !MAY_TOUCH_FILES.iter().any(|place| inner.contains(place))
        {
            wrong.push(format!("{shown}: touches files"));
        }
        for clock in ["Instant::now", "SystemTime", "env::var"] {
            if text.contains(clock) && module != "cli" {
                wrong.push(format!("{shown}: reads {clock}; results must not depend on it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&root) {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        let generated = text.contains("DO NOT EDIT");
        assert!(lines <= 420 || generated, "{} has {lines} lines: is it still one thing?", path.display());
    }
}
