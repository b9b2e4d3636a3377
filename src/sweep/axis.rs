//! What varies: keys and the values that they take, one after another.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::values;
use crate::config::{Data, Fault, FaultKind, Faults, Fields, Node, Source};

/// Keys that vary together, and the values they take.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The keys; more than one where they are linked.
    pub keys: Vec<Key>,
    /// One entry per step of the axis, with a value for every key.
    pub values: Vec<Vec<Value>>,
}

/// A key path and where it was written.
#[derive(Clone, Debug)]
pub struct Key {
    /// Names joined by dots, such as `array.rows`; `policy.` begins those of the policy.
    pub path: String,
    /// Where the path stands in the space's file.
    pub span: Range<usize>,
    /// What it is a key of.
    pub target: Target,
}

/// What a key is a key of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The architecture file itself.
    ArchFile,
    /// A key of the architecture.
    Arch,
    /// The policy file itself.
    PolicyFile,
    /// A key of the policy.
    Policy,
}

impl Target {
    fn of(path: &str) -> Self {
        match path {
            "arch" => Self::ArchFile,
            "policy" => Self::PolicyFile,
            _ if path.starts_with("policy.") => Self::Policy,
            _ => Self::Arch,
        }
    }
}

/// One value of one key.
#[derive(Clone, Debug)]
pub struct Value {
    /// As it goes into the tree.
    pub node: Node,
    /// As people write it.
    pub text: String,
    /// In the base unit, where it is a number or a quantity.
    pub number: Option<f64>,
    /// The unit of `number`, as a column's ending; empty for a plain number.
    pub unit: &'static str,
}

impl Key {
    fn new(path: String, span: Range<usize>) -> Self {
        Self { target: Target::of(&path), path, span }
    }

    /// The path inside the file that it is a key of; empty for the file itself.
    #[must_use]
    pub fn inner(&self) -> &str {
        match self.target {
            Target::ArchFile | Target::PolicyFile => "",
            Target::Arch => &self.path,
            Target::Policy => self.path.trim_start_matches("policy."),
        }
    }
}

impl Value {
    fn new(node: &Node) -> Self {
        let text = text(node);
        let (number, unit) = match &node.data {
            #[expect(clippy::cast_precision_loss, reason = "values of axes are far below 2^53")]
            Data::Integer(number) => (Some(*number as f64), ""),
            Data::Real(number) => (Some(*number), ""),
            Data::Text(text) => {
                crate::units::in_base_unit(text).map_or((None, ""), |(number, unit)| (Some(number), unit))
            }
            Data::Boolean(_) | Data::List(_) | Data::Table(_) | Data::Other(_) => (None, ""),
        };
        Self { node: node.clone(), text, number, unit }
    }
}

impl Value {
    /// As it is written in TOML.
    #[must_use]
    pub fn toml(&self) -> String {
        toml(&self.node)
    }
}

