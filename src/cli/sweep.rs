//! `exclusim sweep`: a space, explored into a folder that survives interruptions.

mod decided;
mod found;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::Sweep;
use super::manner;
use super::parquet::rows_as_parquet;
use super::plot::finish_sweep;
use super::print::print;
use super::provenance::Made;
use super::{Failure, on_threads, progress, results};
use crate::config::Fault;
use crate::load::{self, Space};
use crate::report::grouped;
use crate::sweep::journal::{Beginning, Folder, FolderError, Identity};
use crate::sweep::{self, Method, Objective, Plan, PointCounts, Rows, Stop, Task};

/// Set by Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Every point is in the folder, and only tables and figures of them are still to be written.
static FINISHING: AtomicBool = AtomicBool::new(false);

pub(super) fn sweep(args: &Sweep) -> Result<(), Failure> {
    on_threads(args.threads.jobs(), || {
        let space = match args.decided {
            None => load::space(&args.space, progress::terminal())?,
            Some(_) => load::space_without_scores(&args.space, progress::terminal())?,
        };
        let plan = Plan::new(&space.spec);
        if plan.points() == 0 {
            let help = "loosen the constraints, or add values to the axes";
            return Err(Fault::new("the space is empty: no point meets the constraints", help).into());
        }
        let shard = args.shard.unwrap_or([1, 1]);
        if matches!(space.spec.method, Method::Nsga2 { .. }) && shard[1] > 1 {
            let title =
                "--shard does not go with method = \"nsga2\": every generation needs all of the one before";
            return Err(Fault::new(
                title,
                "run the search whole, or write method = \"grid\", \"sobol\" or \"random\"",
            )
            .into());
        }
        if let Some(file) = &args.decide {
            return decided::write(&space, file);
        }
        if args.dry_run {
            return super::dry_run::dry_run(&space, &plan, shard);
        }
        explore(args, &space, &plan, shard)
    })
}

fn explore(args: &Sweep, space: &Space, plan: &Plan, shard: [u64; 2]) -> Result<(), Failure> {
    let Space { spec, inputs, files, read } = space;
    let out = args.out.clone().unwrap_or_else(|| Path::new("reports").join(&spec.name));
    let rows = Rows::new(spec, inputs);
    let identity = Identity {
        space: spec.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        inputs: inputs.hash.clone(),
        objectives: names(&spec.objectives).join(","),
        chunks: plan.chunks(),
        shard,
    };
    let skipped_header = rows.skipped_header();
    let beginning = Beginning {
        identity: &identity,
        header: &rows.header,
        skipped_header: &skipped_header,
        inputs: files,
        settings: &sweep::settings_csv(spec),
        objectives: &spec.objectives,
        plan,
    };
    let mut policies = decided::policies(space, args.decided.as_deref())?;
    // A million points take seconds to read.
    let step = out.join("journal").exists().then(|| progress::step("reading what was found before"));
    let mut folder = Folder::open(&out, &beginning).map_err(|error| folder_fault(&out, error, &identity))?;
    step.inspect(indicatif::ProgressBar::finish_and_clear);
    let went_on = folder.tally.points();
    listen();
    if !folder.complete {
        let task = Task::new(spec, inputs, &rows);
        let total = if identity.chunks.is_some() {
            plan.points_in(&plan.shard(shard[0], shard[1]))
        } else {
            plan.points()
        };
        let bar = progress::bar(total, &spec.name, "points");
        bar.set_position(went_on);
        bar.reset_eta();
        let done = std::mem::take(&mut folder.rows);
        let from = folder.done;
        let mut take = |chunks: Vec<sweep::Chunk>| {
            bar.inc(chunks.iter().map(|chunk| chunk.tally.points()).sum());
            folder.take(chunks).map_err(|error| Stop::Taker(folder_fault(&out, error, &identity).into()))?;
            if INTERRUPTED.load(Ordering::Relaxed) { Err(Stop::Interrupted) } else { Ok(()) }
        };
        let ended = if identity.chunks.is_some() {
            let chunks = plan.shard(shard[0], shard[1]);
            sweep::run(task, plan, chunks.start + from..chunks.end, &mut policies, &mut take)
        } else {
            sweep::search(task, done, &mut take)
        };
        bar.finish_and_clear();
        ended.map_err(|stop| failure(args, stop, folder.tally, total))?;
    }
    FINISHING.store(true, Ordering::Relaxed);
    let step = progress::step("writing the front");
    folder.finish(&rows.header).map_err(|error| folder_fault(&out, error, &identity))?;
    step.set_message("writing points.parquet, where it is wanted");
    rows_as_parquet(&out, args.parquet)?;
    step.set_message("drawing figures");
    let wanted = shard == [1, 1] && folder.tally.found > 0;
    finish_sweep(&out, &spec.name, wanted, Made::of(read.clone()))?;
    step.finish_and_clear();
    let place = if manner::quiet() { String::new() } else { format!("\nresults in {}\n", out.display()) };
    print(&(found::text(space, &folder, &rows.header, went_on) + &place))?;
    if folder.tally.found == 0 && shard == [1, 1] {
        let help = "loosen the constraints, or look at skipped.csv for points that cannot be";
        return Err(Fault::new("no point of the space is left", help).into());
    }
    Ok(())
}

