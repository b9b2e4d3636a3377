//! What a search for thresholds can save, and what the paths through a network cost of it.

use super::{GatedSamples, PathCosts, ZeroFractions, unit_size};
use crate::arch::Arch;
use crate::calibrate::{CostByExit, MeanCost, Zeros};
use crate::cost::{Prices, prices};
use crate::count::Action;
use crate::decide::{Decisions, Policy};
use crate::machine::Placement;
use crate::network::segment::Segments;
use crate::time::{Deciders, Parts, path_table};
use crate::units::{count, real};

/// A quantity of an inference that is to be small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Useful multiply-accumulates.
    Macs,
    /// Clock cycles.
    Cycles,
    /// Energy in pJ.
    Energy,
}

impl Objective {
    /// Of some counted work, no product gated.
    #[must_use]
    pub fn of(self, parts: &Parts, prices: &Prices) -> f64 {
        match self {
            Self::Macs => real(parts.useful().actions.macs()),
            Self::Cycles => real(parts.total().cycles.total()),
            Self::Energy => prices.energy(&parts.total()).total().0,
        }
    }
}

/// What paths cost with some heads on, for policies of one rule and arithmetic: those of `policy`, whose own thresholds
/// and heads do not matter.
pub fn path_costs(
    arch: &Arch,
    network: &Segments,
    policy: &Policy,
    objective: Objective,
) -> impl Fn(&[bool]) -> PathCosts<f64> {
    let prices = prices(arch, unit_size(network, policy));
    let rule = policy.rule.facts().unit;
    move |on| {
        let table = path_table(network, &arch.machine, Deciders { on, rule }, arch.machine.exclusion.compact);
        PathCosts::of(&table, |parts| objective.of(parts, &prices))
    }
}

/// What samples cost on the mean, as a search asks for it: paths, less what the samples' own zeros gate where the array
/// gates and energy is asked for.
pub fn mean_costs<'a>(
    arch: &'a Arch,
    network: &'a Segments,
    policy: &'a Policy,
    objective: Objective,
) -> impl Fn(Option<Zeros<'_>>) -> MeanCost<'a> + 'a {
    let prices = prices(arch, unit_size(network, policy));
    let gated = (prices.actions[Action::Mac] - prices.actions[Action::GatedMac]).0;
    let gates = objective == Objective::Energy && arch.machine.array.zero_gating;
    let engine = arch.machine.exclusion.placement != Placement::Array;
    let by_alive = arch.machine.exclusion.compact || arch.machine.exclusion.mask;
    let ends = network.heads() + 1;
    move |zeros| {
        let costs = path_costs(arch, network, policy, objective);
        let samples = zeros.filter(|_| gates).map(|Zeros { fractions, samples }| {
            GatedSamples::new(network, ZeroFractions::new(fractions, samples), samples)
        });
        let by_exit: CostByExit<'a> = {
            let costs = path_costs(arch, network, policy, objective);
            Box::new(move |on: &[bool]| {
                let costs = costs(on);
                let along =
                    |exit: usize| (0..=exit).map(|segment| costs.at(segment, 1, segment == exit)).sum();
                (0..ends).map(along).collect()
            })
        };
        let by_exit = (samples.is_none() && !by_alive).then_some(by_exit);
        let of = move |on: &[bool], decisions: &Decisions| {
            let spared =
                samples.as_ref().map_or(0, |samples| samples.decided(decisions, on, engine, by_alive));
            let each = gated / real(count(decisions.samples.max(1)));
            costs(on).mean(decisions) - each * real(spared)
        };
        MeanCost { of: Box::new(of), by_exit }
    }
}
