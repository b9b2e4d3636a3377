//! Energy by what is uncertain together: prices that come from one source and would be wrong by one factor.

use super::{Component, Prices};
use crate::count::{Action, Tally};
use crate::units::{Cycles, Picojoules, real};

/// Prices that would be wrong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PriceGroup {
    /// Multiply-accumulates, the adders below the array and zero tests.
    Products,
    /// Registers of the array.
    Registers,
    /// Accesses of all scratchpads.
    Scratchpads,
    /// The vector unit.
    Vector,
    /// The exclusion unit's actions.
    ExclusionUnit,
    /// Bits from and to DRAM.
    DramBits,
    /// What DRAM draws by being there.
    DramBackground,
    /// Leakage of everything on chip.
    Leakage,
}

impl PriceGroup {
    /// Every group, in order.
    pub const ALL: [Self; 8] = [
        Self::Products,
        Self::Registers,
        Self::Scratchpads,
        Self::Vector,
        Self::ExclusionUnit,
        Self::DramBits,
        Self::DramBackground,
        Self::Leakage,
    ];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Registers => "registers",
            Self::Scratchpads => "scratchpads",
            Self::Vector => "vector",
            Self::ExclusionUnit => "exclusion_unit",
            Self::DramBits => "dram_bits",
            Self::DramBackground => "dram_background",
            Self::Leakage => "leakage",
        }
    }

    fn of(action: Action) -> Self {
        match action {
            Action::Mac | Action::GatedMac | Action::MaskedMac | Action::ZeroTest | Action::Accumulate => {
                Self::Products
            }
            Action::RegisterBit | Action::ShadowBit => Self::Registers,
            Action::IfmapRead
            | Action::IfmapWrite
            | Action::FilterRead
            | Action::FilterWrite
            | Action::OfmapRead
            | Action::OfmapWrite => Self::Scratchpads,
            Action::DramRead | Action::DramWrite => Self::DramBits,
            Action::Requantize | Action::VectorAdd => Self::Vector,
            Action::LookUp | Action::Compare | Action::Multiply | Action::MaskUpdate | Action::Gather => {
                Self::ExclusionUnit
            }
        }
    }
}

/// Something for every group, in the order of [`PriceGroup::ALL`].
pub type PerGroup<T> = [T; PriceGroup::ALL.len()];

impl Prices {
    /// Energy of some counted work by group of prices; their sum is [`Prices::energy`].
    #[must_use]
    pub fn energy_by_group(&self, tally: &Tally) -> PerGroup<Picojoules> {
        let mut energy = PerGroup::default();
        for (action, &count) in tally.actions.iter() {
            energy[PriceGroup::of(action) as usize] += self.actions[action] * real(count);
        }
        let time = Cycles(tally.cycles.total()).at(self.clock);
        for (component, power) in Component::ALL.into_iter().zip(self.idle) {
            let group = match component {
                Component::Dram => PriceGroup::DramBackground,
                _ => PriceGroup::Leakage,
            };
            energy[group as usize] += power.over(time);
        }
        energy
    }
}
