//! Calibration: thresholds for a policy, from the scores of samples set apart for it.
//!
//! Calibrate on one split and report on another: a search promises what it found on the samples it saw. [`paper()`]
//! repeats the paper's search, [`reference()`] with the slips of its authors' code; both promise nothing for others.
//! [`search()`] spends half of its samples on a bound.

mod bound;
mod costs;
mod error;
mod front;
mod judge;
mod ladder;
mod paper;
mod reference;
mod search;
mod split;

pub use bound::{Grouped, Paired, at_least, at_most, mean_at_most};
pub use costs::{CostByExit, CostOfDecisions, MeanCost, Zeros};
pub use error::CalibrateError;
pub use front::front;
pub use paper::{Calibration, Request, Step, paper, strictest, visit_order};
pub use reference::{REFERENCE_ANSWER, REFERENCE_MEMORY, reference};
pub use search::{Certified, Goal, Half, repeated, search};
pub use split::{Groups, Order, telling_order};
