//! FPGA parts: what a device has, what may be filled of it, its clock, power and board memory, each figure with its source.

mod product;
mod ram;
mod read;
mod resources;

pub use product::product_blocks;
pub use ram::Ram;
pub use read::{Families, INFRASTRUCTURE, read_device, read_families};
pub use resources::{PerResource, Resource, Resources};

use super::{DramKind, DramPrice, PerDramKind};
use crate::names::closed_set;
use crate::units::{BytesPerSecond, Hertz, Milliwatts, Picojoules, nearest, real};

closed_set! {
    /// Families of parts, which share their blocks.
    pub enum Family {
        /// AMD 7 series: LUTs of 6 inputs, DSP48E1.
        Series7 = "7-series",
        /// AMD UltraScale+: LUTs of 6 inputs, DSP48E2, ultra RAM.
        UltraScalePlus = "ultrascale-plus",
        /// Lattice ECP5: LUTs of 4 inputs, multipliers of 18 bits.
        Ecp5 = "ecp5",
    }
    /// Something for every family.
    pub table PerFamily;
}

/// Fractions of a part that a design may fill before it no longer places, routes or holds its clock, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usable {
    /// Of LUTs.
    pub lut: f64,
    /// Of flip-flops.
    pub flip_flop: f64,
    /// Of block RAM.
    pub block_ram: f64,
    /// Of ultra RAM.
    pub ultra_ram: f64,
    /// Of DSP blocks.
    pub dsp: f64,
}

/// What the parts of a family have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FamilyTraits {
    /// Inputs of a LUT.
    pub lut_inputs: u64,
    /// 8-bit products that a DSP block can compute at once, sharing an operand.
    pub macs_per_dsp: u64,
    /// Clocks that a design on the family can be expected to have, from least to most.
    pub clock: [Hertz; 2],
    /// What may be filled.
    pub usable: Usable,
    /// What a design has beside array, memories, vector and exclusion unit.
    pub infrastructure: Resources,
    /// What blocks cost when they work and when they are clocked.
    pub energy: BlockEnergy,
    /// By how much those and the powers may be wrong.
    pub uncertainty: BlockUncertainty,
}

/// Energy of a family's blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockEnergy {
    /// A DSP block in a cycle in which it multiplies, once or, packed, twice.
    pub dsp: Picojoules,
    /// A used LUT, every cycle.
    pub lut: Picojoules,
    /// The wires that a used LUT drives, every cycle.
    pub signal: Picojoules,
    /// A used flip-flop, every cycle.
    pub flip_flop: Picojoules,
    /// The clock tree up to a used flip-flop, every cycle.
    pub clock_tree: Picojoules,
    /// An access of a block of 18 Kbit at its full width.
    pub block_ram: Picojoules,
    /// An access of a block of ultra RAM at its full width.
    pub ultra_ram: Picojoules,
}

impl BlockEnergy {
    /// A used LUT with its wires, every cycle.
    #[must_use]
    pub fn of_lut(&self) -> Picojoules {
        self.lut + self.signal
    }

    /// A used flip-flop with its share of the clock tree, every cycle.
    #[must_use]
    pub fn of_flip_flop(&self) -> Picojoules {
        self.flip_flop + self.clock_tree
    }
}

/// By what factor, either way, figures of a family may be wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockUncertainty {
    /// DSP blocks.
    pub dsp: f64,
    /// Accesses of block RAM and ultra RAM.
    pub memory: f64,
    /// LUTs, flip-flops, wires and the clock tree.
    pub logic: f64,
    /// Static power.
    pub static_power: f64,
    /// Power of processors and shell.
    pub fixed: f64,
}

/// Memory on a device's board.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoardDram {
    /// Kind, which selects its prices.
    pub kind: DramKind,
    /// Peak bandwidth.
    pub bandwidth: BytesPerSecond,
}

/// A part on its board.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Name, as its file is called.
    pub name: String,
    /// What its maker calls it.
    pub part: String,
    /// Boards that carry it.
    pub board: String,
    /// Its family.
    pub family: Family,
    /// What the family's parts have in common.
    pub traits: FamilyTraits,
    /// What it has.
    pub resources: Resources,
    /// The clock that is assumed where none is given: an input of every result, never a prediction.
    pub clock: Hertz,
    /// Static power of the part; `None` where no figure is known.
    pub static_power: Option<Milliwatts>,
    /// Power of what runs whatever the design does (processors, shell, memory on the card); `None` where there is none, or
    /// no figure is known.
    pub fixed_power: Option<Milliwatts>,
    /// Memory on its board; `None` where there is none.
    pub dram: Option<BoardDram>,
    /// What it needs in LUTs beside the family's infrastructure, such as a DRAM controller.
    pub more_infrastructure: Resources,
    /// Prices of DRAM, by kind.
    pub dram_prices: PerDramKind<DramPrice>,
}

impl Device {
    /// What a design may fill of it, rounded down.
    #[must_use]
    pub fn usable(&self) -> Resources {
        Resources::of(|resource| {
            let part = real(self.resources[resource]) * self.traits.usable.of(resource);
            // 0.7 x 10 is a little below 7 in binary.
            let whole = nearest(part);
            if real(whole) > part + 1e-6 { whole - 1 } else { whole }
        })
    }
}

impl Usable {
    /// The fraction of one kind of block.
    #[must_use]
    pub fn of(&self, resource: Resource) -> f64 {
        match resource {
            Resource::Lut => self.lut,
            Resource::FlipFlop => self.flip_flop,
            Resource::Dsp => self.dsp,
            Resource::BlockRam => self.block_ram,
            Resource::UltraRam => self.ultra_ram,
        }
    }
}
