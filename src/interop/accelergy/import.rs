//! Prices from Accelergy: reference tables and a map of their components onto this machine's, as a technology file.
//!
//! The map says for each of our actions which action of which component pays for it, and how many of ours one of theirs
//! holds: tables price an access of the full width, we count bytes and bits. An ERT's `leak` is energy per cycle and
//! instance, so power = leak x instances / cycle time.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::tables::{self, Entry, TableAction, Tables, fault, key, ranges, written};
use crate::config::{Faults, Fields, Node};
use crate::count::{Action, Component};
use crate::units::{Bits, Seconds, real};

/// Files of an import, parsed: the tables, and the map of their components.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    /// Energy reference table.
    pub ert: &'a Node,
    /// Area reference table, if there is one.
    pub art: Option<&'a Node>,
    /// Which of their components is which of ours.
    pub map: &'a Node,
    /// The technology that gives what tables do not have: delays, and kinds of DRAM.
    pub base: &'a str,
}

/// The text of a technology file with the tables' prices.
///
/// # Errors
/// Every fault of the tables and of the map at once: missing and unreadable prices, actions that are mapped to nothing,
/// components of the tables that nothing takes.
pub fn technology_file(files: Files<'_>) -> Result<String, Faults> {
    let mut faults = Faults::default();
    let tables = tables::read(files.ert, files.art, &mut faults);
    let mut fields = Fields::new(files.map, "", &mut faults);
    let name = fields.name("name");
    let name = fields.require("name", "\"my-machine\"", name).unwrap_or_default();
    let cycle = fields.quantity::<Seconds>("cycle", 1e-12..=1.0);
    let free = fields.texts("free").unwrap_or_default();
    let ignored = fields.texts("ignored").unwrap_or_default();
    let actions: Vec<_> = fields.table("actions", |fields| {
        Action::ALL.iter().map(|&action| (action, fields.table_if_any(action.name(), Asked::read))).collect()
    });
    let parts: Vec<_> = fields.table("parts", |fields| {
        Component::OF_CHIP.iter().map(|part| (*part, fields.texts(part.name()).unwrap_or_default())).collect()
    });
    fields.finish();
    let mut import = Import { files, tables, faults, taken: BTreeSet::new() };
    let mut text = format!(
        "# Prices from Accelergy's tables. They hold for the machine that the tables describe, whatever an architecture's keys say.\n\
         name = {}\nbase = {}\n\n[energy] # of one action of ours\n",
        quoted(&name),
        quoted(files.base)
    );
    for (action, asked) in actions {
        let line = import.energy(action, asked.as_ref(), &free);
        text += &line.unwrap_or_default();
    }
    for name in free.iter().filter(|name| !Action::ALL.iter().any(|action| action.name() == *name)) {
        import.blame_map(
            &["free"],
            format!("`{name}` in `free` is no action"),
            "see the actions in docs/energy.md",
        );
    }
    text += "\n[leakage] # of all instances of a part\n";
    let lines: Vec<_> = parts.iter().map(|(part, names)| import.part(*part, names, cycle)).collect();
    lines.iter().for_each(|(leakage, _)| text += leakage);
    text += "\n[area] # of all instances of a part\n";
    lines.iter().for_each(|(_, area)| text += area);
    import.nothing_left(&ignored);
    import.faults.none(text)
}

/// Which table action pays for one of ours.
struct Asked {
    component: String,
    action: String,
    /// Bits that one access of the table moves; `None` when an action of ours is one of theirs.
    width: Option<Bits>,
    arguments: Vec<(String, String)>,
}

impl Asked {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let component = fields.text("component");
        let component = fields.require("component", "\"system.shared_glb\"", component);
        let action = fields.text("action");
        let action = fields.require("action", "\"read\"", action);
        let width = fields.quantity::<Bits>("width", 1.0..=1e6);
        let arguments = fields.node("arguments").map(|node| match &node.data {
            crate::config::Data::Table(keys) => {
                keys.iter().map(|(key, (_, node))| (key.clone(), written(node))).collect()
            }
            _ => Vec::new(),
        });
        Some(Self { component: component?, action: action?, width, arguments: arguments.unwrap_or_default() })
    }
}

