//! Do prices and counts obey? Technology files, scaling, gating, idle power: laws on random machines and networks.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use common::{arch_with, decisions, network, text, zeros};
use exclusim::arch::{Arch, Arrivals, Condition, Device, SramTable, Technology, UnitRule, read_technology};
use exclusim::config::{self, Data, Faults, Node};
use exclusim::cost::{PriceGroup, UnitSize, prices};
use exclusim::count::{Action, Tally};
use exclusim::exclude::Memory;
use exclusim::network::segment::{Segments, Work};
use exclusim::simulate::{
    Moves, Outcome, ZeroFractions, agree, queue, sensitivity, serve, simulate, violations,
};
use exclusim::units::{Bytes, Kelvin, PerSecond, nearest, real};
use proptest::prelude::*;

const TECHNOLOGIES: [&str; 5] = ["45nm", "40nm", "7nm", "28nm", "22nm"];

fn tree(file: &str) -> Node {
    config::parse(file, &text(&format!("arch/tech/{file}"))).unwrap()
}

/// A technology, with another text for one of the files it names.
fn technology(node: &Node, changed: Option<(&str, &str)>) -> Result<Technology, Faults> {
    read_technology(node, &|file| {
        let other = changed.filter(|(name, _)| *name == file).map(|(_, text)| text.to_owned());
        Ok((file.to_owned(), other.unwrap_or_else(|| text(&format!("arch/tech/{file}")))))
    })
}

fn shipped(name: &str) -> Technology {
    technology(&tree(&format!("{name}.toml")), None).unwrap()
}

/// The 28 nm file for another node.
fn between(node_nm: u64) -> Result<Technology, Faults> {
    let mut node = tree("28nm.toml");
    config::set(&mut node, &format!("node_nm={node_nm}")).unwrap();
    technology(&node, None)
}

/// Paths of all figures: tables with a value.
fn figures(node: &Node, path: &str, found: &mut Vec<String>) {
    let Data::Table(keys) = &node.data else { return };
    if keys.contains_key("value") {
        found.push(path.to_owned());
        return;
    }
    for (key, (_, inner)) in keys {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        figures(inner, &path, found);
    }
}

/// The tree without a key of a figure.
fn without(node: &Node, path: &str, key: &str) -> Node {
    let mut node = node.clone();
    let mut at = &mut node;
    for part in path.split('.') {
        let Data::Table(keys) = &mut at.data else { panic!("{path}") };
        at = &mut keys.get_mut(part).unwrap().1;
    }
    let Data::Table(keys) = &mut at.data else { panic!("{path}") };
    keys.remove(key).unwrap();
    node
}

#[test]
fn no_figure_is_taken_without_its_source_and_status() {
    let mut tried = 0;
    for name in TECHNOLOGIES {
        let whole = tree(&format!("{name}.toml"));
        technology(&whole, None).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        let mut found = Vec::new();
        figures(&whole, "", &mut found);
        for path in &found {
            for key in ["source", "status", "value"] {
                let faults = technology(&without(&whole, path, key), None).unwrap_err();
                assert_eq!(faults.0.len(), 1, "{name} {path} {key}: {faults}");
                let named = path.rsplit('.').next().unwrap();
                assert!(faults.0[0].title.contains(named), "{path} {key}: {faults}");
                tried += 1;
            }
        }
    }
    // The kinds of DRAM are in a file of their own.
    let (mut kinds, text) = (Vec::new(), text("arch/tech/dram.toml"));
    figures(&tree("dram.toml"), "", &mut kinds);
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("source = ")) {
        let start = line.find(", source = ").unwrap();
        let end = line.find("\", status").unwrap() + 1;
        let unsourced = format!("{}{}", &line[..start], &line[end..]);
        let changed: Vec<&str> =
            lines.iter().enumerate().map(|(n, old)| if n == at { &unsourced } else { *old }).collect();
        let faults = technology(&tree("45nm.toml"), Some(("dram.toml", &changed.join("\n")))).unwrap_err();
        assert!(faults.0.len() == 1 && faults.0[0].title.contains("source"), "{line}: {faults}");
        tried += 1;
    }
    assert_eq!(kinds.len(), 5 * 10);
    assert!(tried > 300, "{tried}");
}

