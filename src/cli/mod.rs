//! The command line: arguments, verbs, what is printed, whole results written.

mod about;
mod against;
mod args;
mod calibrate;
mod check;
mod codes;
mod diagnostic;
mod dry_run;
mod export;
mod fit;
mod fronts;
mod import;
mod init;
mod layers;
mod manner;
mod merge;
mod parquet;
mod plot;
mod print;
mod progress;
mod provenance;
mod replay;
mod rerun;
mod results;
mod run;
mod shipped;
mod sweep;

use std::process::ExitCode;

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

/// Runs the program on the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let args = match args::parsed() {
        Ok(args) => args,
        Err(fault) => {
            diagnostic::print(&fault.into());
            return ExitCode::from(2);
        }
    };
    manner::settle(args.color, args.quiet);
    let done = match args.command.unwrap_or_default() {
        Command::Run(args) => run::run(&args),
        Command::Layers(args) => layers::layers(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::ExplainCode(args) => codes::explain_code(&args),
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
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Input(faults)) => {
            diagnostic::print(&faults);
            ExitCode::from(2)
        }
        Err(Failure::Check(message)) => {
            manner::tell(&message);
            ExitCode::from(1)
        }
        Err(Failure::Interrupted(message)) => {
            manner::tell(&message);
            ExitCode::from(130)
        }
    }
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
