//! Counts times prices, leakage times time: energy and area by component.

mod dram;
pub mod fpga;
mod group;
mod machine;
mod port;

pub use group::{PerGroup, PriceGroup, power_by_group, uncertainty};
use machine::built;
pub use machine::{prices, weighed};

pub use crate::count::{Component, PerComponent};
use crate::count::{PerAction, Tally};
use crate::unit::UnitTables;
use crate::units::{Hertz, Milliwatts, Picojoules, Seconds, SquareMicrons, real};

/// What a machine's actions cost and what it costs to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// Energy of one action.
    pub actions: PerAction<Picojoules>,
    /// Energy of every cycle of work, whatever is done in it: of what toggles in an FPGA's LUTs and flip-flops, and its clock
    /// tree; nothing on a chip of its own, whose registers are counted as they are written.
    pub cycle: PerComponent<Picojoules>,
    /// Leakage on chip, background power of DRAM, on an FPGA static power and that of its board, while the machine works.
    pub idle: PerComponent<Milliwatts>,
    /// What the machine draws and needs between inferences.
    pub resting: Resting,
    /// Area; zero for DRAM, which is off chip, and on an FPGA, which takes blocks ([`fpga::design`]).
    pub area: PerComponent<SquareMicrons>,
    /// Clock, for the time that idle power lasts.
    pub clock: Hertz,
    /// Whether the machine is built on an FPGA.
    pub on_fpga: bool,
}

/// The machine between inferences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resting {
    /// What the decision unit's tables take to be loaded again, where rest forgets them.
    pub tables: UnitTables,
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
    /// Energy of actions, and of what every cycle toggles.
    pub dynamic: PerComponent<Picojoules>,
    /// Leakage and background over the time of the work.
    pub idle: PerComponent<Picojoules>,
}

impl Energy {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Picojoules {
        self.dynamic.values().chain(self.idle.values()).copied().sum()
    }
}

impl Prices {
    /// Energy of some counted work.
    #[must_use]
    pub fn energy(&self, tally: &Tally) -> Energy {
        let mut energy = Energy::default();
        for (action, &count) in tally.actions.iter() {
            energy.dynamic[Component::of(action)] += self.actions[action] * real(count);
        }
        let cycles = tally.cycles.total();
        for (component, each) in self.cycle.iter() {
            energy.dynamic[component] += *each * real(cycles);
        }
        let time = crate::units::Cycles(cycles).at(self.clock);
        energy.idle = self.idle.map(|power| power.over(time));
        energy
    }

    /// The components that the machine has: an FPGA's more than a chip of its own.
    pub fn components(&self) -> impl Iterator<Item = Component> + use<> {
        let on_fpga = self.on_fpga;
        let only = Component::ALL.into_iter();
        only.filter(move |component| on_fpga || Component::OF_CHIP.contains(component))
    }

    /// Area of everything on chip.
    #[must_use]
    pub fn total_area(&self) -> SquareMicrons {
        self.area.values().copied().sum()
    }
}
