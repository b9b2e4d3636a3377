//! `exclusim replay`: scores of every head, for every sample, as a trace.

use super::args::{Replay, Requant, Split};
use super::files::Results;
use super::print::print;
use super::{Failure, load, on_threads};
use crate::config::Fault;

pub(super) fn replay(args: &Replay) -> Result<(), Failure> {
    let workload = load::workload(&args.workload)?;
    let (split, name) = match args.split {
        Split::Evaluation => (&workload.manifest.evaluation, "evaluation"),
        Split::Calibration => (&workload.manifest.calibration, "calibration"),
    };
    let scores = match args.requant {
        Requant::Float => on_threads(args.threads.jobs(), || workload.replay(split.as_deref(), name, None))?,
    };
    let trace = scores
        .to_trace()
        .map_err(|error| Fault::new(error.to_string(), "this network's scores make no trace"))?;
    let mut results = Results::default();
    results.add(&args.out, trace);
    results.write()?;
    print(&format!(
        "{}: {} samples, {} heads, {} classes of {} ({name})\n",
        args.out.display(),
        scores.samples,
        scores.heads.len(),
        scores.classes,
        workload.manifest.name
    ))
}
