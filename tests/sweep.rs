//! Does a sweep find what single runs find, and does it lose nothing? Every thread count, shard, search and
//! interruption must give the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use exclusim::load::{self, Silent};
use serde_json::Value;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The shipped network with the recorded scores of its first images: a start takes milliseconds.
fn trace() -> &'static [u8] {
    static TRACE: OnceLock<Vec<u8>> = OnceLock::new();
    TRACE.get_or_init(|| {
        let workload = load::workload(Path::new(ROOT).join("workloads/vgg-mini-fashion"), &Silent).unwrap();
        workload.evaluation(Some(300), &Silent).unwrap().to_trace().unwrap()
    })
}

/// A folder with a workload and a space in it.
struct Lab {
    folder: TempDir,
}

impl Lab {
    fn new(space: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let (from, to) = (Path::new(ROOT).join("workloads/vgg-mini-fashion"), folder.path().join("net"));
        fs::create_dir(&to).unwrap();
        for name in ["model.onnx", "policy.toml"] {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
        fs::write(to.join("trace.npz"), trace()).unwrap();
        let heads = (1..=6).map(|head| format!("\"exit{head}\"")).collect::<Vec<_>>().join(", ");
        let manifest = format!(
            "name = \"net\"\nmodel = \"model.onnx\"\ntrace = \"trace.npz\"\n[heads]\noutputs = [{heads}]\nfinal = \"logits\"\n"
        );
        fs::write(to.join("workload.toml"), manifest).unwrap();
        let lab = Self { folder };
        lab.write(space);
        lab
    }

    fn write(&self, space: &str) {
        self.write_on("edge-16x16", space);
    }

    fn write_on(&self, arch: &str, space: &str) {
        let head = format!("name = \"lab\"\narch = \"{ROOT}/arch/{arch}.toml\"\nworkloads = [\"net\"]\n");
        fs::write(self.path("space.toml"), head + space).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, out: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
        command.arg("sweep").arg(self.path("space.toml")).arg("--out").arg(self.path(out)).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end; gives the result's files.
    fn sweep(&self, out: &str, more: &[&str]) -> Files {
        let done = self.command(out, more).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(done.stderr.is_empty(), "silence in a pipe: {}", String::from_utf8_lossy(&done.stderr));
        files(&self.path(out))
    }

    /// Runs into trouble; gives the exit code and what is said.
    fn trouble(&self, out: &str, more: &[&str]) -> (i32, String) {
        let done = self.command(out, more).output().unwrap();
        let said =
            String::from_utf8(done.stderr).unwrap().replace(self.folder.path().to_str().unwrap(), "LAB");
        (done.status.code().unwrap(), said)
    }

    /// Decides the policies into a file; gives the exit code and what is said of trouble.
    fn decide(&self, file: &str) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
        command.arg("sweep").arg(self.path("space.toml")).arg("--decide").arg(self.path(file));
        let done = command.output().unwrap();
        let said =
            String::from_utf8(done.stderr).unwrap().replace(self.folder.path().to_str().unwrap(), "LAB");
        (done.status.code().unwrap(), said)
    }

    fn merge(&self, shards: &[&str], out: &str) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
        let is_flag = |word: &str| word.starts_with("--");
        command
            .arg("merge")
            .args(shards.iter().map(|shard| if is_flag(shard) { shard.into() } else { self.path(shard) }))
            .arg("--out")
            .arg(self.path(out));
        let done = command.output().unwrap();
        let said =
            String::from_utf8(done.stderr).unwrap().replace(self.folder.path().to_str().unwrap(), "LAB");
        (done.status.code().unwrap(), said)
    }
}

type Files = BTreeMap<String, Vec<u8>>;

/// Every file of a result, figures too, the lock apart.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(
                files(&path).into_iter().map(|(inner, content)| (format!("{name}/{inner}"), content)),
            );
        } else if name != "lock" && name != "provenance.json" {
            found.insert(name, fs::read(path).unwrap());
        }
    }
    found
}

/// The rows of a CSV file, by column name.
fn rows(text: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        header.iter().zip(row.iter()).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {:?}", row[column]))
}

/// Everything that costs depend on, a little of each.
const MIXED: &str = r#"
[axes]
array.rows = [8, 16]
memory.head_weights = ["resident"]
exclusion.overlap = ["blocking", "speculative"]
exclusion.lanes = [1, 8]
control.decision = [0, 40]
array.zero_gating = [false, true]
dram.bandwidth = ["800 MB/s", "3.2 GB/s"]
policy.beta = [0.02, 0.3]
policy.heads.2 = [true, false]
policy.heads.3 = [true, false]

[[linked]]
keys = ["exclusion.placement", "exclusion.macs"]
values = [["array", 0], ["dedicated", 16]]

[[linked]]
keys = ["exclusion.compact", "policy.memory"]
values = [[false, "readmit-top"], [true, "monotone"]]
"#;

