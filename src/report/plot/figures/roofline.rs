//! Layers under the roof that the array's size and DRAM's bandwidth build.

use serde::Serialize;

use super::super::axis::{Kind, log_span};
use super::super::canvas::{Anchor, Canvas, Point};
use super::super::legend::{Key, Legend};
use super::super::numbers::three_digits;
use super::super::panel::{Panel, Quantity, areas};
use super::super::results::only;
use super::super::series::Series;
use super::super::style::{INK, MARGIN, MM, SMALL_TEXT};
use super::super::text::text_width;
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
    /// The same in bytes per second.
    dram_bytes_per_s: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let run = only(results, "roofline")?;
    let (_, layers) = layers(run)?;
    let grid = beside(run, &layers)?;
    let (macs, cycles) = (grid.column("macs")?, grid.column("cycles")?);
    let bytes = ["dram_ifmap_bytes", "dram_filter_bytes", "dram_ofmap_bytes"].map(|name| grid.column(name));
    let peak_macs_per_cycle = run.number("machine.macs_per_cycle")?;
    let dram_bytes_per_s = run.number("machine.dram_bytes_per_s")?;
    let dram_bytes_per_cycle = dram_bytes_per_s / run.number("clock_hz")?;
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
                dram_bytes_per_s,
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
    let taken = name_roof(&mut canvas, &rows[0], roof)?;
    let place = |row: &Row| panel.at(row.macs_per_dram_byte.unwrap_or(x.range.1), row.macs_per_cycle);
    for row in rows {
        let look = PARTS.iter().position(|(part, _)| *part == row.part).map_or(looks[0], |at| looks[at + 1]);
        look.dot(&mut canvas, place(row));
    }
    let corner = (panel.x.at(x.range.0), panel.y.at(y.range.1));
    let plane = (corner, (area.right, panel.y.at(y.range.0)));
    name_layers(&mut canvas, rows, place, plane, roof, taken)?;
    Ok(canvas.finish(area.bottom))
}

/// Upper left and lower right corner of a text.
type Place = (Point, Point);

/// Where a text lies whose middle is at a height.
fn place_of(left: i32, middle: i32, width: i32) -> Place {
    let half = SMALL_TEXT * 3 / 5;
    ((left, middle - half), (left + width, middle + half))
}

fn apart(one: &Place, other: &Place) -> bool {
    let ((left, top), (right, bottom)) = *one;
    right < other.0.0 || left > other.1.0 || bottom < other.0.1 || top > other.1.1
}

/// The bandwidth along the slope, the peak on the flat part, each where it has room right of the plane's left edge.
fn name_roof(canvas: &mut Canvas, row: &Row, roof: [Point; 3]) -> Result<Vec<Place>, PlotError> {
    let (from, ridge, end) = (roof[0], roof[1], roof[2]);
    let bandwidth = format!("{} GB/s", three_digits(row.dram_bytes_per_s * 1e-9));
    let peak = format!("{} MACs per cycle", row.peak_macs_per_cycle);
    let beside = ((from.0 + ridge.0) / 2 - MM, (from.1 + ridge.1) / 2 - MM);
    let mut taken = Vec::new();
    for (text, at) in [(bandwidth, beside), (peak, (end.0, end.1 - 3 * MM / 2))] {
        let width = text_width(&text, SMALL_TEXT)?;
        let place = place_of(at.0 - width, at.1, width);
        if place.0.0 > from.0 && taken.iter().all(|other| apart(&place, other)) {
            canvas.text(&text, at, SMALL_TEXT, Anchor::Right, INK);
            taken.push(place);
        }
    }
    Ok(taken)
}

/// Dots nearer than this share a name.
const SAME_DOT: i32 = 2 * MM;
/// Layers that one name has room for; the rest are counted.
const MOST_NAMED: usize = 2;
/// Longer names are left out, as those that a dynamic exporter makes.
const LONGEST_NAME: i32 = 40 * MM;

/// Dots that share a name, and the corner points of the box around them.
struct Group<'a> {
    first: Point,
    around: Place,
    names: Vec<&'a str>,
}

