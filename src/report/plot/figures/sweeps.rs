//! What sweeps vary, and their points.

use super::super::results::{Column, Grid};
use super::super::{PlotError, Results};

/// Columns before the axes of a sweep, and the first one after them.
const BEFORE: [&str; 3] = ["version", "inputs", "point"];
const FIRST_RESULT: &str = "accuracy";

/// The only sweep among results.
pub(super) fn points<'a>(results: &'a [Results], figure: &str) -> Result<&'a Grid, PlotError> {
    super::super::results::only(results, figure)?.grid("points.csv")
}

/// Columns of what a sweep varies.
pub(super) fn axes(grid: &Grid) -> Vec<&str> {
    let axes = grid.header().take_while(|name| *name != FIRST_RESULT);
    axes.filter(|name| !BEFORE.contains(name)).collect()
}

/// A column by its name or by its name without the unit, such as `dram.bandwidth` for `dram.bandwidth_bytes_per_s`.
pub(super) fn named<'a>(grid: &'a Grid, path: &str) -> Option<Column<'a>> {
    let with_unit =
        |name: &&str| *name == path || name.strip_prefix(path).is_some_and(|rest| rest.starts_with('_'));
    let name = axes(grid).into_iter().find(with_unit)?;
    grid.column(name).ok()
}

/// Whether a point runs the plain network, or heads that nobody leaves at: no point of a policy with exits.
pub(super) fn is_baseline(grid: &Grid, row: usize) -> bool {
    let rule = grid.column("policy.rule").ok();
    rule.is_some_and(|rule| matches!(rule.text(row), "no-heads" | "never"))
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
