//! All policies that points ask for, each decided once.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::decided::{Counted, Decided, Wanted};
use super::inputs::{Inputs, Workload, policy_of};
use super::kept::{self, Kept, KeptError, Row};
use super::spec::Spec;
use crate::config::{Data, Fault, Faults, Node};
use crate::decide::Policy;
use crate::replay::Scores;
use crate::simulate::{GatedSamples, ZeroFractions};
use crate::unit::UnitSize;
use crate::units::count;

/// A policy on every workload, or why it cannot be.
pub(super) type Outcome = Result<Arc<[Decided]>, Arc<Faults>>;

/// Policies that were decided.
#[derive(Default)]
pub struct Policies {
    decided: HashMap<u64, Outcome>,
    /// Gated multiply-accumulates by workload, made when a policy is decided first; `None` where nothing is gated.
    gated: Option<Vec<Option<GatedSamples>>>,
    variants: HashMap<(UnitSize, Vec<bool>), usize>,
}

/// Most policies that are remembered; a space of more decides some of them again.
const MOST_REMEMBERED: usize = 500_000;

impl Policies {
    /// Decides, in parallel, what some points need and nobody has asked for yet.
    pub fn decide(&mut self, spec: &Spec, inputs: &Inputs, points: impl Iterator<Item = u64>) {
        if spec.grid.policies() == count(self.decided.len()) {
            return;
        }
        let mut needed: Vec<(u64, u64)> = points.map(|point| (spec.grid.policy(point), point)).collect();
        needed.sort_unstable();
        needed.dedup_by_key(|(policy, _)| *policy);
        // Policies are the fastest axes, so those that are needed now are likely needed again: the others are forgotten.
        if self.decided.len() + needed.len() > MOST_REMEMBERED {
            self.decided
                .retain(|policy, _| needed.binary_search_by_key(policy, |(needed, _)| *needed).is_ok());
        }
        let wanted: Vec<(u64, u64)> =
            needed.into_iter().filter(|(policy, _)| !self.decided.contains_key(policy)).collect();
        let may = |table: &str, key: &str, value: &str| may_be(spec, inputs, table, key, value);
        let alive = may("exclusion", "compact", "true") || may("exclusion", "mask", "true");
        let engine = ["dedicated", "vector"].iter().any(|value| may("exclusion", "placement", value));
        let gates = may("array", "zero_gating", "true");
        let gated = self.gated.get_or_insert_with(|| gated_samples(inputs, gates));
        let wanted_of = |workload: usize| Wanted { alive, engine, gated: gated[workload].as_ref() };
        let found: Vec<(u64, Result<Vec<Decided>, Faults>)> = wanted
            .into_par_iter()
            .map(|(policy, point)| {
                let mut digits = Vec::new();
                spec.grid.digits(point, &mut digits);
                (policy, decide(spec, inputs, &digits, &wanted_of))
            })
            .collect();
        for (policy, outcome) in found {
            self.remember(policy, outcome);
        }
    }

    /// Numbers what costs depend on.
    fn remember(&mut self, policy: u64, outcome: Result<Vec<Decided>, Faults>) {
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

    /// Most policies of a space whose decisions can be kept.
    pub const MOST_KEPT: u64 = MOST_REMEMBERED as u64;

    /// Decides every policy of a space, as text for [`Self::restored`].
    #[must_use]
    pub fn all_as_text(spec: &Spec, inputs: &Inputs) -> String {
        let mut policies = Self::default();
        policies.decide(spec, inputs, 0..spec.grid.policies());
        let row = |policy: u64| {
            let decided = policies.decided.get(&policy)?.as_ref().ok();
            let on_each = decided.map(|on_each| on_each.iter().map(|one| Kept::of(&one.counted())).collect());
            Some(Row { policy, on_each })
        };
        kept::write(spec, inputs, (0..spec.grid.policies()).filter_map(row).collect())
    }

    /// Policies as a text has them, for a space whose scores need not be known.
    ///
    /// # Errors
    /// A text that is not whole, or of something else.
    pub fn restored(spec: &Spec, inputs: &Inputs, text: &str) -> Result<Self, KeptError> {
        let rows = kept::read(spec, inputs, text)?;
        if !rows.iter().map(|row| row.policy).eq(0..spec.grid.policies()) {
            return Err(KeptError::Damaged);
        }
        let (mut policies, mut digits) = (Self::default(), Vec::new());
        let workloads = &inputs.files.workloads;
        for Row { policy, on_each } in rows {
            spec.grid.digits(policy, &mut digits);
            let read: Result<Vec<Policy>, Faults> =
                workloads.iter().map(|workload| policy_of(spec, workload, &digits)).collect();
            let outcome = match (read, on_each) {
                (Err(faults), None) => Err(faults),
                (Ok(each), Some(kept)) if kept.len() == workloads.len() => {
                    let of = |((workload, policy), kept): ((&Workload, &Policy), Kept)| {
                        let counted = kept.counted(&workload.segments)?;
                        Some(Decided::of(&workload.segments, policy, counted))
                    };
                    let on_each: Option<Vec<Decided>> =
                        workloads.iter().zip(&each).zip(kept).map(of).collect();
                    Ok(on_each.ok_or(KeptError::Damaged)?)
                }
                (Ok(_), _) | (Err(_), Some(_)) => return Err(KeptError::Damaged),
            };
            policies.remember(policy, outcome);
        }
        Ok(policies)
    }

    /// What was decided for the policy of a point; `None` when nobody asked.
    #[must_use]
    pub(super) fn of(&self, spec: &Spec, point: u64) -> Option<&Outcome> {
        self.decided.get(&spec.grid.policy(point))
    }
}

fn decide<'a>(
    spec: &Spec,
    inputs: &Inputs,
    digits: &[usize],
    wanted_of: &dyn Fn(usize) -> Wanted<'a>,
) -> Result<Vec<Decided>, Faults> {
    let one = |(at, (workload, scores)): (usize, (&Workload, &Scores))| {
        let policy = policy_of(spec, workload, digits)?;
        let counted = Counted::new(scores, &policy, wanted_of(at))
            .map_err(|told| Faults::from(Fault::new(told, "make policy, scores and network fit")))?;
        Ok(Decided::of(&workload.segments, &policy, counted))
    };
    inputs.files.workloads.iter().zip(&inputs.scores).enumerate().map(one).collect()
}

/// Gated multiply-accumulates of every sample, by workload, where machines gate and zeros are known.
fn gated_samples(inputs: &Inputs, gates: bool) -> Vec<Option<GatedSamples>> {
    let of = |(workload, scores): (&Workload, &Scores)| {
        let zeros = scores.zero_fractions.as_ref().filter(|_| gates)?;
        let zeros = ZeroFractions::new(zeros, scores.samples);
        Some(GatedSamples::new(&workload.segments, zeros, scores.samples))
    };
    inputs.files.workloads.iter().zip(&inputs.scores).map(of).collect()
}

/// Whether a key may have a value in some machine of the space.
fn may_be(spec: &Spec, inputs: &Inputs, table: &str, key: &str, value: &str) -> bool {
    let in_base = |node: &Node| {
        let Data::Table(root) = &node.data else { return false };
        let Some(Data::Table(table)) = root.get(table).map(|(_, node)| &node.data) else { return false };
        match table.get(key).map(|(_, node)| &node.data) {
            Some(Data::Boolean(truth)) => truth.to_string() == value,
            Some(Data::Text(text)) => text == value,
            _ => false,
        }
    };
    let varied = spec.values_of(&format!("{table}.{key}"));
    varied.iter().any(|text| text == value) || inputs.files.archs.values().any(in_base)
}
