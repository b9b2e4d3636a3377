//! What the paths through a network cost on a machine, as arrays.

use exclusim::config::Faults;
use exclusim::decide::Policy as Decider;
use exclusim::simulate::{Objective, PathCosts, agreed, path_costs};
use numpy::{IntoPyArray, PyArray1, PyArrayMethods};
use pyo3::prelude::*;

use crate::arch::Arch;
use crate::fault::OrRaise;
use crate::policy::of_workload;
use crate::work::work;
use crate::workload::Workload;

/// Cycles, energy and multiply-accumulates of each segment: from the input or the head before, up to and with its own head.
#[pyclass(frozen, module = "exclusim", name = "Costs")]
pub(crate) struct Costs {
    segments: usize,
    classes: usize,
    cycles: PathCosts<f64>,
    energy: PathCosts<f64>,
    macs: PathCosts<f64>,
}

/// What each segment costs by the number of classes alive on entry: for a training loop, or a search of one's own.
///
/// Args:
///     net: the workload, of which only the network is looked at.
///     arch: the machine.
///     policy: whose rule and heads are priced, in any form that ``run`` takes; all heads of the paper's rule if left out.
///
/// Raises:
///     Fault: machine, network and policy do not go together.
#[pyfunction]
#[pyo3(signature = (net, arch, policy = None))]
pub(crate) fn costs(
    py: Python<'_>,
    net: &Bound<'_, Workload>,
    arch: &Bound<'_, Arch>,
    policy: Option<&Bound<'_, PyAny>>,
) -> PyResult<Costs> {
    let (net, arch) = (net.get(), &arch.get().read);
    let segments = &net.loaded.segments;
    let policy = match policy {
        Some(policy) => of_workload(py, Some(policy), net)?,
        None => Decider::relative_to_max(vec![0.0; segments.heads()]),
    };
    work(py, None, |_, _| {
        agreed(arch, segments, Some(&policy))?;
        let on = policy.running();
        let of = |objective| path_costs(arch, segments, &policy, objective)(&on);
        Ok::<_, Faults>(Costs {
            segments: segments.heads() + 1,
            classes: segments.classes,
            cycles: of(Objective::Cycles),
            energy: of(Objective::Energy),
            macs: of(Objective::Macs),
        })
    })?
    .or_raise(py)
}

impl Costs {
    /// `[segments][classes][2]`.
    fn array<'py>(&self, py: Python<'py>, of: &PathCosts<f64>) -> PyResult<Bound<'py, PyAny>> {
        let cells = (0..self.segments).flat_map(|segment| {
            (1..=self.classes)
                .flat_map(move |alive| [false, true].map(|leaves| of.at(segment, alive, leaves)))
        });
        let cells: Vec<f64> = cells.collect();
        Ok(cells.into_pyarray(py).reshape([self.segments, self.classes, 2])?.into_any())
    }

    /// What a sample costs that leaves at each head, and at the end, all classes alive on its way.
    fn along<'py>(&self, py: Python<'py>, of: &PathCosts<f64>) -> Bound<'py, PyArray1<f64>> {
        let path = |exit: usize| {
            (0..=exit).map(|segment| of.at(segment, self.classes, segment == exit)).sum::<f64>()
        };
        (0..self.segments).map(path).collect::<Vec<_>>().into_pyarray(py)
    }
}

#[pymethods]
impl Costs {
    /// Cycles, float64 [segments, classes, 2]: entered by 1 to all classes alive; [..., 0] of a sample that goes on, [..., 1] of
    /// one that leaves at the segment's head. The last segment ends with the classifier.
    #[getter]
    fn cycles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.array(py, &self.cycles)
    }

    /// Energy, pJ, of the same shape; no multiply-accumulate gated.
    #[getter]
    fn energy_pj<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.array(py, &self.energy)
    }

    /// Useful multiply-accumulates, of the same shape.
    #[getter]
    fn macs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.array(py, &self.macs)
    }

    /// Cycles of a sample that leaves at each head, and of one that runs to the end, float64 [heads + 1]; all classes alive.
    #[getter]
    fn exit_cycles<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.along(py, &self.cycles)
    }

    /// The same in pJ.
    #[getter]
    fn exit_energy_pj<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.along(py, &self.energy)
    }

    /// The same in multiply-accumulates.
    #[getter]
    fn exit_macs<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.along(py, &self.macs)
    }

    fn __repr__(&self) -> String {
        format!("Costs of {} segments, {} classes", self.segments, self.classes)
    }
}
