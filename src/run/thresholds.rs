//! Thresholds for a workload on a machine: the search of `calibrate`, with what the machine charges.

use crate::arch::Arch;
use crate::calibrate::{CalibrateError, Certified, Goal, Groups, repeated};
use crate::config::{Fault, Faults};
use crate::decide::{FinalAnswer, Memory, Policy, Rule, RuleKind};
use crate::network::segment::Segments;
use crate::replay::Scores;
use crate::simulate::{Objective, agreed, mean_costs};

/// What to search for.
#[derive(Clone, Copy)]
pub struct Thresholds<'a> {
    /// Heads that may be on, by index, each at most once.
    pub heads: &'a [usize],
    /// What is to be small.
    pub objective: Objective,
    /// Accuracy that may be lost, as a fraction: 0.005 is half a percentage point.
    pub tolerance: f64,
    /// How sure that is to be, above 0 and below 1.
    pub confidence: f64,
    /// What splits the samples.
    pub seed: u64,
    /// Splits to search on, of consecutive seeds; at least 1.
    pub repeats: usize,
    /// Groups of which every sample is, where samples of one are not draws of their own.
    pub groups: Option<&'a Groups>,
    /// The rule whose thresholds are searched.
    pub rule: RuleKind,
    /// What a head remembers of the heads before it.
    pub memory: Memory,
    /// How a sample that ran to the end is answered.
    pub answer: FinalAnswer,
    /// Told how much of the risk is used up, 0 to 1.
    pub progress: &'a (dyn Fn(f64) + Sync),
}

/// Searches for thresholds on the scores of samples set apart for it; one result per split.
///
/// # Errors
/// Architecture, network and rule do not go together, or the search cannot be made on these scores.
pub fn thresholds(
    arch: &Arch,
    network: &Segments,
    scores: &Scores,
    wanted: &Thresholds<'_>,
) -> Result<Vec<Certified>, Faults> {
    let Thresholds { heads, tolerance, confidence, seed, groups, rule, memory, answer, progress, .. } =
        *wanted;
    let settings = Policy { memory, answer, ..with_rule(rule, network.heads()) };
    agreed(arch, network, Some(&settings))?;
    let costs = mean_costs(arch, network, &settings, wanted.objective);
    let arithmetic = settings.arithmetic;
    let goal = Goal {
        heads,
        tolerance,
        confidence,
        seed,
        groups,
        rule,
        memory,
        answer,
        arithmetic,
        costs: &costs,
        progress,
    };
    repeated(scores, &goal, wanted.repeats).map_err(|error| calibrate_fault(&error).into())
}

/// A policy of a rule: what hardware it needs does not depend on thresholds.
#[must_use]
pub fn with_rule(kind: RuleKind, heads: usize) -> Policy {
    let unused = kind.facts().threshold.map_or(0.0, |threshold| threshold.unused);
    Policy { rule: Rule::with(kind, vec![unused; heads]), ..Policy::never(heads) }
}

/// A request that does not fit the scores, as a fault of the input.
#[must_use]
pub fn calibrate_fault(error: &CalibrateError) -> Fault {
    Fault::new(error.to_string(), "see `exclusim calibrate --help`")
}
