//! What the machine does between inferences, and how much its devices leak.

use crate::config::{Choice, Fields};
use crate::units::Kelvin;

/// Keys of `[power]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// What happens between inferences.
    pub idle: Idle,
    /// Transistors and their temperature, which decide leakage.
    pub condition: Condition,
}

/// What decides how much the same circuit leaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Class of transistor.
    pub device: Device,
    /// Junction temperature.
    pub temperature: Kelvin,
}

/// Classes of transistor, after the International Technology Roadmap for Semiconductors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Device {
    /// High threshold: slow, and leaks little.
    LowStandbyPower,
    /// Low threshold: fast, and leaks thousands of times more.
    HighPerformance,
}

impl Device {
    /// Every class.
    pub const ALL: [Self; 2] = [Self::LowStandbyPower, Self::HighPerformance];
}

impl Choice for Device {
    const NAMES: &'static [(Self, &'static [&'static str])] = &[
        (Self::LowStandbyPower, &["low-standby-power", "lstp"]),
        (Self::HighPerformance, &["high-performance", "hp"]),
    ];
}

/// What the machine does between inferences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Idle {
    /// Nothing is switched off: everything on chip leaks, DRAM stands by.
    Leak,
    /// Logic is cut off, scratchpads keep their content and leak; DRAM stands by.
    PowerGated,
    /// Everything on chip is cut off, DRAM refreshes itself; resident weights are loaded again on waking.
    RaceToSleep,
}

impl Idle {
    /// The name in configurations and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(idle, _)| *idle == self).map_or("", |(_, names)| names[0])
    }
}

impl Choice for Idle {
    const NAMES: &'static [(Self, &'static [&'static str])] = &[
        (Self::Leak, &["leak"]),
        (Self::PowerGated, &["power-gated"]),
        (Self::RaceToSleep, &["race-to-sleep"]),
    ];
}

/// Reads `[power]`.
pub(super) fn read(fields: &mut Fields<'_>) -> Power {
    let temperature = fields.quantity::<Kelvin>("temperature", 300.0..=400.0);
    Power {
        idle: fields.choice("idle", Idle::Leak),
        condition: Condition {
            device: fields.choice("device", Device::LowStandbyPower),
            temperature: temperature.unwrap_or(Kelvin(300.0)),
        },
    }
}
