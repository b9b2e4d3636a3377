//! An architecture, as a file describes it: a machine, what it is made of, and how it is used. Checked once, then
//! immutable.

mod arrivals;
mod clock;
mod fpga;
mod power;
mod read;
mod target;

pub use arrivals::recorded_times;
pub use clock::{ClockBound, ClockPath};
pub use fpga::{Fpga, MacStyle, ScratchpadBlocks};
pub use power::{Idle, Power};
pub use read::{Load, read};
pub use target::{Cells, Target};

use crate::machine::Machine;
use crate::names::closed_set;
use crate::tech::DramKind;
use crate::units::PerSecond;

/// A configuration that was read, checked and found whole.
#[derive(Clone, Debug)]
pub struct Arch {
    /// Name for reports and folders.
    pub name: String,
    /// What decides how long work takes.
    pub machine: Machine,
    /// What it is made of.
    pub target: Target,
    /// Kind of the memory off chip, which selects its prices.
    pub dram_kind: DramKind,
    /// Devices, their temperature, and what happens between inferences.
    pub power: Power,
    /// Samples at once.
    pub batch: Batch,
    /// How inputs arrive; `None` when only single inferences are looked at.
    pub arrivals: Option<Arrivals>,
}

/// Samples at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many.
    pub size: u64,
    /// What becomes of the slots of samples that left.
    pub exits: BatchExits,
}

closed_set! {
    /// What becomes of the slots of samples that left a batch.
    pub enum BatchExits {
        /// They run on, until the last sample of the batch has left.
        Wait = "wait",
        /// The samples that go on are packed together.
        Pack = "pack",
    }
}

/// How inputs arrive at the machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// At random: gaps are exponential and independent.
    Poisson {
        /// Mean rate.
        rate: PerSecond,
        /// Seed of the generator.
        seed: u64,
    },
    /// At equal gaps.
    Periodic {
        /// Rate.
        rate: PerSecond,
    },
    /// When they did: times from a file.
    Recorded {
        /// The file, relative to the architecture's.
        file: String,
    },
}

impl Arrivals {
    /// The name in configurations and reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Poisson { .. } => "poisson",
            Self::Periodic { .. } => "periodic",
            Self::Recorded { .. } => "recorded",
        }
    }
}
