//! Does a workload that cannot be say why, and a plain one run?

use assert_cmd::Command;
use std::path::Path;
use tempfile::TempDir;

const ARCH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/arch/edge-16x16.toml");

/// A copy of a folder's files.
fn copy(folder: &str, files: &[&str]) -> TempDir {
    let copied = TempDir::new().unwrap();
    for file in files {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(file);
        std::fs::copy(from, copied.path().join(file)).unwrap();
    }
    copied
}

/// The small workload of recorded scores, without its policy.
fn recorded() -> TempDir {
    copy("tests/fixtures/bring-your-own", &["workload.toml", "model.onnx", "trace.npz"])
}

/// Runs a command beside a folder; gives its exit code, what it printed and what it said without notes.
fn said(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("exclusim").unwrap();
    let output = command.current_dir(folder.path()).args(arguments).output().unwrap();
    let [printed, said] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    let noted = |line: &&str| !line.starts_with("note: ");
    let said = said.lines().filter(noted).map(|line| format!("{line}\n")).collect();
    (output.status.code(), printed, said)
}

fn refused(folder: &TempDir, arguments: &[&str]) -> String {
    let (code, printed, said) = said(folder, arguments);
    assert_eq!((code, printed.as_str()), (Some(2), ""), "{said}");
    said
}

fn write(folder: &TempDir, file: &str, text: &str) {
    std::fs::write(folder.path().join(file), text).unwrap();
}

#[test]
fn without_an_architecture_the_presets_are_named() {
    let folder = recorded();
    insta::assert_snapshot!(refused(&folder, &["calibrate", ".", "--tolerance", "1%", "--out", "p.toml"]));
}

#[test]
fn without_a_policy_the_next_step_fits_what_there_is() {
    let folder = recorded();
    let no_calibration = refused(&folder, &["run", ARCH, "."]);
    let calibrate = refused(&folder, &["calibrate", ".", "--arch", ARCH, "--tolerance", "1%", "--out", "p"]);
    let manifest = std::fs::read_to_string(folder.path().join("workload.toml")).unwrap();
    write(
        &folder,
        "twin.toml",
        &format!("calibration_trace = \"trace.npz\"\npolicy = \"twin-p.toml\"\n{manifest}"),
    );
    let calibration = refused(&folder, &["run", ARCH, "twin.toml"]);
    insta::assert_snapshot!([no_calibration, calibrate, calibration].join("----\n"));
}

#[test]
fn a_plain_network_needs_no_policy_and_has_no_thresholds() {
    let folder = TempDir::new().unwrap();
    // One layer on the whole image: its one output is the classifier.
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/onnx/gemm.onnx");
    std::fs::copy(model, folder.path().join("model.onnx")).unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/onnx/gemm.npz");
    std::fs::copy(data, folder.path().join("test.npz")).unwrap();
    write(
        &folder,
        "workload.toml",
        "name = \"plain\"\nmodel = \"model.onnx\"\n[data]\nevaluation = \"test.npz\"\ncalibration = \"test.npz\"\n",
    );
    let (code, printed, noted) = said(&folder, &["run", ARCH, "."]);
    assert_eq!(code, Some(0), "{noted}");
    assert!(printed.contains("inferences per second") && printed.contains("answered rightly"), "{printed}");
    insta::assert_snapshot!(refused(
        &folder,
        &["calibrate", ".", "--arch", ARCH, "--tolerance", "1%", "--out", "p.toml"]
    ));
}

#[cfg(unix)]
#[test]
fn files_that_lead_out_of_the_folder_are_refused() {
    use std::os::unix::fs::symlink;
    let elsewhere = recorded();
    let linked = |file: &str, to: &Path| {
        let folder = recorded();
        write(&folder, "policy.toml", "beta = [0.5]\n");
        std::fs::remove_file(folder.path().join(file)).unwrap();
        symlink(to, folder.path().join(file)).unwrap();
        refused(&folder, &["run", ARCH, "."])
    };
    write(&elsewhere, "policy.toml", "beta = [0.5]\n");
    let out = |file: &str| linked(file, &elsewhere.path().join(file));
    let said = [
        out("model.onnx"),
        out("trace.npz"),
        out("policy.toml"),
        linked("trace.npz", Path::new("/dev/zero")),
    ];
    insta::assert_snapshot!(said.join("----\n"));
    let folder = recorded();
    std::fs::rename(folder.path().join("trace.npz"), folder.path().join("kept.npz")).unwrap();
    symlink("kept.npz", folder.path().join("trace.npz")).unwrap();
    write(&folder, "policy.toml", "beta = [0.5]\n");
    assert_eq!(said_code(&folder), Some(0), "a link inside the folder");
}

#[cfg(unix)]
fn said_code(folder: &TempDir) -> Option<i32> {
    said(folder, &["run", ARCH, "."]).0
}

/// A file that claims to be something else than it is must not make a reader wait.
#[cfg(unix)]
#[test]
fn pipes_and_folders_are_no_files() {
    let folder = recorded();
    write(&folder, "policy.toml", "beta = [0.5]\n");
    let trace = folder.path().join("trace.npz");
    std::fs::remove_file(&trace).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&trace).status().unwrap();
    assert!(made.success());
    let pipe = refused(&folder, &["run", ARCH, "."]);
    std::fs::remove_file(&trace).unwrap();
    std::fs::create_dir(&trace).unwrap();
    insta::assert_snapshot!([pipe, refused(&folder, &["run", ARCH, "."])].join("----\n"));
}
