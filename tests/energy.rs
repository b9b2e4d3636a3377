//! Do counts and energies obey? Gating, masking, waste, rest, sensitivity, units by rule: laws on random machines and networks.

use crate::common::{self, arch_with, decisions, network, technology, zeros};
use exclusim::arch::{Arch, Arrivals};
use exclusim::cost::{Component, PerComponent, PriceGroup, prices};
use exclusim::count::{Action, Tally};
use exclusim::decide::Memory;
use exclusim::network::segment::{Segments, Work};
use exclusim::report::{LayerRow, Reached, layer_rows};
use exclusim::simulate::{
    Moves, Outcome, ZeroFractions, agree, queue, sensitivity, serve, simulate, violations,
};
use exclusim::tech::Condition;
use exclusim::unit::{UnitRule, UnitSize, UnitTables};
use exclusim::units::{PerSecond, nearest, real};
use proptest::prelude::*;

fn machine(kind: &str, squash: &str) -> Arch {
    let mut settings = vec!["array.zero_gating=true".to_owned(), format!("exclusion.squash={squash}")];
    match kind {
        "blocking" => {}
        "speculative" => settings.push("exclusion.overlap=speculative".into()),
        _ => settings.push(format!("exclusion.{kind}=true")),
    }
    arch_with(&settings).unwrap()
}

/// A seed by which both heads are on and some samples leave.
const LEAVING: u64 = 866;

fn simulated(arch: &Arch, network: &Segments, seed: u64, zeros: Option<&[f32]>) -> Outcome {
    let (mut policy, decisions) = decisions(network, seed);
    policy.memory = Memory::Monotone;
    assert!(agree(arch, network, Some(&policy)).is_ok());
    let outcome =
        simulate(arch, network, &policy, &decisions, zeros.map(|zeros| ZeroFractions::new(zeros, 50)));
    assert_eq!(violations(&arch.machine, &outcome), Vec::<String>::new());
    outcome
}

fn kinds() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["blocking", "speculative", "compact", "mask"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn gating_moves_products_and_nothing_else(network in network(), seed in any::<u64>(), kind in kinds()) {
        let arch = machine(kind, "fold");
        let zeros = zeros(&network, seed);
        let (gated, plain) = (simulated(&arch, &network, seed, Some(&zeros)), simulated(&arch, &network, seed, None));
        for ((_, gated), (name, plain)) in gated.ablation.stages().into_iter().zip(plain.ablation.stages()) {
            let (now, before) = (gated.total(), plain.total());
            prop_assert_eq!(now.cycles, before.cycles);
            prop_assert_eq!(now.actions.macs(), before.actions.macs());
            prop_assert_eq!(before.actions[Action::GatedMac], 0);
            for action in Action::ALL {
                if ![Action::Mac, Action::GatedMac].contains(&action) {
                    prop_assert_eq!(now.actions[action], before.actions[action], "{} {:?}", name, action);
                }
            }
            prop_assert_eq!(gated.wasted, plain.wasted);
        }
        prop_assert_eq!(&gated.macs, &plain.macs);
        prop_assert!(gated.energy.iter().zip(&plain.energy).all(|(now, before)| now <= before));
        // Independently: of the samples that reach a segment, each brings its own fractions.
        let (_, decisions) = decisions(&network, seed);
        let layers = zeros.len() / 50;
        let mut sum = 0;
        for sample in 0..50 {
            for segment in 0..=decisions.exits[sample].segment() {
                for (step, timing) in gated.table.steps_of(segment) {
                    if let (Work::Gemm { gemm, .. }, Some(layer), true) = (step.work, step.weighted, timing.dataflow.is_some()) {
                        sum += nearest(real(gemm.macs()) * f64::from(zeros[sample * layers + layer]));
                    }
                }
            }
        }
        prop_assert_eq!(gated.ablation.exit.total().actions[Action::GatedMac], sum);
    }

    #[test]
    fn no_zeros_gate_nothing_and_zeros_only_gate_all(network in network(), seed in any::<u64>(), kind in kinds()) {
        let arch = machine(kind, "fold");
        let count = zeros(&network, seed).len();
        let outcome = |fraction: f32| simulated(&arch, &network, seed, Some(&vec![fraction; count]));
        prop_assert_eq!(outcome(0.0).ablation, simulated(&arch, &network, seed, None).ablation);
        let all = outcome(1.0);
        for (name, parts) in all.ablation.stages() {
            prop_assert_eq!(parts.useful().actions[Action::Mac], 0, "{}", name);
        }
    }

    #[test]
    fn masking_saves_the_products_that_compaction_saves_and_no_cycle(network in network(), seed in any::<u64>()) {
        let of = |kind| simulated(&machine(kind, "fold"), &network, seed, None);
        let (mask, compact, blocking) = (of("mask"), of("compact"), of("blocking"));
        let total = |outcome: &Outcome| outcome.ablation.compaction.total();
        prop_assert_eq!(total(&mask).cycles, total(&blocking).cycles);
        prop_assert_eq!(total(&mask).actions[Action::Mac], total(&compact).actions[Action::Mac]);
        prop_assert_eq!(total(&mask).actions.macs(), total(&blocking).actions.macs());
        prop_assert_eq!(mask.ablation.exit.total().actions[Action::MaskedMac], 0);
        let sum: u64 = blocking.macs.iter().sum();
        prop_assert_eq!(mask.macs.iter().sum::<u64>(), sum, "useful products are M x N x K, masked or not");
    }

    #[test]
    fn waste_stands_apart(network in network(), seed in any::<u64>(), squash in prop::sample::select(vec!["fold", "immediate"])) {
        let waits = |overlap| {
            let mut arch = machine(overlap, squash);
            arch.machine.exclusion.prefetch = exclusim::machine::HeadPrefetch::Wait;
            arch
        };
        let speculative = simulated(&waits("speculative"), &network, seed, None);
        let blocking = simulated(&waits("blocking"), &network, seed, None);
        let (now, before) = (&speculative.ablation.speculation, &blocking.ablation.speculation);
        prop_assert_eq!(now.useful().actions, before.useful().actions, "speculation computes what is computed without it");
        prop_assert_eq!(before.wasted, Tally::default());
        prop_assert_eq!(&speculative.macs, &blocking.macs);
    }
}

