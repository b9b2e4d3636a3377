//! Scores, and what a policy decides on them.

use std::path::PathBuf;
use std::sync::Arc;

use exclusim::config::Faults;
use exclusim::decide::{Decisions as Decided, decide as decided};
use exclusim::load::Split;
use exclusim::names::ClosedSet;
use exclusim::replay::{Requant, ScoreTable, Scores};
use exclusim::run::decide_fault;
use numpy::{IntoPyArray, PyArray1, PyArrayDyn, PyArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::fault::{OrRaise, fault};
use crate::policy;
use crate::work::work;
use crate::workload::{Workload, integers};

/// Scores of every head and of the classifier, for every sample.
#[pyclass(frozen, module = "exclusim", name = "Trace")]
pub(crate) struct Trace {
    pub(crate) scores: Arc<Scores>,
}

/// Computes what the network says of its samples, in exact integers; of a workload with recorded scores, reads them.
///
/// Args:
///     net: the workload; its scores are kept, so that other calls find them there.
///     split: ``"evaluation"`` or ``"calibration"``.
///     requant: how sums become codes, as ``exclusim replay --requant`` names it; the workload's own if left out.
///     threads: at most so many; one per core if left out.
///
/// Returns:
///     Trace: what ``exclusim replay`` writes.
///
/// Raises:
///     Fault: the workload has no such samples, or they do not fit the network.
#[pyfunction]
#[pyo3(signature = (net, *, split = "evaluation", requant = None, threads = None))]
pub(crate) fn replay(
    py: Python<'_>,
    net: &Bound<'_, Workload>,
    split: &str,
    requant: Option<&str>,
    threads: Option<usize>,
) -> PyResult<Trace> {
    let net = net.get();
    let of = Split::from_name(split).ok_or_else(|| {
        fault(py, format!("`split` is `{split}`"), "write \"evaluation\" or \"calibration\"")
    })?;
    let requant = match requant {
        None => None,
        Some(name) => Some(Requant::from_name(name).ok_or_else(|| {
            let help = "write float, fixed-point, fixed-point-15, fixed-point-8 or gemmlowp";
            fault(py, format!("`requant` is `{name}`"), help)
        })?),
    };
    let scores = work(py, threads, |_, watch| match (requant, of) {
        (Some(requant), _) => net.loaded.replay(of, None, requant, watch).map(Arc::new),
        (None, Split::Evaluation) => net.evaluation(watch),
        (None, Split::Calibration) => net.calibration(watch),
    })?;
    Ok(Trace { scores: scores.or_raise(py)? })
}

impl Trace {
    /// The table of a head, or of the classifier behind the last.
    fn table(&self, head: usize) -> &ScoreTable {
        self.scores.heads.get(head).unwrap_or(&self.scores.classifier)
    }

    fn bytes(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.scores.to_trace().map_err(|error| fault(py, error.to_string(), error.remedy()))
    }
}

#[pymethods]
impl Trace {
    /// Number of samples.
    #[getter]
    fn samples(&self) -> usize {
        self.scores.samples
    }

    /// Number of classes.
    #[getter]
    fn classes(&self) -> usize {
        self.scores.classes
    }

    /// True classes, uint16 [samples].
    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u16>> {
        PyArray1::from_slice(py, &self.scores.labels)
    }

    /// Scores as codes or reals, [samples, heads + 1, classes], the classifier last: uint8 or int8 codes, or float32.
    #[getter]
    fn scores<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Scores { samples, classes, ref heads, .. } = *self.scores;
        let (tables, shape) = (heads.len() + 1, [samples, heads.len() + 1, classes]);
        let rows = |values: &mut dyn FnMut(usize, std::ops::Range<usize>)| {
            for sample in 0..samples {
                (0..tables).for_each(|table| values(table, sample * classes..(sample + 1) * classes));
            }
        };
        let codes = (0..tables).all(|table| matches!(self.table(table), ScoreTable::Codes { .. }));
        if !codes {
            let mut all = Vec::with_capacity(samples * tables * classes);
            rows(&mut |table, range| match self.table(table) {
                ScoreTable::Reals(reals) => all.extend_from_slice(&reals[range]),
                ScoreTable::Codes { codes, scale, zero_point, .. } => {
                    #[expect(clippy::cast_precision_loss, reason = "a code and its zero point are bytes")]
                    let real = |code: &i16| scale * ((i32::from(*code) - zero_point) as f32);
                    all.extend(codes[range].iter().map(real));
                }
            });
            return Ok(all.into_pyarray(py).reshape(shape)?.into_any());
        }
        let signed = matches!(self.table(0), ScoreTable::Codes { signed: true, .. });
        let mut all: Vec<i16> = Vec::with_capacity(samples * tables * classes);
        rows(&mut |table, range| {
            if let ScoreTable::Codes { codes, .. } = self.table(table) {
                all.extend_from_slice(&codes[range]);
            }
        });
        // The low byte of a code is the code as i8 or u8.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "codes are bytes")]
        let array = match signed {
            true => all
                .iter()
                .map(|code| *code as i8)
                .collect::<Vec<_>>()
                .into_pyarray(py)
                .reshape(shape)?
                .into_any(),
            false => all
                .iter()
                .map(|code| *code as u8)
                .collect::<Vec<_>>()
                .into_pyarray(py)
                .reshape(shape)?
                .into_any(),
        };
        Ok(array)
    }

    /// Of codes: real = scale * (code - zero_point), float32 [heads + 1]; None where scores are reals.
    #[getter]
    fn scale<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f32>>> {
        let scale = |head| match self.table(head) {
            ScoreTable::Codes { scale, .. } => Some(*scale),
            ScoreTable::Reals(_) => None,
        };
        let scales: Option<Vec<f32>> = (0..=self.scores.heads.len()).map(scale).collect();
        scales.map(|scales| scales.into_pyarray(py))
    }

    /// Of codes: the code of real zero, int32 [heads + 1]; None where scores are reals.
    #[getter]
    fn zero_point<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<i32>>> {
        let zero = |head| match self.table(head) {
            ScoreTable::Codes { zero_point, .. } => Some(*zero_point),
            ScoreTable::Reals(_) => None,
        };
        let zeros: Option<Vec<i32>> = (0..=self.scores.heads.len()).map(zero).collect();
        zeros.map(|zeros| zeros.into_pyarray(py))
    }

    /// Parts of zeros in every weighted layer's input, float32 [samples, layers], 0 to 1; None where a trace does not say.
    #[getter]
    fn zero_fractions<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(zeros) = &self.scores.zero_fractions else { return Ok(None) };
        let layers = zeros.len() / self.scores.samples.max(1);
        Ok(Some(zeros.clone().into_pyarray(py).reshape([self.scores.samples, layers])?.into_any()))
    }

    /// Writes the file that ``exclusim replay --out`` writes, byte for byte.
    ///
    /// Raises:
    ///     Fault: it cannot be written.
    fn write(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        exclusim::cli::write_whole(vec![(path, self.bytes(py)?)]).or_raise(py)
    }

    fn __len__(&self) -> usize {
        self.scores.samples
    }

    fn __repr__(&self) -> String {
        let Scores { samples, classes, ref heads, .. } = *self.scores;
        format!("Trace of {samples} samples: {} heads, {classes} classes", heads.len())
    }
}

