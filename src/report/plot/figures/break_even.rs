//! Where exits begin to pay: the sign of the net saving over the array's size and another key.

use super::super::heat::{Cell, Ramp};
use super::super::numbers::three_digits;
use super::super::style::gain;
use super::super::{Drawing, Page, PlotError, Results};
use super::design_map::{Row, draw_map, map, words};
use super::sweeps::points;

/// What stands beside the array's size, in order of preference.
const BESIDE: [&str; 3] = ["dram.bandwidth", "control.layer_setup", "control.decision"];

pub(super) fn rows(results: &[Results], column: Option<&str>) -> Result<Vec<Row>, PlotError> {
    let points = points(results, "break-even")?;
    let beside = BESIDE.into_iter().find(|path| points.axis(path).is_some()).unwrap_or(BESIDE[0]);
    let column = column.unwrap_or("cycles_saved_net");
    if !column.ends_with("saved_net") {
        return Err(PlotError::unfit(
            format!("break-even shows a saving, not `{column}`"),
            "choose cycles_saved_net or energy_saved_net",
        ));
    }
    let rows = map(results, "break-even", ["array.rows", beside], column)?;
    // A network without heads saves nothing anywhere.
    if rows.iter().all(|row| row.value == 0.0) {
        return Err(PlotError::Zero { what: "savings" });
    }
    Ok(rows)
}

/// Blue where exits save, orange with a mark where they cost; the deeper, the more.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let most = rows.iter().map(|row| row.value.abs()).fold(1e-9, f64::max);
    let written = |value: f64| {
        let sign = if value > 0.0 { "+" } else { "" };
        format!("{sign}{}", three_digits(100.0 * value))
    };
    let cell = |row: &Row| Cell {
        shade: gain(row.value / most),
        value: written(row.value),
        marked: row.value < 0.0,
    };
    let ramp = Ramp { ends: [-most, most].map(written), shade: |along| gain(2.0 * along - 1.0) };
    let shown = format!("{} (%), marked where exits cost", words(&rows[0].column));
    draw_map(rows, page, &shown, ramp, cell)
}
