//! Native blocks of a lane of the vector unit, as its Verilog was synthesized.

use super::array::lut_element;
use crate::arch::MacStyle;
use crate::machine::{LaneTree, SUM_BITS, TreeLevel};
use crate::tech::fpga::{Family, Resource, Resources};

/// A lane of the vector unit as yosys maps `tests/rtl/fpga/vector_lane.sv`: a product of 32 x 31 bits in four DSP blocks, a
/// shift that rounds, the clamp, an adder and a comparator of sums.
#[must_use]
pub fn vector_lane(family: Family) -> Resources {
    let (flip_flops, luts) = match family {
        Family::Series7 => (250, 601),
        Family::UltraScalePlus => (313, 669),
        Family::Ecp5 => (313, 1170),
    };
    let mut blocks = Resources::default();
    blocks[Resource::Dsp] = DSP_OF_A_LANE;
    (blocks[Resource::FlipFlop], blocks[Resource::Lut]) = (flip_flops, luts);
    blocks
}

/// DSP blocks that a requantization takes.
pub(super) const DSP_OF_A_LANE: u64 = 4;

/// What lanes that compute products take beside: a multiplier each, gates that hold back operands, a LUT per bit of the tree's
/// adders, and the choice between a bias and the accumulator.
///
/// A DSP block that absorbs takes in the operands' registers, and the adders and registers of the tree's first level. It packs two
/// products that share a factor; here no two do. Without DSP blocks a multiplier is taken for an array's element, whose adder it
/// has not.
#[must_use]
pub fn lane_multipliers(tree: LaneTree, mac: MacStyle, family: Family, absorbed: bool) -> Resources {
    let first = tree.levels().next().filter(|_| tree.lanes > 1 && absorbed && mac != MacStyle::Lut);
    let bits_of = |count: fn(TreeLevel) -> u64| {
        let bits = |level: TreeLevel| count(level) * level.bits;
        tree.levels().map(bits).sum::<u64>() - first.map_or(0, bits)
    };
    let (adders, registers) = (bits_of(|level| level.adders), bits_of(|level| level.registers));
    let (dsp, operands, luts) = match mac {
        MacStyle::Dsp | MacStyle::DspPacked if absorbed => (tree.lanes, 0, 0),
        MacStyle::Dsp | MacStyle::DspPacked => (tree.lanes, tree.operand_bits(), 0),
        MacStyle::Lut => (0, tree.operand_bits(), tree.lanes * lut_element(family, true, false)),
    };
    let mut blocks = Resources::default();
    blocks[Resource::Dsp] = dsp;
    blocks[Resource::FlipFlop] = operands + registers;
    blocks[Resource::Lut] = luts + tree.operand_bits() + adders + SUM_BITS;
    blocks
}
