//! Counts times prices, leakage times time: energy and area by component.

mod group;
mod machine;

pub use group::{PerGroup, PriceGroup};
pub use machine::prices;

use crate::count::{Action, PerAction, Tally};
use crate::units::{Hertz, Milliwatts, Picojoules, Seconds, SquareMicrons, real};

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
}

impl Component {
    /// Every component, in order.
    pub const ALL: [Self; 7] = [
        Self::Array,
        Self::IfmapSram,
        Self::FilterSram,
        Self::OfmapSram,
        Self::Vector,
        Self::ExclusionUnit,
        Self::Dram,
    ];

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

/// Size of the exclusion unit beyond its lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitSize {
    /// Heads, each with a table of its own.
    pub heads: u64,
    /// Classes, each with a mask bit and a score register.
    pub classes: u64,
    /// Bits of a probability.
    pub probability_bits: u64,
    /// Bits of a threshold.
    pub threshold_bits: u64,
}

impl UnitSize {
    /// Bits of a class's index.
    #[must_use]
    pub fn index_bits(self) -> u64 {
        u64::from(self.classes.next_power_of_two().trailing_zeros())
    }
}

/// What a machine's actions cost and what it costs to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// Energy of one action.
    pub actions: PerAction<Picojoules>,
    /// Leakage on chip, background power of DRAM, while the machine works.
    pub idle: PerComponent<Milliwatts>,
    /// What the machine draws and needs between inferences.
    pub resting: Resting,
    /// Area; zero for DRAM, which is off chip.
    pub area: PerComponent<SquareMicrons>,
    /// Clock, for the time that idle power lasts.
    pub clock: Hertz,
}

/// The machine between inferences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resting {
    /// Power by component.
    pub power: PerComponent<Milliwatts>,
    /// From the end of rest until work can begin; the machine draws its whole idle power meanwhile.
    pub wake: Seconds,
    /// Whether scratchpads lose their content, so that resident weights must be loaded again.
    pub forgets: bool,
}

/// Energy by component.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Energy {
    /// Energy of actions.
    pub dynamic: PerComponent<Picojoules>,
    /// Leakage and background over the time of the work.
    pub idle: PerComponent<Picojoules>,
}

impl Energy {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Picojoules {
        self.dynamic.iter().chain(&self.idle).copied().sum()
    }
}

impl Prices {
    /// Energy of some counted work.
    #[must_use]
    pub fn energy(&self, tally: &Tally) -> Energy {
        let mut energy = Energy::default();
        for (action, &count) in tally.actions.iter() {
            energy.dynamic[Component::of(action) as usize] += self.actions[action] * real(count);
        }
        let time = crate::units::Cycles(tally.cycles.total()).at(self.clock);
        energy.idle = self.idle.map(|power| power.over(time));
        energy
    }

    /// Area of everything on chip.
    #[must_use]
    pub fn total_area(&self) -> SquareMicrons {
        self.area.iter().copied().sum()
    }
}
