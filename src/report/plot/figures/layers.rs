//! Layers as `breakdown.csv` tells them apart.

use super::super::results::{Column, Grid};
use super::super::{PlotError, Results, check_rows};
use crate::report::breakdown::WASTED;

/// A layer and the part of the network that it belongs to.
pub(super) struct Layer {
    pub(super) row: usize,
    pub(super) name: String,
    pub(super) part: String,
}

/// The table and the layers of an inference that runs to the end.
pub(super) fn layers(results: &Results) -> Result<(&Grid, Vec<Layer>), PlotError> {
    let grid = results.grid("breakdown.csv")?;
    let (name, part) = (grid.column("layer")?, grid.column("part")?);
    let rows = grid.rows("layers")?;
    check_rows("layers", rows.len())?;
    let layer = |row| Layer { row, name: name.text(row).to_owned(), part: part.text(row).to_owned() };
    Ok((grid, rows.map(layer).filter(|layer| layer.part != WASTED).collect()))
}

/// Every layer of `layers.csv` stands in the same row of `breakdown.csv`.
pub(super) fn beside<'a>(results: &'a Results, layers: &[Layer]) -> Result<&'a Grid, PlotError> {
    let grid = results.grid("layers.csv")?;
    let name: Column<'_> = grid.column("layer")?;
    let rows = grid.rows("layers")?;
    if rows.len() == results.grid("breakdown.csv")?.rows("layers")?.len()
        && layers.iter().all(|layer| name.text(layer.row) == layer.name)
    {
        return Ok(grid);
    }
    Err(PlotError::unfit(
        format!("layers.csv and breakdown.csv of {} are not of one run", results.name),
        "write the results again: exclusim run",
    ))
}
