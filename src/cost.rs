//! Counts times prices, leakage times time: energy and area by component.

use crate::arch::{Arch, ENGINE_MAC_BITS, Price, Sram};
use crate::count::{Action, PerAction, Tally};
use crate::map::layout;
use crate::shape::Operand;
use crate::units::{Bytes, Hertz, Milliwatts, Picojoules, SquareMicrons, real};

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
            Action::Mac | Action::RegisterBit => Self::Array,
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

/// Size of the exclusion unit beyond its lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// What a machine's actions cost and what it costs to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// Energy of one action.
    pub actions: PerAction<Picojoules>,
    /// Leakage on chip, background power of DRAM.
    pub idle: [Milliwatts; Component::ALL.len()],
    /// Area; zero for DRAM, which is off chip.
    pub area: [SquareMicrons; Component::ALL.len()],
    /// Clock, for the time that idle power lasts.
    pub clock: Hertz,
}

/// Energy by component.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Energy {
    /// Energy of actions.
    pub dynamic: [Picojoules; Component::ALL.len()],
    /// Leakage and background over the time of the work.
    pub idle: [Picojoules; Component::ALL.len()],
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

struct Scratchpads {
    ifmap: Sram,
    filter: Sram,
    ofmap: Sram,
}

/// Scratchpads with ports of the configured width and banks, or as wide as the array needs in a cycle: for an operand
/// that moves differently in different layers, the wider.
fn scratchpads(arch: &Arch) -> Scratchpads {
    let array = &arch.array;
    let pad = |capacity: Bytes, operand| {
        let need = |dataflow| 8 * layout(dataflow).port_bytes(operand, array.rows, array.cols);
        match arch.memory.width {
            Some(width) => arch.technology.sram.banked(capacity, width.0, arch.memory.banks),
            None => arch.technology.sram.price(capacity, array.dataflows().map(need).fold(0, u64::max)),
        }
    };
    Scratchpads {
        ifmap: pad(arch.memory.ifmap, Operand::Ifmap),
        filter: pad(arch.memory.filter, Operand::Filter),
        ofmap: pad(arch.memory.ofmap, Operand::Ofmap),
    }
}

/// Prices of an architecture whose exclusion unit has a given size.
#[must_use]
pub fn prices(arch: &Arch, unit: UnitSize) -> Prices {
    let (technology, pads) = (&arch.technology, scratchpads(arch));
    let dram = technology.dram(arch.dram.kind);
    let (p, t) = (real(unit.probability_bits), real(unit.threshold_bits));
    let dram_byte = dram.map_or(Picojoules::default(), |dram| dram.bit * 8.0);
    let actions = PerAction::of(|action| match action {
        Action::Mac => technology.mac.energy,
        Action::RegisterBit => technology.register_bit.energy,
        Action::IfmapRead => pads.ifmap.read_byte,
        Action::IfmapWrite => pads.ifmap.write_byte,
        Action::FilterRead => pads.filter.read_byte,
        Action::FilterWrite => pads.filter.write_byte,
        Action::OfmapRead => pads.ofmap.read_byte,
        Action::OfmapWrite => pads.ofmap.write_byte,
        Action::DramRead | Action::DramWrite => dram_byte,
        Action::Requantize => technology.requantize.energy,
        Action::VectorAdd => technology.vector_add.energy,
        Action::LookUp => technology.look_up_bit.energy * p,
        Action::Compare => technology.compare_bit.energy * (p + t),
        Action::Multiply => technology.multiply_bit2.energy * (p * t),
        Action::MaskUpdate => technology.register_bit.energy,
        Action::Gather => technology.gather.energy,
    });
    let background =
        dram.map_or(Milliwatts::default(), |dram| dram.background_per_gbps * (arch.dram.bandwidth.0 * 1e-9));
    let (idle, area) = standing(arch, &pads, unit, background);
    Prices { actions, idle, area, clock: arch.clock }
}

type PerComponent<T> = [T; Component::ALL.len()];

/// Idle power and area by component.
fn standing(
    arch: &Arch,
    pads: &Scratchpads,
    unit: UnitSize,
    background: Milliwatts,
) -> (PerComponent<Milliwatts>, PerComponent<SquareMicrons>) {
    let technology = &arch.technology;
    let pes = real(arch.array.rows * arch.array.cols);
    let registers = pes * real(arch.array.register_bits());
    let lanes = real(arch.vector.lanes);
    let together = |parts: &[(Price, f64)]| {
        let leakage = parts.iter().map(|(price, count)| price.leakage * *count).sum();
        (leakage, parts.iter().map(|(price, count)| price.area * *count).sum())
    };
    let of = |component| match component {
        Component::Array => together(&[(technology.mac, pes), (technology.register_bit, registers)]),
        Component::IfmapSram => (pads.ifmap.leakage, pads.ifmap.area),
        Component::FilterSram => (pads.filter.leakage, pads.filter.area),
        Component::OfmapSram => (pads.ofmap.leakage, pads.ofmap.area),
        Component::Vector => together(&[(technology.requantize, lanes), (technology.vector_add, lanes)]),
        Component::ExclusionUnit => together(&unit_parts(arch, unit)),
        Component::Dram => (background, SquareMicrons::default()),
    };
    (Component::ALL.map(|component| of(component).0), Component::ALL.map(|component| of(component).1))
}

/// The exclusion unit's parts, and how many of each: table bits (256 entries a head, a copy a lane), compared bits,
/// multiplier bits, register bits (a score and a mask bit a class; operand, weight and sum of a dedicated engine's
/// MAC), entries of the survivor list when it compacts, and the engine's MACs. Nothing without heads.
fn unit_parts(arch: &Arch, unit: UnitSize) -> [(Price, f64); 6] {
    let (technology, exclusion) = (&arch.technology, &arch.exclusion);
    let (p, t) = (unit.probability_bits, unit.threshold_bits);
    let count = |count: u64| if unit.heads == 0 { 0.0 } else { real(count) };
    let registers = unit.classes * 9 + exclusion.macs * ENGINE_MAC_BITS;
    [
        (technology.look_up_bit, count(256 * unit.heads * exclusion.lanes * p)),
        (technology.compare_bit, count(exclusion.lanes * (8 + p + t))),
        (technology.multiply_bit2, count(p * t)),
        (technology.register_bit, count(registers)),
        (technology.gather, count(if exclusion.compact { unit.classes } else { 0 })),
        (technology.mac, count(exclusion.macs)),
    ]
}
