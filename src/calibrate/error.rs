//! What does not fit together in a search.

use thiserror::Error;

use crate::decide::{DecideError, RuleKind};

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
    /// Groups of other samples.
    #[error(
        "groups are named of {found} samples, but there are {samples} calibration samples: write one group per sample"
    )]
    Groups {
        /// Samples that groups are named of.
        found: usize,
        /// Samples given.
        samples: usize,
    },
    /// Groups of which no policy could be shown to keep the tolerance.
    #[error(
        "{found} groups are held out, too few for a bound: to show a loss of at most {} points takes {needed} groups in all, \
         even if no sample is harmed; give more groups, or allow more", 100.0 * .tolerance
    )]
    TooFewGroups {
        /// Groups held out.
        found: usize,
        /// Groups needed, of both halves.
        needed: f64,
        /// Accuracy that may be lost.
        tolerance: f64,
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
