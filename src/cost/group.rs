//! Energy by what is uncertain together: prices that come from one source and would be wrong by one factor.

use super::{Component, PerComponent, Prices};
use crate::arch::{Arch, Target};
use crate::count::{Action, Tally};
use crate::names::closed_set;
use crate::tech::{Condition, DramPrice, LeakageTable};
use crate::units::{Cycles, Kelvin, Milliwatts, Picojoules, real};

closed_set! {
    /// Prices that would be wrong together.
    pub enum PriceGroup {
        /// Multiply-accumulates, the adders below the array and zero tests.
        Products = "products",
        /// Registers of the array.
        Registers = "registers",
        /// Accesses of all scratchpads.
        Scratchpads = "scratchpads",
        /// The vector unit.
        Vector = "vector",
        /// The exclusion unit's actions.
        ExclusionUnit = "exclusion_unit",
        /// Bits from and to DRAM.
        DramBits = "dram_bits",
        /// What DRAM draws by being there.
        DramBackground = "dram_background",
        /// Leakage of everything on chip; an FPGA's static power.
        Leakage = "leakage",
        /// What every cycle toggles in an FPGA's LUTs and flip-flops, and its clock tree.
        Fabric = "fabric",
        /// What runs on an FPGA's board whatever the design does.
        Board = "board",
    }
    /// Something for every group.
    pub table PerGroup;
}

impl PriceGroup {
    /// Those that a machine on an FPGA has prices of, or a chip of its own.
    pub fn of_target(on_fpga: bool) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |group| match group {
            Self::Registers => !on_fpga,
            Self::Fabric | Self::Board => on_fpga,
            _ => true,
        })
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

/// By how much the prices of each group may be wrong, either way: as far as the sources that the technology file names are
/// apart; for leakage also what 20 K more or less make of the machine's own cells.
#[must_use]
pub fn uncertainty(arch: &Arch) -> PerGroup<f64> {
    let DramPrice { bit_uncertainty: bits, background_uncertainty: background, .. } = arch.dram_price();
    match &arch.target {
        Target::Cells(cells) => {
            let of = cells.technology.logic.uncertainty;
            PerGroup::of(|group| match group {
                PriceGroup::Products => of.products,
                PriceGroup::Registers => of.registers,
                PriceGroup::Scratchpads => of.scratchpads,
                PriceGroup::Vector => of.vector,
                PriceGroup::ExclusionUnit => of.exclusion_unit,
                PriceGroup::DramBits => bits,
                PriceGroup::DramBackground => background,
                PriceGroup::Leakage => of.leakage * of_temperature(arch, &cells.technology.leakage),
                PriceGroup::Fabric | PriceGroup::Board => 1.0,
            })
        }
        Target::Fpga(fpga) => {
            let of = fpga.device.traits.uncertainty;
            PerGroup::of(|group| match group {
                PriceGroup::Products | PriceGroup::Vector => of.dsp,
                PriceGroup::Registers => 1.0,
                PriceGroup::Scratchpads | PriceGroup::ExclusionUnit => of.memory,
                PriceGroup::DramBits => bits,
                PriceGroup::DramBackground => background,
                PriceGroup::Leakage => of.static_power,
                PriceGroup::Fabric => of.logic,
                PriceGroup::Board => of.fixed,
            })
        }
    }
}

/// What 20 K either way make of the leakage, within the temperatures of the table.
fn of_temperature(arch: &Arch, table: &LeakageTable) -> f64 {
    let here = arch.power.condition;
    let at = |kelvin: f64| {
        let temperature = Kelvin((here.temperature.0 + kelvin).clamp(300.0, 400.0));
        table.relative(Condition { temperature, ..here })
    };
    let now = at(0.0);
    (at(20.0) / now).max(now / at(-20.0))
}

/// Power of components by group of prices: that of DRAM, and leakage on chip.
#[must_use]
pub fn power_by_group(power: &PerComponent<Milliwatts>) -> PerGroup<Milliwatts> {
    let mut groups = PerGroup::default();
    for (component, power) in power.iter() {
        let group = match component {
            Component::Dram => PriceGroup::DramBackground,
            Component::Board => PriceGroup::Board,
            _ => PriceGroup::Leakage,
        };
        groups[group] += *power;
    }
    groups
}

impl Prices {
    /// Energy of some counted work by group of prices; their sum is [`Prices::energy`].
    #[must_use]
    pub fn energy_by_group(&self, tally: &Tally) -> PerGroup<Picojoules> {
        let mut energy = PerGroup::default();
        for (action, &count) in tally.actions.iter() {
            energy[PriceGroup::of(action)] += self.actions[action] * real(count);
        }
        let cycles = tally.cycles.total();
        energy[PriceGroup::Fabric] += self.cycle.values().copied().sum::<Picojoules>() * real(cycles);
        let time = Cycles(cycles).at(self.clock);
        for (group, power) in power_by_group(&self.idle).iter() {
            energy[group] += power.over(time);
        }
        energy
    }
}
