//! Calibration: thresholds for a policy, from the scores of samples set apart for it.
//!
//! Calibrate on one split and report on another: a search promises what it found on the samples it saw. [`paper()`]
//! repeats the paper's search, which promises nothing for others; [`search()`] spends half of its samples on a bound.

mod bound;
mod costs;
mod ladder;
mod paper;
mod search;

pub use bound::{Paired, at_least, at_most};
pub use costs::{MeanCost, Zeros};
pub use paper::{CalibrateError, Calibration, Request, Step, paper, visit_order};
pub use search::{Certified, Goal, Half, search};
