//! Bounds that no machine can break, checked on every result. A violation is a bug of this tool.

use super::Outcome;
use crate::count::{Action, Tally};
use crate::machine::Machine;
use crate::network::segment::{Part, Step};
use crate::time::{PathTable, StepTiming};
use crate::units::real;

/// Everything impossible in an outcome; empty for a sane one.
#[must_use]
pub fn violations(machine: &Machine, outcome: &Outcome) -> Vec<String> {
    let mut found = table_violations(machine, &outcome.table);
    for (stage, parts) in outcome.ablation.stages() {
        let total = parts.total();
        energy_bound(stage.name(), &total, outcome, &mut found);
    }
    parts_sum(outcome, &mut found);
    found
}

/// Everything impossible in a path table, step by step; empty for a sane one.
#[must_use]
pub fn table_violations(machine: &Machine, table: &PathTable) -> Vec<String> {
    let mut found = Vec::new();
    for (step, timing) in table.steps() {
        step_bounds(machine, step, timing, &mut found);
    }
    found
}

/// Cycles at least MACs over PEs; DRAM busy no longer than the step; weights read at least once.
fn step_bounds(machine: &Machine, step: &Step, timing: &StepTiming, found: &mut Vec<String>) {
    let cycles = timing.tally.cycles.total();
    let macs = timing.gemm.map_or(0, |gemm| gemm.macs());
    let counted = timing.tally.actions.macs();
    if macs != counted {
        found.push(format!("{}: {counted} MACs counted, the product has {macs}", step.name));
    }
    let heads = matches!(step.part, Part::Head(_));
    let pes = if heads { machine.head_multipliers() } else { machine.array.rows * machine.array.cols };
    if u128::from(cycles) * u128::from(pes) < u128::from(macs) {
        found.push(format!("{}: {cycles} cycles are fewer than {macs} MACs allow", step.name));
    }
    let dram = real(timing.traffic.dram_reads() + timing.traffic.dram_writes());
    // What was fetched ahead came in cycles of the step before. The last transfer may end within a cycle: one more is room for
    // its rounding.
    let bus = real(cycles + timing.ahead.hidden) + 1.0;
    if bus < dram / machine.dram_bytes_per_cycle() {
        found.push(format!("{}: {dram} bytes of DRAM traffic need more than {cycles} cycles", step.name));
    }
    if timing.gemm.is_some_and(|gemm| timing.traffic.filter_sram < gemm.weights()) {
        found.push(format!("{}: fewer weights read than there are", step.name));
    }
    if timing.mapping_efficiency.is_some_and(|efficiency| !(0.0..=1.0).contains(&efficiency)) {
        found.push(format!("{}: mapping efficiency outside 0 to 1", step.name));
    }
}

fn energy_bound(stage: &str, total: &Tally, outcome: &Outcome, found: &mut Vec<String>) {
    let energy = outcome.prices.energy(total).total().0;
    let least = real(total.actions[Action::Mac]) * outcome.prices.actions[Action::Mac].0;
    if !energy.is_finite() || energy < least {
        found.push(format!("{stage}: {energy} pJ are fewer than its MACs alone cost, {least} pJ"));
    }
}

/// Per-sample values sum to the last stage; head balances sum to what exits save.
fn parts_sum(outcome: &Outcome, found: &mut Vec<String>) {
    let (last, useful) = (outcome.ablation.speculation.total(), outcome.ablation.speculation.useful());
    let cycles: u64 = outcome.cycles.iter().sum();
    if cycles != last.cycles.total() {
        found.push(format!("samples take {cycles} cycles together, the last stage {}", last.cycles.total()));
    }
    let macs: u64 = outcome.macs.iter().sum();
    if macs != useful.actions.macs() {
        found.push(format!("samples take {macs} MACs together, the last stage {}", useful.actions.macs()));
    }
    // Cycles and MACs are integers and must be equal. Energies are sums of doubles in another order: 1e-9 is
    // above the rounding of a million terms and far below any real difference.
    let energy: f64 = outcome.energy.iter().map(|energy| energy.0).sum();
    let whole = outcome.prices.energy(&last).total().0;
    if (energy - whole).abs() > 1e-9 * whole {
        found.push(format!("samples take {energy} pJ together, the last stage {whole} pJ"));
    }
    let net_energy: f64 = outcome.heads.iter().map(|head| head.net_energy().0).sum();
    let energies = [&outcome.ablation.no_heads, &outcome.ablation.exit]
        .map(|parts| outcome.prices.energy(&parts.total()).total().0);
    if (net_energy - (energies[0] - energies[1])).abs() > 1e-9 * energies[0] {
        found.push(format!("head balances sum to {net_energy} pJ, the stages are {energies:?} pJ"));
    }
    let net: i128 = outcome.heads.iter().map(super::HeadBalance::net_cycles).sum();
    let stages = i128::from(outcome.ablation.no_heads.total().cycles.total())
        - i128::from(outcome.ablation.exit.total().cycles.total());
    if net != stages {
        found.push(format!("head balances sum to {net} cycles, the stages differ by {stages}"));
    }
}