/// Exit code of a process that a signal ended.
const INTERRUPTED_CODE: i32 = 130;

/// Lets Ctrl-C end the sweep between chunks, and at once when all points are done. Without a handler it ends at once, which loses nothing finished either.
fn listen() {
    let _ = ctrlc::set_handler(|| {
        if FINISHING.load(Ordering::Relaxed) {
            // What is drawn there says what was done until now.
            let _ = console::Term::stderr().clear_line();
            manner::tell(
                "interrupted after the last point; the same command writes the front and the figures",
            );
            std::process::exit(INTERRUPTED_CODE);
        }
        INTERRUPTED.store(true, Ordering::Relaxed);
    });
}

fn names(objectives: &[Objective]) -> Vec<&'static str> {
    objectives.iter().map(|objective| objective.name()).collect()
}

fn failure(args: &Sweep, stop: Stop, done: PointCounts, total: u64) -> Failure {
    match stop {
        Stop::Invalid(faults) | Stop::Taker(faults) => Failure::Input(faults),
        Stop::Impossible(told) => Failure::Check(format!(
            "this is a bug of exclusim {}: a result breaks a bound that no machine can break\n  {told}\nplease report it with {}",
            env!("CARGO_PKG_VERSION"),
            args.space.display(),
        )),
        Stop::Interrupted => Failure::Interrupted(format!(
            "interrupted after {} of {} points; to go on: {}",
            grouped(done.points()),
            grouped(total),
            again(args)
        )),
    }
}

/// The command that goes on.
fn again(args: &Sweep) -> String {
    let mut command = format!("exclusim sweep {}", quoted(&args.space));
    if let Some(out) = &args.out {
        command += &format!(" --out {}", quoted(out));
    }
    if let Some([shard, shards]) = args.shard {
        command += &format!(" --shard {shard}/{shards}");
    }
    if args.parquet {
        command += " --parquet";
    }
    if let Some(decided) = &args.decided {
        command += &format!(" --decided {}", quoted(decided));
    }
    if let Some(jobs) = args.threads.jobs() {
        command += &format!(" --jobs {jobs}");
    }
    command
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=@%,:".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A folder that cannot be used, in words.
pub(super) fn folder_fault(out: &Path, error: FolderError, expected: &Identity) -> Fault {
    match error {
        FolderError::Io(path, error) => {
            let fault = results::unwritable(&path, &error);
            Fault {
                help: format!("{}; then the same command goes on, nothing finished is lost", fault.help),
                ..fault
            }
        }
        FolderError::Busy => Fault::new(
            format!("another process is at work in {}", out.display()),
            "wait until it has ended, or choose another folder with --out",
        ),
        FolderError::NoSweep => Fault::new(
            format!("{} holds results without a journal that says whose they are", out.display()),
            "choose another folder with --out",
        ),
        FolderError::Other { found } => {
            let [shard, shards] = found.shard;
            let what = if found.space != expected.space {
                format!("the space {}", found.space)
            } else if found.version != expected.version {
                format!("what version {} found", found.version)
            } else if found.inputs != expected.inputs {
                format!(
                    "another {}: its files have changed since (then {}, now {})",
                    found.space, found.inputs, expected.inputs
                )
            } else {
                format!("shard {shard}/{shards} of {}", found.space)
            };
            Fault::new(
                format!("{} holds {what}", out.display()),
                "choose another folder with --out, or remove this one",
            )
        }
    }
}
