//! The paper's search, reported.

use super::super::args::{Calibrate, Method};
use super::{Report, key, method, options, template, thresholds};
use crate::calibrate::{Calibration, Request, paper, reference, strictest};
use crate::config::Fault;
use crate::load::Workload;
use crate::replay::Scores;
use crate::report::Table;
use crate::run::calibrate_fault;

pub(super) fn report(
    args: &Calibrate,
    workload: &Workload,
    order: &[usize],
    scores: &Scores,
) -> Result<Report, Fault> {
    let settings = template(args, workload.segments.heads());
    let request = Request {
        order,
        tolerance: args.tolerance,
        rule: args.rule,
        memory: settings.memory,
        answer: settings.answer,
        arithmetic: settings.arithmetic,
    };
    let found = match args.method {
        Method::Reference => reference(scores, order, args.tolerance, &settings),
        Method::Paper | Method::Search => paper(scores, &request),
    };
    let found = found.map_err(|error| calibrate_fault(&error))?;
    let origin = origin(args, &workload.manifest.name, &found);
    Ok(Report { told: result_text(args, &found, order), policy: found.policy, origin })
}

/// What the search did not do that one might think it did.
fn warnings(args: &Calibrate, found: &Calibration) -> String {
    let mut text = String::new();
    let (promised, baseline) = (found.promised_accuracy(), found.baseline_accuracy());
    let Some(threshold) = args.rule.facts().threshold else { return text };
    let Some(strictest) = strictest(&threshold) else { return text };
    let (name, values) = (threshold.key, found.policy.rule.thresholds());
    let missed = baseline - promised > args.tolerance;
    if missed && args.method == Method::Reference {
        text += &format!(
            "the tolerance is missed: {:.2} points lost, {:.2} allowed; the search counts otherwise than its policy answers\n",
            100.0 * (baseline - promised),
            100.0 * args.tolerance
        );
    } else if missed {
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
    let as_run = match args.method {
        Method::Reference => " as its authors' code runs it",
        Method::Paper | Method::Search => "",
    };
    format!(
        "Thresholds for {workload}, found by the paper's greedy search (arXiv 2309.13443){as_run} on {} calibration samples:\n\
         exclusim calibrate {} --method {}{}\n\
         {}Accuracy there: {:.2} % against {:.2} % without exits. It was searched for on these samples, so expect a\n\
         larger loss on others.",
        found.samples,
        args.workload.display(),
        method(args),
        options(args),
        seen(args, found),
        100.0 * found.promised_accuracy(),
        100.0 * found.baseline_accuracy(),
    )
}

/// What the authors' search counts, which is not what its policy answers.
fn seen(args: &Calibrate, found: &Calibration) -> String {
    if args.method != Method::Reference {
        return String::new();
    }
    let seen = 100.0 * found.seen_correct as f64 / found.samples as f64;
    format!("The search itself counts {seen:.2} % as right; the policy is as the authors test it.\n")
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
        "{}{}accuracy on {} calibration samples: {:.2} % (without exits {:.2} %)\n{}",
        table.text(),
        seen(args, found),
        found.samples,
        100.0 * found.promised_accuracy(),
        100.0 * found.baseline_accuracy(),
        warnings(args, found)
    )
}
