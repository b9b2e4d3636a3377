//! Why there is no figure, and what to do about it.

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlotError {
    /// No rows at all.
    #[error("no {what} to draw; a figure needs at least one")]
    Empty {
        /// What a row stands for.
        what: &'static str,
    },
    /// Rows, and every one of them is zero.
    #[error("all {what} are zero; there is nothing to draw")]
    Zero {
        /// What is counted.
        what: &'static str,
    },
    /// More rows than a page can tell apart.
    #[error("{found} {what} are too many for a figure; draw at most {most} at a time")]
    TooMany {
        /// What a row stands for.
        what: &'static str,
        /// Rows given.
        found: usize,
        /// Rows a figure can take.
        most: usize,
    },
    /// A value is not a number, or none that an axis could show.
    #[error("{column} of `{row}` is {value}; a figure needs a finite number below a billion")]
    Value {
        /// Label of the row.
        row: String,
        /// Name of the value.
        column: &'static str,
        /// The value.
        value: f64,
    },
    /// A class has more or fewer exits than the first one.
    #[error("class `{class}` counts {found} exits where the first class counts {expected}")]
    Exits {
        /// Name of the class.
        class: String,
        /// Exits of the first class, the end included.
        expected: usize,
        /// Exits of this class.
        found: usize,
    },
    /// Results lack a file.
    #[error("{results} has no {file}")]
    Missing {
        /// Name of the results.
        results: String,
        /// The file.
        file: &'static str,
    },
    /// A file cannot be read as what its name says.
    #[error("{file}: {why}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A table lacks a column.
    #[error("{file} has no column `{column}`")]
    Column {
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
    /// A cell holds no number that could be drawn.
    #[error("{file}, line {line}, column `{column}`: `{text}` is no finite number")]
    Cell {
        /// The file.
        file: String,
        /// Line in the file, from 1.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A summary lacks a key.
    #[error("summary.json of {results} has no `{key}`{}", when(.needs))]
    Key {
        /// Name of the results.
        results: String,
        /// Path of the key.
        key: String,
        /// What makes `run` write it; empty if every run does.
        needs: &'static str,
    },
    /// Results of another version of this tool.
    #[error("{results} was written by exclusim {found}; this is {}", env!("CARGO_PKG_VERSION"))]
    Version {
        /// Name of the results.
        results: String,
        /// The version that wrote them.
        found: String,
    },
    /// A figure of other results than those given.
    #[error("{why}")]
    Unfit {
        /// What does not fit.
        why: String,
        /// What to give instead.
        remedy: String,
    },
    /// The bundled font or the drawing library failed.
    #[error("the figure could not be drawn: {0}")]
    Drawing(String),
}

fn when(needs: &str) -> String {
    if needs.is_empty() { String::new() } else { format!(", which takes {needs}") }
}

impl PlotError {
    /// What does not fit, and what to give instead.
    pub(super) fn unfit(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Unfit { why: why.into(), remedy: remedy.into() }
    }

    /// Whether the results are sound and merely have nothing that the figure could show.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Empty { .. }
            | Self::Zero { .. }
            | Self::TooMany { .. }
            | Self::Missing { .. }
            | Self::Unfit { .. } => true,
            Self::Key { needs, .. } => !needs.is_empty(),
            Self::Value { .. }
            | Self::Exits { .. }
            | Self::Malformed { .. }
            | Self::Column { .. }
            | Self::Cell { .. }
            | Self::Version { .. }
            | Self::Drawing(_) => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Empty { .. } | Self::Zero { .. } => "choose a figure of what these results have",
            Self::TooMany { .. } => "give fewer results, or cut the table to the rows that matter",
            Self::Value { .. } | Self::Cell { .. } => "correct the file, or write the results again",
            Self::Exits { .. } | Self::Malformed { .. } | Self::Column { .. } | Self::Version { .. } => {
                "write the results again with this version: exclusim run or exclusim sweep"
            }
            Self::Missing { file, .. } => match *file {
                "points.csv" => "give the folder of an `exclusim sweep`",
                "parity.csv" => "give reports/reference, or a folder with a parity.csv",
                _ => "give the folder of an `exclusim run` by this version",
            },
            Self::Key { needs: "", .. } => "write the results again with this version: exclusim run",
            Self::Key { needs, .. } => return format!("write results with it: exclusim run {needs}"),
            Self::Unfit { remedy, .. } => remedy,
            Self::Drawing(_) => "please report it as a bug",
        }
        .to_owned()
    }
}
