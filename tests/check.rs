//! Does `exclusim check` notice? A lock file in a folder of its own, as a user keeps one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const BLESS: &[&str] = &["check", "--bless", "--arch", "arch/edge-16x16.toml", "--network", "net.csv"];

/// A user's repository: an architecture, its technology, a small topology.
fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("arch");
    let to = folder.path().join("arch");
    fs::create_dir_all(to.join("tech")).unwrap();
    fs::copy(from.join("edge-16x16.toml"), to.join("edge-16x16.toml")).unwrap();
    for entry in fs::read_dir(from.join("tech")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join("tech").join(path.file_name().unwrap())).unwrap();
    }
    let topology = "Layer, M, N, K,\nfirst, 64, 32, 27,\nsecond, 16, 64, 288,\n";
    fs::write(folder.path().join("net.csv"), topology).unwrap();
    folder
}

fn exclusim(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
    command.args(arguments).current_dir(folder.path()).env_remove("CI").output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn replace(folder: &TempDir, file: &str, old: &str, new: &str) {
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{file} has no `{old}`:\n{text}");
    fs::write(path, text.replacen(old, new, 1)).unwrap();
}

/// The row of a table that begins with these words, its cells apart by one space.
fn row(output: &Output, start: &str) -> String {
    let told = said(output);
    let mut rows = told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    rows.find(|row| row.starts_with(start)).unwrap_or_else(|| panic!("no row {start}: {told}"))
}

/// The totals are the sums of the cycles of the rows, which `--top` leaves as they are.
fn ends_with_totals(folder: &TempDir, whole: &Output) {
    let folded = exclusim(folder, &["check", "--top", "1"]);
    let count = |text: &str| text.replace(',', "").parse::<u64>().unwrap();
    let cells = |row: String, at: usize| count(row.split(' ').nth(at).unwrap());
    let total = row(&folded, "edge-16x16 net, the path once");
    assert_eq!(total, row(whole, "edge-16x16 net, the path once"));
    for (in_row, in_total) in [(2, 5), (3, 6)] {
        let rows = ["first cycles", "second cycles"].map(|start| cells(row(whole, start), in_row));
        assert_eq!(rows.iter().sum::<u64>(), cells(total.clone(), in_total), "{}", said(whole));
    }
    let told = said(&folded);
    assert_eq!(told.matches(" beyond\n").count(), 1, "{told}");
    let moved = count(
        row(&folded, "exclusim.lock.toml:").split("counts: ").nth(1).unwrap().split(' ').next().unwrap(),
    );
    assert!(told.contains(&format!("\n{} more moved, {} of them beyond", moved - 1, moved - 1)), "{told}");
    // Notes, on standard error, break on a terminal only.
    let printed = String::from_utf8_lossy(&folded.stdout);
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
}

#[test]
fn what_was_blessed_holds_and_a_change_is_told_with_its_cause() {
    let folder = repository();
    assert!(exclusim(&folder, BLESS).status.success());
    let first = fs::read(folder.path().join("exclusim.lock.toml")).unwrap();
    let same = exclusim(&folder, &["check"]);
    assert!(same.status.success() && said(&same).contains("0 moved, 0 beyond"), "{}", said(&same));

    replace(&folder, "arch/edge-16x16.toml", "cols = 16", "cols = 8");
    let moved = exclusim(&folder, &["check", "--explain"]);
    assert_eq!(moved.status.code(), Some(1), "{}", said(&moved));
    assert!(said(&moved).starts_with("edge-16x16 net\n"), "{}", said(&moved));
    assert!(row(&moved, "first cycles").contains(" beyond"), "{}", said(&moved));
    assert!(said(&moved).contains("arch.array.cols · 16 → 8"), "{}", said(&moved));
    // Every difference is told, not the first one only.
    assert!(row(&moved, "second cycles").contains(" beyond"), "{}", said(&moved));
    ends_with_totals(&folder, &moved);

    assert!(exclusim(&folder, &["check", "--bless"]).status.success());
    assert!(exclusim(&folder, &["check"]).status.success());
    replace(&folder, "arch/edge-16x16.toml", "cols = 8", "cols = 16");
    assert!(exclusim(&folder, &["check", "--bless"]).status.success());
    assert_eq!(
        fs::read(folder.path().join("exclusim.lock.toml")).unwrap(),
        first,
        "the same counts, the same bytes"
    );
}

#[test]
fn a_single_wrong_count_is_found_and_tolerance_forgives_it() {
    let folder = repository();
    assert!(exclusim(&folder, BLESS).status.success());
    let text = fs::read_to_string(folder.path().join("exclusim.lock.toml")).unwrap();
    let count = text.split("cycles = ").nth(1).unwrap().split([',', ' ']).next().unwrap();
    let wrong = (count.parse::<u64>().unwrap() + 1).to_string();
    replace(&folder, "exclusim.lock.toml", &format!("cycles = {count}"), &format!("cycles = {wrong}"));
    let found = exclusim(&folder, &["check"]);
    assert_eq!(found.status.code(), Some(1));
    let told = row(&found, "first cycles").replace(',', "");
    assert!(told.starts_with(&format!("first cycles {wrong} {count} -0.")), "{told}");
    assert!(said(&found).contains("1 moved, 1 beyond"), "{}", said(&found));
    replace(&folder, "exclusim.lock.toml", "[tolerance]", "[tolerance]\ncycles = 1.5");
    let forgiven = exclusim(&folder, &["check"]);
    assert!(
        forgiven.status.success() && row(&forgiven, "first cycles").ends_with("within"),
        "{}",
        said(&forgiven)
    );
}

#[test]
fn a_configuration_is_replaced_not_doubled_and_overrides_make_another() {
    let folder = repository();
    for arguments in [BLESS, BLESS, &[BLESS, &["--set", "array.rows=8"]].concat()] {
        assert!(exclusim(&folder, arguments).status.success());
    }
    let text = fs::read_to_string(folder.path().join("exclusim.lock.toml")).unwrap();
    assert_eq!(text.matches("[[held]]").count(), 2, "{text}");
    assert!(text.contains("\"arch.array.rows\" = \"8\""), "{text}");
}

#[test]
fn a_policy_holds_exits_and_totals_of_all_samples() {
    let folder = TempDir::new().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (arch, network) = (root.join("arch/edge-16x16.toml"), root.join("workloads/vgg-mini-fashion"));
    let policy = network.join("policy.toml");
    let named = [arch, network, policy].map(|path| path.display().to_string());
    let output = exclusim(
        &folder,
        &[
            "check",
            "--bless",
            "--by",
            "segment",
            "--arch",
            &named[0],
            "--network",
            &named[1],
            "--policy",
            &named[2],
        ],
    );
    assert!(output.status.success(), "{}", said(&output));
    let text = fs::read_to_string(folder.path().join("exclusim.lock.toml")).unwrap();
    let row = text.lines().find(|line| line.starts_with("all-samples")).unwrap();
    let exits: u64 = (1..=7)
        .filter_map(|exit| row.split(&format!("exit{exit} = ")).nth(1))
        .map(|rest| rest.split([',', ' ']).next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(exits, 10_000, "{row}");
}

#[test]
fn bad_input_is_refused() {
    let folder = repository();
    let missing = exclusim(&folder, &["check"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(said(&missing).contains("--bless --arch"), "{}", said(&missing));
    fs::write(folder.path().join("exclusim.lock.toml"), "lock = 2\n").unwrap();
    let other = exclusim(&folder, &["check"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(said(&other).contains("version 1"), "{}", said(&other));
    fs::remove_file(folder.path().join("exclusim.lock.toml")).unwrap();
    assert!(exclusim(&folder, BLESS).status.success());
    fs::remove_file(folder.path().join("net.csv")).unwrap();
    let gone = exclusim(&folder, &["check"]);
    assert_eq!(gone.status.code(), Some(2));
    assert!(said(&gone).contains("net.csv"), "{}", said(&gone));
    let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
    let refused =
        command.args(["check", "--bless"]).current_dir(folder.path()).env("CI", "true").output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("CI"), "{}", said(&refused));
}

/// The commands of the examples in `docs/regression/`, run in a repository that holds, then in one that does not.
#[test]
fn the_examples_for_ci_and_pre_commit_work() {
    for (file, mark) in
        [("github-actions.yml", "- run: exclusim"), ("pre-commit-config.yaml", "entry: exclusim")]
    {
        let text =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/regression").join(file))
                .unwrap();
        let line = text.lines().find(|line| line.contains(mark)).unwrap();
        let command = line.split_once(": ").unwrap().1;
        let folder = repository();
        assert!(exclusim(&folder, BLESS).status.success());
        let run = || {
            let tool = Path::new(env!("CARGO_BIN_EXE_exclusim")).parent().unwrap().display().to_string();
            let path = format!("{tool}:{}", std::env::var("PATH").unwrap());
            Command::new("sh")
                .args(["-c", command])
                .current_dir(folder.path())
                .env("PATH", path)
                .output()
                .unwrap()
        };
        assert!(run().status.success(), "{file}: {}", said(&run()));
        replace(&folder, "net.csv", "64, 32, 27", "64, 32, 28");
        let moved = run();
        assert_eq!(moved.status.code(), Some(1), "{file}: {}", said(&moved));
        assert!(said(&moved).contains("file net.csv, sha256"), "{file}: {}", said(&moved));
    }
}
