//! Results as files hold them: a summary and tables, asked by the names of keys and columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use csv::StringRecord;
use serde_json::Value;

use super::PlotError;
use super::points::Points;

/// One folder of results: what `exclusim run` or `exclusim sweep` wrote, or a table of other origin.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// How figures and messages name it.
    pub name: String,
    summary: Option<Value>,
    grids: BTreeMap<&'static str, Grid>,
    points: Option<Points>,
    /// Networks and machines of a sweep.
    pub(super) inputs: (Vec<String>, Vec<String>),
    /// Name of the policy's file, where it is known.
    pub(super) policy: Option<String>,
}

/// A column that points of FPGAs alone have.
const BLOCKS: &str = "lut";

/// Files that figures are drawn from, but for the points of a sweep.
pub const FILES: [&str; 7] = [
    "summary.json",
    "layers.csv",
    "breakdown.csv",
    "exits.csv",
    "excluded.csv",
    "samples.csv",
    "segments.csv",
];
/// The points of a sweep, too many to be held.
pub const POINTS: &str = "points.csv";
/// The files that a sweep is made of.
pub const INPUTS: &str = "inputs.csv";
/// The table of parity with other tools and with Verilog.
pub const PARITY: &str = "parity.csv";

impl Results {
    /// Results without any file.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The same with one of [`FILES`] or [`PARITY`] more; other files are no matter of figures.
    ///
    /// # Errors
    /// [`PlotError::Malformed`], or [`PlotError::Version`] if another version of this tool wrote it.
    pub fn with(mut self, file: &str, text: &str) -> Result<Self, PlotError> {
        if file == INPUTS {
            self.inputs = networks_and_machines(text);
            return Ok(self);
        }
        let Some(known) = FILES.iter().chain([&PARITY]).find(|known| **known == file) else {
            return Ok(self);
        };
        if *known == "summary.json" {
            let malformed = |error: serde_json::Error| PlotError::Malformed {
                file: format!("{}/summary.json", self.name),
                why: error.to_string(),
            };
            let summary: Value = serde_json::from_str(text).map_err(malformed)?;
            let found = summary.get("version").and_then(Value::as_str).unwrap_or("an unknown version");
            self.same_version(found)?;
            self.summary = Some(summary);
        } else {
            let grid = Grid::read(format!("{}/{known}", self.name), text)?;
            self.grids.insert(known, grid);
        }
        Ok(self)
    }

    /// The same of a policy whose file is called so.
    #[must_use]
    pub fn of_policy(self, name: impl Into<String>) -> Self {
        Self { policy: Some(name.into()), ..self }
    }

    /// The same with the points of a sweep, which `open` reads from the beginning as often as it is called.
    ///
    /// # Errors
    /// [`PlotError::Malformed`] or [`PlotError::Column`], or [`PlotError::Version`] if another version of this tool
    /// wrote it.
    pub fn with_points(
        mut self,
        open: impl Fn() -> std::io::Result<Box<dyn std::io::Read>> + Send + Sync + 'static,
    ) -> Result<Self, PlotError> {
        let points = Points::new(format!("{}/{POINTS}", self.name), Arc::new(open))?;
        if let Some(version) = points.version()? {
            self.same_version(&version)?;
        }
        self.points = Some(points);
        Ok(self)
    }

    fn same_version(&self, found: &str) -> Result<(), PlotError> {
        if found == env!("CARGO_PKG_VERSION") {
            return Ok(());
        }
        Err(PlotError::Version { results: self.name.clone(), found: found.to_owned() })
    }

    /// Whether `exclusim run` wrote them.
    #[must_use]
    pub fn is_run(&self) -> bool {
        self.summary.is_some()
    }

