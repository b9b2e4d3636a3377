//! What every sample costs under one policy after another: the sums of [`super::simulate`], with the table of a machine kept
//! for each set of heads that are on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Cost, Gating, PathCosts, ZeroFractions, unit_size};
use crate::arch::Arch;
use crate::cost::{Prices, prices};
use crate::count::Action;
use crate::decide::{Decisions, Policy};
use crate::network::segment::Segments;
use crate::time::{Deciders, path_table};
use crate::unit::UnitRule;
use crate::units::real;

/// Multiply-accumulates, cycles and energy in pJ of a sample.
pub type SampleCost = [f64; 3];

/// Costs of samples on one machine, for policies of one rule and arithmetic.
pub struct EachSample<'a> {
    arch: &'a Arch,
    network: &'a Segments,
    rule: UnitRule,
    prices: Prices,
    zeros: Option<ZeroFractions>,
    /// By the heads that are on.
    machines: Mutex<HashMap<Vec<bool>, Arc<Costs>>>,
}

/// What segments cost on a machine, and what its zero gating spares.
type Costs = (PathCosts<Cost>, Gating);

impl<'a> EachSample<'a> {
    /// For policies of the rule and arithmetic of `policy`, whose thresholds and heads do not matter; `zeros` are those of the
    /// samples.
    #[must_use]
    pub fn new(arch: &'a Arch, network: &'a Segments, policy: &Policy, zeros: Option<ZeroFractions>) -> Self {
        let (rule, prices) = (policy.rule.facts().unit, prices(arch, unit_size(network, policy)));
        Self { arch, network, rule, prices, zeros, machines: Mutex::default() }
    }

    /// What each sample costs under decisions with the heads of a policy on.
    #[must_use]
    pub fn of(&self, on: &[bool], decisions: &Decisions) -> Vec<SampleCost> {
        let machine = self.machine(on);
        let (costs, gating) = &*machine;
        let gated = (self.prices.actions[Action::Mac] - self.prices.actions[Action::GatedMac]).0;
        let sample = |sample: usize| {
            let mut sum = Cost::default();
            costs.along(decisions, sample).for_each(|cost| sum += cost);
            let mut spared = 0;
            if gating.is_on() {
                for segment in 0..=decisions.exits[sample].segment() {
                    let alive = decisions.alive_on_entry_of(sample, segment);
                    spared += gating.of(sample, segment, alive).total();
                }
            }
            [real(sum.macs), real(sum.cycles), sum.energy - gated * real(spared)]
        };
        (0..decisions.samples).map(sample).collect()
    }

    fn machine(&self, on: &[bool]) -> Arc<(PathCosts<Cost>, Gating)> {
        let known = || self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(machine) = known().get(on) {
            return machine.clone();
        }
        // Not under the lock: timing may wait for a thread that asks for another machine.
        let (arch, deciders) = (self.arch, Deciders { on, rule: self.rule });
        let table = path_table(self.network, &arch.machine, deciders, arch.machine.exclusion.compact);
        let costs = PathCosts::of(&table, |parts| Cost::of_parts(parts, &self.prices));
        let machine = Arc::new((costs, Gating::new(&table, &arch.machine, self.zeros.clone())));
        known().insert(on.to_vec(), machine.clone());
        machine
    }
}
