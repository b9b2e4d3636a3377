//! `exclusim run`: the main job.

use std::path::Path;

use super::args::{Run, SummaryFormat};
use super::files::Results;
use super::load::{self, Workload};
use super::plot::add_all;
use super::print::print;
use super::summary::text;
use super::{Failure, against, on_threads};
use crate::arch::Arch;
use crate::config::{Fault, Faults};
use crate::decide::{Arithmetic, Decisions, Flips, Policy, Rule, decide, flips};
use crate::replay::Scores;
use crate::report::plot::{self, PlotError};
use crate::report::{self, Named, Summary};
use crate::simulate::{self, Outcome, ZeroFractions};
use crate::time::Deciders;
use crate::workload::unfair;

pub(super) fn run(args: &Run) -> Result<(), Failure> {
    on_threads(args.threads.jobs(), || on_these_threads(args))
}

fn on_these_threads(args: &Run) -> Result<(), Failure> {
    let (arch, workload, policy) = inputs(args)?;
    let rivals = against::rivals(&args.against, &arch, &workload)?;
    let arrival_times = load::arrival_times(&args.arch, &arch)?;
    let samples = args.samples.and_then(|samples| usize::try_from(samples).ok());
    let scores = workload.evaluation(samples)?;
    let Ran { decisions, outcome, mut summary } = ran(args, &arch, &workload, &policy, &scores)?;
    if arch.batch.size > 1 {
        let on = policy.running();
        let heads = Deciders { on: &on, rule: policy.rule.unit() };
        let batched = simulate::batched(&arch, &workload.segments, heads, &decisions, &outcome);
        summary.batch = batched
            .map(|found| report::batch_summary(arch.batch, &found, summary.samples, arch.machine.clock.0));
    }
    let serve = |outcome: &Outcome| simulate::serve(arch.arrivals.as_ref()?, &arrival_times, outcome);
    let mut served_against = Vec::new();
    for rival in rivals {
        let on = rival.twin.as_ref().unwrap_or(&workload);
        let twin_scores = rival.scores(samples, &scores)?;
        let found = ran(args, &arch, on, &rival.policy, twin_scores.as_ref().unwrap_or(&scores))?;
        served_against.extend(serve(&found.outcome).map(|served| served.exits));
        let unfair = unfair(on.manifest.training, &rival.policy.rule);
        summary.against.push(report::AgainstSummary::of(rival.name, unfair, found.summary));
    }
    let served = serve(&outcome);
    summary.arrivals = arch
        .arrivals
        .as_ref()
        .zip(served.as_ref())
        .map(|(arrivals, served)| report::arrival_summary(arrivals, served, &served_against));
    let moved = args.sensitivity.then(|| simulate::sensitivity(&arch, &outcome, served.as_ref()));
    summary.sensitivity = moved.as_ref().map(report::sensitivity_summary);
    let name = format!("{}-{}", arch.name, workload.manifest.name);
    let out = args.out.clone().unwrap_or_else(|| Path::new("reports").join(&name));
    let json = serde_json::to_string_pretty(&summary).unwrap_or_default() + "\n";
    let oracle = oracle(&policy, &scores)?;
    let tables = tables(&arch, &decisions, &oracle, &outcome);
    written(&out, &name, &json, tables)?.write()?;
    if let Some(unfair) = unfair(workload.manifest.training, &policy.rule) {
        eprintln!("note: {} {unfair}", policy.rule.as_str());
    }
    match args.format {
        SummaryFormat::Json => {
            super::fpga::warn(&summary.clock);
            print(&json)
        }
        SummaryFormat::Table => print(&(text(&summary) + &format!("\nresults in {}\n", out.display()))),
    }
}

/// One policy, decided and simulated.
struct Ran {
    decisions: Decisions,
    outcome: Outcome,
    summary: Summary,
}

fn ran(
    args: &Run,
    arch: &Arch,
    workload: &Workload,
    policy: &Policy,
    scores: &Scores,
) -> Result<Ran, Failure> {
    let decided = Decided::of(scores, policy)?;
    let zeros = scores.zero_fractions.as_ref().map(|zeros| ZeroFractions::new(zeros, scores.samples));
    let outcome = simulate::simulate(arch, &workload.segments, policy, &decided.decisions, zeros);
    sane(args, arch, &outcome)?;
    let named = Named {
        arch,
        workload: &workload.manifest.name,
        scores: workload.scores_are(),
        policy,
        unit: simulate::unit_size(&workload.segments, policy),
        overrides: &args.set.set,
        classes: workload.class_names(),
    };
    let summary = report::summary(&named, &decided.decisions, decided.baseline, decided.flips, &outcome);
    Ok(Ran { decisions: decided.decisions, outcome, summary })
}

