//! The thresholds of every rule in one order: from the strictest, at which fewest samples leave, to the loosest.

use super::CalibrateError;
use crate::decide::{Rule, RuleKind, Threshold};

/// What a rule's thresholds are, if it has any to search for.
pub(super) fn threshold(kind: RuleKind) -> Result<Threshold, CalibrateError> {
    kind.facts().threshold.ok_or(CalibrateError::NothingToFind(kind))
}

/// The thresholds that a search tries at a head, strictest first: hundredths, and finer where a rule's strict end
/// needs it. Under confidence none below 1/2, where looser would not let more samples leave. Distances are no fractions:
/// from 20, where a softmax leaves 2e-9 of the top class's probability, in quarters to 6 and then in tenths to 0.
pub(super) fn ladder(kind: RuleKind, heads: usize) -> Result<Vec<f64>, CalibrateError> {
    let hundredths = |range: std::ops::RangeInclusive<u32>| range.map(|value| f64::from(value) / 100.0);
    let downwards = |least| [0.999, 0.998, 0.995].into_iter().chain(hundredths(least..=99).rev()).collect();
    match kind {
        RuleKind::RelativeToMax => Ok(hundredths(1..=100).collect()),
        RuleKind::Distance => {
            let quarters = (25..=80).rev().map(|quarter| f64::from(quarter) / 4.0);
            Ok(quarters.chain((0..=60).rev().map(|tenth| f64::from(tenth) / 10.0)).collect())
        }
        RuleKind::Entropy => Ok([0.001, 0.002, 0.005].into_iter().chain(hundredths(1..=99)).collect()),
        RuleKind::Confidence => Ok(downwards(50)),
        RuleKind::Margin => Ok(downwards(1)),
        RuleKind::Patience => Ok((1..heads.max(1)).rev().map(|agreements| agreements as f64).collect()),
        RuleKind::Oracle | RuleKind::Never | RuleKind::NoHeads => Err(CalibrateError::NothingToFind(kind)),
    }
}

/// The rule with a threshold for every head, `None` for one that is off.
pub(super) fn rule(kind: RuleKind, thresholds: &[Option<f64>]) -> Result<Rule, CalibrateError> {
    let unused = threshold(kind)?.unused;
    Ok(Rule::with(kind, thresholds.iter().map(|threshold| threshold.unwrap_or(unused)).collect()))
}
