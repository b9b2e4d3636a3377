//! A point as a row: the columns of `points.csv`, and back from it what a front or a search needs to know.

use std::io::Write;

use super::inputs::{Inputs, columns};
use super::metric::{Metric, Objective, PerMetric};
use super::spec::Spec;

/// How rows are written: the header, and what is the same in every row or at every value of an axis.
pub struct Rows {
    /// The first line.
    pub header: Vec<u8>,
    /// Version and hash of the inputs.
    start: Vec<u8>,
    /// `[axis][value]`: the cells of its keys.
    cells: Vec<Vec<Vec<u8>>>,
    /// Columns before the results.
    before: usize,
    /// Columns of results.
    metrics: Vec<Metric>,
    /// What each column holds.
    kinds: Vec<Kind>,
}

/// What a column holds; an empty cell is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
    /// Words.
    Text,
}

impl Rows {
    /// The rows of a space.
    #[must_use]
    pub fn new(spec: &Spec, inputs: &Inputs) -> Self {
        let mut header = vec!["version".to_owned(), "inputs".to_owned(), "point".to_owned()];
        let mut kinds = vec![Kind::Text, Kind::Text, Kind::Whole];
        let mut cells = Vec::new();
        for axis in &spec.grid.axes {
            let columns: Vec<Column> = (0..axis.keys.len()).map(|at| Column::of(axis, at)).collect();
            header.extend(columns.iter().map(|column| column.name.clone()));
            kinds.extend(columns.iter().enumerate().map(|(at, column)| column.kind(axis, at)));
            let step = |values: &Vec<super::axis::Value>| {
                let texts = columns.iter().zip(values).map(|(column, value)| column.cell(value));
                line(texts.collect::<Vec<_>>().iter().map(String::as_str))
            };
            cells.push(axis.values.iter().map(step).collect());
        }
        let before = header.len();
        let metrics = columns(spec, &inputs.files);
        header.extend(metrics.iter().map(|metric| metric.name().to_owned()));
        if inputs.files.workloads.len() > 1 {
            for workload in &inputs.files.workloads {
                header.extend(metrics.iter().map(|metric| format!("{}.{}", workload.name, metric.name())));
            }
        }
        let mut first = line(header.iter().map(String::as_str));
        first.push(b'\n');
        let start = line([env!("CARGO_PKG_VERSION"), &inputs.hash].into_iter());
        kinds.resize(header.len(), Kind::Number);
        Self { header: first, start, cells, before, metrics, kinds }
    }

    /// What each column holds, in the order of the header.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Appends the row of a point.
    pub fn write(
        &self,
        out: &mut Vec<u8>,
        point: u64,
        digits: &[usize],
        all: &PerMetric<f64>,
        each: &[PerMetric<f64>],
    ) {
        self.place(out, point, digits);
        let more = if each.len() > 1 { each } else { &[] };
        for found in std::iter::once(all).chain(more) {
            for metric in &self.metrics {
                out.push(b',');
                number(out, found[*metric]);
            }
        }
        out.push(b'\n');
    }

    /// Appends what names a point: version, inputs, number and the values of its axes.
    pub fn place(&self, out: &mut Vec<u8>, point: u64, digits: &[usize]) {
        out.extend_from_slice(&self.start);
        out.push(b',');
        out.extend_from_slice(itoa::Buffer::new().format(point).as_bytes());
        for (cells, digit) in self.cells.iter().zip(digits) {
            out.push(b',');
            out.extend_from_slice(&cells[*digit]);
        }
    }

    /// The header of `skipped.csv`.
    #[must_use]
    pub fn skipped_header(&self) -> Vec<u8> {
        let columns = self.header.split(|byte| *byte == b',').take(self.before);
        let mut header = columns.collect::<Vec<_>>().join(&b',');
        header.extend_from_slice(b",reason\n");
        header
    }

    /// Appends a row of `skipped.csv`.
    pub fn skip(&self, out: &mut Vec<u8>, point: u64, digits: &[usize], reason: &str) {
        self.place(out, point, digits);
        out.push(b',');
        out.extend_from_slice(&line(std::iter::once(reason)));
        out.push(b'\n');
    }
}

