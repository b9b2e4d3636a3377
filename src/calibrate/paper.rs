//! The paper's greedy threshold search (arXiv 2309.13443), as the authors' reference code orders its steps.
//!
//! Heads are visited one by one. The threshold of the head visited starts at 0.01 and grows in steps of 0.01 while
//! accuracy stays strictly above the floor; then it steps back twice and is clamped to [0.01, 0.99]. So the step that
//! broke the floor is undone and one more is given away, and no visited head ends switched off.
//!
//! Betas are counted in hundredths: sums of 0.01 in binary would drift from the decimals that a policy file holds.

use thiserror::Error;

use crate::exclude::{Arithmetic, DecideError, Decisions, FinalAnswer, Memory, Policy, Rule, decide};
use crate::replay::Scores;

/// Lowest and highest threshold that the search returns, in hundredths.
const LOWEST: u32 = 1;
const HIGHEST: u32 = 99;
/// Largest threshold that is tried, in hundredths: at 1 only the top class is left, and more would change nothing.
const LARGEST_TRIED: u32 = 100;

/// What to search under.
#[derive(Clone, Debug, PartialEq)]
pub struct Request<'a> {
    /// Heads in the order of visit, by index, each at most once; a head not in it stays off.
    pub order: &'a [usize],
    /// Accuracy that may be lost, as a fraction: 0.005 is half a percentage point. At least 0.
    pub tolerance: f64,
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
    /// The policy found: one threshold a head, and on are the heads that were visited.
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
    /// Scores that contradict themselves, or settings that no policy can have.
    #[error(transparent)]
    Decide(#[from] DecideError),
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
    check(request, scores.heads.len())?;
    let samples = scores.samples as u64;
    let baseline_correct = decide(scores, &Policy::no_heads(scores.heads.len()))?.correct();
    let mut search = Search {
        scores,
        request,
        hundredths: vec![0; scores.heads.len()],
        baseline_correct,
        allowed: allowed_millionths(request.tolerance, samples),
        steps: Vec::new(),
    };
    for head in request.order {
        search.visit(*head)?;
    }
    let promised_correct = search.decide()?.correct();
    Ok(Calibration {
        policy: search.policy(),
        samples,
        baseline_correct,
        promised_correct,
        steps: search.steps,
    })
}

fn check(request: &Request<'_>, heads: usize) -> Result<(), CalibrateError> {
    // A NaN is in no range, so it is refused as well.
    if !(0.0..=1.0).contains(&request.tolerance) {
        return Err(CalibrateError::Tolerance { found: request.tolerance });
    }
    let mut visited = vec![false; heads];
    for head in request.order.iter().copied() {
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

/// The search's state: thresholds so far, in hundredths, 0 for a head that is off.
struct Search<'a> {
    scores: &'a Scores,
    request: &'a Request<'a>,
    hundredths: Vec<u32>,
    baseline_correct: u64,
    allowed: i128,
    steps: Vec<Step>,
}

impl Search<'_> {
    fn visit(&mut self, head: usize) -> Result<(), CalibrateError> {
        let mut tried = LOWEST;
        while tried <= LARGEST_TRIED {
            self.hundredths[head] = tried;
            let correct = self.decide()?.correct();
            let above_floor = self.is_above_floor(correct);
            self.steps.push(Step { head, hundredths: tried, correct, above_floor });
            if !above_floor {
                break;
            }
            tried += 1;
        }
        self.hundredths[head] = tried.saturating_sub(2).clamp(LOWEST, HIGHEST);
        Ok(())
    }

    fn is_above_floor(&self, correct: u64) -> bool {
        let lost = i128::from(self.baseline_correct) - i128::from(correct);
        lost * 1_000_000 < self.allowed
    }

    fn policy(&self) -> Policy {
        Policy {
            rule: Rule::RelativeToMax {
                beta: self.hundredths.iter().map(|hundredths| f64::from(*hundredths) / 100.0).collect(),
            },
            heads: self.hundredths.iter().map(|hundredths| *hundredths > 0).collect(),
            memory: self.request.memory,
            answer: self.request.answer,
            arithmetic: self.request.arithmetic,
        }
    }

    fn decide(&self) -> Result<Decisions, DecideError> {
        decide(self.scores, &self.policy())
    }
}

#[cfg(test)]
#[path = "paper_tests.rs"]
mod tests;
