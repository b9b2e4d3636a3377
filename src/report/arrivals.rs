//! What a run found about inputs that arrive over time: `arrivals` of `summary.json`.

use serde::Serialize;

use crate::arch::Arrivals;
use crate::simulate::{Distribution, Served, System};

/// The same arrivals served by three systems.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArrivalSummary {
    /// How inputs arrive.
    pub process: &'static str,
    /// Arrivals a second; `null` when all come at once.
    pub rate_per_s: Option<f64>,
    /// Inferences.
    pub inferences: u64,
    /// The plain network.
    pub no_heads: SystemSummary,
    /// Every head runs, nobody leaves.
    pub never: SystemSummary,
    /// Samples leave where the policy decides.
    pub exits: SystemSummary,
    /// The same with each of the other policies, in the order of the summary's `against`; absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<SystemSummary>,
}

/// What one system makes of the arrivals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SystemSummary {
    /// From arrival to answer, s.
    pub response_s: ResponseSummary,
    /// From arrival to start, mean in s.
    pub mean_wait_s: f64,
    /// From start to answer, mean in s.
    pub mean_service_s: f64,
    /// Answers a second.
    pub throughput_per_s: f64,
    /// Fraction of the time in which the machine works.
    pub utilization: f64,
    /// Mean service time x arrival rate.
    pub offered_load: Option<f64>,
    /// Whether the queue settles: an offered load below 1.
    pub stable: Option<bool>,
    /// Mean power, idle time included, mW.
    pub power_mw: f64,
    /// Energy of an inference with its share of the idle time, pJ.
    pub energy_pj: f64,
}

/// A response time over inferences, s.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResponseSummary {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Longest.
    pub max: f64,
}

/// Makes the summary of served arrivals; `against` are the systems of other policies.
#[must_use]
pub fn arrival_summary(arrivals: &Arrivals, served: &Served, against: &[System]) -> ArrivalSummary {
    ArrivalSummary {
        process: arrivals.name(),
        rate_per_s: served.rate,
        inferences: served.inferences,
        no_heads: system(&served.no_heads),
        never: system(&served.never),
        exits: system(&served.exits),
        against: against.iter().map(system).collect(),
    }
}

fn system(system: &System) -> SystemSummary {
    let Distribution { mean, p50, p95, p99, max } = system.response;
    SystemSummary {
        response_s: ResponseSummary { mean, p50, p95, p99, max },
        mean_wait_s: system.mean_wait,
        mean_service_s: system.mean_service,
        throughput_per_s: system.throughput,
        utilization: system.utilization,
        offered_load: system.offered_load,
        stable: system.offered_load.map(|load| load < 1.0),
        power_mw: system.power.0,
        energy_pj: system.energy.0,
    }
}
