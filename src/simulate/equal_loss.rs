//! What rules save at equal loss of accuracy, each on its own front, and how sure that is.
//!
//! A front is a list of policies from the plain network to ever cheaper ones ([`crate::calibrate::front`]), found on
//! calibration samples and judged on others. It is walked until a policy loses more than is allowed; what is saved lies on the
//! straight line between that policy and the one before. A front that ends earlier saves what its last policy saves.
//!
//! Two things make the result uncertain, and are told apart and together. *Samples*: those judged on are drawn anew, with
//! putting back ([`super::intervals()`]), and everything is done again, the walk as well. *Splits*: the front was laid on one half of
//! the calibration samples; other halves give other fronts. The draws are the same for all fronts of the same samples, so that
//! differences between rules are of pairs.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::intervals::{BOOTSTRAP_DRAWS, draw, middle};
use super::{EachSample, SampleCost, saved};
use crate::decide::{DecideError, Decisions, Policy, decide};
use crate::replay::Scores;
use crate::units::{count, real};

/// What a sample loses (1, 0 or -1) and costs under a policy.
type Row = [f64; PARTS];
const PARTS: usize = 4;
/// Policies that are summed together: a draw is read once for all, and their sums fit the vector registers of any machine.
const TOGETHER: usize = 4;
const WIDE: usize = TOGETHER * PARTS;
/// Samples whose rows stay in the nearest caches while all draws are summed.
const BLOCK: usize = 128;

/// How often each sample is in each draw; the first draw is the samples themselves, once each.
pub struct Draws {
    samples: usize,
    /// `[draw][sample]`
    times: Vec<Vec<u16>>,
}

impl Draws {
    /// [`BOOTSTRAP_DRAWS`] draws of so many samples.
    #[must_use]
    pub fn of(samples: usize) -> Self {
        let drawn = |which: u64| {
            let mut times = vec![0_u16; samples];
            draw(which, samples).for_each(|sample| times[sample] = times[sample].saturating_add(1));
            times
        };
        let again = (0..BOOTSTRAP_DRAWS).into_par_iter().map(drawn);
        let times = rayon::iter::once(vec![1; samples]).chain(again).collect();
        Self { samples, times }
    }

    /// Sums over each draw of what samples lose and cost under some policies, `[policy][draw]`.
    fn sums(&self, policies: &[Vec<Row>]) -> Vec<Vec<Row>> {
        let mut wide = vec![[0.0; WIDE]; self.samples];
        for (policy, rows) in policies.iter().enumerate().take(TOGETHER) {
            for (wide, row) in wide.iter_mut().zip(rows) {
                wide[policy * PARTS..(policy + 1) * PARTS].copy_from_slice(row);
            }
        }
        let mut sums = vec![[0.0; WIDE]; self.times.len()];
        for first in (0..self.samples).step_by(BLOCK) {
            let block = first..self.samples.min(first + BLOCK);
            for (sum, times) in sums.iter_mut().zip(&self.times) {
                // A copy stays in registers, and a branch would keep the loop from becoming vectors.
                let mut held = *sum;
                for (row, times) in wide[block.clone()].iter().zip(&times[block.clone()]) {
                    let times = f64::from(*times);
                    held.iter_mut().zip(row).for_each(|(held, value)| *held += times * value);
                }
                *sum = held;
            }
        }
        let of = |policy: usize| {
            let part = |sum: &[f64; WIDE]| std::array::from_fn(|part| sum[policy * PARTS + part]);
            sums.iter().map(part).collect()
        };
        (0..policies.len().min(TOGETHER)).map(of).collect()
    }
}

/// Accuracy lost, as a fraction, and saved net of multiply-accumulates, cycles and energy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Accuracy of the plain network less that with exits.
    pub lost: f64,
    /// Saved net of multiply-accumulates, cycles, energy.
    pub saved: [f64; 3],
}

/// A policy of a front, judged.
pub struct OnFront {
    /// The policy.
    pub policy: Policy,
    /// On each draw, the samples themselves first.
    pub points: Arc<Vec<Point>>,
}

