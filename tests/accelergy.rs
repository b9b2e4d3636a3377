//! Do Accelergy's tables price what they say? A worked example, an independent reading of what is exported, and its faults.

use crate::common::{self, fixed_network, text};
use exclusim::arch::{self, Arch, Load};
use exclusim::config::{self, Data, Faults, Node};
use exclusim::cost::{Component, Prices, prices};
use exclusim::count::{Action, Tally};
use exclusim::interop::accelergy::{Files, reports, technology_file};
use exclusim::load::{self, Place};
use exclusim::tech::read_technology;
use exclusim::time::path_table;
use exclusim::unit::UnitSize;

fn fixture(file: &str) -> String {
    text(&format!("tests/fixtures/accelergy/{file}"))
}

fn imported(ert: &str, art: &str, map: &str) -> Result<String, Faults> {
    let (ert, art) = (config::parse_yaml("ERT.yaml", ert)?, config::parse_yaml("ART.yaml", art)?);
    let map = config::parse("map.toml", map)?;
    technology_file(Files { ert: &ert, art: Some(&art), map: &map, base: "45nm.toml" })
}

fn machine(technology: &str) -> Result<Arch, Faults> {
    machine_with(technology, &[])
}

fn machine_with(technology: &str, settings: &[String]) -> Result<Arch, Faults> {
    let mut node = config::parse("edge-16x16", &text("arch/edge-16x16.toml"))?;
    for setting in settings {
        config::set(&mut node, setting)?;
    }
    let technology = |_: &str| {
        let load = |file: &str| Ok((file.to_owned(), text(&format!("arch/tech/{file}"))));
        read_technology(&config::parse("tables.toml", technology)?, &load)
    };
    let device = |name: &str| load::device(&Place::here(), name, &|_, _| ());
    arch::read(&node, Load { technology: &technology, device: &device })
}

fn priced(technology: &str) -> Prices {
    let arch = machine(technology).unwrap_or_else(|faults| panic!("{faults}"));
    prices(&arch, UnitSize::of_default_bits(6, 10))
}

fn shipped() -> Prices {
    priced(&imported(&fixture("ERT.yaml"), &fixture("ART.yaml"), &fixture("map.toml")).unwrap())
}

#[test]
fn the_worked_example_to_the_last_digit() {
    // 1,354,752 bytes read and 157,296 written in accesses of 8: the classic bug is to forget the division.
    let mut tally = Tally::default();
    tally.actions[Action::IfmapRead] = 1_354_752;
    tally.actions[Action::IfmapWrite] = 157_296;
    let energy = shipped().energy(&tally).total().0;
    assert_eq!(format!("{energy:.2}"), "3357302.30");
    let by_hand = 1_354_752.0 / 8.0 * 18.183829 + 157_296.0 / 8.0 * 14.137929;
    assert!((energy - by_hand).abs() < 1e-9 * by_hand, "{energy} {by_hand}");
}

#[test]
fn instances_widths_arguments_and_leaks_are_taken_as_they_are_meant() {
    let prices = shipped();
    let energy = |action| prices.actions[action].0;
    assert_eq!(
        (energy(Action::Mac), energy(Action::GatedMac), energy(Action::MaskedMac)),
        (0.25, 0.0625, 0.0)
    );
    assert_eq!(
        (energy(Action::RegisterBit), energy(Action::DramRead), energy(Action::Requantize)),
        (0.03125, 64.0, 3.0)
    );
    let close = |found: f64, expected: f64| {
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} {expected}")
    };
    // 168 of each: 0.003 pJ in 2 ns are 1.5 uW.
    close(prices.idle[Component::Array].0, 168.0 * 0.0015);
    close(prices.idle[Component::IfmapSram].0, 0.005);
    close(prices.area[Component::Array].0, 168.0 * 250.5);
    close(prices.area[Component::IfmapSram].0, 200_000.0);
    for part in [Component::FilterSram, Component::OfmapSram, Component::ExclusionUnit, Component::Dram] {
        assert_eq!((prices.idle[part].0, prices.area[part].0), (0.0, 0.0), "{part:?}");
    }
}

/// The nodes of a list under a key.
fn list<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    match &field(node, key).data {
        Data::List(items) => items,
        _ => panic!("{key} is no list"),
    }
}

fn field<'a>(node: &'a Node, key: &str) -> &'a Node {
    match &node.data {
        Data::Table(keys) => &keys.get(key).unwrap_or_else(|| panic!("no {key}")).1,
        _ => panic!("{key}: no table"),
    }
}

fn name(node: &Node) -> &str {
    match &field(node, "name").data {
        Data::Text(text) => text,
        _ => panic!("no name"),
    }
}

fn number(node: &Node) -> f64 {
    match node.data {
        Data::Real(value) => value,
        Data::Integer(value) => value as f64,
        _ => panic!("no number"),
    }
}

