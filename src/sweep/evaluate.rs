//! One point: machine, decisions and costs together, each made only when it differs from the point before.

use std::sync::Arc;

use super::costs::{Costs, NetworkCosts};
use super::decided::{Alive, Decided};
use super::inputs::{Inputs, Workload, arch_of};
use super::metric::{Metric, PerMetric};
use super::policies::Policies;
use super::spec::Spec;
use crate::arch::Arch;
use crate::config::Faults;
use crate::decide::Policy;
use crate::machine::Placement;
use crate::simulate::{Cost, Misfit, PathCosts, agree, misfit_faults, percentile_of_counts};
use crate::tech::fpga::Resource;
use crate::units::{Cycles, Hertz, real};

/// What became of a point.
#[derive(Clone, Debug)]
pub enum Evaluated {
    /// Its results: over all workloads, and of each.
    Found(PerMetric<f64>, Vec<PerMetric<f64>>),
    /// It does not meet a constraint.
    Excluded,
    /// Its architecture or policy cannot be.
    Invalid(Arc<Faults>),
    /// It does not fit the FPGA that it is to be built on.
    Unfit(Arc<Faults>),
    /// A result breaks a bound that no machine can break: a bug of this tool.
    Impossible(String),
}

/// Evaluates points; consecutive ones share what they have in common.
pub struct Evaluator<'a> {
    spec: &'a Spec,
    inputs: &'a Inputs,
    policies: &'a Policies,
    digits: Vec<usize>,
    machine: Option<Machine>,
    /// The last machine that could be, with what was computed for it, by workload.
    costs: Option<(Arch, Vec<Costs>)>,
    /// Latencies of one point with their numbers of samples: kept, so that points allocate nothing.
    spread: Vec<(u64, u64)>,
}

struct Machine {
    number: u64,
    fault: Option<Arc<Faults>>,
}

impl<'a> Evaluator<'a> {
    /// Nothing evaluated yet; `policies` hold what the points to come need.
    #[must_use]
    pub fn new(spec: &'a Spec, inputs: &'a Inputs, policies: &'a Policies) -> Self {
        Self { spec, inputs, policies, digits: Vec::new(), machine: None, costs: None, spread: Vec::new() }
    }

    /// Which value of each axis the last point had.
    #[must_use]
    pub fn digits(&self) -> &[usize] {
        &self.digits
    }

    /// Evaluates a point.
    pub fn point(&mut self, point: u64) -> Evaluated {
        self.spec.grid.digits(point, &mut self.digits);
        if !self.spec.admits(&self.digits) {
            return Evaluated::Excluded;
        }
        if let Some(faults) = self.machine(point) {
            return Evaluated::Invalid(faults);
        }
        let on_each = match self.policies.of(self.spec, point) {
            Some(Ok(on_each)) => on_each,
            Some(Err(faults)) => return Evaluated::Invalid(Arc::clone(faults)),
            None => return Evaluated::Impossible(format!("the policy of point {point} was not decided")),
        };
        let Some((arch, costs)) = &mut self.costs else { return Evaluated::Excluded };
        let mut each = Vec::with_capacity(on_each.len());
        for ((decided, workload), costs) in on_each.iter().zip(&self.inputs.files.workloads).zip(costs) {
            let unit = &arch.machine.exclusion;
            for (on, misfits) in [(unit.compact, &decided.compact), (unit.mask, &decided.mask)] {
                if on && !misfits.is_empty() {
                    return Evaluated::Invalid(Arc::new(misfit_faults(arch, misfits.clone())));
                }
            }
            let gated = gated(decided, arch);
            match costs.of(arch, &workload.segments, decided) {
                Ok(NetworkCosts { unfit, .. }) if !unfit.is_empty() => {
                    return Evaluated::Unfit(Arc::new(misfit_faults(arch, unfit.clone())));
                }
                Ok(costs) => {
                    let mut found = metrics(costs, decided, gated, arch.machine.clock, &mut self.spread);
                    if !workload.tells_accuracy {
                        found[Metric::Accuracy] = f64::NAN;
                    }
                    each.push(found);
                }
                Err(told) => return Evaluated::Impossible(told),
            }
        }
        let all = self.spec.combine.of(&each);
        if self.spec.result_constraints.iter().all(|constraint| constraint.holds(&self.digits, &all)) {
            Evaluated::Found(all, each)
        } else {
            Evaluated::Excluded
        }
    }

    /// Makes the machine of a point the current one; why it cannot be, if so.
    fn machine(&mut self, point: u64) -> Option<Arc<Faults>> {
        let number = self.spec.grid.machine(point);
        if let Some(machine) = self.machine.as_ref().filter(|machine| machine.number == number) {
            return machine.fault.clone();
        }
        let fault = match self.build() {
            Ok(arch) => {
                let costs = match self.costs.take() {
                    Some((before, mut costs)) => {
                        costs.iter_mut().for_each(|costs| costs.renew(&before, &arch));
                        costs
                    }
                    None => self.inputs.files.workloads.iter().map(|_| Costs::new()).collect(),
                };
                self.costs = Some((arch, costs));
                None
            }
            Err(faults) => Some(Arc::new(faults)),
        };
        self.machine = Some(Machine { number, fault: fault.clone() });
        fault
    }

