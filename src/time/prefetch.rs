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
use crate::units::{nearest, real};

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
    /// Behind a head, with what the backbone left before it: more cycles, for as many bytes as find room in both.
    joined: Option<(u64, u64)>,
}

/// What is fetched ahead for a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Early {
    /// Bytes of weights.
    pub bytes: u64,
    /// Cycles of its first load that are hidden.
    pub hidden: u64,
    /// Bytes of them that arrive in the spare cycles; the others are waited for.
    pub arrived: u64,
}

impl Spare {
    /// So many cycles and bytes.
    #[must_use]
    pub fn new(cycles: u64, bytes: u64) -> Self {
        Self { cycles, bytes, joined: None }
    }

    /// What of a first load is fetched in these cycles, into these bytes; nothing where that hides nothing.
    #[must_use]
    pub fn fetch(self, first: &FirstLoad, pace: &Pace) -> Early {
        let own = fetched((self.cycles, self.bytes), first, pace);
        let joined = self.joined.map(|spare| fetched(spare, first, pace));
        joined.filter(|joined| joined.hidden > own.hidden).unwrap_or(own)
    }

    /// Behind a head, with what the product before it left.
    #[must_use]
    pub fn or(self, left: Self) -> Self {
        let (cycles, bytes) = left.joined.unwrap_or((left.cycles, left.bytes));
        Self { joined: Some((self.cycles + cycles, self.bytes.min(bytes))), ..self }
    }

    /// The same with more cycles.
    #[must_use]
    pub fn longer(self, cycles: u64) -> Self {
        let joined = self.joined.map(|(own, bytes)| (own + cycles, bytes));
        Self { cycles: self.cycles + cycles, joined, ..self }
    }

    /// The same in no more bytes than these.
    #[must_use]
    pub fn within(self, most: u64) -> Self {
        let joined = self.joined.map(|(cycles, bytes)| (cycles, bytes.min(most)));
        Self { bytes: self.bytes.min(most), joined, ..self }
    }

    /// What is left of it when some bytes were fetched in it: nothing where the bus is still at them.
    #[must_use]
    pub fn without(self, bytes: u64, pace: &Pace) -> Self {
        let busy = pace.arrival(bytes);
        let left = |(cycles, room): (u64, u64)| (cycles.saturating_sub(busy), room.saturating_sub(bytes));
        let (cycles, room) = left((self.cycles, self.bytes));
        Self { cycles, bytes: room, joined: self.joined.map(left) }
    }
}

/// What is fetched in so many cycles, into so many bytes.
fn fetched((cycles, room): (u64, u64), first: &FirstLoad, pace: &Pace) -> Early {
    let bytes = first.filter.min(room);
    if bytes == 0 {
        return Early::default();
    }
    let rest = pace.arrival(bytes).saturating_sub(cycles);
    let others = first.bytes - bytes;
    let exposed = rest + pace.arrival(others);
    let arrived = if rest == 0 { bytes } else { moved(cycles.saturating_sub(pace.latency), pace).min(bytes) };
    match first.cycles.checked_sub(exposed) {
        None | Some(0) => Early::default(),
        Some(hidden) => Early { bytes, hidden, arrived },
    }
}

/// Whole bytes that the bus moves in some cycles.
fn moved(cycles: u64, pace: &Pace) -> u64 {
    nearest((real(cycles) * pace.bytes_per_cycle).floor())
}
