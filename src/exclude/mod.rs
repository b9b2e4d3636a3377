//! Decision: what an exclusion policy makes of stored scores, whatever the hardware's timing.
//!
//! After chosen layers sits an exclusion head that scores every class. A policy rules classes out at each head; when
//! one is left, it is the answer and the rest of the network is not run. The rule is that of "Early-Exit with Class
//! Exclusion for Efficient Inference of Neural Networks" (the paper, arXiv 2309.13443); the integer arithmetic is
//! this project's own, as a hardware unit would do it.
//!
//! Everything here is a pure function on plain data: [`decide()`] turns [`crate::replay::Scores`] and a [`Policy`]
//! into [`Decisions`].

mod check;
mod class_set;
mod decide;
mod decisions;
mod policy;
mod unit;

pub use check::{DecideError, Table};
pub use class_set::{ClassSet, Classes};
pub use decide::decide;
pub use decisions::{Decisions, Flips, Tally, flips};
pub use policy::{
    Arithmetic, ArithmeticKind, FinalAnswer, MAXIMUM_BITS, Memory, Policy, Rule, RuleKind, UnknownName,
};
pub use unit::{beta_code, probability_code, probability_table, sigmoid, survives};

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
