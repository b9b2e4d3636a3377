//! Workloads: a network with its heads, and samples.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use exclusim::config::{Fault, Faults};
use exclusim::load::{self, GivenImages, Workload as Loaded};
use exclusim::names::ClosedSet;
use exclusim::network::onnx::HeadNames;
use exclusim::replay::{Images, Pixels, Preprocess, Scores};
use exclusim::workload::{HeadTraining, Manifest};
use numpy::{PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::fault::{OrRaise, fault};
use crate::work::{Listener, work};

/// A network with its heads, and samples to decide on; the scores of its samples are computed once, when first needed.
#[pyclass(frozen, module = "exclusim", name = "Workload")]
pub(crate) struct Workload {
    pub(crate) loaded: Loaded,
    /// The path that it was read from.
    source: Option<String>,
    evaluation: Kept,
    calibration: Kept,
}

/// Scores of a split, once they are there.
type Kept = Mutex<Option<Arc<Scores>>>;

impl Workload {
    /// Scores of the evaluation split.
    pub(crate) fn evaluation(&self, watch: &Listener<'_>) -> Result<Arc<Scores>, Faults> {
        kept(&self.evaluation, || self.loaded.evaluation(None, watch))
    }

    /// Scores of the first samples of the evaluation split; all without a number.
    pub(crate) fn first(&self, samples: Option<usize>, watch: &Listener<'_>) -> Result<Arc<Scores>, Faults> {
        let Some(samples) = samples else { return self.evaluation(watch) };
        let there = self.evaluation.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match there {
            Some(scores) if scores.samples == samples => Ok(scores),
            Some(scores) => Ok(Arc::new((*scores).clone().first(samples))),
            None => self.loaded.evaluation(Some(samples), watch).map(Arc::new),
        }
    }

    /// Scores of the calibration split.
    pub(crate) fn calibration(&self, watch: &Listener<'_>) -> Result<Arc<Scores>, Faults> {
        kept(&self.calibration, || self.loaded.calibration(watch))
    }
}

fn kept(place: &Kept, make: impl FnOnce() -> Result<Scores, Faults>) -> Result<Arc<Scores>, Faults> {
    // Who waits for the lock waits for the scores; a replay that was interrupted leaves nothing behind.
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(scores) = &*place {
        return Ok(Arc::clone(scores));
    }
    let scores = Arc::new(make()?);
    *place = Some(Arc::clone(&scores));
    Ok(scores)
}

/// Reads a workload, or makes one of a quantized model and arrays.
///
/// Args:
///     source: a shipped name such as ``"vgg-mini-fashion"`` (see ``presets("workloads")``), or a path: a folder with a
///         ``workload.toml``, that file, an ONNX model or a topology alone.
///     onnx: path of a quantized model, with ``images`` and ``labels`` instead of ``source``.
///     images: uint8 or float32 [samples, channels, height, width]; those that results are reported on.
///     labels: integers [samples], each a class from 0 on.
///     heads: names of the model's outputs that are heads, from shallow to deep; all but the classifier if left out.
///     classifier: name of the output that is the classifier; the last one if left out.
///     calibration_images: as ``images``; those that thresholds are found on.
///     calibration_labels: as ``labels``.
///     classes: names of the classes.
///     scale, mean, std: from pixels to the network's input, in float32: ``(x * scale - mean[c]) / std[c]``.
///     training: ``"sigmoid"`` or ``"softmax"``: what the heads' scores were trained to be.
///     name: for reports; the model's file name if left out.
///
/// Arrays are copied once, whatever their strides: one that is not contiguous is no slower and no fault.
///
/// Raises:
///     Fault: every fault of the files or arrays: types, shapes, labels that are no class, NaN.
#[pyfunction]
#[pyo3(signature = (source = None, *, onnx = None, images = None, labels = None, heads = None, classifier = None,
    calibration_images = None, calibration_labels = None, classes = None, scale = 1.0, mean = None, std = None,
    training = None, name = None))]
