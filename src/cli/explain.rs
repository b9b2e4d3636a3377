//! `exclusim explain`: one sample of a run.

use super::Failure;
use super::args::Explain;
use super::print::print;
use super::progress::terminal;
use super::redo::{Redone, redone};
use super::samples::{self, Sample};
use crate::config::{Fault, Faults};
use crate::decide;
use crate::load;
use crate::report::{PathCost, Told, explained_text};
use crate::run::decide_fault;
use crate::time::{Deciders, PathTable, path_table};

pub(super) fn explain(args: &Explain) -> Result<(), Failure> {
    let run = redone(&args.run)?;
    let all = samples::read(&run.folder)?;
    let sample = samples::sample(&args.run, &all, args.sample)?;
    let scores = run.workload.evaluation(Some(args.sample + 1), terminal())?;
    let explained =
        decide::explain(&scores, &run.policy, args.sample).map_err(|error| decide_fault(&error))?;
    if (explained.exit.number(), explained.answer) != (sample.exit, sample.answer) {
        return Err(Failure::Check(format!(
            "this is a bug of exclusim {}: sample {} left at {} and leaves at {} now",
            env!("CARGO_PKG_VERSION"),
            args.sample,
            sample.exit,
            explained.exit.number()
        )));
    }
    let cost = cost(&run, &sample)?;
    let classes = run.workload.class_names();
    print(&explained_text(&Told {
        number: args.sample,
        classes: &classes,
        rule: &run.policy.rule,
        explained: &explained,
        plain_answer: sample.plain_answer,
        cost: &cost,
    }))
}

/// What the sample took, segment by segment, and what the whole network takes.
fn cost(run: &Redone, sample: &Sample) -> Result<PathCost, Faults> {
    let on = run.policy.running();
    let deciders = Deciders { on: &on, rule: run.policy.rule.facts().unit };
    let machine = &run.arch.machine;
    let table: PathTable = path_table(&run.workload.segments, machine, deciders, machine.exclusion.compact);
    let path = sample.path(run.workload.segments.classes);
    let segment = |(passing, segment): (&crate::time::timeline::Passing, &crate::time::SegmentTime)| {
        segment.taken_by(passing.entering, passing.leaves).total().cycles.total()
    };
    let file = run.folder.join("summary.json");
    let summary: serde_json::Value =
        serde_json::from_str(&load::text(&file, "file of results")?).unwrap_or_default();
    let number = |quantity: &str, system: &str| {
        summary[quantity][system].as_f64().ok_or_else(|| {
            let title = format!("{} has no number `{quantity}.{system}`", file.display());
            Fault::new(title, "make the results again with exclusim run")
        })
    };
    Ok(PathCost {
        segments: path.iter().zip(&table.segments).map(segment).collect(),
        cycles: sample.cycles,
        energy_pj: sample.energy_pj,
        plain: (number("cycles", "no_heads")?, number("energy_pj", "no_heads")?),
        all_heads: (number("cycles", "never")?, number("energy_pj", "never")?),
    })
}
