//! Policies: who leaves where; given, read, or found on a machine.

use std::path::{Path, PathBuf};

use exclusim::calibrate::{
    self as search, Certified, Groups, REFERENCE_ANSWER, REFERENCE_MEMORY, Request, visit_order,
};
use exclusim::config::{self, Faults};
use exclusim::decide::{FinalAnswer, Memory, Policy as Decider, RuleKind};
use exclusim::load;
use exclusim::names::ClosedSet;
use exclusim::run::{Thresholds, calibrate_fault, thresholds};
use exclusim::simulate::{Objective, saved};
use exclusim::workload::{read_policy, write_policy};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::arch::{Arch, is_toml};
use crate::fault::{OrRaise, fault};
use crate::text;
use crate::work::work;
use crate::workload::Workload;

/// When a sample leaves at a head: a rule, a threshold per head, which heads are on.
#[pyclass(frozen, module = "exclusim", name = "Policy")]
pub(crate) struct Policy {
    pub(crate) policy: Decider,
    /// For tables: a file's name, a rule, or how it was found.
    #[pyo3(get)]
    pub(crate) name: String,
    /// Where it comes from, as the first lines of a file say it.
    #[pyo3(get)]
    origin: String,
    promise: Option<Promise>,
}

/// What a search keeps on samples that it did not see.
#[derive(Clone, Copy)]
struct Promise {
    held_out: search::Half,
    tested_at: f64,
    confidence: f64,
    tolerance: f64,
    saved: f64,
    passed: usize,
}

impl Policy {
    /// It as keys.
    pub(crate) fn toml(&self) -> String {
        write_policy(&self.policy, &self.origin)
    }
}

/// What messages call a policy that is in no file.
const TEXT: &str = "<policy>";

/// A policy that was given in any form, for so many heads.
pub(crate) fn of_heads(py: Python<'_>, found: &Bound<'_, PyAny>, heads: usize) -> PyResult<Decider> {
    if let Ok(policy) = found.cast::<Policy>() {
        return Ok(policy.get().policy.clone());
    }
    let (_, node) = written(py, found, &|path| load::toml(path, "policy"))?;
    read_policy(&node, heads).or_raise(py)
}

/// A policy that was given in any form, or the workload's own.
pub(crate) fn of_workload(
    py: Python<'_>,
    found: Option<&Bound<'_, PyAny>>,
    net: &Workload,
) -> PyResult<Decider> {
    let Some(found) = found.filter(|found| !found.is_none()) else {
        return net.loaded.policy(None).or_raise(py);
    };
    if let Ok(policy) = found.cast::<Policy>() {
        return Ok(policy.get().policy.clone());
    }
    let beside = |path: &Path| load::toml(net.loaded.policy_file(path), "policy");
    let (_, node) = written(py, found, &beside)?;
    read_policy(&node, net.loaded.segments.heads()).or_raise(py)
}

/// How a file of a policy is read.
type Reader<'a> = &'a dyn Fn(&Path) -> Result<config::Node, Faults>;

/// The keys of a policy and its name: of a rule, a dict, a TOML text or a file.
pub(crate) fn written(
    py: Python<'_>,
    found: &Bound<'_, PyAny>,
    read: Reader<'_>,
) -> PyResult<(String, config::Node)> {
    let parse = |text: &str| config::parse(TEXT, text).or_raise(py);
    if let Ok(policy) = found.cast::<Policy>() {
        let policy = policy.get();
        return Ok((policy.name.clone(), parse(&policy.toml())?));
    }
    if let Ok(dict) = found.cast::<PyDict>() {
        return Ok(("policy".into(), parse(&(text::table(dict)?.to_string() + "\n"))?));
    }
    let path: PathBuf = found.extract().map_err(|_| {
        PyTypeError::new_err("write a Policy, a rule such as \"never\", a path, TOML text or a dict")
    })?;
    let text = path.to_string_lossy();
    if is_toml(&text) {
        return Ok(("policy".into(), parse(&text)?));
    }
    // A rule without thresholds is a policy by its name.
    if RuleKind::from_name(&text).is_some_and(|rule| rule.facts().threshold.is_none()) && !path.exists() {
        return Ok((text.to_string(), parse(&format!("rule = \"{text}\"\n"))?));
    }
    let node = read(&path).or_raise(py)?;
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    Ok((stem, node))
}

