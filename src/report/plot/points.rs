//! Points of a sweep: read one at a time and never held together, since there may be millions.

use std::fmt;
use std::io::{Read, Result as IoResult};
use std::sync::Arc;

use csv::StringRecord;

use super::PlotError;

/// Columns before the axes of a sweep, and the first one after them.
const BEFORE: [&str; 3] = ["version", "inputs", "point"];
const FIRST_RESULT: &str = "accuracy";

/// Opens the table anew, since every figure reads it from its beginning.
type Open = Arc<dyn Fn() -> IoResult<Box<dyn Read>> + Send + Sync>;

/// The table `points.csv`, of which only the header is held.
#[derive(Clone)]
pub(super) struct Points {
    file: String,
    header: StringRecord,
    open: Open,
}

impl fmt::Debug for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Points")
            .field("file", &self.file)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// Where a column lies.
#[derive(Clone, Copy)]
pub(super) struct Place(usize);

/// One row.
pub(super) struct Point<'a> {
    points: &'a Points,
    record: &'a StringRecord,
}

impl Points {
    /// The table that `open` reads; `file` is how messages name it.
    pub(super) fn new(file: String, open: Open) -> Result<Self, PlotError> {
        let mut points = Self { file, header: StringRecord::new(), open };
        points.header = points.reader()?.headers().map_err(|error| points.malformed(&error))?.clone();
        Ok(points)
    }

    fn reader(&self) -> Result<csv::Reader<Box<dyn Read>>, PlotError> {
        let table = (self.open)().map_err(|error| self.malformed(&error))?;
        Ok(csv::ReaderBuilder::new().comment(Some(b'#')).buffer_capacity(1 << 16).from_reader(table))
    }

    fn malformed(&self, error: &dyn std::error::Error) -> PlotError {
        PlotError::Malformed { file: self.file.clone(), why: error.to_string() }
    }

    /// The version that wrote it; nothing if it has no row.
    pub(super) fn version(&self) -> Result<Option<String>, PlotError> {
        self.first("version")
    }

    /// Whether it is known which answers are right; a table without a row has none that would be unknown.
    pub(super) fn knows_accuracy(&self) -> Result<bool, PlotError> {
        Ok(self.first(FIRST_RESULT)?.is_none_or(|cell| !cell.is_empty()))
    }

    /// A column's cell in the first row; nothing if there is no row.
    fn first(&self, column: &str) -> Result<Option<String>, PlotError> {
        let place = self.column(column)?;
        let first =
            self.reader()?.into_records().next().transpose().map_err(|error| self.malformed(&error))?;
        Ok(first.map(|record| record.get(place.0).unwrap_or_default().to_owned()))
    }

    /// Columns of what the sweep varies.
    pub(super) fn axes(&self) -> impl Iterator<Item = &str> {
        self.header.iter().take_while(|name| *name != FIRST_RESULT).filter(|name| !BEFORE.contains(name))
    }

    /// The column of an axis by its path, whatever its unit, such as `dram.bandwidth` for
    /// `dram.bandwidth_bytes_per_s`.
    pub(super) fn axis(&self, path: &str) -> Option<&str> {
        let with_unit =
            |name: &&str| *name == path || name.strip_prefix(path).is_some_and(|rest| rest.starts_with('_'));
        self.axes().find(with_unit)
    }

    /// A column by its name.
    pub(super) fn column(&self, name: &str) -> Result<Place, PlotError> {
        let missing = || PlotError::Column { file: self.file.clone(), column: name.to_owned() };
        self.header.iter().position(|column| column == name).map(Place).ok_or_else(missing)
    }

    /// Reads every point in order.
    pub(super) fn each(
        &self,
        mut take: impl FnMut(&Point<'_>) -> Result<(), PlotError>,
    ) -> Result<(), PlotError> {
        let (mut reader, mut record) = (self.reader()?, StringRecord::new());
        while reader.read_record(&mut record).map_err(|error| self.malformed(&error))? {
            take(&Point { points: self, record: &record })?;
        }
        Ok(())
    }

    /// Reads every point of a policy with exits: none of the plain network, nor of heads that nobody leaves at.
    pub(super) fn each_with_exits(
        &self,
        mut take: impl FnMut(&Point<'_>) -> Result<(), PlotError>,
    ) -> Result<(), PlotError> {
        let rule = self.column("policy.rule").ok();
        self.each(|point| {
            let plain = rule.is_some_and(|rule| matches!(point.text(rule), "no-heads" | "never"));
            if plain { Ok(()) } else { take(point) }
        })
    }
}

impl Point<'_> {
    /// A cell as it stands there.
    pub(super) fn text(&self, place: Place) -> &str {
        self.record.get(place.0).unwrap_or_default()
    }

    /// An accuracy; it is empty where no answer is known to be right.
    pub(super) fn accuracy(&self, place: Place) -> Result<f64, PlotError> {
        if self.text(place).is_empty() {
            let why = "the sweep's workloads have no scores, so no answer is right or wrong";
            return Err(PlotError::unfit(why, "give a sweep over replayed or recorded scores"));
        }
        self.number(place)
    }

    /// A finite number.
    pub(super) fn number(&self, place: Place) -> Result<f64, PlotError> {
        let text = self.text(place);
        text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| PlotError::Cell {
            file: self.points.file.clone(),
            line: self.record.position().map_or(0, csv::Position::line),
            column: self.points.header.get(place.0).unwrap_or_default().to_owned(),
            text: text.to_owned(),
        })
    }
}