/// Judges fronts, one per split, on samples. Policies that several fronts have are judged once.
///
/// # Errors
/// If a policy does not fit the scores.
pub fn judge_fronts(
    scores: &Scores,
    draws: &Draws,
    fronts: Vec<Vec<Policy>>,
    each: &EachSample<'_>,
) -> Result<Vec<Vec<OnFront>>, DecideError> {
    let heads = scores.heads.len();
    let plain = decide(scores, &Policy::no_heads(heads))?;
    let nothing = rows(&plain, &plain, each.of(&vec![false; heads], &plain));
    let without = draws.sums(&[nothing]).swap_remove(0);
    let mut distinct: Vec<&Policy> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let place: Vec<Vec<usize>> = fronts
        .iter()
        .map(|front| {
            let place = |policy| {
                *places.entry(format!("{policy:?}")).or_insert_with(|| {
                    distinct.push(policy);
                    distinct.len() - 1
                })
            };
            front.iter().map(place).collect()
        })
        .collect();
    let samples = real(count(draws.samples));
    let point = |(now, before): (&Row, &Row)| Point {
        lost: now[0] / samples,
        saved: std::array::from_fn(|of| saved(before[of + 1], now[of + 1])),
    };
    let judge = |policies: &[&Policy]| {
        let of = |policy: &&Policy| {
            let decisions = decide(scores, policy)?;
            Ok(rows(&plain, &decisions, each.of(&policy.running(), &decisions)))
        };
        let all = draws.sums(&policies.iter().map(of).collect::<Result<Vec<_>, DecideError>>()?);
        let points = |sums: &Vec<Row>| Arc::new(sums.iter().zip(&without).map(point).collect());
        Ok(all.iter().map(points).collect())
    };
    let points: Vec<Vec<Arc<Vec<Point>>>> =
        distinct.par_chunks(TOGETHER).map(judge).collect::<Result<_, DecideError>>()?;
    let points = points.concat();
    let on_front = |(policy, place): (Policy, usize)| OnFront { policy, points: points[place].clone() };
    Ok(fronts
        .into_iter()
        .zip(place)
        .map(|(front, place)| front.into_iter().zip(place).map(on_front).collect())
        .collect())
}

/// Of each sample 1 where exits make a right answer wrong, -1 the other way round, and what it costs.
fn rows(plain: &Decisions, decisions: &Decisions, costs: Vec<SampleCost>) -> Vec<Row> {
    let right = |answers: &[u16], sample: usize| f64::from(u8::from(answers[sample] == plain.labels[sample]));
    let row = |(sample, [macs, cycles, energy]): (usize, SampleCost)| {
        [right(&plain.answers, sample) - right(&decisions.answers, sample), macs, cycles, energy]
    };
    costs.into_iter().enumerate().map(row).collect()
}

/// What is saved where a front loses so much, interpolated between its policies.
fn at_loss(front: &[Point], loss: f64) -> [f64; 3] {
    let beyond = front.iter().position(|point| point.lost > loss);
    let Some(at) = beyond else { return front.last().copied().unwrap_or_default().saved };
    let Some(before) = at.checked_sub(1).map(|before| front[before]) else { return [0.0; 3] };
    let part = (loss - before.lost) / (front[at].lost - before.lost);
    std::array::from_fn(|of| before.saved[of] + part * (front[at].saved[of] - before.saved[of]))
}

/// What fronts save at one loss: `[split][draw]`, the samples themselves first.
#[must_use]
pub fn at_equal_loss(fronts: &[Vec<OnFront>], loss: f64) -> Vec<Vec<[f64; 3]>> {
    let draws = fronts.first().and_then(|front| front.first()).map_or(0, |policy| policy.points.len());
    let split = |front: &Vec<OnFront>| {
        let drawn = |draw: usize| {
            let points: Vec<Point> = front.iter().map(|policy| policy.points[draw]).collect();
            at_loss(&points, loss)
        };
        (0..draws).map(drawn).collect()
    };
    fronts.par_iter().map(split).collect()
}

/// A quantity with what makes it uncertain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Mean over the splits, on the samples themselves.
    pub mean: f64,
    /// Interval of that mean over samples.
    pub samples: [f64; 2],
    /// Least and most of a split, on the samples themselves.
    pub splits: [f64; 2],
    /// Interval of one split's value, over samples and splits together.
    pub together: [f64; 2],
}

impl Spread {
    /// Of one quantity of values `[split][draw]`, the samples themselves first.
    #[must_use]
    pub fn of(values: &[Vec<[f64; 3]>], quantity: impl Fn(&[f64; 3]) -> f64) -> Self {
        let splits = real(count(values.len().max(1)));
        let draws = values.first().map_or(0, Vec::len);
        let mean = |draw: usize| values.iter().map(|split| quantity(&split[draw])).sum::<f64>() / splits;
        let sorted = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values
        };
        let as_they_are =
            sorted(values.iter().filter_map(|split| split.first()).map(&quantity).collect::<Vec<f64>>());
        let all = values.iter().flat_map(|split| split.iter().skip(1)).map(&quantity);
        let ends = [as_they_are.first(), as_they_are.last()].map(|end| end.copied().unwrap_or_default());
        Self {
            mean: if draws > 0 { mean(0) } else { 0.0 },
            samples: middle(&sorted((1..draws).map(mean).collect())),
            splits: ends,
            together: middle(&sorted(all.collect())),
        }
    }
}

/// Differences of values, split by split and draw by draw.
#[must_use]
pub fn differences(of: &[Vec<[f64; 3]>], from: &[Vec<[f64; 3]>]) -> Vec<Vec<[f64; 3]>> {
    let less = |a: &[f64; 3], b: &[f64; 3]| std::array::from_fn(|at| a[at] - b[at]);
    let split = |(a, b): (&Vec<[f64; 3]>, &Vec<[f64; 3]>)| {
        a.iter().zip(b).map(|(a, b): (&[f64; 3], &[f64; 3])| less(a, b)).collect()
    };
    of.iter().zip(from).map(split).collect()
}

#[cfg(test)]
#[path = "equal_loss_tests.rs"]
mod tests;
