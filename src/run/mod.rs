//! One run: a network's scores decided by a policy, simulated on a machine, checked against bounds that no machine can
//! break, and summed up, with other policies beside it. This composes; nothing here touches a file.

mod layers;
mod tables;
mod thresholds;

use std::fmt;

pub use layers::layers;
pub use thresholds::{Thresholds, calibrate_fault, thresholds, with_rule};

use crate::arch::Arch;
use crate::config::{Fault, Faults};
use crate::decide::{Compared, DecideError, Decisions, Policy, oracle};
use crate::load::Workload;
use crate::replay::Scores;
use crate::report::{self, AgainstSummary, Extras, IntervalSummary, Named, Summary};
use crate::simulate::{self, Outcome, Served, ZeroFractions, agreed};
use crate::time::Deciders;
use crate::units::Seconds;
use crate::workload::{ScoresFrom, unfair};

/// A workload with its scores, and a policy for it.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Network, manifest, names.
    pub workload: &'a Workload,
    /// Scores of its evaluation split.
    pub scores: &'a Scores,
    /// Who leaves where.
    pub policy: &'a Policy,
}

/// Another policy, on the same network or on a twin of it.
pub struct Rival<'a> {
    /// Its name for people.
    pub name: String,
    /// What it decides about: the same samples.
    pub subject: Subject<'a>,
}

/// What a run is made of.
pub struct Request<'a> {
    /// The machine.
    pub arch: &'a Arch,
    /// Keys of the architecture that were overridden, for the summary.
    pub overrides: &'a [String],
    /// Arrival times, where the architecture says that they are recorded.
    pub arrival_times: &'a [Seconds],
    /// Whether to ask how far energy saved moves with uncertain prices.
    pub sensitivity: bool,
    /// Whether to ask how far other samples may be from what is found: 10 ms and more of 10,000 samples. [`Ran::intervals`] asks
    /// later.
    pub intervals: bool,
    /// What is run.
    pub subject: Subject<'a>,
    /// What stands beside it.
    pub against: &'a [Rival<'a>],
}

impl<'a> Request<'a> {
    /// A run of a subject on a machine, and nothing beside it.
    #[must_use]
    pub fn new(arch: &'a Arch, subject: Subject<'a>) -> Self {
        Self {
            arch,
            overrides: &[],
            arrival_times: &[],
            sensitivity: false,
            intervals: true,
            subject,
            against: &[],
        }
    }
}

/// What a run found.
pub struct Ran {
    /// What the policy decided.
    pub decisions: Decisions,
    /// What an oracle would have decided on the same heads.
    pub oracle: Decisions,
    /// Cycles, actions and energy.
    pub outcome: Outcome,
    /// Everything in one object.
    pub summary: Summary,
    /// What the plain network answers.
    plain: Decisions,
    /// Whether what was decided about samples was measured on them.
    measured: bool,
}

impl Ran {
    /// How far other samples of the same kind may be from what was found; `None` where nothing was decided about samples.
    #[must_use]
    pub fn intervals(&self) -> Option<IntervalSummary> {
        self.measured.then(|| simulate::intervals(&self.plain, &self.decisions, &self.outcome).into())
    }
}

/// Why there is no result.
#[derive(Debug)]
pub enum RunError {
    /// The inputs do not go together.
    Input(Faults),
    /// Bounds that no machine can break, broken: a bug of this program.
    Bug(Vec<String>),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(faults) => faults.fmt(f),
            Self::Bug(broken) => write!(f, "a result breaks bounds of every machine: {}", broken.join("; ")),
        }
    }
}

impl std::error::Error for RunError {}

impl From<Faults> for RunError {
    fn from(faults: Faults) -> Self {
        Self::Input(faults)
    }
}

/// Policy and scores that do not go together, as a fault of the input.
#[must_use]
pub fn decide_fault(error: &DecideError) -> Fault {
    Fault::new(error.to_string(), "make policy, scores and network fit")
}

