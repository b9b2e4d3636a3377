//! Fetching the next product's first weights while the last tile of this one is worked on.
//!
//! Once the last tile has begun no load of the layer is left: the bus only stores the tile before, and the part of the
//! filter memory that the last tile does not use is free. There the first weights of the next product on the array may
//! arrive early. Of them as many bytes as fit are asked for; what has not arrived when the layer ends is waited for then,
//! before its last store, since the bus serves first what was asked for first. Everything else of the first tile, the
//! ifmap above all, is asked for when the layer begins: it is a result of the layer before.
//!
//! Schedules are chosen as if nothing were fetched ahead; fetching ahead hides part of what they expose, and never adds a
//! cycle: where waiting for it would cost more than it hides, it is not done.

use super::walk::Pace;
use crate::units::{real, whole_cycles};

/// What a product fetches before its first fold begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstLoad {
    /// Bytes of weights.
    pub filter: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Cycles, latency included, when nothing of it was fetched ahead.
    pub cycles: u64,
}

/// What is free while the last tile of a product is worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spare {
    /// Cycles in which the bus has nothing to move.
    pub cycles: u64,
    /// Bytes of memory for weights.
    pub bytes: u64,
}

/// What is fetched ahead for a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ahead {
    /// Bytes of weights.
    pub bytes: u64,
    /// Cycles of its first load that are hidden.
    pub hidden: u64,
    /// Cycles that the bus still needs for these bytes when the spare ones are over.
    pub rest: u64,
}

impl Spare {
    /// What of a first load is fetched in these cycles, into these bytes; nothing where that hides nothing.
    #[must_use]
    pub fn fetch(self, first: &FirstLoad, pace: &Pace) -> Ahead {
        let bytes = first.filter.min(self.bytes);
        if bytes == 0 {
            return Ahead::default();
        }
        let rest = (pace.latency + pace.transfer(bytes)).saturating_sub(self.cycles);
        let others = first.bytes - bytes;
        let exposed = rest + if others > 0 { pace.latency + pace.transfer(others) } else { 0 };
        match first.cycles.checked_sub(exposed) {
            None | Some(0) => Ahead::default(),
            Some(hidden) => Ahead { bytes, hidden, rest },
        }
    }

    /// Of bytes asked for at the beginning of these cycles those that arrive in them.
    #[must_use]
    pub fn arrived(self, bytes: u64, pace: &Pace) -> u64 {
        let moving = self.cycles.saturating_sub(pace.latency);
        let arrived = real(moving) * pace.bytes_per_cycle;
        if whole_cycles(real(bytes) / pace.bytes_per_cycle).0 <= moving {
            bytes
        } else {
            crate::units::nearest(arrived.floor()).min(bytes)
        }
    }

    /// With what was left before, where weights that come then find room now as well.
    #[must_use]
    pub fn or(self, left: Self) -> Self {
        let both = Self { cycles: self.cycles + left.cycles, bytes: self.bytes.min(left.bytes) };
        if both.bytes == self.bytes || left.bytes > 0 && left.cycles > self.cycles { both } else { self }
    }

    /// The same with more cycles.
    #[must_use]
    pub fn longer(self, cycles: u64) -> Self {
        Self { cycles: self.cycles + cycles, ..self }
    }

    /// What is left of it when some bytes were fetched in it: nothing where the bus is still at them.
    #[must_use]
    pub fn without(self, bytes: u64, pace: &Pace) -> Self {
        let busy = if bytes > 0 { pace.latency + pace.transfer(bytes) } else { 0 };
        Self { cycles: self.cycles.saturating_sub(busy), bytes: self.bytes.saturating_sub(bytes) }
    }
}
