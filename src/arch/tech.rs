//! Technology files: what every action, cell and bit costs, each figure with its source.

use super::DramKind;
use super::sram::SramTable;
use crate::config::{Data, Faults, Fields, Node};
use crate::units::{Milliwatts, Picojoules, SquareMicrons, Written};

/// Prices of a process technology.
#[derive(Clone, Debug)]
pub struct Technology {
    /// Name for reports.
    pub name: String,
    /// Process node in nm.
    pub node_nm: u64,
    /// An 8-bit multiplier with a 32-bit adder.
    pub mac: Price,
    /// One bit of a register in the array.
    pub register_bit: Price,
    /// One vector lane requantizing a sum: 32-bit multiply, add, round.
    pub requantize: Price,
    /// One vector lane adding or comparing an element.
    pub vector_add: Price,
    /// One bit of a probability read from a head's table; area and leakage a stored bit.
    pub look_up_bit: Price,
    /// One bit compared in the exclusion unit.
    pub compare_bit: Price,
    /// One bit by one bit of the multiplication by beta.
    pub multiply_bit2: Price,
    /// One gather address.
    pub gather: Price,
    /// Scratchpads.
    pub sram: SramTable,
    /// DRAM, by kind.
    pub dram: Vec<(DramKind, DramPrice)>,
}

/// What one thing costs: when it acts, and by being there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    /// Energy of one action.
    pub energy: Picojoules,
    /// Area of one instance.
    pub area: SquareMicrons,
    /// Leakage of one instance.
    pub leakage: Milliwatts,
}

/// What a kind of DRAM costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DramPrice {
    /// Energy of one bit read or written, all included.
    pub bit: Picojoules,
    /// Standby and refresh power for each GB/s of peak bandwidth, which stands for the number of devices.
    pub background_per_gbps: Milliwatts,
}

impl Technology {
    /// Prices of a kind of DRAM; a technology file has every kind.
    #[must_use]
    pub fn dram(&self, kind: DramKind) -> Option<DramPrice> {
        self.dram.iter().find(|(known, _)| *known == kind).map(|(_, price)| *price)
    }
}

/// A text and the name to show for it in messages.
pub type NamedText = (String, String);

/// Reads and checks a technology file; `table` loads the scratchpad table that it names.
///
/// # Errors
/// Every fault at once; among them a figure without a source or a status.
pub fn read_technology(
    node: &Node,
    table: &dyn Fn(&str) -> Result<NamedText, Faults>,
) -> Result<Technology, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let name = fields.text("name");
    let name = fields.require("name", "\"45nm\"", name).unwrap_or_default();
    let node_nm = fields.integer_if_any("node_nm", 1..=1000);
    let node_nm = fields.require("node_nm", "45", node_nm).unwrap_or_default();
    let mut priced = |key: &'static str| fields.table(key, price);
    let (mac, register_bit, requantize) = (priced("mac"), priced("register_bit"), priced("requantize"));
    let (vector_add, look_up_bit) = (priced("vector_add"), priced("look_up_bit"));
    let (compare_bit, multiply_bit2, gather) =
        (priced("compare_bit"), priced("multiply_bit2"), priced("gather"));
    let dram = fields.table("dram", |fields| {
        let kinds = [
            ("lpddr4", DramKind::Lpddr4),
            ("ddr3", DramKind::Ddr3),
            ("ddr4", DramKind::Ddr4),
            ("hbm2", DramKind::Hbm2),
        ];
        kinds.map(|(key, kind)| (kind, fields.table(key, dram_price))).to_vec()
    });
    let (file, area_factor) = fields.table("sram", |fields| {
        let file = fields.text("table");
        (fields.require("table", "\"sram-cacti7.csv\"", file), figure_real(fields, "area_factor"))
    });
    fields.finish();
    let sram = file.map(|file| {
        table(&file).and_then(|(name, text)| SramTable::read(&name, &text, node_nm, area_factor))
    });
    match sram {
        Some(Ok(sram)) if faults.0.is_empty() => Ok(Technology {
            name,
            node_nm,
            mac,
            register_bit,
            requantize,
            vector_add,
            look_up_bit,
            compare_bit,
            multiply_bit2,
            gather,
            sram,
            dram,
        }),
        Some(Err(more)) => {
            faults.0.extend(more.0);
            Err(faults)
        }
        _ => Err(faults),
    }
}

fn price(fields: &mut Fields<'_>) -> Price {
    Price {
        energy: figure(fields, "energy").unwrap_or_default(),
        area: figure(fields, "area").unwrap_or_default(),
        leakage: figure(fields, "leakage").unwrap_or_default(),
    }
}

fn dram_price(fields: &mut Fields<'_>) -> DramPrice {
    DramPrice {
        bit: figure(fields, "bit").unwrap_or_default(),
        background_per_gbps: figure(fields, "background_per_gbps").unwrap_or_default(),
    }
}

/// A figure is a table of its value, its source and how sure that is.
fn figure<Q: Written>(fields: &mut Fields<'_>, key: &'static str) -> Option<Q> {
    sourced(fields, key, Q::EXAMPLE, |fields| fields.quantity::<Q>("value", 0.0..=1e12))
}

fn figure_real(fields: &mut Fields<'_>, key: &'static str) -> f64 {
    sourced(fields, key, "2.5", |fields| Some(fields.real("value", 1e-3..=1e3, 1.0))).unwrap_or(1.0)
}

fn sourced<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    example: &str,
    value: impl FnOnce(&mut Fields<'_>) -> Option<T>,
) -> Option<T> {
    if !fields.has(key) {
        let example = format!("{{ value = \"{example}\", source = \"...\", status = \"verified\" }}");
        fields.require::<()>(key, &example, None);
        return None;
    }
    fields.table(key, |fields| {
        let given = fields.has("value");
        let found = value(fields);
        if !given {
            fields.require::<()>("value", &format!("\"{example}\""), None);
        }
        let source = fields.text("source").filter(|source| !source.trim().is_empty());
        fields.require("source", "\"author, title, year, table\"", source);
        let status = fields.node("status");
        let known = |node: &Node| match &node.data {
            Data::Text(text) => STATUS.contains(&text.as_str()),
            _ => false,
        };
        if !status.is_some_and(known) {
            let help = format!("write one of \"{}\"", STATUS.join("\", \""));
            fields.blame(status, format!("the status of `{key}` is missing or not known"), help);
        }
        found
    })
}

/// How sure a figure is: read in the source, quoted by another, computed from such, from memory, or assumed.
const STATUS: [&str; 5] = ["verified", "secondary", "derived", "recalled", "assumed"];
