//! One run: what a policy saves on a machine.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use exclusim::arch::Arch as Read;
use exclusim::names::ClosedSet;
use exclusim::report::plot::{Ask, Figure, Lettering, Page, Results};
use exclusim::report::{Across as Summed, Form, Summary, layers_csv, summary_text};
use exclusim::run::{self, Ran, Request, Rival, Subject};
use exclusim::workload::unfair;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arch::Arch;
use crate::fault::{OrRaise, fault};
use crate::policy::{of_workload, written};
use crate::table::{Table, escaped};
use crate::work::{warn, work};
use crate::workload::Workload;

/// What a run found.
#[pyclass(frozen, module = "exclusim", name = "Run")]
pub(crate) struct Run {
    ran: Ran,
    arch: Read,
    /// Name for figures.
    name: String,
    /// The summary with intervals over samples, which take longer than all the rest and are made when they are asked for.
    whole: OnceLock<Summary>,
    tables: OnceLock<Vec<(&'static str, String)>>,
}

/// A quantity per sample: both baselines, its distribution with exits, and what is saved.
#[pyclass(frozen, get_all, module = "exclusim", name = "Across")]
pub(crate) struct Across {
    /// Of the plain network.
    no_heads: f64,
    /// When every head runs and nobody leaves.
    never: f64,
    /// Mean over samples.
    mean: f64,
    /// Median over samples.
    p50: f64,
    /// 95th percentile.
    p95: f64,
    /// 99th percentile.
    p99: f64,
    /// Largest.
    max: f64,
    /// 1 - mean / no_heads, a fraction: what exits save, all that heads cost taken off; negative when they cost more.
    saved_net: f64,
    /// 1 - mean / never, a fraction.
    saved_vs_never: f64,
}

#[pymethods]
impl Across {
    fn __repr__(&self) -> String {
        let Self { mean, no_heads, saved_net, .. } = self;
        format!("Across(mean={mean}, no_heads={no_heads}, saved_net={saved_net})")
    }
}

impl Across {
    fn of(found: &Summed) -> Self {
        let Summed { no_heads, never, mean, p50, p95, p99, max, saved_net, saved_vs_never } = *found;
        Self { no_heads, never, mean, p50, p95, p99, max, saved_net, saved_vs_never }
    }
}

/// Runs a workload under a policy on a machine.
///
/// Args:
///     net: the workload; the scores of its samples are computed once and kept.
///     arch: the machine.
///     policy: a Policy, a rule such as ``"never"``, a path, TOML text or a dict; the workload's own if left out.
///     against: other policies to stand beside it, by name, in any of these forms.
///     sensitivity: whether to ask how far energy saved moves with uncertain prices.
///     samples: only the first so many; all if left out.
///     threads: at most so many; one per core if left out.
///
/// Raises:
///     Fault: inputs that do not go together.
#[pyfunction]
#[pyo3(name = "run", signature = (net, arch, policy = None, *, against = None, sensitivity = false, samples = None, threads = None))]
#[expect(clippy::too_many_arguments, reason = "as many as Python's keywords")]
pub(crate) fn simulate(
    py: Python<'_>,
    net: &Bound<'_, Workload>,
    arch: &Bound<'_, Arch>,
    policy: Option<&Bound<'_, PyAny>>,
    against: Option<&Bound<'_, PyDict>>,
    sensitivity: bool,
    samples: Option<usize>,
    threads: Option<usize>,
) -> PyResult<Run> {
    let (net, arch) = (net.get(), arch.get());
    let policy = of_workload(py, policy, net)?;
    let rival = |(name, policy): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        Ok((name.extract::<String>()?, of_workload(py, Some(&policy), net)?))
    };
    let others = against.into_iter().flat_map(|dict| dict.iter()).map(rival).collect::<PyResult<Vec<_>>>()?;
    let ran = work(py, threads, |_, watch| {
        let scores = net.first(samples, watch)?;
        let subject = Subject { workload: &net.loaded, scores: &scores, policy: &policy };
        let rivals: Vec<Rival<'_>> = others
            .iter()
            .map(|(name, policy)| Rival { name: name.clone(), subject: Subject { policy, ..subject } })
            .collect();
        run::run(&Request {
            overrides: &arch.overrides,
            arrival_times: &arch.arrival_times,
            sensitivity,
            intervals: false,
            against: &rivals,
            ..Request::new(&arch.read, subject)
        })
    })?
    .or_raise(py)?;
    if let Some(unfair) = unfair(net.loaded.manifest.training, &policy.rule) {
        warn(py, &format!("{} {unfair}", policy.rule.name()))?;
    }
    let name = format!("{}-{}", arch.read.name, net.loaded.manifest.name);
    Ok(Run { ran, arch: arch.read.clone(), name, whole: OnceLock::new(), tables: OnceLock::new() })
}

