//! All policies that points ask for, each decided once.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::decided::Decided;
use super::inputs::{Inputs, Workload, policy_of};
use super::spec::Spec;
use crate::config::{Fault, Faults};
use crate::cost::UnitSize;
use crate::replay::Scores;

/// A policy on every workload, or why it cannot be.
pub(super) type Outcome = Result<Arc<[Decided]>, Arc<Faults>>;

/// Policies that were decided.
#[derive(Default)]
pub struct Policies {
    decided: HashMap<u64, Outcome>,
    variants: HashMap<(UnitSize, Vec<bool>), usize>,
}

/// Most policies that are remembered; a space of more decides some of them again.
const MOST_REMEMBERED: usize = 500_000;

impl Policies {
    /// Decides, in parallel, what some points need and nobody has asked for yet.
    pub fn decide(&mut self, spec: &Spec, inputs: &Inputs, points: impl Iterator<Item = u64>) {
        if spec.grid.policies() == u64::try_from(self.decided.len()).unwrap_or(u64::MAX) {
            return;
        }
        let mut needed: Vec<(u64, u64)> = points.map(|point| (spec.grid.policy(point), point)).collect();
        needed.sort_unstable();
        needed.dedup_by_key(|(policy, _)| *policy);
        if self.decided.len() + needed.len() > MOST_REMEMBERED {
            self.decided
                .retain(|policy, _| needed.binary_search_by_key(policy, |(needed, _)| *needed).is_ok());
        }
        let wanted: Vec<(u64, u64)> =
            needed.into_iter().filter(|(policy, _)| !self.decided.contains_key(policy)).collect();
        let alive = may_compact(spec, inputs);
        let found: Vec<(u64, Result<Vec<Decided>, Faults>)> = wanted
            .into_par_iter()
            .map(|(policy, point)| {
                let mut digits = Vec::new();
                spec.grid.digits(point, &mut digits);
                (policy, decide(spec, inputs, &digits, alive))
            })
            .collect();
        for (policy, outcome) in found {
            let numbered = outcome.map(|mut on_each| {
                for decided in &mut on_each {
                    let next = self.variants.len();
                    let key = (decided.unit, decided.on.clone());
                    decided.variant = *self.variants.entry(key).or_insert(next);
                }
                on_each.into()
            });
            self.decided.insert(policy, numbered.map_err(Arc::new));
        }
    }

    /// What was decided for the policy of a point; `None` when nobody asked.
    #[must_use]
    pub(super) fn of(&self, spec: &Spec, point: u64) -> Option<&Outcome> {
        self.decided.get(&spec.grid.policy(point))
    }
}

fn decide(spec: &Spec, inputs: &Inputs, digits: &[usize], alive: bool) -> Result<Vec<Decided>, Faults> {
    let one = |(workload, scores): (&Workload, &Scores)| {
        let policy = policy_of(spec, workload, digits)?;
        Decided::new(&workload.segments, scores, &policy, alive)
            .map_err(|told| Faults::from(Fault::new(told, "make policy, scores and network fit")))
    };
    inputs.files.workloads.iter().zip(&inputs.scores).map(one).collect()
}

/// Whether some machine of the space may leave excluded classes out.
fn may_compact(spec: &Spec, inputs: &Inputs) -> bool {
    use crate::config::Data;
    let in_base = |node: &crate::config::Node| {
        let Data::Table(root) = &node.data else { return false };
        let Some(Data::Table(table)) = root.get("exclusion").map(|(_, node)| &node.data) else {
            return false;
        };
        matches!(table.get("compact").map(|(_, node)| &node.data), Some(Data::Boolean(true)))
    };
    spec.values_of("exclusion.compact").iter().any(|text| text == "true")
        || inputs.files.archs.values().any(in_base)
}
