//! What an architecture's actions cost, and what its parts cost by being there.

use super::{Component, PerComponent, Prices, Resting, UnitSize};
use crate::arch::{Arch, ENGINE_MAC_BITS, Idle, OPERAND_BITS, Price, Reference, SUM_BITS, Sram, UnitShape};
use crate::count::{Action, PerAction};
use crate::map::layout;
use crate::shape::Operand;
use crate::units::{Bytes, Milliwatts, Picojoules, Seconds, SquareMicrons, real};

struct Scratchpads {
    ifmap: Scratchpad,
    filter: Scratchpad,
    ofmap: Scratchpad,
}

/// A scratchpad, and what a byte that crosses its port costs.
struct Scratchpad {
    sram: Sram,
    read_byte: Picojoules,
    write_byte: Picojoules,
}

/// Scratchpads with ports of the configured width and banks, or as wide as the array needs in a cycle: for an operand
/// that moves differently in different layers, the wider.
///
/// A word is what the array takes or gives in a cycle, whoever reads or writes it. A wider port brings one word an access
/// and is charged whole; a narrower one takes as many whole accesses as a word needs.
fn scratchpads(arch: &Arch) -> Scratchpads {
    let array = &arch.array;
    let pad = |capacity: Bytes, operand| {
        let need = |dataflow| layout(dataflow).port_bytes(operand, array.rows, array.cols);
        let word = array.dataflows().map(need).fold(1, u64::max);
        let width = arch.memory.width.map_or(8 * word, |width| width.0);
        let sram = arch.technology.sram.banked(capacity, width, arch.memory.banks);
        let share = real((8 * word).div_ceil(width)) / real(word);
        Scratchpad { sram, read_byte: sram.read * share, write_byte: sram.write * share }
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
    let (logic, pads) = (&arch.technology.logic, scratchpads(arch));
    let dram = DramPower::of(arch);
    let actions = PerAction::of(|action| match action {
        Action::Mac => logic.mac(OPERAND_BITS, OPERAND_BITS, SUM_BITS).energy,
        // What is not done costs nothing: its operands pass through registers, which are counted as if it were.
        Action::GatedMac | Action::MaskedMac => Picojoules::default(),
        Action::ZeroTest => logic.compare_bit.energy * real(OPERAND_BITS),
        Action::RegisterBit | Action::ShadowBit | Action::MaskUpdate => logic.register_bit.energy,
        Action::Accumulate => logic.add.of_product(SUM_BITS, SUM_BITS).energy,
        Action::IfmapRead => pads.ifmap.read_byte,
        Action::IfmapWrite => pads.ifmap.write_byte,
        Action::FilterRead => pads.filter.read_byte,
        Action::FilterWrite => pads.filter.write_byte,
        Action::OfmapRead => pads.ofmap.read_byte,
        Action::OfmapWrite => pads.ofmap.write_byte,
        Action::DramRead | Action::DramWrite => dram.byte,
        Action::Requantize => logic.requantizer(SUM_BITS).energy,
        Action::VectorAdd => logic.add.int32.energy,
        Action::LookUp => logic.look_up_bit.energy * real(CUT_BITS),
        Action::Compare => logic.compare_bit.energy * real(CUT_BITS),
        Action::Multiply => logic.multiply.of_product(unit.probability_bits, unit.threshold_bits).energy,
        // The list that addresses are formed from is written by mask updates.
        Action::Gather => logic.add.int32.energy,
    });
    let (idle, area) = standing(arch, &pads, unit, dram.standby + dram.refresh);
    // Reference tables are of the whole machine: they stand instead of what its parts would cost.
    if let Some(Reference { actions, leakage: idle, area }) = arch.technology.reference.clone() {
        return Prices { actions, resting: resting(arch, &idle, &dram), idle, area, clock: arch.clock };
    }
    Prices { actions, resting: resting(arch, &idle, &dram), idle, area, clock: arch.clock }
}

/// The machine between inferences, as `power.idle` says.
fn resting(arch: &Arch, idle: &PerComponent<Milliwatts>, dram: &DramPower) -> Resting {
    let sleep = arch.technology.logic.sleep;
    let power = |component: Component| {
        let now = idle[component as usize];
        let cut = now * sleep.residual;
        match (arch.power.idle, component) {
            (Idle::Leak, _) | (Idle::PowerGated, Component::Dram) => now,
            (Idle::PowerGated, Component::IfmapSram | Component::FilterSram | Component::OfmapSram) => now,
            (Idle::RaceToSleep, Component::Dram) => dram.asleep,
            (Idle::PowerGated | Idle::RaceToSleep, _) => cut,
        }
    };
    let (wake, forgets) = match arch.power.idle {
        Idle::Leak => (Seconds::default(), false),
        Idle::PowerGated => (sleep.wake, false),
        // The supply and the memory come back at the same time.
        Idle::RaceToSleep => (if dram.wake > sleep.wake { dram.wake } else { sleep.wake }, true),
    };
    Resting { power: Component::ALL.map(power), wake, forgets }
}

/// What DRAM draws: for each byte that moves, and by being there.
#[derive(Clone, Copy, Debug, Default)]
struct DramPower {
    /// Energy of a byte, and of the row that is open while it moves.
    byte: Picojoules,
    /// Power with all rows closed.
    standby: Milliwatts,
    /// Power of refreshing.
    refresh: Milliwatts,
    /// Power while it refreshes itself.
    asleep: Milliwatts,
    /// From leaving self-refresh to the first command.
    wake: Seconds,
}

impl DramPower {
    fn of(arch: &Arch) -> Self {
        let Some(price) = arch.technology.dram(arch.dram.kind) else {
            return Self::default();
        };
        let peak = arch.dram.bandwidth.0 * 1e-9;
        // Moving a byte takes 1 / (peak x efficiency): 1 mW for a GB/s is 1 pJ a byte at full rate.
        let open = (price.active_per_gbps - price.standby_per_gbps).0 / arch.dram.efficiency;
        Self {
            byte: price.bit * 8.0 + Picojoules(open),
            standby: price.standby_per_gbps * peak,
            refresh: price.refresh_per_gbps * peak,
            asleep: price.self_refresh_per_gbps * peak,
            wake: price.wake,
        }
    }
}

/// Idle power and area by component.
fn standing(
    arch: &Arch,
    pads: &Scratchpads,
    unit: UnitSize,
    background: Milliwatts,
) -> (PerComponent<Milliwatts>, PerComponent<SquareMicrons>) {
    let logic = &arch.technology.logic;
    let mac = logic.mac(OPERAND_BITS, OPERAND_BITS, SUM_BITS);
    let pes = real(arch.array.rows * arch.array.cols);
    let registers = pes * real(arch.array.register_bits());
    let lanes = real(arch.vector.lanes);
    let together = |parts: &[(Price, f64)]| {
        let leakage = parts.iter().map(|(price, count)| price.leakage * *count).sum();
        (leakage, parts.iter().map(|(price, count)| price.area * *count).sum())
    };
    let of = |component| match component {
        Component::Array => together(&[
            (mac, pes),
            (logic.register_bit, registers),
            (logic.add.of_product(SUM_BITS, SUM_BITS), real(arch.array.accumulators())),
            (logic.compare_bit, real(arch.array.zero_testers() * OPERAND_BITS)),
        ]),
        Component::IfmapSram => (pads.ifmap.sram.leakage, pads.ifmap.sram.area),
        Component::FilterSram => (pads.filter.sram.leakage, pads.filter.sram.area),
        Component::OfmapSram => (pads.ofmap.sram.leakage, pads.ofmap.sram.area),
        Component::Vector => together(&[(logic.requantizer(SUM_BITS), lanes), (logic.add.int32, lanes)]),
        Component::ExclusionUnit => together(&unit_parts(arch, unit)),
        Component::Dram => (background, SquareMicrons::default()),
    };
    (Component::ALL.map(|component| of(component).0), Component::ALL.map(|component| of(component).1))
}

/// Bits of a cut: a code, or one more than the largest.
const CUT_BITS: u64 = 9;

/// The exclusion unit's parts, and how many of each (`docs/exclusion-unit.md`); nothing without heads.
///
/// Gates as its Verilog was synthesized, with what makes the cuts; tables of cuts and of probabilities; scores and what is
/// remembered of each class in registers; when it masks an enable a column; when it compacts the adder of gather addresses;
/// a dedicated engine's MACs, each with operand, weight and sum.
fn unit_parts(arch: &Arch, unit: UnitSize) -> [(Price, f64); 5] {
    let (logic, exclusion) = (&arch.technology.logic, &arch.exclusion);
    let shape = UnitShape {
        classes: unit.classes.max(2),
        lanes: exclusion.lanes,
        heads: unit.heads,
        code_bits: 8,
        probability_bits: unit.probability_bits,
        threshold_bits: unit.threshold_bits,
        compact: exclusion.compact,
    };
    let there = if unit.heads == 0 { 0.0 } else { 1.0 };
    let memory = shape.memory();
    let masks = if exclusion.mask { arch.array.cols } else { 0 };
    let registers = memory.scores + memory.survivors + masks + exclusion.macs * ENGINE_MAC_BITS;
    [
        (logic.gate, there * (shape.deciding_gates() + shape.cut_gates())),
        (logic.look_up_bit, there * real(memory.cuts + memory.probabilities)),
        (logic.register_bit, there * real(registers)),
        (logic.add.int32, there * real(u64::from(exclusion.compact))),
        (logic.mac(OPERAND_BITS, OPERAND_BITS, SUM_BITS), there * real(exclusion.macs)),
    ]
}
