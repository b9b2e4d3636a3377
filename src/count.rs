//! Counted events: actions that cost energy, cycles by cause. Integers only; what they cost is `cost`'s business.

use std::ops::{Add, AddAssign, Index, IndexMut};

macro_rules! closed_set {
    (
        $(#[$set_doc:meta])* $set:ident, $(#[$table_doc:meta])* $table:ident,
        { $($(#[$doc:meta])* $member:ident = $name:literal),+ $(,)? }
    ) => {
        $(#[$set_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $set {
            $($(#[$doc])* $member),+
        }

        impl $set {
            /// Every member, in order.
            pub const ALL: &'static [Self] = &[$(Self::$member),+];

            /// The name in files and reports.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$member => $name),+
                }
            }
        }

        $(#[$table_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
        pub struct $table<T>([T; $set::ALL.len()]);

        impl<T> $table<T> {
            /// A table made by asking for every member, so that none can be forgotten.
            pub fn of(entry: impl FnMut($set) -> T) -> Self {
                let mut entry = entry;
                Self(std::array::from_fn(|i| entry($set::ALL[i])))
            }

            /// Every member with its entry, in order.
            pub fn iter(&self) -> impl Iterator<Item = ($set, &T)> {
                $set::ALL.iter().copied().zip(&self.0)
            }
        }

        impl<T> Index<$set> for $table<T> {
            type Output = T;
            fn index(&self, member: $set) -> &T {
                &self.0[member as usize]
            }
        }

        impl<T> IndexMut<$set> for $table<T> {
            fn index_mut(&mut self, member: $set) -> &mut T {
                &mut self.0[member as usize]
            }
        }

        impl $table<u64> {
            /// Sum over all members.
            #[must_use]
            pub fn total(&self) -> u64 {
                self.0.iter().sum()
            }

            /// Every entry times a factor.
            #[must_use]
            pub fn times(&self, factor: u64) -> Self {
                Self(self.0.map(|entry| entry * factor))
            }
        }

        impl AddAssign<&Self> for $table<u64> {
            #[inline]
            fn add_assign(&mut self, other: &Self) {
                for (entry, more) in self.0.iter_mut().zip(&other.0) {
                    *entry += more;
                }
            }
        }

        impl AddAssign for $table<u64> {
            #[inline]
            fn add_assign(&mut self, other: Self) {
                *self += &other;
            }
        }

        impl Add for $table<u64> {
            type Output = Self;
            fn add(mut self, other: Self) -> Self {
                self += other;
                self
            }
        }
    };
}

pub(crate) use closed_set;

closed_set!(
    /// Why a cycle passes.
    Cause,
    /// Something for every cause.
    PerCause,
    {
        /// Stationary operands shift into the array (WS, IS).
        Preload = "preload",
        /// Operands stream: the array's useful time, T cycles a fold.
        Stream = "stream",
        /// The wave crosses the array: fill and empty, A + B - 2 cycles a fold.
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
);

closed_set!(
    /// What costs energy each time it happens.
    Action,
    /// Something for every action.
    PerAction,
    {
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
);

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

/// A block of the machine that has area, leaks, or costs energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Component {
    /// Multiply-accumulators and their registers.
    Array,
    /// Scratchpad of activations.
    IfmapSram,
    /// Scratchpad of weights.
    FilterSram,
    /// Scratchpad of partial sums.
    OfmapSram,
    /// Vector unit.
    Vector,
    /// Class-exclusion unit.
    ExclusionUnit,
    /// Memory off chip.
    Dram,
    /// What an FPGA design has beside the machine: DMA, control, interconnect.
    Infrastructure,
    /// An FPGA part's static power, whether its blocks are used or not.
    Device,
    /// What runs on an FPGA's board whatever the design does: processors, shell.
    Board,
}

impl Component {
    /// Every component, in order.
    pub const ALL: [Self; 10] = [
        Self::Array,
        Self::IfmapSram,
        Self::FilterSram,
        Self::OfmapSram,
        Self::Vector,
        Self::ExclusionUnit,
        Self::Dram,
        Self::Infrastructure,
        Self::Device,
        Self::Board,
    ];

    /// Those of a machine on a chip of its own, which come first; the others are an FPGA's.
    pub const OF_CHIP: [Self; 7] = {
        let [array, ifmap, filter, ofmap, vector, unit, dram, ..] = Self::ALL;
        [array, ifmap, filter, ofmap, vector, unit, dram]
    };

    /// Whether it lies outside the chip that the machine is on.
    #[must_use]
    pub fn is_off_chip(self) -> bool {
        matches!(self, Self::Dram | Self::Board)
    }

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::IfmapSram => "ifmap_sram",
            Self::FilterSram => "filter_sram",
            Self::OfmapSram => "ofmap_sram",
            Self::Vector => "vector",
            Self::ExclusionUnit => "exclusion_unit",
            Self::Dram => "dram",
            Self::Infrastructure => "infrastructure",
            Self::Device => "device",
            Self::Board => "board",
        }
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

/// Something for every component, in the order of [`Component::ALL`].
pub type PerComponent<T> = [T; Component::ALL.len()];