/// What a policy made of scores.
#[pyclass(frozen, module = "exclusim", name = "Decisions")]
pub(crate) struct Decisions {
    decided: Decided,
}

/// Decides where each sample leaves, and with which answer; no machine is needed for that.
///
/// Args:
///     scores: a Trace; or float32 [samples, heads + 1, classes], before sigmoid or softmax, the classifier last; or uint8 or
///         int8 codes of that shape, with ``scale`` and ``zero_point``.
///     policy: a Policy, a rule such as ``"never"``, a path, TOML text or a dict.
///     labels: integers [samples]; 0 for all if left out, and accuracies then say nothing. A Trace has its own.
///     scale: of codes, one number per head and one for the classifier: real = scale * (code - zero_point).
///     zero_point: of codes, as many.
///
/// Arrays are copied once, whatever their strides.
///
/// Raises:
///     Fault: scores that are NaN or of another type or shape, or a policy for another number of heads.
#[pyfunction]
#[pyo3(signature = (scores, policy, *, labels = None, scale = None, zero_point = None))]
pub(crate) fn decide(
    py: Python<'_>,
    scores: &Bound<'_, PyAny>,
    policy: &Bound<'_, PyAny>,
    labels: Option<&Bound<'_, PyAny>>,
    scale: Option<Vec<f32>>,
    zero_point: Option<Vec<i32>>,
) -> PyResult<Decisions> {
    let scores = match scores.cast::<Trace>() {
        Ok(trace) if labels.is_none() && scale.is_none() && zero_point.is_none() => {
            Arc::clone(&trace.get().scores)
        }
        Ok(_) => return Err(PyTypeError::new_err("a Trace has its own labels, scales and zero points")),
        Err(_) => Arc::new(tables(py, scores, labels, scale, zero_point)?),
    };
    let policy = policy::of_heads(py, policy, scores.heads.len())?;
    let found = work(py, None, |_, _| decided(&scores, &policy))?;
    Ok(Decisions { decided: found.map_err(|error| Faults::from(decide_fault(&error))).or_raise(py)? })
}

