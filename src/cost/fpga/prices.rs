//! What actions cost on an FPGA, what every cycle costs, and what stands.
//!
//! A product costs a DSP block's cycle, an access of a scratchpad those of the blocks that it enables, a requantization the
//! cycles of four DSP blocks. All that lies in LUTs and flip-flops is charged every cycle, at the switching of the report its
//! energy comes from, with the clock tree: no figure tells a busy LUT from an idle one. Actions done there cost nothing more.

use super::design::{Design, design};
use super::vector::DSP_OF_A_LANE;
use crate::arch::{Arch, Fpga, MacStyle};
use crate::cost::dram::DramPower;
use crate::cost::port::Port;
use crate::cost::{Prices, Resting, built};
use crate::count::{Action, Component, PerAction, PerComponent};
use crate::shape::Operand;
use crate::tech::fpga::{Device, Ram, Resource};
use crate::unit::{UnitSize, look_up_table};
use crate::units::{Milliwatts, Picojoules, Seconds, real};

/// Prices of an architecture on an FPGA.
#[must_use]
pub(in crate::cost) fn prices(arch: &Arch, fpga: &Fpga, unit: UnitSize) -> Prices {
    let design = design(arch, fpga, unit);
    let dram = DramPower::of(arch);
    let mut idle = PerComponent::<Milliwatts>::default();
    idle[Component::Dram] = dram.background();
    idle[Component::Device] = fpga.device.static_power.unwrap_or_default();
    idle[Component::Board] = fpga.device.fixed_power.unwrap_or_default();
    Prices {
        actions: of_actions(arch, fpga, &design, unit, dram.byte),
        cycle: of_cycles(fpga, &design),
        // At rest the fabric's clock is stopped at its root; nothing of the part can be cut off.
        resting: Resting {
            tables: built(arch, unit).tables(),
            power: idle,
            wake: Seconds::default(),
            forgets: false,
        },
        idle,
        area: PerComponent::default(),
        clock: arch.machine.clock,
        on_fpga: true,
    }
}

/// Energy of one action.
fn of_actions(
    arch: &Arch,
    fpga: &Fpga,
    design: &Design,
    unit: UnitSize,
    dram_byte: Picojoules,
) -> PerAction<Picojoules> {
    let device = &fpga.device;
    let energy = &device.traits.energy;
    let [ifmap, filter, ofmap] = design.scratchpads;
    let byte = |ram: Ram, operand| {
        let port = Port::of(&arch.machine, operand);
        access(ram, device) * (real(port.accesses()) / real(port.word))
    };
    let look_up = access(look_up_table(built(arch, unit), device.family), device);
    PerAction::of(|action| match action {
        Action::Mac => of_a_product(fpga),
        Action::IfmapRead | Action::IfmapWrite => byte(ifmap, Operand::Ifmap),
        Action::FilterRead | Action::FilterWrite => byte(filter, Operand::Filter),
        Action::OfmapRead | Action::OfmapWrite => byte(ofmap, Operand::Ofmap),
        Action::DramRead | Action::DramWrite => dram_byte,
        Action::Requantize => energy.dsp * real(DSP_OF_A_LANE),
        Action::LookUp => look_up,
        Action::Multiply => energy.dsp,
        // Not done, or done in LUTs and flip-flops, which every cycle pays for.
        Action::GatedMac
        | Action::MaskedMac
        | Action::ZeroTest
        | Action::RegisterBit
        | Action::ShadowBit
        | Action::Accumulate
        | Action::VectorAdd
        | Action::Compare
        | Action::MaskUpdate
        | Action::Gather => Picojoules::default(),
    })
}

/// A product and its sum; packed, half of a DSP block's cycle.
fn of_a_product(fpga: &Fpga) -> Picojoules {
    let energy = &fpga.device.traits.energy;
    match fpga.mac {
        MacStyle::Dsp => energy.dsp,
        MacStyle::DspPacked => energy.dsp * 0.5,
        // LUTs are paid for every cycle, whether they multiply or not.
        MacStyle::Lut => Picojoules::default(),
    }
}

/// An access of a memory: the blocks that it enables, at their full width.
fn access(ram: Ram, device: &Device) -> Picojoules {
    let energy = &device.traits.energy;
    let block = if ram.ultra { energy.ultra_ram } else { energy.block_ram };
    block * real(ram.enabled)
}

/// Energy of a cycle: LUTs, their wires, flip-flops and the clock tree.
fn of_cycles(fpga: &Fpga, design: &Design) -> PerComponent<Picojoules> {
    let energy = &fpga.device.traits.energy;
    let mut cycle = PerComponent::<Picojoules>::default();
    for block in &design.blocks {
        let [luts, flip_flops] = [Resource::Lut, Resource::FlipFlop].map(|kind| real(block.nominal[kind]));
        cycle[block.part.component()] += energy.of_lut() * luts + energy.of_flip_flop() * flip_flops;
    }
    cycle
}
