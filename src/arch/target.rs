//! What a machine is made of: cells of a process technology, or blocks of an FPGA.

use super::{Arch, ClockBound, Fpga};
use crate::tech::{DramKind, DramPrice, Technology};

/// What a machine is made of, which prices it.
#[derive(Clone, Debug)]
pub enum Target {
    /// Cells of a process technology: a chip of its own.
    Cells(Box<Cells>),
    /// Blocks of an FPGA.
    Fpga(Box<Fpga>),
}

impl Target {
    /// Prices of a kind of DRAM beside it.
    pub(super) fn dram_price(&self, kind: DramKind) -> DramPrice {
        match self {
            Self::Cells(cells) => cells.technology.dram[kind],
            Self::Fpga(fpga) => fpga.device.dram_prices[kind],
        }
    }
}

/// A machine of cells.
#[derive(Clone, Debug)]
pub struct Cells {
    /// Prices.
    pub technology: Technology,
    /// What limits the clock.
    pub timing: ClockBound,
    /// Whether the clock is the fastest that `timing` allows, or one that was given.
    pub clock_is_auto: bool,
}

impl Arch {
    /// The process technology of a chip of its own; `None` on an FPGA.
    #[must_use]
    pub fn technology(&self) -> Option<&Technology> {
        match &self.target {
            Target::Cells(cells) => Some(&cells.technology),
            Target::Fpga(_) => None,
        }
    }

    /// The FPGA that it is built on; `None` for a chip of its own.
    #[must_use]
    pub fn fpga(&self) -> Option<&Fpga> {
        match &self.target {
            Target::Cells(_) => None,
            Target::Fpga(fpga) => Some(fpga),
        }
    }

    /// Whose prices it has: the name of the technology, or of the part.
    #[must_use]
    pub fn priced_by(&self) -> &str {
        match &self.target {
            Target::Cells(cells) => &cells.technology.name,
            Target::Fpga(fpga) => &fpga.device.name,
        }
    }

    /// Prices of its kind of DRAM.
    #[must_use]
    pub fn dram_price(&self) -> DramPrice {
        self.target.dram_price(self.dram_kind)
    }
}
