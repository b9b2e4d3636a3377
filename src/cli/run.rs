//! `exclusim run`: the main job.

use std::path::Path;

use super::against::{Other, others, rivals};
use super::args::{Run, SummaryFormat};
use super::manner;
use super::page;
use super::plot::add_all;
use super::print::{print, warn_of_clock};
use super::progress::terminal;
use super::provenance::{self, Made, Replaces};
use super::results::Results;
use super::{Failure, on_threads};
use crate::arch::Arch;
use crate::config::Faults;
use crate::decide::Policy;
use crate::load::{self, InputFiles, Watch, Workload};
use crate::report::plot::{self, PlotError};
use crate::report::{Form, html, summary_text};
use crate::run::{self, Ran, Request, RunError, Subject};
use crate::simulate::agreed;
use crate::workload::unfair;

pub(super) fn run(args: &Run) -> Result<(), Failure> {
    on_threads(args.threads.jobs(), || run_and_write(args))
}

fn run_and_write(args: &Run) -> Result<(), Failure> {
    let (arch, workload, policy) = inputs(args)?;
    let others: Vec<Other> = others(&args.against, &arch, &workload)?;
    let arrival_times = load::arrival_times(&args.arch, &arch)?;
    let samples = args.samples.and_then(|samples| usize::try_from(samples).ok());
    let scores = workload.evaluation(samples, terminal())?;
    let twins = others.iter().map(|other| other.scores(samples, &scores)).collect::<Result<Vec<_>, _>>()?;
    let subject = Subject { workload: &workload, scores: &scores, policy: &policy };
    let request = Request {
        overrides: &args.set.set,
        arrival_times: &arrival_times,
        sensitivity: args.sensitivity,
        against: &rivals(&others, &twins, subject),
        ..Request::new(&arch, subject)
    };
    let found = run::run(&request).map_err(|error| failure(args, &arch, error))?;
    let written = if args.no_files {
        Ok(None)
    } else {
        let made = Made::of(inputs_of(args, &workload, &others)?);
        let name = format!("{}-{}", arch.name, workload.manifest.name);
        let out = args.out.clone().unwrap_or_else(|| Path::new("reports").join(folder_name(args, &name)));
        let subject = page::Subject { arch: &arch, workload: &workload, policy: &policy, scores: &scores };
        write(&out, &name, &found, (subject, made)).map(|()| Some(out))
    };
    if let Some(unfair) = unfair(workload.manifest.training, &policy.rule) {
        terminal().note(&format!("{} {unfair}", policy.rule.name()));
    }
    // What was found is told even where it cannot be written.
    print_summary(args, written.as_ref().ok().and_then(Option::as_deref), &found)?;
    written.map(|_| ())
}

/// The name of a run's folder: what differs in overrides or policy has a folder of its own.
fn folder_name(args: &Run, name: &str) -> String {
    const MOST: usize = 60;
    let policy = args.policy.iter().filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned()));
    let changes: Vec<String> = args.set.set.iter().cloned().chain(policy).collect();
    if changes.is_empty() {
        return name.to_owned();
    }
    let changes = changes.join("-");
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._=-+".contains(c) { c } else { '_' };
    let short: String = changes.chars().filter(|c| !c.is_whitespace()).map(plain).collect();
    if short.len() <= MOST {
        return format!("{name}-{short}");
    }
    // Cut off, names may be alike: a digest tells them apart.
    let start: String = short.chars().take(MOST - 9).collect();
    format!("{name}-{start}-{}", &provenance::hash(changes.as_bytes())[..8])
}

/// Every file that the run is made of.
fn inputs_of(args: &Run, workload: &Workload, others: &[Other]) -> Result<InputFiles, Faults> {
    let mut inputs = InputFiles::default();
    inputs.arch(&args.arch, &args.set.set)?;
    inputs.workload(workload, args.policy.as_deref())?;
    others.iter().try_for_each(|other| other.add_to(&mut inputs, workload))?;
    Ok(inputs)
}

/// Prints what was found.
fn print_summary(args: &Run, out: Option<&Path>, found: &Ran) -> Result<(), Failure> {
    let summary = &found.summary;
    match args.format {
        SummaryFormat::Json => {
            warn_of_clock(&summary.clock);
            print(&summary.json())
        }
        SummaryFormat::Table => {
            let place = out
                .filter(|_| !manner::quiet())
                .map_or_else(String::new, |out| format!("\nresults in {}\n", out.display()));
            let text = summary_text(summary, Form::Plain);
            let (title, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
            print(&format!("{}\n\n{rest}{place}", manner::bold(title)))
        }
        SummaryFormat::Markdown => print(&summary_text(summary, Form::Markdown)),
        SummaryFormat::Latex => print(&summary_text(summary, Form::Latex)),
    }
}

/// Every input, checked; the faults of all of them at once.
fn inputs(args: &Run) -> Result<(Arch, Workload, Policy), Faults> {
    load::in_order("run", &args.arch, &args.workload)?;
    let workload = load::workload(&args.workload, terminal()).and_then(|workload| {
        let policy = workload.policy(args.policy.as_deref())?;
        Ok((workload, policy))
    });
    let (arch, (workload, policy)) = load::both(load::arch(&args.arch, &args.set.set), workload)?;
    agreed(&arch, &workload.segments, Some(&policy))?;
    Ok((arch, workload, policy))
}

/// Why there is no result; one that breaks bounds is this tool's fault, and says so with its configuration.
fn failure(args: &Run, arch: &Arch, error: RunError) -> Failure {
    let broken = match error {
        RunError::Input(faults) => return faults.into(),
        RunError::Bug(broken) => broken.join("\n  "),
    };
    let (version, file, set) = (env!("CARGO_PKG_VERSION"), args.arch.display(), &args.set.set);
    Failure::Check(format!(
        "this is a bug of exclusim {version}: a result breaks a bound that no machine can break\n  {broken}\nplease report it with {file} {set:?} and the configuration {arch:?}"
    ))
}

/// Writes the files of a run, and every figure that they hold data for; `name` is the run's, wherever its files go.
fn write(
    out: &Path,
    name: &str,
    found: &Ran,
    (subject, made): (page::Subject<'_>, Made),
) -> Result<(), Failure> {
    let files = found.files(subject.arch);
    let printed = summary_text(&found.summary, Form::Plain);
    let report = || page::of_run(subject, found, &printed, &files, &made);
    let (figures, report) = rayon::join(|| figures(out, name, &files, &made.origin), report);
    let mut results = figures?;
    results.add(out.join(html::FILE), report?);
    for (file, text) in files {
        results.add(out.join(file), text);
    }
    if let Some(other) = provenance::write(results, out, made, Replaces::All)? {
        terminal().note(&format!("{} held the results of `{other}`; they are replaced", out.display()));
    }
    Ok(())
}

/// Every figure that some files hold data for.
fn figures(
    out: &Path,
    name: &str,
    files: &[(&'static str, String)],
    origin: &str,
) -> Result<Results, Failure> {
    let failed = |what: &str, error: &PlotError| Failure::Check(format!("{what}: {error}"));
    let mut data = plot::Results::new(name);
    for (file, text) in files {
        data = data.with(file, text).map_err(|error| failed(file, &error))?;
    }
    let mut results = Results::default();
    add_all(&mut results, out, data, origin).map_err(|(figure, error)| failed(figure.name(), &error))?;
    Ok(results)
}
