//! How busy the array is: utilization and mapping efficiency of every layer.

use serde::Serialize;

use super::super::bars::{Bar, Stack};
use super::super::numbers::PLAIN;
use super::super::results::only;
use super::super::style::{BAND, INK, SERIES};
use super::super::{Drawing, Page, PlotError, Results};
use super::layers::{beside, layers};

/// One layer of products, fractions from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    layer: String,
    /// `body`, `tail` or `head`.
    part: String,
    /// MACs over cycles times processing elements.
    utilization: f64,
    /// Processing elements in use, averaged over folds.
    mapping_efficiency: Option<f64>,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let results = only(results, "utilization")?;
    let (_, layers) = layers(results)?;
    let grid = beside(results, &layers)?;
    let (utilization, mapping) = (grid.column("utilization")?, grid.column("mapping_efficiency")?);
    let mut rows = Vec::new();
    for layer in layers {
        if let Some(utilization) = utilization.maybe(layer.row)? {
            let mapping_efficiency = mapping.maybe(layer.row)?;
            rows.push(Row { layer: layer.name, part: layer.part, utilization, mapping_efficiency });
        }
    }
    if rows.is_empty() { Err(PlotError::Empty { what: "layers of products" }) } else { Ok(rows) }
}

/// A bar a layer, with a mark where full folds without skew, stalls and set-up would bring it.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let bar = |row: &Row| Bar {
        label: row.layer.clone(),
        shaded: row.part == "head",
        parts: vec![100.0 * row.utilization],
        value: format!("{:.1}", 100.0 * row.utilization),
        mark: row.mapping_efficiency.map(|part| 100.0 * part),
    };
    let bars: Vec<Bar> = rows.iter().map(bar).collect();
    let mut keys = vec![(SERIES[5], "utilization"), (INK, "mark: PEs that folds cover")];
    if bars.iter().any(|bar| bar.shaded) {
        keys.push((BAND, "shaded: heads"));
    }
    let stack = Stack {
        keys,
        axis: "MACs per processing element and cycle (%)",
        unit: PLAIN,
        least: 100.0,
        last: Some(100.0),
        line: None,
    };
    stack.draw(&bars, page)
}
