//! JSON Schema of a format, for editors.

use serde_json::{Map, Value, json};

use super::{Format, keys};
use crate::config::{Is, Key};

/// The schema of a format, draft 2020-12.
#[must_use]
pub fn schema(format: Format) -> Value {
    let keys = keys(format);
    let mut root = table(&keys, "");
    if let Value::Object(root) = &mut root {
        root.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        root.insert("title".into(), format!("exclusim {}", format.name()).into());
    }
    root
}

/// The table of all keys directly below a path.
fn table(keys: &[Key], path: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let parent = |key: &Key| key.path.rsplit_once('.').map_or("", |(parent, _)| parent) == path;
    for key in keys.iter().filter(|key| parent(key)) {
        let name = key.path.rsplit('.').next().unwrap_or_default();
        properties.insert(name.to_owned(), property(keys, key));
        if key.required {
            required.push(name);
        }
    }
    let mut found = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        found["required"] = json!(required);
    }
    found
}

fn property(keys: &[Key], key: &Key) -> Value {
    let mut found = match &key.is {
        Is::Table => table(keys, &key.path),
        Is::Tables => json!({ "type": "array", "items": items(keys, &key.path) }),
        other => value(other),
    };
    if !key.about.is_empty() {
        found["description"] = key.about.into();
    }
    if let Some(default) = key.default.as_deref().and_then(as_json) {
        found["default"] = default;
    }
    found
}

/// A table of an array; one of which the reader asks for no keys may have any.
fn items(keys: &[Key], path: &str) -> Value {
    let inner = format!("{path}.");
    if keys.iter().any(|key| key.path.starts_with(&inner)) {
        table(keys, path)
    } else {
        json!({ "type": "object" })
    }
}

fn value(is: &Is) -> Value {
    match is {
        Is::Any | Is::Table | Is::Tables => json!({}),
        Is::Text => json!({ "type": "string" }),
        Is::Name => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]*$" }),
        Is::Boolean => json!({ "type": "boolean" }),
        Is::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Is::Real(least, most) => json!({ "type": "number", "minimum": least, "maximum": most }),
        Is::Quantity { units, example, or_auto } => {
            let units = units.join("|");
            let number = format!("\\s*[-+]?[0-9._]+([eE][-+]?[0-9]+)?\\s*({units})\\s*");
            let pattern = if *or_auto { format!("^(auto|{number})$") } else { format!("^{number}$") };
            json!({ "type": "string", "pattern": pattern, "examples": [example] })
        }
        Is::Choice { names, .. } => json!({ "enum": names }),
        Is::List(of) => json!({ "type": "array", "items": value(of) }),
        Is::Open => json!({ "type": "object" }),
    }
}

/// A TOML value as JSON.
fn as_json(text: &str) -> Option<Value> {
    let table: toml::Table = toml::from_str(&format!("v = {text}")).ok()?;
    serde_json::to_value(table.get("v")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Kind, text};
    use crate::names::ClosedSet;

    /// As much of a validator as these schemas need.
    fn faults(schema: &Value, value: &toml::Value, path: &str, found: &mut Vec<String>) {
        match value {
            toml::Value::Table(table) => {
                for (name, value) in table {
                    let path = format!("{path}.{name}");
                    match schema["properties"].get(name) {
                        Some(inner) => faults(inner, value, &path, found),
                        None if schema["additionalProperties"] == false => found.push(path),
                        None => {}
                    }
                }
                for name in schema["required"].as_array().into_iter().flatten() {
                    if !table.contains_key(name.as_str().unwrap()) {
                        found.push(format!("{path}.{name} is missing"));
                    }
                }
            }
            toml::Value::Array(items) => {
                items.iter().for_each(|item| faults(&schema["items"], item, path, found));
            }
            other => {
                let allowed = match (&schema["enum"], &schema["type"]) {
                    (Value::Array(names), _) => {
                        other.as_str().is_some_and(|text| names.contains(&text.into()))
                    }
                    (_, Value::String(kind)) => match kind.as_str() {
                        "string" => other.is_str(),
                        "integer" => other.is_integer(),
                        "number" => other.is_float() || other.is_integer(),
                        "boolean" => other.is_bool(),
                        _ => false,
                    },
                    _ => true,
                };
                if !allowed {
                    found.push(format!("{path} = {other}"));
                }
            }
        }
    }

    #[test]
    fn every_shipped_file_fits_its_schema() {
        let pairs = [
            (Kind::Arch, Format::Arch),
            (Kind::Technology, Format::Tech),
            (Kind::Workload, Format::Workload),
            (Kind::Sweep, Format::Sweep),
        ];
        for (kind, format) in pairs {
            let schema = schema(format);
            for name in kind.names() {
                let text = text(kind.shipped(name).unwrap(), "file").unwrap();
                let mut found = Vec::new();
                faults(&schema, &toml::from_str(&text).unwrap(), "", &mut found);
                assert!(found.is_empty(), "{name}: {found:?}");
            }
        }
    }

    #[test]
    fn what_is_wrong_does_not_fit() {
        let schema = schema(Format::Arch);
        let mut found = Vec::new();
        let text = "name = \"a\"\n[sram]\nx = 1\n[array]\nrows = \"16\"\ncols = 16\ndataflow = \"rs\"\n";
        faults(&schema, &toml::from_str(text).unwrap(), "", &mut found);
        for wrong in [".sram", ".array.rows = \"16\"", ".array.dataflow = \"rs\"", ".\"memory\" is missing"] {
            assert!(found.iter().any(|fault| fault == wrong), "{wrong}: {found:?}");
        }
    }

    #[test]
    fn every_format_has_keys_with_kinds_and_defaults() {
        for format in Format::ALL {
            let text = schema(format).to_string();
            assert!(text.len() > 500 && text.contains("\"description\""), "{format}");
        }
        let rows = &schema(Format::Arch)["properties"]["array"]["properties"]["rows"];
        assert_eq!((&rows["minimum"], &rows["type"]), (&1.into(), &"integer".into()));
        assert!(Format::from_name("lock").is_some());
    }
}
