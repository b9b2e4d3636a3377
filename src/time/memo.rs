//! Schedules found before, for other memories: a search is not done twice.
//!
//! What fits a smaller memory fits a larger one. So the best of all schedules that fit a memory is also the best of those
//! that fit a smaller one, as long as it fits that itself: between its needs and the memory that it was found for, the
//! answer is known. Ties are broken by the order in which schedules are tried, which is the same for both, so an answer from
//! here is the one that a search would give. Each thread has its own memo; results do not depend on it.

use std::cell::RefCell;
use std::collections::HashMap;

use super::lay::{Laid, Place, Product};
use super::schedule::{Needs, Room};
use crate::machine::{Array, Buffering, DataflowChoice};

/// Answers kept before all are forgotten: some tens of megabytes.
const MOST: usize = 20_000;

/// What decides a search beside the room.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    product: super::schedule::Problem,
    /// Bytes from DRAM: the fixed order counts them, tiles only ask whether there are any.
    read: u64,
    choice: DataflowChoice,
    array: Array,
    latency: u64,
    bytes_per_cycle: u64,
    buffering: Buffering,
    port_bits: Option<u64>,
}

struct Entry {
    room: Room,
    needs: Needs,
    laid: Option<Laid>,
}

thread_local! {
    static MEMO: RefCell<(usize, HashMap<Key, Vec<Entry>>)> = RefCell::default();
}

/// What was found for the same product and a memory no smaller, if that fits; else what `search` finds.
pub(super) fn remembered(
    place: &Place<'_>,
    product: &Product<'_>,
    search: impl FnOnce() -> Option<Laid>,
) -> Option<Laid> {
    let key = Key {
        product: product.problem(),
        read: product.homes.ifmap_from_dram,
        choice: product.choice,
        array: place.machine.array,
        latency: place.pace.latency,
        bytes_per_cycle: place.pace.bytes_per_cycle.to_bits(),
        buffering: place.pace.buffering,
        port_bits: place.site().port_bits,
    };
    let known = MEMO.with_borrow(|(_, memo)| {
        let entries = memo.get(&key)?;
        let answers = |entry: &&Entry| match entry.laid {
            Some(_) => place.room.is_within(&entry.room) && place.room.holds(entry.needs),
            None => place.room.is_within(&entry.room),
        };
        entries.iter().find(answers).map(|entry| entry.laid.clone())
    });
    if let Some(laid) = known {
        return laid;
    }
    let laid = search();
    let needs = laid.as_ref().map(|laid| laid.needs).unwrap_or_default();
    MEMO.with_borrow_mut(|(count, memo)| {
        if *count >= MOST {
            (*count, *memo) = (0, HashMap::new());
        }
        *count += 1;
        memo.entry(key).or_default().push(Entry { room: place.room, needs, laid: laid.clone() });
    });
    laid
}
