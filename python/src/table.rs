//! A table as Python holds it: columns that pandas, polars, pyarrow and DuckDB take without copies.

use std::fmt::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch, RecordBatchIterator};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Schema};
use numpy::PyArray1;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};

use crate::columns::Columns;

/// Rows that a table shows of itself.
const SHOWN: usize = 20;

/// Columns of equal length, each with a name.
///
/// pandas, polars, pyarrow and DuckDB take it as it is, through Arrow's PyCapsule interface and without copies:
/// ``pyarrow.table(t)``, ``polars.DataFrame(t)``, ``pandas.DataFrame.from_arrow(t)``.
#[derive(Clone)]
#[pyclass(frozen, module = "exclusim", name = "Table")]
pub(crate) struct Table {
    schema: Arc<Schema>,
    batches: Vec<RecordBatch>,
}

impl Table {
    pub(crate) fn new(schema: Arc<Schema>, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }

    /// A table that the library wrote as text.
    pub(crate) fn of_csv(text: &str) -> PyResult<Self> {
        let batch = Columns::of_csv(text).map_err(|error| unreadable(&error))?;
        Ok(Self { schema: batch.schema(), batches: vec![batch] })
    }

    pub(crate) fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// A cell as text.
    fn cell(batch: &RecordBatch, column: usize, row: usize) -> String {
        let column = batch.column(column);
        if column.is_null(row) {
            return String::new();
        }
        match column.data_type() {
            DataType::Boolean => column.as_boolean().value(row).to_string(),
            DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
            DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
            _ => column.as_string::<i32>().value(row).to_owned(),
        }
    }

    /// The first rows as an HTML table.
    pub(crate) fn html(&self) -> String {
        let mut text = String::from("<table><thead><tr>");
        for field in self.schema.fields() {
            let _ = write!(text, "<th>{}</th>", escaped(field.name()));
        }
        text += "</tr></thead><tbody>";
        let rows = self.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
        for (batch, row) in rows.take(SHOWN) {
            text += "<tr>";
            for column in 0..batch.num_columns() {
                let _ = write!(text, "<td>{}</td>", escaped(&Self::cell(batch, column, row)));
            }
            text += "</tr>";
        }
        text += "</tbody></table>";
        if self.rows() > SHOWN {
            let _ = write!(text, "<p>{} rows, of which the first {SHOWN}</p>", self.rows());
        }
        text
    }
}

/// A table of the library that is none: a bug.
pub(crate) fn unreadable(error: &ArrowError) -> PyErr {
    PyRuntimeError::new_err(format!("this is a bug of exclusim: {error}"))
}

/// A text as HTML shows it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[pymethods]
impl Table {
    /// Names of the columns.
    #[getter]
    pub(crate) fn column_names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __len__(&self) -> usize {
        self.rows()
    }

    /// A column: an int64 or float64 array, a missing number as NaN; a list of words or truths, a missing one as None.
    ///
    /// Raises:
    ///     KeyError: there is no such column.
    pub(crate) fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let Ok(at) = self.schema.index_of(name) else {
            let known = self.column_names().join(", ");
            return Err(PyKeyError::new_err(format!("{name}; the columns are {known}")));
        };
        let columns = self.batches.iter().map(|batch| batch.column(at));
        match self.schema.field(at).data_type() {
            DataType::Int64 if columns.clone().all(|column| column.null_count() == 0) => {
                let values = columns.flat_map(|column| column.as_primitive::<Int64Type>().values());
                Ok(PyArray1::from_iter(py, values.copied()).into_any())
            }
            DataType::Int64 => {
                let values = columns.flat_map(|column| column.as_primitive::<Int64Type>());
                #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
                let reals = values.map(|value| value.map_or(f64::NAN, |value| value as f64));
                Ok(PyArray1::from_iter(py, reals.collect::<Vec<_>>()).into_any())
            }
            DataType::Float64 => {
                let values = columns.flat_map(|column| column.as_primitive::<Float64Type>());
                let reals = values.map(|value| value.unwrap_or(f64::NAN));
                Ok(PyArray1::from_iter(py, reals.collect::<Vec<_>>()).into_any())
            }
            DataType::Boolean => {
                columns.flat_map(|column| column.as_boolean()).collect::<Vec<_>>().into_bound_py_any(py)
            }
            _ => {
                let words = columns.flat_map(|column| column.as_string::<i32>());
                words.map(|word| word.map(str::to_owned)).collect::<Vec<_>>().into_bound_py_any(py)
            }
        }
    }

    /// Every column by its name, as ``table[name]`` gives it.
    pub(crate) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for name in self.column_names() {
            dict.set_item(&name, self.__getitem__(py, &name)?)?;
        }
        Ok(dict)
    }

    pub(crate) fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.schema.as_ref()).map_err(|error| unreadable(&error))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// The rows as Arrow's C stream; a schema that is asked for is not cast to.
    #[pyo3(signature = (requested_schema = None))]
    pub(crate) fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let batches = self.batches.clone().into_iter().map(Ok::<_, ArrowError>);
        let reader = RecordBatchIterator::new(batches, Arc::clone(&self.schema));
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    fn __repr__(&self) -> String {
        format!("Table of {} rows: {}", self.rows(), self.column_names().join(", "))
    }

    fn _repr_html_(&self) -> String {
        self.html()
    }
}