/// Compares a row with a run of its own under a policy's file and some keys of the architecture.
fn compare(lab: &Lab, row: &BTreeMap<String, String>, policy: &Path, keys: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
    command.arg("run").arg(format!("{ROOT}/arch/edge-16x16.toml")).arg(lab.path("net"));
    command.arg("--policy").arg(policy).arg("--out").arg(lab.path("run")).args(["--format", "json"]);
    for key in keys {
        command.arg("--set").arg(format!("{key}={}", row[*key]));
    }
    if let Some(bandwidth) = row.get("dram.bandwidth_bytes_per_s") {
        command.arg("--set").arg(format!("dram.bandwidth={bandwidth} B/s"));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (column, quantity, key) in [
        ("cycles", "cycles", "mean"),
        ("cycles_p99", "cycles", "p99"),
        ("cycles_no_heads", "cycles", "no_heads"),
        ("cycles_never", "cycles", "never"),
        ("cycles_saved_net", "cycles", "saved_net"),
        ("latency_s", "latency_s", "mean"),
        ("latency_p99_s", "latency_s", "p99"),
        ("energy_pj", "energy_pj", "mean"),
        ("energy_no_heads_pj", "energy_pj", "no_heads"),
        ("energy_saved_net", "energy_pj", "saved_net"),
        ("macs", "macs", "mean"),
    ] {
        let (ours, theirs) = (number(row, column), run[quantity][key].as_f64().unwrap());
        let close = (ours - theirs).abs() <= 1e-11 * theirs.abs() + 1e-12;
        assert!(close, "{column}: {ours}, {theirs} of {row:?}");
    }
    // The last digit of a number may be lost where JSON is read.
    for column in ["accuracy", "area_mm2"] {
        let (ours, theirs) = (number(row, column), run[column].as_f64().unwrap());
        assert!((ours - theirs).abs() <= 1e-15 * theirs, "{column}: {ours}, {theirs}");
    }
    let edp = number(row, "energy_pj") * 1e-12 * number(row, "latency_s");
    assert!((number(row, "edp_js") - edp).abs() <= 1e-12 * edp);
}

#[test]
fn every_point_is_what_a_run_of_its_own_finds() {
    let lab = Lab::new(MIXED);
    let found = rows(&lab.sweep("out", &[])["points.csv"]);
    assert_eq!(found.len(), 2048);
    let keys = [
        "array.rows",
        "array.zero_gating",
        "memory.head_weights",
        "exclusion.overlap",
        "exclusion.lanes",
        "control.decision",
        "exclusion.placement",
        "exclusion.macs",
        "exclusion.compact",
    ];
    // A stride that meets every value of every axis.
    for row in found.iter().step_by(157) {
        let beta = [row["policy.beta"].as_str(); 6].join(", ");
        let on = |head| row.get(&format!("policy.heads.{head}")).map_or("true", String::as_str);
        let on: Vec<&str> = (1..=6).map(on).collect();
        let policy = lab.path("policy.toml");
        let memory = &row["policy.memory"];
        let text = format!("memory = \"{memory}\"\nbeta = [{beta}]\nheads = [{}]\n", on.join(", "));
        fs::write(&policy, text).unwrap();
        compare(&lab, row, &policy, &keys);
    }
}

#[test]
fn other_rules_and_masks_are_what_runs_find_too() {
    let lab = Lab::new(
        r#"
[axes]
exclusion.overlap = ["blocking", "speculative"]
memory.head_weights = ["resident"]
array.zero_gating = [false, true]

[[linked]]
keys = ["policy", "exclusion.mask"]
values = [
    ["exclusion.toml", true], ["exclusion.toml", false], ["confidence.toml", false], ["margin.toml", false],
    ["entropy.toml", false], ["patience.toml", false], ["oracle.toml", false], ["never.toml", true],
    ["no-heads.toml", false],
]
"#,
    );
    let thresholds = |value: &str| format!("threshold = [{}]\n", [value; 6].join(", "));
    for (rule, more) in [
        ("exclusion", format!("memory = \"monotone\"\nbeta = [{}]\n", ["0.2"; 6].join(", "))),
        ("confidence", thresholds("0.7")),
        ("margin", thresholds("0.4")),
        ("entropy", thresholds("0.2")),
        ("patience", thresholds("2")),
        ("oracle", String::new()),
        ("never", String::new()),
        ("no-heads", String::new()),
    ] {
        let name = if rule == "exclusion" { "relative-to-max" } else { rule };
        fs::write(lab.path(&format!("net/{rule}.toml")), format!("rule = \"{name}\"\n{more}")).unwrap();
    }
    let found = rows(&lab.sweep("out", &[])["points.csv"]);
    assert_eq!(found.len(), 36);
    let keys = ["exclusion.overlap", "memory.head_weights", "array.zero_gating", "exclusion.mask"];
    for row in found.iter().step_by(2).chain(&found[27..]) {
        compare(&lab, row, &lab.path("net").join(&row["policy"]), &keys);
    }
}

#[test]
fn threads_and_shards_change_no_byte() {
    let lab = Lab::new(&format!(
        "invalid = \"skip\"\n{}",
        MIXED.replace("[\"resident\"]", "[\"stream\", \"resident\"]")
    ));
    let one = lab.sweep("one", &["--jobs", "1"]);
    assert!(rows(&one["skipped.csv"]).len() > 100, "what cannot be is listed");
    assert_eq!(rows(&one["points.csv"]).len() + rows(&one["skipped.csv"]).len(), 4096);
    assert!(one == lab.sweep("three", &["--jobs", "3"]), "three threads");
    assert!(one["plots/pareto.svg"].starts_with(b"<svg"), "figures that the points hold data for");
    for shards in [2, 5] {
        let names: Vec<String> = (1..=shards).map(|shard| format!("{shards}-{shard}")).collect();
        for (shard, name) in names.iter().enumerate() {
            lab.sweep(name, &["--shard", &format!("{}/{shards}", shard + 1), "--jobs", "2"]);
        }
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.reverse();
        let out = format!("merged-{shards}");
        assert_eq!(lab.merge(&names, &out), (0, String::new()));
        assert!(one == files(&lab.path(&out)), "{shards} shards");
        assert!(
            files(&lab.path(names[0])).keys().all(|name| !name.starts_with("plots/")),
            "a part has no figures"
        );
        let again = lab.sweep(&out, &[]);
        assert!(one == again, "a merged folder is a finished one");
    }
    assert_eq!(lab.merge(&["2-1", "2-2", "2-1"], "no").0, 2);
    let said = [
        lab.merge(&["2-1"], "no").1,
        lab.merge(&["2-1", "2-2", "2-2"], "no").1,
        lab.merge(&["2-1", "5-2"], "no").1,
        lab.merge(&["net"], "no").1,
        lab.merge(&["5-1", "5-2", "5-3", "5-4", "5-5"], "2-1").1,
    ];
    insta::assert_snapshot!("merges_refused", said.join("----\n"));
}

/// What one process has decided shards need not decide again: the bytes are the same, whatever machines ask of decisions.
#[test]
fn shards_that_are_told_what_was_decided_change_no_byte() {
    let lab = Lab::new(&format!(
        "invalid = \"skip\"\n{}",
        MIXED.replace("[\"resident\"]", "[\"stream\", \"resident\"]")
    ));
    let one = lab.sweep("one", &[]);
    assert_eq!(lab.decide("decided"), (0, String::new()));
    let kept = fs::read(lab.path("decided")).unwrap();
    assert_eq!(lab.decide("again"), (0, String::new()));
    assert_eq!(fs::read(lab.path("again")).unwrap(), kept, "the same decisions are the same file");
    let decided = lab.path("decided");
    let told = ["--decided", decided.to_str().unwrap()];
    assert!(one == lab.sweep("told", &told), "in one process");
    for shard in ["1/3", "2/3", "3/3"] {
        lab.sweep(&shard[..1], &[&told[..], &["--shard", shard]].concat());
    }
    assert_eq!(lab.merge(&["1", "2", "3"], "merged"), (0, String::new()));
    assert!(one == files(&lab.path("merged")), "three shards");
}

/// Decisions of something else, or not whole, are refused, and nothing is written.
#[test]
fn decisions_that_do_not_fit_are_refused() {
    let lab = Lab::new(MIXED);
    assert_eq!(lab.decide("decided").0, 0);
    let whole = fs::read(lab.path("decided")).unwrap();
    let (decided, spoilt) = (lab.path("decided"), lab.path("spoilt"));
    let mut said = Vec::new();
    let mut other = |spoil: &dyn Fn(&mut Vec<u8>)| {
        let mut content = whole.clone();
        spoil(&mut content);
        fs::write(&spoilt, content).unwrap();
        said.push(lab.trouble("no", &["--decided", spoilt.to_str().unwrap()]));
    };
    other(&|content| content.truncate(content.len() / 2));
    let last = whole.len() - 20;
    other(&|content| content[last] ^= 1);
    other(&Vec::clear);
    said.push(lab.trouble("no", &["--decided", lab.path("missing").to_str().unwrap()]));
    // Another threshold, and other scores, are other inputs.
    lab.write(&MIXED.replace("[0.02, 0.3]", "[0.02, 0.4]"));
    said.push(lab.trouble("no", &["--decided", decided.to_str().unwrap()]));
    lab.write(&format!("method = \"nsga2\"\npoints = 64\nseed = 1\npopulation = 16\n{MIXED}"));
    said.push(lab.trouble("no", &["--decided", decided.to_str().unwrap()]));
    said.push(lab.decide("no"));
    assert!(said.iter().all(|(code, _)| *code == 2), "{said:?}");
    assert!(!lab.path("no").exists());
    let mut said = said.into_iter().map(|(_, said)| said).collect::<Vec<_>>().join("----\n");
    // Hashes are of files with this machine's paths in them.
    while let Some(at) = said.find("(files ").filter(|at| !said[at + 7..].starts_with("HASH")) {
        said.replace_range(at..at + 7 + 16, "[files HASH");
    }
    insta::assert_snapshot!(said.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn parquet_is_of_the_whole_however_it_was_found() {
    let lab = Lab::new(MIXED);
    let one = lab.sweep("one", &["--jobs", "1", "--parquet"]);
    let columns = &one["points.parquet"];
    assert!(columns.starts_with(b"PAR1") && columns.ends_with(b"PAR1"));
    for shard in ["1/2", "2/2"] {
        lab.sweep(&shard[..1], &["--shard", shard]);
    }
    assert_eq!(lab.merge(&["1", "2", "--parquet"], "merged"), (0, String::new()));
    assert!(one == files(&lab.path("merged")), "two shards");
    assert!(!lab.sweep("late", &[]).contains_key("points.parquet"));
    assert!(one == lab.sweep("late", &["--parquet"]), "a finished folder, asked afterwards");
    fs::remove_file(lab.path("late/points.parquet")).unwrap();
    fs::create_dir(lab.path("late/points.parquet")).unwrap();
    let (code, said) = lab.trouble("late", &["--parquet"]);
    assert_eq!(code, 2);
    assert!(said.contains("points.parquet"), "{said}");
}

#[test]
fn the_front_is_of_all_points() {
    let lab = Lab::new(&format!("objectives = [\"energy\", \"accuracy\", \"area\"]\n{MIXED}"));
    let files = lab.sweep("out", &[]);
    let points = rows(&files["points.csv"]);
    let costs = |row| [number(row, "energy_pj"), -number(row, "accuracy"), number(row, "area_mm2")];
    let beats = |(n, one): (usize, &[f64; 3]), (m, other): (usize, &[f64; 3])| {
        let no_worse = one.iter().zip(other).all(|(a, b)| a <= b);
        no_worse && (one != other || n < m)
    };
    let all: Vec<[f64; 3]> = points.iter().map(costs).collect();
    let on_front = |n: usize| !(0..all.len()).any(|m| m != n && beats((m, &all[m]), (n, &all[n])));
    let expected: Vec<_> = (0..all.len()).filter(|n| on_front(*n)).map(|n| points[n].clone()).collect();
    assert_eq!(rows(&files["pareto.csv"]), expected);
}

#[test]
fn constraints_leave_points_out() {
    let lab = Lab::new(MIXED);
    let all = rows(&lab.sweep("all", &[])["points.csv"]);
    // Halfway between the smallest and the largest machine.
    let areas = || all.iter().map(|row| number(row, "area_mm2"));
    let limit = (areas().fold(f64::MAX, f64::min) + areas().fold(0.0, f64::max)) / 2.0;
    let constraints = format!(
        "constraints = [\"lanes * rows <= 64\", \"area_mm2 <= {limit}\", \"overlap == 'blocking'\"]\n"
    );
    lab.write(&format!("{constraints}{MIXED}"));
    let mut some = rows(&lab.sweep("some", &[])["points.csv"]);
    let meets = |row: &BTreeMap<String, String>| {
        number(row, "exclusion.lanes") * number(row, "array.rows") <= 64.0
            && number(row, "area_mm2") <= limit
            && row["exclusion.overlap"] == "blocking"
    };
    let mut expected: Vec<_> = all.iter().filter(|row| meets(row)).cloned().collect();
    assert!((1..1000).contains(&expected.len()), "{}", expected.len());
    for row in expected.iter_mut().chain(&mut some) {
        row.remove("inputs");
    }
    assert_eq!(some, expected);
}

/// Nothing is wrong with any value alone, but the largest array does not fit the smaller scratchpad.
const COMBINED: &str =
    "[axes]\narray.rows = [8, 64]\narray.cols = [8, 64]\nmemory.filter = [\"4 KiB\", \"64 KiB\"]\n";

#[test]
fn a_point_that_cannot_be_stops_the_sweep_or_is_listed() {
    let lab = Lab::new(COMBINED);
    let (code, said) = lab.trouble("out", &[]);
    assert_eq!(code, 2);
    lab.write(&format!("invalid = \"skip\"\n{COMBINED}"));
    let files = lab.sweep("skipped", &[]);
    assert_eq!(rows(&files["points.csv"]).len(), 7);
    let skipped = rows(&files["skipped.csv"]);
    assert_eq!(skipped.len(), 1);
    let row = &skipped[0];
    assert_eq!((number(row, "array.rows"), number(row, "memory.filter_bytes")), (64.0, 4096.0));
    insta::assert_snapshot!(format!("{}{}\n", said.replace(ROOT, "ROOT"), row["reason"]));
    lab.write(&format!("invalid = \"skip\"\nconstraints = [\"area_mm2 < 0.1\"]\n{COMBINED}"));
    let (code, said) = lab.trouble("nothing", &[]);
    assert_eq!(code, 2);
    assert!(said.contains("no point of the space is left"), "{said}");
}

#[test]
fn a_dry_run_counts_shows_estimates_and_writes_nothing() {
    let lab = Lab::new(MIXED);
    let mut said = Vec::new();
    for more in [&["--dry-run"][..], &["--dry-run", "--shard", "2/3"]] {
        let done = lab.command("out", more).stdout(Stdio::piped()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let text = String::from_utf8(done.stdout).unwrap();
        let (shown, estimate) = text.split_once("estimate from ").unwrap();
        assert!(estimate.contains(" points: ") && estimate.ends_with(" MB of rows\n"), "{estimate}");
        said.push(shown.to_owned());
    }
    insta::assert_snapshot!(said.join("----\n"));
    assert!(!lab.path("out").exists());
}

/// Large enough to be interrupted.
fn large() -> String {
    let bandwidths = "{ from = \"200 MB/s\", to = \"6400 MB/s\", step = \"200 MB/s\" }";
    MIXED.replace("[\"800 MB/s\", \"3.2 GB/s\"]", bandwidths)
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn fifty_kills_lose_nothing() {
    let lab = Lab::new(&large());
    let begin = Instant::now();
    let undisturbed = lab.sweep("undisturbed", &["--jobs", "2"]);
    let whole = u64::try_from(begin.elapsed().as_micros()).unwrap();
    let (mut kills, mut resumed, mut seed) = (0, 0, 12_345u64);
    for round in 0.. {
        let out = format!("round-{round}");
        loop {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Anywhere from before the first file to near the end.
            let wait = Duration::from_micros((seed >> 33) % (whole / 3));
            let mut child =
                Killed(lab.command(&out, &["--jobs", "2"]).stderr(Stdio::null()).spawn().unwrap());
            std::thread::sleep(wait);
            let ended = child.0.try_wait().unwrap();
            drop(child);
            if ended.is_some() {
                break;
            }
            kills += 1;
            let journal = fs::read_to_string(lab.path(&out).join("journal")).unwrap_or_default();
            resumed += usize::from(journal.lines().count() > 1);
            if kills >= 50 {
                break;
            }
        }
        assert!(undisturbed == lab.sweep(&out, &["--jobs", "2"]), "round {round}, after {kills} kills");
        if kills >= 50 {
            break;
        }
    }
    assert!(resumed >= 10, "only {resumed} of {kills} kills came after some work was done");
}

/// After the last point only tables and figures are left; Ctrl-C there ends at once, and the same command makes up for it.
#[test]
fn ctrl_c_at_the_end_is_obeyed() {
    let lab = Lab::new(&large());
    let undisturbed = lab.sweep("undisturbed", &[]);
    let mut child = Killed(lab.command("out", &[]).spawn().unwrap());
    // The front is written when all points are.
    while !lab.path("out").join("pareto.csv").exists() && child.0.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(200));
    }
    let _ = Command::new("kill").args(["-INT", &child.0.id().to_string()]).status();
    let code = child.0.wait().unwrap().code();
    let mut said = String::new();
    std::io::Read::read_to_string(child.0.stderr.as_mut().unwrap(), &mut said).unwrap();
    // It may have been done already.
    assert!(code == Some(0) || code == Some(130) && said.contains("after the last point"), "{code:?} {said}");
    assert!(undisturbed == lab.sweep("out", &[]));
}

#[test]
fn ctrl_c_leaves_a_folder_that_goes_on() {
    let lab = Lab::new(&large());
    let mut child = Killed(lab.command("out", &["--jobs", "1"]).spawn().unwrap());
    let journal = lab.path("out").join("journal");
    let begun = || fs::read_to_string(&journal).is_ok_and(|text| text.lines().count() > 3);
    while !begun() {
        assert!(child.0.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.0.id().to_string()]).status().unwrap().success());
    let code = child.0.wait().unwrap().code();
    let mut said = String::new();
    std::io::Read::read_to_string(child.0.stderr.as_mut().unwrap(), &mut said).unwrap();
    assert_eq!(code, Some(130), "{said}");
    assert!(said.starts_with("interrupted after ") && said.contains("to go on: exclusim sweep "), "{said}");
    assert!(lab.sweep("out", &[]) == lab.sweep("undisturbed", &[]));
}

#[test]
fn a_full_disk_loses_nothing() {
    let lab = Lab::new(&large());
    let script = "trap '' XFSZ; ulimit -f 400; exec \"$0\" sweep \"$1\" --out \"$2\"";
    let mut command = Command::new("bash");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_exclusim")])
        .arg(lab.path("space.toml"))
        .arg(lab.path("out"));
    let done = command.output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap().replace(lab.folder.path().to_str().unwrap(), "LAB");
    assert_eq!(done.status.code(), Some(2), "{said}");
    insta::assert_snapshot!(said);
    assert!(lab.sweep("out", &[]) == lab.sweep("undisturbed", &[]));
}

#[test]
fn a_folder_that_was_barely_begun_goes_on() {
    let lab = Lab::new(MIXED);
    // Rows can be opened, skipped points cannot: it ends between the two.
    fs::create_dir_all(lab.path("out/skipped.csv")).unwrap();
    assert_eq!(lab.trouble("out", &[]).0, 2);
    assert!(lab.path("out/points.csv.part").exists());
    fs::remove_dir(lab.path("out/skipped.csv")).unwrap();
    assert!(lab.sweep("out", &[]) == lab.sweep("undisturbed", &[]));
    // What a kill while figures are written leaves behind.
    fs::write(lab.path("out/plots/.exclusim-torn"), "<svg").unwrap();
    fs::write(lab.path("out/.exclusim-torn"), "<html").unwrap();
    assert!(lab.sweep("out", &[]) == lab.sweep("undisturbed", &[]));
}

#[test]
fn damage_is_noticed_and_repaired() {
    let lab = Lab::new(MIXED);
    let whole = lab.sweep("out", &[]);
    let out = lab.path("out");
    let spoil = |name: &str, how: &dyn Fn(&mut Vec<u8>)| {
        let mut content = fs::read(out.join(name)).unwrap();
        how(&mut content);
        fs::write(out.join(name), content).unwrap();
    };
    spoil("points.csv", &|content| {
        let middle = content.len() / 2;
        content[middle] ^= 1;
    });
    assert!(whole == lab.sweep("out", &[]), "a changed row");
    spoil("points.csv", &|content| content.truncate(5000));
    assert!(whole == lab.sweep("out", &[]), "lost rows");
    spoil("journal", &|content| content.truncate(content.len() - 7));
    assert!(whole == lab.sweep("out", &[]), "a line cut off");
    spoil("journal", &|content| content.truncate(content.len() / 2));
    assert!(whole == lab.sweep("out", &[]), "half of the lines");
    spoil("pareto.csv", &Vec::clear);
    assert!(whole == lab.sweep("out", &[]), "a lost front");
    fs::remove_file(out.join("skipped.csv")).unwrap();
    assert!(whole == lab.sweep("out", &[]), "a lost file");
}

/// The check sum of a journal's line, over all words before it.
fn sealed(words: &str) -> String {
    format!("{words} {:08x}", crc32fast::hash(words.as_bytes()))
}

/// Rows count only under a journal that says whose they are, and whose entries can be of this sweep.
#[test]
fn a_journal_that_lies_gives_no_rows() {
    let lab = Lab::new(MIXED);
    let finished = lab.sweep("out", &[]);
    let journal = String::from_utf8(finished["journal"].clone()).unwrap();
    let other = Lab::new(&MIXED.replace("[0.02, 0.3]", "[0.02, 0.4]"));
    let lines: Vec<&str> = journal.lines().collect();
    for first in ["", "exclusim-sweep 9", "exclusim-results 2 other things", "\u{0}\u{0}"] {
        other.sweep("out", &[]);
        for (name, text) in &finished {
            fs::write(other.path("out").join(name), text).unwrap();
        }
        fs::write(other.path("out/journal"), [&[first], &lines[1..]].concat().join("\n") + "\n").unwrap();
        let (code, said) = other.trouble("out", &[]);
        assert!(code == 2 && said.contains("without a journal"), "{first}: {said}");
        fs::remove_dir_all(other.path("out")).unwrap();
    }
    // One more point than rows, one that counts without end, one of another chunk: each is found out and its chunk done again.
    let words: Vec<&str> = lines[1].split(' ').collect();
    let (number, found, rest) = (words[0], words[1].parse::<u64>().unwrap(), words[2..8].join(" "));
    for lie in [
        format!("{number} {} {rest}", found + 1),
        format!("{number} {} {} {}", found, u64::MAX, words[3..8].join(" ")),
        format!("7 {found} {rest}"),
        format!("{number} {found} {} {} {}", words[2..4].join(" "), u64::MAX, words[5..8].join(" ")),
    ] {
        let told: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(at, line)| if at == 1 { sealed(&lie) } else { (*line).to_owned() })
            .collect();
        fs::write(lab.path("out/journal"), told.join("\n") + "\n").unwrap();
        assert!(lab.sweep("out", &[]) == finished, "{lie}");
    }
}

#[test]
fn folders_of_others_are_left_alone() {
    let lab = Lab::new(MIXED);
    let finished = lab.sweep("out", &[]);
    lab.sweep("shard", &["--shard", "1/2"]);
    let mut said = vec![lab.trouble("out", &["--shard", "1/2"]), lab.trouble("shard", &[])];
    fs::create_dir(lab.path("results")).unwrap();
    fs::write(lab.path("results/points.csv"), "mine\n").unwrap();
    said.push(lab.trouble("results", &[]));
    let lock = fs::File::options().write(true).open(lab.path("out/lock")).unwrap();
    lock.lock().unwrap();
    said.push(lab.trouble("out", &[]));
    drop(lock);
    fs::write(lab.path("file"), "").unwrap();
    said.push(lab.trouble("file/out", &[]));
    lab.write(&MIXED.replace("[0.02, 0.3]", "[0.02, 0.4]"));
    said.push(lab.trouble("out", &[]));
    for arguments in [["--shard", "0/4"], ["--shard", "5/4"], ["--shard", "1/0"], ["--shard", "one"]] {
        said.push(lab.trouble("out", &arguments));
    }
    assert!(said.iter().all(|(code, _)| *code == 2));
    let said: Vec<String> = said.into_iter().map(|(_, said)| said).collect();
    // Hashes are of files with this machine's paths in them.
    let said = said.join("----\n");
    let hash = |text: &str, after: &str| text.split(after).nth(1).map(|rest| rest[..16].to_owned());
    let said = [hash(&said, "(then "), hash(&said, ", now ")]
        .into_iter()
        .flatten()
        .fold(said.clone(), |said, hash| said.replace(&hash, "HASH"));
    insta::assert_snapshot!(said);
    assert!(finished == files(&lab.path("out")), "nothing was touched");
    assert_eq!(fs::read_to_string(lab.path("results/points.csv")).unwrap(), "mine\n");
}

/// Every file that something is read from is named with its hash, and a folder refuses rows of another content.
#[test]
fn a_change_of_any_file_it_depends_on_is_noticed() {
    let lab = Lab::new("");
    fs::create_dir_all(lab.path("arch/tech")).unwrap();
    fs::create_dir(lab.path("arch/fpga")).unwrap();
    for folder in ["arch/tech", "arch/fpga"] {
        for file in files(&Path::new(ROOT).join(folder)).keys() {
            fs::copy(Path::new(ROOT).join(folder).join(file), lab.path(folder).join(file)).unwrap();
        }
    }
    let preset = |name: &str| fs::read_to_string(Path::new(ROOT).join("arch").join(name)).unwrap();
    fs::write(lab.path("arch/chip.toml"), preset("gemmini-16x16.toml")).unwrap();
    let part = preset("pynq-z2-8x8.toml").replace("\"zynq-7020\"", "\"fpga/zynq-7020.toml\"");
    fs::write(lab.path("arch/part.toml"), part).unwrap();
    for (arch, beside) in [
        ("chip", &["22nm.toml", "45nm.toml", "7nm.toml", "dram.toml", "sram-cacti7.csv"][..]),
        ("part", &["zynq-7020.toml", "families.toml", "dram.toml"][..]),
    ] {
        let space = format!("name = \"lab\"\narch = \"arch/{arch}.toml\"\nworkloads = [\"net\"]\n");
        fs::write(lab.path("space.toml"), space + "[axes]\narray.rows = [4, 8]\n").unwrap();
        let found = lab.sweep(arch, &[]);
        let named: Vec<String> = rows(&found["inputs.csv"]).iter().map(|row| row["file"].clone()).collect();
        for file in ["net/model.onnx", "net/trace.npz", "net/workload.toml", "policy.toml"] {
            assert!(named.iter().any(|name| name == file), "{file} is not among {named:?}");
        }
        for file in beside {
            let place = named.iter().find(|name| name.rsplit('/').next() == Some(file));
            let path =
                lab.path("arch").join(place.unwrap_or_else(|| panic!("{file} is not among {named:?}")));
            let text = fs::read(&path).unwrap();
            fs::write(&path, [&text[..], b"\n"].concat()).unwrap();
            let (code, said) = lab.trouble(arch, &[]);
            assert!(code == 2 && said.contains("files have changed since"), "{file}: {code}, {said}");
            fs::write(&path, text).unwrap();
        }
        assert!(found == lab.sweep(arch, &[]), "as before, it goes on");
    }
}

#[test]
fn samples_and_searches_find_points_of_the_grid_and_repeat_themselves() {
    let lab = Lab::new(MIXED);
    let strip = |files: &Files, name: &str| -> BTreeMap<String, BTreeMap<String, String>> {
        let without = |mut row: BTreeMap<String, String>| {
            row.remove("inputs");
            (row["point"].clone(), row)
        };
        rows(&files[name]).into_iter().map(without).collect()
    };
    let grid = strip(&lab.sweep("grid", &[]), "points.csv");
    for method in ["random", "sobol", "nsga2"] {
        let more = if method == "nsga2" { "population = 16\n" } else { "" };
        let space = |seed: u64| format!("method = \"{method}\"\npoints = 100\nseed = {seed}\n{more}{MIXED}");
        lab.write(&space(7));
        let out = |name: &str| format!("{method}-{name}");
        let first = lab.sweep(&out("first"), &["--jobs", "1"]);
        let found = strip(&first, "points.csv");
        assert_eq!(found.len(), 100, "{method}");
        assert_eq!(rows(&first["points.csv"]).len(), 100, "none twice");
        assert!(found.iter().all(|(point, row)| grid[point] == *row), "{method}");
        assert!(first == lab.sweep(&out("again"), &["--jobs", "3"]), "{method} again");
        // Interrupted after some of it: what is finished is not asked for again.
        let folder = lab.path(&out("cut"));
        fs::create_dir(&folder).unwrap();
        for (name, content) in first.iter().filter(|(name, _)| !name.starts_with("plots/")) {
            let name = if name == "points.csv" { "points.csv.part" } else { name };
            fs::write(folder.join(name), content).unwrap();
        }
        let journal = String::from_utf8(first["journal"].clone()).unwrap();
        let half: String = journal.split_inclusive('\n').take(1 + journal.lines().count() / 2).collect();
        fs::write(folder.join("journal"), half).unwrap();
        assert!(first == lab.sweep(&out("cut"), &[]), "{method} interrupted");
        lab.write(&space(8));
        assert_ne!(found, strip(&lab.sweep(&out("other"), &[]), "points.csv"), "{method}: another seed");
    }
}

#[test]
fn several_workloads_stand_beside_their_combination() {
    let space = "[axes]\narray.rows = [8, 16]\npolicy.beta = [0.02, 0.3]\n";
    let lab = Lab::new(space);
    let other = lab.path("other");
    fs::create_dir(&other).unwrap();
    for name in ["model.onnx", "policy.toml", "trace.npz"] {
        fs::copy(lab.path("net").join(name), other.join(name)).unwrap();
    }
    let manifest = fs::read_to_string(lab.path("net/workload.toml")).unwrap();
    fs::write(other.join("workload.toml"), manifest.replace("\"net\"", "\"other\"")).unwrap();
    let write = |combine: &str| {
        let head = format!(
            "name = \"lab\"\narch = \"{ROOT}/arch/edge-16x16.toml\"\nworkloads = [\"net\", \"other\"]\n"
        );
        fs::write(lab.path("space.toml"), format!("{head}combine = \"{combine}\"\n{space}")).unwrap();
    };
    let alone = rows(&lab.sweep("alone", &[])["points.csv"]);
    for combine in ["geometric-mean", "worst"] {
        write(combine);
        let both = rows(&lab.sweep(combine, &[])["points.csv"]);
        assert_eq!(both.len(), 4);
        // The same network twice: every combination is the network itself.
        for (row, alone) in both.iter().zip(&alone) {
            for column in ["energy_pj", "accuracy", "cycles", "cycles_saved_net", "area_mm2"] {
                let expected = number(alone, column);
                for name in [column.to_owned(), format!("net.{column}"), format!("other.{column}")] {
                    let found = number(row, &name);
                    assert!(
                        (found - expected).abs() <= 1e-12 * expected.abs(),
                        "{name}: {found}, {expected}"
                    );
                }
            }
        }
    }
}

/// Blocks of an FPGA as columns, an objective and a constraint; what does not fit the part is listed, and stops nothing.
#[test]
fn blocks_of_an_fpga_are_columns_and_what_does_not_fit_is_listed() {
    let lab = Lab::new("");
    let axes = "[axes]\nfpga.mac = [\"dsp\", \"dsp-packed\"]\narray.cols = [4, 8, 16, 32]\n";
    lab.write_on(
        "pynq-z2-8x8",
        &format!("objectives = [\"latency\", \"dsp\"]\nconstraints = [\"dsp <= 100\"]\n{axes}"),
    );
    let found = lab.sweep("out", &[]);
    let (points, skipped) = (rows(&found["points.csv"]), rows(&found["skipped.csv"]));
    assert!(!points.is_empty() && !skipped.is_empty());
    for row in &points {
        assert!(number(row, "dsp") <= 100.0 && number(row, "lut") > 19_700.0);
        assert!(!row.contains_key("area_mm2"), "an FPGA has none");
        // 8 rows, four DSP blocks a lane, one of the unit; packed half of those of the array.
        let (cols, packed) = (number(row, "array.cols"), row["fpga.mac"] == "dsp-packed");
        assert_eq!(number(row, "dsp"), 8.0 * cols / if packed { 2.0 } else { 1.0 } + 4.0 * cols + 1.0);
    }
    for row in &skipped {
        assert!(row["reason"].contains("does not fit XC7Z020"), "{row:?}");
    }
    assert_eq!(points.len() + skipped.len() + 1, 8, "one misses the constraint");
    lab.write_on("pynq-z2-8x8", &format!("objectives = [\"area\"]\n{axes}"));
    let (code, said) = lab.trouble("other", &[]);
    assert!(code == 2 && said.contains("an objective asks for area_mm2"), "{said}");
    lab.write("constraints = [\"dsp <= 100\"]\n[axes]\narray.cols = [8, 16]\n");
    let (code, said) = lab.trouble("third", &[]);
    assert!(code == 2 && said.contains("the constraint `dsp <= 100` asks for dsp"), "{said}");
}

/// Clocks that no design of a family has are warned of, and blocks can be drawn by rows and columns.
#[test]
fn a_sweep_of_an_fpga_warns_of_clocks_and_draws_its_blocks() {
    let lab = Lab::new("");
    lab.write_on(
        "pynq-z2-8x8",
        "[axes]\nclock = [\"100 MHz\", \"900 MHz\"]\narray.rows = [4, 8]\narray.cols = [4, 8]\n",
    );
    let done = lab.command("out", &[]).stdout(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success());
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("on the family: 900 MHz on XC7Z020 (25 to 250 MHz)"), "{said}");
    assert!(files(&lab.path("out")).keys().any(|name| name == "plots/design_map.svg"));
    let mut plot = Command::new(env!("CARGO_BIN_EXE_exclusim"));
    plot.args(["plot", "--figure", "design-map", "--column", "dsp"]).arg(lab.path("out"));
    let done = plot.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // 8 x 8 products, four blocks a lane, one of the unit.
    let drawn = fs::read_to_string(lab.path("out/plots/design_map.csv")).unwrap();
    assert!(drawn.lines().any(|line| line.split(',').any(|cell| cell == "97.0")), "{drawn}");
}
