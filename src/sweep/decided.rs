//! What a policy decides, reduced to what costs depend on: computed once a distinct policy, whatever the machines.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use crate::decide::{Decisions, Policy, decide};
use crate::network::segment::Segments;
use crate::replay::Scores;
use crate::simulate::{GatedSamples, Misfit, survivor_misfits, unit_size};
use crate::unit::UnitSize;
use crate::units::real;

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
    /// The same with the classes alive on the way, for units that leave excluded classes out.
    pub(super) alive: Option<Alive>,
    /// Why units that compute survivors only cannot follow it: one that leaves others out, and one that masks them.
    pub(super) compact: Vec<Misfit>,
    pub(super) mask: Vec<Misfit>,
    /// Gated multiply-accumulates over all samples, where the space asks for gating and zeros are known: of the plain
    /// network, and as decided; `[heads on an engine][excluded classes left out or masked]`.
    pub(super) gated: Option<[[[u64; 2]; 2]; 2]>,
}

/// What a space needs to know of decisions beyond exits and answers.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Classes alive on the way.
    pub(super) alive: bool,
    /// Heads on an engine of their own.
    pub(super) engine: bool,
    /// Gated multiply-accumulates, of which samples.
    pub(super) gated: Option<&'a GatedSamples>,
}

/// Samples by the classes alive on entry to each segment.
#[derive(Clone, Debug)]
pub(super) struct Alive {
    /// Samples that enter a segment and go on, `[segment][alive - 1]`.
    pub(super) stay: Vec<Vec<u64>>,
    /// Samples that enter a segment and leave at its head, `[segment][alive - 1]`.
    pub(super) leave: Vec<Vec<u64>>,
    /// Every distinct way through: classes alive on entry to each segment that is run, and how many samples take it.
    pub(super) ways: Vec<(Vec<NonZeroU16>, u64)>,
}

impl Decided {
    /// Decides for every sample.
    ///
    /// # Errors
    /// Scores and policy that do not go together, in words.
    pub(super) fn new(
        network: &Segments,
        scores: &Scores,
        policy: &Policy,
        wanted: Wanted<'_>,
    ) -> Result<Self, String> {
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
            variant: 0,
            on,
            gated,
            unit: unit_size(network, policy),
            accuracy: decisions.accuracy(),
            samples: count(decisions.samples),
            exits: decisions.exit_counts(),
            alive: wanted.alive.then(|| Alive::new(&decisions)),
            compact: survivor_misfits(policy, "compact"),
            mask: survivor_misfits(policy, "mask"),
        })
    }

    /// How many samples a percentile has to cover: nearest rank, as in a run's report.
    #[must_use]
    pub(super) fn rank(&self, percent: u64) -> u64 {
        (self.samples * percent).div_ceil(100).max(1)
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

impl Alive {
    fn new(decisions: &Decisions) -> Self {
        let segments = decisions.heads + 1;
        let empty = vec![vec![0; decisions.classes]; segments];
        let (mut stay, mut leave) = (empty.clone(), empty);
        let mut ways: BTreeMap<Vec<NonZeroU16>, u64> = BTreeMap::new();
        for sample in 0..decisions.samples {
            let mut way = Vec::with_capacity(segments);
            for s in 0..segments {
                let Some(alive) = decisions.alive_on_entry_of(sample, s) else { break };
                let alive = alive.clamp(1, decisions.classes);
                let leaves = usize::from(decisions.exits[sample]) == s;
                if leaves {
                    leave[s][alive - 1] += 1;
                } else {
                    stay[s][alive - 1] += 1;
                }
                way.push(u16::try_from(alive).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN));
            }
            *ways.entry(way).or_default() += 1;
        }
        Self { stay, leave, ways: ways.into_iter().collect() }
    }
}

fn count(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