/// Every input, checked; the faults of all of them at once.
fn inputs(args: &Run) -> Result<(Arch, Workload, Policy), Faults> {
    let arch = load::arch(&args.arch, &args.set.set);
    let workload = load::workload(&args.workload);
    let policy = workload.as_ref().ok().map(|workload| workload.policy(args.policy.as_deref()));
    match (arch, workload, policy) {
        (Ok(arch), Ok(workload), Some(Ok(policy))) => {
            simulate::agree(&arch, &workload.segments, Some(&policy))
                .map_err(|misfits| misfit_faults(&arch, misfits))?;
            Ok((arch, workload, policy))
        }
        (arch, workload, policy) => {
            let mut all = Faults::default();
            all.0.extend(arch.err().into_iter().flat_map(|faults| faults.0));
            all.0.extend(workload.err().into_iter().flat_map(|faults| faults.0));
            all.0.extend(policy.and_then(Result::err).into_iter().flat_map(|faults| faults.0));
            Err(all)
        }
    }
}

/// Misfits of an architecture with a network or a policy, as faults.
pub(super) fn misfit_faults(arch: &Arch, misfits: Vec<simulate::Misfit>) -> Faults {
    let fault = |misfit: simulate::Misfit| Fault::new(format!("{}: {misfit}", arch.name), misfit.remedy());
    Faults(misfits.into_iter().map(fault).collect())
}

/// What the policy decides, and what it is compared with.
struct Decided {
    decisions: Decisions,
    /// Accuracy of the plain network.
    baseline: f64,
    /// Against the float rule; `None` when the policy is float itself.
    flips: Option<Flips>,
}

impl Decided {
    fn of(scores: &Scores, policy: &Policy) -> Result<Self, Faults> {
        let ask = |policy: &Policy| {
            decide(scores, policy)
                .map_err(|error| Fault::new(error.to_string(), "make policy, scores and network fit"))
        };
        let decisions = ask(policy)?;
        let baseline = ask(&Policy::no_heads(scores.heads.len()))?.accuracy();
        let flips = match policy.arithmetic {
            Arithmetic::Float => None,
            Arithmetic::Integer { .. } => {
                let float = ask(&Policy { arithmetic: Arithmetic::Float, ..policy.clone() })?;
                flips(&decisions, &float).ok()
            }
        };
        Ok(Self { decisions, baseline, flips })
    }
}

/// Bounds that no machine can break; a violation is this tool's fault, and says so with its configuration.
fn sane(args: &Run, arch: &Arch, outcome: &Outcome) -> Result<(), Failure> {
    let violations = simulate::violations(&arch.machine, outcome);
    if violations.is_empty() {
        return Ok(());
    }
    let message = format!(
        "this is a bug of exclusim {}: a result breaks a bound that no machine can break\n  {}\nplease report it with {} {:?} and the configuration {arch:?}",
        env!("CARGO_PKG_VERSION"),
        violations.join("\n  "),
        args.arch.display(),
        args.set.set,
    );
    Err(Failure::Check(message))
}

/// The decisions of an oracle on the same heads: what is too early and too late is told by it.
fn oracle(policy: &Policy, scores: &Scores) -> Result<Decisions, Faults> {
    let oracle =
        Policy { heads: policy.heads.clone(), rule: Rule::Oracle, ..Policy::no_heads(scores.heads.len()) };
    decide(scores, &oracle)
        .map_err(|error| Fault::new(error.to_string(), "make scores and network fit").into())
}

/// The tables of a run with their file names.
fn tables(
    arch: &Arch,
    decisions: &Decisions,
    oracle: &Decisions,
    outcome: &Outcome,
) -> Vec<(&'static str, String)> {
    let reached =
        Some(report::Reached { entered: &outcome.entered, exits: &decisions.exits, gating: &outcome.gating });
    let rows = report::layer_rows(arch, &outcome.table, &outcome.prices, reached);
    vec![
        ("layers.csv", report::layers_csv(&rows)),
        ("breakdown.csv", report::breakdown_csv(&outcome.table, &outcome.prices, reached)),
        ("segments.csv", report::segments_csv(&outcome.table, decisions.classes)),
        ("samples.csv", report::samples_csv(decisions, oracle, outcome)),
        ("exits.csv", report::exits_csv(decisions)),
        ("excluded.csv", report::excluded_csv(decisions)),
    ]
}

/// The files of a run, and every figure that they hold data for; `name` is the run's, wherever its files go.
fn written(
    out: &Path,
    name: &str,
    json: &str,
    tables: Vec<(&'static str, String)>,
) -> Result<Results, Failure> {
    let files = std::iter::once(("summary.json", json.to_owned())).chain(tables).collect::<Vec<_>>();
    let failed = |what: &str, error: &PlotError| Failure::Check(format!("{what}: {error}"));
    let mut data = plot::Results::new(name);
    for (file, text) in &files {
        data = data.with(file, text).map_err(|error| failed(file, &error))?;
    }
    let mut results = Results::default();
    add_all(&mut results, out, data).map_err(|(figure, error)| failed(figure.name(), &error))?;
    for (file, text) in files {
        results.add(out.join(file), text);
    }
    Ok(results)
}
