//! The paper's greedy threshold search (arXiv 2309.13443), as the authors' reference code orders its steps.
//!
//! Heads are visited one by one. The threshold of the head visited starts at 0.01 and grows in steps of 0.01 while
//! accuracy stays strictly above the floor; then it steps back twice and is clamped to [0.01, 0.99]. So the step that
//! broke the floor is undone and one more is given away, and no visited head ends switched off. The threshold of a
//! conventional exit by confidence falls from 1 the same way; that is the paper's as well. Margins likewise, entropies
//! as betas: that is ours.
//!
//! Thresholds are counted in hundredths: sums of 0.01 in binary would drift from the decimals that a policy file holds.

use thiserror::Error;

use super::ladder::{rule, threshold};
use crate::decide::{
    Arithmetic, DecideError, Decisions, FinalAnswer, Loosens, Memory, Policy, RuleKind, ThresholdUnit, decide,
};
use crate::replay::Scores;

/// Lowest and highest threshold that the search returns, in hundredths.
const LOWEST: u32 = 1;
const HIGHEST: u32 = 99;

impl Loosens {
    /// The threshold tried after so many, in hundredths: up from 0.01 to 1, where only the top class is left, or down
    /// from 1, where nobody leaves, to 0. `None` beyond.
    fn tried_after(self, before: u32) -> Option<u32> {
        match self {
            Loosens::Upwards => Some(LOWEST + before).filter(|hundredths| *hundredths <= 100),
            Loosens::Downwards => 100_u32.checked_sub(before),
        }
    }

    /// The threshold two before the one that would be tried after so many, between the lowest and the highest.
    fn two_before(self, tried: u32) -> u32 {
        let hundredths = match self {
            Loosens::Upwards => (LOWEST + tried).saturating_sub(2),
            Loosens::Downwards => 102 - tried.min(102),
        };
        hundredths.clamp(LOWEST, HIGHEST)
    }
}

/// What to search under.
#[derive(Clone, Debug, PartialEq)]
pub struct Request<'a> {
    /// Heads in the order of visit, by index, each at most once; a head not in it stays off.
    pub order: &'a [usize],
    /// Accuracy that may be lost, as a fraction: 0.005 is half a percentage point. At least 0.
    pub tolerance: f64,
    /// The rule whose thresholds are searched.
    pub rule: RuleKind,
    /// What a head remembers of the heads before it. The authors' search in effect uses [`Memory::Memoryless`],
    /// because of how it broadcasts over a batch, and tests with [`Memory::ReadmitTop`].
    pub memory: Memory,
    /// How a sample that ran to the end is answered. The authors' search uses [`FinalAnswer::Product`] and tests
    /// with [`FinalAnswer::All`].
    pub answer: FinalAnswer,
    /// How the exclusion unit computes.
    pub arithmetic: Arithmetic,
}

/// One threshold tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The head visited, by index.
    pub head: usize,
    /// The threshold tried, in hundredths.
    pub hundredths: u32,
    /// Samples answered correctly with it.
    pub correct: u64,
    /// Whether that was strictly above the floor, so that the threshold grew on.
    pub above_floor: bool,
}

/// What the search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The policy found: one threshold per head, and on are the heads that were visited.
    pub policy: Policy,
    /// Samples searched on.
    pub samples: u64,
    /// Of those, answered correctly without exits.
    pub baseline_correct: u64,
    /// Of those, answered correctly by the policy found: in-sample, so an optimistic promise for fresh samples.
    pub promised_correct: u64,
    /// Every threshold tried, in order.
    pub steps: Vec<Step>,
}

impl Calibration {
    /// Accuracy without exits, 0 to 1.
    pub fn baseline_accuracy(&self) -> f64 {
        self.baseline_correct as f64 / self.samples as f64
    }

    /// Accuracy of the policy found on the samples searched on, 0 to 1.
    pub fn promised_accuracy(&self) -> f64 {
        self.promised_correct as f64 / self.samples as f64
    }

    /// Accuracy after every step, with the step's head and threshold, 0 to 1.
    pub fn trajectory(&self) -> impl Iterator<Item = (Step, f64)> + '_ {
        self.steps.iter().map(|step| (*step, step.correct as f64 / self.samples as f64))
    }
}

/// A request that does not fit the scores.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum CalibrateError {
    /// A head in the order of visit that the network does not have.
    #[error("the order of visit names head {}, but the network has {heads}: write 1 to {heads}", .head + 1)]
    NoSuchHead {
        /// The head's index from 0; printed from 1.
        head: usize,
        /// Heads of the network.
        heads: usize,
    },
    /// A head in the order of visit twice.
    #[error("the order of visit names head {} twice: write every head at most once", .head + 1)]
    VisitedTwice {
        /// The head's index from 0; printed from 1.
        head: usize,
    },
    /// A tolerance that is no fraction.
    #[error(
        "the tolerance is {found}: write a fraction from 0 to 1, such as 0.005 for half a percentage point"
    )]
    Tolerance {
        /// What was given.
        found: f64,
    },
    /// A rule without thresholds.
    #[error("`{0}` has no thresholds: search those of {all}", all = searchable())]
    NothingToFind(RuleKind),
    /// A rule that the greedy search has no steps for.
    #[error(
        "the paper's search tries hundredths, but patience counts heads that agree: write --method search"
    )]
    Patience,
    /// A confidence that is no fraction.
    #[error("the confidence is {found}: write a fraction above 0 and below 1, such as 0.95")]
    Confidence {
        /// What was given.
        found: f64,
    },
    /// Samples that cannot be halved.
    #[error(
        "there are {found} calibration samples: one half is searched on and one held out, so give 2 or more"
    )]
    TooFew {
        /// Samples given.
        found: usize,
    },
    /// Scores that contradict themselves, or settings that no policy can have.
    #[error(transparent)]
    Decide(#[from] DecideError),
}

