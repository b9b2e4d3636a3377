//! Timing without data: every layer of a network, with all of its heads on.

use crate::arch::Arch;
use crate::config::Faults;
use crate::cost::prices;
use crate::network::segment::Segments;
use crate::report::{LayerRow, layer_rows};
use crate::simulate::agreed;
use crate::time::path_table;
use crate::unit::UnitSize;

/// Cycles, energy and traffic of every layer and decision, in the order in which they run; all heads are on, and priced is
/// a unit of the default widths. Of an architecture with batches, a batch.
///
/// # Errors
/// Architecture and network do not go together.
pub fn layers(arch: &Arch, network: &Segments) -> Result<Vec<LayerRow>, Faults> {
    agreed(arch, network, None)?;
    let network = &network.batched(arch.batch.size);
    let table = path_table(network, &arch.machine, &vec![true; network.heads()], false);
    let unit = UnitSize::of_default_bits(network.heads(), network.classes);
    let mut rows = layer_rows(arch, &table, &prices(arch, unit), None);
    rows.iter_mut().for_each(|row| row.batch = network.batch);
    Ok(rows)
}
