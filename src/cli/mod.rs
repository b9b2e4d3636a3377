//! The command line: arguments, verbs, what is printed, whole results written.

mod about;
mod against;
mod args;
mod calibrate;
mod check;
mod codes;
mod diagnostic;
mod dry_run;
mod explain;
mod export;
mod fit;
mod fronts;
mod import;
mod init;
mod layers;
mod manner;
mod merge;
mod page;
mod parquet;
mod plot;
mod print;
mod progress;
mod provenance;
mod redo;
mod replay;
mod rerun;
mod results;
mod run;
mod samples;
mod shipped;
mod sweep;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::OnceLock;

use crate::config::Faults;
use args::Command;

/// Why a command did not do what it was asked.
#[derive(Debug)]
enum Failure {
    /// The input is at fault: exit code 2.
    Input(Faults),
    /// A check fell short, or this tool has a bug: exit code 1.
    Check(String),
    /// Somebody pressed Ctrl-C: exit code 130, as of a process that the signal ended.
    Interrupted(String),
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Input(faults)
    }
}

impl From<crate::config::Fault> for Failure {
    fn from(fault: crate::config::Fault) -> Self {
        Self::Input(fault.into())
    }
}

/// The arguments of the program, its name not counted.
static GIVEN: OnceLock<Vec<OsString>> = OnceLock::new();

/// The arguments that the program runs on, its name not counted.
fn given() -> &'static [OsString] {
    GIVEN.get().map_or(&[], Vec::as_slice)
}

/// Runs the program on the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::from(main_of(std::env::args_os().skip(1).collect()))
}

/// Runs the program on arguments, its name not among them, once in a process; gives the exit code.
#[must_use]
pub fn main_of(arguments: Vec<OsString>) -> u8 {
    let given = GIVEN.get_or_init(|| arguments);
    let args = match args::parsed(given) {
        Ok(args) => args,
        Err(fault) => {
            diagnostic::print(&fault.into());
            return 2;
        }
    };
    manner::settle(args.color, args.quiet);
    let done = match args.command.unwrap_or_default() {
        Command::Run(args) => run::run(&args),
        Command::Layers(args) => layers::layers(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::ExplainCode(args) => codes::explain_code(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Calibrate(args) => calibrate::calibrate(&args),
        Command::Fronts(args) => fronts::fronts(&args),
        Command::Sweep(args) => sweep::sweep(&args),
        Command::Rerun(args) => rerun::rerun(&args),
        Command::Merge(args) => merge::merge(&args),
        Command::Plot(args) => plot::plot(&args),
        Command::Check(args) => check::check(&args),
        Command::Fit(args) => fit::fit(&args),
        Command::Import(args) => import::import(&args),
        Command::Export(args) => export::export(&args),
        Command::List(args) => shipped::list(&args),
        Command::Show(args) => shipped::show(&args),
        Command::Init(args) => init::init(&args),
        Command::Schema(args) => about::schema(&args),
        Command::Completions(args) => about::completions(&args),
        Command::Man => about::man(),
    };
    match done {
        Ok(()) => 0,
        Err(Failure::Input(faults)) => {
            diagnostic::print(&faults);
            2
        }
        Err(Failure::Check(message)) => {
            manner::tell(&message);
            1
        }
        Err(Failure::Interrupted(message)) => {
            manner::tell(&message);
            130
        }
    }
}

/// Writes files whole, all of them or none.
///
/// # Errors
/// One of them cannot be written.
pub fn write_whole(files: Vec<(std::path::PathBuf, Vec<u8>)>) -> Result<(), Faults> {
    let mut results = results::Results::default();
    files.into_iter().for_each(|(path, content)| results.add(path, content));
    results.write()
}

/// Threads that are always granted: on few cores they show that results do not depend on them, and cost next to nothing.
const ALWAYS: usize = 4;

/// Runs `work` on at most `jobs` threads; without a number on as many as the environment asks for, else as the machine has. Many more
/// than that would only wait for each other.
fn on_threads<T: Send>(jobs: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let of_environment = || std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok().filter(|&n| n > 0);
    let asked = jobs.or_else(of_environment).unwrap_or(cores);
    let granted = asked.min(cores.max(ALWAYS));
    if asked > granted {
        manner::note(&format!(
            "{asked} threads are asked for; the machine runs {cores} at once, so {granted} are used"
        ));
    }
    match rayon::ThreadPoolBuilder::new().num_threads(granted).build() {
        Ok(pool) => pool.install(work),
        // Without threads of its own the work still gets done.
        Err(_) => work(),
    }
}
