//! A policy's decisions with what they are compared with on the same scores.

use super::check::DecideError;
use super::decisions::{Decisions, Flips, flips};
use super::policy::{Arithmetic, Policy};
use super::rule::Rule;
use super::walk::decide;
use crate::replay::Scores;

/// What a policy decides, and what it is compared with.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The policy's decisions.
    pub decisions: Decisions,
    /// The plain network's.
    pub plain: Decisions,
    /// Accuracy of the plain network.
    pub baseline: f64,
    /// Against the float rule; `None` when the policy is float itself.
    pub flips: Option<Flips>,
}

impl Compared {
    /// Decides by a policy, by the plain network, and by the policy in real numbers.
    ///
    /// # Errors
    /// As [`decide()`].
    pub fn of(scores: &Scores, policy: &Policy) -> Result<Self, DecideError> {
        let decisions = decide(scores, policy)?;
        let plain = decide(scores, &Policy::no_heads(scores.heads.len()))?;
        let baseline = plain.accuracy();
        let flips = match policy.arithmetic {
            Arithmetic::Float => None,
            Arithmetic::Integer { .. } => {
                let float = decide(scores, &Policy { arithmetic: Arithmetic::Float, ..policy.clone() })?;
                Some(flips(&decisions, &float)?)
            }
        };
        Ok(Self { decisions, plain, baseline, flips })
    }
}

/// The decisions of an oracle on a policy's heads: by it one tells what leaves too early or too late.
///
/// # Errors
/// As [`decide()`].
pub fn oracle(scores: &Scores, policy: &Policy) -> Result<Decisions, DecideError> {
    let plain = Policy::no_heads(scores.heads.len());
    decide(scores, &Policy { heads: policy.heads.clone(), rule: Rule::Oracle, ..plain })
}
