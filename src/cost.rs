//! Counts times prices, leakage times time: energy and area by component.

use crate::arch::{Arch, FoldOverlap, Sram};
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

/// Registers of a processing element in bits, for every dataflow that the array is built for.
///
/// Two operands of 8 bits and a sum of 32 in any dataflow: what moves and what stays differs, not how much. An array
/// whose sums stay in some layers and move in others needs a multiplexer before the adder (own sum or the one above):
/// 32 bits, counted as half a register bit each (FreePDK45 of NanGate: MUX2_X1 1.9 um2, DFF_X1 4.5 um2). Overlap adds
/// a second register for what stays; a shadow weight and a draining sum are used differently, so neither is the other.
fn register_bits(arch: &Arch) -> u64 {
    let stays = |sum: bool| {
        arch.array.dataflows().any(|dataflow| (layout(dataflow).stationary == Operand::Ofmap) == sum)
    };
    let (sums_stay, operands_stay) = (stays(true), stays(false));
    let multiplexer = if sums_stay && operands_stay { 32 / 2 } else { 0 };
    let shadow = match arch.array.fold_overlap {
        FoldOverlap::None => 0,
        FoldOverlap::GlobalSwap | FoldOverlap::DoubleBuffered => {
            (if sums_stay { 32 } else { 0 }) + if operands_stay { 8 } else { 0 }
        }
    };
    8 + 8 + 32 + multiplexer + shadow
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
    let registers = pes * real(register_bits(arch));
    let lanes = real(arch.vector.lanes);
    let [table_bits, compare_bits, multiply_bits, register_bits, gathers] = unit_parts(arch, unit);
    let engine = real(if unit.heads == 0 { 0 } else { arch.exclusion.macs });
    let of = |component| match component {
        Component::Array => (
            technology.mac.leakage * pes + technology.register_bit.leakage * registers,
            technology.mac.area * pes + technology.register_bit.area * registers,
        ),
        Component::IfmapSram => (pads.ifmap.leakage, pads.ifmap.area),
        Component::FilterSram => (pads.filter.leakage, pads.filter.area),
        Component::OfmapSram => (pads.ofmap.leakage, pads.ofmap.area),
        Component::Vector => (
            (technology.requantize.leakage + technology.vector_add.leakage) * lanes,
            (technology.requantize.area + technology.vector_add.area) * lanes,
        ),
        Component::ExclusionUnit => (
            technology.look_up_bit.leakage * table_bits
                + technology.compare_bit.leakage * compare_bits
                + technology.multiply_bit2.leakage * multiply_bits
                + technology.register_bit.leakage * register_bits
                + technology.gather.leakage * gathers
                + technology.mac.leakage * engine,
            technology.look_up_bit.area * table_bits
                + technology.compare_bit.area * compare_bits
                + technology.multiply_bit2.area * multiply_bits
                + technology.register_bit.area * register_bits
                + technology.gather.area * gathers
                + technology.mac.area * engine,
        ),
        Component::Dram => (background, SquareMicrons::default()),
    };
    (Component::ALL.map(|component| of(component).0), Component::ALL.map(|component| of(component).1))
}

/// The exclusion unit's parts: table bits (256 entries a head, a copy a lane), compared bits, multiplier bits,
/// register bits (a score and a mask bit a class) and, when it compacts, entries of the survivor list.
fn unit_parts(arch: &Arch, unit: UnitSize) -> [f64; 5] {
    if unit.heads == 0 {
        return [0.0; 5];
    }
    let lanes = arch.exclusion.lanes;
    let (p, t) = (unit.probability_bits, unit.threshold_bits);
    let gathers = if arch.exclusion.compact { unit.classes } else { 0 };
    // A dedicated engine's MACs register operand, weight and sum.
    let registers = unit.classes * 9 + arch.exclusion.macs * 48;
    [256 * unit.heads * lanes * p, lanes * (8 + p + t), p * t, registers, gathers].map(real)
}
