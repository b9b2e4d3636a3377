//! The search for the least cost under a loss that holds with confidence, reported.

use super::super::args::{Calibrate, Objective};
use super::super::{Failure, progress};
use super::{Report, fault, key, options, rounded, template, thresholds};
use crate::arch::Arch;
use crate::calibrate::{Certified, Goal, Half, search};
use crate::decide::{Policy, Rule, RuleKind};
use crate::load::Workload;
use crate::replay::Scores;
use crate::report::Table;
use crate::simulate::{self, mean_costs, saved};

pub(super) fn report(
    args: &Calibrate,
    workload: &Workload,
    arch: &Arch,
    heads: &[usize],
    scores: &Scores,
) -> Result<Report, Failure> {
    let settings = with_rule(args.rule, template(args, workload.segments.heads()));
    simulate::agreed(arch, &workload.segments, Some(&settings))?;
    let objective = match args.objective.unwrap_or_default() {
        Objective::Macs => simulate::Objective::Macs,
        Objective::Cycles => simulate::Objective::Cycles,
        Objective::Energy => simulate::Objective::Energy,
    };
    let costs = mean_costs(arch, &workload.segments, &settings, objective);
    let bar = progress::part("search");
    let goal = Goal {
        heads,
        tolerance: args.tolerance,
        confidence: args.confidence_level,
        rule: args.rule,
        memory: settings.memory,
        answer: settings.answer,
        arithmetic: settings.arithmetic,
        costs: &costs,
        progress: &|done| progress::show(&bar, done),
    };
    let found = search(scores, &goal);
    bar.finish_and_clear();
    let found = found.map_err(|error| fault(&error))?;
    let origin = origin(args, &workload.manifest.name, arch, scores.samples, &found);
    Ok(Report { told: result_text(args, arch, scores.samples, &found), policy: found.policy, origin })
}

/// The settings as a policy of the rule: what hardware it needs does not depend on thresholds.
fn with_rule(kind: RuleKind, settings: Policy) -> Policy {
    let unused = kind.facts().threshold.map_or(0.0, |threshold| threshold.unused);
    let rule = Rule::with(kind, vec![unused; settings.heads.len()]);
    Policy { rule, ..settings }
}

/// The quantity that was made small, its scale for reading, and its digits.
fn quantity(args: &Calibrate, arch: &Arch) -> (&'static str, f64, usize) {
    match args.objective.unwrap_or_default() {
        Objective::Macs => ("MACs, million", 1e-6, 3),
        Objective::Cycles => ("cycles, thousand", 1e-3, 1),
        // Of an FPGA a range is known.
        Objective::Energy if arch.fpga().is_some() => ("nominal energy, uJ", 1e-6, 2),
        Objective::Energy => ("energy, uJ", 1e-6, 2),
    }
}

/// What holds, in words.
fn promise(args: &Calibrate, found: &Certified) -> String {
    let (level, tolerance) = (rounded(100.0 * args.confidence_level), rounded(100.0 * args.tolerance));
    if found.passed == 0 {
        let least = 100.0 * nothing_harmed(found);
        return format!(
            "No exits are certified: {} samples held out cannot show a loss below {least:.2} points even if none is harmed,\n\
             or every policy that saves harms too many. Allow more, or give more calibration samples.",
            found.held_out.paired.samples
        );
    }
    format!(
        "Promise: with {level} % confidence, exits lose at most {tolerance} points of accuracy on data of which the samples held\n\
         out are a fair sample. It says nothing of other data, single classes or what is saved, and each search on\n\
         these samples takes the risk of {} % anew.",
        rounded(100.0 - level)
    )
}

/// The bound that would be left if no sample held out were harmed.
fn nothing_harmed(found: &Certified) -> f64 {
    let none = crate::calibrate::Paired { harmed: 0, helped: 0, ..found.held_out.paired };
    none.loss_at_most(found.tested_at)
}

/// Where a policy comes from, for its first lines.
fn origin(args: &Calibrate, workload: &str, arch: &Arch, samples: usize, found: &Certified) -> String {
    let objective = format!("{:?}", args.objective.unwrap_or_default()).to_lowercase();
    let set: String = args.set.set.iter().map(|set| format!(" --set \"{set}\"")).collect();
    let level = rounded(100.0 * args.confidence_level);
    let paired = found.held_out.paired;
    format!(
        "Thresholds and heads for {workload}, found for the fewest {objective} on {} with {samples} calibration samples:\n\
         exclusim calibrate {} --objective {objective} --arch {}{set}{} --confidence-level {level}%\n\
         {} samples were held out: accuracy there {:.2} % against {:.2} % without exits, {} harmed and {} helped,\n\
         a loss of at most {:.2} points at {} %; saved there {:.1} %.\n{}",
        arch.name,
        args.workload.display(),
        args.arch().display(),
        options(args),
        paired.samples,
        100.0 * paired.accuracy(),
        100.0 * paired.accuracy_without(),
        paired.harmed,
        paired.helped,
        100.0 * paired.loss_at_most(found.tested_at),
        rounded(100.0 * found.tested_at),
        100.0 * saved(found.cost_without, found.held_out.cost),
        promise(args, found),
    )
}

fn result_text(args: &Calibrate, arch: &Arch, samples: usize, found: &Certified) -> String {
    let name = key(args);
    let mut heads = Table::new(["head", name]);
    for (head, threshold) in thresholds(&found.policy).into_iter().enumerate() {
        heads.row([(head + 1).to_string(), threshold]);
    }
    let title = format!("of {samples} samples");
    let mut table = Table::new([title.as_str(), "searched", "held out"]);
    let halves = [&found.searched, &found.held_out];
    let mut row = |name: &str, of: &dyn Fn(&Half) -> String| {
        table.row([name.to_owned()].into_iter().chain(halves.map(of)));
    };
    let points = |fraction: f64| format!("{:.2}", 100.0 * fraction);
    let level = rounded(100.0 * found.tested_at);
    let (quantity, scale, digits) = quantity(args, arch);
    row("samples", &|half| half.paired.samples.to_string());
    row("accuracy without exits, %", &|half| points(half.paired.accuracy_without()));
    row("accuracy with exits, %", &|half| points(half.paired.accuracy()));
    row("harmed by exits", &|half| half.paired.harmed.to_string());
    row("helped by exits", &|half| half.paired.helped.to_string());
    row("points lost", &|half| points(half.paired.loss()));
    row(&format!("at most, {level} % sure"), &|half| points(half.paired.loss_at_most(found.tested_at)));
    row(quantity, &|half| format!("{:.digits$}", half.cost * scale));
    row("saved net, %", &|half| format!("{:.1}", 100.0 * saved(found.cost_without, half.cost)));
    format!(
        "{} on {}: {} policies of falling cost, the first {} of which keep the tolerance on the samples held out\n\n{}\n{}\n{}\n",
        args.rule,
        arch.name,
        found.laid,
        found.passed,
        heads.text(),
        table.text(),
        promise(args, found)
    )
}
