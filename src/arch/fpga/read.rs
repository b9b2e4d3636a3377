//! From files to a [`Device`]: every figure, its source, and every fault at once.

use super::{BoardDram, Device, Family, FamilyTraits, Resources, Usable};
use crate::arch::tech::figure::{figure, number, whole};
use crate::config::{Choice, Faults, Fields, Node};
use crate::units::Hertz;

/// Most of any block that a part can have.
const MOST_BLOCKS: u64 = 100_000_000;

/// Reads the file of families; it has every family.
///
/// # Errors
/// Every fault at once, among them a figure without a source or a status.
pub fn read_families(node: &Node) -> Result<Vec<(Family, FamilyTraits)>, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let families =
        Family::NAMES.iter().map(|(family, names)| (*family, fields.table(names[0], traits))).collect();
    fields.finish();
    faults.none(families)
}

fn traits(fields: &mut Fields<'_>) -> FamilyTraits {
    let mut fraction = |key| number(fields, key, 0.01..=1.0).unwrap_or(1.0);
    let usable = Usable {
        lut: fraction("usable_lut"),
        flip_flop: fraction("usable_flip_flop"),
        block_ram: fraction("usable_block_ram"),
        ultra_ram: fraction("usable_ultra_ram"),
        dsp: fraction("usable_dsp"),
    };
    let clock = ["clock_least", "clock_most"].map(|key| figure(fields, key).unwrap_or(Hertz(1e6)));
    if clock[0] > clock[1] {
        let title = "`clock_least` is above `clock_most`".into();
        fields.blame(fields.given("clock_least"), title, "exchange them".into());
    }
    FamilyTraits {
        lut_inputs: whole(fields, "lut_inputs", 4..=6).unwrap_or(6),
        macs_per_dsp: whole(fields, "macs_per_dsp", 1..=2).unwrap_or(1),
        clock,
        usable,
    }
}

/// Reads the file of a part, of one of the given families.
///
/// # Errors
/// Every fault at once, among them a figure without a source or a status, and a clock outside the family's range.
pub fn read_device(node: &Node, families: &[(Family, FamilyTraits)]) -> Result<Device, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let mut text = |key, example| {
        let found = fields.text(key);
        fields.require(key, example, found).unwrap_or_default()
    };
    let name = text("name", "\"zynq-7020\"");
    let (part, board) = (text("part", "\"XC7Z020\""), text("board", "\"PYNQ-Z2\""));
    let family = fields.choice_if_any("family");
    let family = fields.require("family", "\"7-series\"", family).unwrap_or(Family::Series7);
    let resources = fields.table("resources", resources);
    let clock = fields.table("clock", |fields| figure(fields, "default").unwrap_or(Hertz(1e8)));
    let power = fields.table_if_any("power", |fields| {
        ["static", "fixed"].map(|key| fields.has(key).then(|| figure(fields, key)).flatten())
    });
    let dram = fields.table_if_any("dram", |fields| {
        let kind = fields.choice_if_any("kind");
        let kind = fields.require("kind", "\"ddr4\"", kind);
        kind.zip(figure(fields, "bandwidth")).map(|(kind, bandwidth)| BoardDram { kind, bandwidth })
    });
    let traits = families.iter().find(|(known, _)| *known == family).map(|(_, traits)| *traits);
    if let Some([least, most]) = traits.map(|traits| traits.clock).filter(|_| fields.given("clock").is_some())
        && !(least..=most).contains(&clock)
    {
        let title = format!(
            "`clock.default` is outside what the family reaches: {} to {} MHz",
            least.0 / 1e6,
            most.0 / 1e6
        );
        fields.blame(fields.given("clock"), title, "write a clock within it".into());
    }
    fields.finish();
    let [static_power, fixed_power] = power.unwrap_or_default();
    match traits {
        Some(traits) => faults.none(Device {
            name,
            part,
            board,
            family,
            traits,
            resources,
            clock,
            static_power,
            fixed_power,
            dram: dram.flatten(),
        }),
        None => Err(faults),
    }
}

fn resources(fields: &mut Fields<'_>) -> Resources {
    let mut blocks = |key, least| whole(fields, key, least..=MOST_BLOCKS).unwrap_or_default();
    Resources {
        lut: blocks("lut", 1),
        flip_flop: blocks("flip_flop", 1),
        block_ram: blocks("block_ram", 1),
        ultra_ram: blocks("ultra_ram", 0),
        dsp: blocks("dsp", 0),
    }
}
