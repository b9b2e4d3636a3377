//! The paper's search, reported.

use super::super::args::Calibrate;
use super::{Report, fault, key, options, template, thresholds};
use crate::calibrate::{Calibration, Request, paper, visit_order};
use crate::config::Fault;
use crate::decide::{Loosens, Threshold};
use crate::load::Workload;
use crate::replay::Scores;
use crate::report::Table;

pub(super) fn report(
    args: &Calibrate,
    workload: &Workload,
    heads: &[usize],
    scores: &Scores,
) -> Result<Report, Fault> {
    let mut order = visit_order(&workload.segments.first_convolution_macs());
    order.retain(|head| heads.contains(head));
    let settings = template(args, workload.segments.heads());
    let request = Request {
        order: &order,
        tolerance: args.tolerance,
        rule: args.rule,
        memory: settings.memory,
        answer: settings.answer,
        arithmetic: settings.arithmetic,
    };
    let found = paper(scores, &request).map_err(|error| fault(&error))?;
    let origin = origin(args, &workload.manifest.name, &found);
    Ok(Report { told: result_text(args, &found, &order), policy: found.policy, origin })
}

/// What the search did not do that one might think it did.
fn warnings(args: &Calibrate, found: &Calibration) -> String {
    let mut text = String::new();
    let (promised, baseline) = (found.promised_accuracy(), found.baseline_accuracy());
    let Some(Threshold { key: name, loosens, .. }) = args.rule.facts().threshold else { return text };
    let values = found.policy.rule.thresholds();
    let strictest = match loosens {
        Loosens::Upwards => 0.01,
        Loosens::Downwards => 0.99,
    };
    if baseline - promised > args.tolerance {
        text += &format!(
            "the tolerance is missed: {:.2} points lost, {:.2} allowed; the paper's search goes no stricter than {name} {strictest}\n",
            100.0 * (baseline - promised),
            100.0 * args.tolerance
        );
    }
    let stuck: Vec<String> = (0..values.len())
        .filter(|&head| found.policy.heads[head] && values[head] == strictest)
        .map(|head| (head + 1).to_string())
        .collect();
    if !stuck.is_empty() {
        text += &format!(
            "heads {} stay at the strictest {name}, {strictest}: the paper's search never turns a head off; see --heads\n",
            stuck.join(", ")
        );
    }
    text
}

/// Where a policy comes from, for its first lines.
fn origin(args: &Calibrate, workload: &str, found: &Calibration) -> String {
    format!(
        "Thresholds for {workload}, found by the paper's greedy search (arXiv 2309.13443) on {} calibration samples:\n\
         exclusim calibrate {} --method paper{}\n\
         Accuracy there: {:.2} % against {:.2} % without exits. It was searched for on these samples, so expect a\n\
         larger loss on others.",
        found.samples,
        args.workload.display(),
        options(args),
        100.0 * found.promised_accuracy(),
        100.0 * found.baseline_accuracy(),
    )
}

fn result_text(args: &Calibrate, found: &Calibration, order: &[usize]) -> String {
    let name = key(args);
    let mut table = Table::new(["head", name, "visited as", "steps tried"]);
    for (head, threshold) in thresholds(&found.policy).into_iter().enumerate() {
        let visited = order.iter().position(|&visited| visited == head);
        let steps = found.steps.iter().filter(|step| step.head == head).count();
        let visited = visited.map_or("-".into(), |at| (at + 1).to_string());
        table.row([(head + 1).to_string(), threshold, visited, steps.to_string()]);
    }
    format!(
        "{}accuracy on {} calibration samples: {:.2} % (without exits {:.2} %)\n{}",
        table.text(),
        found.samples,
        100.0 * found.promised_accuracy(),
        100.0 * found.baseline_accuracy(),
        warnings(args, found)
    )
}
