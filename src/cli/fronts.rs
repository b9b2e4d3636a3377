//! `exclusim fronts`: what rules save at equal loss of accuracy, each on its own front.

use std::path::Path;

use rayon::prelude::*;

use super::args::Fronts;
use super::print::print;
use super::progress::terminal;
use super::results::Results;
use super::{Failure, on_threads, progress};
use crate::arch::Arch;
use crate::calibrate::{Goal, front};
use crate::config::{Fault, Faults};
use crate::decide::RuleKind;
use crate::load::{self, Workload};
use crate::replay::Scores;
use crate::report::{FrontRow, LossRow, MoreRow, differences_csv, fronts_csv, fronts_text, losses_csv};
use crate::run::{calibrate_fault, with_rule};
use crate::simulate::{
    self, Draws, EachSample, OnFront, Spread, ZeroFractions, at_equal_loss, differences, judge_fronts,
    mean_costs,
};

/// How much farther than the greatest loss a front is laid, by its bound on the samples it is laid on.
const FARTHER: f64 = 2.0;
/// How sure the bounds are by which steps are weighed.
const CONFIDENCE: f64 = 0.95;

/// The fronts of one rule on one workload.
struct Compared {
    network: String,
    trained_for: &'static str,
    rule: RuleKind,
    fronts: Vec<Vec<OnFront>>,
}

pub(super) fn fronts(args: &Fronts) -> Result<(), Failure> {
    on_threads(args.threads.jobs(), || {
        if let Some(first) = args.workloads.first() {
            load::in_order("fronts", &args.arch, first)?;
        }
        let arch = load::arch(&args.arch, &args.set.set)?;
        let compared = all(args, &arch)?;
        let (losses, more) = loss_rows(&compared, &args.loss);
        if let Some(folder) = &args.out {
            let mut results = Results::default();
            results.add(folder.join("equal-loss.csv"), losses_csv(&losses));
            results.add(folder.join("differences.csv"), differences_csv(&more));
            results.add(folder.join("fronts.csv"), fronts_csv(front_rows(&compared, args.seed)));
            results.write()?;
        }
        print(&fronts_text(&arch.name, args.repeats, &losses, &more))
    })
}

/// Every rule on every workload, all on the same draws of the same samples.
fn all(args: &Fronts, arch: &Arch) -> Result<Vec<Compared>, Failure> {
    let read: Vec<(Workload, Scores)> =
        args.workloads.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let Some((_, first)) = read.first() else { return Ok(Vec::new()) };
    for (path, (workload, scores)) in args.workloads.iter().zip(&read) {
        if scores.labels != first.labels {
            return Err(other_samples(path, workload).into());
        }
    }
    let draws = Draws::of(first.samples);
    let mut compared = Vec::new();
    for (workload, scores) in &read {
        let calibration = workload.calibration(terminal())?;
        for rule in &args.rules {
            let fronts = laid_and_judged(args, arch, workload, *rule, [&calibration, scores], &draws)?;
            let trained_for = workload.manifest.training.map_or("", |training| training.name());
            compared.push(Compared {
                network: workload.manifest.name.clone(),
                trained_for,
                rule: *rule,
                fronts,
            });
        }
    }
    Ok(compared)
}

/// A workload with heads, and what it says of its evaluation samples.
fn read(path: &Path) -> Result<(Workload, Scores), Faults> {
    let workload = load::workload(path, terminal())?;
    if workload.segments.heads() == 0 {
        let help = "name outputs under [heads]; a plain network has nothing to compare";
        return Err(Fault::new(format!("{} has no heads", workload.manifest.name), help).into());
    }
    let scores = workload.evaluation(None, terminal())?;
    Ok((workload, scores))
}

fn other_samples(path: &Path, workload: &Workload) -> Fault {
    Fault::new(
        format!(
            "{} ({}) has other evaluation samples than the first workload",
            path.display(),
            workload.manifest.name
        ),
        "compare networks on the same samples in the same order; run the others by themselves",
    )
}

