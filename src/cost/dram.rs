//! What DRAM costs.

use crate::arch::Arch;
use crate::units::{Milliwatts, Picojoules, Seconds};

/// What DRAM draws: for each byte that moves, and by being there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DramPower {
    /// Energy of a byte, and of the row that is open while it moves.
    pub(super) byte: Picojoules,
    /// Power with all rows closed.
    standby: Milliwatts,
    /// Power of refreshing.
    refresh: Milliwatts,
    /// Power while it refreshes itself, of that with all rows closed and refreshed.
    pub(super) asleep: f64,
    /// From leaving self-refresh to the first command.
    pub(super) wake: Seconds,
}

impl DramPower {
    pub(super) fn of(arch: &Arch) -> Self {
        let price = arch.dram_price();
        let peak = arch.machine.dram.bandwidth.0 * 1e-9;
        // Moving a byte takes 1 / (peak x efficiency): 1 mW for a GB/s is 1 pJ per byte at full rate.
        let open = (price.active_per_gbps - price.standby_per_gbps).0 / arch.machine.dram.efficiency;
        let background = price.standby_per_gbps + price.refresh_per_gbps;
        Self {
            byte: price.bit * 8.0 + Picojoules(open),
            standby: price.standby_per_gbps * peak,
            refresh: price.refresh_per_gbps * peak,
            asleep: if background.0 > 0.0 { price.self_refresh_per_gbps.0 / background.0 } else { 0.0 },
            wake: price.wake,
        }
    }

    /// Power of being there, with all rows closed.
    pub(super) fn background(&self) -> Milliwatts {
        self.standby + self.refresh
    }
}