/// Scores of an array.
fn tables(
    py: Python<'_>,
    found: &Bound<'_, PyAny>,
    labels: Option<&Bound<'_, PyAny>>,
    scale: Option<Vec<f32>>,
    zero_point: Option<Vec<i32>>,
) -> PyResult<Scores> {
    let refused = |title: String| {
        fault(
            py,
            title,
            "give float32 [samples, heads + 1, classes], or uint8 or int8 codes with scale and zero_point",
        )
    };
    let shape: Vec<usize> = found.getattr("shape").and_then(|shape| shape.extract()).unwrap_or_default();
    let dtype = found.getattr("dtype").map_or_else(|_| "no array".to_owned(), |dtype| dtype.to_string());
    let &[samples, count, classes] = shape.as_slice() else {
        return Err(refused(format!("scores are {dtype} {shape:?}")));
    };
    let mut tables = if let Ok(array) = found.cast::<PyArrayDyn<f32>>() {
        if scale.is_some() || zero_point.is_some() {
            return Err(refused("float32 scores have no scale and no zero_point".into()));
        }
        let array = array.readonly();
        let view = array.as_array();
        let table =
            |at| ScoreTable::Reals(view.index_axis(numpy::ndarray::Axis(1), at).iter().copied().collect());
        (0..count).map(table).collect::<Vec<_>>()
    } else {
        let (codes, signed) = codes(found).ok_or_else(|| refused(format!("scores are {dtype} {shape:?}")))?;
        let (Some(scale), Some(zero_point)) = (scale, zero_point) else {
            return Err(refused(format!("scores are {dtype} codes without scale and zero_point")));
        };
        if (scale.len(), zero_point.len()) != (count, count) {
            let title = format!(
                "scale has {} numbers and zero_point {}, for {count} tables",
                scale.len(),
                zero_point.len()
            );
            return Err(refused(title));
        }
        let table = |at: usize| ScoreTable::Codes {
            codes: codes.chunks(classes.max(1)).skip(at).step_by(count).flatten().copied().collect(),
            scale: scale[at],
            zero_point: zero_point[at],
            signed,
        };
        (0..count).map(table).collect()
    };
    let Some(classifier) = tables.pop() else { return Err(refused("there are no scores".into())) };
    let labels = match labels {
        None => vec![0; samples],
        Some(labels) => {
            let class = |label: i64| {
                u16::try_from(label)
                    .map_err(|_| fault(py, format!("a label is {label}"), "labels are classes, from 0 on"))
            };
            integers(py, labels)?.into_iter().map(class).collect::<PyResult<_>>()?
        }
    };
    Ok(Scores { samples, classes, labels, heads: tables, classifier, zero_fractions: None })
}

/// 8-bit codes in C order, and whether they are signed.
fn codes(found: &Bound<'_, PyAny>) -> Option<(Vec<i16>, bool)> {
    if let Ok(array) = found.cast::<PyArrayDyn<u8>>() {
        return Some((array.readonly().as_array().iter().map(|code| i16::from(*code)).collect(), false));
    }
    let array = found.cast::<PyArrayDyn<i8>>().ok()?;
    Some((array.readonly().as_array().iter().map(|code| i16::from(*code)).collect(), true))
}

#[pymethods]
impl Decisions {
    /// Where each sample left, int64 [samples]: heads from 1, one more than there are heads for those that ran to the end.
    #[getter]
    fn exits<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let exits = self.decided.exits.iter().map(|exit| i64::try_from(exit.number()).unwrap_or(i64::MAX));
        PyArray1::from_iter(py, exits)
    }

    /// The class answered, uint16 [samples].
    #[getter]
    fn answers<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u16>> {
        PyArray1::from_slice(py, &self.decided.answers)
    }

    /// Classes alive after each head, uint16 [samples, heads]; 0 at a head that was not reached or is off.
    #[getter]
    fn survivors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let alive = self.decided.survivors.iter().map(|alive| alive.map_or(0, std::num::NonZeroU16::get));
        let alive: Vec<u16> = alive.collect();
        Ok(alive.into_pyarray(py).reshape([self.decided.samples, self.decided.heads])?.into_any())
    }

    /// Samples for which a class, alive on reaching the head, was ruled out there, uint64 [heads, classes].
    #[getter]
    fn excluded<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let shape = [self.decided.heads, self.decided.classes];
        Ok(self.decided.excluded.clone().into_pyarray(py).reshape(shape)?.into_any())
    }

    /// Fraction of the samples answered with their label, 0 to 1.
    #[getter]
    fn accuracy(&self) -> f64 {
        self.decided.accuracy()
    }

    /// Samples that left at each head, then those that ran to the end, uint64 [heads + 1].
    #[getter]
    fn exit_counts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        self.decided.exit_counts().into_pyarray(py)
    }

    fn __len__(&self) -> usize {
        self.decided.samples
    }

    fn __repr__(&self) -> String {
        format!("Decisions on {} samples: left at {:?}", self.decided.samples, self.decided.exit_counts())
    }
}
