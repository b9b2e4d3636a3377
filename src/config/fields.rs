//! Taking the keys of a table, one by one, each with its default.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use super::{Data, Fault, FaultKind, Faults, Node, Source};
use crate::names::ClosedSet;
use crate::units::{self, Written};

/// A quantity that is written, or left to the tool with the word `auto`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OrAuto<Q> {
    /// Left to the tool.
    Auto,
    /// Written.
    Given(Q),
}

/// The keys of one table, while they are taken.
///
/// Take every key with one of the methods, then call [`Fields::finish`]. A method returns the default when the key
/// is absent or faulty; faults are collected, so that all are told at once.
pub struct Fields<'a> {
    path: String,
    keys: BTreeMap<String, (Range<usize>, &'a Node)>,
    source: Arc<Source>,
    span: Range<usize>,
    asked: Vec<&'static str>,
    taken: BTreeMap<&'static str, &'a Node>,
    /// Keys that were told to hold something wrong: they are not missing, too.
    wrong: BTreeSet<&'static str>,
    faults: &'a mut Faults,
}

impl<'a> Fields<'a> {
    /// The keys of `node`, which is named `path` in messages (empty for the whole file).
    pub fn new(node: &'a Node, path: &str, faults: &'a mut Faults) -> Self {
        let mut keys = BTreeMap::new();
        if let Data::Table(table) = &node.data {
            keys.extend(table.iter().map(|(key, (span, value))| (key.clone(), (span.clone(), value))));
        } else {
            let title = format!("`{path}` is {}, not a table", node.data.kind());
            faults.0.push(node.fault(title, "not a table", format!("write [{path}] and its keys below")));
        }
        Self {
            path: path.to_owned(),
            keys,
            source: Arc::clone(&node.source),
            span: node.span.clone(),
            asked: Vec::new(),
            taken: BTreeMap::new(),
            wrong: BTreeSet::new(),
            faults,
        }
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.push(key);
        let (_, node) = self.keys.remove(key)?;
        self.taken.insert(key, node);
        Some(node)
    }

    /// Adds a fault about what a key holds.
    fn wrong(&mut self, node: &Node, key: &'static str, found: &str, help: String) {
        self.wrong.insert(key);
        let title = format!("`{}` {found}", self.full(key));
        self.faults.0.push(node.fault(title, "this value", help));
    }

    /// Adds a fault at a key that was read well but does not go with the rest.
    pub fn blame(&mut self, node: Option<&Node>, title: String, help: String) {
        let fault = match node {
            Some(node) => node.fault(title, "this value", help),
            None => {
                Fault::new(title, help).of(FaultKind::Value).at(&self.source, self.start(), "in this table")
            }
        };
        self.faults.0.push(fault);
    }

    fn start(&self) -> Range<usize> {
        self.span.start..self.span.start
    }

