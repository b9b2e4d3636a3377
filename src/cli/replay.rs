//! `exclusim replay`: scores of every head, for every sample, as a trace.

use super::args::Replay;
use super::print::print;
use super::progress::terminal;
use super::results::Results;
use super::{Failure, codes, on_threads};
use crate::config::{Fault, Faults};
use crate::decide::{Policy, decide};
use crate::load::{self, Workload};
use crate::replay::{Requant, Scores};
use crate::run::decide_fault;

pub(super) fn replay(args: &Replay) -> Result<(), Failure> {
    on_threads(args.threads.jobs(), || replay_and_write(args))
}

fn replay_and_write(args: &Replay) -> Result<(), Failure> {
    let watch = terminal();
    let workload = load::workload(&args.workload, watch)?;
    let split = load::Split::from(args.split);
    let requant = args.requant.map_or(workload.manifest.requant, Requant::from);
    if !args.dump.is_empty() {
        return codes::dump(args, &workload, split, requant);
    }
    let scores = workload.replay(split, None, requant, watch)?;
    let changes = match requant {
        Requant::Float => String::new(),
        _ => changes(&workload, &scores, &workload.replay(split, None, Requant::Float, watch)?)?,
    };
    let trace = scores.to_trace().map_err(|error| Fault::new(error.to_string(), error.remedy()))?;
    let mut results = Results::default();
    results.add(&args.out, trace);
    results.write()?;
    print(&format!(
        "{}: {} samples, {} heads, {} classes of {} ({})\n{changes}",
        args.out.display(),
        scores.samples,
        scores.heads.len(),
        scores.classes,
        workload.manifest.name,
        split.name()
    ))
}

/// What another arithmetic than onnxruntime's changes: codes, and under the workload's policy exits and answers.
fn changes(workload: &Workload, scores: &Scores, float: &Scores) -> Result<String, Faults> {
    let (policy, rule) = if workload.has_policy() {
        (workload.policy(None)?, format!("by {}", workload.manifest.policy))
    } else {
        (Policy::no_heads(scores.heads.len()), "of the plain network".to_owned())
    };
    let ask = |scores: &Scores| decide(scores, &policy).map_err(|error| decide_fault(&error));
    let (ours, theirs) = (ask(scores)?, ask(float)?);
    fn differ<T: PartialEq>(a: &[T], b: &[T]) -> usize {
        a.iter().zip(b).filter(|(a, b)| a != b).count()
    }
    Ok(format!(
        "against float: {} of {} score codes differ, {} exits and {} answers {rule}\n",
        scores.differing(float),
        scores.samples * scores.classes * (scores.heads.len() + 1),
        differ(&ours.exits, &theirs.exits),
        differ(&ours.answers, &theirs.answers),
    ))
}