/// A policy for a workload.
///
/// Args:
///     net: the workload, or its number of heads.
///     source: a rule without thresholds such as ``"never"`` (every head runs, nobody leaves) or ``"no-heads"``, a path, TOML
///         text such as ``"beta = [0.1, 0.1]"``, a dict such as ``{"rule": "confidence", "threshold": [0.9, 0.9]}``, or a
///         Policy; the workload's own if left out.
///
/// Raises:
///     Fault: every fault of it at once.
#[pyfunction]
#[pyo3(signature = (net, source = None))]
pub(crate) fn policy(
    py: Python<'_>,
    net: &Bound<'_, PyAny>,
    source: Option<&Bound<'_, PyAny>>,
) -> PyResult<Policy> {
    let told = |policy, name| Policy { policy, name, origin: String::new(), promise: None };
    if let Ok(net) = net.cast::<Workload>() {
        let net = net.get();
        let policy = of_workload(py, source, net)?;
        let beside = |path: &Path| load::toml(net.loaded.policy_file(path), "policy");
        let name = match source {
            Some(source) => written(py, source, &beside)?.0,
            None => net.loaded.manifest.policy.trim_end_matches(".toml").to_owned(),
        };
        return Ok(told(policy, name));
    }
    let heads: usize =
        net.extract().map_err(|_| PyTypeError::new_err("give a Workload, or the number of its heads"))?;
    let Some(source) = source else {
        return Err(PyTypeError::new_err("of a number of heads alone there is no policy: give one"));
    };
    let name = written(py, source, &|path| load::toml(path, "policy"))?.0;
    Ok(told(of_heads(py, source, heads)?, name))
}

/// Makes a policy again of its keys: what pickling needs.
#[pyfunction]
pub(crate) fn _policy_again(
    py: Python<'_>,
    text: &str,
    heads: usize,
    name: String,
    origin: String,
) -> PyResult<Policy> {
    let node = config::parse(TEXT, text).or_raise(py)?;
    Ok(Policy { policy: read_policy(&node, heads).or_raise(py)?, name, origin, promise: None })
}

/// Finds thresholds, and which heads are on, on the calibration samples.
///
/// Args:
///     net: the workload.
///     arch: the machine that the search pays on.
///     objective: ``"energy"``, ``"cycles"`` or ``"macs"``: what is to be small.
///     tolerance: accuracy that may be lost, as a fraction: 0.005 is half a percentage point.
///     method: ``"search"``: the least cost, keeping the tolerance with a confidence level; ``"paper"``: the paper's greedy
///         search (arXiv 2309.13443), which knows no hardware; ``"reference"``: the same as its authors' code runs it.
///     rule: ``"relative-to-max"``, ``"distance"``, ``"confidence"``, ``"entropy"``, ``"margin"`` or ``"patience"``.
///     confidence_level: how sure the search keeps the tolerance, above 0 and below 1.
///     seed: what splits the samples in halves, one searched on and one held out.
///     groups: one number per calibration sample that names its group: a font, a patient, a scene.
///     heads: heads that may be on, counted from 1; any if left out.
///     memory, final: as in ``policy.toml``.
///     threads: at most so many; one per core if left out.
///
/// Returns:
///     Policy: its ``promise`` says what holds on samples held out.
///
/// Raises:
///     Fault: the workload has no calibration samples, or arguments that do not go together.
#[pyfunction]
#[pyo3(signature = (net, arch, *, tolerance, objective = "cycles", method = "search", rule = "relative-to-max",
    confidence_level = 0.95, seed = 1, groups = None, heads = None, memory = None, r#final = None, threads = None))]
