//! The values of an axis: a list, a range, powers of two, or files.

use crate::config::{Data, Faults, Fields, Node};
use crate::units::in_base_unit;

/// Words that say that a table writes values and does not hold further keys.
pub(super) const FORMS: [&str; 6] = ["from", "to", "step", "powers_of_two", "same_as", "files"];

/// The values that a node writes for the axis `path`; `None` after a fault.
pub(super) fn of(path: &str, node: &Node, faults: &mut Faults) -> Option<Vec<Node>> {
    match &node.data {
        Data::List(items) => Some(items.clone()),
        Data::Table(_) => {
            let before = faults.0.len();
            let mut fields = Fields::new(node, path, faults);
            let [from, to, step, powers, files] = [
                ("from", "First value of a range"),
                ("to", "Last value of a range"),
                ("step", "From one value of a range to the next"),
                ("powers_of_two", "First and last of values that double"),
                ("files", "Files, by a pattern"),
            ]
            .map(|(key, meaning)| fields.about(meaning).node(key).cloned());
            fields.finish();
            if faults.0.len() > before {
                return None;
            }
            let found = match (from, to, step, powers, files) {
                (Some(from), Some(to), step, None, None) => range(&from, &to, step.as_ref()),
                (None, None, None, Some(powers), None) => powers_of_two(&powers),
                (None, None, None, None, Some(files)) => list(&files),
                _ => None,
            };
            if found.is_none() {
                let title = format!("`{path}` is no list of values that can be read");
                faults.0.push(node.fault(title, "this axis", HELP));
            }
            found
        }
        other => {
            let title = format!("`{path}` is {}, not a list of values", other.kind());
            faults.0.push(node.fault(title, "this value", HELP));
            None
        }
    }
}

const HELP: &str = "write [8, 16], { from = 1, to = 16, step = 5 }, { from = \"1 GB/s\", to = \"4 GB/s\", step = \"1 GB/s\" }, { powers_of_two = [\"16 KiB\", \"256 KiB\"] }, { files = [\"a.toml\"] } or { same_as = \"array.rows\" }";

fn list(node: &Node) -> Option<Vec<Node>> {
    match &node.data {
        Data::List(items) if items.iter().all(|item| matches!(item.data, Data::Text(_))) => {
            Some(items.clone())
        }
        _ => None,
    }
}

/// A number as it was written: its value in the unit it was written in, that unit, and a factor to the base unit.
struct Number {
    value: f64,
    whole: bool,
    unit: String,
    factor: f64,
    base: &'static str,
}

impl Number {
    fn read(node: &Node) -> Option<Self> {
        let plain = |value: f64, whole| Self { value, whole, unit: String::new(), factor: 1.0, base: "" };
        match &node.data {
            #[expect(clippy::cast_precision_loss, reason = "values of axes are far below 2^53")]
            Data::Integer(number) => Some(plain(*number as f64, true)),
            Data::Real(number) if number.is_finite() => Some(plain(*number, false)),
            Data::Text(text) => {
                let (number, base) = in_base_unit(text)?;
                let (one, _) = in_base_unit(&format!("1{}", unit_of(text)))?;
                let unit = unit_of(text).to_owned();
                Some(Self { value: number / one, whole: false, unit, factor: one, base })
            }
            _ => None,
        }
    }

    /// This number's value in the unit of another; `None` for bytes in hertz.
    fn in_unit_of(&self, other: &Self) -> Option<f64> {
        (self.base == other.base).then(|| self.value * (self.factor / other.factor))
    }

    /// A node of another value, written in the same way at the same place.
    fn write(&self, value: f64, place: &Node) -> Node {
        // Sums of decimals carry noise in their last digits; twelve are more than anybody writes.
        let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
        let data = if !self.unit.is_empty() {
            Data::Text(format!("{rounded} {}", self.unit))
        } else if self.whole && rounded.fract() == 0.0 && rounded.abs() < 9e15 {
            #[expect(clippy::cast_possible_truncation, reason = "whole, and in range")]
            Data::Integer(rounded as i64)
        } else {
            Data::Real(rounded)
        };
        Node { data, ..place.clone() }
    }
}

