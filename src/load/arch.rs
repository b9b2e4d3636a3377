//! Architectures, and what they name: technologies, FPGA parts, arrival times.

use std::path::Path;

use super::files;
use super::place::{Kind, Place};
use super::what::{Wanted, expect};
use crate::arch::{self as described, Arch, Arrivals, Load};
use crate::config::{self, Data, Faults, Node};
use crate::cost::weighed;
use crate::tech::fpga::{Device, Families, read_device, read_families};
use crate::tech::{NamedText, Technology, read_technology};
use crate::units::Seconds;

/// Reads an architecture file, with overrides such as `array.rows=32`.
///
/// # Errors
/// Every fault of the file, of the overrides and of what it names.
pub fn arch(path: impl AsRef<Path>, overrides: &[String]) -> Result<Arch, Faults> {
    arch_at(&Kind::Arch.find(&Place::here(), path)?, overrides)
}

/// [`arch`] from its place.
///
/// # Errors
/// As [`arch`].
pub fn arch_at(place: &Place, overrides: &[String]) -> Result<Arch, Faults> {
    WrittenArch::at(place)?.arch(overrides)
}

/// An architecture as it is written, before its values are looked at.
#[derive(Clone, Debug)]
pub struct WrittenArch {
    /// Its keys.
    pub node: Node,
    /// Where what it names lies.
    pub folder: Place,
}

impl WrittenArch {
    /// Reads a file, or takes a shipped one by its name.
    ///
    /// # Errors
    /// It cannot be read, or is no TOML.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Faults> {
        Self::at(&Kind::Arch.find(&Place::here(), path)?)
    }

    fn at(place: &Place) -> Result<Self, Faults> {
        expect(place, Wanted::Arch)?;
        Ok(Self { node: files::toml(place, "architecture file")?, folder: place.folder() })
    }

    /// Takes a TOML text; `name` is what messages call it. What it names is seen from the current folder.
    ///
    /// # Errors
    /// It is no TOML.
    pub fn parse(name: &str, text: &str) -> Result<Self, Faults> {
        Ok(Self { node: config::parse(name, text)?, folder: Place::here() })
    }

    /// The same with a key set, as `array.rows=32` sets one.
    ///
    /// # Errors
    /// It is no assignment.
    pub fn set(&mut self, assignment: &str) -> Result<(), Faults> {
        config::set(&mut self.node, assignment)
    }

    /// The architecture, with overrides such as `array.rows=32`.
    ///
    /// # Errors
    /// As [`arch`].
    pub fn arch(&self, overrides: &[String]) -> Result<Arch, Faults> {
        let device = |name: &str| device(&self.folder, name, &|_, _| ());
        checked(self.node.clone(), &self.folder, overrides, &device)
    }

    /// Arrival times, where the architecture says that they are recorded; none for another.
    ///
    /// # Errors
    /// The file cannot be read, or holds no times.
    pub fn arrival_times(&self, arch: &Arch) -> Result<Vec<Seconds>, Faults> {
        recorded_arrivals(&self.folder, arch)
    }
}

/// Reads an architecture file as if it were built on an FPGA part: a shipped one by its name, or a file by its path.
///
/// # Errors
/// As [`arch`], and those of the part.
pub fn arch_on(path: impl AsRef<Path>, part: &str, overrides: &[String]) -> Result<Arch, Faults> {
    let place = Kind::Arch.find(&Place::here(), path)?;
    expect(&place, Wanted::Arch)?;
    let mut node = files::toml(&place, "architecture file")?;
    of_cells_alone(&mut node);
    let part = format!("fpga.device={}", toml::Value::String(part.to_owned()));
    let overrides: Vec<String> = std::iter::once(&part).chain(overrides).cloned().collect();
    // The name is the caller's, not the file's: a path starts at the current folder.
    checked(node, &place.folder(), &overrides, &|name| device(&Place::here(), name, &|_, _| ()))
}

