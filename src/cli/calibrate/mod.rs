//! `exclusim calibrate`: thresholds from the calibration split.

mod paper;
mod search;

use super::args::{Calibrate, Method};
use super::manner::warn;
use super::print::print;
use super::progress::terminal;
use super::results::Results;
use super::{Failure, on_threads};
use crate::calibrate::{REFERENCE_ANSWER, REFERENCE_MEMORY, visit_order};
use crate::config::{Fault, Faults};
use crate::decide::{Arithmetic, Policy, RuleKind};
use crate::load::{self, Workload};
use crate::replay::Scores;
use crate::report::prose;
use crate::workload::write_policy;

/// What a search found, for people and for the file.
struct Report {
    policy: Policy,
    /// First lines of the policy file.
    origin: String,
    /// Printed.
    told: String,
}

pub(super) fn calibrate(args: &Calibrate) -> Result<(), Failure> {
    on_threads(args.threads.jobs(), || {
        fits(args)?;
        let watch = terminal();
        let (workload, arch) = match args.method {
            Method::Paper | Method::Reference => (load::workload(&args.workload, watch)?, None),
            Method::Search => {
                let (workload, arch) = load::both(
                    load::workload(&args.workload, watch),
                    load::arch(args.arch(), &args.set.set),
                )?;
                (workload, Some(arch))
            }
        };
        let heads = allowed(args.heads.as_deref(), workload.segments.heads())?;
        let scores = workload.calibration(watch)?;
        let report = match &arch {
            None => paper::report(args, &workload, &order(args, &workload, &heads)?, &scores)?,
            Some(arch) => search::report(args, &workload, arch, &heads, &scores)?,
        };
        let mut results = Results::default();
        results.add(&args.out, write_policy(&report.policy, &report.origin));
        results.write()?;
        warn_of_leaks(&workload, &scores);
        print(&(prose(&report.told) + &format!("written to {}\n", args.out.display())))
    })
}

/// Options that contradict each other.
fn fits(args: &Calibrate) -> Result<(), Faults> {
    let mut faults = Faults::default();
    let mut refuse = |given: bool, title: String, help: &str| {
        if given {
            faults.0.push(Fault::new(title, help));
        }
    };
    if args.method == Method::Search {
        let title =
            "--order does not go with --method search, which visits every head in every step".to_owned();
        refuse(args.order.is_some(), title, "write --method paper, or leave it out");
    } else {
        let given = [
            ("--objective", args.objective.is_some(), "knows no hardware"),
            ("--arch", args.arch.is_some(), "knows no hardware"),
            ("--set", !args.set.set.is_empty(), "knows no hardware"),
            ("--groups", args.groups.is_some(), "holds no samples out"),
            ("--repeats", args.repeats > 1, "holds no samples out"),
            ("--seed", args.seed != 1, "holds no samples out"),
        ];
        for (option, given, why) in given {
            let title = format!("{option} does not go with --method {}, which {why}", method(args));
            refuse(given, title, "write --method search, or leave it out");
        }
    }
    if args.method == Method::Reference {
        let other = args.rule != RuleKind::RelativeToMax;
        let given = [
            ("--rule", other, "is the authors' of relative-to-max"),
            ("--heads", args.heads.is_some(), "visits every head"),
            ("--memory", args.memory.is_some(), "has its own"),
            ("--final", args.answer.is_some(), "has its own"),
        ];
        for (option, given, why) in given {
            let title = format!("{option} does not go with --method reference, which {why}");
            refuse(given, title, "write --method paper, or leave it out");
        }
    }
    if !args.rule.facts().excludes {
        for (option, given) in [("--memory", args.memory.is_some()), ("--final", args.answer.is_some())] {
            let title = format!("{option} does not go with --rule {}, which excludes nothing", args.rule);
            refuse(given, title, "leave it out, or write --rule relative-to-max");
        }
    }
    faults.none(())
}

/// The heads that were named, counted from 1, as indices; all without a list.
fn allowed(wanted: Option<&[usize]>, heads: usize) -> Result<Vec<usize>, Fault> {
    if heads == 0 {
        let help = "name outputs under [heads]; a plain network runs without a policy";
        return Err(Fault::new("the network has no heads, so there are no thresholds to find", help));
    }
    let Some(wanted) = wanted else { return Ok((0..heads).collect()) };
    if let Some(none) = wanted.iter().find(|head| !(1..=heads).contains(*head)) {
        let title = format!("--heads names head {none}, but the network has {heads} heads");
        return Err(Fault::new(title, format!("name heads from 1 to {heads}, such as --heads 1,2")));
    }
    Ok((0..heads).filter(|head| wanted.contains(&(head + 1))).collect())
}