#[expect(clippy::too_many_arguments, reason = "as many as Python's keywords")]
pub(crate) fn workload(
    py: Python<'_>,
    source: Option<PathBuf>,
    onnx: Option<PathBuf>,
    images: Option<&Bound<'_, PyAny>>,
    labels: Option<&Bound<'_, PyAny>>,
    heads: Option<Vec<String>>,
    classifier: Option<String>,
    calibration_images: Option<&Bound<'_, PyAny>>,
    calibration_labels: Option<&Bound<'_, PyAny>>,
    classes: Option<Vec<String>>,
    scale: f32,
    mean: Option<Vec<f32>>,
    std: Option<Vec<f32>>,
    training: Option<String>,
    name: Option<String>,
) -> PyResult<Workload> {
    let model = match (source, onnx) {
        (Some(source), None) if images.is_none() && labels.is_none() => return read(py, source),
        (Some(_), None) => {
            return Err(PyTypeError::new_err(
                "a workload that is read has its own images: name the model as onnx=...",
            ));
        }
        (None, Some(model)) => model,
        _ => {
            return Err(PyTypeError::new_err(
                "write workload(\"NAME\") or workload(onnx=..., images=..., labels=...)",
            ));
        }
    };
    let (Some(images), Some(labels)) = (images, labels) else {
        let help =
            "give images and labels; for cycles without exits, workload(\"model.onnx\") takes a model alone";
        return Err(fault(py, "there are no images and labels to decide on", help));
    };
    let split = |images, labels| Ok::<_, PyErr>((pixels(py, images)?, integers(py, labels)?));
    let evaluation = split(images, labels)?;
    let calibration = match (calibration_images, calibration_labels) {
        (Some(images), Some(labels)) => Some(split(images, labels)?),
        (None, None) => None,
        _ => {
            let title = "calibration_images and calibration_labels go together, and one of them is missing";
            return Err(fault(py, title, "give both, or neither"));
        }
    };
    let training = match training.as_deref() {
        None => None,
        Some(name) => Some(HeadTraining::from_name(name).ok_or_else(|| {
            fault(py, format!("`training` is `{name}`"), "write \"sigmoid\" or \"softmax\"")
        })?),
    };
    let stem = model.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let manifest = Manifest {
        classes: classes.unwrap_or_default(),
        preprocess: Preprocess { scale, mean: mean.unwrap_or_default(), std: std.unwrap_or_default() },
        heads: HeadNames { outputs: heads.unwrap_or_default(), classifier },
        training,
        ..Manifest::of_network(name.unwrap_or(stem), String::new())
    };
    let given = |classes| {
        let checked = |((shape, pixels), labels): (([usize; 4], Pixels), Vec<i64>), what: &str| {
            Images::of(shape, pixels, &labels, classes)
                .map_err(|error| Faults::from(Fault::new(format!("{what}: {error}"), error.remedy())))
        };
        let evaluation = checked(evaluation, "evaluation split").map(Some);
        let calibration = calibration.map(|split| checked(split, "calibration split")).transpose();
        let (evaluation, calibration) = load::both(evaluation, calibration)?;
        Ok(GivenImages { evaluation, calibration })
    };
    let loaded = work(py, None, |_, watch| Loaded::of_model(model, manifest, given, watch))?;
    Ok(Workload {
        loaded: loaded.or_raise(py)?,
        source: None,
        evaluation: Kept::default(),
        calibration: Kept::default(),
    })
}

fn read(py: Python<'_>, source: PathBuf) -> PyResult<Workload> {
    let loaded = work(py, None, |_, watch| load::workload(&source, watch))?.or_raise(py)?;
    let source = Some(source.to_string_lossy().into_owned());
    Ok(Workload { loaded, source, evaluation: Kept::default(), calibration: Kept::default() })
}

/// Makes a workload again from its path: what pickling needs.
#[pyfunction]
pub(crate) fn _workload_again(py: Python<'_>, source: PathBuf) -> PyResult<Workload> {
    read(py, source)
}

/// What an object is, for messages.
fn called(found: &Bound<'_, PyAny>) -> String {
    let text = |of: &str| found.getattr(of).ok().map(|part| part.to_string());
    match (text("dtype"), text("shape")) {
        (Some(dtype), Some(shape)) => format!("{dtype} {shape}"),
        _ => found.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string()),
    }
}

/// Pixels and their shape.
fn pixels(py: Python<'_>, found: &Bound<'_, PyAny>) -> PyResult<([usize; 4], Pixels)> {
    let refused = || {
        let help =
            "give uint8 or float32 [samples, channels, height, width], such as images.astype(numpy.float32)";
        fault(py, format!("images are {}", called(found)), help)
    };
    let shape = |shape: &[usize]| <[usize; 4]>::try_from(shape).map_err(|_| refused());
    if let Ok(array) = found.cast::<PyArrayDyn<u8>>() {
        let array = array.readonly();
        return Ok((shape(array.shape())?, Pixels::U8(array.as_array().iter().copied().collect())));
    }
    if let Ok(array) = found.cast::<PyArrayDyn<f32>>() {
        let array = array.readonly();
        return Ok((shape(array.shape())?, Pixels::F32(array.as_array().iter().copied().collect())));
    }
    Err(refused())
}

/// Whole numbers of one axis, of any integer type.
pub(crate) fn integers(py: Python<'_>, found: &Bound<'_, PyAny>) -> PyResult<Vec<i64>> {
    let refused = || {
        fault(py, format!("labels are {}", called(found)), "give integers [samples], one class per sample")
    };
    let array = py.import("numpy")?.call_method1("asarray", (found,))?;
    let kind: String = array.getattr("dtype")?.getattr("kind")?.extract()?;
    if !["i", "u"].contains(&kind.as_str()) || array.getattr("ndim")?.extract::<usize>()? != 1 {
        return Err(refused());
    }
    let array = array.call_method1("astype", ("int64",))?;
    let array: PyReadonlyArrayDyn<'_, i64> = array.extract().map_err(|_| refused())?;
    Ok(array.as_array().iter().copied().collect())
}

#[pymethods]
impl Workload {
    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        &self.loaded.manifest.name
    }

    /// Number of heads.
    #[getter]
    fn heads(&self) -> usize {
        self.loaded.segments.heads()
    }

    /// Names of the classes, or their numbers.
    #[getter]
    fn classes(&self) -> Vec<String> {
        self.loaded.class_names()
    }

    /// Whether there are samples whose right answers are known.
    #[getter]
    fn tells_accuracy(&self) -> bool {
        self.loaded.tells_accuracy()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let Some(source) = &self.source else {
            let told = "a workload of arrays cannot be pickled: write it with exclusim.torch.workload(out=...), or share it \
                        among threads, which work at the same time";
            return Err(PyTypeError::new_err(told));
        };
        let make = py.import("exclusim._exclusim")?.getattr("_workload_again")?;
        Ok((make, (source.clone(),).into_pyobject(py)?))
    }

    fn __repr__(&self) -> String {
        let segments = &self.loaded.segments;
        format!("Workload({}: {} heads, {} classes)", self.name(), segments.heads(), segments.classes)
    }
}
