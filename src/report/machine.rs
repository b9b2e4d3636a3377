//! The machine of a run: its clock, its bounds, what it draws between inferences.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::arch::{Arch, ClockPath, Target};
use crate::names::ClosedSet;
use crate::simulate::Outcome;
use crate::units::Milliwatts;

/// What the clock stands against.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ClockSummary {
    /// On a chip of its own a bound.
    Bound(BoundClock),
    /// On an FPGA what its family reaches.
    Given(GivenClock),
}

/// A clock that is an input, on an FPGA.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GivenClock {
    /// Whether it is the device's default, for want of one in the architecture.
    pub device_default: bool,
    /// The least that a design on the family can be expected to have, Hz.
    pub least_hz: f64,
    /// The most.
    pub most_hz: f64,
    /// Whether the clock lies between them.
    pub within: bool,
}

/// The bound that `clock = "auto"` would run at, whether it does or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoundClock {
    /// Whether the clock is that bound.
    pub auto: bool,
    /// The bound in Hz.
    pub bound_hz: f64,
    /// The path that sets it.
    pub limit: ClockPath,
    /// Every path that the machine has, ns.
    pub path_ns: BTreeMap<&'static str, f64>,
}

impl ClockSummary {
    /// The clock of an architecture.
    #[must_use]
    pub fn of(arch: &Arch) -> Self {
        match &arch.target {
            Target::Cells(cells) => Self::Bound(BoundClock {
                auto: cells.clock_is_auto,
                bound_hz: cells.timing.clock().0,
                limit: cells.timing.longest().0,
                path_ns: cells.timing.paths().map(|(path, delay)| (path.name(), delay.0 * 1e9)).collect(),
            }),
            Target::Fpga(fpga) => {
                let [least, most] = fpga.device.traits.clock;
                Self::Given(GivenClock {
                    device_default: fpga.clock_is_default,
                    least_hz: least.0,
                    most_hz: most.0,
                    within: (least..=most).contains(&arch.machine.clock),
                })
            }
        }
    }
}

/// The array and its road to memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MachineSummary {
    /// Rows of processing elements.
    pub rows: u64,
    /// Columns of them.
    pub cols: u64,
    /// Dataflow of convolutions.
    pub dataflow: &'static str,
    /// Multiply-accumulates a cycle when all are busy.
    pub macs_per_cycle: u64,
    /// What DRAM delivers, its efficiency counted in.
    pub dram_bytes_per_s: f64,
}

impl MachineSummary {
    pub(super) fn of(arch: &Arch) -> Self {
        Self {
            rows: arch.machine.array.rows,
            cols: arch.machine.array.cols,
            dataflow: arch.machine.array.dataflow.documented_name(),
            macs_per_cycle: arch.machine.array.rows * arch.machine.array.cols,
            dram_bytes_per_s: arch.machine.dram_bytes_per_cycle() * arch.machine.clock.0,
        }
    }
}

/// Leakage and background power, while the machine works and between inferences.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RestingSummary {
    /// `leak`, `power-gated` or `race-to-sleep`.
    pub idle: &'static str,
    /// Leakage and DRAM background while it works, mW: part of every energy.
    pub working_power_mw: f64,
    /// Power between inferences, mW: part of the energies under `arrivals` only.
    pub power_mw: f64,
    /// From an input that finds it at rest to the start of its inference, cycles.
    pub waking_cycles: u64,
    /// Energy of waking once, pJ.
    pub waking_energy_pj: f64,
}

impl RestingSummary {
    pub(super) fn of(arch: &Arch, outcome: &Outcome) -> Self {
        Self {
            idle: arch.power.idle.name(),
            working_power_mw: outcome.prices.idle.values().copied().sum::<Milliwatts>().0,
            power_mw: outcome.prices.resting.power.values().copied().sum::<Milliwatts>().0,
            waking_cycles: outcome.waking.cycles.total(),
            waking_energy_pj: outcome.prices.energy(&outcome.waking).total().0,
        }
    }
}