fn toml(node: &Node) -> String {
    match &node.data {
        // Quoted as JSON quotes, which is as TOML's basic strings are.
        Data::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        Data::List(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Data::Integer(_) | Data::Real(_) | Data::Boolean(_) | Data::Table(_) | Data::Other(_) => text(node),
    }
}

fn text(node: &Node) -> String {
    match &node.data {
        Data::Text(text) => text.clone(),
        Data::Integer(number) => number.to_string(),
        Data::Real(number) => format!("{number}"),
        Data::Boolean(truth) => truth.to_string(),
        Data::List(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        Data::Table(_) | Data::Other(_) => node.data.kind().to_owned(),
    }
}

/// Most steps of one axis.
const MOST_VALUES: usize = 100_000;

/// Reads `[axes]` and `[[linked]]`: every axis in the order of its first key's name.
pub(super) fn read(axes: Option<&Node>, linked: Option<&Node>, faults: &mut Faults) -> Vec<Axis> {
    let mut reader = Reader { axes: Vec::new(), followers: Vec::new(), faults };
    if let Some(node) = axes {
        reader.table(node, "");
    }
    if let Some(node) = linked {
        reader.linked(node);
    }
    reader.follow();
    reader.finish()
}

struct Reader<'a> {
    axes: Vec<Axis>,
    /// Keys that take the values of another key: the key, its node and the other's name.
    followers: Vec<(Key, Node, String)>,
    faults: &'a mut Faults,
}

impl Reader<'_> {
    fn table(&mut self, node: &Node, path: &str) {
        let Data::Table(entries) = &node.data else {
            let help = "write [axes] and below it array.rows = [8, 16]";
            self.faults.0.push(node.fault(format!("`axes` is {}", node.data.kind()), "not a table", help));
            return;
        };
        for (name, (span, value)) in entries {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match &value.data {
                Data::Table(inner) if !inner.keys().any(|key| values::FORMS.contains(&key.as_str())) => {
                    self.table(value, &path);
                }
                _ => self.axis(Key::new(path, span.clone()), value),
            }
        }
    }

    fn axis(&mut self, key: Key, node: &Node) {
        if let Some(reason) = without_effect(&key) {
            let title = format!("`{}` cannot be an axis: {reason}", key.path);
            self.blame(&key, &node.source, title, "leave it out, or set it in the base architecture");
            return;
        }
        if let Data::Table(table) = &node.data
            && let Some((_, other)) = table.get("same_as")
        {
            let Data::Text(other) = &other.data else {
                let help = "write same_as = \"array.rows\"";
                self.faults.0.push(other.fault("`same_as` is not the name of a key", "this value", help));
                return;
            };
            self.followers.push((key, node.clone(), other.clone()));
            return;
        }
        let Some(found) = values::of(&key.path, node, self.faults) else { return };
        let found = found.iter().map(|value| vec![Value::new(value)]).collect();
        self.add(Axis { keys: vec![key], values: found }, node);
    }

    fn linked(&mut self, node: &Node) {
        let Data::List(items) = &node.data else {
            let help = "write [[linked]], then keys = [...] and values = [[...], [...]]";
            self.faults.0.push(node.fault("`linked` is not an array of tables", "this value", help));
            return;
        };
        for item in items {
            let mut fields = Fields::new(item, "linked", self.faults);
            let (keys, rows) = (fields.node("keys").cloned(), fields.node("values").cloned());
            fields.finish();
            self.linked_axis(item, keys.as_ref(), rows.as_ref());
        }
    }

    fn linked_axis(&mut self, item: &Node, keys: Option<&Node>, rows: Option<&Node>) {
        let list = |node: Option<&Node>| match node.map(|node| &node.data) {
            Some(Data::List(items)) => Some(items.clone()),
            _ => None,
        };
        let help = "write keys = [\"exclusion.placement\", \"exclusion.macs\"] and values = [[\"array\", 0], [\"dedicated\", 16]]";
        let (Some(keys), Some(rows)) = (list(keys), list(rows)) else {
            self.faults.0.push(item.fault(
                "a [[linked]] needs `keys` and `values`, both lists",
                "here",
                help,
            ));
            return;
        };
        let key = |node: &Node| match &node.data {
            Data::Text(path) => Some(Key::new(path.clone(), node.span.clone())),
            _ => None,
        };
        let Some(keys) = keys.iter().map(key).collect::<Option<Vec<Key>>>() else {
            self.faults.0.push(item.fault("`keys` holds something that is not a name", "here", help));
            return;
        };
        let mut values = Vec::new();
        for row in &rows {
            match &row.data {
                Data::List(cells) if cells.len() == keys.len() => {
                    values.push(cells.iter().map(Value::new).collect());
                }
                _ => {
                    let title = format!("a step of linked keys needs {} values, one a key", keys.len());
                    self.faults.0.push(row.fault(title, "this step", help));
                }
            }
        }
        for key in &keys {
            if let Some(reason) = without_effect(key) {
                let title = format!("`{}` cannot be an axis: {reason}", key.path);
                self.blame(key, &item.source, title, "leave it out");
            }
        }
        self.add(Axis { keys, values }, item);
    }

    fn add(&mut self, axis: Axis, node: &Node) {
        let name = axis.keys.first().map_or_else(String::new, |key| key.path.clone());
        let texts = |step: &Vec<Value>| step.iter().map(|value| value.text.clone()).collect::<Vec<_>>();
        let mut seen = BTreeMap::new();
        let twice = axis.values.iter().find(|step| seen.insert(texts(step), ()).is_some());
        let wrong = if axis.values.is_empty() {
            Some((format!("`{name}` has no values"), "write at least one, such as [8, 16]"))
        } else if axis.values.len() > MOST_VALUES {
            Some((format!("`{name}` has {} values", axis.values.len()), "write at most 100,000"))
        } else {
            twice.map(|step| {
                (format!("`{name}` has the value {} twice", texts(step).join(", ")), "write each value once")
            })
        };
        match wrong {
            Some((title, help)) => self.faults.0.push(node.fault(title, "this axis", help)),
            None => self.axes.push(axis),
        }
    }

    /// Lets followers take the values of those they follow.
    fn follow(&mut self) {
        for (key, node, other) in std::mem::take(&mut self.followers) {
            let leader = self.axes.iter_mut().find_map(|axis| {
                let at = axis.keys.iter().position(|known| known.path == other)?;
                Some((axis, at))
            });
            if let Some((axis, at)) = leader {
                axis.keys.push(key);
                axis.values.iter_mut().for_each(|step| step.push(step[at].clone()));
                continue;
            }
            let known: Vec<&str> =
                self.axes.iter().flat_map(|axis| axis.keys.iter().map(|key| key.path.as_str())).collect();
            let help = match nearest(&other, known.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("axes with values of their own: {}", known.join(", ")),
            };
            let title = format!("`{}` is the same as `{other}`, which is no axis", key.path);
            self.faults.0.push(node.fault(title, "this axis", help));
        }
    }

    fn finish(self) -> Vec<Axis> {
        let mut seen = BTreeMap::new();
        for (axis, key) in self.axes.iter().flat_map(|axis| axis.keys.iter().map(move |key| (axis, key))) {
            if seen.insert(key.path.clone(), ()).is_some()
                && let Some(value) = axis.values.first().and_then(|step| step.first())
            {
                let title = format!("`{}` varies along two axes", key.path);
                self.faults.0.push(value.node.fault(title, "this axis", "let each key vary once"));
            }
        }
        self.axes
    }

    fn blame(&mut self, key: &Key, source: &Arc<Source>, title: String, help: &str) {
        let fault = Fault::new(title, help).of(FaultKind::Value);
        self.faults.0.push(fault.at(source, key.span.clone(), "this key"));
    }
}

/// Why a key that exists may not vary: what a sweep reports does not depend on it.
fn without_effect(key: &Key) -> Option<&'static str> {
    let table = key.path.split('.').next().unwrap_or_default();
    match table {
        "name" => Some("a name changes no result"),
        "batch" | "arrivals" => Some(
            "a sweep reports single inferences; see the reports of `exclusim run` for batches and queues",
        ),
        _ => None,
    }
}

/// The known name most like a written one.
pub(super) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim::jaro_winkler(written, name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
