//! What a reader asks for: every key with its kind, range, default and meaning, recorded while it reads.
//!
//! A reader is the one list of the keys that it knows. To get at that list, it is run on texts whose [`Source`] remembers what
//! was asked: on examples, and again with every name of every closed set, so that keys that go with one of them are seen, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Data, Node, Source, parse, put};

/// A key that a reader knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Names from the root, joined by dots; those of tables in an array follow the array's.
    pub path: String,
    /// What may be written.
    pub is: Is,
    /// What holds where it is left out, as it would be written; `None` where that depends on other keys.
    pub default: Option<String>,
    /// Whether it must be there, wherever its table is.
    pub required: bool,
    /// An example, of a key that must be there.
    pub example: Option<String>,
    /// What it means.
    pub about: &'static str,
}

/// What may be written for a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Is {
    /// A value that the reader looks at itself.
    Any,
    /// A string.
    Text,
    /// A string that can name a folder.
    Name,
    /// `true` or `false`.
    Boolean,
    /// A whole number in a range.
    Integer(u64, u64),
    /// A number in a range.
    Real(f64, f64),
    /// A number with one of some units, as a string.
    Quantity {
        /// The units.
        units: Vec<&'static str>,
        /// An example.
        example: &'static str,
        /// Whether the word `auto` will do.
        or_auto: bool,
    },
    /// One of some names; `documented` are the first names of those that have several.
    Choice {
        /// Every name.
        names: Vec<&'static str>,
        /// Those that are documented.
        documented: Vec<&'static str>,
    },
    /// An array of such values.
    List(Box<Is>),
    /// A table, whose keys are keys of their own here.
    Table,
    /// An array of such tables.
    Tables,
    /// A table whose keys are the user's own.
    Open,
}

/// The keys that were asked for during one reading.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<Vec<Key>>);

impl Asked {
    pub(super) fn add(&self, key: Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(key);
    }

    /// Changes the key that was asked for last under a path.
    pub(super) fn change(&self, path: &str, change: impl FnOnce(&mut Key)) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.iter_mut().rfind(|key| key.path == path) {
            change(key);
        }
    }

    /// Whether any key that was asked for is so.
    pub(super) fn any(&self, is: impl Fn(&Key) -> bool) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(is)
    }

    fn take(&self) -> Vec<Key> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A key and the name that it is set to.
type Setting = (String, &'static str);

/// Every key that a reader knows, in the order in which it asks for them. `examples` are texts that it understands, which
/// between them have every table whose presence decides what else is asked for.
pub fn keys_of(examples: &[&str], read: &dyn Fn(&Node)) -> Vec<Key> {
    let mut runs = Vec::new();
    for example in examples {
        let mut tried = BTreeSet::new();
        let mut waiting: Vec<Vec<Setting>> = vec![Vec::new()];
        while let Some(settings) = waiting.pop() {
            let keys = run(example, &settings, read);
            for key in &keys {
                let Is::Choice { documented, .. } = &key.is else { continue };
                for name in documented {
                    if tried.insert((key.path.clone(), *name)) {
                        let mut more = settings.clone();
                        more.retain(|(path, _)| *path != key.path);
                        more.push((key.path.clone(), name));
                        waiting.push(more);
                    }
                }
            }
            runs.push(keys);
        }
    }
    merged(&runs)
}

fn run(example: &str, settings: &[Setting], read: &dyn Fn(&Node)) -> Vec<Key> {
    let Ok(mut root) = parse("example", example) else { return Vec::new() };
    let source = Arc::new(Source { asked: Some(Asked::default()), ..Source::new("example", example) });
    watched(&mut root, &source);
    for (path, name) in settings {
        let value = Node { data: Data::Text((*name).to_owned()), source: Arc::clone(&source), span: 0..0 };
        // A path through an array of tables leads nowhere, and its names are tried nowhere.
        let _ = put(&mut root, path, &(0..0), &value);
    }
    read(&root);
    source.asked.as_ref().map(Asked::take).unwrap_or_default()
}

/// Lets every node of a tree be of a source.
fn watched(node: &mut Node, source: &Arc<Source>) {
    node.source = Arc::clone(source);
    match &mut node.data {
        Data::Table(table) => table.values_mut().for_each(|(_, node)| watched(node, source)),
        Data::List(items) => items.iter_mut().for_each(|node| watched(node, source)),
        _ => {}
    }
}

/// The table that a key is of.
fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// One list of what several readings asked for.
fn merged(runs: &[Vec<Key>]) -> Vec<Key> {
    let mut all: Vec<Key> = Vec::new();
    let mut at = BTreeMap::new();
    for key in runs.iter().flatten() {
        let place = *at.entry(key.path.clone()).or_insert_with(|| {
            all.push(key.clone());
            all.len() - 1
        });
        let known = &mut all[place];
        if known.is == Is::Any {
            known.is = key.is.clone();
        }
        if known.about.is_empty() {
            known.about = key.about;
        }
        if known.default != key.default {
            known.default = None;
        }
        known.example = known.example.take().or_else(|| key.example.clone());
    }
    for key in &mut all {
        // Asked for and required in every reading that looked into its table.
        let of_table = |run: &&Vec<Key>| run.iter().any(|other| parent(&other.path) == parent(&key.path));
        key.required = runs
            .iter()
            .filter(of_table)
            .all(|run| run.iter().any(|other| other.path == key.path && other.required));
    }
    all
}
