//! Intervals of a run over samples.

use serde::Serialize;

use crate::simulate::{BOOTSTRAP_DRAWS, INTERVAL_LEVEL, Intervals};

/// Intervals over samples, `[low, high]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IntervalSummary {
    /// How sure they are.
    pub confidence_level: f64,
    /// Accuracy, exact.
    pub accuracy: [f64; 2],
    /// Accuracy lost against the plain network, exact on paired outcomes.
    pub accuracy_lost: [f64; 2],
    /// Saved net of multiply-accumulates, by bootstrap.
    pub macs_saved_net: [f64; 2],
    /// Saved net of cycles, by bootstrap.
    pub cycles_saved_net: [f64; 2],
    /// Saved net of energy, by bootstrap.
    pub energy_saved_net: [f64; 2],
    /// Times that the bootstrap drew samples anew.
    pub bootstrap_draws: u64,
}

impl From<Intervals> for IntervalSummary {
    fn from(found: Intervals) -> Self {
        Self {
            confidence_level: INTERVAL_LEVEL,
            accuracy: found.accuracy,
            accuracy_lost: found.accuracy_lost,
            macs_saved_net: found.macs_saved,
            cycles_saved_net: found.cycles_saved,
            energy_saved_net: found.energy_saved,
            bootstrap_draws: BOOTSTRAP_DRAWS,
        }
    }
}

impl IntervalSummary {
    /// For people, in lines of a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let between = |[low, high]: [f64; 2], digits: usize| {
            // What rounds to nothing has no sign.
            let told = |value: f64| {
                let text = format!("{:.digits$}", 100.0 * value);
                if text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
                    text
                } else {
                    text.replace('-', "")
                }
            };
            format!("{} to {}", told(low), told(high))
        };
        format!(
            "{:.0} % intervals over samples:\n  \
             accuracy {} %, {} points lost (exact)\n  \
             cycles saved {} %, energy saved {} % (bootstrap)\n",
            100.0 * self.confidence_level,
            between(self.accuracy, 2),
            between(self.accuracy_lost, 2),
            between(self.cycles_saved_net, 1),
            between(self.energy_saved_net, 1),
        )
    }
}
