//! `exclusim calibrate`: thresholds from the calibration split.

use super::args::{Calibrate, Method};
use super::files::Results;
use super::{Failure, load, on_threads};
use crate::calibrate::{self, Calibration, Request, visit_order};
use crate::config::Fault;
use crate::report::Table;
use crate::workload::write_policy;

pub(super) fn calibrate(args: &Calibrate) -> Result<(), Failure> {
    on_threads(args.threads.jobs(), || {
        let workload = load::workload(&args.workload)?;
        let order = visit_order(&workload.segments.first_convolution_macs());
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
        print!("{}", told(&found, &order));
        println!("written to {}", args.out.display());
        Ok(())
    })
}

/// Where a policy comes from, for its first lines.
fn origin(args: &Calibrate, workload: &str, found: &Calibration) -> String {
    format!(
        "Thresholds for {workload}, found by the paper's greedy search (arXiv 2309.13443) on {} calibration samples:\n\
         exclusim calibrate {} --method paper --tolerance {}% --memory {} --final {}\n\
         Accuracy there: {:.2} % against {:.2} % without exits. It was searched for on these samples, so expect a\n\
         larger loss on others.",
        found.samples,
        args.workload.display(),
        100.0 * args.tolerance,
        args.memory,
        args.answer,
        100.0 * found.promised_accuracy(),
        100.0 * found.baseline_accuracy(),
    )
}

fn told(found: &Calibration, order: &[usize]) -> String {
    let mut table = Table::new(["head", "beta", "visited", "steps"]);
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
        "{}accuracy on {} calibration samples: {:.2} % (without exits {:.2} %)\n",
        table.text(),
        found.samples,
        100.0 * found.promised_accuracy(),
        100.0 * found.baseline_accuracy()
    )
}
