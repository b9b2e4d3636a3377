//! What a run found about batches: `batch` of `summary.json`.

use serde::Serialize;

use crate::arch::{Batch, BatchExits};
use crate::simulate::{Batched, BatchedSystem, batch_intervals, saved};
use crate::units::real;

/// The same samples in batches, by three systems.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BatchSummary {
    /// Samples at once.
    pub size: u64,
    /// What becomes of the slots of samples that left: `wait` or `pack`.
    pub exits_in_batch: &'static str,
    /// The plain network.
    pub no_heads: BatchSystemSummary,
    /// Every head runs, nobody leaves.
    pub never: BatchSystemSummary,
    /// Samples leave where the policy decides.
    pub exits: BatchSystemSummary,
    /// 1 - exits / no_heads, in cycles.
    pub cycles_saved_net: f64,
    /// 1 - exits / no_heads, in energy.
    pub energy_saved_net: f64,
    /// Interval of `cycles_saved_net` over batches, by bootstrap.
    pub cycles_saved_net_interval: [f64; 2],
    /// Interval of `energy_saved_net` over batches, by bootstrap.
    pub energy_saved_net_interval: [f64; 2],
}

/// One system's batches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BatchSystemSummary {
    /// Cycles of the machine for an inference.
    pub cycles: f64,
    /// Energy for an inference, pJ.
    pub energy_pj: f64,
    /// From the start of a batch to a sample's answer, mean in s.
    pub latency_mean_s: f64,
    /// The same, 99th percentile.
    pub latency_p99_s: f64,
    /// Inferences a second, one batch after the other.
    pub throughput_per_s: f64,
}

/// The summary of batches of some samples at a clock.
#[must_use]
pub fn batch_summary(batch: Batch, batched: &Batched, samples: u64, clock_hz: f64) -> BatchSummary {
    let system = |system: &BatchedSystem| {
        let cycles = real(system.cycles) / real(samples);
        BatchSystemSummary {
            cycles,
            energy_pj: system.energy.0 / real(samples),
            latency_mean_s: system.latency.mean,
            latency_p99_s: system.latency.p99,
            throughput_per_s: clock_hz / cycles,
        }
    };
    let [cycles_saved_net_interval, energy_saved_net_interval] =
        batch_intervals(&batched.no_heads, &batched.exits);
    let (no_heads, never, exits) =
        (system(&batched.no_heads), system(&batched.never), system(&batched.exits));
    BatchSummary {
        size: batch.size,
        exits_in_batch: match batch.exits {
            BatchExits::Wait => "wait",
            BatchExits::Pack => "pack",
        },
        cycles_saved_net: saved(no_heads.cycles, exits.cycles),
        energy_saved_net: saved(no_heads.energy_pj, exits.energy_pj),
        cycles_saved_net_interval,
        energy_saved_net_interval,
        no_heads,
        never,
        exits,
    }
}
