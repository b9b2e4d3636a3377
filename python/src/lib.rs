//! exclusim in Python: the library's functions on Python's values. What is computed is computed there; here values are
//! converted, the interpreter's lock is released, and faults become exceptions.

mod arch;
mod columns;
mod costs;
mod fault;
mod policy;
mod run;
mod sweep;
mod table;
mod text;
mod trace;
mod work;
mod workload;

use std::ffi::OsString;

use exclusim::load::Kind;
use pyo3::prelude::*;

/// Runs the command line program; gives its exit code.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| exclusim::cli::main_of(arguments))
}

/// Names of what is shipped: ``"archs"``, ``"workloads"``, ``"technologies"``, ``"devices"`` or ``"sweeps"``.
///
/// Raises:
///     Fault: there is no such kind.
#[pyfunction]
fn presets(py: Python<'_>, kind: &str) -> PyResult<Vec<&'static str>> {
    match Kind::ALL.into_iter().find(|known| known.plural() == kind) {
        Some(kind) => Ok(kind.names().collect()),
        None => {
            let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.plural()).collect();
            Err(fault::fault(
                py,
                format!("nothing is shipped as `{kind}`"),
                format!("write one of {}", kinds.join(", ")),
            ))
        }
    }
}

#[pymodule]
mod _exclusim {
    #[pymodule_export]
    use super::arch::{_arch_again, Arch, arch};
    #[pymodule_export]
    use super::costs::{Costs, costs};
    #[pymodule_export]
    use super::fault::{_fault, Fault, Item};
    #[pymodule_export]
    use super::policy::{_policy_again, Policy, calibrate, policy};
    #[pymodule_export]
    use super::run::{Across, Drawing, Run, layers, simulate};
    #[pymodule_export]
    use super::sweep::{Sweep, sweep};
    #[pymodule_export]
    use super::table::Table;
    #[pymodule_export]
    use super::trace::{Decisions, Trace, decide, replay};
    #[pymodule_export]
    use super::workload::{_workload_again, Workload, workload};
    #[pymodule_export]
    use super::{main, presets};

    #[expect(non_upper_case_globals, reason = "as Python calls it")]
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
