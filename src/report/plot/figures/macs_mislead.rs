//! What MACs promise and hardware keeps: cycles and energy saved against MACs saved.

use serde::Serialize;

use super::super::axis::{Kind, span};
use super::super::canvas::{Anchor, Canvas};
use super::super::legend::{Key, Legend};
use super::super::panel::{Panel, Quantity, areas};
use super::super::series::{Series, guide};
use super::super::style::{FRAME, MARGIN, MM, PAPER, SMALL_TEXT};
use super::super::{Drawing, Page, PlotError, Results, check_rows};

const HEIGHT: i32 = 74 * MM;
/// Runs that have looks of their own, at most.
const MOST_RUNS: usize = 8;

/// One run, fractions of the plain network's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    results: String,
    arch: String,
    workload: String,
    macs_saved: f64,
    cycles_saved: f64,
    energy_saved: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    check_rows("results", results.len())?;
    let row = |run: &Results| {
        let saved = |quantity: &str| run.number(&format!("{quantity}.saved_net"));
        let results = run.name.clone();
        let (arch, workload) = (run.text("arch")?.to_owned(), run.text("workload")?.to_owned());
        let (macs_saved, cycles_saved, energy_saved) =
            (saved("macs")?, saved("cycles")?, saved("energy_pj")?);
        Ok(Row { results, arch, workload, macs_saved, cycles_saved, energy_saved })
    };
    results.iter().map(row).collect()
}

/// Where a run would lie on the diagonal if MACs told the truth; cycles are filled dots, energies rings.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    // Each run by what tells it apart; a machine by its name where runs are too many for that.
    let many = rows.len() > MOST_RUNS;
    let name = |row: &Row| if many { row.arch.clone() } else { row.results.clone() };
    let mut machines: Vec<String> = rows.iter().map(name).collect();
    machines.sort_unstable();
    machines.dedup();
    let series = Series::several("architectures", machines.len())?;
    let of = |row: &Row| series[machines.iter().position(|known| *known == name(row)).unwrap_or(0)];
    let keys: Vec<(Key, &str)> =
        series.iter().map(|look| Key::Dot(*look)).zip(machines.iter().map(String::as_str)).collect();
    let heading = "Filled: cycles, ringed: energy";
    let legend = Legend::fit(Some(heading), &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let area = areas(page, 1, top + legend.height, HEIGHT)[0];
    let percent = |fraction: f64| 100.0 * fraction;
    let x_values = rows.iter().map(|row| percent(row.macs_saved));
    let y_values =
        rows.iter().flat_map(|row| [row.macs_saved, row.cycles_saved, row.energy_saved]).map(percent);
    let x = Quantity {
        label: "MACs saved (% of the plain network's)",
        range: span(x_values, true),
        kind: Kind::Linear,
    };
    let y =
        Quantity { label: "Cycles, energy saved, net (%)", range: span(y_values, true), kind: Kind::Linear };
    let panel = Panel::draw(&mut canvas, area, &x, &y)?;
    let (low, high) = (x.range.0.max(y.range.0), x.range.1.min(y.range.1));
    guide(&mut canvas, panel.at(low, low), panel.at(high, high));
    let at = panel.at(low + (high - low) * 0.45, low + (high - low) * 0.45);
    let text = "as much as MACs";
    let width = super::super::text::text_width(text, SMALL_TEXT)?;
    canvas.block((at.0 - width - 3 * MM, at.1 - 2 * MM), (at.0 - MM, at.1 + MM / 2), PAPER);
    canvas.text(text, (at.0 - 2 * MM, at.1 - MM * 3 / 4), SMALL_TEXT, Anchor::Right, FRAME);
    for row in rows {
        let (macs, look) = (percent(row.macs_saved), of(row));
        let (cycles, energy) =
            (panel.at(macs, percent(row.cycles_saved)), panel.at(macs, percent(row.energy_saved)));
        canvas.line(cycles, energy, look.colour, 10);
        look.dot(&mut canvas, energy);
        canvas.dot(energy, 38, PAPER);
        look.dot(&mut canvas, cycles);
    }
    Ok(canvas.finish(area.bottom))
}