/// The rules that have thresholds to search for, as a sentence lists them.
fn searchable() -> String {
    let kinds = RuleKind::ALL.iter().filter(|kind| kind.facts().threshold.is_some());
    let names: Vec<&str> = kinds.map(|kind| kind.name()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Order in which the paper visits heads: by the MACs of the first convolution since the previous head (the authors'
/// reference code ignores later ones), largest first.
///
/// Ties go to the shallower head, as a stable sort leaves them. The authors visit their VGG-small in the order
/// 1, 2, 3, 4, 5, 0, which is what this gives if all heads but the first tie. By dense MACs they do not: a pool before
/// heads 2 and 4 halves theirs, and the order is 1, 3, 5, 2, 4, 0. To repeat the authors' search, pass their order.
pub fn visit_order(macs_of_first_convolution: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..macs_of_first_convolution.len()).collect();
    order.sort_by_key(|head| std::cmp::Reverse(macs_of_first_convolution[*head]));
    order
}

/// The paper's greedy search.
///
/// Heads not visited yet are off. The paper gives them beta = 0, which in real arithmetic is the same: every
/// sigmoid is above 0. In a table of few bits small probabilities are 0, and 0 > 0 * p_max would exclude them.
///
/// # Errors
/// If the order of visit, the tolerance or the arithmetic's widths make no sense for these scores.
pub fn paper(scores: &Scores, request: &Request<'_>) -> Result<Calibration, CalibrateError> {
    check_tolerance(request.tolerance)?;
    check_heads(request.order, scores.heads.len())?;
    let threshold = threshold(request.rule)?;
    if threshold.unit == ThresholdUnit::Heads {
        return Err(CalibrateError::Patience);
    }
    let samples = scores.samples as u64;
    let baseline_correct = decide(scores, &Policy::no_heads(scores.heads.len()))?.correct();
    let mut search = Search {
        scores,
        request,
        loosens: threshold.loosens,
        hundredths: vec![None; scores.heads.len()],
        baseline_correct,
        allowed: allowed_millionths(request.tolerance, samples),
        steps: Vec::new(),
    };
    for head in request.order {
        search.visit(*head)?;
    }
    let promised_correct = search.decide()?.correct();
    Ok(Calibration {
        policy: search.policy()?,
        samples,
        baseline_correct,
        promised_correct,
        steps: search.steps,
    })
}

/// A tolerance is a fraction; a NaN is in no range, so it is refused as well.
pub(super) fn check_tolerance(found: f64) -> Result<(), CalibrateError> {
    if (0.0..=1.0).contains(&found) { Ok(()) } else { Err(CalibrateError::Tolerance { found }) }
}

/// Heads that are named exist, and once.
pub(super) fn check_heads(order: &[usize], heads: usize) -> Result<(), CalibrateError> {
    let mut visited = vec![false; heads];
    for head in order.iter().copied() {
        match visited.get_mut(head) {
            None => return Err(CalibrateError::NoSuchHead { head, heads }),
            Some(true) => return Err(CalibrateError::VisitedTwice { head }),
            Some(visited) => *visited = true,
        }
    }
    Ok(())
}

/// Samples that may be lost, in millionths: rounded, so that 0.0029 of 10,000 samples is 29 of them and not one bit
/// less, and the strict comparison is one of whole numbers.
fn allowed_millionths(tolerance: f64, samples: u64) -> i128 {
    (tolerance * samples as f64 * 1e6).round() as i128
}

/// The search's state: thresholds so far, in hundredths, `None` for a head that is off.
struct Search<'a> {
    scores: &'a Scores,
    request: &'a Request<'a>,
    loosens: Loosens,
    hundredths: Vec<Option<u32>>,
    baseline_correct: u64,
    allowed: i128,
    steps: Vec<Step>,
}

impl Search<'_> {
    fn visit(&mut self, head: usize) -> Result<(), CalibrateError> {
        let mut tried = 0;
        while let Some(hundredths) = self.loosens.tried_after(tried) {
            self.hundredths[head] = Some(hundredths);
            let correct = self.decide()?.correct();
            let above_floor = self.is_above_floor(correct);
            self.steps.push(Step { head, hundredths, correct, above_floor });
            if !above_floor {
                break;
            }
            tried += 1;
        }
        self.hundredths[head] = Some(self.loosens.two_before(tried));
        Ok(())
    }

    fn is_above_floor(&self, correct: u64) -> bool {
        let lost = i128::from(self.baseline_correct) - i128::from(correct);
        lost * 1_000_000 < self.allowed
    }

    fn policy(&self) -> Result<Policy, CalibrateError> {
        let thresholds: Vec<Option<f64>> = self
            .hundredths
            .iter()
            .map(|hundredths| hundredths.map(|value| f64::from(value) / 100.0))
            .collect();
        Ok(Policy {
            rule: rule(self.request.rule, &thresholds)?,
            heads: self.hundredths.iter().map(Option::is_some).collect(),
            memory: self.request.memory,
            answer: self.request.answer,
            arithmetic: self.request.arithmetic,
        })
    }

    fn decide(&self) -> Result<Decisions, CalibrateError> {
        Ok(decide(self.scores, &self.policy()?)?)
    }
}

#[cfg(test)]
#[path = "paper_tests.rs"]
mod tests;
