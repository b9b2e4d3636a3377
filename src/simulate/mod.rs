//! Hardware, network and decisions together: the one place that composes.
//!
//! Nothing here depends on the number of samples but sums over a histogram and the per-sample tables of a report.

mod agree;
mod arrivals;
mod balance;
mod batch;
mod costs;
mod distribution;
mod each;
mod equal_loss;
mod gating;
mod intervals;
mod objective;
mod ranges;
mod sanity;
mod sensitivity;

pub use agree::{Misfit, agree, agreed, misfit_faults, survivor_misfits, too_small};
pub use arrivals::{Served, System, Visit, arrival_cycles, queue, serve};
pub use balance::{HeadBalance, head_balances};
pub use batch::{Batched, BatchedSystem, batched};
pub use costs::{Cost, Passages, PathCosts, cells};
pub use distribution::{Distribution, percentile, percentile_of_counts};
pub use each::{EachSample, SampleCost};
pub use equal_loss::{Draws, OnFront, Point, Spread, at_equal_loss, differences, judge_fronts};
pub use gating::{GatedSamples, Gating, ZeroFractions};
pub use intervals::{BOOTSTRAP_DRAWS, INTERVAL_LEVEL, Intervals, batch_intervals, intervals};
pub use objective::{Objective, mean_costs, path_costs};
pub use ranges::{EnergyRange, Range, energy_ranges};
pub use sanity::{table_violations, violations};
pub use sensitivity::{Elsewhere, Moved, Moves, Sensitivity, Verdict, sensitivity};

use crate::arch::Arch;
use crate::cost::{Prices, prices};
use crate::count::{Action, Cause, Tally};
use crate::decide::{Decisions, Policy};
use crate::names::closed_set;
use crate::network::segment::Segments;
use crate::time::{Deciders, Parts, PathTable, path_table};
use crate::unit::UnitSize;
use crate::units::{Picojoules, count, real, whole_cycles};
use gating::{GatedParts, gate};

/// All that a run computes about one architecture, one network and one policy.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Times by segment and classes alive.
    pub table: PathTable,
    /// Prices of the machine, idle power and area.
    pub prices: Prices,
    /// Which multiply-accumulates are gated, by segment and sample.
    pub gating: Gating,
    /// The telescoping ablation, summed over all samples.
    pub ablation: Ablation,
    /// What each head costs and skips, over all samples.
    pub heads: Vec<HeadBalance>,
    /// What waking from rest takes: cycles until work can begin, and what is loaded again.
    pub waking: Tally,
    /// Samples that enter each segment.
    pub entered: Vec<u64>,
    /// Cycles of every sample.
    pub cycles: Vec<u64>,
    /// Useful multiply-accumulates of every sample.
    pub macs: Vec<u64>,
    /// Energy of every sample.
    pub energy: Vec<Picojoules>,
}

/// Totals over all samples on identical hardware, each stage adding one thing to the one before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ablation {
    /// The plain backbone.
    pub no_heads: Parts,
    /// Every head runs, nobody leaves.
    pub never: Parts,
    /// Samples leave where the policy decides.
    pub exit: Parts,
    /// Excluded classes are left out as well, where the unit compacts, or masked, where it masks.
    pub compaction: Parts,
    /// The next layer is begun while a head is undecided, where the overlap is speculative.
    pub speculation: Parts,
}

closed_set! {
    /// The stages of an [`Ablation`] by name, in order.
    pub enum Stage {
        /// [`Ablation::no_heads`]
        NoHeads = "no_heads",
        /// [`Ablation::never`]
        Never = "never",
        /// [`Ablation::exit`]
        Exit = "exit",
        /// [`Ablation::compaction`]
        Compaction = "compaction",
        /// [`Ablation::speculation`]
        Speculation = "speculation",
    }
    /// Something for every stage.
    pub table PerStage;
}

impl Ablation {
    /// One stage.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> &Parts {
        match stage {
            Stage::NoHeads => &self.no_heads,
            Stage::Never => &self.never,
            Stage::Exit => &self.exit,
            Stage::Compaction => &self.compaction,
            Stage::Speculation => &self.speculation,
        }
    }

    /// Every stage, in order.
    #[must_use]
    pub fn stages(&self) -> [(Stage, &Parts); Stage::ALL.len()] {
        Stage::ALL.map(|stage| (stage, self.stage(stage)))
    }
}

/// Simulates a network under decisions that a policy made on an architecture.
///
/// `zeros` are the samples' zero fractions; without them no multiply-accumulate counts as gated. The caller has asked
/// [`agree()`] whether architecture, network and policy go together.
#[must_use]
pub fn simulate(
    arch: &Arch,
    network: &Segments,
    policy: &Policy,
    decisions: &Decisions,
    zeros: Option<ZeroFractions>,
) -> Outcome {
    let on = policy.running();
    let deciders = Deciders { on: &on, rule: policy.rule.facts().unit };
    let table = path_table(network, &arch.machine, deciders, arch.machine.exclusion.compact);
    let prices = prices(arch, unit_size(network, policy));
    let gating = Gating::new(&table, &arch.machine, zeros);
    let samples = count(decisions.samples);
    let passages = Passages::of(decisions);
    let mut ablation = ablation(&table, samples, &passages);
    let entered: Vec<u64> = (0..table.segments.len()).map(|segment| passages.entering(segment)).collect();
    let mut heads = head_balances(&table, &decisions.exit_counts(), &entered);
    let (cycles, macs, mut energy) = per_sample(&table, &prices, decisions);
    if gating.is_on() {
        let gated = gate_all(&gating, decisions, &mut ablation, &mut heads);
        let each = prices.actions[Action::Mac] - prices.actions[Action::GatedMac];
        energy.iter_mut().zip(gated).for_each(|(energy, gated)| *energy = *energy - each * real(gated));
    }
    heads.iter_mut().for_each(|head| head.price(&prices));
    let waking = waking(arch, table.resident, &prices);
    Outcome { table, prices, gating, ablation, heads, waking, entered, cycles, macs, energy }
}

