//! Layers under the roof that the array's size and DRAM's bandwidth build.

use serde::Serialize;

use super::super::axis::{Kind, log_span};
use super::super::canvas::Canvas;
use super::super::legend::{Key, Legend};
use super::super::panel::{Panel, Quantity, areas};
use super::super::results::only;
use super::super::series::Series;
use super::super::style::{INK, MARGIN, MM};
use super::super::{Drawing, Page, PlotError, Results};
use super::layers::{beside, layers};

const HEIGHT: i32 = 68 * MM;
const PARTS: [(&str, &str); 3] = [("body", "body"), ("tail", "classifier"), ("head", "heads")];

/// One layer of products.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    layer: String,
    /// `body`, `tail` or `head`.
    part: String,
    macs_per_cycle: f64,
    /// Nothing where no byte crosses.
    macs_per_dram_byte: Option<f64>,
    /// The roof's flat part, MACs per cycle.
    peak_macs_per_cycle: f64,
    /// The roof's slope, bytes per cycle.
    dram_bytes_per_cycle: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let run = only(results, "roofline")?;
    let (_, layers) = layers(run)?;
    let grid = beside(run, &layers)?;
    let (macs, cycles) = (grid.column("macs")?, grid.column("cycles")?);
    let bytes = ["dram_ifmap_bytes", "dram_filter_bytes", "dram_ofmap_bytes"].map(|name| grid.column(name));
    let peak_macs_per_cycle = run.number("machine.macs_per_cycle")?;
    let dram_bytes_per_cycle = run.number("machine.dram_bytes_per_s")? / run.number("clock_hz")?;
    let mut rows = Vec::new();
    for layer in layers {
        let (macs, cycles) = (macs.number(layer.row)?, cycles.number(layer.row)?);
        let mut moved = 0.0;
        for column in &bytes {
            moved += column.as_ref().map_err(Clone::clone)?.maybe(layer.row)?.unwrap_or(0.0);
        }
        if macs > 0.0 && cycles > 0.0 {
            let macs_per_dram_byte = (moved > 0.0).then(|| macs / moved);
            let (layer, part, macs_per_cycle) = (layer.name, layer.part, macs / cycles);
            let row = Row {
                layer,
                part,
                macs_per_cycle,
                macs_per_dram_byte,
                peak_macs_per_cycle,
                dram_bytes_per_cycle,
            };
            rows.push(row);
        }
    }
    if rows.is_empty() { Err(PlotError::Empty { what: "layers of products" }) } else { Ok(rows) }
}

/// Both axes logarithmic; a layer without DRAM traffic stands at the right edge.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let looks = Series::several("parts", 4)?;
    let keys: Vec<(Key, &str)> = [looks[1], looks[2], looks[3]]
        .into_iter()
        .zip(PARTS)
        .filter(|(_, (part, _))| rows.iter().any(|row| row.part == *part))
        .map(|(look, (_, name))| (Key::Dot(look), name))
        .collect();
    let legend = Legend::fit(None, &keys, canvas.width - 2 * MARGIN)?;
    legend.draw(&mut canvas, (MARGIN, top));
    let area = areas(page, 1, top + legend.height, HEIGHT)[0];
    let (peak, slope) = (rows[0].peak_macs_per_cycle, rows[0].dram_bytes_per_cycle);
    let ridge = peak / slope;
    let right = rows.iter().filter_map(|row| row.macs_per_dram_byte).fold(ridge * 4.0, f64::max);
    let intensities = rows.iter().filter_map(|row| row.macs_per_dram_byte);
    let none = rows.iter().any(|row| row.macs_per_dram_byte.is_none());
    let x = Quantity {
        label: if none { "MACs per DRAM byte (at the edge: none moved)" } else { "MACs per DRAM byte" },
        range: log_span(intensities.chain([ridge / 4.0, right])),
        kind: Kind::Logarithmic,
    };
    let rates = rows.iter().map(|row| row.macs_per_cycle).chain([peak * 1.5]);
    let y = Quantity { label: "MACs per cycle", range: log_span(rates), kind: Kind::Logarithmic };
    let panel = Panel::draw(&mut canvas, area, &x, &y)?;
    // Where the slope enters the plane: at its left edge or at its floor.
    let start = x.range.0.max(y.range.0 / slope);
    let roof = [panel.at(start, start * slope), panel.at(ridge, peak), panel.at(x.range.1, peak)];
    canvas.path(roof.to_vec(), INK, 35);
    for row in rows {
        let look = PARTS.iter().position(|(part, _)| *part == row.part).map_or(looks[0], |at| looks[at + 1]);
        look.dot(&mut canvas, panel.at(row.macs_per_dram_byte.unwrap_or(x.range.1), row.macs_per_cycle));
    }
    Ok(canvas.finish(area.bottom))
}
