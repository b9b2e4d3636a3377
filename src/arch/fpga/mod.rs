//! FPGA parts: what a device has, what may be filled of it, its clock, power and board memory, each figure with its source.

mod read;

pub use read::{read_device, read_families};

use crate::arch::DramKind;
use crate::config::Choice;
use crate::units::{BytesPerSecond, Hertz, Milliwatts};

/// Families of parts, which share their blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// AMD 7 series: LUTs of 6 inputs, DSP48E1.
    Series7,
    /// AMD UltraScale+: LUTs of 6 inputs, DSP48E2, ultra RAM.
    UltraScalePlus,
    /// Lattice ECP5: LUTs of 4 inputs, multipliers of 18 bits.
    Ecp5,
}

impl Choice for Family {
    const NAMES: &'static [(Self, &'static [&'static str])] = &[
        (Self::Series7, &["7-series"]),
        (Self::UltraScalePlus, &["ultrascale-plus"]),
        (Self::Ecp5, &["ecp5"]),
    ];
}

/// Native blocks, of a part or of a design.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// LUTs, of as many inputs as the family's have.
    pub lut: u64,
    /// Flip-flops.
    pub flip_flop: u64,
    /// Block RAM in units of 18 Kbit: half a block of AMD's, a whole one of ECP5's.
    pub block_ram: u64,
    /// Ultra RAM, blocks of 288 Kbit.
    pub ultra_ram: u64,
    /// DSP blocks; of ECP5 multipliers of 18 bits.
    pub dsp: u64,
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
}
