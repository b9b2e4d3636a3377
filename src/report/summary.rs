//! What a run found, as one object: `summary.json`, and the source of the printed summary.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::arrivals::ArrivalSummary;
use super::machine::{ClockSummary, MachineSummary, RestingSummary};
use crate::cost::{Component, PerComponent};
use crate::count::{Action, PerAction, PerCause, Tally};
use crate::decide::{Arithmetic, Compared, Decisions, Policy};
use crate::simulate::{Distribution, Outcome, PerStage, saved};
use crate::time::{Parts, PerWorkPart};
use crate::units::{Cycles, SquareMicrons, count, real};
use crate::workload::ScoresFrom;

/// A quantity a sample: both baselines, its distribution with exits, and what is saved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Across {
    /// The plain backbone.
    pub no_heads: f64,
    /// Every head runs, nobody leaves.
    pub never: f64,
    /// Mean over samples.
    pub mean: f64,
    /// Median over samples.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
    /// 1 - mean / no_heads.
    pub saved_net: f64,
    /// 1 - mean / never.
    pub saved_vs_never: f64,
}

/// What one head costs and skips a sample of the whole set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeadSummary {
    /// Whether the policy has it on.
    pub on: bool,
    /// Fraction of the samples that reach it.
    pub reached: f64,
    /// Fraction of the samples that leave there.
    pub left: f64,
    /// Accuracy on those that leave there; `null` when none does.
    pub accuracy: Option<f64>,
    /// Mean classes alive after it, over samples that reach it; `null` when it is off.
    pub survivors: Option<f64>,
    /// Cycles it takes, averaged over all samples.
    pub cost_cycles: f64,
    /// Of these cycles those in which samples that go on wait for weights, because the head broke their stream.
    pub waited_cycles: f64,
    /// Bytes from DRAM in vain, averaged over all samples.
    pub wasted_bytes: f64,
    /// Energy in vain, pJ, averaged over all samples.
    pub wasted_energy_pj: f64,
    /// Cycles of the backbone that its leavers skip, averaged over all samples.
    pub skipped_cycles: f64,
    /// skipped - cost, cycles.
    pub net_cycles: f64,
    /// skipped - cost, energy in pJ.
    pub net_energy_pj: f64,
}

/// Cycles of one stage of the ablation, averaged over all samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageSummary {
    /// Cycles a sample.
    pub cycles: f64,
    /// Cycles summed over all samples: an integer, so that stages subtract exactly.
    pub cycles_all_samples: u64,
    /// Energy a sample, pJ.
    pub energy_pj: f64,
    /// Useful multiply-accumulates per sample, gated and masked ones among them.
    pub macs: f64,
    /// Energy per sample of what was begun or fetched in vain, pJ.
    pub wasted_energy_pj: f64,
    /// Bytes per sample from DRAM in vain.
    pub wasted_bytes: f64,
    /// Actions over all samples: done, gated and masked products apart, those of work begun in vain included.
    pub actions: PerAction<u64>,
    /// Cycles over all samples by part of the network and cause.
    pub cycles_by_cause: PerWorkPart<CyclesByCause>,
}

/// Cycles by cause; causes without any are not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CyclesByCause(pub PerCause<u64>);

impl Serialize for CyclesByCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let found = self.0.iter().filter(|(_, cycles)| **cycles > 0);
        serializer
            .collect_map(found.map(|(cause, cycles)| (cause.name(), cycles)).collect::<BTreeMap<_, _>>())
    }
}

/// The whole summary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Tool version.
    pub version: &'static str,
    /// Name of the architecture.
    pub arch: String,
    /// Name of the workload.
    pub workload: String,
    /// Name of the technology, or of the FPGA part.
    pub technology: String,
    /// Clock in Hz.
    pub clock_hz: f64,
    /// What bounds it.
    pub machine: MachineSummary,
    /// What the clock stands against.
    pub clock: ClockSummary,
    /// Keys of the architecture overridden on the command line.
    pub overrides: Vec<String>,
    /// The policy.
    pub policy: PolicySummary,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Number of samples.
    pub samples: u64,
    /// Where their scores are from; accuracies say nothing where exits are assumed.
    pub scores: ScoresFrom,
    /// Fraction answered rightly.
    pub accuracy: f64,
    /// The same by the plain network.
    pub accuracy_baseline: f64,
    /// Cycles a sample.
    pub cycles: Across,
    /// Energy a sample, pJ.
    pub energy_pj: Across,
    /// Latency a sample, s.
    pub latency_s: Across,
    /// Multiply-accumulates a sample.
    pub macs: Across,
    /// What the machine does between inferences, and its power then, mW.
    pub resting: RestingSummary,
    /// Area on chip; `null` on an FPGA.
    pub area_mm2: Option<f64>,
    /// Area by component; absent on an FPGA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_by_component_mm2: Option<BTreeMap<&'static str, f64>>,
    /// The FPGA that it is built on: blocks, energy and power in a range; absent for a chip of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fpga: Option<super::FpgaSummary>,
    /// Energy with exits a sample by component, pJ.
    pub energy_by_component_pj: BTreeMap<&'static str, f64>,
    /// How far other samples of the same kind may be from it; absent where nothing is decided about samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intervals: Option<super::IntervalSummary>,
    /// Fractions leaving at each head; the last ran to the end.
    pub exits: Vec<f64>,
    /// One entry per head.
    pub heads: Vec<HeadSummary>,
    /// Stages of the ablation by name.
    pub ablation: PerStage<StageSummary>,
    /// Batches; absent for single inferences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<super::BatchSummary>,
    /// Samples whose exit, answer or survivor counts the unit's integer arithmetic changes against the float rule.
    pub flips: Option<FlipSummary>,
    /// Inputs that arrive over time; absent when the architecture does not say how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<ArrivalSummary>,
    /// How far energy saved moves with uncertain prices; absent unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<super::SensitivitySummary>,
    /// Other policies on the same architecture; absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<super::AgainstSummary>,
}

