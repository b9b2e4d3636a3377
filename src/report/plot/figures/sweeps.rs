//! The sweep among results, and how its axes are called in print.

use super::super::numbers::whole_or_three_digits;
use super::super::points::Points;
use super::super::{PlotError, Results};

/// The only sweep among results.
pub(super) fn points<'a>(results: &'a [Results], figure: &str) -> Result<&'a Points, PlotError> {
    super::super::results::only(results, figure)?.points()
}

/// An axis at one of its values, in a unit that suits it: a file without folder and ending.
pub(super) fn setting(column: &str, text: &str) -> String {
    let Ok(value) = text.parse::<f64>() else {
        let name = text.rsplit('/').next().unwrap_or(text);
        return format!("{column} {}", name.strip_suffix(".toml").unwrap_or(text));
    };
    let (label, size) = axis_label(column, value);
    match label.strip_suffix(')').and_then(|label| label.split_once(" (")) {
        Some((path, unit)) if size != 1.0 || !unit.contains(' ') => {
            format!("{path} {} {unit}", whole_or_three_digits(value / size))
        }
        _ => format!("{column} {text}"),
    }
}

/// An axis's name in print, with its unit, and what its values are divided by.
pub(super) fn axis_label(column: &str, most: f64) -> (String, f64) {
    let units: [(&str, &[(f64, &str)]); 4] = [
        ("_bytes_per_s", &[(1e6, "MB/s"), (1e9, "GB/s")]),
        ("_bytes", &[(1.0, "B"), (1024.0, "KiB"), (1024.0 * 1024.0, "MiB")]),
        ("_hz", &[(1.0, "Hz"), (1e6, "MHz"), (1e9, "GHz")]),
        ("_s", &super::super::numbers::TIME),
    ];
    for (suffix, sizes) in units {
        if let Some(path) = column.strip_suffix(suffix) {
            let (size, unit) = super::super::numbers::scaled(most, sizes);
            return (format!("{path} ({unit})"), size);
        }
    }
    let unit = match column {
        "array.rows" | "array.cols" => " (processing elements)",
        "control.layer_setup" | "control.decision" => " (cycles)",
        _ => "",
    };
    (format!("{column}{unit}"), 1.0)
}