#[test]
fn exported_counts_and_tables_make_our_energy_by_accelergy_s_rule() {
    for (preset, idle) in [("edge-16x16", "leak"), ("tpu-v1", "race-to-sleep")] {
        let arch = common::preset(preset, &[format!("power.idle={idle}")]).unwrap();
        let network = fixed_network();
        let prices = prices(&arch, UnitSize::of_default_bits(2, 10));
        let table = path_table(&network, &arch.machine, &[true, true], false);
        let tally: Tally = table.segments.iter().map(|segment| segment.full().total()).sum();
        let reports = reports(&arch.name, &prices, &tally);
        let counts = config::parse_yaml("action_counts.yaml", &reports.action_counts).unwrap();
        let ert = config::parse_yaml("ERT.yaml", &reports.ert).unwrap();
        assert_eq!(number(field(field(&counts, "action_counts"), "version")), 0.3);
        // Accelergy's rule: the sum over components and actions of counts x energy, found by name.
        let system = &list(field(&counts, "action_counts"), "subtree")[0];
        let mut sum = 0.0;
        for node in list(system, "local") {
            let full = format!("{}.{}", name(system), name(node));
            let entry = list(field(&ert, "ERT"), "tables").iter().find(|entry| name(entry) == full).unwrap();
            for count in list(node, "action_counts") {
                let action =
                    list(entry, "actions").iter().find(|action| name(action) == name(count)).unwrap();
                sum += number(field(count, "counts")) * number(field(action, "energy"));
            }
        }
        let ours = prices.energy(&tally).total().0;
        assert!((sum / ours - 1.0).abs() < 1e-12, "{preset}: {sum} {ours}");
        let art = config::parse_yaml("ART.yaml", &reports.art).unwrap();
        let area: f64 =
            list(field(&art, "ART"), "tables").iter().map(|entry| number(field(entry, "area"))).sum();
        assert!((area / prices.total_area().0 - 1.0).abs() < 1e-12);
    }
}

#[test]
fn what_is_exported_can_be_imported_again() {
    let arch = common::preset("edge-16x16", &[]).unwrap();
    let before = prices(&arch, UnitSize::of_default_bits(6, 10));
    let reports = reports(&arch.name, &before, &Tally::default());
    let mut map = "name = \"again\"\n[actions]\n".to_owned();
    for action in Action::ALL {
        let part = Component::of(action).name();
        let width = match action.name() {
            bytes if bytes.ends_with("_byte") => ", width = \"8 bit\"",
            "register_bit" | "shadow_bit" | "mask_update" => ", width = \"1 bit\"",
            _ => "",
        };
        map += &format!(
            "{0} = {{ component = \"edge_16x16.{part}\", action = \"{0}\"{width} }}\n",
            action.name()
        );
    }
    map += "[parts]\n";
    for part in Component::OF_CHIP {
        map += &format!("{0} = [\"edge_16x16.{0}\"]\n", part.name());
    }
    let after = priced(&imported(&reports.ert, &reports.art, &map).unwrap());
    assert_eq!(before.actions, after.actions);
    for part in Component::OF_CHIP {
        assert!((before.idle[part].0 - after.idle[part].0).abs() <= 1e-12 * before.idle[part].0);
        assert_eq!(before.area[part], after.area[part]);
    }
}

/// Tables that give the memory no power leave it none asleep, too; and sleep is a part of what they give.
#[test]
fn tables_cost_no_more_asleep_than_awake() {
    let base = imported(&fixture("ERT.yaml"), &fixture("ART.yaml"), &fixture("map.toml")).unwrap();
    let none = "dram = { value = \"0 mW\"";
    assert_eq!(base.matches(none).count(), 1, "{base}");
    for dram in [none.to_owned(), none.replace('0', "70")] {
        let technology = base.replace(none, &dram);
        for idle in ["leak", "power-gated", "race-to-sleep"] {
            let arch = machine_with(&technology, &[format!("power.idle={idle}")]).unwrap();
            let prices = prices(&arch, UnitSize::of_default_bits(6, 10));
            for (rest, work) in prices.resting.power.values().zip(prices.idle.values()) {
                assert!(rest <= work, "{idle}: {rest:?} {work:?}");
            }
            if idle == "race-to-sleep" && dram != none {
                let asleep = prices.resting.power[Component::Dram].0;
                assert!(asleep > 0.0 && asleep < 70.0, "{asleep}");
            }
        }
    }
}

/// Keys that such tables cannot heed are refused, both at once.
#[test]
fn cells_and_temperature_of_tables_cannot_be_chosen() {
    let technology = imported(&fixture("ERT.yaml"), &fixture("ART.yaml"), &fixture("map.toml")).unwrap();
    let settings = ["power.device=hp", "power.temperature=360 K"].map(str::to_owned);
    let faults = machine_with(&technology, &settings).unwrap_err();
    assert_eq!(faults.0.len(), 2, "{faults}");
    for (fault, key) in faults.0.iter().zip(["power.device", "power.temperature"]) {
        assert!(fault.title.contains(key) && fault.title.contains("no effect"), "{faults}");
    }
}