#[expect(clippy::too_many_arguments, reason = "as many as Python's keywords")]
pub(crate) fn calibrate(
    py: Python<'_>,
    net: &Bound<'_, Workload>,
    arch: &Bound<'_, Arch>,
    tolerance: f64,
    objective: &str,
    method: &str,
    rule: &str,
    confidence_level: f64,
    seed: u64,
    groups: Option<Vec<i64>>,
    heads: Option<Vec<usize>>,
    memory: Option<&str>,
    r#final: Option<&str>,
    threads: Option<usize>,
) -> PyResult<Policy> {
    let (net, arch) = (net.get(), &arch.get().read);
    let unknown = |what: &str, name: &str, known: &str| {
        fault(py, format!("`{what}` is `{name}`"), format!("write one of {known}"))
    };
    let objective_of = match objective {
        "macs" => Objective::Macs,
        "cycles" => Objective::Cycles,
        "energy" => Objective::Energy,
        other => return Err(unknown("objective", other, "energy, cycles, macs")),
    };
    let rule_of = RuleKind::from_name(rule)
        .ok_or_else(|| unknown("rule", rule, &names(RuleKind::ALL.iter().map(|rule| rule.name()))))?;
    let memory = memory.map(|name| {
        Memory::from_name(name)
            .ok_or_else(|| unknown("memory", name, &names(Memory::ALL.iter().map(|one| one.name()))))
    });
    let answer = r#final.map(|name| {
        FinalAnswer::from_name(name)
            .ok_or_else(|| unknown("final", name, &names(FinalAnswer::ALL.iter().map(|one| one.name()))))
    });
    let (memory, answer) = (memory.transpose()?, answer.transpose()?);
    let segments = &net.loaded.segments;
    let count = segments.heads();
    if count == 0 {
        let help = "name outputs as heads; a plain network runs without a policy";
        return Err(fault(py, "the network has no heads, so there are no thresholds to find", help));
    }
    let allowed: Vec<usize> = match &heads {
        None => (0..count).collect(),
        Some(wanted) if wanted.iter().all(|head| (1..=count).contains(head)) => {
            (0..count).filter(|head| wanted.contains(&(head + 1))).collect()
        }
        Some(wanted) => {
            let title = format!("`heads` is {wanted:?}, but the network has {count} heads");
            return Err(fault(py, title, format!("name heads from 1 to {count}")));
        }
    };
    let groups = groups.map(|groups| {
        let texts: Vec<String> = groups.iter().map(i64::to_string).collect();
        Groups::named(texts.iter().map(String::as_str))
    });
    let how = format!("tolerance={tolerance}, method=\"{method}\", rule=\"{rule}\"");
    if method == "search" {
        let found = work(py, threads, |cancel, watch| {
            let wanted = Thresholds {
                heads: &allowed,
                objective: objective_of,
                tolerance,
                confidence: confidence_level,
                seed,
                repeats: 1,
                groups: groups.as_ref(),
                rule: rule_of,
                memory: memory.unwrap_or_default(),
                answer: answer.unwrap_or_default(),
                progress: &|_| cancel.check(),
            };
            let found = thresholds(arch, segments, &*net.calibration(watch)?, &wanted)?;
            Ok::<_, Faults>(found.into_iter().next())
        })?
        .or_raise(py)?;
        let found = found.ok_or_else(|| fault(py, "nothing was searched", "give calibration samples"))?;
        let how =
            format!("{how}, objective=\"{objective}\", confidence_level={confidence_level}, seed={seed}");
        return Ok(certified(
            &net.loaded.manifest.name,
            &arch.name,
            &how,
            found,
            (objective, tolerance, confidence_level),
        ));
    }
    let reference = match method {
        "paper" => false,
        "reference" => true,
        other => return Err(unknown("method", other, "search, paper, reference")),
    };
    let (memory_of, answer_of) =
        if reference { (REFERENCE_MEMORY, REFERENCE_ANSWER) } else { Default::default() };
    let settings = Decider {
        memory: memory.unwrap_or(memory_of),
        answer: answer.unwrap_or(answer_of),
        ..Decider::never(count)
    };
    let found = work(py, threads, |_, watch| {
        let scores = net.calibration(watch)?;
        let mut order = visit_order(&segments.first_convolution_macs());
        order.retain(|head| allowed.contains(head));
        let Decider { memory, answer, arithmetic, .. } = settings;
        let request = Request { order: &order, tolerance, rule: rule_of, memory, answer, arithmetic };
        let found = match reference {
            true => search::reference(&scores, &order, tolerance, &settings),
            false => search::paper(&scores, &request),
        };
        found.map_err(|error| Faults::from(calibrate_fault(&error)))
    })?
    .or_raise(py)?;
    let origin = format!(
        "Thresholds for {}, found by the paper's greedy search: calibrate({how})",
        net.loaded.manifest.name
    );
    Ok(Policy {
        policy: found.policy,
        name: format!("{method} {}", percent(tolerance)),
        origin,
        promise: None,
    })
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}

