//! The thresholds of every rule in one order: from the strictest, at which fewest samples leave, to the loosest.

use super::CalibrateError;
use crate::decide::{Measure, Rule, RuleKind};

/// Which way thresholds loosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loosens {
    /// Larger thresholds let more samples leave.
    Upwards,
    /// Smaller ones do.
    Downwards,
}

/// Which way a rule's thresholds loosen.
pub(super) fn loosens(kind: RuleKind) -> Result<Loosens, CalibrateError> {
    match kind {
        RuleKind::RelativeToMax | RuleKind::Entropy => Ok(Loosens::Upwards),
        RuleKind::Confidence | RuleKind::Margin | RuleKind::Patience => Ok(Loosens::Downwards),
        RuleKind::Oracle | RuleKind::Never | RuleKind::NoHeads => Err(CalibrateError::NothingToFind(kind)),
    }
}

/// The thresholds that a search tries at a head, strictest first: hundredths, and finer where a rule's strict end
/// needs it. Under confidence none below 1/2, where looser would not let more samples leave.
pub(super) fn ladder(kind: RuleKind, heads: usize) -> Result<Vec<f64>, CalibrateError> {
    let hundredths = |range: std::ops::RangeInclusive<u32>| range.map(|value| f64::from(value) / 100.0);
    let downwards = |least| [0.999, 0.998, 0.995].into_iter().chain(hundredths(least..=99).rev()).collect();
    match kind {
        RuleKind::RelativeToMax => Ok(hundredths(1..=100).collect()),
        RuleKind::Entropy => Ok([0.001, 0.002, 0.005].into_iter().chain(hundredths(1..=99)).collect()),
        RuleKind::Confidence => Ok(downwards(50)),
        RuleKind::Margin => Ok(downwards(1)),
        RuleKind::Patience => Ok((1..heads.max(1)).rev().map(|agreements| agreements as f64).collect()),
        RuleKind::Oracle | RuleKind::Never | RuleKind::NoHeads => Err(CalibrateError::NothingToFind(kind)),
    }
}

/// The rule with a threshold for every head, `None` for one that is off.
pub(super) fn rule(kind: RuleKind, thresholds: &[Option<f64>]) -> Result<Rule, CalibrateError> {
    let or = |off: f64| thresholds.iter().map(|threshold| threshold.unwrap_or(off)).collect::<Vec<_>>();
    let softmax = |measure, off| Rule::Softmax { measure, threshold: or(off) };
    match kind {
        RuleKind::RelativeToMax => Ok(Rule::RelativeToMax { beta: or(0.0) }),
        RuleKind::Confidence => Ok(softmax(Measure::Confidence, 1.0)),
        RuleKind::Margin => Ok(softmax(Measure::Margin, 1.0)),
        RuleKind::Entropy => Ok(softmax(Measure::Entropy, 0.0)),
        RuleKind::Patience => Ok(Rule::Patience {
            threshold: or(1.0).into_iter().map(|agreements| agreements as u16).collect(),
        }),
        RuleKind::Oracle | RuleKind::Never | RuleKind::NoHeads => Err(CalibrateError::NothingToFind(kind)),
    }
}
