//! What machines are made of: cells of a process technology with their prices, memories, blocks of FPGAs; each figure with
//! its source.

mod condition;
mod dram;
mod figure;
pub mod fpga;
mod leakage;
mod node;
mod read;
mod reference;
mod sram;
mod uncertainty;
mod width;

pub use condition::{Condition, Transistor};
use dram::read as read_dram;
pub use dram::{DramKind, DramPrice, PerDramKind};
pub use leakage::LeakageTable;
pub use read::{NamedText, read_technology};
pub use reference::Reference;
pub use sram::{Sram, SramTable};
pub use uncertainty::Uncertainty;
use uncertainty::factor as uncertainty_factor;
pub use width::ByWidth;

use crate::units::{Bytes, Milliwatts, Picojoules, Seconds, SecondsPerMillimetre, SquareMicrons};

/// Prices of a process technology.
#[derive(Clone, Debug)]
pub struct Technology {
    /// Name for reports.
    pub name: String,
    /// Process node in nm.
    pub node_nm: u64,
    /// Prices and delays of logic.
    pub logic: Logic,
    /// Scratchpads.
    pub sram: SramTable,
    /// Largest bank of a scratchpad that is read in one cycle.
    pub bank: Bytes,
    /// How leakage depends on device and temperature.
    pub leakage: LeakageTable,
    /// DRAM, by kind.
    pub dram: PerDramKind<DramPrice>,
    /// Prices from reference tables, which stand instead of all others.
    pub reference: Option<Reference>,
}

/// Prices and delays of logic, and how sure they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Logic {
    /// An integer multiplication, by the geometric mean of its operands' widths.
    pub multiply: ByWidth,
    /// An integer addition or comparison of magnitudes, by width.
    pub add: ByWidth,
    /// One bit of a register.
    pub register_bit: Price,
    /// One bit compared in the exclusion unit.
    pub compare_bit: Price,
    /// One bit of a probability read from a head's table; area and leakage a stored bit.
    pub look_up_bit: Price,
    /// A two-input NAND, the unit in which synthesized logic is counted; its actions are priced apart, so it has no energy.
    pub gate: Price,
    /// Delays that bound the clock.
    pub delays: Delays,
    /// What cutting the supply leaves and takes.
    pub sleep: Sleep,
    /// The device and temperature that the leakages hold for.
    pub measured_as: Condition,
    /// By how much prices may be wrong.
    pub uncertainty: Uncertainty,
}

/// Delays of what may lie between two registers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delays {
    /// A multiply and the addition after it.
    pub mac: Seconds,
    /// What a register takes from every cycle: set-up, clock to output, skew.
    pub register: Seconds,
    /// A wire with repeaters.
    pub wire: SecondsPerMillimetre,
}

/// What cutting the supply of a block leaves and takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sleep {
    /// Fraction of the leakage that still flows.
    pub residual: f64,
    /// Time from the end of sleep until the block works.
    pub wake: Seconds,
}

/// What one thing costs: when it acts, and by being there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    /// Energy of one action.
    pub energy: Picojoules,
    /// Area of one instance.
    pub area: SquareMicrons,
    /// Leakage of one instance.
    pub leakage: Milliwatts,
}

impl std::ops::Add for Price {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            energy: self.energy + other.energy,
            area: self.area + other.area,
            leakage: self.leakage + other.leakage,
        }
    }
}

impl Logic {
    /// A multiply-accumulator of operands of `one` and `other` bits and a sum of `sum` bits; its registers are counted
    /// apart.
    #[must_use]
    pub fn mac(&self, one: u64, other: u64, sum: u64) -> Price {
        self.multiply.of_product(one, other) + self.add.of_product(sum, sum)
    }

    /// A lane that scales a sum and rounds it: a multiplication and an addition of the sum's width.
    #[must_use]
    pub fn requantizer(&self, sum: u64) -> Price {
        self.mac(sum, sum, sum)
    }

    fn leaking(&mut self, factor: f64) {
        let Self { multiply, add, register_bit, compare_bit, gate, .. } = self;
        let widths = [&mut multiply.int8, &mut multiply.int32, &mut add.int8, &mut add.int32];
        for price in widths.into_iter().chain([register_bit, compare_bit, gate]) {
            price.leakage = price.leakage * factor;
        }
    }
}

impl Technology {
    /// The same technology with all its leakage, of logic and of memories, for one device and temperature.
    ///
    /// The factors were measured on memories; logic of the same device is taken to leak in the same proportion. Figures
    /// of memories, a head's table among them, hold for low-standby-power cells at 300 K. Energies, delays and areas stay
    /// as they are.
    #[must_use]
    pub fn in_condition(mut self, condition: Condition) -> Self {
        let relative = self.leakage.relative(condition);
        self.sram.leaking(relative);
        self.logic.look_up_bit.leakage = self.logic.look_up_bit.leakage * relative;
        self.logic.leaking(relative / self.leakage.relative(self.logic.measured_as));
        self.logic.measured_as = condition;
        self
    }
}
