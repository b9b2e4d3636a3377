//! Architectures.

use std::path::PathBuf;
use std::sync::OnceLock;

use exclusim::arch::Arch as Read;
use exclusim::config;
use exclusim::formats::{Format, keys};
use exclusim::load::WrittenArch;
use exclusim::units::Seconds;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::fault::{OrRaise, fault};
use crate::text;

/// What messages call a text that is in no file.
pub(crate) const TEXT: &str = "<arch>";

/// A machine: array, scratchpads, DRAM, vector unit, exclusion unit, technology; read and checked. It never changes:
/// ``set`` gives another one.
#[pyclass(frozen, module = "exclusim", name = "Arch")]
pub(crate) struct Arch {
    pub(crate) written: WrittenArch,
    pub(crate) read: Read,
    /// Keys that were set, as the command line would be given them.
    pub(crate) overrides: Vec<String>,
    pub(crate) arrival_times: Vec<Seconds>,
    /// What it was made of: a name, a path or a text.
    source: String,
}

/// What an input is given as: a text is TOML where it has lines or assignments, else it names a file.
pub(crate) fn is_toml(source: &str) -> bool {
    source.contains('\n') || source.contains('=')
}

impl Arch {
    fn new(py: Python<'_>, source: String, overrides: Vec<String>) -> PyResult<Self> {
        let written = if is_toml(&source) {
            WrittenArch::parse(TEXT, &source)
        } else {
            WrittenArch::read(PathBuf::from(&source))
        };
        Self::of(py, written.or_raise(py)?, source, overrides)
    }

    fn of(py: Python<'_>, base: WrittenArch, source: String, overrides: Vec<String>) -> PyResult<Self> {
        let read = base.arch(&overrides).or_raise(py)?;
        let mut written = base;
        for assignment in &overrides {
            written.set(assignment).or_raise(py)?;
        }
        let arrival_times = written.arrival_times(&read).or_raise(py)?;
        Ok(Self { written, read, overrides, arrival_times, source })
    }
}

/// Reads a machine.
///
/// Args:
///     source: a shipped name such as ``"edge-16x16"`` (see ``presets("archs")``), a path, TOML text, or a dict.
///
/// Raises:
///     Fault: every fault of it at once.
#[pyfunction]
pub(crate) fn arch(py: Python<'_>, source: &Bound<'_, PyAny>) -> PyResult<Arch> {
    if let Ok(arch) = source.cast::<Arch>() {
        let arch = arch.get();
        return Arch::of(py, arch.written.clone(), arch.source.clone(), Vec::new());
    }
    if let Ok(dict) = source.cast::<PyDict>() {
        return Arch::new(py, text::table(dict)?.to_string() + "\n", Vec::new());
    }
    match source.extract::<PathBuf>() {
        Ok(path) => Arch::new(py, path.to_string_lossy().into_owned(), Vec::new()),
        Err(_) => Err(PyTypeError::new_err("write a shipped name, a path, TOML text or a dict")),
    }
}

/// Makes an architecture again, of what it was made of: what pickling needs.
#[pyfunction]
pub(crate) fn _arch_again(py: Python<'_>, source: String, overrides: Vec<String>) -> PyResult<Arch> {
    Arch::new(py, source, overrides)
}

/// Paths of all keys, with what holds where they are left out.
fn known() -> &'static [(String, Option<String>)] {
    static KNOWN: OnceLock<Vec<(String, Option<String>)>> = OnceLock::new();
    KNOWN.get_or_init(|| keys(Format::Arch).into_iter().map(|key| (key.path, key.default)).collect())
}

/// The path of a key that stands in Python as a word: `array_rows` for `array.rows`. Keys that are written are looked at first:
/// to list all that could be takes the reader many readings, once in a process.
fn path_of(word: &str, written: &config::Node) -> String {
    if word.contains('.') {
        return word.to_owned();
    }
    let there = config::flat(written, "").into_keys().map(|path| path.trim_start_matches('.').to_owned());
    if let Some(path) = there.into_iter().find(|path| path.replace('.', "_") == word) {
        return path;
    }
    let known = known().iter().find(|(path, _)| path.replace('.', "_") == word);
    known.map_or_else(|| word.replacen('_', ".", 1), |(path, _)| path.clone())
}

