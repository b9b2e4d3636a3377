//! Where the time goes: cycles of every layer by cause.

use plotters::style::RGBColor;
use serde::Serialize;

use super::super::bars::{Bar, Stack, folded};
use super::super::numbers::{short, unit};
use super::super::results::only;
use super::super::style::{BAND, cause};
use super::super::{Drawing, Page, PlotError, Results};
use super::layers::layers;
use crate::count::Cause;
use crate::units::real;

/// Cycles of one layer for one cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    layer: String,
    /// `body`, `tail` or `head`.
    part: String,
    cause: &'static str,
    cycles: u64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let (grid, layers) = layers(only(results, "cycles-by-cause")?)?;
    let mut rows = Vec::new();
    for cause in Cause::ALL {
        let column = grid.column(&format!("{}_cycles", cause.name()))?;
        for layer in &layers {
            let cycles = column.count(layer.row)?;
            rows.push(Row {
                layer: layer.name.clone(),
                part: layer.part.clone(),
                cause: cause.name(),
                cycles,
            });
        }
    }
    // Layer by layer, causes within; layers without any cycle have nothing to show.
    let count = layers.len();
    let busy = |i: usize| (0..Cause::ALL.len()).any(|c| rows[c * count + i].cycles > 0);
    let kept =
        (0..count).filter(|&i| busy(i)).flat_map(|i| (0..Cause::ALL.len()).map(move |c| c * count + i));
    let kept: Vec<Row> = kept.map(|at| rows[at].clone()).collect();
    if kept.is_empty() { Err(PlotError::Zero { what: "cycles" }) } else { Ok(kept) }
}

/// A bar a layer from top to bottom, its cycles stacked by cause.
///
/// Causes that never occur are left out of the legend. The number beside a bar is its total in cycles.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let layers: Vec<&[Row]> = rows.chunks(Cause::ALL.len()).collect();
    let shown: Vec<usize> =
        (0..Cause::ALL.len()).filter(|&c| layers.iter().any(|layer| layer[c].cycles > 0)).collect();
    let bar = |layer: &&[Row]| {
        // A sum of floats cannot overflow.
        let parts: Vec<f64> = shown.iter().map(|&c| real(layer[c].cycles)).collect();
        let value = short(parts.iter().sum());
        Bar { label: layer[0].layer.clone(), shaded: layer[0].part == "head", parts, value, mark: None }
    };
    let bars = folded(layers.iter().map(bar).collect(), short);
    let (unit, note) = unit(bars.iter().map(|bar| bar.parts.iter().sum()).fold(0.0, f64::max));
    let causes = shown.iter().map(|&c| (cause(Cause::ALL[c]), Cause::ALL[c].name()));
    let stack = Stack {
        keys: causes.chain(heads_key(&bars)).collect(),
        axis: &format!("Cycles of an inference that runs to the end{note}"),
        unit,
        least: 0.0,
        last: None,
        line: None,
    };
    stack.draw(&bars, page)
}

/// What the shaded band means, where there is one.
pub(super) fn heads_key(bars: &[Bar]) -> Option<(RGBColor, &'static str)> {
    bars.iter().any(|bar| bar.shaded).then_some((BAND, "shaded rows: exclusion heads"))
}
