//! A whole machine in native blocks, part by part, each with what it may take at most.

use super::array::{array_band, array_blocks, engine_blocks};
use super::fit::fraction;
use super::vector::{lane_multipliers, vector_lane};
use crate::arch::{Arch, Fpga, ScratchpadBlocks};
use crate::cost::built;
use crate::cost::port::Port;
use crate::count::Component;
use crate::machine::SUM_BITS;
use crate::names::closed_set;
use crate::shape::Operand;
use crate::tech::fpga::{Family, Ram, Resource, Resources};
use crate::unit::{UnitSize, unit_logic, unit_lut_band, unit_memories};
use crate::units::{nearest, real};

closed_set! {
    /// Parts of a design.
    pub enum Part {
        /// Processing elements and the skew at their edges.
        Array = "array",
        /// Adders below the array.
        Accumulators = "accumulators",
        /// Scratchpad of activations.
        Ifmap = "ifmap_scratchpad",
        /// Scratchpad of weights.
        Filter = "filter_scratchpad",
        /// Scratchpad of partial sums.
        Ofmap = "ofmap_scratchpad",
        /// Vector unit.
        Vector = "vector",
        /// The unit that decides, with its memories.
        ExclusionUnit = "exclusion_unit",
        /// A dedicated head engine.
        HeadEngine = "head_engine",
        /// DMA, control, interconnect.
        Infrastructure = "infrastructure",
    }
}

impl Part {
    /// The component whose energy its blocks take.
    #[must_use]
    pub fn component(self) -> Component {
        match self {
            Self::Array | Self::Accumulators => Component::Array,
            Self::Ifmap => Component::IfmapSram,
            Self::Filter => Component::FilterSram,
            Self::Ofmap => Component::OfmapSram,
            Self::Vector => Component::Vector,
            Self::ExclusionUnit | Self::HeadEngine => Component::ExclusionUnit,
            Self::Infrastructure => Component::Infrastructure,
        }
    }
}

/// One part in native blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Which part.
    pub part: Part,
    /// What it takes.
    pub nominal: Resources,
    /// What it takes at the upper end of the model's error.
    pub at_most: Resources,
    /// Whether a memory takes more blocks for its width than for its capacity.
    pub by_width: bool,
}

/// A machine in native blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Design {
    /// Its parts, in order; those that are not there are left out.
    pub blocks: Vec<Block>,
    /// What an access of each scratchpad enables: ifmap, filter, ofmap.
    pub scratchpads: [Ram; 3],
}

impl Design {
    /// All parts together.
    #[must_use]
    pub fn total(&self) -> Resources {
        self.blocks.iter().map(|block| block.nominal).sum()
    }

    /// All parts together, each at its upper end.
    #[must_use]
    pub fn at_most(&self) -> Resources {
        self.blocks.iter().map(|block| block.at_most).sum()
    }
}

/// How much more than its share of a report the infrastructure may take: another design's DMA is another DMA.
const INFRASTRUCTURE_BAND: u64 = 2;
/// The same of adders below the array, whose registers and addresses were not synthesized.
const ACCUMULATOR_BAND: f64 = 1.5;

/// The native blocks that an architecture takes on an FPGA, with the unit that a network and a policy need.
#[must_use]
pub fn design(arch: &Arch, fpga: &Fpga, unit: UnitSize) -> Design {
    let mut blocks = beside_scratchpads(arch, fpga, unit);
    let scratchpads = scratchpads(arch, fpga, blocks.iter().map(|block| block.nominal).sum());
    for (part, pad) in [Part::Ifmap, Part::Filter, Part::Ofmap].into_iter().zip(scratchpads) {
        blocks.push(Block { part, nominal: pad.blocks, at_most: pad.blocks, by_width: pad.by_width });
    }
    blocks.retain(|block| block.nominal != Resources::default());
    blocks.sort_by_key(|block| block.part);
    Design { blocks, scratchpads }
}

