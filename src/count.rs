//! Counted events: actions that cost energy, cycles by cause. Integers only; what they cost is `cost`'s business.

use std::ops::{Add, AddAssign};

use crate::names::closed_set;

closed_set! {
    /// Why a cycle passes.
    pub enum Cause {
        /// Stationary operands shift into the array (WS, IS).
        Preload = "preload",
        /// Operands stream: the array's useful time, T cycles per fold.
        Stream = "stream",
        /// The wave crosses the array and nothing hides it (`docs/model/array.md`).
        Skew = "skew",
        /// Results shift out of the array (OS).
        Drain = "drain",
        /// The array waits for memory.
        Stall = "stall",
        /// The vector unit works and nothing hides it.
        Vector = "vector",
        /// Control sets up an array operation.
        Setup = "setup",
        /// A dedicated head engine works and nothing hides it.
        Engine = "engine",
        /// The exclusion unit decides, its control included, and nothing hides it.
        Unit = "unit",
        /// Folds begun for a sample that left run out, or are flushed.
        Squash = "squash",
    }
    /// Something for every cause.
    pub table PerCause;
}

closed_set! {
    /// What costs energy each time it happens.
    pub enum Action {
        /// One 8-bit multiply and 32-bit add on useful operands, neither gated nor masked.
        Mac = "mac",
        /// One multiply-accumulate that is not done because its activation is zero.
        GatedMac = "gated_mac",
        /// One multiply-accumulate that is not done because its class is excluded.
        MaskedMac = "masked_mac",
        /// One activation tested for zero at the edge of the array.
        ZeroTest = "zero_test",
        /// One bit written into a pipeline, stationary or accumulator register of the array.
        RegisterBit = "register_bit",
        /// One bit written into a shadow register or a second accumulator.
        ShadowBit = "shadow_bit",
        /// One partial sum added to the one read back from the memory below the array.
        Accumulate = "accumulate",
        /// One byte read from the ifmap scratchpad.
        IfmapRead = "ifmap_read_byte",
        /// One byte written to the ifmap scratchpad.
        IfmapWrite = "ifmap_write_byte",
        /// One byte read from the filter scratchpad.
        FilterRead = "filter_read_byte",
        /// One byte written to the filter scratchpad.
        FilterWrite = "filter_write_byte",
        /// One byte of partial sum read from the ofmap scratchpad.
        OfmapRead = "ofmap_read_byte",
        /// One byte written to the ofmap scratchpad.
        OfmapWrite = "ofmap_write_byte",
        /// One byte read from DRAM.
        DramRead = "dram_read_byte",
        /// One byte written to DRAM.
        DramWrite = "dram_write_byte",
        /// One sum requantized to 8 bits: a 32-bit multiply and add.
        Requantize = "requantize",
        /// One element added or compared in the vector unit (pooling, residuals).
        VectorAdd = "vector_add",
        /// One entry looked up in a head's table: a cut of class exclusion, an exponential of a conventional exit.
        LookUp = "look_up",
        /// One score compared in the exclusion unit, with another or with the cut.
        Compare = "compare",
        /// One multiplication by a threshold; class exclusion does them before the first inference.
        Multiply = "multiply",
        /// One bit of the survivor mask, or of a compacting unit's list of survivors, written.
        MaskUpdate = "mask_update",
        /// One gather address formed, for a surviving class of a compacted GEMM.
        Gather = "gather",
    }
    /// Something for every action.
    pub table PerAction;
}

impl PerAction<u64> {
    /// Useful multiply-accumulates, M x N x K of every product: done, gated and masked.
    #[must_use]
    pub fn macs(&self) -> u64 {
        self[Action::Mac] + self[Action::GatedMac] + self[Action::MaskedMac]
    }

    /// Takes multiply-accumulates from those that are done to those of another kind.
    pub fn move_macs(&mut self, to: Action, macs: u64) {
        self[Action::Mac] -= macs;
        self[to] += macs;
    }
}

/// Everything counted for some piece of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cycles by cause; their sum is the time.
    pub cycles: PerCause<u64>,
    /// Actions by kind.
    pub actions: PerAction<u64>,
}

impl Tally {
    /// The same work `factor` times.
    #[must_use]
    pub fn times(&self, factor: u64) -> Self {
        Self { cycles: self.cycles.times(factor), actions: self.actions.times(factor) }
    }
}

impl AddAssign<&Self> for Tally {
    #[inline]
    fn add_assign(&mut self, other: &Self) {
        self.cycles += &other.cycles;
        self.actions += &other.actions;
    }
}

impl AddAssign for Tally {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self += &other;
    }
}

impl Add for Tally {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

closed_set! {
    /// A block of the machine that has area, leaks, or costs energy.
    pub enum Component {
        /// Multiply-accumulators and their registers.
        Array = "array",
        /// Scratchpad of activations.
        IfmapSram = "ifmap_sram",
        /// Scratchpad of weights.
        FilterSram = "filter_sram",
        /// Scratchpad of partial sums.
        OfmapSram = "ofmap_sram",
        /// Vector unit.
        Vector = "vector",
        /// Class-exclusion unit.
        ExclusionUnit = "exclusion_unit",
        /// Memory off chip.
        Dram = "dram",
        /// What an FPGA design has beside the machine: DMA, control, interconnect.
        Infrastructure = "infrastructure",
        /// An FPGA part's static power, whether its blocks are used or not.
        Device = "device",
        /// What runs on an FPGA's board whatever the design does: processors, shell.
        Board = "board",
    }
    /// Something for every component.
    pub table PerComponent;
}

impl Component {
    /// Those of a machine on a chip of its own, which come first; the others are an FPGA's.
    pub const OF_CHIP: [Self; 7] = {
        let [array, ifmap, filter, ofmap, vector, unit, dram, ..] = Self::ALL;
        [array, ifmap, filter, ofmap, vector, unit, dram]
    };

    /// Those on the chip itself.
    pub fn on_chip() -> impl Iterator<Item = Self> {
        Self::OF_CHIP.into_iter().filter(|component| !component.is_off_chip())
    }

    /// Whether it lies outside the chip that the machine is on.
    #[must_use]
    pub fn is_off_chip(self) -> bool {
        matches!(self, Self::Dram | Self::Board)
    }

    /// The component that performs an action.
    #[must_use]
    pub fn of(action: Action) -> Self {
        match action {
            Action::Mac
            | Action::GatedMac
            | Action::MaskedMac
            | Action::ZeroTest
            | Action::RegisterBit
            | Action::ShadowBit
            | Action::Accumulate => Self::Array,
            Action::IfmapRead | Action::IfmapWrite => Self::IfmapSram,
            Action::FilterRead | Action::FilterWrite => Self::FilterSram,
            Action::OfmapRead | Action::OfmapWrite => Self::OfmapSram,
            Action::DramRead | Action::DramWrite => Self::Dram,
            Action::Requantize | Action::VectorAdd => Self::Vector,
            Action::LookUp | Action::Compare | Action::Multiply | Action::MaskUpdate | Action::Gather => {
                Self::ExclusionUnit
            }
        }
    }
}
