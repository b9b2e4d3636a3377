//! What decides leakage: the class of transistor and its temperature.

use crate::config::Choice;
use crate::units::Kelvin;

/// What decides how much the same circuit leaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Class of transistor.
    pub device: Transistor,
    /// Junction temperature.
    pub temperature: Kelvin,
}

/// Classes of transistor, after the International Technology Roadmap for Semiconductors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transistor {
    /// High threshold: slow, and leaks little.
    LowStandbyPower,
    /// Low threshold: fast, and leaks thousands of times more.
    HighPerformance,
}

impl Transistor {
    /// Every class.
    pub const ALL: [Self; 2] = [Self::LowStandbyPower, Self::HighPerformance];

    /// The name in configurations and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(known, _)| *known == self).map_or("", |(_, names)| names[0])
    }
}

impl Choice for Transistor {
    const NAMES: &'static [(Self, &'static [&'static str])] = &[
        (Self::LowStandbyPower, &["low-standby-power", "lstp"]),
        (Self::HighPerformance, &["high-performance", "hp"]),
    ];
}
