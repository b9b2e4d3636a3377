//! Accelergy's reference tables: energy of every action (ERT) and area of every component (ART), versions 0.3 and 0.4.
//!
//! Energies are in pJ for an action of the full width, `leak` in pJ per cycle and instance, areas in um2 per instance. A name
//! carries the range of its instances, as in `system.pe[0..13].mac[1..12]`: 14 x 12 of them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use crate::config::{Data, Fault, Faults, Node};

/// One component of the tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Instances.
    pub(super) instances: u64,
    /// Actions in the order of the table.
    pub(super) actions: Vec<TableAction>,
    /// Area of one instance, um2; `None` without an ART, or when it does not have the component.
    pub(super) area: Option<f64>,
}

/// One priced action.
#[derive(Clone, Debug)]
pub(super) struct TableAction {
    pub(super) name: String,
    /// Arguments as they are written.
    pub(super) arguments: BTreeMap<String, String>,
    /// Energy, pJ.
    pub(super) energy: f64,
    /// Where it stands, to blame it.
    pub(super) node: Node,
}

/// Components by name without ranges.
pub(super) type Tables = BTreeMap<String, Entry>;

/// Reads an ERT and, if there is one, an ART.
pub(super) fn read(ert: &Node, art: Option<&Node>, faults: &mut Faults) -> Tables {
    let mut tables = Tables::new();
    for (name, instances, item) in components(ert, "ERT", faults) {
        let entry = Entry { instances, actions: actions(item, &name, faults), area: None };
        match tables.entry(name) {
            Place::Vacant(place) => {
                place.insert(entry);
            }
            Place::Occupied(place) => {
                let title = format!("`{}` stands twice in the ERT", place.key());
                faults.0.push(fault(item, title, "keep one of its tables"));
            }
        }
    }
    for (name, instances, item) in art.map(|art| components(art, "ART", faults)).unwrap_or_default() {
        let Some(area) = number(item, "area", &name, faults) else { continue };
        match tables.get_mut(&name) {
            Some(entry) if entry.instances == instances => entry.area = Some(area),
            Some(entry) => {
                let title =
                    format!("`{name}` has {instances} instances in the ART, {} in the ERT", entry.instances);
                faults.0.push(fault(item, title, "give tables of the same architecture"));
            }
            None => {
                tables.insert(name, Entry { instances, actions: Vec::new(), area: Some(area) });
            }
        }
    }
    tables
}

/// The components of a table with their instances.
fn components<'a>(root: &'a Node, kind: &str, faults: &mut Faults) -> Vec<(String, u64, &'a Node)> {
    let Some(table) = key(root, kind) else {
        let help = format!("give a file whose top key is {kind}, as Accelergy writes it");
        faults.0.push(fault(root, format!("no `{kind}` in this file"), help));
        return Vec::new();
    };
    let version = key(table, "version").map(written);
    if !version.as_deref().is_some_and(|version| ["0.3", "0.4"].contains(&version)) {
        let found = version.map_or("missing".to_owned(), |version| format!("`{version}`"));
        let title = format!("the version of this {kind} is {found}");
        faults.0.push(fault(
            table,
            title,
            "give tables of version 0.3 or 0.4; newer Accelergy rewrites older ones",
        ));
    }
    let Some(Node { data: Data::List(items), .. }) = key(table, "tables") else {
        let help = "write a list of components, each with its name";
        faults.0.push(fault(table, format!("`{kind}.tables` is missing or no list"), help));
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        match key(item, "name").map(|node| (node, written(node))) {
            Some((node, name)) => match ranges(&name) {
                Some((name, instances)) => found.push((name, instances, item)),
                None => {
                    let title = format!("the range of instances in `{name}` cannot be read");
                    faults.0.push(fault(node, title, "write it as name[1..168]"));
                }
            },
            None => {
                faults.0.push(fault(item, format!("a component of the {kind} has no name"), "add its name"))
            }
        }
    }
    found
}