#[test]
fn waking_delays_those_that_find_the_machine_at_rest() {
    // Arrive at 0, 2, 30, 42; each takes 5, waking 4: the second finds it working, the last just as it ends.
    let visits = queue(&[0, 2, 30, 39], &[5], 4);
    let found: Vec<[u64; 3]> = visits.iter().map(|visit| [visit.arrival, visit.start, visit.end]).collect();
    assert_eq!(found, [[0, 4, 9], [2, 9, 14], [30, 34, 39], [39, 39, 44]]);
}

#[test]
fn energy_is_linear_in_prices_and_sensitivity_is_what_other_prices_would_give() {
    let network = common::fixed_network();
    let outcome = simulated(&machine("blocking", "fold"), &network, LEAVING, Some(&zeros(&network, 5)));
    let (plain, exits) = (outcome.ablation.no_heads.total(), outcome.ablation.speculation.total());
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} {b}");
    let groups: f64 = outcome.prices.energy_by_group(&exits).values().map(|energy| energy.0).sum();
    close(groups, outcome.prices.energy(&exits).total().0);
    let arch = machine("blocking", "fold");
    let found = sensitivity(&arch, &outcome, None).single;
    // By other prices, for what each group holds.
    let scaled = |group: PriceGroup, factor: f64| {
        let mut prices = outcome.prices.clone();
        let mut action = |actions: &[Action]| {
            actions.iter().for_each(|&action| prices.actions[action] = prices.actions[action] * factor);
        };
        match group {
            PriceGroup::Products => action(&[
                Action::Mac,
                Action::GatedMac,
                Action::MaskedMac,
                Action::ZeroTest,
                Action::Accumulate,
            ]),
            PriceGroup::Registers => action(&[Action::RegisterBit, Action::ShadowBit]),
            PriceGroup::Scratchpads => action(&[
                Action::IfmapRead,
                Action::IfmapWrite,
                Action::FilterRead,
                Action::FilterWrite,
                Action::OfmapRead,
                Action::OfmapWrite,
            ]),
            PriceGroup::Vector => action(&[Action::Requantize, Action::VectorAdd]),
            PriceGroup::ExclusionUnit => {
                action(&[
                    Action::LookUp,
                    Action::Compare,
                    Action::Multiply,
                    Action::MaskUpdate,
                    Action::Gather,
                ]);
            }
            PriceGroup::DramBits => action(&[Action::DramRead, Action::DramWrite]),
            PriceGroup::DramBackground => {
                prices.idle[Component::Dram] = prices.idle[Component::Dram] * factor;
            }
            PriceGroup::Leakage => {
                Component::on_chip().for_each(|part| prices.idle[part] = prices.idle[part] * factor)
            }
            PriceGroup::Fabric | PriceGroup::Board => panic!("no price of a chip"),
        }
        prices
    };
    let saved = |prices: &exclusim::cost::Prices| {
        1.0 - prices.energy(&exits).total().0 / prices.energy(&plain).total().0
    };
    close(found.saved, saved(&outcome.prices));
    assert!(found.saved.abs() > 0.01, "some samples leave: {}", found.saved);
    for moved in &found.groups {
        assert!(moved.factor > 1.0, "{moved:?}");
        close(moved.saved_at_low, saved(&scaled(moved.group, 1.0 / moved.factor)));
        close(moved.saved_at_high, saved(&scaled(moved.group, moved.factor)));
        assert!(found.least <= moved.saved_at_low.min(moved.saved_at_high));
        assert!(found.most >= moved.saved_at_low.max(moved.saved_at_high));
    }
    // Twice all prices are twice the energy.
    let all = PriceGroup::of_target(false).fold(outcome.prices.clone(), |prices, group| {
        let doubled = scaled(group, 2.0);
        let actions = exclusim::count::PerAction::of(|action| {
            if doubled.actions[action] == outcome.prices.actions[action] {
                prices.actions[action]
            } else {
                doubled.actions[action]
            }
        });
        let idle = PerComponent::of(|i| {
            if doubled.idle[i] == outcome.prices.idle[i] { prices.idle[i] } else { doubled.idle[i] }
        });
        exclusim::cost::Prices { actions, idle, ..prices }
    });
    close(all.energy(&exits).total().0, 2.0 * outcome.prices.energy(&exits).total().0);
}