#[test]
fn anchors_are_met_and_nodes_beyond_them_refused() {
    let (at, anchor) = (between(45).unwrap().logic, shipped("45nm").logic);
    for (one, other) in [
        (at.multiply.int8.energy.0, anchor.multiply.int8.energy.0),
        (at.add.int32.area.0, anchor.add.int32.area.0),
        (at.register_bit.energy.0, anchor.register_bit.energy.0),
        (at.look_up_bit.area.0, anchor.look_up_bit.area.0),
        (at.delays.mac.0, anchor.delays.mac.0),
    ] {
        assert!((one / other - 1.0).abs() < 1e-12, "{one} {other}");
    }
    // Exponents from 45 to 7 nm: int8 multiply 0.56, int32 add 0.65.
    let logic = between(28).unwrap().logic;
    let ratio = |from: f64, to: f64, exponent: f64| (to / from / (28.0f64 / 45.0).powf(exponent) - 1.0).abs();
    assert!(ratio(0.2, logic.multiply.int8.energy.0, 0.564) < 1e-3);
    assert!(ratio(0.1, logic.add.int32.energy.0, 0.647) < 1e-3);
    for beyond in [5, 6, 46, 65, 130] {
        let faults = between(beyond).unwrap_err();
        assert!(
            faults.0.iter().any(|fault| fault.title.contains("is not between 45 nm and 7 nm")),
            "{faults}"
        );
    }
    // The scratchpad table ends at 22 nm: leakage and cells below are not carried on.
    assert!(between(16).unwrap_err().0[0].title.contains("no rows for 16 nm"));
}

#[test]
fn prices_never_fall_with_width_or_node() {
    let mut before: Option<[f64; 8]> = None;
    for node in 22..=45 {
        let found = between(node).unwrap();
        let (logic, pad) = (&found.logic, found.sram.price(Bytes(65_536), 128));
        let mac = logic.mac(8, 8, 32);
        let now = [
            mac.energy.0,
            mac.area.0,
            logic.requantizer(32).energy.0,
            logic.register_bit.energy.0,
            logic.look_up_bit.energy.0,
            pad.read.0,
            pad.write.0,
            pad.area.0,
        ];
        if let Some(before) = before {
            assert!(
                now.iter().zip(before).all(|(now, before)| *now >= before * (1.0 - 1e-12)),
                "{node} nm: {before:?} {now:?}"
            );
        }
        before = Some(now);
    }
    for name in TECHNOLOGIES {
        let logic = shipped(name).logic;
        for bits in 1..64 {
            for (narrow, wide) in [
                (logic.mac(bits, 8, 32), logic.mac(bits + 1, 8, 32)),
                (logic.mac(8, 8, bits), logic.mac(8, 8, bits + 1)),
                (logic.requantizer(bits), logic.requantizer(bits + 1)),
            ] {
                assert!(
                    narrow.energy < wide.energy && narrow.area < wide.area && narrow.leakage < wide.leakage,
                    "{name} {bits}"
                );
            }
        }
    }
}

/// Every price of a scratchpad.
fn all_of(sram: &SramTable, bytes: u64, width: u64) -> [f64; 4] {
    let pad = sram.price(Bytes(bytes), width);
    [pad.read.0, pad.write.0, pad.area.0, pad.leakage.0]
}

