//! `exclusim check`: counts against a lock file that the user commits.

mod told;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Failure;
use super::args::{Check, HeldBy as By};
use super::print::print;
use super::progress::terminal;
use super::results::Results;
use crate::config::{self, Fault, Faults};
use crate::decide::decide;
use crate::interop::scale_sim::topology::OutputSize;
use crate::load::{self, Kind, Place};
use crate::lock::{
    Change, Held, HeldBy, Lock, changes, differences, layer_rows_held, path_row, read_lock,
    segment_rows_held, totals, write_lock,
};
use crate::run::decide_fault;
use crate::simulate;
use crate::time::path_table;
use told::Moved;

const TOOL: &str = env!("CARGO_PKG_VERSION");

pub(super) fn check(args: &Check) -> Result<(), Failure> {
    let folder = args.lock.parent().unwrap_or(Path::new(""));
    if args.bless { bless(args, folder) } else { compare(args, folder) }
}

/// Computes everything that the lock holds, and tells what moved.
fn compare(args: &Check, folder: &Path) -> Result<(), Failure> {
    let lock = read(&args.lock)?;
    if lock.held.is_empty() {
        let title = format!("{} holds nothing", args.lock.display());
        let help = "add a configuration: exclusim check --bless --arch ARCH --network NETWORK";
        return Err(Fault::new(title, help).into());
    }
    let now = computed(&lock.held, folder)?;
    let pairs = || lock.held.iter().zip(&now);
    let all: Vec<Moved> = pairs()
        .map(|(old, new)| Moved {
            name: old.name(),
            counts: differences(&lock, old, new),
            totals: totals(old, new),
        })
        .collect();
    let mut text = told::differences(&all, args.top);
    if args.explain {
        let changed: Vec<Change> = pairs().flat_map(|(old, new)| changes(old, new)).collect();
        text += &told::explained(&lock, &changed);
    }
    text += &told::totals(&all);
    let moved = || all.iter().flat_map(|one| &one.counts);
    let beyond = moved().filter(|difference| difference.beyond).count();
    let counts: usize = now.iter().flat_map(|held| &held.rows).map(|(_, counts)| counts.len()).sum();
    let _ = writeln!(
        text,
        "{}: {}, {counts} counts: {} moved, {beyond} beyond tolerance",
        args.lock.display(),
        configurations(now.len()),
        moved().count()
    );
    print(&text)?;
    if beyond == 0 {
        return Ok(());
    }
    let hint = if args.explain { "" } else { "; --explain says what changed" };
    // The command stands alone on its line, to be copied.
    Err(Failure::Check(format!(
        "counts moved beyond tolerance{hint}; if that is intended:\n  exclusim check {} --bless",
        args.lock.display()
    )))
}

/// Writes what is computed now as what shall hold.
fn bless(args: &Check, folder: &Path) -> Result<(), Failure> {
    if std::env::var_os("CI").is_some() {
        let help = "run it where people read the diff, and commit the file";
        return Err(Fault::new("--bless is refused where the environment has CI", help).into());
    }
    let mut lock = if args.lock.exists() { read(&args.lock)? } else { Lock::default() };
    TOOL.clone_into(&mut lock.tool);
    match added(args, folder)? {
        Some(held) => {
            let same = |old: &Held| {
                (&old.arch, &old.network, &old.policy, &old.set)
                    == (&held.arch, &held.network, &held.policy, &held.set)
            };
            let held = computed(std::slice::from_ref(&held), folder)?.remove(0);
            match lock.held.iter_mut().find(|old| same(old)) {
                Some(old) => *old = held,
                None => lock.held.push(held),
            }
        }
        None if lock.held.is_empty() => {
            let title = format!("{} holds no configuration that could be blessed", args.lock.display());
            return Err(Fault::new(title, "name one: --arch ARCH --network NETWORK").into());
        }
        None => lock.held = computed(&lock.held, folder)?,
    }
    let mut results = Results::default();
    results.add(&args.lock, write_lock(&lock));
    results.write()?;
    print(&format!("{}: holds {} now; read its diff\n", args.lock.display(), configurations(lock.held.len())))
}

fn configurations(count: usize) -> String {
    format!("{count} configuration{}", if count == 1 { "" } else { "s" })
}

fn read(path: &Path) -> Result<Lock, Failure> {
    if !path.exists() {
        let title = format!("{} is missing", path.display());
        let help = "begin one: exclusim check --bless --arch ARCH --network NETWORK";
        return Err(Fault::new(title, help).into());
    }
    load::expect(&path.into(), load::Wanted::Lock)?;
    Ok(read_lock(&load::toml(path, "lock file")?)?)
}

/// The configuration that the command line names.
fn added(args: &Check, folder: &Path) -> Result<Option<Held>, Failure> {
    let (Some(arch), Some(network)) = (&args.arch, &args.network) else { return Ok(None) };
    let by = match args.by {
        By::Layer => HeldBy::Layer,
        By::Segment => HeldBy::Segment,
    };
    let arch = named(Some(Kind::Arch), arch, folder)?;
    let network = named(Some(Kind::Workload), network, folder)?;
    let policy = args.policy.as_ref().map(|policy| named(None, policy, folder)).transpose()?;
    Ok(Some(Held { arch, network, policy, set: args.set.clone(), by, ..Held::default() }))
}