/// What sensitivity says of other cells is what a machine of those cells saves, and what it says of arrivals has the
/// idle time in it.
#[test]
fn sensitivity_to_cells_and_to_arrivals_is_what_such_machines_would_give() {
    let network = common::fixed_network();
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-3), "{a} {b}");
    let arrivals = Arrivals::Periodic { rate: PerSecond(2000.0) };
    let of = |settings: &[&str]| {
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        let arch = arch_with(&settings).unwrap();
        let outcome = simulated(&arch, &network, LEAVING, None);
        let served = serve(&arrivals, &[], &outcome).unwrap();
        let found = sensitivity(&arch, &outcome, Some(&served));
        (found, served)
    };
    for idle in ["power.idle=leak", "power.idle=power-gated", "power.idle=race-to-sleep"] {
        let (found, served) = of(&[idle]);
        let arriving = found.served.unwrap();
        close(arriving.saved, 1.0 - served.exits.energy.0 / served.no_heads.energy.0);
        for system in [&served.no_heads, &served.exits] {
            close(system.by_group.values().map(|energy| energy.0).sum(), system.energy.0);
        }
        assert_eq!(arriving.conditions.len(), 4);
        for (single, arriving) in found.single.conditions.iter().zip(&arriving.conditions) {
            let Condition { device, temperature } = single.condition;
            let cells =
                [format!("power.device={}", device.name()), format!("power.temperature={} K", temperature.0)];
            let (other, _) = of(&[idle, &cells[0], &cells[1]]);
            close(single.saved, other.single.saved);
            close(arriving.saved, other.served.unwrap().saved);
        }
        // Standing power is most of what such a machine draws, so that its price matters where a single inference's does not.
        let background = |moves: &Moves| moves.groups[PriceGroup::DramBackground as usize].share;
        if idle == "power.idle=leak" {
            assert!(background(&arriving) > background(&found.single));
        }
    }
}

/// Whatever the prices, rest draws no more than work does, part by part; what is to be kept leaks on or is loaded again.
#[test]
fn rest_never_draws_more_than_leaking_does() {
    for name in ["edge-16x16", "gemmini-16x16", "tpu-v1", "datacenter-128x128"] {
        for idle in ["leak", "power-gated", "race-to-sleep"] {
            for rule in [UnitRule::Exclusion, UnitRule::Distance, UnitRule::Confidence, UnitRule::Patience] {
                let arch = common::preset(name, &[format!("power.idle={idle}")]).unwrap();
                let unit = UnitSize { rule, ..UnitSize::of_default_bits(6, 10) };
                let found = prices(&arch, unit);
                for (rest, work) in found.resting.power.values().zip(found.idle.values()) {
                    assert!(rest <= work, "{name} {idle}: {rest:?} {work:?}");
                }
                let (unit_rest, unit_work) =
                    (found.resting.power[Component::ExclusionUnit].0, found.idle[Component::ExclusionUnit].0);
                let residual = technology(&arch).logic.sleep.residual;
                match (idle, rule) {
                    ("power-gated", UnitRule::Exclusion | UnitRule::Confidence) => {
                        assert!(unit_rest > residual * unit_work, "its tables leak on");
                    }
                    ("power-gated" | "race-to-sleep", _) => {
                        assert!((unit_rest / (residual * unit_work) - 1.0).abs() < 1e-9);
                    }
                    _ => assert_eq!(unit_rest, unit_work),
                }
            }
        }
    }
}

