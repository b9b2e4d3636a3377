//! Fetching the backbone's next weights across a head.
//!
//! The backbone is timed as the plain network runs it, so its next product may count on weights that were fetched while the
//! one before was at its last tile. A head in between breaks this stream. With `exclusion.prefetch = "wait"` nothing is
//! fetched before the decision: a sample that goes on waits for what the plain network had hidden, and the head is charged
//! for it. With `"bet"` these weights are fetched beside the head's own layers and its decision; for a sample that leaves the
//! bus stops then, and what has arrived was in vain. So a bet costs no sample a cycle. A head never hides more than the plain
//! network did: the backbone is the same with and without it.

use super::path::PathTable;
use super::prefetch::{Early, FirstLoad, Spare};
use super::step::StepTiming;
use super::walk::Pace;
use crate::count::{Action, Tally};
use crate::machine::{HeadPrefetch, Machine};
use crate::network::segment::{Step, Work};

/// What a head costs for breaking the stream of weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Crossing {
    /// Cycles that a sample that goes on waits, which the plain network does not.
    pub(super) lost: u64,
    /// What was fetched in vain for one that leaves.
    pub(super) wasted: Tally,
}

/// What the product behind a head has fetched ahead in the plain network; `None` where that is nothing, where another head runs
/// before it, or where a unit that compacts decides which of its weights are needed.
pub(super) fn awaited(table: &PathTable, head: usize, compact: bool) -> Option<(FirstLoad, Early)> {
    for later in head + 1..table.segments.len() {
        let multiplies = |(step, timing): (&Step, &StepTiming)| match step.work {
            Work::Gemm { class_wise, .. } => Some((class_wise, timing.first_load, timing.ahead)),
            Work::Vector { .. } => None,
        };
        if let Some((class_wise, first, ahead)) = table.backbone_of(later).find_map(multiplies) {
            return (!(class_wise && compact) && ahead.hidden > 0).then_some((first, ahead));
        }
        if table.head_of(later).next().is_some() {
            return None;
        }
    }
    None
}

/// The cost of one head that leaves so much `spare` and decides in `open` cycles, for what the next product awaits.
pub(super) fn crossing(
    (first, plain): &(FirstLoad, Early),
    spare: Option<Spare>,
    open: u64,
    machine: &Machine,
    pace: &Pace,
) -> Crossing {
    let spare = spare.unwrap_or_default().longer(open);
    let bet = match machine.exclusion.prefetch {
        HeadPrefetch::Bet => spare.fetch(first, pace),
        HeadPrefetch::Wait => Early::default(),
    };
    let mut wasted = Tally::default();
    wasted.actions[Action::DramRead] = bet.arrived;
    wasted.actions[Action::FilterWrite] = bet.arrived;
    Crossing { lost: plain.hidden - bet.hidden.min(plain.hidden), wasted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Buffering;
    use crate::map::EdgeFolds;
    use proptest::prelude::*;

    fn pace(latency: u64, bytes_per_cycle: f64) -> Pace {
        Pace { compute: 0, edges: EdgeFolds::Full, latency, bytes_per_cycle, buffering: Buffering::Double }
    }

    /// The bet of docs/model/schedules.md: 256 bytes at 4 per cycle behind a latency of 20 are 84 cycles. The backbone leaves 17,
    /// the head 30, its decision 20.
    #[test]
    fn a_bet_by_hand() {
        let (pace, first) = (pace(20, 4.0), FirstLoad { filter: 256, bytes: 256, cycles: 84 });
        let spare = Spare::new(30, 8_000).or(Spare::new(17, 4_000)).longer(20);
        // 67 of 84 cycles are spare: 17 are waited for. Of 47 cycles behind the latency 188 bytes are there.
        assert_eq!(spare.fetch(&first, &pace), Early { bytes: 256, hidden: 67, arrived: 188 });
        // Where only the head's own cycles find room for 100 bytes, these take 20 + 25, and the others as long as alone.
        let narrow = Spare::new(50, 100).or(Spare::new(17, 0));
        assert_eq!(narrow.fetch(&first, &pace), Early { bytes: 100, hidden: 84 - 20 - 39, arrived: 100 });
    }

    proptest! {
        /// The bus cycle by cycle: asked first for the weights that find room, then, when the spare cycles are over, for all else.
        #[test]
        fn what_is_fetched_ahead_is_what_a_bus_brings(latency in 0u64..40, rate in 1u64..9, cycles in 0u64..200,
            room in 0u64..900, filter in 1u64..600, others in 0u64..300) {
            let pace = pace(latency, crate::units::real(rate));
            let alone = |bytes: u64| if bytes > 0 { latency + bytes.div_ceil(rate) } else { 0 };
            let first = FirstLoad { filter, bytes: filter + others, cycles: alone(filter + others) };
            let early = filter.min(room);
            let (mut now, mut there) = (0, 0);
            let mut arrived = 0;
            while there < early {
                now += 1;
                there += if now > latency { rate } else { 0 };
                if now == cycles { arrived = there.min(early); }
            }
            if now <= cycles { arrived = early; }
            let late = now.saturating_sub(cycles) + alone(filter + others - early);
            let ahead = Spare::new(cycles, room).fetch(&first, &pace);
            if late < first.cycles && early > 0 {
                prop_assert_eq!(ahead, Early { bytes: early, hidden: first.cycles - late, arrived });
            } else {
                prop_assert_eq!(ahead, Early::default());
            }
        }
    }
}
