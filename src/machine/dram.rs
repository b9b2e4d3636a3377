//! Memory off chip, as far as time depends on it: which kind it is and what it costs is the architecture's.

use crate::units::{BytesPerSecond, Seconds};

/// What the memory off chip delivers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dram {
    /// Peak bandwidth.
    pub bandwidth: BytesPerSecond,
    /// Fraction of the peak that streaming reaches.
    pub efficiency: f64,
    /// Latency of a first access.
    pub latency: Seconds,
}
