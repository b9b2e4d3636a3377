//! From technology files to a [`Technology`]: every figure, its source, and every fault at once.

use super::figure::{choice, figure, number};
use super::node::Between;
use super::{
    ByWidth, Condition, Delays, LeakageTable, Logic, Price, Sleep, SramTable, Technology, Transistor,
    leakage::TEMPERATURES,
};
use super::{dram, reference, uncertainty};
use crate::config::{self, Faults, Fields, Node};
use crate::units::{Kelvin, Milliwatts, Picojoules, SquareMicrons, Written, real};

/// A text and the name to show for it in messages.
pub type NamedText = (String, String);

/// Loads a file that a technology file names.
pub(super) type Load<'a> = &'a dyn Fn(&str) -> Result<NamedText, Faults>;

/// Reads and checks a technology file; `load` gives the text of each file that it names.
///
/// # Errors
/// Every fault of the file and of those it names at once; among them a figure without a source or a status, and a node
/// outside the two it is to lie between.
pub fn read_technology(node: &Node, load: Load<'_>) -> Result<Technology, Faults> {
    if matches!(&node.data, config::Data::Table(keys) if keys.contains_key("base")) {
        return reference::read(node, load);
    }
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let name = fields.about("Name for reports").text("name");
    let name = fields.require("name", "\"45nm\"", name).unwrap_or_default();
    let node_nm = fields.about("Process node in nm").integer_if_any("node_nm", 1..=1000);
    let node_nm = fields.require("node_nm", "45", node_nm).unwrap_or_default();
    let (logic, anchors) =
        match fields.about("Logic lies between that of two technologies").table_if_any("between", anchors) {
            Some(anchors) => {
                (None, Some((anchors, BITS.map(|key| fields.about(PRICED).table_if_any(key, price)))))
            }
            None => (Some(logic(&mut fields)), None),
        };
    let (table, area_factor, bank) = fields.about("Scratchpads").table("sram", |fields| {
        let about = "CSV: tech_nm,size_bytes,width_bits,read_pJ,write_pJ,leak_mW,area_mm2,access_ns";
        let table = file(fields.about(about), "table", "sram-cacti7.csv");
        let about = "Area of a placed scratchpad over that of its table";
        let factor = number(fields.about(about), "area_factor", 1e-3..=1e3).unwrap_or(1.0);
        let about = "Largest bank that is read in a cycle";
        (table, factor, figure(fields.about(about), "bank").unwrap_or_default())
    });
    let leakage = fields.about("How leakage depends on device and temperature").table("leakage", |fields| {
        let about = "CSV: tech_nm,device,temperature_k,relative";
        file(fields.about(about), "table", "sram-leakage-cacti7.csv")
    });
    let dram = file(fields.about("File of DRAM kinds"), "dram", "dram.toml");
    fields.finish();
    let named = |file: Option<String>| file.map(|file| load(&file));
    let logic = match anchors {
        Some((files, own)) => between(real(node_nm), files, load, &mut faults).map(|logic| with(logic, own)),
        None => logic,
    };
    let sram = named(table)
        .map(|text| text.and_then(|(name, text)| SramTable::read(&name, &text, node_nm, area_factor)));
    let leakage =
        named(leakage).map(|text| text.and_then(|(name, text)| LeakageTable::read(&name, &text, node_nm)));
    let dram = named(dram).map(|text| {
        text.and_then(|(name, text)| config::parse(&name, &text)).and_then(|node| {
            let mut faults = Faults::default();
            let kinds = dram::read(&node, &mut faults);
            faults.none(kinds)
        })
    });
    let (sram, leakage, dram) =
        (kept(sram, &mut faults), kept(leakage, &mut faults), kept(dram, &mut faults));
    match (logic, sram, leakage, dram) {
        (Some(logic), Some(sram), Some(leakage), Some(dram)) if faults.0.is_empty() => {
            Ok(Technology { name, node_nm, logic, sram, bank, leakage, dram, reference: None })
        }
        _ => Err(faults),
    }
}

/// A file named in another: its path starts at that one's folder.
pub(super) fn beside(file: &str, other: &str) -> String {
    match file.rfind('/') {
        Some(end) => format!("{}/{other}", &file[..end]),
        None => other.to_owned(),
    }
}

/// What was read; its faults join the others.
pub(super) fn kept<T>(read: Option<Result<T, Faults>>, faults: &mut Faults) -> Option<T> {
    match read? {
        Ok(found) => Some(found),
        Err(more) => {
            faults.0.extend(more.0);
            None
        }
    }
}

pub(super) fn file(fields: &mut Fields<'_>, key: &'static str, example: &str) -> Option<String> {
    let found = fields.text(key);
    fields.require(key, &format!("\"{example}\""), found)
}

/// Prices of a bit, of which a node between two others may have its own where they were published for it.
const BITS: [&str; 3] = ["register_bit", "compare_bit", "look_up_bit"];
/// What they mean.
const PRICED: &str =
    "One bit of a register, a bit compared in the exclusion unit, a bit of a probability looked up";

/// Logic with prices of its own instead of those between the anchors, in the order of [`BITS`].
fn with(logic: Logic, own: [Option<Price>; BITS.len()]) -> Logic {
    let [register_bit, compare_bit, look_up_bit] = own;
    Logic {
        register_bit: register_bit.unwrap_or(logic.register_bit),
        compare_bit: compare_bit.unwrap_or(logic.compare_bit),
        look_up_bit: look_up_bit.unwrap_or(logic.look_up_bit),
        ..logic
    }
}