/// From 8 to 70,000 bits and from 1 KiB to 64 MiB, at every anchor and at nodes between them, in either kind of cells.
#[test]
fn scratchpads_never_get_cheaper_with_capacity_or_width() {
    let steps = |from: u64, to: u64, factor: f64| -> Vec<u64> {
        let mut axis: Vec<u64> =
            (0..).map(|n| (real(from) * factor.powi(n)) as u64).take_while(|value| *value <= to).collect();
        // Both sides of every point of the grid.
        let powers = (0..40).map(|n| 1u64 << n).filter(|power| (from + 1..to).contains(power));
        axis.extend(powers.flat_map(|power| [power - 1, power, power + 1]));
        axis.sort_unstable();
        axis.dedup();
        axis
    };
    let (sizes, widths) = (steps(1024, 64 << 20, 1.3), steps(8, 70_000, 1.1));
    let nodes = (22..=45).map(between).map(Result::unwrap);
    for technology in TECHNOLOGIES.into_iter().map(shipped).chain(nodes) {
        let name = (technology.name.clone(), technology.node_nm);
        for device in Device::ALL {
            let condition = Condition { device, temperature: Kelvin(340.0) };
            let sram = technology.clone().in_condition(condition).sram;
            let found: Vec<Vec<[f64; 4]>> = sizes
                .iter()
                .map(|size| widths.iter().map(|width| all_of(&sram, *size, *width)).collect())
                .collect();
            let holds = |less: [f64; 4], more: [f64; 4]| {
                less.iter().zip(more).all(|(less, more)| *less <= more * (1.0 + 1e-9))
            };
            for (i, size) in sizes.iter().enumerate() {
                for (j, width) in widths.iter().enumerate() {
                    let here = found[i][j];
                    if let Some(larger) = found.get(i + 1) {
                        assert!(
                            holds(here, larger[j]),
                            "{name:?} {size} B {width} bit: {here:?} {:?}",
                            larger[j]
                        );
                    }
                    if let Some(wider) = found[i].get(j + 1) {
                        assert!(holds(here, *wider), "{name:?} {size} B {width} bit: {here:?} {wider:?}");
                    }
                }
            }
        }
    }
}

/// A bank of CACTI's stands where no split of it is cheaper, and a split where one is.
#[test]
fn a_port_is_the_cheapest_of_banks_side_by_side() {
    let sram = shipped("45nm").sram;
    let close = |one: f64, other: f64| assert!((one / other - 1.0).abs() < 1e-4, "{one} {other}");
    // 32 KiB of 64 bits in one bank; of 512 bits in 16 of 2 KiB and 32 bits (CACTI: 39.91 and 100.3 pJ in one).
    let [read, write, ..] = all_of(&sram, 32 << 10, 64);
    close(read, 17.0418);
    close(write, 15.3975);
    let [read, write, area, _] = all_of(&sram, 32 << 10, 512);
    let [part_read, part_write, part_area, _] = all_of(&sram, 2 << 10, 32);
    close(read, 16.0 * part_read);
    close(write, 16.0 * part_write);
    close(area, 16.0 * part_area);
    assert!(read < 39.91 && write < 100.3);
}

/// A word is what the array takes in a cycle: ports beyond it cost more and bring no more.
#[test]
fn a_wider_port_is_never_cheaper_for_the_same_work() {
    let network = common::fixed_network();
    let spent = |settings: &[String]| {
        let arch = arch_with(settings).unwrap();
        let table = exclusim::time::path_table(&network, &arch, &[true, true], false);
        let tally: Tally = table.segments.iter().map(|segment| segment.full().total()).sum();
        let prices = prices(&arch, UnitSize::of_default_bits(2, 10));
        let pads = [Action::IfmapRead, Action::IfmapWrite, Action::FilterRead, Action::FilterWrite]
            .into_iter()
            .chain([Action::OfmapRead, Action::OfmapWrite]);
        let area = prices.total_area().0;
        let each: Vec<f64> = pads.map(|action| prices.actions[action].0).collect();
        (tally.cycles.total(), prices.energy(&tally).total().0, area, each)
    };
    let mut same = 0;
    for (side, banks) in [(4, 1), (16, 1), (16, 3), (32, 1)] {
        let settings = |width: u64| {
            [
                format!("array.rows={side}"),
                format!("array.cols={side}"),
                format!("memory.width={width} bit"),
                format!("memory.banks={banks}"),
            ]
        };
        let most = 32 * side;
        let auto = spent(&settings(8)[..2]);
        let mut before: Option<(u64, f64, f64, Vec<f64>)> = None;
        // Several banks are smaller ones, which may be cheaper than one: what a width adds is asked of the same banks.
        for width in (8..2 * most).step_by(8).chain((2 * most..9000).step_by(500)) {
            let now = spent(&settings(width));
            if let Some(before) = before.filter(|before| before.0 == now.0 && (banks == 1 || width > most)) {
                assert!(now.1 >= before.1 * (1.0 - 1e-12), "{side} {width} bit: {} {}", before.1, now.1);
                assert!(now.3.iter().zip(&before.3).all(|(now, before)| *now >= before * (1.0 - 1e-12)));
                same += 1;
            }
            if width >= most && banks == 1 {
                assert_eq!(now.0, auto.0, "{side} {width}");
                assert!(now.1 >= auto.1 * (1.0 - 1e-12) && now.2 >= auto.2 * (1.0 - 1e-12), "{side} {width}");
            }
            before = Some(now);
        }
    }
    assert!(same > 100, "{same}");
}

