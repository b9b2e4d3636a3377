//! A tree as key paths and values, to tell two configurations apart.

use std::collections::BTreeMap;

use super::{Data, Node};

/// Every value of a tree under its key path, such as `array.rows`, after a prefix; arrays are one value.
#[must_use]
pub fn flat(node: &Node, prefix: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    gather(node, prefix, &mut values);
    values
}

fn gather(node: &Node, path: &str, values: &mut BTreeMap<String, String>) {
    if let Data::Table(table) = &node.data {
        for (key, (_, node)) in table {
            gather(node, &format!("{path}.{key}"), values);
        }
    } else {
        values.insert(path.to_owned(), value(&node.data));
    }
}

fn value(data: &Data) -> String {
    match data {
        Data::Text(text) => text.clone(),
        Data::Integer(number) => number.to_string(),
        Data::Real(number) => number.to_string(),
        Data::Boolean(truth) => truth.to_string(),
        Data::List(items) => {
            let items: Vec<_> = items.iter().map(|item| value(&item.data)).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Table(table) => {
            let entries = table.iter().map(|(key, (_, node))| format!("{key} = {}", value(&node.data)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Data::Other(kind) => (*kind).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nested_keys_become_paths() {
        let text = "a = 1\nb = [true, 2.5, { c = \"x\" }]\n[d.e]\nf = \"64 KiB\"\n";
        let flat = super::flat(&crate::config::parse("t", text).expect("valid TOML"), "arch");
        let lines: Vec<_> = flat.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(lines, ["arch.a=1", "arch.b=[true, 2.5, { c = x }]", "arch.d.e.f=64 KiB"]);
    }
}