impl Summary {
    /// The text of `summary.json`.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// A policy, whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicySummary {
    /// Rule.
    pub rule: &'static str,
    /// Whether that excludes classes before the exit; the name says so in files.
    #[serde(skip)]
    pub excludes: bool,
    /// One threshold per head; `null` for a rule without.
    pub beta: Option<Vec<f64>>,
    /// One threshold per head of a conventional exit; absent for other rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Vec<f64>>,
    /// Which heads are on.
    pub heads: Vec<bool>,
    /// What a head remembers.
    pub memory: &'static str,
    /// How a sample that ran to the end is answered.
    #[serde(rename = "final")]
    pub answer: &'static str,
    /// Arithmetic of the unit.
    pub arithmetic: &'static str,
    /// Bits of probabilities and of thresholds; `null` for float.
    pub bits: Option<[u32; 2]>,
}

impl PolicySummary {
    fn of(policy: &Policy) -> Self {
        let known = policy.rule.facts().threshold;
        let thresholds =
            |key| known.filter(|threshold| threshold.key == key).map(|_| policy.rule.thresholds());
        Self {
            rule: policy.rule.name(),
            excludes: policy.rule.facts().excludes,
            beta: thresholds("beta"),
            threshold: thresholds("threshold"),
            heads: policy.running(),
            memory: policy.memory.name(),
            answer: policy.answer.name(),
            arithmetic: policy.arithmetic.name(),
            bits: match policy.arithmetic {
                Arithmetic::Integer { probability_bits, threshold_bits } => {
                    Some([probability_bits, threshold_bits])
                }
                Arithmetic::Float => None,
            },
        }
    }
}

/// Samples on which two arithmetics differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FlipSummary {
    /// Leave elsewhere.
    pub exits: u64,
    /// Are answered otherwise.
    pub answers: u64,
    /// Have other survivor counts.
    pub survivor_counts: u64,
}

/// Names a run for its summary.
pub struct Named<'a> {
    /// The architecture.
    pub arch: &'a crate::arch::Arch,
    /// Name of the workload.
    pub workload: &'a str,
    /// Where its scores are from.
    pub scores: ScoresFrom,
    /// The policy.
    pub policy: &'a Policy,
    /// The unit that network and policy need.
    pub unit: crate::unit::UnitSize,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Keys overridden on the command line.
    pub overrides: &'a [String],
}

/// What not every run has.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Intervals over samples.
    pub intervals: Option<super::IntervalSummary>,
    /// Batches.
    pub batch: Option<super::BatchSummary>,
    /// Inputs that arrive over time.
    pub arrivals: Option<ArrivalSummary>,
    /// How far energy saved moves with uncertain prices.
    pub sensitivity: Option<super::SensitivitySummary>,
    /// Other policies.
    pub against: Vec<super::AgainstSummary>,
}

/// Makes the summary of a run.
#[must_use]
pub fn summary(named: &Named<'_>, compared: &Compared, outcome: &Outcome, extras: Extras) -> Summary {
    let (arch, decisions) = (named.arch, &compared.decisions);
    let samples = count(decisions.samples);
    let energy_of = |tally: &Tally| outcome.prices.energy(tally).total().0;
    let cycles_of = |tally: &Tally| real(tally.cycles.total());
    let macs_of = |tally: &Tally| real(tally.actions.macs());
    let seconds = |cycles: u64| Cycles(cycles).at(arch.machine.clock).0;
    let latency_of = |tally: &Tally| seconds(tally.cycles.total());
    let across = |of: &dyn Fn(&Tally) -> f64, values: Vec<f64>| across(outcome, samples, of, values);
    let each = |values: &[u64]| values.iter().copied().map(real).collect();
    let of_chip = arch.fpga().is_none();
    let exits = decisions.exit_counts().iter().map(|&count| real(count) / real(samples)).collect();
    Summary {
        version: env!("CARGO_PKG_VERSION"),
        arch: arch.name.clone(),
        workload: named.workload.to_owned(),
        technology: arch.priced_by().to_owned(),
        clock_hz: arch.machine.clock.0,
        clock: ClockSummary::of(arch),
        machine: MachineSummary::of(arch),
        overrides: named.overrides.to_vec(),
        policy: PolicySummary::of(named.policy),
        classes: named.classes.clone(),
        samples,
        scores: named.scores,
        accuracy: decisions.accuracy(),
        accuracy_baseline: compared.baseline,
        cycles: across(&cycles_of, each(&outcome.cycles)),
        energy_pj: across(&energy_of, outcome.energy.iter().map(|energy| energy.0).collect()),
        latency_s: across(&latency_of, outcome.cycles.iter().map(|&cycles| seconds(cycles)).collect()),
        macs: across(&macs_of, each(&outcome.macs)),
        resting: RestingSummary::of(arch, outcome),
        area_mm2: of_chip.then(|| outcome.prices.total_area().square_millimetres()),
        area_by_component_mm2: of_chip.then(|| area_by_component(&outcome.prices.area)),
        fpga: super::fpga_summary(arch, named.unit, outcome),
        energy_by_component_pj: energy_by_component(outcome, samples),
        intervals: extras.intervals,
        exits,
        heads: heads(named.policy, decisions, outcome, samples),
        ablation: PerStage::of(|of| stage(outcome, outcome.ablation.stage(of), samples)),
        batch: extras.batch,
        flips: compared.flips.map(|flips| FlipSummary {
            exits: flips.exits,
            answers: flips.answers,
            survivor_counts: flips.survivor_counts,
        }),
        arrivals: extras.arrivals,
        sensitivity: extras.sensitivity,
        against: extras.against,
    }
}

