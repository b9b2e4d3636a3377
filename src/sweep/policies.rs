//! All policies that points ask for, each decided once.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::decided::{Decided, Wanted};
use super::inputs::{Inputs, Workload, policy_of};
use super::spec::Spec;
use crate::arch::UnitRule;
use crate::config::{Data, Fault, Faults, Node};
use crate::cost::UnitSize;
use crate::replay::Scores;

/// A policy on every workload, or why it cannot be.
pub(super) type Outcome = Result<Arc<[Decided]>, Arc<Faults>>;

/// Policies that were decided.
#[derive(Default)]
pub struct Policies {
    decided: HashMap<u64, Outcome>,
    variants: HashMap<(UnitSize, UnitRule, Vec<bool>), usize>,
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
        let wants = wanted_of(spec, inputs);
        let found: Vec<(u64, Result<Vec<Decided>, Faults>)> = wanted
            .into_par_iter()
            .map(|(policy, point)| {
                let mut digits = Vec::new();
                spec.grid.digits(point, &mut digits);
                (policy, decide(spec, inputs, &digits, wants))
            })
            .collect();
        for (policy, outcome) in found {
            let numbered = outcome.map(|mut on_each| {
                for decided in &mut on_each {
                    let next = self.variants.len();
                    let key = (decided.unit, decided.rule, decided.on.clone());
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

fn decide(spec: &Spec, inputs: &Inputs, digits: &[usize], wants: Wanted) -> Result<Vec<Decided>, Faults> {
    let one = |(workload, scores): (&Workload, &Scores)| {
        let policy = policy_of(spec, workload, digits)?;
        Decided::new(&workload.segments, scores, &policy, wants)
            .map_err(|told| Faults::from(Fault::new(told, "make policy, scores and network fit")))
    };
    inputs.files.workloads.iter().zip(&inputs.scores).map(one).collect()
}

/// What machines of the space may need to know.
fn wanted_of(spec: &Spec, inputs: &Inputs) -> Wanted {
    let may = |table: &str, key: &str| {
        let in_base = |node: &Node| {
            let Data::Table(root) = &node.data else { return false };
            let Some(Data::Table(table)) = root.get(table).map(|(_, node)| &node.data) else { return false };
            matches!(table.get(key).map(|(_, node)| &node.data), Some(Data::Boolean(true)))
        };
        let varied = spec.values_of(&format!("{table}.{key}"));
        varied.iter().any(|text| text == "true") || inputs.files.archs.values().any(in_base)
    };
    Wanted {
        alive: may("exclusion", "compact") || may("exclusion", "mask"),
        gated: may("array", "zero_gating"),
    }
}