fn groups(rows: &[Row], place: impl Fn(&Row) -> Point) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in rows {
        let (x, y) = place(row);
        let near = |group: &&mut Group<'_>| {
            (group.first.0 - x).abs() < SAME_DOT && (group.first.1 - y).abs() < SAME_DOT
        };
        match groups.iter_mut().find(near) {
            Some(Group { around: (least, most), names, .. }) => {
                *least = (least.0.min(x), least.1.min(y));
                *most = (most.0.max(x), most.1.max(y));
                names.push(&row.layer);
            }
            None => groups.push(Group { first: (x, y), around: ((x, y), (x, y)), names: vec![&row.layer] }),
        }
    }
    groups
}

/// Half the side of what a text keeps clear of around a dot.
const DOT: i32 = MM;

/// Names of layers right or left of their dots, below or above them; those left out that would hide a text, a dot or the roof, or
/// leave the plane.
fn name_layers(
    canvas: &mut Canvas,
    rows: &[Row],
    place: impl Fn(&Row) -> Point,
    (corner, (right, bottom)): Place,
    roof: [Point; 3],
    mut taken: Vec<Place>,
) -> Result<(), PlotError> {
    taken.extend(rows.iter().map(&place).map(|(x, y)| ((x - DOT, y - DOT), (x + DOT, y + DOT))));
    let off_the_roof = |text: &Place| roof.windows(2).all(|line| beside_line(text, line[0], line[1]));
    for Group { around: (least, most), names, .. } in groups(rows, &place) {
        let mut text = names[..names.len().min(MOST_NAMED)].join(", ");
        if names.len() > MOST_NAMED {
            text += &format!(" +{}", names.len() - MOST_NAMED);
        }
        let width = text_width(&text, SMALL_TEXT)?;
        let middle = (i32::midpoint(least.0, most.0), i32::midpoint(least.1, most.1));
        let gap = DOT + MM / 2;
        let centred = middle.0 - width / 2;
        let places = [
            (most.0 + gap, middle.1),
            (least.0 - gap - width, middle.1),
            (centred, most.1 + gap + SMALL_TEXT / 2),
            (centred, least.1 - gap - SMALL_TEXT / 2),
            (middle.0, most.1 + gap + SMALL_TEXT / 2),
            (middle.0 - width, least.1 - gap - SMALL_TEXT / 2),
        ];
        let free = |at: &&Point| {
            let found = place_of(at.0, at.1, width);
            let inside =
                at.0 > corner.0 && at.0 + width <= right && found.0.1 > corner.1 && found.1.1 < bottom;
            inside && off_the_roof(&found) && taken.iter().all(|other| apart(&found, other))
        };
        if let Some(&at) = places.iter().find(free).filter(|_| width <= LONGEST_NAME) {
            canvas.text(&text, at, SMALL_TEXT, Anchor::Left, INK);
            // Two names in a row stand apart.
            taken.push(place_of(at.0 - MM / 2, at.1, width + MM));
        }
    }
    Ok(())
}

/// Whether a line, of points from left to right, passes a text by.
fn beside_line(((left, top), (right, bottom)): &Place, from: Point, to: Point) -> bool {
    let (start, end) = (from.0.max(*left), to.0.min(*right));
    if start > end {
        return true;
    }
    let (run, rise) = (i64::from(to.0 - from.0), i64::from(to.1 - from.1));
    let at = |x: i32| i64::from(from.1) + rise * i64::from(x - from.0) / run.max(1);
    let (one, other) = if run == 0 { (from.1.into(), to.1.into()) } else { (at(start), at(end)) };
    one.max(other) < i64::from(*top) || one.min(other) > i64::from(*bottom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_crosses_a_text_is_found() {
        let text = ((10, 10), (30, 20));
        assert!(!beside_line(&text, (0, 40), (40, 0)), "through it");
        assert!(beside_line(&text, (0, 40), (9, 0)), "left of it");
        assert!(beside_line(&text, (0, 8), (40, 8)) && beside_line(&text, (0, 25), (40, 21)));
        assert!(!beside_line(&text, (20, 0), (20, 12)), "upright, into it");
    }
}
