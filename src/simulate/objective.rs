//! What a search for thresholds can save, and what the paths through a network cost of it.

use super::{unit_rule, unit_size};
use crate::arch::Arch;
use crate::calibrate::PathCosts;
use crate::cost::{Prices, prices};
use crate::count::{Action, Tally};
use crate::exclude::Policy;
use crate::network::segment::Segments;
use crate::time::{Deciders, path_table};
use crate::units::real;

/// A quantity of an inference that is to be small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Multiply-accumulates.
    Macs,
    /// Clock cycles.
    Cycles,
    /// Energy in pJ.
    Energy,
}

impl Objective {
    /// Of some counted work.
    #[must_use]
    pub fn of(self, tally: &Tally, prices: &Prices) -> f64 {
        match self {
            Self::Macs => real(tally.actions[Action::Mac]),
            Self::Cycles => real(tally.cycles.total()),
            Self::Energy => prices.energy(tally).total().0,
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
) -> impl Fn(&[bool]) -> PathCosts {
    let prices = prices(arch, unit_size(network, policy));
    let rule = unit_rule(policy);
    move |on| {
        let table = path_table(network, arch, Deciders { on, rule }, arch.exclusion.compact);
        let entries = if arch.exclusion.compact { network.classes } else { 1 };
        let cost = |segment: &crate::time::SegmentTime, alive| {
            [false, true].map(|leaves| objective.of(&segment.taken_by(alive, leaves).total(), &prices))
        };
        let segment = |segment| (1..=entries).map(|alive| cost(segment, alive)).collect();
        PathCosts { segments: table.segments.iter().map(segment).collect() }
    }
}