fn across(outcome: &Outcome, samples: u64, of: &dyn Fn(&Tally) -> f64, values: Vec<f64>) -> Across {
    let per_sample = |parts: &Parts| of(&parts.total()) / real(samples);
    let (no_heads, never) = (per_sample(&outcome.ablation.no_heads), per_sample(&outcome.ablation.never));
    let none = Distribution { mean: 0.0, p50: 0.0, p95: 0.0, p99: 0.0, max: 0.0 };
    let Distribution { mean, p50, p95, p99, max } = Distribution::of(values).unwrap_or(none);
    Across {
        no_heads,
        never,
        mean,
        p50,
        p95,
        p99,
        max,
        saved_net: saved(no_heads, mean),
        saved_vs_never: saved(never, mean),
    }
}

fn area_by_component(area: &PerComponent<SquareMicrons>) -> BTreeMap<&'static str, f64> {
    Component::on_chip().map(|component| (component.name(), area[component].square_millimetres())).collect()
}

fn energy_by_component(outcome: &Outcome, samples: u64) -> BTreeMap<&'static str, f64> {
    let energy = outcome.prices.energy(&outcome.ablation.speculation.total());
    let sum = |component: Component| (energy.dynamic[component] + energy.idle[component]).0;
    outcome.prices.components().map(|component| (component.name(), sum(component) / real(samples))).collect()
}

fn heads(policy: &Policy, decisions: &Decisions, outcome: &Outcome, samples: u64) -> Vec<HeadSummary> {
    let by_class = decisions.by_class();
    let running = policy.running();
    let head = |(h, balance): (usize, &crate::simulate::HeadBalance)| {
        let correct: u64 = by_class.iter().map(|exits| exits[h].correct).sum();
        let alive: Vec<u64> = (0..decisions.samples)
            .filter_map(|sample| decisions.survivors[sample * decisions.heads + h])
            .map(|alive| u64::from(alive.get()))
            .collect();
        let mean = |sum: u64, of: usize| (of > 0).then(|| real(sum) / real(count(of)));
        HeadSummary {
            on: running.get(h).copied().unwrap_or(false),
            reached: real(balance.reached) / real(samples),
            left: real(balance.left) / real(samples),
            accuracy: (balance.left > 0).then(|| real(correct) / real(balance.left)),
            survivors: mean(alive.iter().sum(), alive.len()),
            cost_cycles: real(balance.cost.cycles.total()) / real(samples),
            waited_cycles: real(balance.waited) / real(samples),
            wasted_bytes: real(balance.wasted.actions[Action::DramRead]) / real(samples),
            wasted_energy_pj: balance.wasted_energy.0 / real(samples),
            skipped_cycles: real(balance.skipped.cycles.total()) / real(samples),
            net_cycles: (real(balance.skipped.cycles.total()) - real(balance.cost.cycles.total()))
                / real(samples),
            net_energy_pj: balance.net_energy().0 / real(samples),
        }
    };
    outcome.heads.iter().enumerate().map(head).collect()
}

fn stage(outcome: &Outcome, parts: &Parts, samples: u64) -> StageSummary {
    let total = parts.total();
    StageSummary {
        cycles: real(total.cycles.total()) / real(samples),
        cycles_all_samples: total.cycles.total(),
        energy_pj: outcome.prices.energy(&total).total().0 / real(samples),
        macs: real(parts.useful().actions.macs()) / real(samples),
        wasted_energy_pj: outcome.prices.energy(&parts.wasted).total().0 / real(samples),
        wasted_bytes: real(parts.wasted.actions[Action::DramRead]) / real(samples),
        actions: total.actions,
        cycles_by_cause: PerWorkPart::of(|part| CyclesByCause(parts.part(part).cycles)),
    }
}
