//! What an architecture's actions cost, and what its parts cost by being there.

use super::dram::DramPower;
use super::port::Port;
use super::{Component, PerComponent, Prices, Resting, fpga};
use crate::arch::{Arch, Idle, Target};
use crate::count::{Action, PerAction};
use crate::machine::{
    ENGINE_MAC_BITS, LaneTree, Machine, OPERAND_BITS, SUM_BITS, SchedulePrices, Scheduling,
};
use crate::shape::Operand;
use crate::tech::{Logic, Price, Reference, Sleep, Sram, Technology};
use crate::unit::{Unit, UnitSize, UnitTables};
use crate::units::{Bytes, Cycles, Milliwatts, Picojoules, Seconds, SquareMicrons, real};

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

/// Scratchpads with their ports and banks.
fn scratchpads(arch: &Arch, technology: &Technology) -> Scratchpads {
    let pad = |capacity: Bytes, operand| {
        let port = Port::of(&arch.machine, operand);
        let sram = technology.sram.banked(capacity, port.width, arch.machine.memory.banks);
        let share = real(port.accesses()) / real(port.word);
        Scratchpad { sram, read_byte: sram.read * share, write_byte: sram.write * share }
    };
    let memory = &arch.machine.memory;
    let Some(unified) = memory.unified else {
        return Scratchpads {
            ifmap: pad(memory.ifmap, Operand::Ifmap),
            filter: pad(memory.filter, Operand::Filter),
            ofmap: pad(memory.ofmap, Operand::Ofmap),
        };
    };
    // One buffer, read and written through a port per operand that it holds. It has one area and one leakage, which stand
    // with the ifmap; what crosses a port costs an access of the whole buffer.
    let shared = |operand| pad(unified.capacity, operand);
    let port_only = |operand| {
        let pad = shared(operand);
        Scratchpad {
            sram: Sram { leakage: Milliwatts::default(), area: SquareMicrons::default(), ..pad.sram },
            ..pad
        }
    };
    let sums = if memory.ofmap.0 > 0 { pad(memory.ofmap, Operand::Ofmap) } else { port_only(Operand::Ofmap) };
    Scratchpads { ifmap: shared(Operand::Ifmap), filter: port_only(Operand::Filter), ofmap: sums }
}

/// Prices of an architecture whose decision unit has a given size.
#[must_use]
pub fn prices(arch: &Arch, unit: UnitSize) -> Prices {
    match &arch.target {
        Target::Cells(cells) => of_cells(arch, &cells.technology, unit),
        Target::Fpga(fpga) => fpga::prices(arch, fpga, unit),
    }
}

/// The unit that an architecture builds of what is asked for.
pub(super) fn built(arch: &Arch, unit: UnitSize) -> Unit {
    unit.built(arch.machine.exclusion.lanes, arch.machine.exclusion.compact)
}

/// Prices of a chip of its own.
fn of_cells(arch: &Arch, technology: &Technology, size: UnitSize) -> Prices {
    let pads = scratchpads(arch, technology);
    let dram = DramPower::of(arch);
    let unit = built(arch, size);
    let logic = &technology.logic;
    // Reference tables are of the whole machine: they stand instead of what its parts would cost.
    let (actions, idle, area, kept) = match technology.reference.clone() {
        Some(Reference { actions, leakage, area }) => {
            // Which part of a unit's leakage is its tables' they do not say: all of it is.
            let kept = leakage[Component::ExclusionUnit];
            (actions, leakage, area, kept)
        }
        None => {
            let (idle, area) = standing(arch, logic, &pads, &unit, dram.background());
            let table_bits = if size.heads == 0 { 0 } else { unit.memory().tables };
            let tables = logic.look_up_bit.leakage * real(table_bits);
            (of_actions(logic, &pads, &unit, dram.byte), idle, area, tables)
        }
    };
    let resting = Resting { tables: unit.tables(), ..resting(arch, logic.sleep, &idle, &dram, kept) };
    // What every cycle toggles is in the energies of actions.
    let cycle = PerComponent::default();
    Prices { actions, cycle, resting, idle, area, clock: arch.machine.clock, on_fpga: false }
}

/// An architecture whose schedules weigh energy where they are asked to: at the prices of the machine without an exclusion
/// unit, which no schedule uses.
#[must_use]
pub fn weighed(arch: Arch) -> Arch {
    if arch.machine.memory.schedule != Scheduling::Energy {
        return arch;
    }
    let prices = prices(&arch, UnitSize { heads: 0, ..UnitSize::of_default_bits(0, 2) });
    let cycle = Cycles(1).at(prices.clock);
    let idle: f64 = prices.idle.values().map(|power| power.over(cycle).0).sum();
    let toggled: f64 = prices.cycle.values().map(|energy| energy.0).sum();
    let actions = PerAction::of(|action| prices.actions[action].0);
    let schedule_prices = Some(SchedulePrices { actions, cycle: idle + toggled });
    Arch { machine: Machine { schedule_prices, ..arch.machine }, ..arch }
}

/// Energy of one action.
fn of_actions(
    logic: &Logic,
    pads: &Scratchpads,
    unit: &Unit,
    dram_byte: Picojoules,
) -> PerAction<Picojoules> {
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
        Action::Compare => logic.compare_bit.energy * real(unit.compared_bits()),
        Action::Multiply => {
            logic.multiply.of_product(unit.multiplied_bits(), unit.size.threshold_bits).energy
        }
        // The list that addresses are formed from is written by mask updates.
        Action::Gather => logic.add.int32.energy,
    })
}

