//! Calibration: thresholds for a policy, from the scores of samples set apart for it.
//!
//! Calibrate on one split and report on another: a search promises what it found on the samples it saw.

mod paper;

pub use paper::{CalibrateError, Calibration, Request, Step, paper, visit_order};

use crate::replay::Scores;

/// How thresholds are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The paper's greedy search, head by head under an accuracy floor; see [`paper()`].
    Paper,
}

/// Searches thresholds with the method named.
///
/// # Errors
/// If the request does not fit the scores; see [`CalibrateError`].
pub fn calibrate(
    method: Method,
    scores: &Scores,
    request: &Request<'_>,
) -> Result<Calibration, CalibrateError> {
    match method {
        Method::Paper => paper(scores, request),
    }
}
