//! The parts that are shipped, and the files that they need, inside the program: an architecture anywhere on disk may name
//! one.

use std::path::Path;

use super::{Device, Families, read_device, read_families};
use crate::config::{self, Fault, Faults};

macro_rules! shipped {
    ($($file:literal),+ $(,)?) => {
        &[$(($file, include_str!(concat!("../../../arch/fpga/", $file)))),+]
    };
}

/// Files of `arch/fpga`, and the prices of DRAM that they name.
const FILES: &[(&str, &str)] = shipped!(
    "alveo-u250.toml",
    "alveo-u50.toml",
    "artix-7-100t.toml",
    "ecp5-85f.toml",
    "kria-k26.toml",
    "vu9p.toml",
    "zu3eg.toml",
    "zu7ev.toml",
    "zu9eg.toml",
    "zynq-7020.toml",
    "zynq-7045.toml",
    "families.toml",
    "../tech/dram.toml",
);

/// The file that is not a part.
const FAMILIES: &str = "families.toml";

/// Names of the parts that are shipped.
pub fn shipped_names() -> impl Iterator<Item = &'static str> {
    let files = FILES.iter().filter(|(file, _)| *file != FAMILIES && !file.contains('/'));
    files.filter_map(|(file, _)| file.strip_suffix(".toml"))
}

/// Whether an architecture names a shipped part: by a word, not by a path.
#[must_use]
pub fn names_shipped(device: &str) -> bool {
    !device.contains(['/', '\\']) && Path::new(device).extension().is_none_or(|end| end != "toml")
}

/// What the shipped parts' families have in common.
///
/// # Errors
/// The shipped files are faulty: a bug.
pub fn shipped_families() -> Result<Families, Faults> {
    let load = |name: &str| Ok((name.to_owned(), text(name)?.to_owned()));
    read_families(&config::parse(FAMILIES, text(FAMILIES)?)?, &load)
}

/// A shipped part by its name.
///
/// # Errors
/// There is none of that name; the nearest are named.
pub fn shipped(name: &str) -> Result<Device, Faults> {
    let Some(known) = shipped_names().find(|known| known.eq_ignore_ascii_case(name)) else {
        return Err(unknown(name).into());
    };
    let file = format!("{known}.toml");
    read_device(&config::parse(&file, text(&file)?)?, &shipped_families()?)
}

fn text(name: &str) -> Result<&'static str, Faults> {
    let found = FILES.iter().find(|(file, _)| *file == name);
    found
        .map(|(_, text)| *text)
        .ok_or_else(|| Fault::new(format!("{name} is not shipped"), "report it").into())
}

fn unknown(name: &str) -> Fault {
    let lower = name.to_lowercase();
    let likeness = |known: &str| strsim::jaro_winkler(&lower, known);
    let mut near: Vec<&str> = shipped_names().filter(|known| likeness(known) > 0.75).collect();
    near.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    let help = if near.is_empty() {
        let all: Vec<&str> = shipped_names().collect();
        format!("write one of {}, or the path of a part's file", all.join(", "))
    } else {
        near.truncate(3);
        format!("did you mean {}? A part of your own is named by its file's path", near.join(", "))
    };
    Fault::new(format!("no FPGA part `{name}` is shipped"), help)
}
