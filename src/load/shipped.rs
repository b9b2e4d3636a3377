//! The files inside the program: presets, technologies, FPGA parts, sweeps and workloads, as `build.rs` packs them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use miniz_oxide::inflate::decompress_to_vec_with_limit;

static PACK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shipped.bin"));

/// A file in the pack.
struct Packed {
    bytes: &'static [u8],
    deflated: bool,
    length: usize,
}

/// Every file by its path in the repository, with forward slashes.
static FILES: LazyLock<BTreeMap<&'static str, Packed>> = LazyLock::new(|| index().unwrap_or_default());

fn index() -> Option<BTreeMap<&'static str, Packed>> {
    let (length, rest) = PACK.split_at_checked(8)?;
    let (index, data) = rest.split_at_checked(std::str::from_utf8(length).ok()?.parse().ok()?)?;
    let entry = |line: &'static str| {
        let mut fields = line.split(' ');
        let (path, method) = (fields.next()?, fields.next()?);
        let mut number = || fields.next()?.parse::<usize>().ok();
        let (offset, packed, length) = (number()?, number()?, number()?);
        let bytes = data.get(offset..offset.checked_add(packed)?)?;
        Some((path, Packed { bytes, deflated: method == "deflated", length }))
    };
    std::str::from_utf8(index).ok()?.lines().map(entry).collect()
}

/// Bytes that the pack takes in the program.
#[must_use]
pub fn packed_size() -> usize {
    PACK.len()
}

/// Paths of all files, in order.
pub(super) fn paths() -> impl Iterator<Item = &'static str> {
    FILES.keys().copied()
}

/// Whether there is a file of that path.
pub(super) fn has(path: &str) -> bool {
    FILES.contains_key(path)
}

/// The content of a file.
pub(super) fn read(path: &str) -> Option<Cow<'static, [u8]>> {
    let file = FILES.get(path)?;
    if !file.deflated {
        return Some(Cow::Borrowed(file.bytes));
    }
    decompress_to_vec_with_limit(file.bytes, file.length).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_as_in_the_repository() {
        assert!(paths().count() > 40, "{} files", paths().count());
        for path in paths() {
            let whole = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            assert_eq!(read(path).unwrap(), std::fs::read(whole).unwrap(), "{path}");
        }
    }

    #[test]
    fn the_pack_stays_small() {
        assert!(packed_size() < 8 << 20, "{} bytes", packed_size());
    }
}
