//! JSON for a page: written by hand where numbers must stay the very digits of a table, and escaped so that nothing in it can
//! end the element that it stands in.

use std::fmt::Write;

/// A text as a JSON string.
pub(super) fn string(text: &str) -> String {
    // Text always serializes.
    serde_json::to_string(text).unwrap_or_default()
}

/// Several values as an array.
pub(super) fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// Named values as an object.
pub(super) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let fields = fields.into_iter().map(|(name, value)| format!("{}:{value}", string(name)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// A number in four significant digits; `null` if it is none.
pub(super) fn short(number: f64) -> String {
    if !number.is_finite() {
        return "null".to_owned();
    }
    let rounded: f64 = format!("{number:.3e}").parse().unwrap_or(number);
    format!("{rounded}")
}

/// JSON as it may stand in a `script` element: `<`, `>` and `&` only occur inside strings, where their escapes mean the same;
/// so do the two line ends of Unicode that old scripts end a line at.
pub(super) fn embedded(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing into memory cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

/// A text as it may stand in HTML, in an element or in a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Whether a cell is a number as JSON writes one.
pub(super) fn is_number(cell: &str) -> bool {
    let first = cell.as_bytes().first();
    first.is_some_and(|byte| *byte == b'-' || byte.is_ascii_digit())
        && serde_json::from_str::<serde_json::Number>(cell).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_embedded_is_the_same_and_ends_nothing(text in "[ -~\u{2028}<>&/!\\-a-z]{0,60}") {
            let json = string(&text);
            let embedded = embedded(&json);
            let ends = embedded.contains(['<', '>', '&', '\u{2028}']);
            prop_assert!(!ends);
            prop_assert_eq!(serde_json::from_str::<String>(&embedded).unwrap(), text);
        }
    }

    #[test]
    fn numbers_are_told_from_words() {
        let numbers = ["0", "-1.5", "1e-9", "12345678901234567890"];
        assert!(numbers.iter().all(|cell| is_number(cell)));
        let words = ["", "01", "1.", ".5", "NaN", "inf", "1 GB/s", "0x10", "-", "1e", "true"];
        assert!(words.iter().all(|cell| !is_number(cell)));
        assert_eq!([1.0, 0.123_456, 12_346.0, f64::NAN].map(short), ["1", "0.1235", "12350", "null"]);
    }
}
