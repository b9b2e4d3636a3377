//! Sweeps: many machines and policies, each evaluated once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use exclusim::config::{self, Fault, Faults, Node};
use exclusim::load::{self, Given, Space, WrittenArch};
use exclusim::report::plot::Results;
use exclusim::sweep::{self as library, Chunk, Front, Plan, PointCounts, Policies, Rows, Stop, Task};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList, PyTuple};
use toml::{Table as Keys, Value};

use crate::arch::Arch;
use crate::columns::{Columns, Kind};
use crate::fault::{OrRaise, bug, fault};
use crate::policy::Policy;
use crate::run::{Drawing, named};
use crate::table::Table;
use crate::text;
use crate::work::{Cancel, work};
use crate::workload::Workload;

/// What a sweep found: a table of its points, and their front.
#[pyclass(frozen, module = "exclusim", name = "Sweep")]
pub(crate) struct Sweep {
    points: Table,
    header: Vec<u8>,
    front: Table,
    skipped: Table,
    tally: PointCounts,
    objectives: Vec<&'static str>,
    name: String,
    inputs: String,
    /// Rows as text, for figures and files.
    rows: Vec<Vec<u8>>,
}

/// Evaluates every point of a space.
///
/// Args:
///     net: a Workload, a list of them, or the path of a space file (``SPACE.toml``), which then says everything.
///     arch: the base machine.
///     axes: what varies: keys of the machine (``"array.rows"``) or of the policy (``"policy.beta"``), each with a list of
///         values or a range such as ``{"from": 8, "to": 64, "step": 8}``; under ``"policy"`` policies in any form that ``run``
///         takes, under ``"arch"`` machines.
///     objectives: what the front is of: ``"energy"``, ``"latency"``, ``"latency-p99"``, ``"edp"``, ``"area"``,
///         ``"accuracy"``, ...; energy, latency and, where it is known, accuracy if left out.
///     policy: the base policy; each workload's own if left out.
///     constraints: conditions such as ``"area_mm2 <= 4"``; points that break one are left out.
///     linked: axes whose keys change together: ``[{"keys": [...], "values": [[...], ...]}]``.
///     method: ``"grid"``, ``"sobol"``, ``"random"`` or ``"nsga2"``; all but the first with ``points``.
///     points, seed, population: as in a space file.
///     invalid: ``"stop"`` or ``"skip"``: what becomes of machines that cannot be.
///     combine: how the results of several workloads become one, as in a space file.
///     threads: at most so many; one per core if left out.
///
/// Returns:
///     Sweep: it is a table itself.
///
/// Raises:
///     Fault: every fault of the space at once.
#[pyfunction]
#[pyo3(signature = (net, arch = None, axes = None, *, objectives = None, policy = None, constraints = None, linked = None,
    method = None, points = None, seed = None, population = None, invalid = None, combine = None, threads = None))]
