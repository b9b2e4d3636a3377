//! How many bits the unit's tables need: decisions that integers change, and accuracy.

use serde::Serialize;

use super::super::axis::{Kind, span};
use super::super::canvas::Canvas;
use super::super::legend::{Key, Legend};
use super::super::panel::{Panel, Quantity, aligned, areas};
use super::super::series::Series;
use super::super::style::{MARGIN, MM};
use super::super::{Drawing, Page, PlotError, Results, check_rows};

const HEIGHT: i32 = 52 * MM;

/// One run whose unit has so many bits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    results: String,
    probability_bits: f64,
    threshold_bits: f64,
    samples: f64,
    /// Samples that leave elsewhere than by the float rule.
    flipped_exits: f64,
    /// Samples answered otherwise.
    flipped_answers: f64,
    /// Samples with other numbers of classes alive.
    flipped_survivors: f64,
    accuracy: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    check_rows("results", results.len())?;
    let row = |run: &Results| {
        let bits = run.value("policy.bits", "a policy with arithmetic = \"integer\"")?;
        let bit = |at: usize| {
            let bits = bits.get(at).and_then(serde_json::Value::as_f64);
            bits.ok_or_else(|| run.malformed("policy.bits", &bits.into()))
        };
        let flips =
            |key: &str| run.number_of(&format!("flips.{key}"), "a policy with arithmetic = \"integer\"");
        Ok(Row {
            results: run.name.clone(),
            probability_bits: bit(0)?,
            threshold_bits: bit(1)?,
            samples: run.number("samples")?,
            flipped_exits: flips("exits")?,
            flipped_answers: flips("answers")?,
            flipped_survivors: flips("survivor_counts")?,
            accuracy: run.number("accuracy")?,
        })
    };
    let mut rows = results.iter().map(row).collect::<Result<Vec<_>, PlotError>>()?;
    rows.sort_by(|a, b| a.probability_bits.total_cmp(&b.probability_bits));
    if rows.len() > 1 && rows.iter().all(|row| row.probability_bits == rows[0].probability_bits) {
        let why = format!("all runs have {} bits of a probability", rows[0].probability_bits);
        return Err(PlotError::unfit(why, "give runs of policies that differ in probability_bits"));
    }
    Ok(rows)
}

/// A number of a row.
type Measure = fn(&Row) -> f64;

/// Flips above or beside accuracy, over the bits of a probability.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let looks = Series::several("marks", 4)?;
    let kinds: [(&str, Measure); 3] = [
        ("survivors", |row| row.flipped_survivors),
        ("exit", |row| row.flipped_exits),
        ("answer", |row| row.flipped_answers),
    ];
    let keys: Vec<(Key, &str)> =
        looks.iter().map(|look| Key::Both(*look)).zip(kinds.map(|(name, _)| name)).collect();
    let heading = "Otherwise than the float rule:";
    let legend = Legend::fit(Some(heading), &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let mut areas = areas(page, 2, top + legend.height, HEIGHT);
    let bits = span(rows.iter().map(|row| row.probability_bits), false);
    let share = |count: f64, row: &Row| 100.0 * count / row.samples;
    let shares = rows.iter().flat_map(|row| kinds.map(|(_, of)| share(of(row), row)));
    let x = || Quantity { label: "Bits of a probability", range: bits, kind: Kind::Whole };
    let accuracies = rows.iter().map(|row| 100.0 * row.accuracy);
    let ys = [
        Quantity { label: "Samples decided otherwise (%)", range: span(shares, true), kind: Kind::Linear },
        Quantity { label: "Accuracy (%)", range: span(accuracies, false), kind: Kind::Linear },
    ];
    aligned(&mut areas, &ys)?;
    let panel = Panel::draw(&mut canvas, areas[0], &x(), &ys[0])?;
    for (look, (_, of)) in looks.iter().zip(kinds) {
        let points: Vec<_> =
            rows.iter().map(|row| panel.at(row.probability_bits, share(of(row), row))).collect();
        look.dotted_line(&mut canvas, &points);
    }
    let panel = Panel::draw(&mut canvas, areas[1], &x(), &ys[1])?;
    let points: Vec<_> =
        rows.iter().map(|row| panel.at(row.probability_bits, 100.0 * row.accuracy)).collect();
    looks[0].dotted_line(&mut canvas, &points);
    Ok(canvas.finish(areas[1].bottom))
}