/// The unit of a quantity's text.
fn unit_of(text: &str) -> &str {
    text.trim().trim_start_matches(|c: char| c.is_ascii_digit() || ".+-_ eE".contains(c))
}

/// Most values that a range may make: what an axis may have, and one more to be told so.
const MOST: u32 = 100_001;

fn range(from: &Node, to: &Node, step: Option<&Node>) -> Option<Vec<Node>> {
    let (first, last) = (Number::read(from)?, Number::read(to)?);
    let step = match step {
        Some(node) => Number::read(node)?.in_unit_of(&first)?,
        None => 1.0,
    };
    let last = last.in_unit_of(&first)?;
    if !(step.is_finite() && step > 0.0) {
        return None;
    }
    // The end belongs to the range, whatever the rounding of its steps.
    let end = last + 1e-9 * step;
    let value = |n: u32| first.value + f64::from(n) * step;
    let values = (0..MOST).map(value).take_while(|value| *value <= end);
    let write = Number { whole: first.whole && step.fract() == 0.0, ..Number::read(from)? };
    Some(values.map(|value| write.write(value, from)).collect())
}

fn powers_of_two(bounds: &Node) -> Option<Vec<Node>> {
    let Data::List(bounds) = &bounds.data else { return None };
    let [from, to] = bounds.as_slice() else { return None };
    let (first, last) = (Number::read(from)?, Number::read(to)?.in_unit_of(&Number::read(from)?)?);
    if first.value <= 0.0 {
        return None;
    }
    let values = std::iter::successors(Some(first.value), |value| Some(2.0 * value));
    Some(values.take_while(|value| *value <= last).map(|value| first.write(value, from)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(written: &str) -> Vec<String> {
        let tree = crate::config::parse("space.toml", &format!("axis = {written}")).unwrap();
        let Data::Table(table) = &tree.data else { panic!() };
        let mut faults = Faults::default();
        let found = of("axis", &table["axis"].1, &mut faults).unwrap_or_default();
        assert_eq!(found.is_empty(), !faults.0.is_empty());
        let text = |node: &Node| match &node.data {
            Data::Text(text) => text.clone(),
            Data::Integer(number) => number.to_string(),
            Data::Real(number) => number.to_string(),
            other => other.kind().to_owned(),
        };
        found.iter().map(text).collect()
    }

    #[test]
    fn ranges_end_where_they_say() {
        assert_eq!(texts("{ from = 1, to = 11, step = 5 }"), ["1", "6", "11"]);
        assert_eq!(texts("{ from = 1, to = 3 }"), ["1", "2", "3"]);
        assert_eq!(texts("{ from = 0.1, to = 0.5, step = 0.1 }"), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(
            texts("{ from = \"1 GB/s\", to = \"2 GB/s\", step = \"500 MB/s\" }"),
            ["1 GB/s", "1.5 GB/s", "2 GB/s"]
        );
    }

    #[test]
    fn powers_of_two_double() {
        assert_eq!(texts("{ powers_of_two = [8, 40] }"), ["8", "16", "32"]);
        assert_eq!(texts("{ powers_of_two = [\"512 B\", \"2 KiB\"] }"), ["512 B", "1024 B", "2048 B"]);
    }

    #[test]
    fn what_makes_no_values_is_told() {
        let all = ["7", "{ from = 1 }", "{ from = 1, to = 5, step = 0 }", "{ from = 1, to = \"5 B\" }"];
        let units = [
            "{ from = \"1 GB/s\", to = \"2 GHz\", step = \"1 GB/s\" }",
            "{ powers_of_two = [\"1 B\", \"1 s\"] }",
        ];
        for wrong in [&all[..], &units, &["{ powers_of_two = [0, 8] }", "{ files = [1] }"]].concat() {
            assert!(texts(wrong).is_empty(), "{wrong}");
        }
    }
}