/// Runs.
///
/// # Errors
/// Inputs that do not go together, or a bug.
pub fn run(request: &Request<'_>) -> Result<Ran, RunError> {
    let arch = request.arch;
    let (compared, outcome) = simulated(arch, request.subject)?;
    let serve = |outcome: &Outcome| simulate::serve(arch.arrivals.as_ref()?, request.arrival_times, outcome);
    let (mut against, mut served_against) = (Vec::new(), Vec::new());
    for rival in request.against {
        let (compared, outcome) = simulated(arch, rival.subject)?;
        served_against.extend(serve(&outcome).map(|served| served.exits));
        let found = summed_up(request, rival.subject, &compared, &outcome, Extras::default());
        let unfair = unfair(rival.subject.workload.manifest.training, &rival.subject.policy.rule);
        against.push(AgainstSummary::of(rival.name.clone(), unfair, found));
    }
    let served = serve(&outcome);
    let arrivals =
        |served: &Served| Some(report::arrival_summary(arch.arrivals.as_ref()?, served, &served_against));
    let sensitivity = || simulate::sensitivity(arch, &outcome, served.as_ref());
    let scores = request.subject.workload.manifest.scores_from();
    let measured = matches!(scores, ScoresFrom::Replayed | ScoresFrom::Recorded) && !outcome.heads.is_empty();
    let over_samples = || simulate::intervals(&compared.plain, &compared.decisions, &outcome).into();
    let extras = Extras {
        intervals: (measured && request.intervals).then(over_samples),
        batch: batch(request, &compared.decisions, &outcome),
        arrivals: served.as_ref().and_then(arrivals),
        sensitivity: request.sensitivity.then(|| report::sensitivity_summary(&sensitivity())),
        against,
    };
    let summary = summed_up(request, request.subject, &compared, &outcome, extras);
    let oracle = oracle(request.subject.scores, request.subject.policy)
        .map_err(|error| Faults::from(decide_fault(&error)))?;
    let Compared { decisions, plain, .. } = compared;
    Ok(Ran { decisions, oracle, outcome, summary, plain, measured })
}

/// What a policy decides, and what that costs on a machine; the outcome is sane.
fn simulated(arch: &Arch, subject: Subject<'_>) -> Result<(Compared, Outcome), RunError> {
    let Subject { workload, scores, policy } = subject;
    agreed(arch, &workload.segments, Some(policy))?;
    let compared = Compared::of(scores, policy).map_err(|error| Faults::from(decide_fault(&error)))?;
    let zeros = scores.zero_fractions.as_ref().map(|zeros| ZeroFractions::new(zeros, scores.samples));
    let outcome = simulate::simulate(arch, &workload.segments, policy, &compared.decisions, zeros);
    let violations = simulate::violations(&arch.machine, &outcome);
    if violations.is_empty() { Ok((compared, outcome)) } else { Err(RunError::Bug(violations)) }
}

/// The same samples in batches, where the machine takes several at once.
fn batch(request: &Request<'_>, decisions: &Decisions, outcome: &Outcome) -> Option<report::BatchSummary> {
    let (arch, Subject { workload, policy, .. }) = (request.arch, request.subject);
    if arch.batch.size <= 1 {
        return None;
    }
    let on = policy.running();
    let heads = Deciders { on: &on, rule: policy.rule.facts().unit };
    let found = simulate::batched(arch, &workload.segments, heads, decisions, outcome)?;
    let samples = u64::try_from(decisions.samples).unwrap_or(u64::MAX);
    Some(report::batch_summary(arch.batch, &found, samples, arch.machine.clock.0))
}

fn summed_up(
    request: &Request<'_>,
    subject: Subject<'_>,
    compared: &Compared,
    outcome: &Outcome,
    extras: Extras,
) -> Summary {
    let Subject { workload, policy, .. } = subject;
    let named = Named {
        arch: request.arch,
        workload: &workload.manifest.name,
        scores: workload.manifest.scores_from(),
        policy,
        unit: simulate::unit_size(&workload.segments, policy),
        overrides: request.overrides,
        classes: workload.class_names(),
    };
    report::summary(&named, compared, outcome, extras)
}
