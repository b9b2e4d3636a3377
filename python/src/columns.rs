//! Rows of text, as the library writes them, as columns with types.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use csv::{ByteRecord, ReaderBuilder};

/// What a column holds; an empty cell is a missing value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `true` and `false`.
    Truth,
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
    /// Words.
    Text,
}

impl From<exclusim::sweep::Kind> for Kind {
    fn from(kind: exclusim::sweep::Kind) -> Self {
        match kind {
            exclusim::sweep::Kind::Whole => Self::Whole,
            exclusim::sweep::Kind::Number => Self::Number,
            exclusim::sweep::Kind::Text => Self::Text,
        }
    }
}

/// Columns of words that may be empty in every row, which then tells nothing of their kind.
const WORDS: [&str; 4] = ["dataflow", "loop_order", "kept", "schedule"];

impl Kind {
    /// What the cells of a column are. A column of reals has reals in every table, also where all happen to be whole.
    fn of<'a>(name: &str, mut cells: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let real = name.ends_with("_pj") || name.ends_with("_s") || name.ends_with("_mm2");
        let given = cells.clone().filter(|cell| !cell.is_empty());
        if WORDS.contains(&name) {
            return Self::Text;
        }
        if cells.all(<[u8]>::is_empty) {
            return Self::Number;
        }
        if given.clone().all(|cell| parsed::<i64>(cell).is_some()) {
            return if real { Self::Number } else { Self::Whole };
        }
        if given.clone().all(|cell| parsed::<f64>(cell).is_some()) {
            return Self::Number;
        }
        if given.clone().all(|cell| parsed::<bool>(cell).is_some()) { Self::Truth } else { Self::Text }
    }

    fn type_of(self) -> DataType {
        match self {
            Self::Truth => DataType::Boolean,
            Self::Whole => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Text => DataType::Utf8,
        }
    }
}

fn parsed<T: std::str::FromStr>(cell: &[u8]) -> Option<T> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// One column while it grows.
enum Cells {
    Truth(BooleanBuilder),
    Whole(Int64Builder),
    Number(Float64Builder),
    Text(StringBuilder),
}

impl Cells {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Truth => Self::Truth(BooleanBuilder::new()),
            Kind::Whole => Self::Whole(Int64Builder::new()),
            Kind::Number => Self::Number(Float64Builder::new()),
            Kind::Text => Self::Text(StringBuilder::new()),
        }
    }

    fn push(&mut self, cell: &[u8]) {
        match self {
            Self::Truth(values) => values.append_option(parsed(cell)),
            Self::Whole(values) => values.append_option(parsed(cell)),
            Self::Number(values) => values.append_option(parsed(cell)),
            Self::Text(values) if cell.is_empty() => values.append_null(),
            Self::Text(values) => values.append_value(String::from_utf8_lossy(cell)),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Truth(mut values) => Arc::new(values.finish()),
            Self::Whole(mut values) => Arc::new(values.finish()),
            Self::Number(mut values) => Arc::new(values.finish()),
            Self::Text(mut values) => Arc::new(values.finish()),
        }
    }
}

/// Names and kinds of columns, and which cells of a row they are.
pub(crate) struct Columns {
    schema: Arc<Schema>,
    kinds: Vec<Kind>,
    /// Cells at the start of a row that are no columns.
    skipped: usize,
}

impl Columns {
    /// Columns by name and kind, the first `skipped` of them left out.
    pub(crate) fn new(names: &[String], kinds: &[Kind], skipped: usize) -> Self {
        let columns = names.iter().zip(kinds).skip(skipped);
        let fields: Vec<Field> = columns.map(|(name, kind)| Field::new(name, kind.type_of(), true)).collect();
        Self { schema: Arc::new(Schema::new(fields)), kinds: kinds[skipped..].to_vec(), skipped }
    }

    pub(crate) fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    /// Lines without a header as one batch.
    pub(crate) fn batch(&self, lines: &[u8]) -> Result<RecordBatch, ArrowError> {
        let mut cells: Vec<Cells> = self.kinds.iter().map(|kind| Cells::new(*kind)).collect();
        if lines.contains(&b'"') {
            let mut reader = ReaderBuilder::new().has_headers(false).from_reader(lines);
            let mut row = ByteRecord::new();
            while reader
                .read_byte_record(&mut row)
                .map_err(|error| ArrowError::CsvError(error.to_string()))?
            {
                row.iter().skip(self.skipped).zip(&mut cells).for_each(|(cell, cells)| cells.push(cell));
            }
        } else {
            // Nothing is quoted: commas alone tell cells apart, many times as fast.
            for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let row = line.split(|byte| *byte == b',');
                row.skip(self.skipped).zip(&mut cells).for_each(|(cell, cells)| cells.push(cell));
            }
        }
        let arrays = cells.into_iter().map(Cells::finish).collect();
        RecordBatch::try_new(self.schema(), arrays)
    }

    /// A table with a header, the kinds of its columns found from their cells.
    pub(crate) fn of_csv(text: &str) -> Result<RecordBatch, ArrowError> {
        let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
        let told = |error: csv::Error| ArrowError::CsvError(error.to_string());
        let names: Vec<String> = reader.headers().map_err(told)?.iter().map(str::to_owned).collect();
        let rows = reader.byte_records().collect::<Result<Vec<_>, _>>().map_err(told)?;
        let cells = |at: usize| rows.iter().map(move |row: &ByteRecord| row.get(at).unwrap_or_default());
        let kinds: Vec<Kind> = names.iter().enumerate().map(|(at, name)| Kind::of(name, cells(at))).collect();
        let columns = Self::new(&names, &kinds, 0);
        let column = |(at, kind): (usize, &Kind)| {
            let mut column = Cells::new(*kind);
            cells(at).for_each(|cell| column.push(cell));
            column.finish()
        };
        RecordBatch::try_new(columns.schema(), kinds.iter().enumerate().map(column).collect())
    }
}
