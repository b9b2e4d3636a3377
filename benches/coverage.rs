//! Does the promise of `calibrate --method search` hold as often as it says? Not a matter of time, and run like a bench since it
//! takes minutes: `cargo bench --bench coverage -- [WORKLOAD [RULE [TOLERANCE [TIMES]]]]`.
//!
//! The evaluation samples stand for the population: what a policy loses on all of them is known. Each time 5,000 calibration
//! samples are drawn from them, with putting back, as independent draws are; a search makes its promise, and the loss on
//! the population says whether it is kept. `docs/calibration.md` tells what came of it.

use std::error::Error;

use exclusim::calibrate::{Goal, Paired, at_least, at_most, search};
use exclusim::decide::{Policy, RuleKind, decide};
use exclusim::load::{self, Silent};
use exclusim::random::SplitMix64;
use exclusim::simulate::{Objective, mean_costs, percentile, saved};
use rayon::prelude::*;

const CALIBRATION: usize = 5000;

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let given = |place: usize, default: &str| given.get(place).cloned().unwrap_or_else(|| default.to_owned());
    let workload = load::workload(given(0, "workloads/vgg-mini-fashion"), &Silent)?;
    let rule: RuleKind = given(1, "relative-to-max").parse()?;
    let tolerance: f64 = given(2, "0.005").parse()?;
    let times: u64 = given(3, "100").parse()?;

    let population = workload.evaluation(None, &Silent)?;
    let heads: Vec<usize> = (0..workload.segments.heads()).collect();
    let plain = decide(&population, &Policy::no_heads(heads.len()))?;
    let arch = load::arch("arch/edge-16x16.toml", &[])?;
    let settings = Policy {
        rule: exclusim::decide::Rule::with(rule, vec![0.0; heads.len()]),
        ..Policy::never(heads.len())
    };
    let costs = mean_costs(&arch, &workload.segments, &settings, Objective::Cycles);

    let once = |seed: u64| -> Result<[f64; 4], String> {
        let mut random = SplitMix64(seed.wrapping_mul(0x9E37_79B9));
        let drawn: Vec<usize> =
            (0..CALIBRATION).map(|_| random.below(population.samples as u64) as usize).collect();
        let goal = Goal {
            heads: &heads,
            tolerance,
            confidence: 0.95,
            seed,
            groups: None,
            rule,
            memory: settings.memory,
            answer: settings.answer,
            arithmetic: settings.arithmetic,
            costs: &costs,
            progress: &|_| {},
        };
        let found = search(&population.of_samples(&drawn), &goal).map_err(|error| error.to_string())?;
        let after = decide(&population, &found.policy).map_err(|error| error.to_string())?;
        let saves = saved(found.cost_without, found.held_out.cost);
        Ok([
            Paired::of(&plain, &after).loss(),
            saves,
            f64::from(u8::from(found.passed > 0)),
            found.judged as f64,
        ])
    };
    let start = std::time::Instant::now();
    let found: Vec<[f64; 4]> = (1..=times).into_par_iter().map(once).collect::<Result<_, String>>()?;

    let broken = found.iter().filter(|[loss, ..]| *loss > tolerance).count();
    let certified = found.iter().filter(|[_, _, any, _]| *any > 0.0).count();
    let quantiles = |which: usize| {
        let mut values: Vec<f64> = found.iter().map(|row| 100.0 * row[which]).collect();
        values.sort_by(f64::total_cmp);
        [0, 5, 50, 95, 100].map(|percent| percentile(&values, percent).unwrap_or_default())
    };
    println!(
        "{}, {rule}, tolerance {} points: of {times} searches, {certified} certify exits",
        workload.manifest.name,
        100.0 * tolerance
    );
    let events = u64::try_from(broken)?;
    let exact = [at_least(events, times, 0.025), at_most(events, times, 0.025)].map(|part| 100.0 * part);
    println!(
        "promise broken on the population: {broken} of {times} (at most 5 % are promised); 95 % interval (exact) {:.2} to {:.2} %",
        exact[0], exact[1]
    );
    println!("loss on the population, points (least, 5 %, median, 95 %, most): {:.3?}", quantiles(0));
    let (seconds, judged) =
        (start.elapsed().as_secs_f64(), found.iter().map(|[.., judged]| judged).sum::<f64>());
    println!(
        "{judged:.0} policies judged on {} samples in {seconds:.1} s: {:.0} per second",
        CALIBRATION / 2,
        judged / seconds
    );
    println!("cycles saved on the samples held out, %: {:.1?}", quantiles(1));
    Ok(())
}
