//! From files to a [`Device`]: every figure, its source, and every fault at once.

use super::{
    BlockEnergy, BlockUncertainty, BoardDram, Device, Family, FamilyTraits, PerFamily, Resource, Resources,
    Usable,
};
use crate::config::{self, Faults, Fields, Node};
use crate::tech::figure::{figure, number, whole};
use crate::tech::{DramPrice, NamedText, PerDramKind, read_dram, uncertainty_factor};
use crate::units::Hertz;

/// Most of any block that a part can have.
const MOST_BLOCKS: u64 = 100_000_000;

/// What the file of families says.
#[derive(Clone, Debug, PartialEq)]
pub struct Families {
    /// What the parts of each family have in common.
    pub traits: PerFamily<FamilyTraits>,
    /// Prices of DRAM, by kind.
    pub dram: PerDramKind<DramPrice>,
}

/// Reads the file of families, which has every family; `load` gives the text of the file of DRAM kinds that it names.
///
/// # Errors
/// Every fault at once, among them a figure without a source or a status.
pub fn read_families(
    node: &Node,
    load: &dyn Fn(&str) -> Result<NamedText, Faults>,
) -> Result<Families, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let dram = fields.text("dram");
    let dram = fields.require("dram", "\"../tech/dram.toml\"", dram);
    let families = PerFamily::of(|family| fields.table(family.name(), |fields| traits(fields, family)));
    fields.finish();
    let kinds = |file: String| {
        let (name, text) = load(&file)?;
        let node = config::parse(&name, &text)?;
        let mut faults = Faults::default();
        let kinds = read_dram(&node, &mut faults);
        faults.none(kinds)
    };
    match dram.map(kinds) {
        Some(Ok(dram)) => faults.none(Families { traits: families, dram }),
        Some(Err(more)) => {
            faults.0.extend(more.0);
            Err(faults)
        }
        None => Err(faults),
    }
}

fn traits(fields: &mut Fields<'_>, family: Family) -> FamilyTraits {
    // What synthesis made its forms of: other LUTs would be another family.
    let lut_inputs = if family == Family::Ecp5 { 4 } else { 6 };
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
        lut_inputs: whole(fields, "lut_inputs", lut_inputs..=lut_inputs).unwrap_or(lut_inputs),
        macs_per_dsp: whole(fields, "macs_per_dsp", 1..=2).unwrap_or(1),
        clock,
        usable,
        infrastructure: fields.table("infrastructure", infrastructure),
        energy: fields.table("energy", energy),
        uncertainty: fields.table("uncertainty", uncertainty),
    }
}

/// Blocks of what a design has beside the machine.
fn infrastructure(fields: &mut Fields<'_>) -> Resources {
    let mut found = Resources::default();
    for (resource, key) in INFRASTRUCTURE {
        found[resource] = whole(fields, key, 0..=MOST_BLOCKS).unwrap_or_default();
    }
    found
}

/// Keys of `infrastructure`.
pub const INFRASTRUCTURE: [(Resource, &str); 3] =
    [(Resource::Lut, "lut"), (Resource::FlipFlop, "flip_flop"), (Resource::BlockRam, "block_ram")];

fn energy(fields: &mut Fields<'_>) -> BlockEnergy {
    let mut of = |key| figure(fields, key).unwrap_or_default();
    BlockEnergy {
        dsp: of("dsp"),
        lut: of("lut"),
        signal: of("signal"),
        flip_flop: of("flip_flop"),
        clock_tree: of("clock_tree"),
        block_ram: of("block_ram"),
        ultra_ram: of("ultra_ram"),
    }
}

fn uncertainty(fields: &mut Fields<'_>) -> BlockUncertainty {
    let mut of = |key| uncertainty_factor(fields, key);
    BlockUncertainty {
        dsp: of("dsp"),
        memory: of("memory"),
        logic: of("logic"),
        static_power: of("static"),
        fixed: of("fixed"),
    }
}

/// Reads the file of a part, of one of the given families.
///
/// # Errors
/// Every fault at once, among them a figure without a source or a status, and a clock outside the family's range.
pub fn read_device(node: &Node, families: &Families) -> Result<Device, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let name = fields.name("name");
    let name = fields.require("name", "\"zynq-7020\"", name).unwrap_or_default();
    let (part, board) =
        (label(&mut fields, "part", "\"XC7Z020\""), label(&mut fields, "board", "\"PYNQ-Z2\""));
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
    let more_infrastructure = fields.table_if_any("infrastructure", infrastructure).unwrap_or_default();
    let traits = families.traits[family];
    let [least, most] = traits.clock;
    if fields.given("clock").is_some() && !(least..=most).contains(&clock) {
        let title = format!(
            "`clock.default` is outside what the family reaches: {} to {} MHz",
            least.0 / 1e6,
            most.0 / 1e6
        );
        fields.blame(fields.given("clock"), title, "write a clock within it".into());
    }
    if resources[Resource::UltraRam] > 0 && traits.energy.ultra_ram.0 == 0.0 {
        let title =
            "`resources.ultra_ram` is above 0, but its family has none: an access has no price".into();
        fields.blame(fields.given("resources"), title, "write 0, or another family".into());
    }
    fields.finish();
    let [static_power, fixed_power] = power.unwrap_or_default();
    faults.none(Device {
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
        more_infrastructure,
        dram_prices: families.dram,
    })
}

/// A text that is printed as it stands: not empty, no control characters.
fn label(fields: &mut Fields<'_>, key: &'static str, example: &str) -> String {
    let found = fields.text(key);
    let label = fields.require(key, example, found).unwrap_or_else(|| example.to_owned());
    if label.trim().is_empty() || label.chars().any(char::is_control) {
        let title = format!("`{key}` is empty or has characters that cannot be printed");
        fields.blame(fields.given(key), title, format!("write it as in {key} = {example}"));
    }
    label
}

fn resources(fields: &mut Fields<'_>) -> Resources {
    Resources::of(|resource| {
        let (key, least) = match resource {
            Resource::Lut => ("lut", 1),
            Resource::FlipFlop => ("flip_flop", 1),
            Resource::Dsp => ("dsp", 0),
            Resource::BlockRam => ("block_ram", 1),
            Resource::UltraRam => ("ultra_ram", 0),
        };
        whole(fields, key, least..=MOST_BLOCKS).unwrap_or_default()
    })
}
