//! From what an architecture calls its FPGA part to the part.

use std::path::Path;

use super::files;
use crate::arch::NamedText;
use crate::arch::fpga::{self, Device, read_device, read_families};
use crate::config::Faults;

/// Reads an FPGA part: a shipped one by its name, or a file by its path from `folder`. The file of families lies beside a
/// part's; where none does, it is the shipped one.
pub(super) fn device(folder: &Path, name: &str) -> Result<Device, Faults> {
    if fpga::names_shipped(name) {
        return fpga::shipped(name);
    }
    let path = folder.join(name);
    let node = files::read_toml(&path, "FPGA part")?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let families = beside.join("families.toml");
    if !families.exists() {
        return read_device(&node, &fpga::shipped_families()?);
    }
    let load = |file: &str| -> Result<NamedText, Faults> {
        let path = beside.join(file);
        Ok((path.display().to_string(), files::read_text(&path, "file of DRAM kinds")?))
    };
    read_device(&node, &read_families(&files::read_toml(&families, "file of FPGA families")?, &load)?)
}