/// What a lock in `folder` calls a file: something shipped, or beside a workload, as it was called, else by its path.
fn named(kind: Option<Kind>, text: &Path, folder: &Path) -> Result<String, Faults> {
    let name = text.to_string_lossy();
    let elsewhere = match kind {
        Some(kind) => kind.find(&Place::here(), text)?.on_disk().is_none(),
        None => !text.exists(),
    };
    if elsewhere { Ok(name.into_owned()) } else { relative(text, folder) }
}

/// A path as a lock in `folder` names it, with forward slashes.
fn relative(path: &Path, folder: &Path) -> Result<String, Faults> {
    let whole = |path: &Path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        path.canonicalize()
            .map_err(|error| Fault::new(format!("cannot read {}: {error}", path.display()), "check the path"))
    };
    let (path, folder) = (whole(path)?, whole(folder)?);
    let up = folder.ancestors().position(|above| path.starts_with(above)).unwrap_or(0);
    let above = folder.ancestors().nth(up).unwrap_or(Path::new("/"));
    let below = path.strip_prefix(above).unwrap_or(&path);
    let steps = std::iter::repeat_n("..".to_owned(), up)
        .chain(below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()));
    Ok(steps.collect::<Vec<_>>().join("/"))
}

/// Every entry with the counts and inputs of now; the faults of all of them at once.
fn computed(entries: &[Held], folder: &Path) -> Result<Vec<Held>, Faults> {
    let (mut all, mut faults) = (Vec::new(), Faults::default());
    for entry in entries {
        match compute(entry, folder) {
            Ok(held) => all.push(held),
            Err(more) => faults.0.extend(more.0),
        }
    }
    faults.none(all)
}

fn compute(held: &Held, folder: &Path) -> Result<Held, Faults> {
    let here = Place::from(folder);
    let network_place = Kind::Workload.find(&here, &held.network)?;
    let arch = load::arch_at(&Kind::Arch.find(&here, &held.arch)?, &held.set)?;
    let mut inputs = inputs(held, folder)?;
    inputs.insert("arch clock, Hz".into(), format!("{:.0}", arch.machine.clock.0));
    let (table, all) = match &held.policy {
        None => {
            let network = load::network_at(&network_place, OutputSize::Floor, terminal())?;
            simulate::agreed(&arch, &network, None)?;
            let network = network.batched(arch.batch.size);
            (path_table(&network, &arch.machine, &vec![true; network.heads()], false), None)
        }
        Some(policy) => {
            let workload = load::workload_at(&network_place, terminal())?;
            let policy = workload.policy(Some(&policy_path(folder, policy)))?;
            simulate::agreed(&arch, &workload.segments, Some(&policy))?;
            // Counts without gating: zero fractions are reals, and a lock file holds integers to the last.
            let decisions = decide(&workload.evaluation(None, terminal())?, &policy)
                .map_err(|error| decide_fault(&error))?;
            let outcome = simulate::simulate(&arch, &workload.segments, &policy, &decisions, None);
            let row = path_row(&outcome.ablation.speculation, &decisions.exit_counts());
            (outcome.table, Some(row))
        }
    };
    let mut rows = match held.by {
        HeldBy::Layer => layer_rows_held(&table),
        HeldBy::Segment => segment_rows_held(&table),
    };
    rows.extend(all);
    Ok(Held { inputs, rows, ..held.clone() })
}

/// What the counts come from: keys of the architecture and of the policy, digests of the network's files.
fn inputs(held: &Held, folder: &Path) -> Result<BTreeMap<String, String>, Faults> {
    let here = Place::from(folder);
    let network = Kind::Workload.find(&here, &held.network)?;
    let mut arch = load::toml(Kind::Arch.find(&here, &held.arch)?, "architecture file")?;
    for assignment in &held.set {
        config::set(&mut arch, assignment)?;
    }
    let mut inputs = config::flat(&arch, "arch");
    if let Some(policy) = &held.policy {
        let file = load::workload_at(&network, terminal())?.policy_file(&policy_path(folder, policy));
        inputs.extend(config::flat(&load::toml(file, "policy")?, "policy"));
    }
    for (name, place) in network_files(held, &network)? {
        let digest = Sha256::digest(load::read(&place, "file of the network")?);
        let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        inputs.insert(format!("file {name}, sha256"), short);
    }
    Ok(inputs)
}

/// The path of a policy that a lock in `folder` names; one that is not there lies beside its workload.
fn policy_path(folder: &Path, policy: &str) -> PathBuf {
    let path = folder.join(policy);
    if path.exists() { path } else { policy.into() }
}

/// Files that the counts of an entry depend on, with their names for people.
fn network_files(held: &Held, place: &Place) -> Result<Vec<(String, Place)>, Faults> {
    if place.ends_in("csv") || place.ends_in("onnx") {
        return Ok(vec![(held.network.clone(), place.clone())]);
    }
    let workload = load::workload_at(place, terminal())?;
    let manifest = &workload.manifest;
    let mut names = vec![manifest.model.clone()];
    if held.policy.is_some() {
        names.extend(manifest.trace.clone().or_else(|| manifest.evaluation.clone()));
    }
    let model = workload.folder.join(&manifest.model);
    let external = workload.external.iter().map(|name| (name.clone(), model.folder().join(name)));
    let named = names.into_iter().map(|name| (name.clone(), workload.folder.join(name)));
    Ok(named.chain(external).collect())
}
