//! The paper's greedy threshold search (arXiv 2309.13443), as the authors' reference code orders its steps.
//!
//! Heads are visited one by one. The threshold of the head visited starts at 0.01 and grows in steps of 0.01 while
//! accuracy stays strictly above the floor. The authors' loop takes the step once more behind the value that broke the
//! floor, and then steps back twice: the threshold ends at the last value that passed, at least 0.01, so that no visited
//! head ends switched off. Their sum of steps passes 1 before 1.00 is tried, so that a head that never fails ends at 0.98.
//! The threshold of a conventional exit by confidence falls from 1 the same way, to 0.02 where it never fails; that is the
//! paper's as well. Margins likewise, entropies as betas: that is ours. So are distances: under a softmax a distance d is
//! a beta of exp(-d), and they are tried in the order of these betas.
//!
//! Thresholds are counted in hundredths: sums of 0.01 in binary would drift from the decimals that a policy file holds.

use super::CalibrateError;
use super::ladder::{rule, threshold};
use crate::decide::{
    Arithmetic, Decisions, FinalAnswer, Loosens, Memory, Policy, RuleKind, Threshold, ThresholdUnit, decide,
};
use crate::replay::Scores;

/// Lowest and highest threshold that the search returns, in hundredths.
pub(super) const LOWEST: u32 = 1;
pub(super) const HIGHEST: u32 = 99;

/// Which thresholds are tried, by how many have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ladder {
    /// From 0.01 up to 0.99.
    Rising,
    /// From 1.00, where nobody leaves, down to 0.01.
    Falling,
    /// As betas rise, what distances they are under a softmax.
    Distances,
}

impl Ladder {
    fn of(threshold: &Threshold) -> Result<Self, CalibrateError> {
        match (threshold.unit, threshold.loosens) {
            (ThresholdUnit::Heads, _) => Err(CalibrateError::Patience),
            (ThresholdUnit::Score, _) => Ok(Self::Distances),
            (ThresholdUnit::Fraction, Loosens::Upwards) => Ok(Self::Rising),
            (ThresholdUnit::Fraction, Loosens::Downwards) => Ok(Self::Falling),
        }
    }

    /// The hundredths tried after so many; `None` when all are.
    fn tried_after(self, before: u32) -> Option<u32> {
        match self {
            Self::Rising | Self::Distances => {
                Some(LOWEST + before).filter(|hundredths| *hundredths <= HIGHEST)
            }
            Self::Falling => 100_u32.checked_sub(before).filter(|hundredths| *hundredths >= LOWEST),
        }
    }

    /// What is kept after so many were tried, the last of which failed or is the last there is: the one before it.
    fn kept(self, tried: u32) -> u32 {
        let hundredths = match self {
            Self::Rising | Self::Distances => (LOWEST + tried).saturating_sub(2),
            Self::Falling => 102_u32.saturating_sub(tried),
        };
        hundredths.clamp(LOWEST, HIGHEST)
    }

    /// The threshold that hundredths stand for. Distances are written in thousandths.
    pub(super) fn threshold(self, hundredths: u32) -> f64 {
        let fraction = f64::from(hundredths) / 100.0;
        match self {
            Self::Rising | Self::Falling => fraction,
            Self::Distances => (-1000.0 * fraction.ln()).round() / 1000.0,
        }
    }
}

/// The strictest threshold that the search ends at.
#[must_use]
pub fn strictest(threshold: &Threshold) -> Option<f64> {
    let ladder = Ladder::of(threshold).ok()?;
    Some(ladder.threshold(if ladder == Ladder::Falling { HIGHEST } else { LOWEST }))
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
    /// The threshold tried, in hundredths; of a distance, those of the beta that it is under a softmax.
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
    /// Of those, correct as the search itself counts. [`super::reference()`] counts otherwise than its policy answers.
    pub seen_correct: u64,
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

/// Order in which the paper visits heads: by the MACs of the first convolution since the previous head (the authors'
/// reference code ignores later ones), largest first.
///
/// Ties go to the shallower head, as a stable sort leaves them. The authors visit their VGG-small in the order
/// 1, 2, 3, 4, 5, 0, which is what this gives if all heads but the first tie. By dense MACs they do not: a pool before
/// heads 2 and 4 halves theirs, and the order is 1, 3, 5, 2, 4, 0. Their code takes the third and the fifth convolution to
/// have as many inputs as outputs, which makes up for the pools. To repeat the authors' search, pass their order.
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
    let ladder = Ladder::of(&threshold(request.rule)?)?;
    let samples = scores.samples as u64;
    let baseline_correct = decide(scores, &Policy::no_heads(scores.heads.len()))?.correct();
    let mut search = Search {
        scores,
        request,
        ladder,
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
        seen_correct: promised_correct,
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
pub(super) fn allowed_millionths(tolerance: f64, samples: u64) -> i128 {
    (tolerance * samples as f64 * 1e6).round() as i128
}

/// The search's state: thresholds so far, in hundredths, `None` for a head that is off.
struct Search<'a> {
    scores: &'a Scores,
    request: &'a Request<'a>,
    ladder: Ladder,
    hundredths: Vec<Option<u32>>,
    baseline_correct: u64,
    allowed: i128,
    steps: Vec<Step>,
}

impl Search<'_> {
    fn visit(&mut self, head: usize) -> Result<(), CalibrateError> {
        let mut tried = 0;
        while let Some(hundredths) = self.ladder.tried_after(tried) {
            self.hundredths[head] = Some(hundredths);
            let correct = self.decide()?.correct();
            let above_floor = self.is_above_floor(correct);
            self.steps.push(Step { head, hundredths, correct, above_floor });
            tried += 1;
            if !above_floor {
                break;
            }
        }
        self.hundredths[head] = Some(self.ladder.kept(tried));
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
            .map(|hundredths| hundredths.map(|value| self.ladder.threshold(value)))
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
