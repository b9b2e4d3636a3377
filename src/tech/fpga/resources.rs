//! Native blocks of FPGAs, counted.

use std::ops::{Add, Mul};

use crate::names::closed_set;

closed_set! {
    /// A kind of native block.
    pub enum Resource {
        /// LUTs, of as many inputs as the family's have.
        Lut = "lut",
        /// Flip-flops.
        FlipFlop = "ff",
        /// DSP blocks; of ECP5 multipliers of 18 bits.
        Dsp = "dsp",
        /// Block RAM in units of 18 Kbit: half a block of AMD's, a whole one of ECP5's.
        BlockRam = "bram18",
        /// Ultra RAM, blocks of 288 Kbit.
        UltraRam = "uram",
    }
    /// How many of every kind a part has or a design takes.
    pub table PerResource;
}

impl Resource {
    /// Whether it is memory.
    #[must_use]
    pub fn is_ram(self) -> bool {
        matches!(self, Self::BlockRam | Self::UltraRam)
    }

    /// What it is called in sentences.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::Lut => "LUTs",
            Self::FlipFlop => "flip-flops",
            Self::Dsp => "DSP blocks",
            Self::BlockRam => "blocks of RAM of 18 Kbit",
            Self::UltraRam => "blocks of ultra RAM",
        }
    }
}

/// Native blocks, of a part or of a design.
pub type Resources = PerResource<u64>;

impl Mul<u64> for Resources {
    type Output = Self;
    fn mul(self, factor: u64) -> Self {
        self.times(factor)
    }
}

impl std::iter::Sum for Resources {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}
