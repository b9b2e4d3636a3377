//! `exclusim rerun`: what made a folder of results, done again and compared.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Failure;
use super::args::Rerun;
use super::print::print;
use super::provenance::{FILE, Made, Provenance, hash};
use crate::config::{Fault, Faults};
use crate::load::{self, Place};

pub(super) fn rerun(args: &Rerun) -> Result<(), Failure> {
    let folder = &args.folder;
    let provenance = Provenance::of(folder);
    if provenance.made.is_empty() {
        let title = format!("{} has no {FILE}, so nobody knows what made it", folder.display());
        return Err(Fault::new(title, "give a folder that exclusim run, sweep or plot wrote").into());
    }
    let mut differ = 0;
    for made in &provenance.made {
        let (text, found) = again(folder, made)?;
        differ += found;
        print(&text)?;
    }
    match differ {
        0 => Ok(()),
        1 => Err(Failure::Check("1 file differs".to_owned())),
        more => Err(Failure::Check(format!("{more} files differ"))),
    }
}

/// Runs one command again; what is told, and how many files differ.
fn again(folder: &Path, made: &Made) -> Result<(String, usize), Failure> {
    let here = folder.join(&made.from);
    let mut text = format!("{}\n", made.typed());
    let tool = concat!("exclusim ", env!("CARGO_PKG_VERSION"));
    if made.tool != tool {
        text += &format!("  made by {}; this is {tool}\n", made.tool);
    }
    let changed: Vec<String> = made.inputs.iter().filter_map(|input| changed(&here, input)).collect();
    match changed.as_slice() {
        [] => text += &format!("  {} inputs, all as they were\n", made.inputs.len()),
        changed => text += &changed.iter().map(|line| format!("  {line}\n")).collect::<String>(),
    }
    let out = tempfile::tempdir().map_err(|error| no_room(&error))?;
    let program = std::env::current_exe().map_err(|error| no_room(&error))?;
    let done = Command::new(program)
        .args(&made.command)
        .arg("--out")
        .arg(out.path())
        .current_dir(&here)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|error| no_room(&error))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        return Err(Failure::Check(format!("{text}  it fails now:\n{said}")));
    }
    let differences: Vec<String> =
        made.files.iter().filter_map(|(file, was)| difference(folder, out.path(), file, was)).collect();
    let same = made.files.len() - differences.len();
    text += &format!("  {same} of {} files are the same\n", made.files.len());
    text += &differences.iter().map(|line| format!("  {line}\n")).collect::<String>();
    Ok((text, differences.len()))
}

fn no_room(error: &std::io::Error) -> Faults {
    Fault::new(format!("cannot run it again: {error}"), "free some space in the temporary folder").into()
}

/// What has become of an input, if it is not what it was.
fn changed(here: &Path, input: &load::InputFile) -> Option<String> {
    let place = match input.file.strip_prefix("shipped:") {
        Some(file) => Place::Shipped(file.into()),
        None => Place::from(&here.join(&input.file)),
    };
    match load::hash(&place, "input") {
        Ok(hash) if hash == input.sha256 => None,
        Ok(_) => Some(format!("changed since: {} ({})", input.file, input.role)),
        Err(_) => Some(format!("no longer there: {} ({})", input.file, input.role)),
    }
}

/// What tells a file from that which is made now.
fn difference(folder: &Path, out: &Path, file: &str, was: &str) -> Option<String> {
    let Ok(now) = std::fs::read(out.join(file)) else { return Some(format!("no longer made: {file}")) };
    if hash(&now) == *was {
        let here = std::fs::read(folder.join(file)).map(|here| hash(&here));
        return match here {
            Ok(here) if here == *was => None,
            Ok(_) => Some(format!("changed since: {file}")),
            Err(_) => Some(format!("gone from here: {file}")),
        };
    }
    let told = std::fs::read_to_string(folder.join(file)).ok().zip(String::from_utf8(now).ok());
    let line = told.and_then(|(old, new)| first_difference(&old, &new)).unwrap_or_default();
    Some(format!("differs: {file}{line}"))
}

/// The first line in which two short texts differ.
fn first_difference(old: &str, new: &str) -> Option<String> {
    const MOST: usize = 60;
    let cut = |line: &str| line.trim().chars().take(MOST).collect::<String>();
    let mut lines = old.lines().zip(new.lines()).zip(1..);
    let ((was, is), number) = lines.find(|((was, is), _)| was != is)?;
    Some(format!(", line {number}: {} was {}", cut(is), cut(was)))
}
