//! How much accuracy a policy loses, with confidence: exact bounds of Clopper and Pearson ("The use of confidence or
//! fiducial limits illustrated in the case of the binomial", Biometrika 1934) on paired outcomes.
//!
//! A sample is *harmed* if it is answered rightly without exits and wrongly with them, *helped* if the other way round.
//! The loss of accuracy is P(harmed) - P(helped). With the miss rate shared evenly, an upper bound on the first less a
//! lower bound on the second bounds the loss: exact in the sense that it never errs more often than it says, whatever
//! the sample size, and so cautious.

use crate::decide::Decisions;

/// Halvings of an interval in a search for a bound: more than a double distinguishes.
const HALVINGS: usize = 60;

/// The largest probability of an event that still makes so few events in so many trials no rarer than `miss`: a
/// one-sided upper bound of confidence 1 - `miss`. 1 where every trial was an event.
pub fn at_most(events: u64, trials: u64, miss: f64) -> f64 {
    if events >= trials {
        return 1.0;
    }
    let (k, n) = (events as f64, trials as f64);
    let ways = ln_choose(events, trials);
    // P(X <= k) falls with p. Above k / n its terms fall from k down, so few of them count.
    let rare = |p: f64| {
        let last = (ways + k * p.ln() + (n - k) * (-p).ln_1p()).exp();
        let (mut term, mut sum) = (1.0, 1.0);
        for i in (1..=events).rev() {
            term *= i as f64 / (n - i as f64 + 1.0) * (1.0 - p) / p;
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        last * sum < miss
    };
    bisect(k / n, 1.0, rare)
}

/// The smallest probability of an event that still makes so many events in so many trials no rarer than `miss`: a
/// one-sided lower bound of confidence 1 - `miss`. 0 where no trial was an event.
pub fn at_least(events: u64, trials: u64, miss: f64) -> f64 {
    if events == 0 { 0.0 } else { 1.0 - at_most(trials - events, trials, miss) }
}

/// Where a property that the lower end lacks and the upper end has begins.
fn bisect(mut low: f64, mut high: f64, has: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if has(middle) { high = middle } else { low = middle }
    }
    high
}

/// ln of the number of ways to choose `k` of `n`.
fn ln_choose(k: u64, n: u64) -> f64 {
    let k = k.min(n - k);
    (0..k).map(|i| ((n - i) as f64 / (i + 1) as f64).ln()).sum()
}

/// What exits change in the answers to the same samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paired {
    /// Samples.
    pub samples: u64,
    /// Answered rightly without exits.
    pub right_without: u64,
    /// Of those, answered wrongly with them.
    pub harmed: u64,
    /// Answered wrongly without exits, and rightly with them.
    pub helped: u64,
}

impl Paired {
    /// Compares decisions on the same samples.
    pub fn of(without: &Decisions, with: &Decisions) -> Self {
        let mut paired = Paired { samples: without.samples as u64, right_without: 0, harmed: 0, helped: 0 };
        for ((label, before), after) in without.labels.iter().zip(&without.answers).zip(&with.answers) {
            paired.right_without += u64::from(before == label);
            paired.harmed += u64::from(before == label && after != label);
            paired.helped += u64::from(before != label && after == label);
        }
        paired
    }

    /// Accuracy lost on these samples, as a fraction; negative where exits help.
    pub fn loss(&self) -> f64 {
        (self.harmed as f64 - self.helped as f64) / self.samples as f64
    }

    /// Accuracy lost at most, as a fraction, with a confidence such as 0.95, on data of which these are a fair sample.
    pub fn loss_at_most(&self, confidence: f64) -> f64 {
        let miss = (1.0 - confidence) / 2.0;
        at_most(self.harmed, self.samples, miss) - at_least(self.helped, self.samples, miss)
    }

    /// Accuracy without exits, 0 to 1.
    pub fn accuracy_without(&self) -> f64 {
        self.right_without as f64 / self.samples as f64
    }

    /// Accuracy with exits, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        (self.right_without + self.helped - self.harmed) as f64 / self.samples as f64
    }
}

/// What exits change in the answers, group by group, for groups that are draws of their own while their samples are not.
///
/// A group counts as one, whatever its size: harmed is the mean over the groups of the part of a group's samples that is
/// harmed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grouped {
    /// Groups.
    pub groups: u64,
    /// Mean part of a group's samples that is harmed.
    pub harmed: f64,
    /// Mean part that is helped.
    pub helped: f64,
}

impl Grouped {
    /// Compares decisions on the same samples, `group` being that of every sample, from 0.
    pub fn of(without: &Decisions, with: &Decisions, group: &[usize], groups: usize) -> Self {
        // Samples, harmed, helped.
        let mut counts = vec![[0_u64; 3]; groups];
        let answers = without.labels.iter().zip(&without.answers).zip(&with.answers);
        for (((label, before), after), group) in answers.zip(group) {
            let [samples, harmed, helped] = &mut counts[*group];
            *samples += 1;
            *harmed += u64::from(before == label && after != label);
            *helped += u64::from(before != label && after == label);
        }
        let mean = |which: usize| {
            let part = |count: &[u64; 3]| count[which] as f64 / count[0].max(1) as f64;
            counts.iter().map(part).sum::<f64>() / groups.max(1) as f64
        };
        Grouped { groups: groups as u64, harmed: mean(1), helped: mean(2) }
    }

    /// Accuracy lost at most by a sample of a new group, as a fraction, with a confidence such as 0.95.
    pub fn loss_at_most(&self, confidence: f64) -> f64 {
        let miss = (1.0 - confidence) / 2.0;
        let helped = 1.0 - mean_at_most(1.0 - self.helped, self.groups, miss);
        mean_at_most(self.harmed, self.groups, miss) - helped
    }

