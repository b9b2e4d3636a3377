//! The search for the least cost under a loss that holds with confidence, reported.

use super::super::args::{Calibrate, Objective};
use super::super::{Failure, manner, progress};
use super::{Report, key, options, rounded, template};
use crate::arch::Arch;
use crate::calibrate::{Certified, Groups, Half, telling_order};
use crate::config::{Fault, Faults};
use crate::load::{self, Workload};
use crate::replay::Scores;
use crate::report::{Table, prose};
use crate::run::{Thresholds, thresholds};
use crate::simulate::{self, saved};

pub(super) fn report(
    args: &Calibrate,
    workload: &Workload,
    arch: &Arch,
    heads: &[usize],
    scores: &Scores,
) -> Result<Report, Failure> {
    let settings = template(args, workload.segments.heads());
    let objective = args.objective.unwrap_or_default().into();
    let groups = groups(args)?;
    warn_of_order(workload, scores, groups.is_some());
    let bar = progress::part("search");
    let wanted = Thresholds {
        heads,
        objective,
        tolerance: args.tolerance,
        confidence: args.confidence_level,
        seed: args.seed,
        repeats: usize::try_from(args.repeats).unwrap_or(usize::MAX),
        groups: groups.as_ref(),
        rule: args.rule,
        memory: settings.memory,
        answer: settings.answer,
        progress: &|done| progress::show(&bar, done),
    };
    let found = thresholds(arch, &workload.segments, scores, &wanted);
    bar.finish_and_clear();
    let all = found?;
    let Some(found) = all.first() else {
        return Err(Fault::new("nothing was searched", "write --repeats 1").into());
    };
    let spread = spread(args, &all);
    let origin = origin(args, &workload.manifest.name, arch, scores.samples, found) + spread.trim_end();
    let told = result_text(args, arch, scores.samples, found) + &spread;
    Ok(Report { told, policy: found.policy.clone(), origin })
}

/// The groups that a file names.
fn groups(args: &Calibrate) -> Result<Option<Groups>, Faults> {
    let Some(file) = &args.groups else { return Ok(None) };
    let text = load::text(file.as_path(), "groups")?;
    if let Some(line) = text.lines().position(|line| line.trim().is_empty()) {
        let title = format!("{}: line {} names no group", file.display(), line + 1);
        return Err(Fault::new(title, "write a line per calibration sample, the name of its group").into());
    }
    Ok(Some(Groups::named(text.lines().map(str::trim))))
}

/// Says so when the order of the samples tells their labels.
fn warn_of_order(workload: &Workload, scores: &Scores, grouped: bool) {
    let Some(order) = telling_order(&scores.labels).filter(|_| !grouped) else { return };
    manner::warn(&format!(
        "the order of {}'s calibration samples tells their labels: of {} neighbours {} have the same label, {:.0} by chance. \
         Samples in such an order often come in groups, such as one font, patient or scene each; then name them with --groups, since \
         the promise takes samples to be independent",
        workload.manifest.name, order.pairs, order.alike, order.expected
    ));
}

/// How far splits differ, in words; nothing of one split.
fn spread(args: &Calibrate, all: &[Certified]) -> String {
    if all.len() < 2 {
        return String::new();
    }
    let share = |part: fn(&Certified) -> f64| {
        let mut values: Vec<f64> = all.iter().map(|found| 100.0 * part(found)).collect();
        values.sort_by(f64::total_cmp);
        [0, 5, 50, 95, 100].map(|percent| simulate::percentile(&values, percent).unwrap_or_default())
    };
    let line = |what: &str, unit: &str, digits: usize, [least, low, middle, high, most]: [f64; 5]| {
        format!(
            "  {what}: median {middle:.digits$} {unit}, 90 % of them {low:.digits$} to {high:.digits$}, all {least:.digits$} to {most:.digits$}\n"
        )
    };
    let none = all.iter().filter(|found| found.passed == 0).count();
    format!(
        "\nOver {} splits (seeds {} to {}), {none} of which certify no exits, on the samples held out:\n{}{}",
        all.len(),
        args.seed,
        args.seed.wrapping_add(u64::from(args.repeats) - 1),
        line("saved net", "%", 1, share(|found| saved(found.cost_without, found.held_out.cost))),
        line("points lost", "points", 2, share(|found| found.held_out.paired.loss())),
    )
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

/// What holds, in words, in lines of a policy file.
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
    let held_out = match found.held_out.grouped {
        Some(groups) => format!("samples of a new group, of which the {} groups held\nout", groups.groups),
        None => "data of which the samples held\nout".to_owned(),
    };
    format!(
        "Promise: with {level} % confidence, exits lose at most {tolerance} points of accuracy on {held_out} \
         are a fair sample. It says nothing of other data, single classes or what is saved, and each search on\n\
         these samples takes the risk of {} % anew.",
        rounded(100.0 - level)
    )
}