/// Reads rows again: their numbers and the costs of some objectives.
pub struct Reader {
    point: usize,
    columns: Vec<(usize, Objective)>,
}

impl Reader {
    /// A reader of rows under a header; `None` when a column is missing.
    #[must_use]
    pub fn new(header: &[u8], objectives: &[Objective]) -> Option<Self> {
        let names = record(header)?;
        let at = |name: &str| names.iter().position(|cell| cell == name.as_bytes());
        let column = |objective: &Objective| Some((at(objective.metric().name())?, *objective));
        Some(Self { point: at("point")?, columns: objectives.iter().map(column).collect::<Option<_>>()? })
    }

    /// Point and costs in a row; `None` when it is no row of this header.
    #[must_use]
    pub fn read(&self, row: &[u8]) -> Option<(u64, Vec<f64>)> {
        let row = row.strip_suffix(b"\n")?;
        if row.contains(&b'"') {
            let cells = record(row)?;
            return self.values(|column| cells.get(column));
        }
        // Nothing is quoted: commas alone tell cells apart, ten times as fast.
        let ends: Vec<usize> =
            row.iter().enumerate().filter(|(_, byte)| **byte == b',').map(|(at, _)| at).collect();
        self.values(|column| {
            let start = if column == 0 { 0 } else { ends.get(column - 1)? + 1 };
            row.get(start..ends.get(column).copied().unwrap_or(row.len()))
        })
    }

    fn values<'a>(&self, cell: impl Fn(usize) -> Option<&'a [u8]>) -> Option<(u64, Vec<f64>)> {
        let text = |column: usize| cell(column).and_then(|cell| std::str::from_utf8(cell).ok());
        let cost = |(column, objective): &(usize, Objective)| {
            let value: f64 = text(*column)?.parse().ok()?;
            Some(objective.cost(value))
        };
        Some((text(self.point)?.parse().ok()?, self.columns.iter().map(cost).collect::<Option<_>>()?))
    }
}

/// The cells of one line.
pub(super) fn record(line: &[u8]) -> Option<csv::ByteRecord> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).ok()?.then_some(record)
}

/// One key's column: numbers in the base unit, with the unit in the name, or words as they are written.
pub(super) struct Column {
    pub(super) name: String,
    numbers: bool,
}

impl Column {
    pub(super) fn of(axis: &super::axis::Axis, at: usize) -> Self {
        let path = &axis.keys[at].path;
        let unit = axis.values.first().map_or("", |step| step[at].unit);
        let numbers = axis.values.iter().all(|step| step[at].number.is_some() && step[at].unit == unit);
        let name = if numbers && !unit.is_empty() { format!("{path}_{unit}") } else { path.clone() };
        Self { name, numbers }
    }

    fn kind(&self, axis: &super::axis::Axis, at: usize) -> Kind {
        let whole =
            |step: &Vec<super::axis::Value>| step[at].number.is_some_and(|value| value.fract() == 0.0);
        match self.numbers {
            true if axis.values.iter().all(whole) => Kind::Whole,
            true => Kind::Number,
            false => Kind::Text,
        }
    }

    pub(super) fn cell(&self, value: &super::axis::Value) -> String {
        let mut text = Vec::new();
        match value.number.filter(|_| self.numbers) {
            Some(value) => number(&mut text, value),
            None => text.extend_from_slice(value.text.as_bytes()),
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

/// A number with as few digits as give it back exactly; whole ones without a point.
fn number(out: &mut Vec<u8>, value: f64) {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
    } else if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        // No value: an empty cell.
        let _ = out.write(b"");
    }
}

/// Cells joined by commas, quoted where they need it.
fn line<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing fields into memory cannot fail.
    let _ = writer.write_record(cells);
    let mut text = writer.into_inner().unwrap_or_default();
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_exactly() {
        for value in [0.0, 1.0, -3.0, 0.1, 1.0 / 3.0, 6.02e23, 1e-300, 91_428.25, 9e15, f64::MAX] {
            let mut text = Vec::new();
            number(&mut text, value);
            let text = String::from_utf8(text).unwrap();
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
        }
    }
}