/// The two files that a node lies between.
fn anchors(fields: &mut Fields<'_>) -> Option<[String; 2]> {
    let larger = file(fields.about("Technology of a larger node"), "larger", "45nm.toml");
    let smaller = file(fields.about("Technology of a smaller node"), "smaller", "7nm.toml");
    Some([larger?, smaller?])
}

/// Prices of logic between those of two other files.
fn between(node: f64, anchors: Option<[String; 2]>, load: Load<'_>, faults: &mut Faults) -> Option<Logic> {
    let [larger, smaller] = anchors?;
    let read = |file: &str| {
        let (name, text) = load(file)?;
        let tree = config::parse(&name, &text)?;
        let chain = matches!(&tree.data, config::Data::Table(keys) if keys.contains_key("between"));
        if chain {
            let help = "name files with figures of their own in `between`";
            return Err(tree.fault(format!("{name} lies between others itself"), "this file", help).into());
        }
        read_technology(&tree, &|other| load(&beside(file, other)))
    };
    let (one, other) = (kept(Some(read(&larger)), faults), kept(Some(read(&smaller)), faults));
    let (one, other) = (one?, other?);
    let between = Between { node, larger: real(one.node_nm), smaller: real(other.node_nm) };
    if !between.holds() {
        let title = format!("{node} nm is not between {} nm and {} nm", one.node_nm, other.node_nm);
        let help = "prices are not carried beyond the nodes they were published for: choose a node between them, \
                    or give the figures themselves";
        faults.0.push(config::Fault::new(title, help));
        return None;
    }
    Some(between.logic(&one.logic, &other.logic))
}

/// Figures of logic.
fn logic(fields: &mut Fields<'_>) -> Logic {
    let mut priced = |key: &'static str| fields.about(PRICED).table(key, price);
    let [register_bit, compare_bit, look_up_bit] = BITS.map(&mut priced);
    let gate = fields.about("A two-input NAND").table("gate", |fields| Price {
        area: figure(fields.about("Area"), "area").unwrap_or_default(),
        leakage: figure(fields.about("Leakage"), "leakage").unwrap_or_default(),
        ..Price::default()
    });
    let multiply = fields.about("An integer multiplication").table("multiply", by_width);
    let add = fields.about("An integer addition").table("add", by_width);
    let delays = fields.about("Delays that bound the clock").table("delay", |fields| Delays {
        mac: figure(fields.about("A multiply and the addition after it"), "mac").unwrap_or_default(),
        register: figure(fields.about("What a register takes of every cycle"), "register")
            .unwrap_or_default(),
        wire: figure(fields.about("Of a wire, by its length"), "wire").unwrap_or_default(),
    });
    let sleep = fields.about("What cutting the supply leaves and takes").table("sleep", |fields| Sleep {
        residual: number(fields.about("Part of the leakage that still flows"), "residual", 0.0..=1.0)
            .unwrap_or(1.0),
        wake: figure(fields.about("Time to come back"), "wake").unwrap_or_default(),
    });
    let about = "The cells and temperature whose leakage stands here";
    let measured_as = fields.about(about).table("measured_as", |fields| {
        let temperature = figure::<Kelvin>(fields, "temperature").unwrap_or(Kelvin(*TEMPERATURES.start()));
        if !TEMPERATURES.contains(&temperature.0) {
            let (low, high) = (TEMPERATURES.start(), TEMPERATURES.end());
            let title = format!("`measured_as.temperature` is {}, out of range", temperature.written());
            let node = fields.given("temperature");
            fields.blame(node, title, format!("write {low} K to {high} K"));
        }
        let device = choice(fields, "device").unwrap_or(Transistor::HighPerformance);
        Condition {
            device,
            temperature: Kelvin(temperature.0.clamp(*TEMPERATURES.start(), *TEMPERATURES.end())),
        }
    });
    let about = "Factors from 1 by which prices may be wrong, either way";
    let uncertainty = fields.about(about).table("uncertainty", uncertainty::read);
    Logic {
        multiply,
        add,
        register_bit,
        compare_bit,
        look_up_bit,
        gate,
        delays,
        sleep,
        measured_as,
        uncertainty,
    }
}

/// A price as far as it can be read.
type Figures = (Option<Picojoules>, Option<SquareMicrons>, Option<Milliwatts>);

fn figures(fields: &mut Fields<'_>) -> Figures {
    let energy = figure(fields.about("Energy of one action"), "energy");
    let area = figure(fields.about("Area"), "area");
    (energy, area, figure(fields.about("Leakage"), "leakage"))
}

fn whole((energy, area, leakage): Figures) -> Price {
    Price {
        energy: energy.unwrap_or_default(),
        area: area.unwrap_or_default(),
        leakage: leakage.unwrap_or_default(),
    }
}

fn price(fields: &mut Fields<'_>) -> Price {
    whole(figures(fields))
}

/// Prices at both widths; the wider costs no less.
fn by_width(fields: &mut Fields<'_>) -> ByWidth {
    fn less<Q: PartialOrd>(wide: Option<Q>, narrow: Option<Q>) -> bool {
        wide.zip(narrow).is_some_and(|(wide, narrow)| wide < narrow)
    }
    let (int8, int32) = (fields.table("int8", figures), fields.table("int32", figures));
    let falls = [
        ("energy", less(int32.0, int8.0)),
        ("area", less(int32.1, int8.1)),
        ("leakage", less(int32.2, int8.2)),
    ];
    for (what, _) in falls.into_iter().filter(|(_, falls)| *falls) {
        let node = fields.given("int32");
        let title = format!("the {what} of `int32` is below that of `int8`");
        fields.blame(node, title, "give the wider operation at least the price of the narrower one".into());
    }
    ByWidth { int8: whole(int8), int32: whole(int32) }
}
