//! Kinds of DRAM: energy, power of being there, efficiency and latency, each figure with its source.

use super::figure::{figure, number};
use super::uncertainty::factor;
use crate::config::{Fields, Node};
use crate::names::closed_set;
use crate::units::{Milliwatts, Picojoules, Seconds};

closed_set! {
    /// Kinds of DRAM.
    pub enum DramKind {
        /// LPDDR4.
        Lpddr4 = "lpddr4",
        /// LPDDR5.
        Lpddr5 = "lpddr5",
        /// DDR3.
        Ddr3 = "ddr3",
        /// DDR4.
        Ddr4 = "ddr4",
        /// HBM2.
        Hbm2 = "hbm2",
    }
    /// Something for every kind of DRAM.
    pub table PerDramKind;
}

/// What a kind of DRAM costs. Powers are for each GB/s of peak bandwidth, which stands for the number of devices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DramPrice {
    /// Energy of one bit read or written, without what the device draws by being there.
    pub bit: Picojoules,
    /// Power with a row open, while data move.
    pub active_per_gbps: Milliwatts,
    /// Power with all rows closed, while nothing moves.
    pub standby_per_gbps: Milliwatts,
    /// Power of refreshing, always.
    pub refresh_per_gbps: Milliwatts,
    /// Power while it refreshes itself and cannot be read.
    pub self_refresh_per_gbps: Milliwatts,
    /// Fraction of the peak that streaming reaches.
    pub efficiency: f64,
    /// From a first command to its data, when another row is open.
    pub latency: Seconds,
    /// From leaving self-refresh to the first command.
    pub wake: Seconds,
    /// By what factor the energy of a bit may be wrong, either way.
    pub bit_uncertainty: f64,
    /// By what factor the powers may be.
    pub background_uncertainty: f64,
}

/// Reads a file of DRAM kinds; it has every kind.
pub(super) fn read(node: &Node, faults: &mut crate::config::Faults) -> PerDramKind<DramPrice> {
    let mut fields = Fields::new(node, "", faults);
    let kinds = PerDramKind::of(|kind| fields.table(kind.name(), price));
    fields.finish();
    kinds
}

fn price(fields: &mut Fields<'_>) -> DramPrice {
    let mut power = |key| figure(fields, key).unwrap_or_default();
    let (active_per_gbps, standby_per_gbps) = (power("active_per_gbps"), power("standby_per_gbps"));
    let (refresh_per_gbps, self_refresh_per_gbps) =
        (power("refresh_per_gbps"), power("self_refresh_per_gbps"));
    if standby_per_gbps > active_per_gbps {
        let title =
            "`standby_per_gbps` is more than `active_per_gbps`: an open row draws no less than a closed one";
        fields.blame(None, title.into(), "exchange them, or give the same figure twice".into());
    }
    if self_refresh_per_gbps > standby_per_gbps + refresh_per_gbps {
        let title = "`self_refresh_per_gbps` is more than `standby_per_gbps` and `refresh_per_gbps` together: a memory that \
                     refreshes itself draws no more than one that is refreshed";
        fields.blame(None, title.into(), "lower it to at most their sum".into());
    }
    DramPrice {
        bit: figure(fields, "bit").unwrap_or_default(),
        active_per_gbps,
        standby_per_gbps,
        refresh_per_gbps,
        self_refresh_per_gbps,
        efficiency: number(fields, "efficiency", 0.01..=1.0).unwrap_or(1.0),
        latency: figure(fields, "latency").unwrap_or_default(),
        wake: figure(fields, "wake").unwrap_or_default(),
        bit_uncertainty: factor(fields, "bit_uncertainty"),
        background_uncertainty: factor(fields, "background_uncertainty"),
    }
}
