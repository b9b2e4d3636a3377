//! How many classes are alive after every head, and which ones it excludes.

use serde::Serialize;

use super::super::axis::Kind;
use super::super::canvas::{Anchor, Canvas};
use super::super::heat::{Cell, Heat};
use super::super::panel::{BETWEEN, Panel, Quantity, areas};
use super::super::results::only;
use super::super::style::{INK, MARGIN, MM, PAPER, SERIES, SMALL_TEXT, shade};
use super::super::{Drawing, Page, PlotError, Results, Width};
use super::exit_map::percent;
use crate::simulate::percentile;
use crate::units::real;

/// Height of the boxes, which stretch to that of the map beside them.
const HEIGHT: i32 = 62 * MM;
const MOST_HEIGHT: i32 = 100 * MM;
/// Half the width of a box, in heads.
const HALF_BOX: f64 = 0.3;
/// The narrowest box, as a part of that.
const LEAST_BOX: f64 = 0.1;

/// One head: classes alive over the samples that reach it; with a class, how many of those lose it there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// From 1.
    head: u64,
    /// Samples that reach it.
    reached: u64,
    /// Empty in the head's row of quantiles.
    class: Option<String>,
    p5: Option<f64>,
    p25: Option<f64>,
    p50: Option<f64>,
    p75: Option<f64>,
    p95: Option<f64>,
    mean: Option<f64>,
    /// Samples for which the head rules the class out.
    excluded: Option<u64>,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let results = only(results, "survivors")?;
    results.check_heads()?;
    let (samples, classes) = (results.grid("samples.csv")?, results.classes()?);
    let heads = results.list("exits")?.len().saturating_sub(1);
    let mut rows = Vec::new();
    let mut reached = vec![0_u64; heads];
    for head in 1..=heads {
        let column = samples.column(&format!("survivors_{head}"))?;
        let mut alive = Vec::new();
        for row in samples.rows("samples")? {
            alive.extend(column.maybe(row)?);
        }
        alive.sort_by(f64::total_cmp);
        reached[head - 1] = alive.len() as u64;
        let mean = (!alive.is_empty()).then(|| alive.iter().sum::<f64>() / real(alive.len() as u64));
        let [p5, p25, p50, p75, p95] = [5, 25, 50, 75, 95].map(|percent| percentile(&alive, percent));
        let (head, reached) = (head as u64, reached[head - 1]);
        rows.push(Row { head, reached, class: None, p5, p25, p50, p75, p95, mean, excluded: None });
    }
    if rows.iter().all(|row| row.reached == 0) {
        return Err(PlotError::Empty { what: "heads that are on" });
    }
    let excluded = excluded(results, &classes, &reached)?;
    if excluded.iter().all(|row| row.excluded == Some(0)) {
        let why = "no head excludes a class: all are alive throughout";
        return Err(PlotError::unfit(why, "give a run whose policy excludes classes"));
    }
    rows.extend(excluded);
    Ok(rows)
}

/// One row per head that is reached and a class.
fn excluded(results: &Results, classes: &[String], reached: &[u64]) -> Result<Vec<Row>, PlotError> {
    let grid = results.grid("excluded.csv")?;
    let (head, class, excluded) = (grid.column("head")?, grid.column("class")?, grid.column("excluded")?);
    let mut rows = Vec::new();
    for row in grid.rows("heads")? {
        let number = head.count(row)?;
        let reached = usize::try_from(number).ok().and_then(|head| reached.get(head.wrapping_sub(1)));
        let name = usize::try_from(class.count(row)?).ok().and_then(|class| classes.get(class));
        let (Some(reached), Some(name)) = (reached, name) else {
            let why = "excluded.csv and the summary are not of one run";
            return Err(PlotError::unfit(why, "write the results again: exclusim run"));
        };
        let (class, excluded) = (Some(name.clone()), Some(excluded.count(row)?));
        let [p5, p25, p50, p75, p95, mean] = [None; 6];
        if *reached > 0 {
            rows.push(Row { head: number, reached: *reached, class, p5, p25, p50, p75, p95, mean, excluded });
        }
    }
    Ok(rows)
}

