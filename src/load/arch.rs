//! Architectures, and what they name: technologies, FPGA parts, arrival times.

use std::path::Path;

use super::files;
use crate::arch::{self as described, Arch, Arrivals, Load};
use crate::config::{self, Data, Fault, Faults, Node};
use crate::tech::fpga::{self, Device, read_device, read_families};
use crate::tech::{NamedText, Technology, read_technology};
use crate::units::Seconds;

/// The architecture of whoever names none, seen from a clone of the repository.
const DEFAULT_ARCH: &str = "arch/edge-16x16.toml";

/// Reads an architecture file, with overrides such as `array.rows=32`.
///
/// # Errors
/// Every fault of the file, of the overrides and of what it names.
pub fn arch(path: impl AsRef<Path>, overrides: &[String]) -> Result<Arch, Faults> {
    let path = path.as_ref();
    let node = node(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    checked(node, path, overrides, &|name| device(folder, name, &|_| ()))
}

/// Reads an architecture file as if it were built on an FPGA part: a shipped one by its name, or a file by its path.
///
/// # Errors
/// As [`arch`], and those of the part.
pub fn arch_on(path: &Path, part: &str, overrides: &[String]) -> Result<Arch, Faults> {
    let mut node = node(path)?;
    of_cells_alone(&mut node);
    let part = format!("fpga.device={}", toml::Value::String(part.to_owned()));
    let overrides: Vec<String> = std::iter::once(&part).chain(overrides).cloned().collect();
    // The name is the caller's, not the file's: a path starts at the current folder.
    checked(node, path, &overrides, &|name| device(Path::new(""), name, &|_| ()))
}

fn node(path: &Path) -> Result<Node, Faults> {
    if path == Path::new(DEFAULT_ARCH) && !path.exists() {
        let title = format!("no architecture is given, and {DEFAULT_ARCH} is not here");
        let help =
            "give one (run ARCH, calibrate --arch ARCH); the presets lie in arch/ of a clone of exclusim";
        return Err(Fault::new(title, help).into());
    }
    files::toml(path, "architecture file")
}

/// The architecture that a tree with overrides says, its faults and those of the overrides together.
fn checked(
    mut node: Node,
    path: &Path,
    overrides: &[String],
    device: &dyn Fn(&str) -> Result<Device, Faults>,
) -> Result<Arch, Faults> {
    let mut faults = Faults::default();
    for assignment in overrides {
        if let Err(more) = config::set(&mut node, assignment) {
            faults.0.extend(more.0);
        }
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let technology = |file: &str| technology(&folder.join(file), &|_| ());
    match described::read(&node, Load { technology: &technology, device }) {
        Ok(arch) => faults.none(arch),
        Err(more) => {
            faults.0.extend(more.0);
            Err(faults)
        }
    }
}

/// Takes out what a chip of its own has and a part of an FPGA has not.
fn of_cells_alone(arch: &mut Node) {
    let Data::Table(table) = &mut arch.data else { return };
    table.remove("technology");
    if matches!(table.get("clock"), Some((_, Node { data: Data::Text(text), .. })) if text == "auto") {
        table.remove("clock");
    }
    if let Some((_, Node { data: Data::Table(power), .. })) = table.get_mut("power") {
        ["device", "temperature", "idle"].iter().for_each(|key| {
            power.remove(*key);
        });
    }
}

/// Arrival times of an architecture that records them, in a file beside its own; none for another.
///
/// # Errors
/// The file cannot be read, or holds no times.
pub fn arrival_times(path: &Path, arch: &Arch) -> Result<Vec<Seconds>, Faults> {
    let Some(Arrivals::Recorded { file }) = &arch.arrivals else { return Ok(Vec::new()) };
    let path = path.parent().unwrap_or(Path::new("")).join(file);
    described::recorded_times(&path.display().to_string(), &files::text(&path, "file of arrival times")?)
}

/// Told what a file names beside itself: the name in it.
pub type Beside<'a> = &'a dyn Fn(&str);

/// Reads a technology file; `beside` is told every other file that it is made of.
///
/// # Errors
/// Every fault of the file and of its tables.
pub fn technology(path: &Path, beside: Beside<'_>) -> Result<Technology, Faults> {
    let node = files::toml(path, "technology file")?;
    let folder = path.parent().unwrap_or(Path::new(""));
    read_technology(&node, &|file| {
        beside(file);
        let path = folder.join(file);
        Ok((path.display().to_string(), files::text(&path, "table of a technology")?))
    })
}

/// What a part's file of families is called.
const FAMILIES: &str = "families.toml";

/// Reads an FPGA part: a shipped one by its name, or a file by its path from `folder`. The file of families lies beside a
/// part's; where none does, it is the shipped one. `beside` is told it, and what it names.
pub(super) fn device(folder: &Path, name: &str, beside: Beside<'_>) -> Result<Device, Faults> {
    if fpga::names_shipped(name) {
        return fpga::shipped(name);
    }
    let path = folder.join(name);
    let node = files::toml(&path, "FPGA part")?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let families = folder.join(FAMILIES);
    if !families.exists() {
        return read_device(&node, &fpga::shipped_families()?);
    }
    beside(FAMILIES);
    let load = |file: &str| -> Result<NamedText, Faults> {
        beside(file);
        let path = folder.join(file);
        Ok((path.display().to_string(), files::text(&path, "file of DRAM kinds")?))
    };
    read_device(&node, &read_families(&files::toml(&families, "file of FPGA families")?, &load)?)
}