/// The order in which a search of the paper visits the heads that may be on.
fn order(args: &Calibrate, workload: &Workload, allowed: &[usize]) -> Result<Vec<usize>, Fault> {
    let heads = workload.segments.heads();
    let mut order = match &args.order {
        None => visit_order(&workload.segments.first_convolution_macs()),
        Some(wanted) => {
            let mut sorted = wanted.clone();
            sorted.sort_unstable();
            // All heads counted from 0 have a 0, and counted from 1 none.
            let from = usize::from(!wanted.contains(&0));
            if !sorted.into_iter().eq(from..from + heads) {
                let list: Vec<String> = wanted.iter().map(usize::to_string).collect();
                let title = format!("--order {} is no order of {heads} heads", list.join(","));
                let all: Vec<String> = (1..=heads).map(|head| head.to_string()).collect();
                let help = format!(
                    "name every head once, counted from 1 or from 0, such as --order {}",
                    all.join(",")
                );
                return Err(Fault::new(title, help));
            }
            wanted.iter().map(|head| head - from).collect()
        }
    };
    order.retain(|head| allowed.contains(head));
    Ok(order)
}

/// The method's name as it is written.
fn method(args: &Calibrate) -> &'static str {
    match args.method {
        Method::Search => "search",
        Method::Paper => "paper",
        Method::Reference => "reference",
    }
}

/// A policy without thresholds that has the settings asked for.
fn template(args: &Calibrate, heads: usize) -> Policy {
    let (memory, answer) = match args.method {
        Method::Search | Method::Paper => Default::default(),
        Method::Reference => (REFERENCE_MEMORY, REFERENCE_ANSWER),
    };
    Policy {
        memory: args.memory.unwrap_or(memory),
        answer: args.answer.unwrap_or(answer),
        arithmetic: Arithmetic::default(),
        ..Policy::never(heads)
    }
}

/// The options that shape a policy, as they would be written again.
fn options(args: &Calibrate) -> String {
    let mut text = format!(" --tolerance {}%", rounded(100.0 * args.tolerance));
    if args.rule != RuleKind::default() {
        text += &format!(" --rule {}", args.rule);
    }
    if args.rule.facts().excludes && args.method != Method::Reference {
        let (memory, answer) = (args.memory.unwrap_or_default(), args.answer.unwrap_or_default());
        text += &format!(" --memory {memory} --final {answer}");
    }
    if let Some(heads) = &args.heads {
        let list: Vec<String> = heads.iter().map(usize::to_string).collect();
        text += &format!(" --heads {}", list.join(","));
    }
    if let Some(order) = &args.order {
        let list: Vec<String> = order.iter().map(usize::to_string).collect();
        text += &format!(" --order {}", list.join(","));
    }
    text
}

/// Without the dust that a percentage gathers on its way through a fraction.
fn rounded(percent: f64) -> f64 {
    (percent * 1e9).round() / 1e9
}

/// What the rule's thresholds are called.
fn key(args: &Calibrate) -> &'static str {
    args.rule.facts().threshold.map_or("threshold", |threshold| threshold.key)
}

/// Every head's threshold as text, "off" for one that is off.
fn thresholds(policy: &Policy) -> Vec<String> {
    let values = policy.rule.thresholds().into_iter();
    values.zip(&policy.heads).map(|(value, on)| if *on { value.to_string() } else { "off".into() }).collect()
}

/// Says so when thresholds were searched for on what results are reported on.
fn warn_of_leaks(workload: &Workload, calibration: &Scores) {
    let (name, shared) = (&workload.manifest.name, workload.calibrates_on_evaluation(calibration));
    if shared == calibration.samples {
        warn(&format!(
            "{name} calibrates on its evaluation data, so what a run reports there promises nothing for other data; \
             give data.calibration samples of their own"
        ));
    } else if shared > 0 {
        warn(&format!(
            "of {name}'s calibration samples {shared} of {} are among its evaluation data as well, so what a run \
             reports there promises less for other data; take them out of one of the two",
            calibration.samples
        ));
    }
}
