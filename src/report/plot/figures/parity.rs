//! The model against machines and tools that it should equal: cycles of theirs and of ours.

use serde::Serialize;

use super::super::axis::{Kind, log_span, span};
use super::super::canvas::Canvas;
use super::super::legend::{Key, Legend};
use super::super::panel::{Panel, Quantity, areas};
use super::super::results::{PARITY, only};
use super::super::series::{Series, guide};
use super::super::style::{MARGIN, MM};
use super::super::{Drawing, Page, PlotError, Results, Width};

/// Height of planes beside each other, and of those below each other.
const HEIGHT: i32 = 62 * MM;
const LOWER: i32 = 46 * MM;
/// More sources than this share a plane.
const MOST_PLANES: usize = 4;

/// One case that both counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// What the model is compared with.
    source: String,
    case: String,
    /// Cycles of the source.
    reference_cycles: u64,
    /// Cycles of the model.
    model_cycles: u64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let grid = only(results, "parity")?.grid(PARITY)?;
    let (source, case) = (grid.column("source")?, grid.column("case")?);
    let (reference, model) = (grid.column("reference_cycles")?, grid.column("model_cycles")?);
    let row = |at| {
        let (reference_cycles, model_cycles) = (reference.count(at)?, model.count(at)?);
        let (source, case) = (source.text(at).to_owned(), case.text(at).to_owned());
        Ok(Row { source, case, reference_cycles, model_cycles })
    };
    grid.rows("cases")?.map(row).collect()
}

/// A plane a source of ratios over the reference's cycles, the same axes for all: on a diagonal differences of a few percent are
/// not to be seen. The legend
/// counts the cases and how many differ.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let mut sources: Vec<&str> = rows.iter().map(|row| row.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    let looks = Series::several("sources", sources.len())?;
    let of = |source: &str| rows.iter().filter(move |row| row.source == source).collect::<Vec<_>>();
    let counted = |source: &&str| {
        let cases = of(source);
        let differ = cases.iter().filter(|row| row.reference_cycles != row.model_cycles).count();
        format!("{source}: {} cases, {differ} differ", cases.len())
    };
    let names: Vec<String> = sources.iter().map(counted).collect();
    let keys: Vec<(Key, &str)> =
        looks.iter().map(|look| Key::Dot(*look)).zip(names.iter().map(String::as_str)).collect();
    let legend = Legend::fit(None, &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let planes = if sources.len() > MOST_PLANES { 1 } else { sources.len() };
    let height = if planes > 1 && page.width == Width::OneColumn { LOWER } else { HEIGHT };
    let areas = areas(page, planes as i32, top + legend.height, height);
    let real = |count: u64| crate::units::real(count.max(1));
    let range = log_span(rows.iter().map(|row| real(row.reference_cycles)));
    let x = Quantity { label: "Cycles of the reference", range, kind: Kind::Logarithmic };
    let ratio = |row: &Row| real(row.model_cycles) / real(row.reference_cycles);
    // Around 1 at least so far: equal counts are a line in the middle, not a point.
    let ratios = span(rows.iter().map(ratio).chain([0.9, 1.1]), false);
    let y = Quantity { label: "Cycles of the model / reference", range: ratios, kind: Kind::Linear };
    for (i, area) in areas.iter().enumerate() {
        let panel = Panel::draw(&mut canvas, *area, &x, &y)?;
        guide(&mut canvas, panel.at(range.0, 1.0), panel.at(range.1, 1.0));
        let here = looks.iter().zip(&sources).skip(i).take(if planes > 1 { 1 } else { sources.len() });
        for (look, source) in here {
            for row in of(source) {
                look.dot(&mut canvas, panel.at(real(row.reference_cycles), ratio(row)));
            }
        }
    }
    Ok(canvas.finish(areas[areas.len() - 1].bottom))
}