#[expect(clippy::too_many_arguments, reason = "as many as Python's keywords")]
pub(crate) fn sweep(
    py: Python<'_>,
    net: &Bound<'_, PyAny>,
    arch: Option<&Bound<'_, Arch>>,
    axes: Option<&Bound<'_, PyDict>>,
    objectives: Option<Vec<String>>,
    policy: Option<&Bound<'_, PyAny>>,
    constraints: Option<Vec<String>>,
    linked: Option<&Bound<'_, PyAny>>,
    method: Option<String>,
    points: Option<i64>,
    seed: Option<i64>,
    population: Option<i64>,
    invalid: Option<String>,
    combine: Option<String>,
    threads: Option<usize>,
) -> PyResult<Sweep> {
    let Some(arch) = arch else {
        let path: PathBuf = net.extract().map_err(|_| {
            PyTypeError::new_err("write sweep(net, arch, {\"array.rows\": [8, 16]}) or sweep(\"SPACE.toml\")")
        })?;
        return work(py, threads, |cancel, watch| explored(&load::space(&path, watch)?, cancel))?
            .or_raise(py)?
            .or_bug();
    };
    let nets = nets(net)?;
    let Some(axes) = axes else {
        return Err(PyTypeError::new_err("axes are missing, such as {\"array.rows\": [8, 16]}"));
    };
    let mut asked = Asked { archs: BTreeMap::new(), policies: BTreeMap::new(), net: nets[0].clone_ref(py) };
    let mut keys = Keys::new();
    let text_of = |words: Vec<String>| Value::Array(words.into_iter().map(Value::String).collect());
    keys.insert("name".into(), Value::String("sweep".into()));
    keys.insert("arch".into(), Value::String(asked.arch(arch)));
    keys.insert("workloads".into(), text_of(nets.iter().map(|net| name_of(net)).collect()));
    keys.insert("axes".into(), Value::Table(asked.axes(py, axes)?));
    if let Some(policy) = policy {
        keys.insert("policy".into(), Value::String(asked.policy(py, policy)?));
    }
    let words = [("method", method), ("invalid", invalid), ("combine", combine)];
    keys.extend(words.into_iter().filter_map(|(key, word)| Some((key.to_owned(), Value::String(word?)))));
    let numbers = [("points", points), ("seed", seed), ("population", population)];
    keys.extend(
        numbers.into_iter().filter_map(|(key, number)| Some((key.to_owned(), Value::Integer(number?)))),
    );
    let lists = [("objectives", objectives), ("constraints", constraints)];
    keys.extend(lists.into_iter().filter_map(|(key, list)| Some((key.to_owned(), text_of(list?)))));
    if let Some(linked) = linked {
        keys.insert("linked".into(), text::value(linked)?);
    }
    let space = config::parse("<sweep>", &(keys.to_string() + "\n")).or_raise(py)?;
    let Asked { archs, policies, .. } = asked;
    let found = work(py, threads, |cancel, watch| {
        let scores = nets.iter().map(|net| net.get().evaluation(watch)).collect::<Result<Vec<_>, _>>()?;
        let workloads = nets
            .iter()
            .zip(&scores)
            .map(|(net, scores)| (net.get().loaded.manifest.name.clone(), (&net.get().loaded, &**scores)));
        let given = Given {
            archs: archs.iter().map(|(name, arch)| (name.clone(), arch)).collect(),
            workloads: workloads.collect(),
            policies,
        };
        explored(&load::space_of(&space, &given, watch)?, cancel)
    })?;
    found.or_raise(py)?.or_bug()
}

/// The workloads that were given: one, or a list.
fn nets<'py>(found: &Bound<'py, PyAny>) -> PyResult<Vec<Py<Workload>>> {
    let told = || PyTypeError::new_err("the first argument is a Workload or a list of them");
    let one = |item: &Bound<'py, PyAny>| {
        item.cast::<Workload>().map(|net| net.clone().unbind()).map_err(|_| told())
    };
    if !found.is_instance_of::<PyList>() && !found.is_instance_of::<PyTuple>() {
        return Ok(vec![one(found)?]);
    }
    let nets = found.try_iter()?.map(|item| one(&item?)).collect::<PyResult<Vec<_>>>()?;
    if nets.is_empty() { Err(told()) } else { Ok(nets) }
}

fn name_of(net: &Py<Workload>) -> String {
    net.get().loaded.manifest.name.clone()
}

/// What a space names that is in memory, under the names that it has there.
struct Asked {
    archs: BTreeMap<String, WrittenArch>,
    policies: BTreeMap<String, Node>,
    net: Py<Workload>,
}

/// A name that is not taken, or that is of the same keys.
fn free<T>(taken: &BTreeMap<String, T>, name: &str, node: &Node, node_of: impl Fn(&T) -> &Node) -> String {
    let same = |there: &T| config::flat(node_of(there), "") == config::flat(node, "");
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| taken.get(name).is_none_or(same)).unwrap_or_default()
}

impl Asked {
    fn arch(&mut self, arch: &Bound<'_, Arch>) -> String {
        let arch = arch.get();
        let set: String = arch.overrides.iter().map(|set| format!(" {set}")).collect();
        let name = format!("{}{set}", arch.read.name);
        let name = free(&self.archs, &name, &arch.written.node, |written| &written.node);
        self.archs.insert(name.clone(), arch.written.clone());
        name
    }

    fn policy(&mut self, py: Python<'_>, policy: &Bound<'_, PyAny>) -> PyResult<String> {
        let (name, node) = match policy.cast::<Policy>() {
            Ok(policy) => {
                let policy = policy.get();
                (policy.name.clone(), config::parse("<policy>", &policy.toml()).or_raise(py)?)
            }
            Err(_) => named(py, policy, self.net.get())?,
        };
        let name = free(&self.policies, &name, &node, |node| node);
        self.policies.insert(name.clone(), node);
        Ok(name)
    }

