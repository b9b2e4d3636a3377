//! Do prices obey? Technology files, scaling between nodes, scratchpads, ports, leakage: laws over whole ranges.

use crate::common::{self, arch_with, text};
use exclusim::config::{self, Data, Faults, Node};
use exclusim::cost::{Component, prices};
use exclusim::count::{Action, Tally};
use exclusim::tech::{Condition, SramTable, Technology, Transistor, read_technology};
use exclusim::unit::UnitSize;
use exclusim::units::{Bytes, Kelvin, real};

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

/// The 28 nm file for another node, without what it has for that node alone.
fn between(node_nm: u64) -> Result<Technology, Faults> {
    let mut node = tree("28nm.toml");
    if let Data::Table(keys) = &mut node.data {
        keys.remove("look_up_bit").unwrap();
    }
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
    // Areas follow the table's steps: 0.46 of 45 nm at 32, 0.21 at 20, 0.059 at 7.
    let smaller = |node| between(node).unwrap().logic.multiply.int8.area.0 / anchor.multiply.int8.area.0;
    assert!((smaller(32) / 0.46 - 1.0).abs() < 1e-3, "{}", smaller(32));
    // 22 nm on the line from 32 to 20 nm: 0.21 x 1.1^1.668.
    assert!((smaller(22) / 0.2462 - 1.0).abs() < 1e-3, "{}", smaller(22));
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
    // What is published for a node between stands instead of the line, and lies between its neighbours.
    let tables = ["45nm", "28nm", "22nm", "7nm"].map(|name| shipped(name).logic.look_up_bit);
    for pair in tables.windows(2) {
        assert!(pair[0].energy > pair[1].energy && pair[0].area > pair[1].area, "{pair:?}");
    }
    assert!((shipped("22nm").logic.look_up_bit.energy.0 * 8.0 / 0.1443 - 1.0).abs() < 1e-3);
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
        for device in Transistor::ALL {
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
        let table = exclusim::time::path_table(&network, &arch.machine, &[true, true], false);
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
        assert!((table.relative(condition(Transistor::LowStandbyPower, 300.0)) - 1.0).abs() < 1e-12);
        for device in Transistor::ALL {
            for kelvin in 300..400 {
                let at = |kelvin| table.relative(condition(device, f64::from(kelvin)));
                assert!(at(kelvin) <= at(kelvin + 1), "{name} {device:?} {kelvin}");
            }
        }
    }
    // A reference says 1,900 to 42,000 for high-performance cells at 360 K.
    let hot = |name| shipped(name).leakage.relative(condition(Transistor::HighPerformance, 360.0));
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
    for part in Component::on_chip() {
        let (cool, hot) = (cool.idle[part], hot.idle[part]);
        assert!((hot.0 / cool.0 / 41_340.0 - 1.0).abs() < 1e-3, "{cool:?} {hot:?}");
    }
    assert_eq!(cool.idle[Component::Dram], hot.idle[Component::Dram], "DRAM is on another chip");
}

/// A column more never makes a machine smaller, leak less, or a row of sums cheaper, where its port outgrows the table, too.
#[test]
fn a_wider_array_is_never_smaller_or_cheaper() {
    for file in ["tech/45nm.toml", "tech/22nm.toml", "tech/7nm.toml"] {
        let mut before: Option<[f64; 4]> = None;
        for cols in 1..=300_u64 {
            let settings =
                [format!("array.cols={cols}"), "vector.lanes=16".into(), format!("technology={file}")];
            let prices = prices(&arch_with(&settings).unwrap(), UnitSize::of_default_bits(0, 10));
            let word = real(4 * cols);
            let leaks: f64 = Component::on_chip().map(|part| prices.idle[part].0).sum();
            let row = [Action::OfmapRead, Action::OfmapWrite].map(|action| prices.actions[action].0 * word);
            let now = [prices.total_area().0, leaks, row[0], row[1]];
            if let Some(before) = before {
                let holds = now.iter().zip(before).all(|(now, before)| *now >= before * (1.0 - 1e-9));
                assert!(holds, "{file} {cols} columns: {before:?} {now:?}");
            }
            before = Some(now);
        }
    }
}

/// Sleeping memory draws no more than memory that is awake: a file that says so is refused, in the kind's own name.
#[test]
fn self_refresh_above_standby_is_refused() {
    let wrong = text("arch/tech/dram.toml")
        .replace("self_refresh_per_gbps = { value = \"5.876", "self_refresh_per_gbps = { value = \"40");
    let faults = technology(&tree("45nm.toml"), Some(("dram.toml", &wrong))).unwrap_err();
    assert_eq!(faults.0.len(), 1, "{faults}");
    assert!(faults.0[0].title.contains("self_refresh_per_gbps"), "{faults}");
}

/// A scratchpad that is read and written in the same cycle is two banks of half its size, each with one port: halves of a double
/// buffer, even and odd addresses of sums. An access of one of them costs less than is charged, both together take little more area.
#[test]
fn two_banks_read_and_write_at_once_for_little_more_than_is_charged() {
    for name in ["45nm", "40nm", "28nm", "22nm"] {
        let sram = shipped(name).sram;
        for size in (13..=24).map(|power| 1u64 << power) {
            // Of 256 words or more.
            for width in (5..=16).map(|power| 1u64 << power).filter(|width| 8 * size >= 256 * width) {
                let halves = sram.banked(Bytes(size), width, 2);
                let [read, write, area, leakage] = all_of(&sram, size, width);
                let at_most = |found: f64, charged: f64, most: f64| {
                    assert!(
                        found <= most * charged,
                        "{name}: {size} bytes, {width} bits: {found} of {charged}"
                    );
                };
                at_most(halves.read.0, read, 0.90);
                at_most(halves.write.0, write, 0.90);
                at_most(halves.area.0, area, 1.12);
                at_most(halves.leakage.0, leakage, 1.34);
            }
        }
    }
}

/// What a bank with a port to read and one to write would cost instead, as CACTI has it (`tests/oracle/cacti_ports.csv`): the ranges that
/// docs/energy.md tells.
#[test]
fn a_bank_of_two_ports_costs_more_than_two_of_one() {
    let text = text("tests/oracle/cacti_ports.csv");
    let rows: Vec<Vec<&str>> = text.lines().skip(2).map(|line| line.split(',').collect()).collect();
    let values = |row: &[&str]| -> Vec<f64> { row[4..].iter().map(|cell| cell.parse().unwrap()).collect() };
    let mut ranges = [(f64::INFINITY, 0.0f64); 4];
    for pair in rows.chunks(2) {
        assert_eq!((pair[0][3], pair[1][3], &pair[0][..3]), ("shared", "two", &pair[1][..3]));
        for ((shared, two), range) in values(&pair[0]).iter().zip(values(&pair[1])).zip(&mut ranges) {
            *range = (range.0.min(two / shared), range.1.max(two / shared));
        }
    }
    let told = ranges.map(|(least, most)| format!("{least:.2} to {most:.2}"));
    assert_eq!(told, ["1.14 to 1.39", "1.19 to 1.41", "1.22 to 1.25", "1.98 to 2.44"]);
    // What the table has for one shared port is what CACTI says again.
    let sram = shipped("45nm").sram;
    let again = rows.iter().find(|row| row[..4] == ["45", "32768", "64", "shared"]).unwrap();
    assert!((sram.price(Bytes(32_768), 64).read.0 / values(again)[0] - 1.0).abs() < 0.01);
}