/// An import under way.
struct Import<'a> {
    files: Files<'a>,
    tables: Tables,
    faults: Faults,
    /// Components that something was mapped to.
    taken: BTreeSet<String>,
}

impl Import<'_> {
    /// The line of an action's energy.
    fn energy(&mut self, action: Action, asked: Option<&Option<Asked>>, free: &[String]) -> Option<String> {
        let name = action.name();
        let path = ["actions", name];
        let is_free = free.iter().any(|free| free == name);
        // An action that the map tells wrongly was blamed already.
        let asked = match (asked, is_free) {
            (Some(asked), false) => asked.as_ref()?,
            (None, true) => {
                return Some(line(
                    name,
                    "0 pJ",
                    "the map says that the tables' other actions hold it",
                    "assumed",
                ));
            }
            (Some(_), true) => {
                self.blame_map(
                    &path,
                    format!("`{name}` is both priced and free"),
                    "remove it from `free`, or its table",
                );
                return None;
            }
            (None, false) => {
                let help = format!(
                    "add [actions.{name}] with component and action, or \"{name}\" to `free` if other actions hold its energy"
                );
                self.blame_map(&["actions"], format!("`{name}` has no price"), help);
                return None;
            }
        };
        let (component, entry) = self.component(&path, &asked.component)?;
        let found = self.action(&path, &component, &entry, asked)?;
        let per = match (bits(action), asked.width) {
            (None, None) => 1.0,
            (Some(ours), Some(Bits(theirs))) => real(theirs) / ours,
            (Some(_), None) => {
                let title = format!("`actions.{name}` does not say how wide an access is");
                self.blame_map(
                    &path,
                    title,
                    "add width = \"64 bit\": the tables price an access of the full width",
                );
                return None;
            }
            (None, Some(_)) => {
                self.blame_map(&path, format!("`actions.{name}` has no width"), "remove `width`");
                return None;
            }
        };
        let mut source =
            format!("{}: {component} {}, {} pJ", self.files.ert.source.name, found.name, found.energy);
        if let Some(Bits(width)) = asked.width {
            // Writing into a string cannot fail.
            let _ = write!(source, " for {width} bits");
        }
        Some(line(name, &format!("{} pJ", found.energy / per), &source, "derived"))
    }

    /// A component of the tables, which is taken with it.
    fn component(&mut self, path: &[&str], name: &str) -> Option<(String, Entry)> {
        let base = ranges(name).map_or_else(|| name.to_owned(), |(base, _)| base);
        let Some(entry) = self.tables.get(&base).cloned() else {
            let known: Vec<&str> = self.tables.keys().map(String::as_str).collect();
            let help = format!("write one of {}", known.join(", "));
            self.blame_map(path, format!("the tables have no component `{name}`"), help);
            return None;
        };
        self.taken.insert(base.clone());
        Some((base, entry))
    }

    fn action(
        &mut self,
        path: &[&str],
        component: &str,
        entry: &Entry,
        asked: &Asked,
    ) -> Option<TableAction> {
        let named = |action: &&TableAction| action.name == asked.action;
        let fits = |action: &&TableAction| {
            asked.arguments.iter().all(|(key, value)| action.arguments.get(key) == Some(value))
        };
        let found: Vec<&TableAction> = entry.actions.iter().filter(named).filter(fits).collect();
        match found.as_slice() {
            [one] => Some((*one).clone()),
            [first, .., last] => {
                let title = format!("`{component}` has {} actions `{}`", found.len(), asked.action);
                let all = |action: &TableAction| {
                    let pairs = action.arguments.iter().map(|(key, value)| format!("{key} = {value}"));
                    format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
                };
                let help = format!("choose with arguments = {} .. {}", all(first), all(last));
                self.blame_map(path, title, help);
                None
            }
            [] => {
                let known: Vec<&str> = entry.actions.iter().map(|action| action.name.as_str()).collect();
                let help = match known.as_slice() {
                    [] => "it has none that could be read".to_owned(),
                    known => format!("write one of {}", known.join(", ")),
                };
                self.blame_map(path, format!("`{component}` has no such action `{}`", asked.action), help);
                None
            }
        }
    }

    /// The lines of a part's leakage and area.
    fn part(&mut self, part: Component, names: &[String], cycle: Option<Seconds>) -> (String, String) {
        let (mut leakage, mut area, mut sources) = (0.0, 0.0, Vec::new());
        for name in names {
            let Some((base, entry)) = self.component(&["parts", part.name()], name) else { continue };
            let instances = real(entry.instances);
            for leak in entry.actions.iter().filter(|action| action.name == "leak" && action.energy > 0.0) {
                let own = leak.arguments.get("global_cycle_seconds").and_then(|text| text.parse().ok());
                match own.or(cycle.map(|Seconds(cycle)| cycle)).filter(|cycle: &f64| *cycle > 0.0) {
                    // pJ over s are 1e-9 mW.
                    Some(cycle) => leakage += leak.energy * instances / cycle * 1e-9,
                    None => {
                        let title = format!(
                            "the leak of `{base}` is energy per cycle, and the length of the cycle is not known"
                        );
                        let help =
                            "add cycle = \"1 ns\", the cycle that the tables were made for, to the map";
                        self.faults.0.push(fault(&leak.node, title, help));
                    }
                }
            }
            area += entry.area.unwrap_or(0.0) * instances;
            sources.push(format!("{base} x {}", entry.instances));
        }
        let source = |node: &Node| {
            let of = if sources.is_empty() { "no component".into() } else { sources.join(", ") };
            format!("{}: {of}", node.source.name)
        };
        let leak = line(part.name(), &format!("{leakage} mW"), &source(self.files.ert), "derived");
        let area = line(
            part.name(),
            &format!("{area} um2"),
            &source(self.files.art.unwrap_or(self.files.ert)),
            "derived",
        );
        (leak, area)
    }

    /// Every component of the tables is mapped, or ignored in so many words.
    fn nothing_left(&mut self, ignored: &[String]) {
        let left = self.tables.keys().filter(|name| !self.taken.contains(*name) && !ignored.contains(name));
        let left: Vec<String> = left.cloned().collect();
        for name in left {
            let help = format!("add it to [actions] or [parts] of the map, or \"{name}\" to `ignored`");
            self.faults.0.push(fault(self.files.ert, format!("nothing takes `{name}` of the tables"), help));
        }
        let known: BTreeSet<String> = self.tables.keys().cloned().collect();
        for name in ignored.iter().filter(|name| !known.contains(*name)) {
            self.blame_map(&["ignored"], format!("`{name}` in `ignored` is not in the tables"), "remove it");
        }
    }

    /// A fault at a path of the map, or where that ends.
    fn blame_map(&mut self, path: &[&str], title: impl Into<String>, help: impl Into<String>) {
        let mut at = self.files.map;
        for part in path {
            at = key(at, part).unwrap_or(at);
        }
        self.faults.0.push(fault(at, title, help));
    }
}

/// Bits of one action of ours that is counted by width; `None` for one counted by itself.
fn bits(action: Action) -> Option<f64> {
    match action {
        Action::RegisterBit | Action::ShadowBit | Action::MaskUpdate => Some(1.0),
        Action::IfmapRead
        | Action::IfmapWrite
        | Action::FilterRead
        | Action::FilterWrite
        | Action::OfmapRead
        | Action::OfmapWrite
        | Action::DramRead
        | Action::DramWrite => Some(8.0),
        Action::Mac
        | Action::GatedMac
        | Action::MaskedMac
        | Action::ZeroTest
        | Action::Accumulate
        | Action::Requantize
        | Action::VectorAdd
        | Action::LookUp
        | Action::Compare
        | Action::Multiply
        | Action::Gather => None,
    }
}

fn line(key: &str, value: &str, source: &str, status: &str) -> String {
    format!("{key} = {{ value = {}, source = {}, status = \"{status}\" }}\n", quoted(value), quoted(source))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