    /// Why a run's accuracies say nothing, if so: its scores were made up to assumed exits, or there are none.
    pub(super) fn without_answers(&self) -> Option<&'static str> {
        match self.value("scores", "").ok()?.as_str()? {
            "assumed" => Some("assumes where samples leave"),
            "decided" => Some("has exits decided elsewhere, without answers"),
            "none" => Some("has no scores"),
            _ => None,
        }
    }

    /// Whether they are of an FPGA, whose energies are known in a range only.
    pub(super) fn are_of_an_fpga(&self) -> bool {
        let points = || self.points.as_ref().is_some_and(|points| points.column(BLOCKS).is_ok());
        self.value("fpga", "").is_ok() || points()
    }

    /// Refuses a run whose policy has no head on: it is its own baseline.
    pub(super) fn check_heads(&self) -> Result<(), PlotError> {
        let on = |head: &Value| head.get("on").and_then(Value::as_bool).unwrap_or(false);
        if self.list("heads")?.iter().any(on) {
            return Ok(());
        }
        let why = format!("{} runs no heads: nothing is spent on exits and nothing saved", self.name);
        Err(PlotError::unfit(why, "give a run of a policy with heads"))
    }

    /// A table.
    pub(super) fn grid(&self, file: &'static str) -> Result<&Grid, PlotError> {
        self.grids.get(file).ok_or_else(|| PlotError::Missing { results: self.name.clone(), file })
    }

    /// The points of a sweep.
    pub(super) fn points(&self) -> Result<&Points, PlotError> {
        self.points.as_ref().ok_or_else(|| PlotError::Missing { results: self.name.clone(), file: POINTS })
    }

    /// A value of the summary by its path, such as `cycles.mean`; `needs` is what makes `run` write it.
    pub(super) fn value(&self, path: &str, needs: &'static str) -> Result<&Value, PlotError> {
        let missing = || PlotError::Missing { results: self.name.clone(), file: "summary.json" };
        let summary = self.summary.as_ref().ok_or_else(missing)?;
        let found = path.split('.').try_fold(summary, |value, key| value.get(key));
        let key = || PlotError::Key { results: self.name.clone(), key: path.to_owned(), needs };
        found.filter(|value| !value.is_null()).ok_or_else(key)
    }

    /// A number of the summary.
    pub(super) fn number(&self, path: &str) -> Result<f64, PlotError> {
        self.number_of(path, "")
    }

    /// A number that only some runs write.
    pub(super) fn number_of(&self, path: &str, needs: &'static str) -> Result<f64, PlotError> {
        let value = self.value(path, needs)?;
        value.as_f64().filter(|number| number.is_finite()).ok_or_else(|| self.malformed(path, value))
    }

    /// A text of the summary.
    pub(super) fn text(&self, path: &str) -> Result<&str, PlotError> {
        let value = self.value(path, "")?;
        value.as_str().ok_or_else(|| self.malformed(path, value))
    }

    /// A list of the summary.
    pub(super) fn list(&self, path: &str) -> Result<&Vec<Value>, PlotError> {
        let value = self.value(path, "")?;
        value.as_array().ok_or_else(|| self.malformed(path, value))
    }

    /// A key whose value is of another kind.
    pub(super) fn malformed(&self, path: &str, value: &Value) -> PlotError {
        let why = format!("`{path}` is {value}");
        PlotError::Malformed { file: format!("{}/summary.json", self.name), why }
    }

    /// Names of the classes.
    pub(super) fn classes(&self) -> Result<Vec<String>, PlotError> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        self.list("classes")?
            .iter()
            .map(|value| text(value).ok_or_else(|| self.malformed("classes", value)))
            .collect()
    }
}

/// Networks and machines that the inputs of a sweep name.
fn networks_and_machines(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut networks, mut machines) = (Vec::new(), Vec::new());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for row in reader.records().flatten() {
        let (role, file) = (row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default());
        match role {
            "model" => networks.extend(file.split('/').next().map(str::to_owned)),
            "architecture" => {
                let name = file.rsplit('/').next().unwrap_or_default();
                machines.push(name.strip_suffix(".toml").unwrap_or(name).to_owned());
            }
            _ => {}
        }
    }
    networks.dedup();
    machines.dedup();
    (networks, machines)
}

/// The only results of several; `figure` names what asks for them.
pub(super) fn only<'a>(results: &'a [Results], figure: &str) -> Result<&'a Results, PlotError> {
    match results {
        [one] => Ok(one),
        [] => Err(PlotError::Empty { what: "results" }),
        _ => Err(PlotError::unfit(
            format!("{figure} shows one run; {} results were given", results.len()),
            "give one folder at a time",
        )),
    }
}

/// A table of text.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    file: String,
    header: StringRecord,
    rows: Vec<StringRecord>,
}

impl Grid {
    fn read(file: String, text: &str) -> Result<Self, PlotError> {
        let malformed =
            |error: csv::Error| PlotError::Malformed { file: file.clone(), why: error.to_string() };
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let header = reader.headers().map_err(malformed)?.clone();
        let rows = reader.records().collect::<Result<Vec<_>, _>>().map_err(malformed)?;
        Ok(Self { header, rows, file })
    }

    /// Its rows by number, or an error that names what they are if there is none.
    pub(super) fn rows(&self, what: &'static str) -> Result<std::ops::Range<usize>, PlotError> {
        if self.rows.is_empty() { Err(PlotError::Empty { what }) } else { Ok(0..self.rows.len()) }
    }

    /// A column by its name.
    pub(super) fn column(&self, name: &str) -> Result<Column<'_>, PlotError> {
        let place = self.header.iter().position(|column| column == name);
        let missing = || PlotError::Column { file: self.file.clone(), column: name.to_owned() };
        Ok(Column { grid: self, place: place.ok_or_else(missing)? })
    }
}

/// One column of a table.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    grid: &'a Grid,
    place: usize,
}

impl<'a> Column<'a> {
    pub(super) fn name(&self) -> &'a str {
        self.grid.header.get(self.place).unwrap_or_default()
    }

    pub(super) fn text(&self, row: usize) -> &'a str {
        self.grid.rows[row].get(self.place).unwrap_or_default()
    }

    /// A number, or nothing where the cell is empty.
    pub(super) fn maybe(&self, row: usize) -> Result<Option<f64>, PlotError> {
        if self.text(row).is_empty() { Ok(None) } else { self.number(row).map(Some) }
    }

    /// A finite number.
    pub(super) fn number(&self, row: usize) -> Result<f64, PlotError> {
        let text = self.text(row);
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| self.wrong(row))
    }

    /// A whole number from 0.
    pub(super) fn count(&self, row: usize) -> Result<u64, PlotError> {
        self.text(row).parse().map_err(|_| self.wrong(row))
    }

    fn wrong(&self, row: usize) -> PlotError {
        let line = self.grid.rows[row].position().map_or(0, csv::Position::line);
        let (column, text) = (self.name().to_owned(), self.text(row).to_owned());
        PlotError::Cell { file: self.grid.file.clone(), line, column, text }
    }
}
