//! What a space asks of workloads that cannot answer it.

use super::workload::Workload;
use crate::config::{Fault, Faults};
use crate::sweep::{self, Metric, Objective, Spec};
use crate::workload::ScoresFrom;

/// Refuses axes of the policy where no network of the space has anything to decide: they would change nothing.
pub(super) fn nothing_to_decide<'a>(
    spec: &Spec,
    mut workloads: impl Iterator<Item = &'a Workload>,
) -> Result<(), Faults> {
    if !workloads.all(|workload| workload.segments.heads() == 0) {
        return Ok(());
    }
    let keys = spec.grid.axes.iter().flat_map(|axis| &axis.keys);
    let of_the_policy = keys.filter(|key| key.path == "policy" || key.path.starts_with("policy."));
    let fault = |key: &sweep::Key| {
        let title = format!("`{}` changes nothing: no network of the space has heads", key.path);
        let help = "take it out of [axes], or give a workload with heads, and data or [assumed] exits";
        Fault::new(title, help).at(&spec.source, key.span.clone(), "this axis")
    };
    Faults(of_the_policy.map(fault).collect()).none(())
}

/// An objective or a constraint of accuracy, which a workload without scores has no value in.
pub(super) fn no_accuracy(spec: &Spec, workload: &Workload) -> Option<Fault> {
    let objective = spec.objectives.contains(&Objective::Accuracy) && !spec.objectives_are_usual;
    let constrained = spec.result_constraints.iter().any(|found| found.metrics().contains(&Metric::Accuracy));
    let wanted = objective || constrained;
    if workload.tells_accuracy() || !wanted {
        return None;
    }
    let why = match workload.manifest.scores_from() {
        ScoresFrom::Assumed => "assumes its exits",
        ScoresFrom::Decided => "has exits without answers",
        _ => "has no data",
    };
    let title = format!("{} {why}, and so has no accuracy", workload.manifest.name);
    let help = if objective {
        r#"name other objectives, such as objectives = ["energy", "latency"]"#
    } else {
        "take `accuracy` out of the constraints, or give a workload with data"
    };
    Some(Fault::new(title, help))
}