/// Cycles, energy and traffic of every layer of a network, with all of its heads on and no data: ``exclusim layers``.
///
/// Args:
///     net: the workload, of which only the network is looked at.
///     arch: the machine.
///
/// Returns:
///     Table: the columns of ``layers.csv``; cycles, bytes, pJ.
///
/// Raises:
///     Fault: machine and network do not go together.
#[pyfunction]
pub(crate) fn layers(py: Python<'_>, net: &Bound<'_, Workload>, arch: &Bound<'_, Arch>) -> PyResult<Table> {
    let (net, arch) = (net.get(), arch.get());
    let rows = work(py, None, |_, _| run::layers(&arch.read, &net.loaded.segments))?.or_raise(py)?;
    Table::of_csv(&layers_csv(&rows))
}

impl Run {
    fn whole(&self) -> &Summary {
        let with = || Summary { intervals: self.ran.intervals(), ..self.ran.summary.clone() };
        self.whole.get_or_init(with)
    }

    fn tables(&self) -> &[(&'static str, String)] {
        self.tables.get_or_init(|| self.ran.tables(&self.arch))
    }

    /// Every file of a run but its figures.
    fn files(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        std::iter::once(("summary.json", self.whole().json())).chain(self.tables().iter().cloned())
    }

    fn text(&self, file: &str) -> &str {
        self.tables().iter().find(|(name, _)| *name == file).map_or("", |(_, text)| text)
    }
}

#[pymethods]
impl Run {
    /// Cycles per sample.
    #[getter]
    fn cycles(&self) -> Across {
        Across::of(&self.ran.summary.cycles)
    }

    /// Energy per sample, pJ.
    #[getter]
    fn energy_pj(&self) -> Across {
        Across::of(&self.ran.summary.energy_pj)
    }

    /// Latency per sample, s.
    #[getter]
    fn latency_s(&self) -> Across {
        Across::of(&self.ran.summary.latency_s)
    }

    /// Multiply-accumulates per sample.
    #[getter]
    fn macs(&self) -> Across {
        Across::of(&self.ran.summary.macs)
    }

    /// Fraction of the samples answered rightly.
    #[getter]
    fn accuracy(&self) -> f64 {
        self.ran.summary.accuracy
    }

    /// The same by the plain network.
    #[getter]
    fn accuracy_baseline(&self) -> f64 {
        self.ran.summary.accuracy_baseline
    }

    /// Fractions of the samples that leave at each head; the last ran to the end.
    #[getter]
    fn exits(&self) -> Vec<f64> {
        self.ran.summary.exits.clone()
    }

    /// Area on chip, mm2; None on an FPGA.
    #[getter]
    fn area_mm2(&self) -> Option<f64> {
        self.ran.summary.area_mm2
    }

    /// Everything as nested dicts, with the keys of ``summary.json``.
    #[getter]
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (self.whole().json(),))
    }

    /// One row per head: what it costs and skips, averaged over all samples.
    #[getter]
    fn heads(&self) -> PyResult<Table> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for head in &self.ran.summary.heads {
            // Writing plain fields into memory cannot fail.
            let _ = writer.serialize(head);
        }
        Table::of_csv(&String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default())
    }

    /// One row per layer and decision: the columns of ``layers.csv``; cycles, bytes, pJ.
    #[getter]
    fn layers(&self) -> PyResult<Table> {
        Table::of_csv(self.text("layers.csv"))
    }

    /// One row per sample: the columns of ``samples.csv``; cycles, pJ.
    #[getter]
    fn samples(&self) -> PyResult<Table> {
        Table::of_csv(self.text("samples.csv"))
    }

    /// Cycles and energy by part, cause and component: the columns of ``breakdown.csv``.
    #[getter]
    fn breakdown(&self) -> PyResult<Table> {
        Table::of_csv(self.text("breakdown.csv"))
    }

    /// Cycles of every segment by classes alive: the columns of ``segments.csv``.
    #[getter]
    fn segments(&self) -> PyResult<Table> {
        Table::of_csv(self.text("segments.csv"))
    }

    /// Samples by class and exit: the columns of ``exits.csv``.
    #[getter]
    fn exits_by_class(&self) -> PyResult<Table> {
        Table::of_csv(self.text("exits.csv"))
    }

    /// Samples for which each head ruled each class out: the columns of ``excluded.csv``.
    #[getter]
    fn excluded(&self) -> PyResult<Table> {
        Table::of_csv(self.text("excluded.csv"))
    }

    /// ``summary.json``, as text.
    fn json(&self) -> String {
        self.whole().json()
    }

    /// Writes ``summary.json`` and the tables into a folder, all of them or none, byte for byte as ``exclusim run --out``.
    ///
    /// Raises:
    ///     Fault: they cannot be written.
    fn write(&self, py: Python<'_>, out: PathBuf) -> PyResult<()> {
        let files = self.files().map(|(file, text)| (out.join(file), text.into_bytes()));
        exclusim::cli::write_whole(files.collect()).or_raise(py)
    }

    /// A figure of this run, as ``exclusim plot`` draws it: ``"saved"``, ``"exits-per-head"``, ``"heads"``, ...
    ///
    /// Returns:
    ///     Drawing: shows itself in a notebook.
    ///
    /// Raises:
    ///     Fault: there is no such figure, or this run holds no data for it.
    fn figure(&self, py: Python<'_>, name: &str) -> PyResult<Drawing> {
        let mut results = Results::new(&self.name);
        for (file, text) in self.files() {
            results =
                results.with(file, &text).map_err(|error| fault(py, error.to_string(), error.remedy()))?;
        }
        Drawing::of(py, name, results)
    }

    fn __repr__(&self) -> String {
        let summary = &self.ran.summary;
        format!(
            "Run({} on {}: saved net {:.1} % of cycles, {:.1} % of energy; accuracy {:.2} %, without exits {:.2} %)",
            summary.workload,
            summary.arch,
            100.0 * summary.cycles.saved_net,
            100.0 * summary.energy_pj.saved_net,
            100.0 * summary.accuracy,
            100.0 * summary.accuracy_baseline
        )
    }

    /// What ``exclusim run`` prints.
    fn __str__(&self) -> String {
        summary_text(self.whole(), Form::Plain)
    }

    fn _repr_html_(&self) -> String {
        let summary = &self.ran.summary;
        let mut text = format!(
            "<p><b>{}</b> on <b>{}</b>, {} samples, policy {}</p><table><thead><tr><th></th><th>plain network</th>\
             <th>with exits</th><th>saved net</th></tr></thead><tbody>",
            escaped(&summary.workload),
            escaped(&summary.arch),
            summary.samples,
            escaped(summary.policy.rule)
        );
        let rows = [
            ("cycles", &summary.cycles, 1.0, 0),
            ("energy, nJ", &summary.energy_pj, 1e-3, 1),
            ("latency, us", &summary.latency_s, 1e6, 2),
            ("MACs", &summary.macs, 1.0, 0),
        ];
        for (name, across, scale, digits) in rows {
            let [plain, mean] = [across.no_heads, across.mean].map(|value| value * scale);
            let saved = 100.0 * across.saved_net;
            let _ = write!(
                text,
                "<tr><td>{name}</td><td>{plain:.digits$}</td><td>{mean:.digits$}</td><td>{saved:.1} %</td></tr>"
            );
        }
        if self.ran.summary.scores.tell_accuracy() {
            let [plain, with] = [summary.accuracy_baseline, summary.accuracy].map(|value| 100.0 * value);
            let _ =
                write!(text, "<tr><td>accuracy, %</td><td>{plain:.2}</td><td>{with:.2}</td><td></td></tr>");
        }
        text += "</tbody></table>";
        if let Ok(heads) = self.heads() {
            text += &heads.html();
        }
        text
    }
}