/// The bound that would be left if no sample held out were harmed.
fn nothing_harmed(found: &Certified) -> f64 {
    let paired = crate::calibrate::Paired { harmed: 0, helped: 0, ..found.held_out.paired };
    let grouped =
        found.held_out.grouped.map(|groups| crate::calibrate::Grouped { harmed: 0.0, helped: 0.0, ..groups });
    Half { paired, grouped, ..found.held_out }.loss_at_most(found.tested_at)
}

/// Where a policy comes from, for its first lines.
fn origin(args: &Calibrate, workload: &str, arch: &Arch, samples: usize, found: &Certified) -> String {
    let objective = format!("{:?}", args.objective.unwrap_or_default()).to_lowercase();
    let set: String = args.set.set.iter().map(|set| format!(" --set \"{set}\"")).collect();
    let level = rounded(100.0 * args.confidence_level);
    let paired = found.held_out.paired;
    format!(
        "Thresholds and heads for {workload}, found for the fewest {objective} on {} with {samples} calibration samples:\n\
         exclusim calibrate {} --objective {objective} --arch {}{set}{} --confidence-level {level}%{}\n\
         {} samples were held out: accuracy there {:.2} % against {:.2} % without exits, {} harmed and {} helped,\n\
         a loss of at most {:.2} points at {} %; saved there {:.1} %.\n{}",
        arch.name,
        args.workload.display(),
        args.arch().display(),
        options(args),
        split(args),
        paired.samples,
        100.0 * paired.accuracy(),
        100.0 * paired.accuracy_without(),
        paired.harmed,
        paired.helped,
        100.0 * found.held_out.loss_at_most(found.tested_at),
        rounded(100.0 * found.tested_at),
        100.0 * saved(found.cost_without, found.held_out.cost),
        promise(args, found),
    )
}

/// The options that split the samples, as they would be written again.
fn split(args: &Calibrate) -> String {
    let mut text = String::new();
    if args.seed != 1 {
        text += &format!(" --seed {}", args.seed);
    }
    if let Some(groups) = &args.groups {
        text += &format!(" --groups {}", groups.display());
    }
    if args.repeats > 1 {
        text += &format!(" --repeats {}", args.repeats);
    }
    text
}

fn result_text(args: &Calibrate, arch: &Arch, samples: usize, found: &Certified) -> String {
    let name = key(args);
    let mut heads = Table::new(["head", name]);
    for (head, threshold) in super::thresholds(&found.policy).into_iter().enumerate() {
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
    if found.held_out.grouped.is_some() {
        row("groups", &|half| half.grouped.map_or_else(String::new, |groups| groups.groups.to_string()));
    }
    row("accuracy without exits, %", &|half| points(half.paired.accuracy_without()));
    row("accuracy with exits, %", &|half| points(half.paired.accuracy()));
    row("harmed by exits", &|half| half.paired.harmed.to_string());
    row("helped by exits", &|half| half.paired.helped.to_string());
    row("points lost", &|half| points(half.paired.loss()));
    row(&format!("at most, {level} % sure"), &|half| points(half.loss_at_most(found.tested_at)));
    row(quantity, &|half| format!("{:.digits$}", half.cost * scale));
    row("saved net, %", &|half| format!("{:.1}", 100.0 * saved(found.cost_without, half.cost)));
    format!(
        "{} on {}: {} policies of falling cost,\nthe first {} of which keep the tolerance on the samples held out\n\n{}\n{}\n{}\n",
        args.rule,
        arch.name,
        found.laid,
        found.passed,
        heads.text(),
        table.text(),
        prose(&promise(args, found).replace('\n', " ")).trim_end()
    )
}
