//! What a name that nothing has may have meant: files beside it, boards of a part.

use std::path::Path;

use super::shipped;

/// Names less alike than this are not offered.
const ALIKE: f64 = 0.85;
/// So many names are offered at most.
const OFFERED: usize = 3;

/// Files and folders beside a path that is not there, whose names are like its own; the likeliest first.
pub(super) fn beside(path: &Path) -> Vec<String> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let folder_read = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let wanted = name.to_string_lossy().to_lowercase();
    let likeness = |found: &str| {
        let found = found.to_lowercase();
        let stem =
            Path::new(&found).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into());
        strsim::jaro_winkler(&wanted, &found).max(strsim::jaro_winkler(&wanted, &stem))
    };
    let entries = std::fs::read_dir(folder_read).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut near: Vec<(f64, String)> =
        names.map(|name| (likeness(&name), name)).filter(|(likeness, _)| *likeness > ALIKE).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.truncate(OFFERED);
    near.into_iter().map(|(_, name)| folder.join(name).display().to_string()).collect()
}

/// Shipped FPGA parts of a maker's name, or on a board: `xczu9eg`, `zcu102` and `ZCU-102` are on `zu9eg`.
pub(super) fn parts_on(text: &str, names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let bare = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = bare(text);
    // Shorter ones are in too many names.
    if wanted.len() < 4 {
        return Vec::new();
    }
    let named = |name: &&str| {
        let file = shipped::read(&format!("arch/fpga/{name}.toml")).unwrap_or_default();
        let text = String::from_utf8_lossy(&file).into_owned();
        let mut lines = text.lines().filter(|line| line.starts_with("part ") || line.starts_with("board "));
        lines.any(|line| bare(line).contains(&wanted))
    };
    names.filter(named).collect()
}
