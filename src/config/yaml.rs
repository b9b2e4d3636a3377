//! YAML as the same tree that TOML becomes, so that keys are taken and faults told in one way.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use saphyr::{LoadableYamlNode, MarkedYaml, Marker, Scalar, YamlData};
use saphyr_parser::{Event, Parser};

use super::{Data, Fault, FaultKind, Faults, Node, Source};

/// Deepest nesting that is read: no table has more than a handful, and every level is a call.
const DEEPEST: usize = 64;

/// Parses the first document of a YAML text.
///
/// # Errors
/// A syntax error, a key that stands twice, a text of no document or nested too deep, with its place.
pub fn parse_yaml(name: &str, text: &str) -> Result<Node, Faults> {
    let source = Arc::new(Source::new(name, text));
    let reader = Reader { offsets: text.char_indices().map(|(at, _)| at).collect(), source };
    let fault = |at: Marker, what: &str| {
        let help = "see yaml.org for the syntax; indent with spaces, each key once";
        let fault = Fault::new(format!("not valid YAML: {what}"), help).of(FaultKind::Syntax);
        fault.at(&reader.source, reader.range(at, at), "here")
    };
    if let Some(at) = too_deep(text) {
        return Err(fault(at, "nested too deep").into());
    }
    let documents = MarkedYaml::load_from_str(text).map_err(|error| fault(*error.marker(), error.info()))?;
    let Some(document) = documents.first() else {
        return Err(Fault::new(format!("{name} is empty"), "give a file with one YAML document").into());
    };
    reader.node(document, 0).ok_or_else(|| fault(document.span.start, "nested too deep").into())
}

/// Where collections are nested deeper than is read, seen before anything calls itself; what else is wrong the loader says.
fn too_deep(text: &str) -> Option<Marker> {
    let mut depth = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Some(span.start);
        }
    }
    None
}

struct Reader {
    /// Byte of every character.
    offsets: Vec<usize>,
    source: Arc<Source>,
}

impl Reader {
    fn byte(&self, at: Marker) -> usize {
        self.offsets.get(at.index()).copied().unwrap_or(self.source.text.len())
    }

    fn range(&self, start: Marker, end: Marker) -> Range<usize> {
        let start = self.byte(start);
        start..self.byte(end).max(start)
    }

    /// The node, `None` when it is nested too deep.
    fn node(&self, yaml: &MarkedYaml<'_>, depth: usize) -> Option<Node> {
        if depth > DEEPEST {
            return None;
        }
        let data = match &yaml.data {
            YamlData::Value(scalar) => match scalar {
                Scalar::Null => Data::Other("null"),
                Scalar::Boolean(truth) => Data::Boolean(*truth),
                Scalar::Integer(number) => Data::Integer(*number),
                Scalar::FloatingPoint(number) => Data::Real(number.into_inner()),
                Scalar::String(text) => Data::Text(text.to_string()),
            },
            YamlData::Representation(text, ..) => Data::Text(text.to_string()),
            YamlData::Sequence(items) => {
                Data::List(items.iter().map(|item| self.node(item, depth + 1)).collect::<Option<_>>()?)
            }
            YamlData::Mapping(entries) => {
                let mut table = BTreeMap::new();
                for (key, value) in entries {
                    let Data::Text(name) = self.node(key, depth + 1)?.data else {
                        return Some(self.at(yaml, Data::Other("a table whose keys are no strings")));
                    };
                    let span = self.range(key.span.start, key.span.end);
                    table.insert(name, (span, self.node(value, depth + 1)?));
                }
                Data::Table(table)
            }
            // A tag such as Accelergy's own class names adds nothing that a table of numbers needs.
            YamlData::Tagged(_, inner) => self.node(inner, depth + 1)?.data,
            YamlData::Alias(_) => Data::Other("an alias"),
            YamlData::BadValue => Data::Other("an unreadable value"),
        };
        Some(self.at(yaml, data))
    }

    fn at(&self, yaml: &MarkedYaml<'_>, data: Data) -> Node {
        let span = match data {
            // Where a collection starts is enough: its end may be pages below.
            Data::List(_) | Data::Table(_) => self.range(yaml.span.start, yaml.span.start),
            _ => self.range(yaml.span.start, yaml.span.end),
        };
        Node { data, source: Arc::clone(&self.source), span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_place_in_bytes() {
        let text = "é: 1\nlist:\n  - name: 'a[1..3]'\n    energy: 2.5e-1\n";
        let node = parse_yaml("t", text).unwrap();
        let Data::Table(top) = &node.data else { panic!() };
        let Data::List(items) = &top["list"].1.data else { panic!() };
        let Data::Table(item) = &items[0].data else { panic!() };
        let (_, energy) = &item["energy"];
        assert!(matches!(energy.data, Data::Real(value) if value == 0.25));
        assert_eq!(&text[energy.span.clone()], "2.5e-1");
        assert_eq!(&text[item["energy"].0.clone()], "energy");
        assert!(matches!(&item["name"].1.data, Data::Text(name) if name == "a[1..3]"));
    }

    #[test]
    fn what_is_wrong_is_told_and_nothing_panics() {
        let deep = ["[", "? ", "- "].map(|level| level.repeat(100_000));
        let deep = deep.iter().map(String::as_str);
        for text in ["", "a: 1\na: 2\n", "a: [1"].into_iter().chain(deep) {
            assert!(parse_yaml("t", text).is_err(), "{}", &text[..text.len().min(20)]);
        }
        for text in ["\t- x", "a: &x [*x]", "? [1]\n: 2\n", "!tag {a: !other 1}", "---\n---\n"] {
            let _ = parse_yaml("t", text);
        }
    }
}