/// What it takes to wake: the supply, and resident weights and the unit's tables where rest made them forgotten.
///
/// Writing an entry of a table is taken to cost what reading it costs; the bytes come in one stream.
fn waking(arch: &Arch, resident: u64, prices: &Prices) -> Tally {
    let mut tally = Tally::default();
    let (weights, tables) =
        if prices.resting.forgets { (resident, prices.resting.tables) } else { Default::default() };
    let bytes = weights + tables.bytes;
    let latency = if bytes > 0 { arch.machine.dram.latency.0 * arch.machine.clock.0 } else { 0.0 };
    let loading = latency + real(bytes) / arch.machine.dram_bytes_per_cycle();
    tally.cycles[Cause::Stall] = whole_cycles(prices.resting.wake.0 * arch.machine.clock.0 + loading).0;
    tally.actions[Action::DramRead] = bytes;
    tally.actions[Action::FilterWrite] = weights;
    tally.actions[Action::LookUp] = tables.entries;
    tally
}

/// Gates every sample's multiply-accumulates in all stages and balances; gives each sample's.
fn gate_all(
    gating: &Gating,
    decisions: &Decisions,
    ablation: &mut Ablation,
    heads: &mut [HeadBalance],
) -> Vec<u64> {
    let segments = heads.len() + 1;
    let mut stages = [GatedParts::default(); 4];
    let sample = |sample: usize| {
        let exit = decisions.exits[sample].segment();
        let (mut own, mut skipped) = (0, 0);
        for s in 0..segments {
            // Plain network and all heads run every segment; the stages with exits only those that the sample enters.
            let full = gating.of(sample, s, None);
            stages[0] += GatedParts { heads: 0, ..full };
            stages[1] += full;
            let Some(alive) = decisions.alive_on_entry_of(sample, s) else {
                skipped += full.backbone();
                continue;
            };
            stages[2] += full;
            let left = gating.of(sample, s, Some(alive));
            stages[3] += left;
            own += left.total();
            if let Some(head) = heads.get_mut(s) {
                gate(&mut head.cost, full.heads);
            }
        }
        if let Some(head) = heads.get_mut(exit) {
            gate(&mut head.skipped, skipped);
        }
        own
    };
    let each = (0..decisions.samples).map(sample).collect();
    stages[0].take_from(&mut ablation.no_heads);
    stages[1].take_from(&mut ablation.never);
    stages[2].take_from(&mut ablation.exit);
    stages[3].take_from(&mut ablation.compaction);
    stages[3].take_from(&mut ablation.speculation);
    each
}

/// The unit a policy needs: a table for every head of the network, whether it is on or off.
#[must_use]
pub fn unit_size(network: &Segments, policy: &Policy) -> UnitSize {
    policy.unit(network.heads(), network.classes)
}

/// Every stage's parts over all samples: each segment's times the samples that take it.
fn ablation(table: &PathTable, samples: u64, passages: &Passages) -> Ablation {
    let mut sums = [Parts::default(); 5];
    // The first two stages are the same for every sample: every segment once, without heads and with.
    for segment in &table.segments {
        let full = segment.full();
        sums[0] += Parts { body: full.body, tail: full.tail, ..Parts::default() }.times(samples);
        sums[1] += full.times(samples);
    }
    // The others run the segments that samples enter: with all classes, with those alive, and with the speculation that depends on
    // whether the sample leaves. Each stage changes one thing, so differences of neighbours say what that one thing is worth.
    for (s, alive, leaves, samples) in passages.iter() {
        let segment = &table.segments[s];
        sums[2] += segment.entered_by(usize::MAX, leaves).times(samples);
        sums[3] += segment.entered_by(alive, leaves).times(samples);
        sums[4] += segment.taken_by(alive, leaves).times(samples);
    }
    let [no_heads, never, exit, compaction, speculation] = sums;
    Ablation { no_heads, never, exit, compaction, speculation }
}

/// Cycles, MACs and energy of every sample, from the table.
fn per_sample(
    table: &PathTable,
    prices: &Prices,
    decisions: &Decisions,
) -> (Vec<u64>, Vec<u64>, Vec<Picojoules>) {
    let costs = PathCosts::of(table, |parts| Cost::of_parts(parts, prices));
    let (mut cycles, mut macs, mut energy) = (Vec::new(), Vec::new(), Vec::new());
    for sample in 0..decisions.samples {
        let mut sum = Cost::default();
        costs.along(decisions, sample).for_each(|cost| sum += cost);
        cycles.push(sum.cycles);
        macs.push(sum.macs);
        energy.push(Picojoules(sum.energy));
    }
    (cycles, macs, energy)
}

/// 1 - now / before: the fraction saved, negative when it costs.
#[must_use]
pub fn saved(before: f64, now: f64) -> f64 {
    1.0 - now / before
}
