//! Packs the files that are shipped inside the program: presets, technologies, FPGA parts, sweeps and workloads.
//!
//! The pack is an index of lines `path method offset packed-length length`, its own length before it in 8 digits, and then the
//! files: deflated where that makes them smaller. `src/load/shipped.rs` reads it.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The workload that is shipped with its images. Of all others only those without data are, which are small.
const WITH_DATA: &str = "workloads/vgg-mini-fashion";
/// Files of a workload that no command reads.
const LEFT_OUT: [&str; 4] = ["README.md", "accuracy.csv", "accuracy-softmax.csv", "expected.npz"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let mut paths = Vec::new();
    for folder in ["arch", "arch/tech", "arch/fpga", "arch/sweeps"] {
        paths.extend(files(&root, folder)?.into_iter().filter(|path| has_ending(path, &["toml", "csv"])));
    }
    for entry in fs::read_dir(root.join("workloads"))? {
        let folder = format!("workloads/{}", entry?.file_name().to_string_lossy());
        let inside = files(&root, &folder)?;
        let has_data = inside.iter().any(|path| has_ending(path, &["npz"]));
        if inside.iter().any(|path| path.ends_with("/workload.toml")) && (!has_data || folder == WITH_DATA) {
            let left_out = |path: &String| LEFT_OUT.iter().any(|name| path.ends_with(&format!("/{name}")));
            paths.extend(inside.into_iter().filter(|path| !left_out(path)));
        }
    }
    paths.sort();
    let packed = pack(&root, &paths)?;
    fs::write(Path::new(&std::env::var("OUT_DIR")?).join("shipped.bin"), packed)?;
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=arch");
    println!("cargo:rerun-if-changed=workloads");
    Ok(())
}

fn has_ending(path: &str, endings: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|found| endings.iter().any(|ending| found == *ending))
}

/// Paths of the files of a folder, seen from the root, with forward slashes.
fn files(root: &Path, folder: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    if !root.join(folder).is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            found.push(format!("{folder}/{}", entry.file_name().to_string_lossy()));
        }
    }
    Ok(found)
}

fn pack(root: &Path, paths: &[String]) -> Result<Vec<u8>, Box<dyn Error>> {
    let (mut index, mut data) = (String::new(), Vec::new());
    for path in paths {
        let content = fs::read(root.join(path))?;
        // Archives are compressed already.
        let smaller = (!has_ending(path, &["npz"]))
            .then(|| miniz_oxide::deflate::compress_to_vec(&content, 9))
            .filter(|packed| packed.len() < content.len());
        let (method, packed) = match &smaller {
            Some(packed) => ("deflated", packed),
            None => ("stored", &content),
        };
        index += &format!("{path} {method} {} {} {}\n", data.len(), packed.len(), content.len());
        data.extend_from_slice(packed);
    }
    let mut all = format!("{:08}{index}", index.len()).into_bytes();
    all.extend_from_slice(&data);
    Ok(all)
}
