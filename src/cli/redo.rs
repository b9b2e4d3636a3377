//! A run from its folder: what it was made of, read again, so that more can be told of it than its files hold.

use std::path::{Path, PathBuf};

use clap::Parser;

use super::args::{Args, Command, Run};
use super::progress::terminal;
use super::provenance::{FILE, Made, Provenance};
use crate::arch::Arch;
use crate::config::{Fault, Faults};
use crate::decide::Policy;
use crate::load::{self, Place, Workload};
use crate::simulate::agreed;

/// A run and its inputs.
pub(super) struct Redone {
    /// Its folder, wherever the process is now.
    pub(super) folder: PathBuf,
    pub(super) arch: Arch,
    pub(super) workload: Workload,
    pub(super) policy: Policy,
}

/// Reads the inputs of the run in a folder, from where it ran: the process goes there.
///
/// # Errors
/// No run's folder, one of another version, inputs that have changed since, and every fault of the inputs.
pub(super) fn redone(folder: &Path) -> Result<Redone, Faults> {
    let made = made(folder)?;
    let args = asked(folder, &made)?;
    let own = folder.canonicalize().map_err(|error| gone(folder, &error))?;
    std::env::set_current_dir(own.join(&made.from)).map_err(|error| gone(&own.join(&made.from), &error))?;
    unchanged(folder, &made)?;
    let workload = load::workload(&args.workload, terminal()).and_then(|workload| {
        let policy = workload.policy(args.policy.as_deref())?;
        Ok((workload, policy))
    });
    let (arch, (workload, policy)) = load::both(load::arch(&args.arch, &args.set.set), workload)?;
    agreed(&arch, &workload.segments, Some(&policy))?;
    Ok(Redone { folder: own, arch, workload, policy })
}

/// What made the run in a folder, if this version did.
pub(super) fn made(folder: &Path) -> Result<Made, Faults> {
    let provenance = Provenance::of(folder);
    let run = provenance.made.into_iter().find(|made| made.files.contains_key("samples.csv"));
    let Some(made) = run else {
        let found = match () {
            () if folder.join("points.csv").is_file() => "holds a sweep, not a run",
            () if !folder.is_dir() => "is no folder",
            () if folder.join("summary.json").is_file() => "has no provenance.json that says what made it",
            () => "holds no run",
        };
        let title = format!("{} {found}", folder.display());
        return Err(Fault::new(
            title,
            "give the folder that `exclusim run` wrote, such as --out of that run",
        )
        .into());
    };
    let tool = concat!("exclusim ", env!("CARGO_PKG_VERSION"));
    if made.tool != tool {
        let title = format!("{} was made by {}; this is {tool}", folder.display(), made.tool);
        let help = format!(
            "make it again: {}; `exclusim rerun {}` tells what differs",
            made.typed(),
            folder.display()
        );
        return Err(Fault::new(title, help).into());
    }
    Ok(made)
}

/// The arguments of the run.
fn asked(folder: &Path, made: &Made) -> Result<Run, Faults> {
    let words = std::iter::once("exclusim").chain(made.command.iter().map(String::as_str));
    match Args::try_parse_from(words).map(|args| args.command.unwrap_or_default()) {
        Ok(Command::Run(run)) => Ok(run),
        Ok(_) | Err(_) => {
            let title =
                format!("{}: {FILE} names a command that is no run: {}", folder.display(), made.typed());
            Err(Fault::new(title, "give the folder that `exclusim run` wrote").into())
        }
    }
}

/// Refuses inputs that are not what they were: what was reported is not what they would give.
fn unchanged(folder: &Path, made: &Made) -> Result<(), Faults> {
    let changed = made.inputs.iter().filter_map(|input| {
        let place = match input.file.strip_prefix("shipped:") {
            Some(file) => Place::Shipped(file.into()),
            None => Place::from(Path::new(&input.file)),
        };
        let what = match load::hash(&place, "input") {
            Ok(hash) if hash == input.sha256 => return None,
            Ok(_) => "has changed since",
            Err(_) => "is no longer there",
        };
        let title = format!("{} of {} {what}: {}", input.role, folder.display(), input.file);
        Some(Fault::new(title, format!("restore it, or make the results again: {}", made.typed())))
    });
    Faults(changed.collect()).none(())
}

fn gone(folder: &Path, error: &std::io::Error) -> Faults {
    let title = format!("{} is not where it was: {error}", folder.display());
    Fault::new(title, "give a folder beside which its inputs still lie").into()
}
