//! What the heads of a workload were trained for, and which rules that is fair to.

use crate::decide::{Reads, Rule};
use crate::names::closed_set;

closed_set! {
    /// What a head's scores were trained to be.
    pub enum HeadTraining {
        /// Logits of one sigmoid per class, each class judged alone: for class exclusion.
        Sigmoid = "sigmoid",
        /// Logits of one softmax over all classes: for conventional exits.
        Softmax = "softmax",
    }
}

/// Why a rule may look worse on these heads than it is; `None` where nothing speaks against it.
#[must_use]
pub fn unfair(training: Option<HeadTraining>, rule: &Rule) -> Option<&'static str> {
    match (rule.facts().reads, training) {
        (Reads::Softmax, Some(HeadTraining::Sigmoid)) => Some(
            "takes a softmax of heads that were trained with one sigmoid per class, for class exclusion: unfair to it",
        ),
        (Reads::Sigmoids, Some(HeadTraining::Softmax)) => Some(
            "takes a sigmoid of heads that were trained with one softmax over all classes, for conventional exits: unfair to it",
        ),
        (Reads::Softmax, None) => Some(
            "takes a softmax of heads, and the workload does not say what they were trained for (heads.training)",
        ),
        (Reads::Softmax, Some(HeadTraining::Softmax))
        | (Reads::Sigmoids, Some(HeadTraining::Sigmoid) | None)
        | (Reads::Differences | Reads::Order, _) => None,
    }
}