    /// Groups that must be held out for a bound as tight as this, even if no sample is harmed.
    pub fn needed(tolerance: f64, confidence: f64) -> f64 {
        (((1.0 - confidence) / 2.0).ln() / (-tolerance).ln_1p()).ceil()
    }
}

/// The largest mean of independent quantities from 0 to 1 that still makes so small a mean of `trials` of them no rarer
/// than `miss`: a one-sided upper bound of confidence 1 - `miss`, the tighter one of those of Hoeffding (1963, the form
/// with the relative entropy) and of Bentkus (2004), as Bates et al., "Distribution-free, risk-controlling prediction
/// sets" (2021), join them.
pub fn mean_at_most(mean: f64, trials: u64, miss: f64) -> f64 {
    if mean >= 1.0 || trials == 0 {
        return 1.0;
    }
    let (mean, n) = (mean.max(0.0), trials as f64);
    // exp(-n KL(mean, p)) < miss, in logarithms.
    let entropy = |p: f64| {
        let low = if mean > 0.0 { mean * (mean / p).ln() } else { 0.0 };
        low + (1.0 - mean) * ((1.0 - mean) / (1.0 - p)).ln()
    };
    let hoeffding = bisect(mean, 1.0, |p| p >= 1.0 || n * entropy(p) > -miss.ln());
    let events = (n * mean - 1e-9).ceil().max(0.0) as u64;
    hoeffding.min(at_most(events, trials, miss / std::f64::consts::E))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_means_fail_no_more_often_than_they_say() {
        // Quantities that are 0, 1/2 or 1: of 30 of them the sum, in halves, has a known distribution.
        for (half, one) in [(0.1, 0.02), (0.3, 0.2), (0.02, 0.0), (0.0, 0.05)] {
            let mut sums = vec![1.0];
            for _ in 0..30 {
                let mut next = vec![0.0; sums.len() + 2];
                for (sum, chance) in sums.iter().enumerate() {
                    next[sum] += chance * (1.0 - half - one);
                    next[sum + 1] += chance * half;
                    next[sum + 2] += chance * one;
                }
                sums = next;
            }
            let mean: f64 = one + half / 2.0;
            let fails = |sum: usize| mean_at_most(sum as f64 / 60.0, 30, 0.05) < mean;
            let missed: f64 = sums.iter().enumerate().filter(|(sum, _)| fails(*sum)).map(|(_, c)| c).sum();
            assert!(missed <= 0.05, "{half} {one}: {missed}");
        }
    }

    #[test]
    fn without_harm_a_group_counts_as_a_sample() {
        for groups in [1, 27, 2500] {
            let exact = at_most(0, groups, 0.0125);
            assert!((mean_at_most(0.0, groups, 0.0125) / exact - 1.0).abs() < 1e-9, "{groups}");
        }
        let none = |groups| Grouped { groups, harmed: 0.0, helped: 0.0 }.loss_at_most(0.975);
        let needed = Grouped::needed(0.005, 0.975);
        assert_eq!(needed, 875.0);
        assert!(none(875) <= 0.005 && none(874) > 0.005);
    }

    #[test]
    fn bounds_are_those_of_the_tables() {
        // Two-sided 95 % limits of 5 in 20 are 0.0866 and 0.4910 in any table; 0 of n is 1 - miss^(1/n).
        assert!((at_most(5, 20, 0.025) - 0.491_05).abs() < 5e-6);
        assert!((at_least(5, 20, 0.025) - 0.086_57).abs() < 5e-6);
        for n in [1_u64, 10, 2500] {
            let closed = 1.0 - 0.05_f64.powf(1.0 / n as f64);
            assert!((at_most(0, n, 0.05) / closed - 1.0).abs() < 1e-9);
            assert!((at_least(n, n, 0.05) - (1.0 - closed)).abs() < 1e-12);
            assert_eq!((at_most(n, n, 0.05), at_least(0, n, 0.05)), (1.0, 0.0));
        }
        // Large counts neither overflow nor vanish; the normal approximation is near.
        let normal = 0.5 + 1.645 * (0.25_f64 / 1e6).sqrt();
        assert!((at_most(500_000, 1_000_000, 0.05) - normal).abs() < 1e-5);
    }

    /// Sums the probabilities of every outcome whose bound fails: never more than the miss rate.
    #[test]
    fn bounds_fail_no_more_often_than_they_say() {
        for n in [7_u64, 40, 150] {
            let bounds: Vec<f64> = (0..=n).map(|k| at_most(k, n, 0.05)).collect();
            for p in (1..100).map(|percent| f64::from(percent) / 100.0) {
                let chance =
                    |k: u64| (ln_choose(k, n) + k as f64 * p.ln() + (n - k) as f64 * (1.0 - p).ln()).exp();
                let fails: f64 = (0..=n).filter(|k| bounds[*k as usize] < p).map(chance).sum();
                assert!(fails <= 0.05 + 1e-9, "{n} trials, p = {p}: {fails}");
            }
        }
    }

    #[test]
    fn help_counts_against_harm_with_caution() {
        let paired = |harmed, helped| Paired { samples: 2500, right_without: 2300, harmed, helped };
        assert_eq!(paired(10, 4).loss(), 6.0 / 2500.0);
        assert!((paired(10, 4).accuracy() - 2294.0 / 2500.0).abs() < 1e-15);
        let bound = |harmed, helped| paired(harmed, helped).loss_at_most(0.95);
        assert!(bound(10, 4) < bound(10, 0) && bound(10, 4) < bound(11, 4));
        assert!(bound(10, 4) > paired(10, 4).loss());
        assert!(bound(0, 0) > 0.0, "nothing seen is not nothing there");
    }
}
