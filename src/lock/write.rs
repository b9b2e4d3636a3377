//! The text of a lock file.

use std::fmt::Write;

use super::{HeldBy, Lock, VERSION};

/// The text of a lock, the same for the same content.
#[must_use]
pub fn write_lock(lock: &Lock) -> String {
    let mut text = format!(
        "# Counts that `exclusim check` holds. Written by `exclusim check --bless`; commit it, and read its diff.\n\
         lock = {VERSION}\ntool = {}\n\n\
         # Percent by which a count may move, by column or for all; what is not named may not move.\n[tolerance]\n",
        quoted(&lock.tool)
    );
    for (column, percent) in &lock.tolerance {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} = {percent:?}", key(column));
    }
    for held in &lock.held {
        let _ =
            writeln!(text, "\n[[held]]\narch = {}\nnetwork = {}", quoted(&held.arch), quoted(&held.network));
        if let Some(policy) = &held.policy {
            let _ = writeln!(text, "policy = {}", quoted(policy));
        }
        if !held.set.is_empty() {
            let all: Vec<_> = held.set.iter().map(|set| quoted(set)).collect();
            let _ = writeln!(text, "set = [{}]", all.join(", "));
        }
        if held.by == HeldBy::Segment {
            text.push_str("by = \"segment\"\n");
        }
        if !held.inputs.is_empty() {
            text.push_str("[held.inputs]\n");
        }
        for (input, value) in &held.inputs {
            let _ = writeln!(text, "{} = {}", quoted(input), quoted(value));
        }
        if !held.rows.is_empty() {
            text.push_str("[held.counts]\n");
        }
        for (row, counts) in &held.rows {
            let counts: Vec<_> =
                counts.iter().map(|(column, count)| format!("{} = {count}", key(column))).collect();
            let _ = writeln!(text, "{} = {{ {} }}", key(row), counts.join(", "));
        }
    }
    text
}

/// A key, bare where TOML allows.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