/// The fronts of a rule, a split each, laid on the calibration samples and judged on the others.
fn laid_and_judged(
    args: &Fronts,
    arch: &Arch,
    workload: &Workload,
    rule: RuleKind,
    [calibration, scores]: [&Scores; 2],
    draws: &Draws,
) -> Result<Vec<Vec<OnFront>>, Failure> {
    let settings = with_rule(rule, workload.segments.heads());
    simulate::agreed(arch, &workload.segments, Some(&settings))?;
    let heads: Vec<usize> = (0..workload.segments.heads()).collect();
    let objective = args.objective.unwrap_or_default().into();
    let costs = mean_costs(arch, &workload.segments, &settings, objective);
    let bar = progress::part(&format!("{} {rule}", workload.manifest.name));
    let farthest = args.loss.iter().copied().fold(0.0, f64::max);
    let lay = |again: u32| {
        let goal = Goal {
            heads: &heads,
            tolerance: (FARTHER * farthest).min(1.0),
            confidence: CONFIDENCE,
            seed: args.seed.wrapping_add(u64::from(again)),
            groups: None,
            rule,
            memory: settings.memory,
            answer: settings.answer,
            arithmetic: settings.arithmetic,
            costs: &costs,
            progress: &|_| {},
        };
        let laid = front(calibration, &goal);
        progress::show(&bar, f64::from(again + 1) / f64::from(args.repeats));
        laid
    };
    let laid: Result<Vec<_>, _> = (0..args.repeats).into_par_iter().map(lay).collect();
    let laid = laid.map_err(|error| calibrate_fault(&error))?;
    let zeros = scores.zero_fractions.as_deref();
    let zeros = zeros.map(|zeros| ZeroFractions::new(zeros, scores.samples));
    let each = EachSample::new(arch, &workload.segments, &settings, zeros);
    let fronts = judge_fronts(scores, draws, laid, &each)
        .map_err(|error| Fault::new(error.to_string(), "see `exclusim fronts --help`"))?;
    bar.finish_and_clear();
    Ok(fronts)
}

const QUANTITIES: [&str; 3] = ["macs", "cycles", "energy"];

/// What all save at each loss, and each more than each before it.
fn loss_rows(compared: &[Compared], losses: &[f64]) -> (Vec<LossRow>, Vec<MoreRow>) {
    let (mut rows, mut more) = (Vec::new(), Vec::new());
    for loss in losses {
        let values: Vec<_> = compared.iter().map(|one| at_equal_loss(&one.fronts, *loss)).collect();
        for (one, mine) in compared.iter().zip(&values) {
            let ends = |front: &&Vec<OnFront>| {
                !front.iter().any(|on| on.points.first().is_some_and(|point| point.lost > *loss))
            };
            for (which, quantity) in QUANTITIES.into_iter().enumerate() {
                rows.push(LossRow {
                    network: one.network.clone(),
                    trained_for: one.trained_for,
                    rule: one.rule.name(),
                    loss: *loss,
                    quantity,
                    splits: one.fronts.len(),
                    ended_before: one.fronts.iter().filter(ends).count(),
                    saved: Spread::of(mine, |value| value[which]),
                });
            }
        }
        more.extend(pairs(compared, *loss, &values));
    }
    (rows, more)
}

/// How much more each saves at a loss than each before it, of values `[compared][split][draw]`.
fn pairs(compared: &[Compared], loss: f64, values: &[Vec<Vec<[f64; 3]>>]) -> Vec<MoreRow> {
    let named = |one: &Compared| [one.network.clone(), one.trained_for.into(), one.rule.name().into()];
    let mut more = Vec::new();
    for second in 1..compared.len() {
        for first in 0..second {
            let between = differences(&values[second], &values[first]);
            more.extend(QUANTITIES.into_iter().enumerate().map(|(which, quantity)| MoreRow {
                of: [second, first],
                named: [named(&compared[second]), named(&compared[first])],
                loss,
                quantity,
                more: Spread::of(&between, |value| value[which]),
            }));
        }
    }
    more
}

fn front_rows(compared: &[Compared], seed: u64) -> impl Iterator<Item = FrontRow<'_>> {
    compared.iter().flat_map(move |one| {
        one.fronts.iter().enumerate().flat_map(move |(split, front)| {
            front.iter().enumerate().map(move |(place, on)| FrontRow {
                network: &one.network,
                trained_for: one.trained_for,
                rule: one.rule.name(),
                seed: seed.wrapping_add(split as u64),
                place,
                policy: &on.policy,
                point: on.points.first().copied().unwrap_or_default(),
            })
        })
    })
}
