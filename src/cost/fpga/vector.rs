//! Native blocks of a lane of the vector unit, as its Verilog was synthesized.

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
