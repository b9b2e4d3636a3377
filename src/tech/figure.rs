//! One figure of a technology or device file: a table of its value, its source and how sure that is.

use crate::config::{Data, Fields, Is, Node};
use crate::names::ClosedSet;
use crate::units::Written;

/// How sure a figure is: read in the source, quoted by another, computed from such, from memory, or assumed.
const STATUS: [&str; 5] = ["verified", "secondary", "derived", "recalled", "assumed"];

/// A quantity with its source.
pub(super) fn figure<Q: Written>(fields: &mut Fields<'_>, key: &'static str) -> Option<Q> {
    sourced(fields, key, &format!("\"{}\"", Q::EXAMPLE), |fields| fields.quantity::<Q>("value", 0.0..=1e12))
}

/// A number with its source.
pub(super) fn number(
    fields: &mut Fields<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<f64>,
) -> Option<f64> {
    let example = range.end().min(1.0).to_string();
    sourced(fields, key, &example, |fields| {
        let given = fields.has("value");
        let value = fields.real("value", range, 1.0);
        given.then_some(value)
    })
}

/// A whole number with its source.
pub(super) fn whole(
    fields: &mut Fields<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<u64>,
) -> Option<u64> {
    let example = range.end().to_string();
    sourced(fields, key, &example, |fields| fields.integer_if_any("value", range))
}

/// A name with its source.
pub(super) fn choice<C: ClosedSet>(fields: &mut Fields<'_>, key: &'static str) -> Option<C> {
    let example = format!("\"{}\"", C::documented().first().unwrap_or(&""));
    sourced(fields, key, &example, |fields| fields.choice_if_any("value"))
}

fn sourced<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    example: &str,
    value: impl FnOnce(&mut Fields<'_>) -> Option<T>,
) -> Option<T> {
    if !fields.has(key) && !fields.is_recorded() {
        let example = format!("{{ value = {example}, source = \"...\", status = \"verified\" }}");
        fields.require::<()>(key, &example, None);
        return None;
    }
    let found = fields.table(key, |fields| {
        let given = fields.has("value");
        let found = value(fields.about("The figure"));
        fields.require("value", example, given.then_some(()));
        let source = fields
            .about("Where it is from: author, title, year, table")
            .text("source")
            .filter(|source| !source.trim().is_empty());
        fields.require("source", "\"author, title, year, table\"", source);
        let names = || Is::Choice { names: STATUS.to_vec(), documented: STATUS.to_vec() };
        let status = fields.about("How sure it is").node_of("status", names);
        fields.require("status", "\"verified\"", Some(()));
        let known = |node: &Node| match &node.data {
            Data::Text(text) => STATUS.contains(&text.as_str()),
            _ => false,
        };
        if !status.is_some_and(known) {
            let help = format!("write one of \"{}\"", STATUS.join("\", \""));
            fields.blame(status, format!("the status of `{key}` is missing or not known"), help);
        }
        found
    });
    fields.require(key, "{ value = ..., source = \"...\", status = \"verified\" }", Some(()));
    found
}
