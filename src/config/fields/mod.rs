//! Taking the keys of a table, one by one, each with its default.

mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::asked::{Is, Key};
use super::{Data, Fault, FaultKind, Faults, Node, Source};
pub use values::OrAuto;

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
    /// Other names of keys, and what to write instead.
    otherwise: &'static [(&'static str, &'static str)],
    /// What the next key means.
    about: &'static str,
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
            otherwise: &[],
            about: "",
            faults,
        }
    }

    /// Says what to write instead of keys that this table does not have, but that people may look for in it.
    pub fn otherwise(&mut self, names: &'static [(&'static str, &'static str)]) {
        self.otherwise = names;
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Says what the next key means, for schemas and for files that are begun.
    pub fn about(&mut self, meaning: &'static str) -> &mut Self {
        self.about = meaning;
        self
    }

    /// Whether somebody wants to know every key that is asked for, whatever is written.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.source.asked.is_some()
    }

    /// Records that a key is asked for, where somebody wants to know.
    fn ask(&mut self, key: &str, is: impl FnOnce() -> Is) {
        let about = std::mem::take(&mut self.about);
        if let Some(asked) = &self.source.asked {
            let path = self.full(key);
            asked.add(Key { path, is: is(), default: None, required: false, example: None, about });
        }
    }

    /// Records what holds where a key is left out.
    fn defaults_to(&self, key: &str, default: impl FnOnce() -> String) {
        if let Some(asked) = &self.source.asked {
            asked.change(&self.full(key), |key| key.default = Some(default()));
        }
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
        let key = self.full(key);
        let title = format!("`{key}` {found}");
        self.faults.0.push(node.fault(title, "this value", help).of_key(key));
    }

    /// Adds a fault at a key that was read well but does not go with the rest.
    pub fn blame(&mut self, node: Option<&Node>, title: String, help: String) {
        let fault = match node {
            Some(node) => {
                let key = self.taken.iter().find(|(_, taken)| std::ptr::eq(**taken, node));
                Fault {
                    key: key.map(|(key, _)| self.full(key).into()),
                    ..node.fault(title, "this value", help)
                }
            }
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
        self.node_of(key, || Is::Any)
    }

    /// The raw node of a key, of which the reader looks at what may be written itself.
    pub fn node_of(&mut self, key: &'static str, is: impl FnOnce() -> Is) -> Option<&'a Node> {
        self.ask(key, is);
        self.take(key)
    }

    /// A key without a default.
    pub fn require<T>(&mut self, key: &'static str, example: &str, found: Option<T>) -> Option<T> {
        if let Some(asked) = &self.source.asked {
            asked.change(&self.full(key), |key| {
                key.required = true;
                key.example = Some(example.to_owned());
            });
        }
        if found.is_none() && !self.wrong.contains(key) {
            let title = format!("`{}` is missing", self.full(key));
            let fault = Fault::new(title, format!("add {key} = {example}")).of(FaultKind::MissingKey);
            let fault = fault.of_key(self.full(key));
            self.faults.0.push(fault.at(&self.source, self.start(), "in this table"));
        }
        found
    }

    /// A nested table, read by `read`; an absent one is read as empty, so that its defaults hold.
    pub fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Fields<'_>) -> T) -> T {
        self.ask(key, || Is::Table);
        let path = self.full(key);
        let found = self.take(key).cloned();
        let node = found.unwrap_or_else(|| self.nothing());
        if !matches!(node.data, Data::Table(_)) {
            self.wrong.insert(key);
        }
        let mut inner = Fields::new(&node, &path, self.faults);
        let value = read(&mut inner);
        inner.finish();
        if let Some(asked) = &self.source.asked {
            let inside = format!("{path}.");
            let needed = asked.any(|key| key.required && key.path.starts_with(&inside));
            asked.change(&path, |key| key.required = needed);
        }
        value
    }

    /// A table without keys.
    fn nothing(&self) -> Node {
        Node { data: Data::Table(BTreeMap::new()), source: Arc::clone(&self.source), span: self.start() }
    }

    fn empty_table<T>(&mut self, key: &str, read: &impl Fn(&mut Fields<'_>) -> T) -> T {
        let (node, path) = (self.nothing(), self.full(key));
        read(&mut Fields::new(&node, &path, self.faults))
    }

    /// A nested table, when it is there.
    pub fn table_if_any<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        // Where its keys are wanted, a table that is not there is read for them.
        if !self.has(key) && !self.is_recorded() {
            self.asked.push(key);
            return None;
        }
        let there = self.has(key);
        let found = self.table(key, read);
        if let Some(asked) = &self.source.asked {
            asked.change(&self.full(key), |key| key.required = false);
        }
        there.then_some(found)
    }

    /// A nested table whose keys are the user's own, in the order they were written; empty when it is absent.
    pub fn open_table(&mut self, key: &'static str) -> Vec<(&'a str, &'a Node)> {
        self.ask(key, || Is::Open);
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
        self.ask(key, || Is::Tables);
        let Some(node) = self.take(key) else {
            if self.is_recorded() {
                let _ = self.empty_table(key, &read);
            }
            return Vec::new();
        };
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
            let other = self.otherwise.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
            let help = match nearest {
                _ if other.is_some() => other.map_or_else(String::new, |(_, meant)| (*meant).to_owned()),
                Some((_, known)) => format!("did you mean `{known}`?"),
                None => format!("known keys: {}", self.asked.join(", ")),
            };
            let full = self.full(key);
            let fault =
                Fault::new(format!("unknown key `{full}`"), help).of(FaultKind::UnknownKey).of_key(full);
            self.faults.0.push(fault.at(&node.source, span.clone(), "not a key of this table"));
        }
    }
}