    fn build(&self) -> Result<Arch, Faults> {
        let arch = arch_of(self.spec, &self.inputs.files, &self.digits)?;
        // What a policy adds is asked for each policy; that there is one bounds what must be counted.
        let any = |workload: &Workload| Policy::no_heads(workload.segments.heads());
        let misfits = |workload: &Workload| agree(&arch, &workload.segments, Some(&any(workload))).err();
        let misfits = self.inputs.files.workloads.iter().filter_map(misfits).flatten();
        // Whether it fits depends on the unit, and so on the policy: that is asked of each point.
        let misfits: Vec<Misfit> = misfits.filter(|misfit| !misfit.is_of_part()).collect();
        if misfits.is_empty() { Ok(arch) } else { Err(misfit_faults(&arch, misfits)) }
    }
}

/// Gated multiply-accumulates over all samples on a machine: of the plain network, and as decided.
fn gated(decided: &Decided, arch: &Arch) -> [u64; 2] {
    let engine = usize::from(arch.machine.exclusion.placement != Placement::Array);
    let by_alive = usize::from(arch.machine.exclusion.compact || arch.machine.exclusion.mask);
    let counted = decided.gated.filter(|_| arch.machine.array.zero_gating);
    counted.map_or([0; 2], |gated| gated[engine][by_alive])
}

/// The results of one policy on one machine.
fn metrics(
    costs: &NetworkCosts,
    decided: &Decided,
    gated: [u64; 2],
    clock: Hertz,
    spread: &mut Vec<(u64, u64)>,
) -> PerMetric<f64> {
    // For percentiles: each different latency with its number of samples, which are few. Where costs depend on survivors there is
    // one per distinct way through; else one per exit.
    spread.clear();
    let passages = match &decided.alive {
        Some(alive) if costs.paths.entries() > 1 => {
            latencies_by_way(&costs.paths, alive, spread);
            &alive.passages
        }
        _ => {
            latencies_by_exit(&costs.paths, &decided.exits, spread);
            &decided.passages
        }
    };
    let sum = costs.paths.over(passages);
    let cycles = decided.mean(real(sum.cycles));
    let [plain_gated, exits_gated] = gated.map(|macs| decided.mean(costs.gating_saves * real(macs)));
    let energy = decided.mean(sum.energy) - exits_gated;
    let plain_energy = costs.no_heads.energy - plain_gated;
    let (plain_cycles, p99) = (real(costs.no_heads.cycles), percentile_of_counts(spread, 99));
    let latency = cycles / clock.0;
    let blocks = |resource| costs.blocks.map_or(f64::NAN, |blocks| real(blocks[resource]));
    PerMetric::of(|metric| match metric {
        Metric::Accuracy => decided.accuracy,
        Metric::LeftEarly => decided.mean(real(decided.left_early())),
        Metric::Macs => decided.mean(real(sum.macs)),
        Metric::Cycles => cycles,
        Metric::CyclesP99 => real(p99),
        Metric::CyclesNoHeads => plain_cycles,
        Metric::CyclesNever => real(costs.never.cycles),
        Metric::CyclesSaved => 1.0 - cycles / plain_cycles,
        Metric::Latency => latency,
        Metric::LatencyP99 => Cycles(p99).at(clock).0,
        Metric::Energy => energy,
        Metric::EnergyNoHeads => plain_energy,
        Metric::EnergySaved => 1.0 - energy / plain_energy,
        // A picojoule is 1e-12 J.
        Metric::Edp => energy * 1e-12 * latency,
        Metric::Area => costs.area_mm2,
        Metric::Lut => blocks(Resource::Lut),
        Metric::FlipFlop => blocks(Resource::FlipFlop),
        Metric::Dsp => blocks(Resource::Dsp),
        Metric::BlockRam => blocks(Resource::BlockRam),
        Metric::UltraRam => blocks(Resource::UltraRam),
    })
}

/// Cycles of a sample that leaves at each exit, where a path is an exit, with the samples that do.
fn latencies_by_exit(paths: &PathCosts<Cost>, exits: &[u64], spread: &mut Vec<(u64, u64)>) {
    let mut behind = 0;
    for (segment, &left) in exits.iter().enumerate() {
        if left > 0 {
            spread.push((behind + paths.at(segment, 1, true).cycles, left));
        }
        behind += paths.at(segment, 1, false).cycles;
    }
}

/// Cycles of each distinct way, where costs depend on the classes alive, with the samples that take it.
fn latencies_by_way(paths: &PathCosts<Cost>, alive: &Alive, spread: &mut Vec<(u64, u64)>) {
    for (way, samples) in &alive.ways {
        let last = way.len() - 1;
        let of = |(segment, alive): (usize, &std::num::NonZeroU16)| {
            paths.at(segment, usize::from(alive.get()), segment == last).cycles
        };
        spread.push((way.iter().enumerate().map(of).sum(), *samples));
    }
}
