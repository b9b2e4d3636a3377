//! Other policies on the same architecture: `against` of `summary.json`.

use serde::Serialize;

use super::summary::{Across, FlipSummary, PolicySummary, Summary};

/// What another policy makes of the same samples, on the same network or on a twin of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgainstSummary {
    /// Name of the policy's file, without folder and ending.
    pub name: String,
    /// Name of its workload.
    pub workload: String,
    /// The policy.
    pub policy: PolicySummary,
    /// Why the comparison may be unfair to it; `null` where nothing speaks against it.
    pub unfair: Option<&'static str>,
    /// Fraction answered rightly.
    pub accuracy: f64,
    /// The same by its own plain network.
    pub accuracy_baseline: f64,
    /// Cycles a sample.
    pub cycles: Across,
    /// Energy a sample, pJ.
    pub energy_pj: Across,
    /// Latency a sample, s.
    pub latency_s: Across,
    /// Multiply-accumulates a sample.
    pub macs: Across,
    /// Fractions leaving at each head; the last ran to the end.
    pub exits: Vec<f64>,
    /// Samples that the unit's integers decide otherwise than real numbers.
    pub flips: Option<FlipSummary>,
}

impl AgainstSummary {
    /// Of that policy's own summary.
    #[must_use]
    pub fn of(name: String, unfair: Option<&'static str>, summary: Summary) -> Self {
        Self {
            name,
            workload: summary.workload,
            policy: summary.policy,
            unfair,
            accuracy: summary.accuracy,
            accuracy_baseline: summary.accuracy_baseline,
            cycles: summary.cycles,
            energy_pj: summary.energy_pj,
            latency_s: summary.latency_s,
            macs: summary.macs,
            exits: summary.exits,
            flips: summary.flips,
        }
    }
}
