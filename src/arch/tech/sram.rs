//! Scratchpad energy, leakage, area and access time from a table of CACTI runs, by log-log interpolation in size and width.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::width::on_line;
use crate::config::{Fault, Faults};
use crate::units::{Bytes, Milliwatts, Picojoules, Seconds, SquareMicrons, real};

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
    /// Natural logarithm of the access time in ns by size: of the fastest width, and never falling with size.
    access: Arc<[f64]>,
    area_factor: f64,
    /// Leakage in the condition asked for over that of the table.
    leakage_factor: f64,
}

/// Size in bytes, width in bits, and read pJ, write pJ, leakage mW, area mm2, access ns.
type GridPoint = (u64, u64, [f64; 5]);

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
    access_ns: f64,
}

impl Row {
    fn checked(&self) -> Result<(u64, GridPoint), String> {
        let values = [self.read_pj, self.write_pj, self.leak_mw, self.area_mm2, self.access_ns];
        let positive = |value: &f64| value.is_finite() && *value > 0.0;
        if self.tech_nm == 0 || self.size_bytes == 0 || self.width_bits == 0 || !values.iter().all(positive) {
            return Err(format!(
                "row of {} bytes, {} bits is not positive",
                self.size_bytes, self.width_bits
            ));
        }
        Ok((self.tech_nm, (self.size_bytes, self.width_bits, values)))
    }
}

/// Rows of a node between two of a table, where both have them.
fn between(nodes: &BTreeMap<u64, Vec<GridPoint>>, node_nm: u64) -> Option<Vec<GridPoint>> {
    let (&smaller, low) = nodes.range(..node_nm).next_back()?;
    let (&larger, high) = nodes.range(node_nm + 1..).next()?;
    let [node, small, large] = [node_nm, smaller, larger].map(real);
    let point = |&(size, width, one): &GridPoint| {
        let (.., other) = high.iter().find(|point| (point.0, point.1) == (size, width))?;
        let leak = if large / node <= node / small { other[LEAK] } else { one[LEAK] };
        let mut values = std::array::from_fn(|i| on_line((small, one[i]), (large, other[i]), node));
        values[LEAK] = leak;
        Some((size, width, values))
    };
    Some(low.iter().filter_map(point).collect())
}

/// Where a grid point keeps its leakage.
const LEAK: usize = 2;

impl SramTable {
    /// Reads the rows of one node from the CSV text named `name`.
    ///
    /// A node between two of the table is on the line through both, on logarithmic axes, in energy, area and time; its
    /// leakage is that of the nearer by ratio.
    ///
    /// # Errors
    /// Every unreadable row and every value that is not positive, with its line; a node beyond the table.
    pub(super) fn read(name: &str, text: &str, node_nm: u64, area_factor: f64) -> Result<Self, Faults> {
        let help = "columns: tech_nm,size_bytes,width_bits,read_pJ,write_pJ,leak_mW,area_mm2,access_ns; all positive";
        let mut reader =
            csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).from_reader(text.as_bytes());
        let (mut nodes, mut faults) = (BTreeMap::<u64, Vec<GridPoint>>::new(), Faults::default());
        for row in reader.deserialize::<Row>() {
            match row.map_err(|error| error.to_string()).and_then(|row| row.checked()) {
                Ok((node, point)) => nodes.entry(node).or_default().push(point),
                Err(cause) => faults.0.push(Fault::new(format!("{name}: {cause}"), help)),
            }
        }
        let rows = nodes.get(&node_nm).cloned().or_else(|| between(&nodes, node_nm)).unwrap_or_default();
        if rows.is_empty() && faults.0.is_empty() {
            let known: Vec<String> = nodes.keys().map(u64::to_string).collect();
            let help = format!("choose a node within those of the table, {} nm", known.join(", "));
            faults.0.push(Fault::new(
                format!("{name} has no rows for {node_nm} nm, nor on both sides of it"),
                help,
            ));
        }
        faults.none(())?;
        let logs: Vec<GridPoint> =
            rows.into_iter().map(|(size, width, values)| (size, width, values.map(f64::ln))).collect();
        Ok(Self::of(&logs, area_factor))
    }

    /// The grid of rows of size, width and logarithms.
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
        Self {
            sizes: sizes.into(),
            widths: widths.into(),
            cells: cells.into(),
            access: access.into(),
            area_factor,
            leakage_factor: 1.0,
        }
    }

    /// Multiplies the leakage of the table.
    pub(super) fn leaking(&mut self, factor: f64) {
        self.leakage_factor *= factor;
    }

    /// Access time of a bank of a size, in the fastest of its widths: a wide port is made of banks side by side, and a
    /// narrow one takes a part of a word.
    #[must_use]
    pub fn access(&self, size: Bytes) -> Seconds {
        let (i, t) = place(&self.sizes, size.0);
        let (low, high) = (self.access[i], self.access[(i + 1).min(self.access.len() - 1)]);
        Seconds((low + t * (high - low)).exp() * 1e-9)
    }

    /// Area of a scratchpad made of banks of a size. Unlike that of [`Self::price`], it never falls with capacity or
    /// with a wider port, so that neither can make a wire shorter.
    #[must_use]
    pub fn banked_area(&self, capacity: Bytes, bank: Bytes) -> SquareMicrons {
        let size = bank.0.clamp(1, capacity.0.max(1));
        let [_, _, _, area] = self.interpolate(size, self.widths[0]);
        SquareMicrons(area * 1e6 * self.area_factor * real(capacity.0) / real(size))
    }

    /// A scratchpad of `capacity` with a port of `width_bits`.
    ///
    /// Wider than the table, it is cut into equal banks side by side; larger, into banks of the largest size of which one
    /// works at a time; narrower or smaller than the table, the nearest entry is taken.
    #[must_use]
    pub fn price(&self, capacity: Bytes, width_bits: u64) -> Sram {
        let (most_size, most_width) = (self.sizes[self.sizes.len() - 1], self.widths[self.widths.len() - 1]);
        let abreast = width_bits.div_ceil(most_width).max(1);
        let width = width_bits.div_ceil(abreast).max(1);
        let each = capacity.0.div_ceil(abreast).max(1);
        let size = each.min(most_size);
        let [read, write, leak, area] = self.interpolate(size, width);
        let (bytes, banks) = (real(width.max(self.widths[0])) / 8.0, real(abreast) * real(each) / real(size));
        Sram {
            read_byte: Picojoules(read / bytes),
            write_byte: Picojoules(write / bytes),
            leakage: Milliwatts(leak * banks * self.leakage_factor),
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