/// The machine between inferences, as `power.idle` says; `kept` leaks in the unit's tables.
///
/// Where scratchpads keep their content the unit keeps its tables; where they forget, it does, too.
fn resting(
    arch: &Arch,
    sleep: Sleep,
    idle: &PerComponent<Milliwatts>,
    dram: &DramPower,
    kept: Milliwatts,
) -> Resting {
    let power = |component: Component| {
        let now = idle[component];
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
    Resting { power: PerComponent::of(power), wake, forgets, tables: UnitTables::default() }
}

/// Idle power and area by component.
fn standing(
    arch: &Arch,
    logic: &Logic,
    pads: &Scratchpads,
    unit: &Unit,
    background: Milliwatts,
) -> (PerComponent<Milliwatts>, PerComponent<SquareMicrons>) {
    let mac = logic.mac(OPERAND_BITS, OPERAND_BITS, SUM_BITS);
    let pes = real(arch.machine.array.rows * arch.machine.array.cols);
    let registers = pes * real(arch.machine.array.register_bits());
    let lanes = real(arch.machine.vector.lanes);
    let together = |parts: &[(Price, f64)]| {
        let leakage = parts.iter().map(|(price, count)| price.leakage * *count).sum();
        (leakage, parts.iter().map(|(price, count)| price.area * *count).sum())
    };
    let of = |component| match component {
        Component::Array => together(&[
            (mac, pes),
            (logic.register_bit, registers),
            (logic.add.of_product(SUM_BITS, SUM_BITS), real(arch.machine.array.accumulators())),
            (logic.compare_bit, real(arch.machine.array.zero_testers() * OPERAND_BITS)),
        ]),
        Component::IfmapSram => (pads.ifmap.sram.leakage, pads.ifmap.sram.area),
        Component::FilterSram => (pads.filter.sram.leakage, pads.filter.sram.area),
        Component::OfmapSram => (pads.ofmap.sram.leakage, pads.ofmap.sram.area),
        Component::Vector => {
            let requantizing = [(logic.requantizer(SUM_BITS), lanes), (logic.add.int32, lanes)];
            let heads = arch.machine.lane_tree().filter(|_| unit.size.heads > 0);
            let multiplying = heads.into_iter().flat_map(|tree| lane_parts(logic, tree));
            together(&requantizing.into_iter().chain(multiplying).collect::<Vec<_>>())
        }
        Component::ExclusionUnit => together(&unit_parts(arch, logic, unit)),
        Component::Dram => (background, SquareMicrons::default()),
        // An FPGA's.
        Component::Infrastructure | Component::Device | Component::Board => Default::default(),
    };
    (PerComponent::of(|component| of(component).0), PerComponent::of(|component| of(component).1))
}

/// What lanes have beside requantization where they compute the products of heads: a multiplier each, registers in front of it,
/// and the tree of adders with its registers, each adder of its own width.
fn lane_parts(logic: &Logic, tree: LaneTree) -> Vec<(Price, f64)> {
    let adders =
        tree.levels().map(|level| (logic.add.of_product(level.bits, level.bits), real(level.adders)));
    let registers = real(tree.operand_bits() + tree.register_bits());
    let multipliers = (logic.multiply.of_product(OPERAND_BITS, OPERAND_BITS), real(tree.lanes));
    adders.chain([multipliers, (logic.register_bit, registers)]).collect()
}

/// The decision unit's parts, and how many of each (`docs/exclusion-unit.md`, `docs/model/conventional-exits.md`); nothing
/// without heads.
///
/// Gates as class exclusion's Verilog was synthesized, with what makes its cuts, and for other rules what they need beside;
/// tables; scores, what is remembered of each class and distances in registers; when it masks an enable a column; when it compacts the
/// adder of gather addresses; a dedicated engine's MACs, each with operand, weight and sum.
fn unit_parts(arch: &Arch, logic: &Logic, unit: &Unit) -> [(Price, f64); 7] {
    let exclusion = &arch.machine.exclusion;
    let there = if unit.size.heads == 0 { 0.0 } else { 1.0 };
    let (memory, arithmetic) = (unit.memory(), unit.arithmetic());
    let masks = if exclusion.mask { arch.machine.array.cols } else { 0 };
    let sums = arithmetic.adders * arithmetic.sum_bits;
    let remembered = memory.scores + memory.survivors + memory.distances;
    let registers = remembered + sums + masks + exclusion.macs * ENGINE_MAC_BITS;
    let add = logic.add.of_product(arithmetic.sum_bits.max(1), arithmetic.sum_bits.max(1));
    let multiply = logic.multiply.of_product(unit.multiplied_bits(), unit.size.threshold_bits);
    [
        (logic.gate, there * (unit.deciding_gates() + unit.cut_gates())),
        (logic.look_up_bit, there * real(memory.tables + memory.probabilities)),
        (logic.register_bit, there * real(registers)),
        (add, there * real(arithmetic.adders)),
        (multiply, there * real(arithmetic.multipliers)),
        (logic.add.int32, there * real(u64::from(exclusion.compact))),
        (logic.mac(OPERAND_BITS, OPERAND_BITS, SUM_BITS), there * real(exclusion.macs)),
    ]
}
