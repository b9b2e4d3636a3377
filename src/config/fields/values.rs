//! Values of keys, by kind: each with what is wrong with another, and what to write instead.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::Fields;
use crate::config::asked::Is;
use crate::config::{Data, Node};
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

fn quantity_of<Q: Written>(or_auto: bool) -> Is {
    Is::Quantity { units: Q::UNITS.iter().map(|(unit, _)| *unit).collect(), example: Q::EXAMPLE, or_auto }
}

impl Fields<'_> {
    /// A string.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        self.ask(key, || Is::Text);
        self.text_of(key)
    }

    fn text_of(&mut self, key: &'static str) -> Option<String> {
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
        self.ask(key, || Is::Name);
        let node = self.keys.get(key).map(|(_, node)| *node);
        let name = self.text_of(key)?;
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
        self.ask(key, || Is::Boolean);
        self.defaults_to(key, || default.to_string());
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
        let found = self.integer_if_any(key, range);
        self.defaults_to(key, || default.to_string());
        found.unwrap_or(default)
    }

    /// An integer in a range, when the key is there.
    pub fn integer_if_any(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        self.ask(key, || Is::Integer(*range.start(), *range.end()));
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
        self.ask(key, || Is::Real(*range.start(), *range.end()));
        self.defaults_to(key, || default.to_string());
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
        self.ask(key, || Is::List(Box::new(Is::Real(*range.start(), *range.end()))));
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
        self.ask(key, || Is::List(Box::new(Is::Boolean)));
        self.list(key, "booleans", "[true, false]", read)
    }

    /// A list of strings.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        let read = |node: &Node| if let Data::Text(text) = &node.data { Some(text.clone()) } else { None };
        self.ask(key, || Is::List(Box::new(Is::Text)));
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
        self.ask(key, || quantity_of::<Q>(false));
        self.quantity_in(key, range)
    }

    fn quantity_in<Q: Written>(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<Q> {
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
        self.ask(key, || quantity_of::<Q>(true));
        let written = self.keys.get(key).map(|(_, node)| &node.data);
        if matches!(written, Some(Data::Text(text)) if text == "auto") {
            self.take(key);
            return Some(OrAuto::Auto);
        }
        let before = self.faults.0.len();
        let found = self.quantity_in(key, range).map(OrAuto::Given);
        for fault in &mut self.faults.0[before..] {
            fault.help += ", or \"auto\"";
        }
        found
    }

    /// One of a closed set of names.
    pub fn choice<C: ClosedSet>(&mut self, key: &'static str, default: C) -> C {
        let found = self.choice_if_any(key);
        self.defaults_to(key, || format!("\"{}\"", default.documented_name()));
        found.unwrap_or(default)
    }

    /// One of a closed set of names, when the key is there.
    pub fn choice_if_any<C: ClosedSet>(&mut self, key: &'static str) -> Option<C> {
        self.ask(key, || {
            let names = C::NAMES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
            Is::Choice { names, documented: C::documented() }
        });
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

    /// One of a set of names that the type itself knows how to read.
    pub fn named<T: FromStr + Display>(
        &mut self,
        key: &'static str,
        names: &'static [&'static str],
        default: T,
    ) -> T {
        self.ask(key, || Is::Choice { names: names.to_vec(), documented: names.to_vec() });
        self.defaults_to(key, || format!("\"{default}\""));
        let Some(node) = self.take(key) else { return default };
        let help = format!("write one of \"{}\"", names.join("\", \""));
        let Data::Text(text) = &node.data else {
            self.wrong(node, key, &format!("is {}, not a name", node.data.kind()), help);
            return default;
        };
        match text.parse() {
            Ok(value) => value,
            Err(_) => {
                self.wrong(node, key, &format!("is `{text}`, which is not known"), help);
                default
            }
        }
    }
}
