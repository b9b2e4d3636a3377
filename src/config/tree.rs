//! TOML as a tree whose values know where they were written.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::asked::Asked;
use super::{Fault, FaultKind, Faults};

/// A text and the name it is shown under: a path as the user gave it, or `--set`.
#[derive(Debug)]
pub struct Source {
    /// For messages.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Remembers the keys that a reader asks for, where they are wanted.
    pub(super) asked: Option<Asked>,
}

impl Source {
    /// A text and its name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), asked: None }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub data: Data,
    /// The text it comes from.
    pub source: Arc<Source>,
    /// Bytes of that text.
    pub span: Range<usize>,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub enum Data {
    /// A string.
    Text(String),
    /// An integer of up to 64 bits.
    Integer(i64),
    /// A real number.
    Real(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// An array.
    List(Vec<Node>),
    /// A table: for every key, where the key stands, and its value.
    Table(BTreeMap<String, (Range<usize>, Node)>),
    /// A date or time, which no configuration uses, or an integer beyond 64 bits.
    Other(&'static str),
}

impl Data {
    /// The kind of value, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Boolean(_) => "a boolean",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

impl Node {
    /// A fault at this node.
    #[must_use]
    pub fn fault(
        &self,
        title: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Fault {
        Fault::new(title, help).of(FaultKind::Value).at(&self.source, self.span.clone(), label)
    }
}

/// Parses a TOML text.
///
/// # Errors
/// Every syntax error, with its place.
pub fn parse(name: &str, text: &str) -> Result<Node, Faults> {
    let source = Arc::new(Source::new(name, text));
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut faults = Faults::default();
    // One slip makes the rest of a file look wrong; the first few say where.
    for error in errors.into_iter().take(3) {
        let span = error.span().unwrap_or(0..0);
        let title = format!("not valid TOML: {}", error.message());
        let fault = Fault::new(title, "see toml.io for the syntax; strings need quotes");
        faults.0.push(fault.of(FaultKind::Syntax).at(&source, span, "here"));
    }
    let data = table_of(table.get_ref(), &source);
    faults.none(Node { data, source, span: 0..text.len() })
}

fn table_of(table: &DeTable<'_>, source: &Arc<Source>) -> Data {
    let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        (key.get_ref().to_string(), (key.span(), node_of(value, source)))
    };
    Data::Table(table.iter().map(entry).collect())
}

fn node_of(value: &Spanned<DeValue<'_>>, source: &Arc<Source>) -> Node {
    let data = match value.get_ref() {
        DeValue::String(text) => Data::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Data::Other("an integer beyond 64 bits"), Data::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or(Data::Other("an unreadable number"), Data::Real)
        }
        DeValue::Boolean(truth) => Data::Boolean(*truth),
        DeValue::Datetime(_) => Data::Other("a date"),
        DeValue::Array(items) => Data::List(items.iter().map(|item| node_of(item, source)).collect()),
        DeValue::Table(table) => table_of(table, source),
    };
    Node { data, source: Arc::clone(source), span: value.span() }
}

/// Puts one `key.path=value` of the command line into a tree; a value that is no TOML is taken as a string.
///
/// # Errors
/// An assignment without `=`, an empty key, or a path that leads through a value.
pub fn set(root: &mut Node, assignment: &str) -> Result<(), Faults> {
    let Some((path, value)) = assignment.split_once('=') else {
        let help = "write --set key.path=value, for example --set array.rows=32";
        return Err(Fault::new(format!("--set {assignment}: no `=` in it"), help).into());
    };
    let (path, value) = (path.trim(), value.trim());
    // A bare word is a string: `--set array.dataflow=os` needs no quotes. So is a quantity such as 64 KiB.
    let right = if DeTable::parse(&format!("v = {value}")).is_ok() {
        value.to_owned()
    } else {
        one_key(assignment, value)?;
        toml::Value::String(value.to_owned()).to_string()
    };
    let mut over = parse(&format!("--set {assignment}"), &format!("{path} = {right}")).map_err(|_| {
        Fault::new(
            format!("--set {assignment}: `{path}` is not a key path"),
            "write names joined by dots, such as array.rows",
        )
    })?;
    merge(root, &mut over);
    Ok(())
}

/// Refuses `a.b=1,c.d=2`.
fn one_key(assignment: &str, value: &str) -> Result<(), Fault> {
    let is_key = |text: &str| {
        let parts = text.trim().split('.');
        text.contains('.')
            && parts
                .clone()
                .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    };
    let more = |part: &str| part.split_once('=').is_some_and(|(path, _)| is_key(path));
    if !value.split(',').skip(1).any(more) {
        return Ok(());
    }
    let each: Vec<String> = assignment.split(',').map(|part| format!("--set {}", part.trim())).collect();
    Err(Fault::new(
        format!("--set {assignment} sets several keys"),
        format!("write it per key: {}", each.join(" ")),
    ))
}

/// Puts a value into a tree as if it had been written there, under names joined by dots.
///
/// A number steps into a list that is there, counted from 1. `span` is where the path was written in the source of
/// `value`.
///
/// # Errors
/// An entry that a list does not have.
pub fn put(root: &mut Node, path: &str, span: &Range<usize>, value: &Node) -> Result<(), Fault> {
    let mut at = root;
    for part in path.split('.') {
        let entry = part.parse::<usize>().ok().filter(|_| matches!(at.data, Data::List(_)));
        if !matches!(at.data, Data::Table(_) | Data::List(_))
            || (entry.is_none() && matches!(at.data, Data::List(_)))
        {
            // A path leads on through a value: the value gives way to a table, as it does for `--set`.
            *at = Node {
                data: Data::Table(BTreeMap::new()),
                source: Arc::clone(&value.source),
                span: span.clone(),
            };
        }
        at = match (&mut at.data, entry) {
            (Data::List(items), Some(entry)) => {
                let length = items.len();
                let found = entry.checked_sub(1).and_then(|entry| items.get_mut(entry));
                found.ok_or_else(|| {
                    let title = format!("`{path}` names entry {entry} of a list of {length}");
                    let fault = Fault::new(title, format!("entries are counted from 1 to {length}"));
                    fault.of(FaultKind::Value).at(&value.source, span.clone(), "no such entry")
                })?
            }
            (Data::Table(table), _) => {
                let empty = || Node {
                    data: Data::Table(BTreeMap::new()),
                    source: Arc::clone(&value.source),
                    span: span.clone(),
                };
                &mut table.entry(part.to_owned()).or_insert_with(|| (span.clone(), empty())).1
            }
            _ => return Ok(()),
        };
    }
    *at = value.clone();
    Ok(())
}

/// Overlays `over` on `under`: tables key by key, everything else whole.
fn merge(under: &mut Node, over: &mut Node) {
    if let (Data::Table(below), Data::Table(above)) = (&mut under.data, &mut over.data) {
        for (key, (span, mut node)) in std::mem::take(above) {
            match below.get_mut(&key) {
                Some((_, old)) if matches!((&old.data, &node.data), (Data::Table(_), Data::Table(_))) => {
                    merge(old, &mut node);
                }
                _ => {
                    below.insert(key, (span, node));
                }
            }
        }
    }
}
