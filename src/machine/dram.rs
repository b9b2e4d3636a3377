//! Memory off chip: its kind and what it delivers. Its prices are the technology's.

use crate::config::Choice;
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

/// Kinds of DRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DramKind {
    /// LPDDR4.
    Lpddr4,
    /// LPDDR5.
    Lpddr5,
    /// DDR3.
    Ddr3,
    /// DDR4.
    Ddr4,
    /// HBM2.
    Hbm2,
}

impl Choice for DramKind {
    const NAMES: &'static [(Self, &'static [&'static str])] = &[
        (Self::Lpddr4, &["lpddr4"]),
        (Self::Lpddr5, &["lpddr5"]),
        (Self::Ddr3, &["ddr3"]),
        (Self::Ddr4, &["ddr4"]),
        (Self::Hbm2, &["hbm2"]),
    ];
}