fn percent(fraction: f64) -> String {
    format!("{}%", (fraction * 1e8).round() / 1e6)
}

/// A policy that a search found, with what it promises.
fn certified(net: &str, arch: &str, how: &str, found: Certified, of: (&str, f64, f64)) -> Policy {
    let (objective, tolerance, confidence) = of;
    let promise = Promise {
        held_out: found.held_out,
        tested_at: found.tested_at,
        confidence,
        tolerance,
        saved: saved(found.cost_without, found.held_out.cost),
        passed: found.passed,
    };
    let paired = found.held_out.paired;
    let origin = format!(
        "Thresholds and heads for {net}, found for the fewest {objective} on {arch}: calibrate({how})\n\
         {} samples were held out: accuracy there {:.2} % against {:.2} % without exits, {} harmed and {} helped.",
        paired.samples,
        100.0 * paired.accuracy(),
        100.0 * paired.accuracy_without(),
        paired.harmed,
        paired.helped,
    );
    Policy {
        policy: found.policy,
        name: format!("{objective} {}", percent(tolerance)),
        origin,
        promise: Some(promise),
    }
}

#[pymethods]
impl Policy {
    /// The rule's name.
    #[getter]
    fn rule(&self) -> &'static str {
        self.policy.rule.name()
    }

    /// One threshold per head, of a head that is off too; empty for a rule without.
    #[getter]
    fn thresholds(&self) -> Vec<f64> {
        self.policy.rule.thresholds()
    }

    /// Which heads are on, from shallow to deep.
    #[getter]
    fn heads(&self) -> Vec<bool> {
        self.policy.running()
    }

    /// What a head remembers of those before it.
    #[getter]
    fn memory(&self) -> &'static str {
        self.policy.memory.name()
    }

    /// What holds on samples like those held out, of a policy that ``calibrate(method="search")`` found; else None.
    ///
    /// Keys: ``samples`` held out, ``accuracy`` and ``accuracy_without`` exits there (fractions), ``harmed`` and ``helped``
    /// samples, ``loss_at_most`` (fraction, at the level ``tested_at``), ``tolerance``, ``confidence_level``, ``saved``
    /// (fraction of the objective), ``certified`` (whether any policy with exits keeps the tolerance).
    #[getter]
    fn promise<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(Promise { held_out, tested_at, confidence, tolerance, saved, passed }) = self.promise else {
            return Ok(None);
        };
        let (dict, paired) = (PyDict::new(py), held_out.paired);
        dict.set_item("samples", paired.samples)?;
        dict.set_item("accuracy", paired.accuracy())?;
        dict.set_item("accuracy_without", paired.accuracy_without())?;
        dict.set_item("harmed", paired.harmed)?;
        dict.set_item("helped", paired.helped)?;
        dict.set_item("loss_at_most", held_out.loss_at_most(tested_at))?;
        dict.set_item("tested_at", tested_at)?;
        dict.set_item("tolerance", tolerance)?;
        dict.set_item("confidence_level", confidence)?;
        dict.set_item("saved", saved)?;
        dict.set_item("certified", passed > 0)?;
        Ok(Some(dict))
    }

    /// It as ``policy.toml`` has it.
    fn to_toml(&self) -> String {
        self.toml()
    }

    /// Writes a ``policy.toml``, whole or not at all.
    ///
    /// Raises:
    ///     Fault: it cannot be written.
    fn write(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        exclusim::cli::write_whole(vec![(path, self.toml().into_bytes())]).or_raise(py)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let make = py.import("exclusim._exclusim")?.getattr("_policy_again")?;
        let parts = (self.toml(), self.policy.heads.len(), self.name.clone(), self.origin.clone());
        Ok((make, parts.into_pyobject(py)?))
    }

    fn __repr__(&self) -> String {
        let values = self.policy.rule.thresholds().into_iter().map(Some);
        let values = values.chain(std::iter::repeat(None)).zip(&self.policy.heads);
        let each: Vec<String> = values
            .map(|(value, on)| match value {
                _ if !on => "off".to_owned(),
                Some(value) => value.to_string(),
                None => "on".to_owned(),
            })
            .collect();
        format!("Policy({}: {} [{}])", self.name, self.policy.rule.name(), each.join(", "))
    }
}
