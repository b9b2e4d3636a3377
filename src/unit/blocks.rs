//! Native blocks that a unit takes on an FPGA, fitted to its synthesis.
//!
//! The unit of class exclusion is held to 27 syntheses (`tests/rtl/synthesis_fpga.csv`): flip-flops within 2 %, LUTs at most 1.07
//! times the form, on ECP5 1.23; compacting to 12 more, at most 1.14 times, on ECP5 1.7. That of distances takes the same flip-flops but the
//! multiplier's, and at most as many LUTs (9 syntheses). Units of other rules have no
//! Verilog: theirs is an estimate, in proportion to the gates that they are priced by on a chip. Memories follow from bits.

use super::{Multiplier, Unit, UnitRule, UnitSize, number_bits};
use crate::tech::fpga::{Family, Ram, Resource, Resources, product_blocks};
use crate::units::{nearest, real};

/// The logic of a unit: one multiplier makes its cuts, or multiplies a sum by a threshold.
#[must_use]
pub fn unit_logic(unit: Unit, family: Family) -> Resources {
    let mut blocks = Resources::default();
    let circuit = unit.circuit();
    if !circuit.is_there() {
        return blocks;
    }
    let (lanes, class_bits) = (real(unit.lanes), real(number_bits(unit.size.classes)));
    // What the families' DSP blocks take in of the multiplier's registers, and flip-flops of a memory in LUTs, differ.
    let (more, [one, lane, bit], packing) = match family {
        Family::Series7 => (0.0, [50.6, 33.0, 9.7], 10.0),
        Family::UltraScalePlus => (50.0, [132.2, 34.4, 11.3], 10.0),
        Family::Ecp5 => (103.0, [98.9, 48.0, 37.0], 14.0),
    };
    // A unit without a multiplier has none of its registers.
    let more = if circuit.multiplier == Multiplier::None { -15.0 } else { more };
    let (mut flip_flops, mut luts) =
        (34.5 + more + 12.3 * lanes + 6.7 * class_bits, one + lane * lanes + bit * class_bits);
    if unit.compact {
        flip_flops += lanes * (1.5 + 3.25 * class_bits);
        luts += packing * lanes * class_bits;
    }
    let exclusion = Unit { size: UnitSize { rule: UnitRule::Exclusion, ..unit.size }, ..unit };
    luts *= unit.deciding_gates() / exclusion.deciding_gates();
    let arithmetic = unit.arithmetic();
    let sums = real(arithmetic.adders * arithmetic.sum_bits);
    blocks[Resource::FlipFlop] = nearest(flip_flops + sums);
    blocks[Resource::Lut] = nearest(luts + sums);
    // A threshold of t fraction bits has t + 1 bits: 1 is one of them.
    let threshold = unit.size.threshold_bits + 1;
    blocks[Resource::Dsp] = match circuit.multiplier {
        Multiplier::None => 0,
        Multiplier::MakesCuts | Multiplier::OncePerDecision => {
            product_blocks(family, unit.multiplied_bits(), threshold)
        }
    };
    blocks
}

/// By what factor the LUTs of a unit may exceed [`unit_logic`].
#[must_use]
pub fn unit_lut_band(unit: Unit, family: Family) -> f64 {
    match (unit.circuit().in_verilog, unit.compact, family) {
        (true, false, Family::Ecp5) => 1.23,
        (true, false, Family::Series7 | Family::UltraScalePlus) => 1.07,
        (true, true, Family::Ecp5) => 1.7,
        (true, true, Family::Series7 | Family::UltraScalePlus) => 1.14,
        (false, ..) => 2.0,
    }
}

/// What decisions look up, one copy.
#[must_use]
pub fn look_up_table(unit: Unit, family: Family) -> Ram {
    memory(unit.entries() * unit.entry_bits(), unit.entry_bits(), family)
}

/// The memories of a unit: what it looks up, the table that cuts are made from, and scores.
#[must_use]
pub fn unit_memories(unit: Unit, family: Family) -> Resources {
    let bits = unit.memory();
    let tables = look_up_table(unit, family).times(unit.copies()).blocks;
    // On UltraScale+ yosys puts the sigmoid table into LUTs, and they are in the fit.
    let probabilities = match family {
        Family::UltraScalePlus => Resources::default(),
        Family::Series7 | Family::Ecp5 => {
            memory(bits.probabilities, unit.size.probability_bits, family).blocks
        }
    };
    let scores = memory(bits.scores, unit.lanes * u64::from(unit.size.code_bits), family).blocks;
    tables + probabilities + scores
}

fn memory(bits: u64, width: u64, family: Family) -> Ram {
    if bits == 0 { Ram::default() } else { Ram::of(bits, width, family, false) }
}
