//! What a search asks of hardware, as plain data and functions: whoever knows hardware fills it in.

use crate::decide::Decisions;

/// Mean cost of a sample with given heads on, under decisions on some samples.
pub type MeanCost<'a> = Box<dyn Fn(&[bool], &Decisions) -> f64 + Sync + 'a>;

/// Zeros in the operands of samples, which decide what a machine that gates saves: as recorded, `[samples][layers]`.
#[derive(Clone, Copy, Debug)]
pub struct Zeros<'a> {
    /// The part of zeros.
    pub fractions: &'a [f32],
    /// Samples.
    pub samples: usize,
}