/// A name without its ranges, and how many instances they make; `None` when a range is no range.
pub(super) fn ranges(name: &str) -> Option<(String, u64)> {
    let (mut base, mut instances, mut rest) = (String::new(), 1u64, name);
    while let Some((before, after)) = rest.split_once('[') {
        let (range, behind) = after.split_once(']')?;
        let bound = |text: &str| text.trim().parse::<u64>().ok();
        let count = match range.split_once("..") {
            Some((first, last)) => bound(last)?.checked_sub(bound(first)?)?.checked_add(1)?,
            None => bound(range).map(|_| 1)?,
        };
        base.push_str(before);
        instances = instances.checked_mul(count)?;
        rest = behind;
    }
    base.push_str(rest);
    (!base.contains(']')).then_some((base, instances))
}

fn actions(item: &Node, component: &str, faults: &mut Faults) -> Vec<TableAction> {
    let Some(Node { data: Data::List(items), .. }) = key(item, "actions") else {
        let title = format!("`{component}` has no list of actions");
        faults.0.push(fault(item, title, "write its actions, each with name and energy"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for action in items {
        let name = key(action, "name").map(written);
        let what = format!("{component} {}", name.as_deref().unwrap_or("?"));
        let energy = number(action, "energy", &what, faults);
        let arguments = match key(action, "arguments").map(|node| &node.data) {
            Some(Data::Table(keys)) => {
                keys.iter().map(|(key, (_, node))| (key.clone(), written(node))).collect()
            }
            _ => BTreeMap::new(),
        };
        match (name, energy) {
            (Some(name), Some(energy)) => {
                found.push(TableAction { name, arguments, energy, node: action.clone() });
            }
            (None, _) => {
                faults.0.push(fault(
                    action,
                    format!("an action of `{component}` has no name"),
                    "add its name",
                ));
            }
            (Some(_), None) => {}
        }
    }
    found
}

/// A number from 0, or a fault that says what stands there instead.
fn number(item: &Node, field: &str, what: &str, faults: &mut Faults) -> Option<f64> {
    let unit = if field == "area" { "um2" } else { "pJ" };
    let Some(node) = key(item, field) else {
        let title = format!("the {field} of `{what}` is missing");
        faults.0.push(fault(item, title, format!("add {field}: a number of {unit}")));
        return None;
    };
    let value = match &node.data {
        Data::Real(value) => Some(*value),
        // Tables hold no integer beyond 2^53.
        Data::Integer(value) => u32::try_from(*value).map(f64::from).ok().or(Some(-1.0)),
        _ => None,
    };
    match value {
        Some(value) if value.is_finite() && value >= 0.0 => value.into(),
        Some(_) => {
            let title = format!("the {field} of `{what}` is {}", written(node));
            faults.0.push(fault(node, title, format!("write a finite number of {unit} from 0")));
            None
        }
        None => {
            let title = format!("the {field} of `{what}` is {}, not a number", node.data.kind());
            faults.0.push(fault(node, title, format!("write a plain number of {unit}, without unit")));
            None
        }
    }
}

/// The node under a key of a table.
pub(super) fn key<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    match &node.data {
        Data::Table(keys) => keys.get(name).map(|(_, node)| node),
        _ => None,
    }
}

/// A scalar as it is written.
pub(super) fn written(node: &Node) -> String {
    node.source.text.get(node.span.clone()).unwrap_or_default().trim_matches(['\'', '"']).to_owned()
}

pub(super) fn fault(node: &Node, title: impl Into<String>, help: impl Into<String>) -> Fault {
    node.fault(title, "here", help)
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn instances_multiply_along_the_name() {
        let found = |name: &str| ranges(name).map(|(base, count)| (base.leak() as &str, count));
        assert_eq!(found("system.mac"), Some(("system.mac", 1)));
        assert_eq!(found("system.ifmap_spad[1..168]"), Some(("system.ifmap_spad", 168)));
        assert_eq!(found("system.pe[0..13].mac[1..12]"), Some(("system.pe.mac", 168)));
        assert_eq!(found("system.bank[3]"), Some(("system.bank", 1)));
        for wrong in ["a[2..1]", "a[x..2]", "a[1..2", "a]", "a[0..18446744073709551615]", "a[]"] {
            assert_eq!(found(wrong), None, "{wrong}");
        }
    }
}
