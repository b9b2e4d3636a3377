//! Scratchpad energy, leakage and area from a table of CACTI runs, by log-log interpolation in size and width.

use std::sync::Arc;

use crate::config::{Fault, Faults};
use crate::units::{Bytes, Milliwatts, Picojoules, SquareMicrons, real};

/// One scratchpad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sram {
    /// Energy of reading one byte in an access of the full width.
    pub read_byte: Picojoules,
    /// Energy of writing one byte in an access of the full width.
    pub write_byte: Picojoules,
    /// Leakage of the whole scratchpad.
    pub leakage: Milliwatts,
    /// Area, the technology's area factor included.
    pub area: SquareMicrons,
}

/// A grid over sizes and widths at one node: natural logarithms of read pJ, write pJ, leakage mW and area mm2.
#[derive(Clone, Debug)]
pub struct SramTable {
    sizes: Arc<[u64]>,
    widths: Arc<[u64]>,
    /// `[size][width]`; `None` where CACTI has no solution (too wide for the size).
    cells: Arc<[Option<[f64; 4]>]>,
    area_factor: f64,
}

#[derive(serde::Deserialize)]
struct Row {
    tech_nm: u64,
    size_bytes: u64,
    width_bits: u64,
    #[serde(rename = "read_pJ")]
    read_pj: f64,
    #[serde(rename = "write_pJ")]
    write_pj: f64,
    #[serde(rename = "leak_mW")]
    leak_mw: f64,
    area_mm2: f64,
}

impl SramTable {
    /// Reads the rows of one node from the CSV text named `name`.
    ///
    /// # Errors
    /// An unreadable row or a value that is not positive, with its line; a node the table does not have.
    pub fn read(name: &str, text: &str, node_nm: u64, area_factor: f64) -> Result<Self, Faults> {
        let help = "columns: tech_nm,size_bytes,width_bits,read_pJ,write_pJ,leak_mW,area_mm2; all positive";
        let mut reader =
            csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for row in reader.deserialize::<Row>() {
            let row = row.map_err(|error| Fault::new(format!("{name}: {error}"), help))?;
            let values = [row.read_pj, row.write_pj, row.leak_mw, row.area_mm2];
            if row.size_bytes == 0 || row.width_bits == 0 || !values.iter().all(|v| v.is_finite() && *v > 0.0)
            {
                let title = format!(
                    "{name}: row of {} bytes, {} bits is not positive",
                    row.size_bytes, row.width_bits
                );
                return Err(Fault::new(title, help).into());
            }
            if row.tech_nm == node_nm {
                rows.push((row.size_bytes, row.width_bits, values.map(f64::ln)));
            }
        }
        if rows.is_empty() {
            return Err(Fault::new(
                format!("{name} has no rows for {node_nm} nm"),
                "choose a node of the table",
            )
            .into());
        }
        let axis = |pick: fn(&(u64, u64, [f64; 4])) -> u64| {
            let mut values: Vec<u64> = rows.iter().map(pick).collect();
            values.sort_unstable();
            values.dedup();
            values
        };
        let (sizes, widths) = (axis(|row| row.0), axis(|row| row.1));
        let mut cells = vec![None; sizes.len() * widths.len()];
        for (size, width, values) in rows {
            if let (Ok(i), Ok(j)) = (sizes.binary_search(&size), widths.binary_search(&width)) {
                cells[i * widths.len() + j] = Some(values);
            }
        }
        Ok(Self { sizes: sizes.into(), widths: widths.into(), cells: cells.into(), area_factor })
    }

    /// A scratchpad of `capacity` with a port of `width_bits`.
    ///
    /// Wider than the table, it is cut into equal banks side by side; larger, into equal banks of which one works at
    /// a time; narrower or smaller than the table, the nearest entry is taken.
    #[must_use]
    pub fn price(&self, capacity: Bytes, width_bits: u64) -> Sram {
        let (most_size, most_width) = (self.sizes[self.sizes.len() - 1], self.widths[self.widths.len() - 1]);
        let abreast = width_bits.div_ceil(most_width).max(1);
        let width = width_bits.div_ceil(abreast).max(1);
        let deep = capacity.0.div_ceil(abreast * most_size).max(1);
        let size = capacity.0.div_ceil(abreast * deep).max(1);
        let [read, write, leak, area] = self.interpolate(size, width);
        let (bytes, banks) = (real(width.max(self.widths[0])) / 8.0, real(abreast * deep));
        Sram {
            read_byte: Picojoules(read / bytes),
            write_byte: Picojoules(write / bytes),
            leakage: Milliwatts(leak * banks),
            area: SquareMicrons(area * 1e6 * banks * self.area_factor),
        }
    }

    /// A scratchpad of `capacity` in equal banks, each with a port of `width_bits`; a byte costs what it does in its bank.
    #[must_use]
    pub fn banked(&self, capacity: Bytes, width_bits: u64, banks: u64) -> Sram {
        let bank = self.price(Bytes(capacity.0.div_ceil(banks)), width_bits);
        Sram { leakage: bank.leakage * real(banks), area: bank.area * real(banks), ..bank }
    }

    fn interpolate(&self, size: u64, width: u64) -> [f64; 4] {
        let (i, u) = place(&self.sizes, size);
        let (j, v) = place(&self.widths, width);
        let corner =
            |i: usize, j: usize| self.nearest(i.min(self.sizes.len() - 1), j.min(self.widths.len() - 1));
        let mix = |a: [f64; 4], b: [f64; 4], t: f64| std::array::from_fn(|n| a[n] + t * (b[n] - a[n]));
        let low = mix(corner(i, j), corner(i + 1, j), u);
        let high = mix(corner(i, j + 1), corner(i + 1, j + 1), u);
        mix(low, high, v).map(f64::exp)
    }

    /// The entry at a grid point or, where CACTI has none, that of the next larger size.
    fn nearest(&self, i: usize, j: usize) -> [f64; 4] {
        let at = |i: usize| self.cells[i * self.widths.len() + j];
        (i..self.sizes.len()).chain((0..i).rev()).find_map(at).unwrap_or([0.0; 4])
    }
}

/// Index below and fraction, on a logarithmic axis, clamped to the axis.
fn place(axis: &[u64], value: u64) -> (usize, f64) {
    let value = value.clamp(axis[0], axis[axis.len() - 1]);
    let above = axis.partition_point(|&grid| grid <= value);
    let below = above.saturating_sub(1).min(axis.len().saturating_sub(2));
    let Some(&next) = axis.get(below + 1) else { return (below, 0.0) };
    let log = |x: u64| real(x).ln();
    (below, (log(value) - log(axis[below])) / (log(next) - log(axis[below])))
}
