//! What a policy decides, reduced to what costs depend on: computed once per distinct policy, whatever the machines.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use crate::decide::{Decisions, Policy, decide};
use crate::network::segment::Segments;
use crate::replay::Scores;
use crate::simulate::{GatedSamples, Misfit, Passages, survivor_misfits, unit_size};
use crate::unit::UnitSize;
use crate::units::{count, nearest, real};

/// A policy's decisions on one workload.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    /// Number of the unit and the heads that are on, among all that policies have asked for: what costs depend on.
    pub(super) variant: usize,
    /// Which heads run.
    pub(super) on: Vec<bool>,
    /// The unit that decides.
    pub(super) unit: UnitSize,
    /// Fraction of the samples answered rightly.
    pub(super) accuracy: f64,
    /// Number of samples.
    pub(super) samples: u64,
    /// Samples that leave at each head; the last ran to the end.
    pub(super) exits: Vec<u64>,
    /// The same by segment that they enter.
    pub(super) passages: Passages,
    /// The same with the classes alive on the way, for units that leave excluded classes out.
    pub(super) alive: Option<Alive>,
    /// Why units that compute survivors only cannot follow it: one that leaves others out, and one that masks them.
    pub(super) compact: Vec<Misfit>,
    pub(super) mask: Vec<Misfit>,
    /// Gated multiply-accumulates over all samples, where the space asks for gating and zeros are known: of the plain
    /// network, and as decided; `[heads off the array][excluded classes left out or masked]`.
    pub(super) gated: Option<[[[u64; 2]; 2]; 2]>,
}

/// What a space needs to know of decisions beyond exits and answers.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Classes alive on the way.
    pub(super) alive: bool,
    /// Heads off the array, where nothing is gated.
    pub(super) engine: bool,
    /// Gated multiply-accumulates, of which samples.
    pub(super) gated: Option<&'a GatedSamples>,
}

/// Samples by the classes alive on entry to each segment.
#[derive(Clone, Debug)]
pub(super) struct Alive {
    /// By segment.
    pub(super) passages: Passages,
    /// Every distinct way through: classes alive on entry to each segment that is run, and how many samples take it.
    pub(super) ways: Vec<(Vec<NonZeroU16>, u64)>,
}

/// What is counted over the samples of a workload when a policy has decided.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    /// Number of samples.
    pub(super) samples: u64,
    /// Those answered rightly.
    pub(super) right: u64,
    /// Those that leave at each head; the last ran to the end.
    pub(super) exits: Vec<u64>,
    /// Every distinct way through, for units that leave excluded classes out.
    pub(super) ways: Option<Vec<(Vec<NonZeroU16>, u64)>>,
    /// Gated multiply-accumulates, as in [`Decided`].
    pub(super) gated: Option<[[[u64; 2]; 2]; 2]>,
}

impl Counted {
    /// Decides for every sample.
    ///
    /// # Errors
    /// Scores and policy that do not go together, in words.
    pub(super) fn new(scores: &Scores, policy: &Policy, wanted: Wanted<'_>) -> Result<Self, String> {
        let decisions = decide(scores, policy).map_err(|error| error.to_string())?;
        let on = policy.running();
        let gated = wanted.gated.map(|samples| {
            let of = |engine: bool, by_alive: bool| {
                let asked = (!engine || wanted.engine) && (!by_alive || wanted.alive);
                let exits = if asked { samples.decided(&decisions, &on, engine, by_alive) } else { 0 };
                [samples.no_heads(), exits]
            };
            [false, true].map(|engine| [false, true].map(|by_alive| of(engine, by_alive)))
        });
        Ok(Self {
            samples: count(decisions.samples),
            right: decisions.correct(),
            exits: decisions.exit_counts(),
            ways: wanted.alive.then(|| ways(&decisions)),
            gated,
        })
    }
}

impl Decided {
    /// A policy on a network, as it was counted.
    pub(super) fn of(network: &Segments, policy: &Policy, counted: Counted) -> Self {
        let Counted { samples, right, exits, ways, gated } = counted;
        Self {
            variant: 0,
            on: policy.running(),
            gated,
            unit: unit_size(network, policy),
            accuracy: real(right) / real(samples),
            samples,
            passages: Passages::of_exits(&exits),
            alive: ways
                .map(|ways| Alive { passages: Passages::of_ways(network.classes, exits.len(), &ways), ways }),
            exits,
            compact: survivor_misfits(policy, "compact"),
            mask: survivor_misfits(policy, "mask"),
        }
    }

    /// What it was counted as.
    pub(super) fn counted(&self) -> Counted {
        Counted {
            samples: self.samples,
            // A fraction of fewer than 2^53 samples, so this is the number that it was made of.
            right: nearest(self.accuracy * real(self.samples)),
            exits: self.exits.clone(),
            ways: self.alive.as_ref().map(|alive| alive.ways.clone()),
            gated: self.gated,
        }
    }

    /// Samples that leave at a head.
    pub(super) fn left_early(&self) -> u64 {
        self.exits.iter().rev().skip(1).sum()
    }

    /// Mean over samples of a sum.
    #[must_use]
    pub(super) fn mean(&self, sum: f64) -> f64 {
        sum / real(self.samples)
    }
}

/// The distinct ways through, in order, each with its samples.
fn ways(decisions: &Decisions) -> Vec<(Vec<NonZeroU16>, u64)> {
    let mut ways: BTreeMap<Vec<NonZeroU16>, u64> = BTreeMap::new();
    for sample in 0..decisions.samples {
        let entering = |alive| u16::try_from(alive).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN);
        *ways.entry(decisions.alive_along(sample).map(entering).collect()).or_default() += 1;
    }
    ways.into_iter().collect()
}