    /// Axes as a space file has them: policies and machines by their names.
    fn axes(&mut self, py: Python<'_>, axes: &Bound<'_, PyDict>) -> PyResult<Keys> {
        let mut keys = Keys::new();
        for (key, values) in axes {
            let path: String =
                key.extract().map_err(|_| PyTypeError::new_err("the key of an axis is no string"))?;
            let items = || values.try_iter()?.collect::<PyResult<Vec<_>>>();
            let value = match path.as_str() {
                "policy" => {
                    let mut name =
                        |item: &Bound<'_, PyAny>| Ok::<_, PyErr>(Value::String(self.policy(py, item)?));
                    Value::Array(items()?.iter().map(&mut name).collect::<PyResult<_>>()?)
                }
                "arch" => {
                    let mut name = |item: &Bound<'_, PyAny>| match item.cast::<Arch>() {
                        Ok(arch) => Ok::<_, PyErr>(self.arch(arch)),
                        Err(_) => Ok(self.arch(&Bound::new(py, crate::arch::arch(py, item)?)?)),
                    };
                    let names = items()?
                        .iter()
                        .map(|item| Ok(Value::String(name(item)?)))
                        .collect::<PyResult<_>>()?;
                    Value::Array(names)
                }
                _ => text::value(&values)?,
            };
            keys.insert(path, value);
        }
        Ok(keys)
    }
}

/// How a sweep ended.
enum Ended {
    /// With everything, or, interrupted, with what nobody will see.
    Found(Box<Sweep>),
    /// With a result that no machine can have.
    Bug(String),
}

impl Ended {
    fn or_bug(self) -> PyResult<Sweep> {
        match self {
            Self::Found(sweep) => Ok(*sweep),
            Self::Bug(told) => Err(bug(&told)),
        }
    }
}

/// What grows while a sweep goes on.
struct Growing {
    columns: Columns,
    batches: Vec<RecordBatch>,
    rows: Vec<Vec<u8>>,
    skips: Vec<u8>,
    front: Front,
    tally: PointCounts,
}

/// The first columns of a row, the same in all: the version and the hash of the inputs.
const SAME: usize = 2;

impl Growing {
    fn new(rows: &Rows) -> Self {
        let kinds: Vec<Kind> = rows.kinds().iter().map(|kind| Kind::from(*kind)).collect();
        let columns = Columns::new(&cells(&rows.header), &kinds, SAME);
        let (batches, texts, skips) = (Vec::new(), Vec::new(), rows.skipped_header());
        Self { columns, batches, rows: texts, skips, front: Front::default(), tally: PointCounts::default() }
    }

    fn take(&mut self, chunk: Chunk) -> Result<(), Stop> {
        let batch = self.columns.batch(&chunk.rows).map_err(|error| Stop::Impossible(error.to_string()))?;
        if batch.num_rows() > 0 {
            self.batches.push(batch);
            self.rows.push(chunk.rows);
        }
        self.skips.extend(chunk.skipped);
        self.tally.add(chunk.tally);
        self.front.join(chunk.front);
        Ok(())
    }

    fn finish(self, space: &Space, header: Vec<u8>) -> Result<Sweep, ArrowError> {
        let Self { columns, batches, rows, skips, front, tally } = self;
        let lines: Vec<u8> = front.sorted().iter().flat_map(|member| member.row.iter().copied()).collect();
        let front = Table::new(columns.schema(), vec![columns.batch(&lines)?]);
        let skipped = Columns::of_csv(&String::from_utf8_lossy(&skips))?;
        let skipped = Table::new(skipped.schema(), vec![skipped]);
        Ok(Sweep {
            points: Table::new(columns.schema(), batches),
            header,
            front,
            skipped,
            tally,
            objectives: space.spec.objectives.iter().map(|objective| objective.name()).collect(),
            name: space.spec.name.clone(),
            inputs: space.inputs.hash.clone(),
            rows,
        })
    }
}

/// The cells of a header.
fn cells(header: &[u8]) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(header);
    reader.headers().map(|names| names.iter().map(str::to_owned).collect()).unwrap_or_default()
}

