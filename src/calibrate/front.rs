//! The front of a rule: its policies from none to ever cheaper ones, as the search for the least cost lays them.
//!
//! Two rules at one tolerance lose different amounts of accuracy on other samples, so that what they save cannot be compared.
//! Along their fronts they can, at equal loss on those samples. A front promises nothing: no sample is held out.

use super::paper::{check_heads, check_tolerance};
use super::search::{Course, Split};
use super::split::halves;
use super::{CalibrateError, Goal};
use crate::decide::Policy;
use crate::replay::Scores;

/// Policies of falling cost and rising risk on the half of the samples that [`super::search()`] searches on for this goal: its second
/// path, whose steps are small. The first runs no heads.
///
/// It goes on to policies whose bound there is one and a half tolerances.
///
/// # Errors
/// If the goal makes no sense for these scores.
pub fn front(scores: &Scores, goal: &Goal<'_, '_>) -> Result<Vec<Policy>, CalibrateError> {
    check_tolerance(goal.tolerance)?;
    check_heads(goal.heads, scores.heads.len())?;
    if scores.samples < 2 {
        return Err(CalibrateError::TooFew { found: scores.samples });
    }
    let [searched, _] = halves(&scores.labels, goal.groups, goal.seed)?;
    let half = Split::of(scores, &searched, goal)?;
    let off = vec![None; scores.heads.len()];
    let path = half.path(half.candidate(&off)?, &off, Course::Rising)?;
    path.iter().map(|candidate| half.policy(&candidate.places)).collect()
}