    /// The node of a key that was taken already, to blame it for what does not go with the rest.
    #[must_use]
    pub fn given(&self, key: &str) -> Option<&'a Node> {
        self.taken.get(key).copied()
    }

    /// The raw node of a key, for nested tables and cross-checks; asked for again it is gone.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.take(key)
    }

    /// A key without a default.
    pub fn require<T>(&mut self, key: &'static str, example: &str, found: Option<T>) -> Option<T> {
        if found.is_none() && !self.wrong.contains(key) {
            let title = format!("`{}` is missing", self.full(key));
            let fault = Fault::new(title, format!("add {key} = {example}")).of(FaultKind::MissingKey);
            self.faults.0.push(fault.at(&self.source, self.start(), "in this table"));
        }
        found
    }

    /// A string.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        let node = self.take(key)?;
        if let Data::Text(text) = &node.data {
            return Some(text.clone());
        }
        self.wrong(
            node,
            key,
            &format!("is {}, not a string", node.data.kind()),
            format!("write {key} = \"...\""),
        );
        None
    }

    /// A name that can be part of a path: letters, digits, `.`, `_` and `-`, not beginning with `.`.
    pub fn name(&mut self, key: &'static str) -> Option<String> {
        let node = self.keys.get(key).map(|(_, node)| *node);
        let name = self.text(key)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if !name.is_empty() && !name.starts_with('.') && name.chars().all(plain) {
            return Some(name);
        }
        if let Some(node) = node {
            let help = "use letters, digits, `.`, `_` and `-`, not beginning with `.`".to_owned();
            self.wrong(node, key, &format!("is `{name}`, which cannot name a folder"), help);
        }
        None
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str, default: bool) -> bool {
        let Some(node) = self.take(key) else { return default };
        if let Data::Boolean(truth) = node.data {
            return truth;
        }
        self.wrong(
            node,
            key,
            &format!("is {}, not a boolean", node.data.kind()),
            format!("write {key} = {default}"),
        );
        default
    }

    /// An integer in a range.
    pub fn integer(&mut self, key: &'static str, range: RangeInclusive<u64>, default: u64) -> u64 {
        self.integer_if_any(key, range).unwrap_or(default)
    }

    /// An integer in a range, when the key is there.
    pub fn integer_if_any(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let node = self.take(key)?;
        let help = format!("write a whole number from {} to {}", range.start(), range.end());
        let found = match &node.data {
            Data::Integer(number) => match u64::try_from(*number) {
                Ok(number) if range.contains(&number) => return Some(number),
                _ => format!("is {number}, out of range"),
            },
            other => format!("is {}, not an integer", other.kind()),
        };
        self.wrong(node, key, &found, help);
        None
    }

    /// A real number in a range; an integer will do.
    pub fn real(&mut self, key: &'static str, range: RangeInclusive<f64>, default: f64) -> f64 {
        let Some(node) = self.take(key) else { return default };
        self.real_of(node, key, range).unwrap_or(default)
    }

    fn real_of(&mut self, node: &Node, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let number = match node.data {
            Data::Real(number) => number,
            Data::Integer(number) => f64::from(i32::try_from(number).unwrap_or(i32::MAX)),
            _ => {
                let found = format!("is {}, not a number", node.data.kind());
                self.wrong(
                    node,
                    key,
                    &found,
                    format!("write a number from {} to {}", range.start(), range.end()),
                );
                return None;
            }
        };
        if range.contains(&number) {
            return Some(number);
        }
        let help = format!("write a number from {} to {}", range.start(), range.end());
        self.wrong(node, key, &format!("is {number}, out of range"), help);
        None
    }

    /// A list of real numbers, each in a range.
    pub fn reals(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<Vec<f64>> {
        let node = self.take(key)?;
        let Data::List(items) = &node.data else {
            self.wrong(
                node,
                key,
                &format!("is {}, not an array", node.data.kind()),
                format!("write {key} = [0.1, 0.2]"),
            );
            return None;
        };
        items.iter().map(|item| self.real_of(item, key, range.clone())).collect()
    }

    /// A list of booleans.
    pub fn booleans(&mut self, key: &'static str) -> Option<Vec<bool>> {
        let read = |node: &Node| if let Data::Boolean(truth) = node.data { Some(truth) } else { None };
        self.list(key, "booleans", "[true, false]", read)
    }

    /// A list of strings.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        let read = |node: &Node| if let Data::Text(text) = &node.data { Some(text.clone()) } else { None };
        self.list(key, "strings", "[\"...\"]", read)
    }

    fn list<T>(
        &mut self,
        key: &'static str,
        what: &str,
        example: &str,
        read: impl Fn(&Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let node = self.take(key)?;
        let items = if let Data::List(items) = &node.data { items.iter().map(read).collect() } else { None };
        if items.is_none() {
            self.wrong(node, key, &format!("is not an array of {what}"), format!("write {key} = {example}"));
        }
        items
    }

    /// A quantity with its unit, in a range given in the base unit.
    pub fn quantity<Q: Written>(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<Q> {
        let node = self.take(key)?;
        let [found, help] = match &node.data {
            Data::Text(text) => match units::parse::<Q>(text) {
                Ok(quantity) if range.contains(&quantity.base()) => return Some(quantity),
                Ok(_) => {
                    let bound =
                        |value: f64| Q::from_base(value).map_or_else(|| value.to_string(), Q::written);
                    let [least, most] = [*range.start(), *range.end()].map(bound);
                    [format!("is `{text}`, out of range"), format!("write {least} to {most}")]
                }
                Err([found, help]) => [format!("cannot be read: {found}"), help],
            },
            Data::Integer(_) | Data::Real(_) => {
                let units = Q::UNITS.iter().map(|unit| unit.0).collect::<Vec<_>>().join(", ");
                ["has no unit".into(), format!("write a string like \"{}\"; units: {units}", Q::EXAMPLE)]
            }
            other => [format!("is {}, not a quantity", other.kind()), format!("write \"{}\"", Q::EXAMPLE)],
        };
        self.wrong(node, key, &found, help);
        None
    }

    /// A quantity, or the word `auto` where the tool works it out.
    pub fn quantity_or_auto<Q: Written>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<f64>,
    ) -> Option<OrAuto<Q>> {
        let written = self.keys.get(key).map(|(_, node)| &node.data);
        if matches!(written, Some(Data::Text(text)) if text == "auto") {
            self.take(key);
            return Some(OrAuto::Auto);
        }
        let before = self.faults.0.len();
        let found = self.quantity(key, range).map(OrAuto::Given);
        for fault in &mut self.faults.0[before..] {
            fault.help += ", or \"auto\"";
        }
        found
    }

    /// One of a closed set of names.
    pub fn choice<C: ClosedSet>(&mut self, key: &'static str, default: C) -> C {
        self.choice_if_any(key).unwrap_or(default)
    }

    /// One of a closed set of names, when the key is there.
    pub fn choice_if_any<C: ClosedSet>(&mut self, key: &'static str) -> Option<C> {
        let node = self.take(key)?;
        let names = C::documented();
        let Data::Text(text) = &node.data else {
            let found = format!("is {}, not a name", node.data.kind());
            self.wrong(node, key, &found, format!("write one of \"{}\"", names.join("\", \"")));
            return None;
        };
        let known = C::from_name(text);
        if known.is_none() {
            let help = format!("write one of \"{}\"", names.join("\", \""));
            self.wrong(node, key, &format!("is `{text}`, which is not known"), help);
        }
        known
    }

    /// A nested table, read by `read`; an absent one is read as empty, so that its defaults hold.
    pub fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Fields<'_>) -> T) -> T {
        let path = self.full(key);
        let found = self.take(key).cloned();
        let node = found.unwrap_or_else(|| Node {
            data: Data::Table(BTreeMap::new()),
            source: Arc::clone(&self.source),
            span: self.start(),
        });
        if !matches!(node.data, Data::Table(_)) {
            self.wrong.insert(key);
        }
        let mut inner = Fields::new(&node, &path, self.faults);
        let value = read(&mut inner);
        inner.finish();
        value
    }

    /// A nested table, when it is there.
    pub fn table_if_any<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        if self.has(key) {
            return Some(self.table(key, read));
        }
        self.asked.push(key);
        None
    }

    /// A nested table whose keys are the user's own, in the order they were written; empty when it is absent.
    pub fn open_table(&mut self, key: &'static str) -> Vec<(&'a str, &'a Node)> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let Data::Table(table) = &node.data else {
            let found = format!("is {}, not a table", node.data.kind());
            self.wrong(node, key, &found, format!("write [{}] and keys below", self.full(key)));
            return Vec::new();
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(_, (span, _))| span.start);
        entries.into_iter().map(|(key, (_, node))| (key.as_str(), node)).collect()
    }

    /// The tables of an array of tables (`[[key]]`), each read by `read`; none when it is absent.
    pub fn tables<T>(&mut self, key: &'static str, read: impl Fn(&mut Fields<'_>) -> T) -> Vec<T> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let Data::List(items) = &node.data else {
            let found = format!("is {}, not an array of tables", node.data.kind());
            self.wrong(node, key, &found, format!("write [[{}]] and keys below", self.full(key)));
            return Vec::new();
        };
        let path = self.full(key);
        let each = items.iter().map(|item| {
            let mut inner = Fields::new(item, &path, self.faults);
            let value = read(&mut inner);
            inner.finish();
            value
        });
        each.collect()
    }

    /// Whether the key is there and not taken yet.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// Faults every key that nobody asked for, with the nearest known one.
    pub fn finish(self) {
        for (key, (span, node)) in &self.keys {
            let nearest = self
                .asked
                .iter()
                .map(|known| (strsim::jaro_winkler(key, known), *known))
                .filter(|(likeness, _)| *likeness > 0.75)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let help = match nearest {
                Some((_, known)) => format!("did you mean `{known}`?"),
                None => format!("known keys: {}", self.asked.join(", ")),
            };
            let title = format!("unknown key `{}`", self.full(key));
            let fault = Fault::new(title, help).of(FaultKind::UnknownKey);
            self.faults.0.push(fault.at(&node.source, span.clone(), "not a key of this table"));
        }
    }
}