/// A figure, as SVG.
#[pyclass(frozen, module = "exclusim", name = "Drawing")]
pub(crate) struct Drawing {
    svg: String,
    data: String,
    png: Vec<u8>,
}

impl Drawing {
    /// A figure by its name, of some results.
    pub(crate) fn of(py: Python<'_>, name: &str, results: Results) -> PyResult<Self> {
        let Some(figure) = Figure::from_name(name) else {
            let names: Vec<&str> = Figure::ALL.iter().map(|figure| figure.name()).collect();
            return Err(fault(
                py,
                format!("there is no figure `{name}`"),
                format!("write one of {}", names.join(", ")),
            ));
        };
        let page = Page { width: figure.usual_width(), ..Page::default() };
        let drawn = figure.make(&[results], Ask { page, column: None }).and_then(|made| {
            let drawing =
                made.drawing.of_origin(concat!("exclusim ", env!("CARGO_PKG_VERSION"), " in Python"));
            Ok((drawing.svg(Lettering::Outlines)?, made.data, drawing.png()?))
        });
        let (svg, data, png) =
            drawn.map_err(|error| fault(py, format!("figure {name}: {error}"), error.remedy()))?;
        Ok(Self { svg, data, png })
    }
}

#[pymethods]
impl Drawing {
    /// The picture, as SVG text.
    #[getter]
    fn svg(&self) -> &str {
        &self.svg
    }

    /// The data that it shows: one row per mark.
    #[getter]
    fn data(&self) -> PyResult<Table> {
        Table::of_csv(&self.data)
    }

    /// Writes it as ``.svg``, ``.png`` or, its data, ``.csv``, by the file's ending.
    ///
    /// Raises:
    ///     Fault: another ending, or a file that cannot be written.
    fn write(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let bytes = match path.extension().and_then(|ending| ending.to_str()) {
            Some("svg") => self.svg.clone().into_bytes(),
            Some("png") => self.png.clone(),
            Some("csv") => self.data.clone().into_bytes(),
            _ => {
                return Err(fault(
                    py,
                    format!("{} has no ending of a figure", path.display()),
                    "write .svg, .png or .csv",
                ));
            }
        };
        exclusim::cli::write_whole(vec![(path, bytes)]).or_raise(py)
    }

    fn _repr_svg_(&self) -> &str {
        &self.svg
    }
}

/// A policy by any of its forms, for a table: its name and keys.
pub(crate) fn named(
    py: Python<'_>,
    policy: &Bound<'_, PyAny>,
    net: &Workload,
) -> PyResult<(String, exclusim::config::Node)> {
    written(py, policy, &|path: &Path| exclusim::load::toml(net.loaded.policy_file(path), "policy"))
}
