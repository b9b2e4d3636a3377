//! A file to start from: every key of an architecture with what it means, those of another file set, the rest as comments.

use std::collections::BTreeMap;

use super::{Format, keys};
use crate::config::{Data, Is, Key, Node};

/// What an architecture file is begun with.
pub struct Begun<'a> {
    /// Its name.
    pub name: &'a str,
    /// What the file that it is like is called, for the first line.
    pub like: &'a str,
    /// Values that the file sets, by path, as TOML; see [`Begun::values_of`].
    pub values: BTreeMap<String, String>,
}

impl Begun<'_> {
    /// The values that a file sets, by path, as TOML.
    #[must_use]
    pub fn values_of(node: &Node) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        gather(node, "", &mut values);
        values
    }
}

fn gather(node: &Node, path: &str, values: &mut BTreeMap<String, String>) {
    let Data::Table(table) = &node.data else {
        values.insert(path.to_owned(), written(&node.data));
        return;
    };
    for (key, (_, node)) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        gather(node, &path, values);
    }
}

/// A value as TOML.
fn written(data: &Data) -> String {
    match data {
        Data::Text(text) => quoted(text),
        Data::Integer(number) => number.to_string(),
        Data::Real(number) => format!("{number:?}"),
        Data::Boolean(truth) => truth.to_string(),
        Data::List(items) => {
            let items: Vec<String> = items.iter().map(|item| written(&item.data)).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Table(_) | Data::Other(_) => "\"\"".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The text of an architecture file.
#[must_use]
pub fn begin(begun: &Begun<'_>) -> String {
    let keys = keys(Format::Arch);
    let mut text = comment(&format!(
        "An architecture, begun like {}. Keys that are commented out show their defaults, or an example. \
         `exclusim schema arch` has all of them for editors.",
        begun.like
    ));
    let is_table = |key: &&Key| key.is == Is::Table;
    for key in keys.iter().filter(|key| !key.path.contains('.') && !is_table(key)) {
        text += &entry(key, &key.path, begun);
    }
    for table in keys.iter().filter(|key| !key.path.contains('.') && is_table(key)) {
        let inside = format!("{}.", table.path);
        let used = begun.values.keys().any(|path| path.starts_with(&inside));
        // A table whose presence says something is not opened for its defaults.
        let open = used || !keys.iter().any(|key| key.path.starts_with(&inside) && key.required);
        text += &format!("\n{}{}[{}]\n", comment(table.about), if open { "" } else { "# " }, table.path);
        for key in keys.iter().filter(|key| !is_table(key)) {
            if let Some(inner) = key.path.strip_prefix(&inside) {
                text += &entry(key, inner, begun);
            }
        }
    }
    text
}

/// A key with what it means and its value, or what might stand there as a comment.
fn entry(key: &Key, name: &str, begun: &Begun<'_>) -> String {
    let mut about = key.about.to_owned();
    if let Is::Choice { documented, .. } = &key.is {
        about += &format!(" ({})", documented.join(", "));
    }
    let line = match begun.values.get(&key.path) {
        _ if key.path == "name" => format!("name = {}", quoted(begun.name)),
        Some(value) => format!("{name} = {value}"),
        None => format!("# {name} = {}", sample(key)),
    };
    format!("{}{line}\n", comment(&about))
}

/// What may stand for a key that is left out.
fn sample(key: &Key) -> String {
    key.default.clone().or_else(|| key.example.clone()).unwrap_or_else(|| match &key.is {
        Is::Quantity { or_auto: true, .. } => quoted("auto"),
        Is::Quantity { example, .. } => quoted(example),
        Is::Choice { documented, .. } => quoted(documented.first().unwrap_or(&"")),
        Is::Integer(least, _) => least.to_string(),
        Is::Real(_, most) => format!("{most:?}"),
        Is::Boolean => "false".to_owned(),
        _ => quoted("..."),
    })
}

/// A text as comment lines.
fn comment(text: &str) -> String {
    const WIDTH: usize = 100;
    let (mut lines, mut line) = (String::new(), String::from("#"));
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            lines += &format!("{line}\n");
            line = String::from("#");
        }
        line += &format!(" {word}");
    }
    lines + &format!("{line}\n")
}