/// The architecture that a tree with overrides says, its faults and those of the overrides together.
fn checked(
    mut node: Node,
    folder: &Place,
    overrides: &[String],
    device: &dyn Fn(&str) -> Result<Device, Faults>,
) -> Result<Arch, Faults> {
    let mut faults = Faults::default();
    for assignment in overrides {
        if let Err(more) = config::set(&mut node, assignment) {
            faults.0.extend(more.0);
        }
    }
    let technology = |name: &str| technology(folder, name, &|_, _| ());
    match described::read(&node, Load { technology: &technology, device }) {
        Ok(arch) => faults.none(weighed(arch)),
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
pub fn arrival_times(path: impl AsRef<Path>, arch: &Arch) -> Result<Vec<Seconds>, Faults> {
    recorded_arrivals(&Kind::Arch.find(&Place::here(), path)?.folder(), arch)
}

fn recorded_arrivals(folder: &Place, arch: &Arch) -> Result<Vec<Seconds>, Faults> {
    let Some(Arrivals::Recorded { file }) = &arch.arrivals else { return Ok(Vec::new()) };
    let place = folder.join(file);
    described::recorded_times(&place.to_string(), &files::text(&place, "file of arrival times")?)
}

/// Told every file that another is made of: the name in it, and where it lies.
pub type Beside<'a> = &'a dyn Fn(&str, &Place);

/// Reads a technology: a shipped one by its name, or a file by its path from `folder`; `beside` is told every other file that
/// it is made of.
///
/// # Errors
/// Every fault of the file and of its tables.
pub fn technology(folder: &Place, name: impl AsRef<Path>, beside: Beside<'_>) -> Result<Technology, Faults> {
    let place = Kind::Technology.find(folder, name)?;
    expect(&place, Wanted::Technology)?;
    let node = files::toml(&place, "technology file")?;
    let folder = place.folder();
    read_technology(&node, &|file| {
        named_text(Kind::Technology, &folder, file, "table of a technology", beside)
    })
}

/// The text of a file that another names.
fn named_text(
    kind: Kind,
    folder: &Place,
    file: &str,
    what: &str,
    beside: Beside<'_>,
) -> Result<NamedText, Faults> {
    let place = kind.find(folder, file)?;
    beside(file, &place);
    Ok((place.to_string(), files::text(&place, what)?))
}

/// What a part's file of families is called.
const FAMILIES: &str = "families.toml";

/// Reads an FPGA part: a shipped one by its name, or a file by its path from `folder`. The file of families lies beside a
/// part's; where none does, it is the shipped one. `beside` is told what lies on disk of both, and what they name.
///
/// # Errors
/// Every fault of the part and of its family.
pub fn device(folder: &Place, name: &str, beside: Beside<'_>) -> Result<Device, Faults> {
    let place = Kind::Device.find(folder, name)?;
    expect(&place, Wanted::Device)?;
    let families = Kind::Device.find(&place.folder(), FAMILIES)?;
    let told = |file: &str, place: &Place| {
        if place.on_disk().is_some() {
            beside(file, place);
        }
    };
    told(FAMILIES, &families);
    let folder = families.folder();
    let load = |file: &str| named_text(Kind::Technology, &folder, file, "file of DRAM kinds", &told);
    let families = read_families(&files::toml(&families, "file of FPGA families")?, &load)?;
    read_device(&files::toml(&place, "FPGA part")?, &families)
}

/// The families of the shipped FPGA parts.
///
/// # Errors
/// The shipped files are faulty: a bug.
pub fn shipped_families() -> Result<Families, Faults> {
    let families = Kind::Device.shipped(FAMILIES).unwrap_or(Place::here());
    let folder = families.folder();
    let load = |file: &str| named_text(Kind::Technology, &folder, file, "file of DRAM kinds", &|_, _| ());
    read_families(&files::toml(&families, "file of FPGA families")?, &load)
}
