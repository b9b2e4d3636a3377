//! What decides leakage: the class of transistor and its temperature.

use crate::names::closed_set;
use crate::units::Kelvin;

/// What decides how much the same circuit leaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Class of transistor.
    pub device: Transistor,
    /// Junction temperature.
    pub temperature: Kelvin,
}

closed_set! {
    /// Classes of transistor, after the International Technology Roadmap for Semiconductors.
    pub enum Transistor {
        /// High threshold: slow, and leaks little.
        LowStandbyPower = "low-standby-power" | "lstp",
        /// Low threshold: fast, and leaks thousands of times more.
        HighPerformance = "high-performance" | "hp",
    }
}