#[test]
fn leakage_follows_device_and_temperature() {
    let condition = |device, kelvin| Condition { device, temperature: Kelvin(kelvin) };
    for name in TECHNOLOGIES {
        let table = shipped(name).leakage;
        assert!((table.relative(condition(Device::LowStandbyPower, 300.0)) - 1.0).abs() < 1e-12);
        for device in Device::ALL {
            for kelvin in 300..400 {
                let at = |kelvin| table.relative(condition(device, f64::from(kelvin)));
                assert!(at(kelvin) <= at(kelvin + 1), "{name} {device:?} {kelvin}");
            }
        }
    }
    // A reference says 1,900 to 42,000 for high-performance cells at 360 K.
    let hot = |name| shipped(name).leakage.relative(condition(Device::HighPerformance, 360.0));
    assert!((1_900.0..2_000.0).contains(&hot("22nm")) && (41_000.0..42_000.0).contains(&hot("45nm")));
    // All leakage of a machine moves, and nothing else.
    let idle = |settings: &[&str]| {
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        let arch = arch_with(&settings).unwrap();
        let unit = UnitSize::of_default_bits(2, 10);
        prices(&arch, unit)
    };
    let (cool, hot) = (idle(&[]), idle(&["power.device=hp", "power.temperature=360 K"]));
    assert_eq!((cool.actions, cool.area), (hot.actions, hot.area));
    for (cool, hot) in cool.idle.iter().zip(&hot.idle).take(6) {
        assert!((hot.0 / cool.0 / 41_340.0 - 1.0).abs() < 1e-3, "{cool:?} {hot:?}");
    }
    assert_eq!(cool.idle[6], hot.idle[6], "DRAM is on another chip");
}

fn machine(kind: &str, squash: &str) -> Arch {
    let mut settings = vec!["array.zero_gating=true".to_owned(), format!("exclusion.squash={squash}")];
    match kind {
        "blocking" => {}
        "speculative" => settings.push("exclusion.overlap=speculative".into()),
        _ => settings.push(format!("exclusion.{kind}=true")),
    }
    arch_with(&settings).unwrap()
}

