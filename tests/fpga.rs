//! FPGA parts: are all shipped ones read, plausible, and is no figure taken without its source?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use common::text;
use exclusim::arch::fpga::{Device, Families, Family, Resource, read_device, read_families};
use exclusim::config::{self, Faults};

const DEVICES: [&str; 11] = [
    "alveo-u250",
    "alveo-u50",
    "artix-7-100t",
    "ecp5-85f",
    "kria-k26",
    "vu9p",
    "zu3eg",
    "zu7ev",
    "zu9eg",
    "zynq-7020",
    "zynq-7045",
];

fn families(text: &str) -> Result<Families, Faults> {
    let load = |file: &str| Ok((file.to_owned(), common::text(&format!("arch/fpga/{file}"))));
    config::parse("families.toml", text).and_then(|node| read_families(&node, &load))
}

fn device(text: &str) -> Result<Device, Faults> {
    let families = families(&common::text("arch/fpga/families.toml"))?;
    config::parse("device.toml", text).and_then(|node| read_device(&node, &families))
}

fn shipped(name: &str) -> String {
    text(&format!("arch/fpga/{name}.toml"))
}

#[test]
fn every_shipped_part_is_read_and_plausible() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("arch/fpga");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), DEVICES.len() + 1, "parts and families.toml");
    for name in DEVICES {
        let part = device(&shipped(name)).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        assert_eq!(part.name, name);
        let has = part.resources;
        // AMD's slices have two flip-flops a LUT and its block RAM comes in pairs; only large UltraScale+ has ultra RAM.
        let amd = part.family != Family::Ecp5;
        assert_eq!(has[Resource::FlipFlop], has[Resource::Lut] * if amd { 2 } else { 1 }, "{name}");
        assert!(!amd || has[Resource::BlockRam].is_multiple_of(2), "{name}");
        assert!(has[Resource::UltraRam] == 0 || part.family == Family::UltraScalePlus, "{name}");
        assert!(has[Resource::Dsp] > 100 && has[Resource::Lut] / has[Resource::Dsp] < 600, "{name}");
        let [least, most] = part.traits.clock;
        assert!(least <= part.clock && part.clock <= most, "{name}");
        assert!(part.dram.is_none_or(|dram| dram.bandwidth.0 > 1e9), "{name}");
    }
}

/// Every line that has a figure, without its source, and with a status that is none.
#[test]
fn no_figure_is_taken_without_source_and_status() {
    let mut tried = 0;
    let mut refused = |whole: &str, read: &dyn Fn(&str) -> Result<(), Faults>| {
        for line in whole.lines().filter(|line| line.contains("{ value = ")) {
            let (figure, rest) = line.split_once(", source = ").unwrap();
            let (_, status) = rest.split_once(", status = ").unwrap();
            let unsourced = format!("{figure}, status = {status}");
            let rumour = line.replace(status, "\"rumour\" }");
            for (other, key) in [(unsourced, "source"), (rumour, "status")] {
                let faults = read(&whole.replacen(line, &other, 1)).unwrap_err();
                assert!(faults.0.len() == 1 && faults.0[0].title.contains(key), "{line}: {faults}");
                tried += 1;
            }
        }
    };
    for name in DEVICES {
        refused(&shipped(name), &|text| device(text).map(|_| ()));
    }
    refused(&text("arch/fpga/families.toml"), &|text| families(text).map(|_| ()));
    assert!(tried > 200, "{tried}");
}

#[test]
fn all_faults_of_a_part_are_told_at_once() {
    let text = shipped("zu7ev")
        .replace("\"ultrascale-plus\"", "\"versal\"")
        .replace("value = 230400", "value = 0")
        .replace("[clock]", "[clocks]")
        .replace("kind = \"ddr4\"", "kind = \"ddr6\"");
    let faults = device(&text).unwrap_err().to_string();
    for part in [
        "`versal`",
        "\"7-series\"",
        "`resources.lut.value` is 0",
        "`clock.default` is missing",
        "`clocks`",
        "`ddr6`",
    ] {
        assert!(faults.contains(part), "{part} is not in\n{faults}");
    }
}

#[test]
fn a_clock_beyond_the_family_is_refused() {
    let faults = device(&shipped("zynq-7020").replace("\"100 MHz\"", "\"900 MHz\"")).unwrap_err();
    assert_eq!(faults.0.len(), 1, "{faults}");
    assert!(faults.0[0].title.contains("25 to 250 MHz"), "{faults}");
}