/// All parts but the scratchpads.
fn beside_scratchpads(arch: &Arch, fpga: &Fpga, unit: UnitSize) -> Vec<Block> {
    let family = fpga.device.family;
    // AMD's tools take registers and adders into DSP blocks; yosys does so on 7-series alone.
    let absorbed = [family != Family::Ecp5, family == Family::Series7];
    let mut blocks = Vec::new();
    let mut add = |part, [nominal, at_most]: [Resources; 2]| {
        blocks.push(Block { part, nominal, at_most, by_width: false });
    };
    let [array, at_most] =
        absorbed.map(|absorbed| array_blocks(&arch.machine.array, fpga.mac, family, absorbed));
    let [_, at_most] = logic_within(at_most, array_band(&arch.machine.array, fpga.mac));
    add(Part::Array, [array, at_most]);
    add(Part::Accumulators, logic_within(accumulators(arch), ACCUMULATOR_BAND));
    let multiplying = arch.machine.lane_tree().filter(|_| unit.heads > 0);
    let lanes = absorbed.map(|absorbed| {
        let multipliers = multiplying.map(|tree| lane_multipliers(tree, fpga.mac, family, absorbed));
        vector_lane(family) * arch.machine.vector.lanes + multipliers.unwrap_or_default()
    });
    add(Part::Vector, lanes);
    if unit.heads > 0 {
        let unit = built(arch, unit);
        let logic = logic_within(unit_logic(unit, family), unit_lut_band(unit, family));
        let mut beside = unit_memories(unit, family);
        // A mask of columns is one enable each.
        beside[Resource::FlipFlop] += if arch.machine.exclusion.mask { arch.machine.array.cols } else { 0 };
        add(Part::ExclusionUnit, logic.map(|logic| logic + beside));
        let macs = arch.machine.exclusion.macs;
        add(Part::HeadEngine, absorbed.map(|absorbed| engine_blocks(macs, fpga.mac, family, absorbed)));
    }
    add(Part::Infrastructure, infrastructure(fpga));
    blocks
}

/// What the family's is taken to be, or what the architecture states, which is not doubted.
fn infrastructure(fpga: &Fpga) -> [Resources; 2] {
    let nominal = fpga.infrastructure;
    let doubled = |resource| match fpga.infrastructure_stated[resource] {
        true => nominal[resource],
        false => nominal[resource] * INFRASTRUCTURE_BAND,
    };
    [nominal, Resources::of(doubled)]
}

/// Adders below the array, a LUT a bit, and a register behind each.
fn accumulators(arch: &Arch) -> Resources {
    let bits = SUM_BITS * arch.machine.array.accumulators();
    Resources::of(|resource| match resource {
        Resource::Lut | Resource::FlipFlop => bits,
        Resource::Dsp | Resource::BlockRam | Resource::UltraRam => 0,
    })
}

/// LUTs and flip-flops as they are, and times a factor.
fn logic_within(nominal: Resources, factor: f64) -> [Resources; 2] {
    let more = |resource| match resource {
        Resource::Lut | Resource::FlipFlop => nearest(real(nominal[resource]) * factor),
        Resource::Dsp | Resource::BlockRam | Resource::UltraRam => nominal[resource],
    };
    [nominal, Resources::of(more)]
}

/// Scratchpads of ifmap, filter and ofmap: every bank a memory of its own. Both halves of a double buffer lie in one memory,
/// of which one is read while the other is written. Where the kind of block is left open, of the eight ways that one which
/// leaves most of the scarcer kind beside what the other parts take; of equals the one with more block RAM.
fn scratchpads(arch: &Arch, fpga: &Fpga, beside: Resources) -> [Ram; 3] {
    let memory = &arch.machine.memory;
    let pads =
        [(memory.ifmap, Operand::Ifmap), (memory.filter, Operand::Filter), (memory.ofmap, Operand::Ofmap)];
    let of = |ultra: bool| {
        pads.map(|(capacity, operand)| {
            let bits = (8 * capacity.0).div_ceil(memory.banks);
            let width = Port::of(&arch.machine, operand).width;
            Ram::of(bits, width, fpga.device.family, ultra).times(memory.banks)
        })
    };
    let (block, ultra) = (of(false), of(true));
    match fpga.scratchpads {
        ScratchpadBlocks::BlockRam => block,
        ScratchpadBlocks::UltraRam => ultra,
        ScratchpadBlocks::Auto if fpga.device.resources[Resource::UltraRam] == 0 => block,
        ScratchpadBlocks::Auto => {
            let mixed = |way: usize| -> [Ram; 3] {
                std::array::from_fn(|pad| if way >> pad & 1 == 1 { ultra[pad] } else { block[pad] })
            };
            let usable = fpga.device.usable();
            let scarcer = |pads: &[Ram; 3]| {
                let taken = pads.iter().map(|pad| pad.blocks).sum::<Resources>() + beside;
                let part = |kind| fraction(taken[kind], usable[kind]);
                part(Resource::BlockRam).max(part(Resource::UltraRam))
            };
            let lesser =
                |least: [Ram; 3], next: [Ram; 3]| if scarcer(&next) < scarcer(&least) { next } else { least };
            (1..8).map(mixed).fold(block, lesser)
        }
    }
}
