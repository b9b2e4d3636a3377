//! What a search for thresholds can save, and what the paths through a network cost of it.

use super::{unit_rule, unit_size};
use crate::arch::Arch;
use crate::calibrate::PathCosts;
use crate::cost::{Prices, prices};
use crate::exclude::Policy;
use crate::network::segment::Segments;
use crate::time::{Deciders, Parts, path_table};
use crate::units::real;

/// A quantity of an inference that is to be small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Useful multiply-accumulates.
    Macs,
    /// Clock cycles.
    Cycles,
    /// Energy in pJ, no product gated: zeros are a sample's own.
    Energy,
}

impl Objective {
    /// Of some counted work.
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
) -> impl Fn(&[bool]) -> PathCosts {
    let prices = prices(arch, unit_size(network, policy));
    let rule = unit_rule(policy);
    move |on| {
        let table = path_table(network, arch, Deciders { on, rule }, arch.exclusion.compact);
        let by_alive = arch.exclusion.compact || arch.exclusion.mask;
        let entries = if by_alive { network.classes } else { 1 };
        let cost = |segment: &crate::time::SegmentTime, alive| {
            [false, true].map(|leaves| objective.of(&segment.taken_by(alive, leaves), &prices))
        };
        let segment = |segment| (1..=entries).map(|alive| cost(segment, alive)).collect();
        PathCosts { segments: table.segments.iter().map(segment).collect() }
    }
}
