//! From what an architecture calls its FPGA part to the part.

use std::path::Path;

use super::files;
use super::load::Beside;
use crate::config::Faults;
use crate::tech::NamedText;
use crate::tech::fpga::{self, Device, read_device, read_families};

/// What a part's file of families is called.
const FAMILIES: &str = "families.toml";

/// Reads an FPGA part: a shipped one by its name, or a file by its path from `folder`. The file of families lies beside a
/// part's; where none does, it is the shipped one. `beside` is told it, and what it names.
pub(super) fn device(folder: &Path, name: &str, beside: Beside<'_>) -> Result<Device, Faults> {
    if fpga::names_shipped(name) {
        return fpga::shipped(name);
    }
    let path = folder.join(name);
    let node = files::read_toml(&path, "FPGA part")?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let families = folder.join(FAMILIES);
    if !families.exists() {
        return read_device(&node, &fpga::shipped_families()?);
    }
    beside(FAMILIES);
    let load = |file: &str| -> Result<NamedText, Faults> {
        beside(file);
        let path = folder.join(file);
        Ok((path.display().to_string(), files::read_text(&path, "file of DRAM kinds")?))
    };
    read_device(&node, &read_families(&files::read_toml(&families, "file of FPGA families")?, &load)?)
}
