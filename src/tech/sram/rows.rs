//! Rows of the scratchpad table of one node, from CSV.

use std::collections::BTreeMap;

use crate::config::{Fault, Faults};
use crate::tech::width::on_line;
use crate::units::real;

/// Size in bytes, width in bits, and read pJ, write pJ, leakage mW, area mm2, access ns.
pub(super) type GridPoint = (u64, u64, [f64; 5]);

/// Where a grid point keeps its leakage.
pub(super) const LEAK: usize = 2;

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

/// The rows of one node from the CSV text named `name`.
///
/// A node between two of the table is on the line through both, on logarithmic axes, in energy, area and time; its
/// leakage is that of the nearer by ratio.
///
/// # Errors
/// Every unreadable row and every value that is not positive, with its line; a node beyond the table.
pub(super) fn read(name: &str, text: &str, node_nm: u64) -> Result<Vec<GridPoint>, Faults> {
    let help =
        "columns: tech_nm,size_bytes,width_bits,read_pJ,write_pJ,leak_mW,area_mm2,access_ns; all positive";
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
        faults
            .0
            .push(Fault::new(format!("{name} has no rows for {node_nm} nm, nor on both sides of it"), help));
    }
    faults.none(rows)
}
