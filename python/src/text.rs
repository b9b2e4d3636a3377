//! Python's values as TOML, so that the library reads and checks them as it does files.

use exclusim::config::{Data, Node};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyTuple};
use toml::{Table, Value};

/// A value of a key. NumPy's scalars are taken as the numbers they are.
pub(crate) fn value(found: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(truth) = found.cast::<PyBool>() {
        return Ok(Value::Boolean(truth.is_true()));
    }
    if let Ok(text) = found.extract::<String>() {
        return Ok(Value::String(text));
    }
    if let Ok(dict) = found.cast::<PyDict>() {
        return Ok(Value::Table(table(dict)?));
    }
    if found.is_instance_of::<PyList>() || found.is_instance_of::<PyTuple>() {
        return found.try_iter()?.map(|item| value(&item?)).collect::<PyResult<Vec<_>>>().map(Value::Array);
    }
    let type_name = || found.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    if found.hasattr("tolist")? {
        // NumPy's arrays and scalars give Python's own values.
        let plain = found.call_method0("tolist")?;
        if !plain.get_type().is(found.get_type()) {
            return value(&plain);
        }
    }
    if let Ok(whole) = found.extract::<i64>() {
        return Ok(Value::Integer(whole));
    }
    if let Ok(real) = found.extract::<f64>() {
        return Ok(Value::Float(real));
    }
    Err(PyTypeError::new_err(format!(
        "a value is of type {}: write a number, a string, a boolean, a list or a dict",
        type_name()
    )))
}

/// A table; keys may be nested dicts or names joined by dots, such as `array.rows`.
pub(crate) fn table(dict: &Bound<'_, PyDict>) -> PyResult<Table> {
    let mut root = Table::new();
    for (key, found) in dict {
        let path: String = key.extract().map_err(|_| PyTypeError::new_err("a key is no string"))?;
        put(&mut root, &path, value(&found)?)?;
    }
    Ok(root)
}

fn put(table: &mut Table, path: &str, found: Value) -> PyResult<()> {
    let Some((first, rest)) = path.split_once('.') else {
        merge(table, path, found);
        return Ok(());
    };
    match table.entry(first).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => put(inner, rest, found),
        _ => Err(PyTypeError::new_err(format!("`{first}` is a value and a table as well"))),
    }
}

/// Puts a value, or the keys of a table beside those that are there.
fn merge(table: &mut Table, key: &str, found: Value) {
    match (table.get_mut(key), found) {
        (Some(Value::Table(there)), Value::Table(more)) => {
            more.into_iter().for_each(|(key, value)| merge(there, &key, value));
        }
        (_, found) => drop(table.insert(key.to_owned(), found)),
    }
}

/// What stands in a tree as a Python value.
pub(crate) fn python<'py>(py: Python<'py>, node: &Node) -> PyResult<Bound<'py, PyAny>> {
    match &node.data {
        Data::Text(text) => text.into_bound_py_any(py),
        Data::Integer(number) => number.into_bound_py_any(py),
        Data::Real(number) => number.into_bound_py_any(py),
        Data::Boolean(truth) => truth.into_bound_py_any(py),
        Data::List(items) => {
            let items = items.iter().map(|item| python(py, item)).collect::<PyResult<Vec<_>>>()?;
            items.into_bound_py_any(py)
        }
        Data::Table(entries) => {
            let dict = PyDict::new(py);
            for (key, (_, node)) in entries {
                dict.set_item(key, python(py, node)?)?;
            }
            Ok(dict.into_any())
        }
        Data::Other(kind) => (*kind).into_bound_py_any(py),
    }
}
