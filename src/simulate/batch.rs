//! Several samples at once: the array sees their rows one after another, and weights are loaded once for all.
//!
//! Samples are taken in order, `size` at a time; the last batch may be smaller. With exits that wait, a batch runs with
//! all its slots until its last sample has left: the hardest sample sets the pace. With exits that are packed, a segment
//! runs with the samples that still need it. A head decides one sample after the other.

use super::gating::{GatedParts, gate};
use super::{Distribution, Outcome};
use crate::arch::{Arch, BatchExits};
use crate::count::{Action, Tally};
use crate::decide::{Decisions, Exit};
use crate::network::segment::Segments;
use crate::time::{Deciders, Parts, SegmentTime, path_table};
use crate::units::{Cycles, Picojoules, count, real};

/// One system's batches, over all samples.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchedSystem {
    /// Cycles of all batches together.
    pub cycles: u64,
    /// Energy of all batches together.
    pub energy: Picojoules,
    /// Seconds from the start of a batch to a sample's answer, over samples.
    pub latency: Distribution,
    /// Cycles, and energy in pJ, of each batch.
    pub each: Vec<[f64; 2]>,
}

/// The same samples in batches, by three systems.
#[derive(Clone, Debug, PartialEq)]
pub struct Batched {
    /// The plain backbone.
    pub no_heads: BatchedSystem,
    /// Every head runs, nobody leaves.
    pub never: BatchedSystem,
    /// Samples leave where the policy decided.
    pub exits: BatchedSystem,
}

/// Runs all samples in batches, with the given heads on, at the prices and with the gating of `single` inferences; `None`
/// without a sample.
#[must_use]
pub fn batched<'a>(
    arch: &Arch,
    network: &Segments,
    heads: impl Into<Deciders<'a>>,
    decisions: &Decisions,
    single: &Outcome,
) -> Option<Batched> {
    let (prices, gating) = (&single.prices, &single.gating);
    let size = usize::try_from(arch.batch.size).unwrap_or(usize::MAX).min(decisions.samples);
    let heads = heads.into();
    // Of every segment, when the batch goes on behind its head and when it ends there.
    let parts = |samples: u64| {
        let table = path_table(&network.batched(samples), &arch.machine, heads, false);
        let ways = |segment: &SegmentTime| [false, true].map(|ends| segment.entered_by(usize::MAX, ends));
        table.segments.iter().map(ways).collect::<Vec<_>>()
    };
    let one = parts(1);
    let cycles =
        |parts: &[[Parts; 2]]| parts.iter().map(|[goes_on, _]| goes_on.total().cycles.total()).sum::<u64>();
    // Weights are loaded once for all samples, but larger maps may leave the chip: then one sample runs after the other.
    let table = |samples: usize| {
        let samples = count(samples);
        let together = parts(samples);
        let apart: Vec<[Parts; 2]> = one.iter().map(|ways| ways.map(|parts| parts.times(samples))).collect();
        if cycles(&apart) < cycles(&together) { apart } else { together }
    };
    let mut tables: Vec<Option<Vec<[Parts; 2]>>> = vec![None; size + 1];
    let mut cost = |samples: usize, s: usize| tables[samples].get_or_insert_with(|| table(samples))[s];
    let end = network.heads();
    let mut run = |exit: &dyn Fn(Exit) -> usize, part: fn(&Parts) -> Tally| {
        let (mut all, mut latencies) = (Tally::default(), Vec::with_capacity(decisions.samples));
        let mut each = Vec::new();
        for (first, batch) in (0..).step_by(size.max(1)).zip(decisions.exits.chunks(size.max(1))) {
            let exits: Vec<usize> = batch.iter().map(|sample| exit(*sample)).collect();
            let (mut spent, mut gated) = (Tally::default(), GatedParts::default());
            let mut left_at = vec![0; end + 1];
            for (s, time) in left_at.iter_mut().enumerate() {
                // Who leaves at head s still runs segment s, and so counts here.
                let needing = exits.iter().filter(|exit| **exit >= s).count();
                let slots = match arch.batch.exits {
                    BatchExits::Wait if needing > 0 => batch.len(),
                    BatchExits::Wait | BatchExits::Pack => needing,
                };
                if slots > 0 {
                    let ends = exits.iter().all(|exit| *exit <= s);
                    spent += part(&cost(slots, s)[usize::from(ends)]);
                }
                // Slots that run on hold the samples that left: their activations gate like those of the others.
                for sample in (0..batch.len()).filter(|sample| slots == batch.len() || exits[*sample] >= s) {
                    if gating.is_on() && slots > 0 {
                        gated += gating.of(first + sample, s, None);
                    }
                }
                *time = spent.cycles.total();
            }
            let answered = |exit: usize| match arch.batch.exits {
                BatchExits::Wait => spent.cycles.total(),
                BatchExits::Pack => left_at[exit],
            };
            latencies.extend(exits.iter().map(|exit| Cycles(answered(*exit)).at(arch.machine.clock).0));
            // `part` picks the parts that this system has (the plain network has no heads); the same holds for what they gate.
            let mut parts = Parts::default();
            parts.body.actions[Action::Mac] = gated.body;
            parts.tail.actions[Action::Mac] = gated.tail;
            parts.heads.actions[Action::Mac] = gated.heads;
            let macs = spent.actions[Action::Mac];
            gate(&mut spent, part(&parts).actions[Action::Mac].min(macs));
            each.push([real(spent.cycles.total()), prices.energy(&spent).total().0]);
            all += spent;
        }
        let latency = Distribution::of(latencies)?;
        Some(BatchedSystem { cycles: all.cycles.total(), energy: prices.energy(&all).total(), latency, each })
    };
    Some(Batched {
        no_heads: run(&|_| end, Parts::backbone)?,
        never: run(&|_| end, Parts::total)?,
        exits: run(&Exit::segment, Parts::total)?,
    })
}
