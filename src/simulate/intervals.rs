//! How far what a run found may be from what other samples of the same kind would give.
//!
//! Of accuracies the bounds are exact (Clopper and Pearson), of the loss on paired outcomes as in a search for thresholds. Of
//! what is saved they are the percentiles of a bootstrap (Efron, 1979): so many times as many samples are drawn from those
//! there are, with putting back. The plain network's mean is held: it differs from sample to sample only where products are
//! gated.
//!
//! Seeds of training, splits and prices are not in them.

use rayon::prelude::*;

use super::{BatchedSystem, Outcome, percentile, saved};
use crate::calibrate::{Paired, at_least, at_most};
use crate::decide::Decisions;
use crate::random::SplitMix64;
use crate::units::{count, real};

/// How sure the intervals are.
pub const INTERVAL_LEVEL: f64 = 0.95;
/// Times that samples are drawn anew.
pub const BOOTSTRAP_DRAWS: u64 = 1000;

/// Intervals of [`INTERVAL_LEVEL`] over samples, lower and upper end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intervals {
    /// Accuracy with exits, 0 to 1.
    pub accuracy: [f64; 2],
    /// Accuracy of the plain network less that with exits.
    pub accuracy_lost: [f64; 2],
    /// Saved net of multiply-accumulates.
    pub macs_saved: [f64; 2],
    /// Saved net of cycles.
    pub cycles_saved: [f64; 2],
    /// Saved net of energy.
    pub energy_saved: [f64; 2],
}

/// Intervals of what a policy does to samples.
#[must_use]
pub fn intervals(plain: &Decisions, decisions: &Decisions, outcome: &Outcome) -> Intervals {
    let samples = count(decisions.samples);
    let miss = (1.0 - INTERVAL_LEVEL) / 2.0;
    let correct = decisions.correct();
    let paired = Paired::of(plain, decisions);
    let gained = Paired { harmed: paired.helped, helped: paired.harmed, ..paired };
    let plainly = outcome.ablation.no_heads.total();
    let mean = [
        real(plainly.actions.macs()),
        real(plainly.cycles.total()),
        outcome.prices.energy(&plainly).total().0,
    ]
    .map(|sum| sum / real(samples));
    let costs: Vec<[f64; 3]> = (0..decisions.samples)
        .map(|sample| [real(outcome.macs[sample]), real(outcome.cycles[sample]), outcome.energy[sample].0])
        .collect();
    let [macs_saved, cycles_saved, energy_saved] = bootstrap(&costs, mean);
    Intervals {
        accuracy: [at_least(correct, samples, miss), at_most(correct, samples, miss)],
        accuracy_lost: [-gained.loss_at_most(1.0 - miss), paired.loss_at_most(1.0 - miss)],
        macs_saved,
        cycles_saved,
        energy_saved,
    }
}

/// One draw of so many samples, with putting back.
pub(super) fn draw(which: u64, samples: usize) -> impl Iterator<Item = usize> {
    let mut random = SplitMix64(which.wrapping_mul(0xD134_2543_DE82_EF95));
    (0..samples).map(move |_| random.below(count(samples)) as usize)
}

/// Ends of the middle [`INTERVAL_LEVEL`] of sorted values: of 1,000 the 25th and the 975th and next, halfway.
pub(super) fn middle(sorted: &[f64]) -> [f64; 2] {
    let outside = sorted.len() / 40;
    [outside, sorted.len() - outside].map(|at| {
        let pair = [sorted.get(at.saturating_sub(1)), sorted.get(at)].map(|value| value.copied());
        pair[0]
            .zip(pair[1])
            .map_or_else(|| percentile(sorted, 50).unwrap_or_default(), |(a, b)| f64::midpoint(a, b))
    })
}

/// Ends of what is saved of each quantity; the draws are the same for all, and do not depend on the number of threads.
fn bootstrap(costs: &[[f64; 3]], plain: [f64; 3]) -> [[f64; 2]; 3] {
    let mean = |which: u64| {
        let mut sums = [0.0; 3];
        for sample in draw(which, costs.len()) {
            sums.iter_mut().zip(costs[sample]).for_each(|(sum, cost)| *sum += cost);
        }
        sums.map(|sum| sum / real(count(costs.len())))
    };
    let means: Vec<[f64; 3]> = (0..BOOTSTRAP_DRAWS).into_par_iter().map(mean).collect();
    std::array::from_fn(|which| {
        let mut found: Vec<f64> = means.iter().map(|mean| saved(plain[which], mean[which])).collect();
        found.sort_by(f64::total_cmp);
        middle(&found)
    })
}

/// Ends of what batches save of cycles and of energy: whole batches are drawn anew, of both systems the same.
#[must_use]
pub fn batch_intervals(plain: &BatchedSystem, exits: &BatchedSystem) -> [[f64; 2]; 2] {
    let batches = plain.each.len().min(exits.each.len());
    let sums = |which: u64| {
        let mut sums = [[0.0; 2]; 2];
        for batch in draw(which, batches) {
            for (sum, system) in sums.iter_mut().zip([plain, exits]) {
                sum.iter_mut().zip(system.each[batch]).for_each(|(sum, cost)| *sum += cost);
            }
        }
        let [before, now] = sums;
        [0, 1].map(|of| saved(before[of], now[of]))
    };
    let found: Vec<[f64; 2]> = (0..BOOTSTRAP_DRAWS).into_par_iter().map(sums).collect();
    [0, 1].map(|of| {
        let mut found: Vec<f64> = found.iter().map(|saved| saved[of]).collect();
        found.sort_by(f64::total_cmp);
        middle(&found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bootstrap_of_equal_costs_has_no_width() {
        assert_eq!(bootstrap(&[[1.0, 2.0, 3.0]; 50], [2.0, 4.0, 4.0]), [[0.5; 2], [0.5; 2], [0.25; 2]]);
    }

    #[test]
    fn batches_are_drawn_whole() {
        let system = |each: Vec<[f64; 2]>| BatchedSystem {
            cycles: 0,
            energy: crate::units::Picojoules(0.0),
            latency: crate::simulate::Distribution::of([1.0]).unwrap(),
            each,
        };
        let (plain, same) = (system(vec![[4.0, 8.0]; 9]), system(vec![[3.0, 2.0]; 9]));
        assert_eq!(batch_intervals(&plain, &same), [[0.25; 2], [0.75; 2]]);
        // One batch in three saves all: the mean lies within what was drawn.
        let some = system((0..9).map(|batch| [if batch % 3 == 0 { 0.0 } else { 4.0 }, 8.0]).collect());
        let [[low, high], none] = batch_intervals(&plain, &some);
        assert!(low < 1.0 / 3.0 && high > 1.0 / 3.0 && low >= 0.0 && high < 1.0, "{low} {high}");
        assert_eq!(none, [0.0; 2]);
    }

    /// Of costs that are 0 or 1 the mean's interval is that of the normal approximation, 1.96 standard errors either way.
    #[test]
    fn a_bootstrap_is_as_wide_as_theory_says() {
        let costs: Vec<[f64; 3]> = (0..4000).map(|i| [f64::from(u8::from(i % 5 == 0)); 3]).collect();
        let [[low, high], other, _] = bootstrap(&costs, [1.0; 3]);
        assert_eq!([low, high], other, "the draws are the same for all quantities");
        let half = 1.96 * (0.2_f64 * 0.8 / 4000.0).sqrt();
        assert!(
            (low - (0.8 - half)).abs() < 0.1 * half && (high - (0.8 + half)).abs() < 0.1 * half,
            "{low} {high}"
        );
    }
}
