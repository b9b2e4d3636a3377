//! What a search asks of hardware, as plain data and functions: whoever knows hardware fills it in.

use crate::decide::Decisions;

/// Mean cost of a sample with given heads on, under decisions on some samples.
pub type CostOfDecisions<'a> = Box<dyn Fn(&[bool], &Decisions) -> f64 + Sync + 'a>;
/// What a sample costs that leaves at each head, and at the end, with given heads on.
pub type CostByExit<'a> = Box<dyn Fn(&[bool]) -> Vec<f64> + Sync + 'a>;

/// Cost of samples with given heads on.
pub struct MeanCost<'a> {
    /// Mean cost of a sample under decisions on some samples.
    pub of: CostOfDecisions<'a>,
    /// What a sample costs that leaves at each head, and at the end, where nothing else decides what it costs.
    pub by_exit: Option<CostByExit<'a>>,
}

/// Zeros in the operands of samples, which decide what a machine that gates saves: as recorded, `[samples][layers]`.
#[derive(Clone, Copy, Debug)]
pub struct Zeros<'a> {
    /// The part of zeros.
    pub fractions: &'a [f32],
    /// Samples.
    pub samples: usize,
}
