//! Faults of the library as a Python exception that carries them one by one.

use exclusim::config::{Fault as One, FaultKind, Faults};
use exclusim::run::RunError;
use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

create_exception!(
    exclusim,
    Fault,
    PyValueError,
    "What is wrong with an input: every fault of it at once.\n\n\
     Attributes:\n    faults: one FaultItem per fault, in the order in which they were found."
);

/// One thing that is wrong with an input.
#[pyclass(frozen, get_all, module = "exclusim", name = "FaultItem")]
pub(crate) struct Item {
    /// The file, or what an input is called that is in no file; None when no text is to blame.
    file: Option<String>,
    /// The line, counted from 1; None when no text is to blame.
    line: Option<usize>,
    /// The full path of the key that is to blame, such as ``array.rows``; None when no single key is.
    key: Option<String>,
    /// What is wrong.
    message: String,
    /// What to write instead.
    help: String,
    /// ``syntax``, ``unknown-key``, ``missing-key``, ``value`` or ``other``.
    kind: &'static str,
}

#[pymethods]
impl Item {
    fn __repr__(&self) -> String {
        format!("FaultItem({:?})", self.told())
    }

    fn __str__(&self) -> String {
        self.told()
    }
}

impl Item {
    fn of(fault: &One) -> Self {
        let kind = match fault.kind {
            FaultKind::Syntax => "syntax",
            FaultKind::UnknownKey => "unknown-key",
            FaultKind::MissingKey => "missing-key",
            FaultKind::Value => "value",
            _ => "other",
        };
        Self {
            file: fault.place.as_ref().map(|(source, _)| source.name.clone()),
            line: fault.line(),
            key: fault.key.as_deref().map(str::to_owned),
            message: fault.title.clone(),
            help: fault.help.clone(),
            kind,
        }
    }

    fn told(&self) -> String {
        let place = match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: "),
            _ => String::new(),
        };
        format!("{place}{} ({})", self.message, self.help)
    }
}

/// The exception of some faults.
pub(crate) fn raised(py: Python<'_>, faults: &Faults) -> PyErr {
    let items: Vec<Item> = faults.0.iter().map(Item::of).collect();
    let mut told: Vec<String> = items.iter().map(Item::told).collect();
    if told.len() > 1 {
        told.push(format!("{} faults", told.len()));
    }
    let error = Fault::new_err(told.join("\n"));
    let items = items.into_iter().map(|item| Py::new(py, item)).collect::<PyResult<Vec<_>>>();
    match items.and_then(|items| error.value(py).setattr("faults", items)) {
        Ok(()) => error,
        Err(other) => other,
    }
}

/// The exception of one fault that this package finds itself.
pub(crate) fn fault(py: Python<'_>, title: impl Into<String>, help: impl Into<String>) -> PyErr {
    raised(py, &One::new(title, help).into())
}

/// A result of the library as one of Python.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T, Faults> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|faults| raised(py, &faults))
    }
}

impl<T> OrRaise<T> for Result<T, One> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|fault| raised(py, &fault.into()))
    }
}

impl<T> OrRaise<T> for Result<T, RunError> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| match error {
            RunError::Input(faults) => raised(py, &faults),
            RunError::Bug(broken) => bug(&broken.join("; ")),
        })
    }
}

/// A result that no machine can have.
pub(crate) fn bug(told: &str) -> PyErr {
    let version = env!("CARGO_PKG_VERSION");
    PyRuntimeError::new_err(format!(
        "this is a bug of exclusim {version}: a result breaks a bound that no machine can break: {told}"
    ))
}

/// A fault that this package's Python finds itself, as an exception to raise.
#[pyfunction]
pub(crate) fn _fault(py: Python<'_>, title: &str, help: &str) -> PyErr {
    fault(py, title, help)
}
