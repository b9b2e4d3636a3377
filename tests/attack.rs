//! Can the program be made to fall over? Inputs that nobody means and outputs that take nothing end in a message and an exit code.

use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Exit code and standard error of a command in a folder.
fn run(folder: &TempDir, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
    let output = command.args(args).current_dir(folder.path()).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn sweep_with(constraint: &str) -> String {
    format!(
        "name = \"s\"\narch = \"edge-16x16\"\nworkloads = [\"vgg-mini-fashion\"]\nconstraints = [\"{constraint}\"]\n[axes]\narray.rows = [8, 16]\n"
    )
}

#[test]
fn conditions_that_nest_without_end_are_refused() {
    let folder = TempDir::new().unwrap();
    for deep in ["(".repeat(50_000), "-".repeat(50_000), "1+".repeat(50_000)] {
        std::fs::write(folder.path().join("s.toml"), sweep_with(&format!("{deep}1 <= 2"))).unwrap();
        let (code, said) = run(&folder, &["sweep", "s.toml"]);
        assert_eq!(code, Some(2), "{}", &said[..said.len().min(400)]);
        assert!(said.contains("is too long; at most 500 are read"));
    }
}

#[test]
fn a_name_of_any_length_is_a_name() {
    let folder = TempDir::new().unwrap();
    let layer = format!("{}, 8, 8, 3, 3, 4, 8, 1,", "n".repeat(70_000));
    let text = format!(
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n{layer}\n"
    );
    std::fs::write(folder.path().join("net.csv"), text).unwrap();
    let (code, said) = run(&folder, &["layers", "edge-16x16", "net.csv"]);
    assert_eq!(code, Some(0), "{}", &said[..said.len().min(400)]);
}

#[test]
fn of_many_faults_of_a_kind_the_first_are_shown() {
    let folder = TempDir::new().unwrap();
    let rows = "bad, x, 8, 3, 3, 4, 8, 1,\n".repeat(400);
    let text = format!(
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n{rows}"
    );
    std::fs::write(folder.path().join("net.csv"), text).unwrap();
    let (code, said) = run(&folder, &["layers", "edge-16x16", "net.csv"]);
    assert_eq!(code, Some(2));
    assert!(said.lines().filter(|line| line.starts_with("error")).count() <= 50, "{said}");
    assert!(said.contains("350 more like those above are not shown"), "{}", &said[said.len() - 300..]);
}

#[test]
fn more_threads_than_the_machine_has_are_told() {
    let folder = TempDir::new().unwrap();
    let args = ["run", "--samples", "20", "--no-files", "--jobs", "4000"];
    let (code, said) = run(&folder, &args);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("4000 threads are asked for; the machine runs"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_error_changes_no_exit_code() {
    let folder = TempDir::new().unwrap();
    let full = || Stdio::from(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    for (args, wanted) in [
        (vec!["run", "no-such-arch.toml"], 2),
        (vec!["run", "--samples", "20", "--no-files", "--jobs", "4000"], 0),
        (vec!["sweep", "no-such-sweep.toml"], 2),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exclusim"));
        let status = command
            .args(&args)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(full())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(wanted), "{args:?}");
    }
}
