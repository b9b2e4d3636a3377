//! Fetching the backbone's next weights across a head.
//!
//! The backbone is timed as the plain network runs it, so its next product may count on weights that were fetched while the
//! one before was at its last tile. A head in between breaks this stream. With `exclusion.prefetch = "wait"` nothing is
//! fetched before the decision: a sample that goes on waits for what the plain network had hidden, and the head is charged
//! for it. With `"bet"` these weights are fetched beside the head's own layers and its decision; a sample that leaves
//! has them in vain. A head never hides more than the plain network did: the backbone is the same with and without it.

use super::path::PathTable;
use super::prefetch::{Ahead, FirstLoad, Spare};
use super::step::StepTiming;
use super::walk::Pace;
use crate::count::{Action, Cause, Tally};
use crate::machine::{HeadPrefetch, Machine, Squash};
use crate::network::segment::{Step, Work};

/// What a head costs for breaking the stream of weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Crossing {
    /// Cycles that a sample that goes on waits, which the plain network does not.
    pub(super) lost: u64,
    /// What was fetched in vain for one that leaves.
    pub(super) wasted: Tally,
}

/// What the product behind a head has fetched ahead in the plain network; `None` where that is nothing, or depends on the
/// head's decision.
pub(super) fn awaited(table: &PathTable, head: usize) -> Option<(FirstLoad, Ahead)> {
    let behind = (head + 1..table.segments.len()).flat_map(|later| table.backbone_of(later));
    let multiplies = |(step, timing): (&Step, &StepTiming)| match step.work {
        Work::Gemm { class_wise, .. } => Some((class_wise, timing.first_load, timing.ahead)),
        Work::Vector { .. } => None,
    };
    let (class_wise, first, ahead) = behind.filter_map(multiplies).next()?;
    (!class_wise && ahead.hidden > 0).then_some((first, ahead))
}

/// The cost of one head that leaves so much `spare` and decides in `open` cycles, for what the next product awaits.
pub(super) fn crossing(
    (first, plain): &(FirstLoad, Ahead),
    spare: Option<Spare>,
    open: u64,
    machine: &Machine,
    pace: &Pace,
) -> Crossing {
    let spare = spare.unwrap_or_default().longer(open);
    let bet = match machine.exclusion.prefetch {
        HeadPrefetch::Bet => spare.fetch(first, pace),
        HeadPrefetch::Wait => Ahead::default(),
    };
    let mut wasted = Tally::default();
    let (bytes, cycles) = match machine.exclusion.squash {
        // What was asked for arrives, and the bus is busy until then.
        Squash::Fold => (bet.bytes, bet.rest),
        Squash::Immediate => (spare.arrived(bet.bytes, pace), 0),
    };
    wasted.actions[Action::DramRead] = bytes;
    wasted.actions[Action::FilterWrite] = bytes;
    wasted.cycles[Cause::Squash] = cycles;
    Crossing { lost: plain.hidden - bet.hidden.min(plain.hidden), wasted }
}
