//! Beginning the next layer before a head has decided.
//!
//! While a decision of D cycles is open, the array runs ahead through the next segment, as far as its first operation
//! that needs the survivors: the next head, or the classifier. There the sequencer waits. A sample that stays has D
//! hidden but for that wait; one that leaves has its answer after D, and what was begun for it is wasted: every action
//! and byte of begun folds, and the cycles until the array is free again.

use super::step::StepTiming;
use crate::count::{Action, PerAction};
use crate::machine::{Machine, Squash};
use crate::network::segment::{Step, Work};

/// The steps that may be begun while a decision is open.
pub(super) struct Ahead<'a> {
    steps: Vec<&'a StepTiming>,
}

/// What was begun in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Waste {
    /// Actions of every fold begun.
    pub(super) actions: PerAction<u64>,
    /// Cycles from the decision until the array is free.
    pub(super) cycles: u64,
}

impl<'a> Ahead<'a> {
    /// All steps after a head in order, up to the first class-wise one.
    pub(super) fn new(steps: impl Iterator<Item = (&'a Step, &'a StepTiming)>) -> Self {
        let class_wise = |step: &Step| matches!(step.work, Work::Gemm { class_wise: true, .. });
        Self { steps: steps.take_while(|(step, _)| !class_wise(step)).map(|(_, timing)| timing).collect() }
    }

    /// Cycles that the array can run ahead.
    pub(super) fn cycles(&self) -> u64 {
        self.steps.iter().map(|timing| timing.tally.cycles.total()).sum()
    }

    /// What is wasted when the decision comes `after` cycles and the sample leaves.
    pub(super) fn wasted(&self, after: u64, machine: &Machine) -> Waste {
        let mut waste = Waste::default();
        let mut left = after;
        for &timing in &self.steps {
            let cycles = timing.tally.cycles.total();
            if left >= cycles {
                waste.actions += timing.tally.actions;
                left -= cycles;
                continue;
            }
            let (begun, end) = begun(timing, left, machine.control.layer_setup);
            let folds = timing.folds.max(1);
            waste.actions +=
                PerAction::of(|action: Action| (timing.tally.actions[action] * begun).div_ceil(folds));
            waste.cycles = match machine.exclusion.squash {
                Squash::Fold => end - left.min(end),
                Squash::Immediate if begun > 0 => {
                    (machine.array.rows + machine.array.cols).min(end - left.min(end))
                }
                Squash::Immediate => 0,
            };
            break;
        }
        waste
    }
}

/// How many folds of a step have begun after some cycles, and when the last of them ends, in cycles of the step.
///
/// Folds share the step's cycles after set-up evenly; the first one begins when set-up ends.
fn begun(timing: &StepTiming, after: u64, setup: u64) -> (u64, u64) {
    let (cycles, folds) = (timing.tally.cycles.total(), timing.folds.max(1));
    let setup = if timing.gemm.is_some() { setup.min(cycles) } else { 0 };
    if after <= setup {
        return (0, after);
    }
    let work = cycles - setup;
    // Fold f runs from setup + f * work / folds on, so those begun are the least f with f * work >= (after - setup) * folds.
    let begun = ((after - setup) * folds).div_ceil(work).clamp(1, folds);
    (begun, setup + (begun * work).div_ceil(folds))
}
