//! Decision: what an exclusion policy makes of stored scores, whatever the hardware's timing.
//!
//! After chosen layers sits an exclusion head that scores every class. A policy rules classes out at each head; when
//! one is left, it is the answer and the rest of the network is not run. The rule is that of "Early-Exit with Class
//! Exclusion for Efficient Inference of Neural Networks" (the paper, arXiv 2309.13443). Beside it stand the rules of
//! conventional early exits, which exclude nothing: a head that is certain answers. The integer arithmetic is
//! [`crate::unit`]'s, as hardware would do it.
//!
//! Everything here is a pure function on plain data: [`decide()`] turns [`crate::replay::Scores`] and a [`Policy`]
//! into [`Decisions`].

mod check;
mod class_set;
mod compared;
mod decisions;
mod exclusion;
mod exit;
mod explain;
mod leave;
mod policy;
mod rule;
mod score;
mod softmax;
mod walk;

pub use check::{DecideError, Table};
pub use class_set::{ClassSet, Classes};
pub use compared::{Compared, oracle};
pub use decisions::{Answered, Decisions, Flips, flips};
pub use exit::Exit;
pub use explain::{Explained, Explainer, HeadExplained, Reached, Test, explain};
pub use leave::top_classes;
pub use policy::{Arithmetic, ArithmeticKind, FinalAnswer, MAXIMUM_BITS, Memory, Policy};
pub use rule::{Loosens, Measure, Reads, Rule, RuleFacts, RuleKind, Threshold, ThresholdUnit};
pub use walk::{decide, passing_alone};

#[cfg(test)]
mod distance_tests;
#[cfg(test)]
mod leave_tests;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
