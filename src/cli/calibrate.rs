//! `exclusim calibrate`: thresholds from the calibration split.

use super::args::{Calibrate, Method};
use super::files::Results;
use super::print::print;
use super::{Failure, load, on_threads};
use crate::calibrate::{self, Calibration, Request, visit_order};
use crate::config::Fault;
use crate::report::Table;
use crate::workload::write_policy;

pub(super) fn calibrate(args: &Calibrate) -> Result<(), Failure> {
    on_threads(args.threads.jobs(), || {
        let workload = load::workload(&args.workload)?;
        let mut order = visit_order(&workload.segments.first_convolution_macs());
        only(&mut order, args.heads.as_deref(), workload.segments.heads())?;
        let scores = workload.calibration()?;
        let request = Request {
            order: &order,
            tolerance: args.tolerance,
            memory: args.memory,
            answer: args.answer,
            arithmetic: crate::exclude::Arithmetic::default(),
        };
        let method = match args.method {
            Method::Paper => calibrate::Method::Paper,
        };
        let found = calibrate::calibrate(method, &scores, &request).map_err(|error| {
            Fault::new(error.to_string(), "give a workload with heads and a calibration split")
        })?;
        let mut results = Results::default();
        results.add(&args.out, write_policy(&found.policy, &origin(args, &workload.manifest.name, &found)));
        results.write()?;
        print(&(told(args, &found, &order) + &format!("written to {}\n", args.out.display())))
    })
}

/// Keeps the heads that were named, counted from 1; the others are off.
fn only(order: &mut Vec<usize>, wanted: Option<&[usize]>, heads: usize) -> Result<(), Fault> {
    let Some(wanted) = wanted else { return Ok(()) };
    if let Some(none) = wanted.iter().find(|head| !(1..=heads).contains(*head)) {
        let title = format!("--heads names head {none}, but the network has {heads} heads");
        return Err(Fault::new(title, format!("name heads from 1 to {heads}, such as --heads 1,2")));
    }
    order.retain(|head| wanted.contains(&(head + 1)));
    Ok(())
}

/// What the search did not do that one might think it did.
fn warnings(args: &Calibrate, found: &Calibration) -> String {
    let mut text = String::new();
    let (promised, baseline) = (found.promised_accuracy(), found.baseline_accuracy());
    if baseline - promised > args.tolerance {
        text += &format!(
            "the tolerance is missed: {:.2} points lost, {:.2} allowed; the paper's search goes no lower than beta 0.01\n",
            100.0 * (baseline - promised),
            100.0 * args.tolerance
        );
    }
    if let crate::exclude::Rule::RelativeToMax { beta } = &found.policy.rule {
        let stuck: Vec<String> = (0..beta.len())
            .filter(|&head| found.policy.heads[head] && beta[head] <= 0.01)
            .map(|head| (head + 1).to_string())
            .collect();
        if !stuck.is_empty() {
            text += &format!(
                "heads {} stay at the lowest threshold, 0.01: the paper's search never turns a head off; see --heads\n",
                stuck.join(", ")
            );
        }
    }
    text
}

/// Where a policy comes from, for its first lines.
fn origin(args: &Calibrate, workload: &str, found: &Calibration) -> String {
    let list = |heads: &[usize]| heads.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let named = args.heads.as_deref().map_or_else(String::new, |heads| format!(" --heads {}", list(heads)));
    format!(
        "Thresholds for {workload}, found by the paper's greedy search (arXiv 2309.13443) on {} calibration samples:\n\
         exclusim calibrate {} --method paper --tolerance {}% --memory {} --final {}{}\n\
         Accuracy there: {:.2} % against {:.2} % without exits. It was searched for on these samples, so expect a\n\
         larger loss on others.",
        found.samples,
        args.workload.display(),
        100.0 * args.tolerance,
        args.memory,
        args.answer,
        named,
        100.0 * found.promised_accuracy(),
        100.0 * found.baseline_accuracy(),
    )
}

fn told(args: &Calibrate, found: &Calibration, order: &[usize]) -> String {
    let mut table = Table::new(["head", "beta", "visited as", "steps tried"]);
    if let crate::exclude::Rule::RelativeToMax { beta } = &found.policy.rule {
        for (head, beta) in beta.iter().enumerate() {
            let visited = order
                .iter()
                .position(|&visited| visited == head)
                .map_or("off".into(), |at| (at + 1).to_string());
            let steps = found.steps.iter().filter(|step| step.head == head).count();
            table.row([format!("{}", head + 1), format!("{beta:.2}"), visited, steps.to_string()]);
        }
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