#[pymethods]
impl Arch {
    /// The same machine with keys set.
    ///
    /// Args:
    ///     changes: a dict of key paths and values, such as ``{"array.rows": 32}``.
    ///     **keys: the same with underscores, such as ``array_rows=32, dram_bandwidth="4 GB/s"``.
    ///
    /// Raises:
    ///     Fault: a key that there is none of, or values that no machine has.
    #[pyo3(signature = (changes = None, /, **keys))]
    fn set(
        &self,
        py: Python<'_>,
        changes: Option<&Bound<'_, PyDict>>,
        keys: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let mut overrides = self.overrides.clone();
        for (key, value) in changes.into_iter().chain(keys).flat_map(|dict| dict.iter()) {
            let path = path_of(&key.extract::<String>()?, &self.written.node);
            overrides.retain(|old| old.split_once('=').is_none_or(|(old, _)| old != path));
            let value = match text::value(&value)? {
                // As a command line has it: the library takes what is no TOML as a string.
                toml::Value::String(word) if !is_plain(&word) => toml::Value::String(word).to_string(),
                toml::Value::String(word) => word,
                value => value.to_string(),
            };
            overrides.push(format!("{path}={value}"));
        }
        let base = match is_toml(&self.source) {
            true => WrittenArch::parse(TEXT, &self.source),
            false => WrittenArch::read(PathBuf::from(&self.source)),
        };
        Self::of(py, base.or_raise(py)?, self.source.clone(), overrides)
    }

    /// What a key holds, such as ``arch["array.rows"]``; where it is left out, its default.
    ///
    /// Raises:
    ///     Fault: there is no such key, or its default depends on other keys.
    fn __getitem__<'py>(&self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyAny>> {
        if let Some(node) = at(&self.written.node, path) {
            return text::python(py, node);
        }
        let Some((_, default)) = known().iter().find(|(known, _)| known == path) else {
            let names = known().iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join(", ");
            return Err(fault(py, format!("unknown key `{path}`"), format!("known keys: {names}")));
        };
        let Some(default) = default else {
            let title = format!("`{path}` is left out, and what holds then depends on other keys");
            return Err(fault(py, title, "set it to read it"));
        };
        let tree = config::parse("a default", &format!("v = {default}")).or_raise(py)?;
        at(&tree, "v").map_or_else(|| Ok(py.None().into_bound(py)), |node| text::python(py, node))
    }

    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        &self.read.name
    }

    /// Clock in Hz.
    #[getter]
    fn clock_hz(&self) -> f64 {
        self.read.machine.clock.0
    }

    /// Keys that were set, as ``exclusim run --set`` takes them.
    #[getter]
    fn overrides(&self) -> Vec<String> {
        self.overrides.clone()
    }

    /// Every key that is written, as nested dicts.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        text::python(py, &self.written.node)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let make = py.import("exclusim._exclusim")?.getattr("_arch_again")?;
        Ok((make, (self.source.clone(), self.overrides.clone()).into_pyobject(py)?))
    }

    fn __repr__(&self) -> String {
        let set: String = self.overrides.iter().map(|set| format!(", {set}")).collect();
        format!("Arch({}{set})", self.read.name)
    }
}

/// Whether a word on the right of an assignment is taken as the string that it is.
fn is_plain(word: &str) -> bool {
    word.parse::<f64>().is_err()
        && !["true", "false"].contains(&word)
        && !word.contains(['\n', '"', '\'', '[', '{', '#'])
}

/// What stands under a path.
fn at<'a>(node: &'a config::Node, path: &str) -> Option<&'a config::Node> {
    path.split('.').try_fold(node, |node, part| match &node.data {
        config::Data::Table(table) => table.get(part).map(|(_, node)| node),
        _ => None,
    })
}