fn simulated(arch: &Arch, network: &Segments, seed: u64, zeros: Option<&[f32]>) -> Outcome {
    let (mut policy, decisions) = decisions(network, seed);
    policy.memory = Memory::Monotone;
    assert!(agree(arch, network, Some(&policy)).is_ok());
    let outcome =
        simulate(arch, network, &policy, &decisions, zeros.map(|zeros| ZeroFractions::new(zeros, 50)));
    assert_eq!(violations(arch, &outcome), Vec::<String>::new());
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
            for &action in Action::ALL {
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
            for segment in &gated.table.segments[..=usize::from(decisions.exits[sample])] {
                for (step, timing) in segment.steps() {
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
        let speculative = simulated(&machine("speculative", squash), &network, seed, None);
        let blocking = simulated(&machine("blocking", squash), &network, seed, None);
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
    let outcome = simulated(&machine("blocking", "fold"), &network, 11, Some(&zeros(&network, 5)));
    let (plain, exits) = (outcome.ablation.no_heads.total(), outcome.ablation.speculation.total());
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} {b}");
    let groups: f64 = outcome.prices.energy_by_group(&exits).iter().map(|energy| energy.0).sum();
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
            PriceGroup::DramBackground => prices.idle[6] = prices.idle[6] * factor,
            PriceGroup::Leakage => prices.idle[..6].iter_mut().for_each(|power| *power = *power * factor),
        }
        prices
    };
    let saved = |prices: &exclusim::cost::Prices| {
        1.0 - prices.energy(&exits).total().0 / prices.energy(&plain).total().0
    };
    close(found.saved, saved(&outcome.prices));
    for moved in &found.groups {
        assert!(moved.factor > 1.0, "{moved:?}");
        close(moved.saved_at_low, saved(&scaled(moved.group, 1.0 / moved.factor)));
        close(moved.saved_at_high, saved(&scaled(moved.group, moved.factor)));
        assert!(found.least <= moved.saved_at_low.min(moved.saved_at_high));
        assert!(found.most >= moved.saved_at_low.max(moved.saved_at_high));
    }
    // Twice all prices are twice the energy.
    let all = PriceGroup::ALL.into_iter().fold(outcome.prices.clone(), |prices, group| {
        let doubled = scaled(group, 2.0);
        let actions = exclusim::count::PerAction::of(|action| {
            if doubled.actions[action] == outcome.prices.actions[action] {
                prices.actions[action]
            } else {
                doubled.actions[action]
            }
        });
        let idle = std::array::from_fn(|i| {
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
        let outcome = simulated(&arch, &network, 11, None);
        let served = serve(&arrivals, &[], &outcome).unwrap();
        let found = sensitivity(&arch, &outcome, Some(&served));
        (found, served)
    };
    for idle in ["power.idle=leak", "power.idle=power-gated", "power.idle=race-to-sleep"] {
        let (found, served) = of(&[idle]);
        let arriving = found.served.unwrap();
        close(arriving.saved, 1.0 - served.exits.energy.0 / served.no_heads.energy.0);
        for system in [&served.no_heads, &served.exits] {
            close(system.by_group.iter().map(|energy| energy.0).sum(), system.energy.0);
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
            for rule in [UnitRule::Exclusion, UnitRule::Confidence, UnitRule::Patience] {
                let arch = common::preset(name, &[format!("power.idle={idle}")]).unwrap();
                let unit = UnitSize { rule, ..UnitSize::of_default_bits(6, 10) };
                let found = prices(&arch, unit);
                for (rest, work) in found.resting.power.iter().zip(&found.idle) {
                    assert!(rest <= work, "{name} {idle}: {rest:?} {work:?}");
                }
                let (unit_rest, unit_work) = (found.resting.power[5].0, found.idle[5].0);
                let residual = arch.technology.logic.sleep.residual;
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
        let outcome = simulated(&arch_with(&[format!("power.idle={idle}")]).unwrap(), &network, 11, None);
        outcome.waking
    };
    let heads = u64::try_from(network.heads()).unwrap();
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
        (prices(&arch, unit).area[5].0, prices(&arch, unit).idle[5].0)
    };
    let rules =
        [UnitRule::Oracle, UnitRule::Patience, UnitRule::Exclusion, UnitRule::Confidence, UnitRule::Entropy];
    let found = rules.map(area);
    assert_eq!(found[0], (0.0, 0.0));
    assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1), "{found:?}");
    // The table alone, 147,456 bits at 0.419 um2, is five times the whole unit of class exclusion.
    assert!(found[3].0 > 147_456.0 * 0.419 && found[3].0 > 5.0 * found[2].0, "{found:?}");
}
