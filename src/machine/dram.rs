//! Memory off chip: its kind and what it delivers. Its prices are the technology's.

use crate::tech::DramKind;
use crate::units::{BytesPerSecond, Seconds};

/// Memory off chip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dram {
    /// Kind, which selects its prices.
    pub kind: DramKind,
    /// Peak bandwidth.
    pub bandwidth: BytesPerSecond,
    /// Fraction of the peak that streaming reaches.
    pub efficiency: f64,
    /// Latency of a first access.
    pub latency: Seconds,
}
