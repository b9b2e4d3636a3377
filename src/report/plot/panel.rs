//! A plane of two axes: a label above the upright one, a label below the level one, a light grid.

use super::PlotError;
use super::axis::{AXIS_HEIGHT, Kind, Scale, TICK_LENGTH};
use super::canvas::{Anchor, Canvas, Point};
use super::numbers::PLAIN;
use super::style::{AXIS_MARGIN, GRID, INK, MARGIN, MM, TEXT};
use super::text::{fit, widest};
use super::{Page, Width};

/// Labels of an upright axis are no closer than this.
const TICK_DISTANCE: i32 = 7 * MM;
const GAP: i32 = 60;
/// Between panels beside or below each other.
pub(super) const BETWEEN: i32 = 5 * MM;

/// What an axis shows.
pub(super) struct Quantity<'a> {
    /// Its name with its unit; that a logarithmic axis is one is added.
    pub(super) label: &'a str,
    /// Least and greatest value.
    pub(super) range: (f64, f64),
    pub(super) kind: Kind,
}

impl Quantity<'_> {
    /// What stands at the axis.
    fn written(&self) -> String {
        let scale = if self.kind == Kind::Logarithmic { ", log scale" } else { "" };
        format!("{}{scale}", self.label)
    }
}

/// Where a panel lies, its labels included.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
    /// What labels of upright ticks take at least.
    pub(super) labels: i32,
}

impl Area {
    /// The plane within it, below the label of its upright axis.
    fn upright(&self, y: &Quantity<'_>) -> Scale {
        Scale::of(y.kind, y.range, (self.bottom - AXIS_HEIGHT, self.top + TEXT + MM))
    }
}

/// Panels below each other whose axes begin at the same place, whatever their ticks say.
pub(super) fn aligned(areas: &mut [Area], quantities: &[Quantity<'_>]) -> Result<(), PlotError> {
    if areas.windows(2).any(|pair| pair[0].left != pair[1].left) {
        return Ok(());
    }
    let mut labels = 0;
    for (area, y) in areas.iter().zip(quantities) {
        let ticks = area.upright(y).ticks(PLAIN, TICK_DISTANCE);
        labels = labels.max(widest(ticks.iter().map(|(_, label)| label), TEXT)?);
    }
    areas.iter_mut().for_each(|area| area.labels = labels);
    Ok(())
}

/// Places `count` panels of a height: beside each other across a page, below each other in a column.
pub(super) fn areas(page: Page<'_>, count: i32, top: i32, height: i32) -> Vec<Area> {
    let (left, right) = (MARGIN, page.width.units() - MARGIN);
    match page.width {
        Width::TwoColumns => {
            let width = (right - left - BETWEEN * (count - 1)) / count.max(1);
            let start = |i: i32| left + i * (width + BETWEEN);
            let area =
                |i| Area { left: start(i), right: start(i) + width, top, bottom: top + height, labels: 0 };
            (0..count).map(area).collect()
        }
        Width::OneColumn => {
            let start = |i: i32| top + i * (height + BETWEEN / 2);
            let area = |i| Area { left, right, top: start(i), bottom: start(i) + height, labels: 0 };
            (0..count).map(area).collect()
        }
    }
}

/// A panel with its axes drawn.
pub(super) struct Panel {
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Panel {
    /// Draws grid and axes into an area.
    pub(super) fn draw(
        canvas: &mut Canvas,
        area: Area,
        x: &Quantity<'_>,
        y: &Quantity<'_>,
    ) -> Result<Self, PlotError> {
        let (top, bottom) = (area.top + TEXT + MM, area.bottom - AXIS_HEIGHT);
        let upright = area.upright(y);
        let ticks = upright.ticks(PLAIN, TICK_DISTANCE);
        let labels = widest(ticks.iter().map(|(_, label)| label), TEXT)?.max(area.labels);
        let left = area.left + labels + GAP + TICK_LENGTH;
        let right = area.right - AXIS_MARGIN;
        let level = Scale::of(x.kind, x.range, (left, right));
        let axis = level.axis(PLAIN)?;
        axis.grid(canvas, (top, bottom));
        for (at, _) in &ticks {
            canvas.line((left, *at), (right, *at), GRID, 10);
        }
        let label = fit(&y.written(), TEXT, area.right - area.left)?;
        canvas.text(&label, (area.left, area.top + TEXT / 2), TEXT, Anchor::Left, INK);
        for (at, label) in &ticks {
            canvas.line((left - TICK_LENGTH, *at), (left, *at), INK, 15);
            canvas.text(label, (left - TICK_LENGTH - GAP, *at), TEXT, Anchor::Right, INK);
        }
        canvas.line((left, top), (left, bottom), INK, 15);
        if y.kind != Kind::Logarithmic && upright.holds(0.0) {
            canvas.line((left, upright.at(0.0)), (right, upright.at(0.0)), INK, 15);
        }
        axis.draw(canvas, (top, bottom), &x.written(), (area.left, area.right))?;
        Ok(Self { x: level, y: upright })
    }

    /// Where a pair of values lies.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        (self.x.at(x), self.y.at(y))
    }
}
