//! What an architecture's actions cost, and what its parts cost by being there.

use super::{Component, PerComponent, Prices, Resting, UnitSize, UnitTables};
use crate::arch::{
    Arch, ENGINE_MAC_BITS, Idle, OPERAND_BITS, Price, Reference, SUM_BITS, Sram, UnitRule, UnitShape,
};
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

/// Prices of an architecture whose decision unit has a given size.
#[must_use]
pub fn prices(arch: &Arch, unit: UnitSize) -> Prices {
    let pads = scratchpads(arch);
    let dram = DramPower::of(arch);
    let shape = unit.shape(&arch.exclusion);
    // Reference tables are of the whole machine: they stand instead of what its parts would cost.
    let (actions, idle, area, kept) = match arch.technology.reference.clone() {
        Some(Reference { actions, leakage, area }) => {
            // Which part of a unit's leakage is its tables' they do not say: all of it is.
            let kept = leakage[Component::ExclusionUnit as usize];
            (actions, leakage, area, kept)
        }
        None => {
            let (idle, area) = standing(arch, &pads, unit, dram.standby + dram.refresh);
            let tables = arch.technology.logic.look_up_bit.leakage * real(tables_of(unit, shape).0);
            (of_actions(arch, &pads, shape, dram.byte), idle, area, tables)
        }
    };
    let resting = Resting { tables: tables_of(unit, shape).1, ..resting(arch, &idle, &dram, kept) };
    Prices { actions, resting, idle, area, clock: arch.clock }
}

/// Bits of what a decision unit looks up, all copies, and what it takes to load it; nothing without heads.
fn tables_of(unit: UnitSize, shape: UnitShape) -> (u64, UnitTables) {
    if unit.heads == 0 {
        return Default::default();
    }
    let entries = shape.entries();
    let bytes = (entries * shape.entry_bits()).div_ceil(8);
    (shape.memory().tables, UnitTables { bytes, entries: entries * shape.copies() })
}

/// Energy of one action.
fn of_actions(
    arch: &Arch,
    pads: &Scratchpads,
    unit: UnitShape,
    dram_byte: Picojoules,
) -> PerAction<Picojoules> {
    let logic = &arch.technology.logic;
    PerAction::of(|action| match action {
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
        Action::DramRead | Action::DramWrite => dram_byte,
        Action::Requantize => logic.requantizer(SUM_BITS).energy,
        Action::VectorAdd => logic.add.int32.energy,
        Action::LookUp => logic.look_up_bit.energy * real(unit.entry_bits()),
        Action::Compare => logic.compare_bit.energy * real(compared_bits(unit)),
        Action::Multiply => logic.multiply.of_product(multiplied_bits(unit), unit.threshold_bits).energy,
        // The list that addresses are formed from is written by mask updates.
        Action::Gather => logic.add.int32.energy,
    })
}

/// Bits of a compare: of a code, or one more than the largest; of a sum of exponentials, where the rule adds some.
fn compared_bits(unit: UnitShape) -> u64 {
    let code = u64::from(unit.code_bits) + 1;
    if unit.arithmetic().adders > 0 { code.max(unit.sum_bits()) } else { code }
}

/// Bits of what is multiplied by a threshold: a sum of exponentials, or a probability when cuts are made.
fn multiplied_bits(unit: UnitShape) -> u64 {
    if unit.rule == UnitRule::Exclusion { unit.probability_bits } else { unit.sum_bits() }
}

/// The machine between inferences, as `power.idle` says; `kept` leaks in the unit's tables.
///
/// Where scratchpads keep their content the unit keeps its tables; where they forget, it does, too.
fn resting(arch: &Arch, idle: &PerComponent<Milliwatts>, dram: &DramPower, kept: Milliwatts) -> Resting {
    let sleep = arch.technology.logic.sleep;
    let power = |component: Component| {
        let now = idle[component as usize];
        let cut = now * sleep.residual;
        match (arch.power.idle, component) {
            (Idle::Leak, _) | (Idle::PowerGated, Component::Dram) => now,
            (Idle::PowerGated, Component::IfmapSram | Component::FilterSram | Component::OfmapSram) => now,
            (Idle::PowerGated, Component::ExclusionUnit) => kept + (now - kept) * sleep.residual,
            // Of what this memory draws, whoever says how much that is.
            (Idle::RaceToSleep, Component::Dram) => now * dram.asleep,
            (Idle::PowerGated | Idle::RaceToSleep, _) => cut,
        }
    };
    let (wake, forgets) = match arch.power.idle {
        Idle::Leak => (Seconds::default(), false),
        Idle::PowerGated => (sleep.wake, false),
        // The supply and the memory come back at the same time.
        Idle::RaceToSleep => (if dram.wake > sleep.wake { dram.wake } else { sleep.wake }, true),
    };
    Resting { power: Component::ALL.map(power), wake, forgets, tables: UnitTables::default() }
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
    /// Power while it refreshes itself, of that with all rows closed and refreshed.
    asleep: f64,
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
        let background = price.standby_per_gbps + price.refresh_per_gbps;
        Self {
            byte: price.bit * 8.0 + Picojoules(open),
            standby: price.standby_per_gbps * peak,
            refresh: price.refresh_per_gbps * peak,
            asleep: if background.0 > 0.0 { price.self_refresh_per_gbps.0 / background.0 } else { 0.0 },
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

/// The decision unit's parts, and how many of each (`docs/exclusion-unit.md`, `docs/model/conventional-exits.md`); nothing
/// without heads.
///
/// Gates as class exclusion's Verilog was synthesized, with what makes its cuts, and for other rules what they need beside;
/// tables; scores and what is remembered of each class in registers; when it masks an enable a column; when it compacts the
/// adder of gather addresses; a dedicated engine's MACs, each with operand, weight and sum.
fn unit_parts(arch: &Arch, unit: UnitSize) -> [(Price, f64); 7] {
    let (logic, exclusion) = (&arch.technology.logic, &arch.exclusion);
    let shape = unit.shape(exclusion);
    let there = if unit.heads == 0 { 0.0 } else { 1.0 };
    let (memory, arithmetic) = (shape.memory(), shape.arithmetic());
    let masks = if exclusion.mask { arch.array.cols } else { 0 };
    let sums = arithmetic.adders * arithmetic.sum_bits;
    let registers = memory.scores + memory.survivors + sums + masks + exclusion.macs * ENGINE_MAC_BITS;
    let add = logic.add.of_product(arithmetic.sum_bits.max(1), arithmetic.sum_bits.max(1));
    let multiply = logic.multiply.of_product(multiplied_bits(shape), shape.threshold_bits);
    [
        (logic.gate, there * (shape.deciding_gates() + shape.cut_gates())),
        (logic.look_up_bit, there * real(memory.tables + memory.probabilities)),
        (logic.register_bit, there * real(registers)),
        (add, there * real(arithmetic.adders)),
        (multiply, there * real(arithmetic.multipliers)),
        (logic.add.int32, there * real(u64::from(exclusion.compact))),
        (logic.mac(OPERAND_BITS, OPERAND_BITS, SUM_BITS), there * real(exclusion.macs)),
    ]
}