/// Boxes of quartiles with whiskers to 5 and 95 %; beside them how often each head excludes each class.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let (mut canvas, top) = Canvas::titled(page)?;
    let (boxes, cells): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.class.is_none());
    let heat = heat(&cells);
    let across = (canvas.width - 2 * MARGIN - BETWEEN) / 2;
    let height = match page.width {
        Width::TwoColumns => heat.height(across).clamp(HEIGHT, MOST_HEIGHT),
        Width::OneColumn => HEIGHT,
    };
    let areas = areas(page, 2, top, height);
    let heads = real(boxes.len() as u64);
    let most = boxes.iter().filter_map(|row| row.p95).fold(1.0, f64::max);
    let x = Quantity { label: "Head", range: (0.4, heads + 0.6), kind: Kind::Whole };
    let label = "Classes alive (5, 25, 50, 75, 95 %; dot: mean; width: samples)";
    let y = Quantity { label, range: (0.0, most * 1.08), kind: Kind::Whole };
    let panel = Panel::draw(&mut canvas, areas[0], &x, &y)?;
    let most = boxes.iter().map(|row| row.reached).max().unwrap_or(1).max(1);
    for row in &boxes {
        quartiles(&mut canvas, &panel, row, real(row.reached) / real(most));
    }
    let bottom = heat.draw(&mut canvas, (areas[1].left, areas[1].right), areas[1].top)?;
    let lower = match page.width {
        Width::TwoColumns => bottom.max(areas[0].bottom),
        Width::OneColumn => bottom,
    };
    Ok(canvas.finish(lower + MM))
}

/// A box whose width goes with the part of the samples that reach the head, so that few do not look like many.
fn quartiles(canvas: &mut Canvas, panel: &Panel, row: &Row, reached: f64) {
    let half = HALF_BOX * reached.max(LEAST_BOX);
    let head = real(row.head);
    let [Some(p5), Some(p25), Some(p50), Some(p75), Some(p95)] = [row.p5, row.p25, row.p50, row.p75, row.p95]
    else {
        let at = panel.at(head, 0.0);
        canvas.text("off", (at.0, at.1 - 2 * MM), SMALL_TEXT, Anchor::Middle, INK);
        return;
    };
    let (middle, low) = panel.at(head, p5);
    canvas.line((middle, low), (middle, panel.y.at(p95)), INK, 18);
    let (left, right) = (panel.x.at(head - half), panel.x.at(head + half));
    for whisker in [p5, p95] {
        let y = panel.y.at(whisker);
        canvas.line(((left + middle) / 2, y), ((right + middle) / 2, y), INK, 18);
    }
    canvas.block((left, panel.y.at(p75)), (right, panel.y.at(p25)), SERIES[5]);
    canvas.frame((left, panel.y.at(p75)), (right, panel.y.at(p25)), INK, 12);
    canvas.line((left, panel.y.at(p50)), (right, panel.y.at(p50)), INK, 40);
    if let Some(mean) = row.mean {
        canvas.dot(panel.at(head, mean), 55, PAPER);
        canvas.dot(panel.at(head, mean), 42, INK);
    }
}

/// One column per head, one row per class: in what part of the samples that reach it the head rules the class out.
fn heat(cells: &[&Row]) -> Heat<'static> {
    let first = cells.first().map_or(0, |row| row.head);
    let classes: Vec<String> =
        cells.iter().take_while(|row| row.head == first).filter_map(|row| row.class.clone()).collect();
    let columns: Vec<&[&Row]> = cells.chunks(classes.len().max(1)).collect();
    let cell = |row: &Row| {
        let share = real(row.excluded.unwrap_or(0)) / real(row.reached);
        Some(Cell { shade: shade(share), value: format!("{:.0}", 100.0 * share), marked: false })
    };
    Heat {
        cells: (0..classes.len()).map(|c| columns.iter().map(|head| cell(head[c])).collect()).collect(),
        rows: classes,
        columns: columns.iter().map(|head| head[0].head.to_string()).collect(),
        row_axis: "Class",
        column_axis: "Head (% of samples reaching it that lose the class)",
        names: 33,
        upwards: false,
        ramp: percent(),
    }
}
