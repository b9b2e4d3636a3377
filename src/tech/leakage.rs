//! How much more a device leaks than low-standby-power cells at room temperature: a table of CACTI runs.

use std::sync::Arc;

use super::width::on_line;
use super::{Condition, Transistor};
use crate::config::{Fault, Faults};
use crate::names::ClosedSet;
use crate::units::{Kelvin, real};

/// Leakage by device and temperature at one node, relative to low-standby-power cells at 300 K.
#[derive(Clone, Debug)]
pub struct LeakageTable {
    /// `(device, temperature in K, relative leakage)`, by device and temperature.
    rows: Arc<[(Transistor, f64, f64)]>,
}

#[derive(serde::Deserialize)]
struct Row {
    tech_nm: u64,
    device: String,
    temperature_k: f64,
    relative: f64,
}

/// The temperatures of a table, K.
pub(super) const TEMPERATURES: std::ops::RangeInclusive<f64> = 300.0..=400.0;

impl LeakageTable {
    /// Reads the rows of the node nearest by ratio from the CSV text named `name`: leakage is not interpolated between
    /// nodes.
    ///
    /// # Errors
    /// An unreadable row or a value that is not positive, with its line; a device without both ends of the temperatures.
    pub(super) fn read(name: &str, text: &str, node_nm: u64) -> Result<Self, Faults> {
        let help = "columns: tech_nm,device,temperature_k,relative; devices low-standby-power and high-performance, \
                    each from 300 to 400 K, all positive and never falling with temperature";
        let mut reader =
            csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).from_reader(text.as_bytes());
        let (mut rows, mut faults) = (Vec::new(), Faults::default());
        for row in reader.deserialize::<Row>() {
            match row.map_err(|error| error.to_string()).and_then(checked) {
                Ok(row) => rows.push(row),
                Err(cause) => faults.0.push(Fault::new(format!("{name}: {cause}"), help)),
            }
        }
        let distance = |node: u64| (real(node) / real(node_nm)).ln().abs();
        let nearest = rows.iter().map(|row| row.0).min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
        let mut rows: Vec<_> = rows
            .into_iter()
            .filter(|row| Some(row.0) == nearest)
            .map(|(_, device, kelvin, relative)| (device, kelvin, relative))
            .collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let whole = |device: &Transistor| {
            let of: Vec<_> = rows.iter().filter(|row| row.0 == *device).collect();
            let ends = of.first().zip(of.last()).map(|(first, last)| (first.1, last.1));
            let rises = of.windows(2).all(|pair| pair[0].1 < pair[1].1 && pair[0].2 <= pair[1].2);
            rises && ends == Some((*TEMPERATURES.start(), *TEMPERATURES.end()))
        };
        if faults.0.is_empty() && !Transistor::ALL.iter().all(whole) {
            faults.0.push(Fault::new(format!("{name} is not whole for the node nearest {node_nm} nm"), help));
        }
        faults.none(Self { rows: rows.into() })
    }

    /// Leakage in a condition, relative to low-standby-power cells at 300 K; between temperatures of the table on the
    /// line through the logarithms.
    #[must_use]
    pub fn relative(&self, condition: Condition) -> f64 {
        let Kelvin(kelvin) = condition.temperature;
        let rows: Vec<_> = self.rows.iter().filter(|row| row.0 == condition.device).collect();
        let above = rows.partition_point(|row| row.1 <= kelvin).clamp(1, rows.len() - 1);
        let (low, high) = (rows[above - 1], rows[above]);
        on_line((low.1, low.2), (high.1, high.2), kelvin)
    }
}

fn checked(row: Row) -> Result<(u64, Transistor, f64, f64), String> {
    let Row { tech_nm, device, temperature_k, relative } = row;
    let Some(device) = Transistor::from_name(&device) else {
        return Err(format!("device `{device}` is not known"));
    };
    if tech_nm == 0 || !relative.is_finite() || relative <= 0.0 || !TEMPERATURES.contains(&temperature_k) {
        return Err(format!("row of {tech_nm} nm at {temperature_k} K: {relative} is out of range"));
    }
    Ok((tech_nm, device, temperature_k, relative))
}
