//! Scratchpad energy, leakage, area and access time from a table of CACTI runs, by log-log interpolation in size and width.

mod grid;
mod organise;
mod rows;

use std::sync::Arc;

use crate::config::Faults;
use crate::units::{Bytes, Milliwatts, Picojoules, Seconds, SquareMicrons, real};
use grid::{Grid, place};
use rows::GridPoint;

/// One scratchpad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sram {
    /// Energy of reading in an access of the full width, however much of it is used.
    pub read: Picojoules,
    /// Energy of writing in an access of the full width.
    pub write: Picojoules,
    /// Leakage of the whole scratchpad.
    pub leakage: Milliwatts,
    /// Area, the technology's area factor included.
    pub area: SquareMicrons,
}

/// Prices of scratchpads at one node, by size and width.
#[derive(Clone, Debug)]
pub struct SramTable {
    /// One bank of each size and width, as the table has it.
    banks: Grid,
    /// The banks side by side that a port of a width is cheapest of; no value falls with size or width.
    organised: Grid,
    /// Natural logarithm of the access time in ns by size of bank: of the fastest width, and never falling with size.
    access: Arc<[f64]>,
    area_factor: f64,
    /// Leakage in the condition asked for over that of the table.
    leakage_factor: f64,
}

impl SramTable {
    /// Reads the rows of one node from the CSV text named `name`.
    ///
    /// A node between two of the table is on the line through both, on logarithmic axes, in energy, area and time; its
    /// leakage is that of the nearer by ratio.
    ///
    /// # Errors
    /// Every unreadable row and every value that is not positive, with its line; a node beyond the table.
    pub(super) fn read(name: &str, text: &str, node_nm: u64, area_factor: f64) -> Result<Self, Faults> {
        let rows = rows::read(name, text, node_nm)?;
        let logs: Vec<GridPoint> =
            rows.into_iter().map(|(size, width, values)| (size, width, values.map(f64::ln))).collect();
        Ok(Self::of(&logs, area_factor))
    }

    /// The grids of rows of size, width and logarithms.
    fn of(rows: &[GridPoint], area_factor: f64) -> Self {
        let axis = |pick: fn(&GridPoint) -> u64| {
            let mut values: Vec<u64> = rows.iter().map(pick).collect();
            values.sort_unstable();
            values.dedup();
            values
        };
        let (sizes, widths) = (axis(|row| row.0), axis(|row| row.1));
        let mut cells = vec![None; sizes.len() * widths.len()];
        let mut access = vec![f64::INFINITY; sizes.len()];
        for &(size, width, [read, write, leak, area, time]) in rows {
            if let (Ok(i), Ok(j)) = (sizes.binary_search(&size), widths.binary_search(&width)) {
                cells[i * widths.len() + j] = Some([read, write, leak, area]);
                access[i] = access[i].min(time);
            }
        }
        for i in 1..access.len() {
            access[i] = access[i].max(access[i - 1]);
        }
        let columns = widths.len();
        let banks = Grid::of(sizes, widths, |i, j| cells[i * columns + j]);
        let organised = organise::organised(&banks);
        Self { banks, organised, access: access.into(), area_factor, leakage_factor: 1.0 }
    }

    /// Multiplies the leakage of the table.
    pub(super) fn leaking(&mut self, factor: f64) {
        self.leakage_factor *= factor;
    }

    /// Access time of a bank of a size, in the fastest of its widths: a wide port is made of banks side by side, and a
    /// narrow one takes a part of a word.
    #[must_use]
    pub fn access(&self, size: Bytes) -> Seconds {
        let (i, t) = place(&self.banks.sizes, size.0);
        let (low, high) = (self.access[i], self.access[(i + 1).min(self.access.len() - 1)]);
        Seconds((low + t * (high - low)).exp() * 1e-9)
    }

    /// Area of a scratchpad made of banks of a size with the narrowest port; it is in proportion to capacity.
    #[must_use]
    pub fn banked_area(&self, capacity: Bytes, bank: Bytes) -> SquareMicrons {
        let size = bank.0.clamp(1, capacity.0.max(1));
        let [_, _, _, area] = self.banks.at(size, self.banks.widths[0]);
        SquareMicrons(area * 1e6 * self.area_factor * real(capacity.0) / real(size))
    }

    /// A scratchpad of `capacity` with a port of `width_bits`.
    ///
    /// A bank larger than the table's largest is several of those, of which one works at a time; narrower or smaller than the
    /// table, the nearest entry is taken; wider than 65,536 bits, prices are in proportion to width.
    #[must_use]
    pub fn price(&self, capacity: Bytes, width_bits: u64) -> Sram {
        let last = |axis: &[u64]| axis[axis.len() - 1];
        let (most, widest) = (last(&self.organised.sizes), last(&self.organised.widths));
        let size = capacity.0.clamp(1, most);
        let [read, write, leak, area] = self.organised.at(size, width_bits);
        let wider = real(width_bits.max(widest)) / real(widest);
        let larger = wider * real(capacity.0.max(size)) / real(size);
        Sram {
            read: Picojoules(read * wider),
            write: Picojoules(write * wider),
            leakage: Milliwatts(leak * larger * self.leakage_factor),
            area: SquareMicrons(area * 1e6 * larger * self.area_factor),
        }
    }

    /// A scratchpad of `capacity` in equal parts, each with a port of `width_bits` of its own; an access is of one part.
    #[must_use]
    pub fn banked(&self, capacity: Bytes, width_bits: u64, parts: u64) -> Sram {
        let part = self.price(Bytes(capacity.0.div_ceil(parts)), width_bits);
        Sram { leakage: part.leakage * real(parts), area: part.area * real(parts), ..part }
    }
}