/// Waking from a sleep that forgets loads the unit's tables: 256 cuts of 9 bits a head.
#[test]
fn tables_that_were_forgotten_are_loaded_again() {
    let network = common::fixed_network();
    let woken = |idle: &str| {
        let outcome =
            simulated(&arch_with(&[format!("power.idle={idle}")]).unwrap(), &network, LEAVING, None);
        outcome.waking
    };
    let heads = u64::try_from(network.heads()).unwrap();
    let arch = arch_with(&["power.idle=race-to-sleep".to_owned()]).unwrap();
    let distance = UnitSize { rule: UnitRule::Distance, ..UnitSize::of_default_bits(6, 10) };
    assert_eq!(prices(&arch, distance).resting.tables, UnitTables::default(), "a distance needs none");
    let asleep = woken("race-to-sleep");
    assert_eq!(asleep.actions[Action::DramRead], heads * 256 * 9 / 8);
    assert_eq!(asleep.actions[Action::LookUp], heads * 256);
    assert_eq!(asleep.actions[Action::FilterWrite], 0, "the preset streams its weights");
    for idle in ["leak", "power-gated"] {
        assert_eq!(woken(idle).actions, Tally::default().actions, "{idle}");
    }
    assert!(asleep.cycles.total() > woken("power-gated").cycles.total());
}

/// A unit of another rule is another circuit: a table of exponentials a lane, or none at all.
#[test]
fn units_are_priced_by_the_rule_that_they_decide_by() {
    let arch = arch_with(&[]).unwrap();
    let area = |rule| {
        let unit = UnitSize { rule, ..UnitSize::of_default_bits(6, 10) };
        (
            prices(&arch, unit).area[Component::ExclusionUnit].0,
            prices(&arch, unit).idle[Component::ExclusionUnit].0,
        )
    };
    let rules = [
        UnitRule::Oracle,
        UnitRule::Patience,
        UnitRule::Distance,
        UnitRule::Exclusion,
        UnitRule::Confidence,
        UnitRule::Entropy,
    ];
    let found = rules.map(area);
    assert_eq!(found[0], (0.0, 0.0));
    assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1), "{found:?}");
    // As docs/model/conventional-exits.md has them.
    for ((area, _), told) in found.iter().zip([0.0, 1_700.0, 2_650.0, 10_777.0, 68_200.0, 142_000.0]) {
        assert!((area - told).abs() <= 0.03 * told, "{area} {told}");
    }
    // The table alone, 147,456 bits at 0.419 um2, is five times the whole unit of class exclusion.
    assert!(found[4].0 > 147_456.0 * 0.419 && found[4].0 > 5.0 * found[3].0, "{found:?}");
}

/// What `layers.csv` says of each layer, weighed by who reaches it, is what samples take.
#[test]
fn layers_and_who_reaches_them_sum_to_what_samples_take() {
    let network = common::fixed_network();
    for settings in [
        &["array.zero_gating=true"][..],
        &["exclusion.placement=dedicated", "exclusion.macs=8", "memory.head_weights=resident"],
        &["exclusion.placement=vector", "array.zero_gating=true"],
        &["array.dataflow=best", "vector.fused=false", "memory.residency=none"],
    ] {
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        let arch = arch_with(&settings).unwrap();
        let outcome = simulated(&arch, &network, LEAVING, Some(&zeros(&network, 5)));
        let (_, decisions) = decisions(&network, LEAVING);
        let reached = Reached { entered: &outcome.entered, exits: &decisions.exits, gating: &outcome.gating };
        let rows = layer_rows(&arch, &outcome.table, &outcome.prices, Some(reached));
        let sum = |of: &dyn Fn(&LayerRow) -> f64| -> f64 {
            50.0 * rows.iter().map(|row| of(row) * row.reached.unwrap()).sum::<f64>()
        };
        let close =
            |one: f64, other: f64| assert!((one / other - 1.0).abs() < 1e-9, "{settings:?}: {one} {other}");
        close(sum(&|row| row.energy_pj.unwrap()), outcome.energy.iter().map(|energy| energy.0).sum());
        close(sum(&|row| real(row.cycles)), real(outcome.cycles.iter().sum()));
        close(sum(&|row| real(row.macs)), real(outcome.macs.iter().sum()));
        assert!(rows.iter().any(|row| row.reached.unwrap() < 1.0), "some samples leave");
    }
}