/// Everything that is found at the points of a space.
fn explored(space: &Space, cancel: &Cancel) -> Result<Ended, Faults> {
    let Space { spec, inputs, .. } = space;
    let plan = Plan::new(spec);
    if plan.points() == 0 {
        let help = "loosen the constraints, or add values to the axes";
        return Err(Fault::new("the space is empty: no point meets the constraints", help).into());
    }
    let rows = Rows::new(spec, inputs);
    let mut growing = Growing::new(&rows);
    let task = Task { spec, inputs, rows: &rows, given_up: &|| cancel.is_set() };
    let mut take = |chunks: Vec<Chunk>| {
        chunks.into_iter().try_for_each(|chunk| growing.take(chunk))?;
        if cancel.is_set() { Err(Stop::Interrupted) } else { Ok(()) }
    };
    let ended = match plan.chunks() {
        None => library::search(task, Vec::new(), &mut take),
        Some(chunks) => library::run(task, &plan, 0..chunks, &mut Policies::default(), &mut take),
    };
    match ended {
        Ok(()) | Err(Stop::Interrupted) => {}
        Err(Stop::Invalid(faults) | Stop::Taker(faults)) => return Err(faults),
        Err(Stop::Impossible(told)) => return Ok(Ended::Bug(told)),
    }
    let header = rows.header.clone();
    Ok(match growing.finish(space, header) {
        Ok(sweep) => Ended::Found(Box::new(sweep)),
        Err(error) => Ended::Bug(error.to_string()),
    })
}

#[pymethods]
impl Sweep {
    /// The points that no other point beats in all objectives, as a Table.
    #[getter]
    fn front(&self) -> Table {
        self.front.clone()
    }

    /// Every point with a row, as a Table; a Sweep is one itself.
    #[getter]
    fn points(&self) -> Table {
        self.points.clone()
    }

    /// Points whose machine cannot be, each with its reason; some only with ``invalid="skip"``.
    #[getter]
    fn skipped(&self) -> Table {
        self.skipped.clone()
    }

    /// Points that constraints left out.
    #[getter]
    fn excluded(&self) -> u64 {
        self.tally.excluded
    }

    /// What the front is of.
    #[getter]
    fn objectives(&self) -> Vec<&'static str> {
        self.objectives.clone()
    }

    /// A hash of everything that went in.
    #[getter]
    fn inputs(&self) -> &str {
        &self.inputs
    }

    /// Names of the columns: the point's number, its axes, its results.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.points.column_names()
    }

    /// The rows as ``points.csv`` has them.
    fn csv(&self) -> String {
        let rows = std::iter::once(&self.header).chain(&self.rows);
        rows.map(|rows| String::from_utf8_lossy(rows)).collect()
    }

    /// Writes the rows as ``exclusim sweep`` writes ``points.csv``, whole or not at all.
    ///
    /// Raises:
    ///     Fault: it cannot be written.
    fn write(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        exclusim::cli::write_whole(vec![(path, self.csv().into_bytes())]).or_raise(py)
    }

    /// A figure of this sweep, as ``exclusim plot`` draws it: ``"pareto"``, ``"design-map"``, ``"threshold-sweep"``, ...
    ///
    /// Raises:
    ///     Fault: there is no such figure, or this sweep holds no data for it.
    fn figure(&self, py: Python<'_>, name: &str) -> PyResult<Drawing> {
        let text = std::sync::Arc::new(self.csv().into_bytes());
        let open = move || Ok(Box::new(Shared(std::sync::Arc::clone(&text), 0)) as Box<dyn std::io::Read>);
        let results = Results::new(&self.name).with_points(open);
        Drawing::of(py, name, results.map_err(|error| fault(py, error.to_string(), error.remedy()))?)
    }

    fn __len__(&self) -> usize {
        self.points.rows()
    }

    /// As of a Table.
    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.points.__getitem__(py, name)
    }

    /// As of a Table.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.points.to_dict(py)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        self.points.__arrow_c_schema__(py)
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        self.points.__arrow_c_stream__(py, requested_schema)
    }

    fn __repr__(&self) -> String {
        let PointCounts { found, excluded, skipped } = self.tally;
        format!(
            "Sweep of {found} points ({excluded} excluded, {skipped} skipped), {} on the front",
            self.front.rows()
        )
    }

    fn _repr_html_(&self) -> String {
        format!("<p>{}</p>{}", self.__repr__(), self.front.html())
    }
}

/// Bytes that several readers read.
struct Shared(std::sync::Arc<Vec<u8>>, usize);

impl std::io::Read for Shared {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let rest = &self.0[self.1.min(self.0.len())..];
        let length = rest.len().min(into.len());
        into[..length].copy_from_slice(&rest[..length]);
        self.1 += length;
        Ok(length)
    }
}
