//! A quantity over samples: mean, percentiles, maximum.

use crate::units::{count, real};

/// Mean, nearest-rank percentiles and maximum of a quantity over samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distribution {
    /// Arithmetic mean.
    pub mean: f64,
    /// Median: the least value that half of the samples do not exceed.
    pub p50: f64,
    /// The least value that 95 % of the samples do not exceed.
    pub p95: f64,
    /// The least value that 99 % of the samples do not exceed.
    pub p99: f64,
    /// The largest value.
    pub max: f64,
}

impl Distribution {
    /// Of some values; `None` of no values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let max = *sorted.last()?;
        let [p50, p95, p99] = [50, 95, 99].map(|percent| percentile(&sorted, percent).unwrap_or(max));
        Some(Self { mean: sorted.iter().sum::<f64>() / real(count(sorted.len())), p50, p95, p99, max })
    }
}

/// How many of so many samples a percentile must not fall below, by nearest rank: at least the first.
#[must_use]
fn nearest_rank(samples: u64, percent: u64) -> u64 {
    (samples * percent).div_ceil(100).max(1)
}

/// A percentile of sorted values; `None` of no values.
#[must_use]
pub fn percentile(sorted: &[f64], percent: u64) -> Option<f64> {
    let rank = nearest_rank(count(sorted.len()), percent);
    sorted.get(usize::try_from(rank).ok()? - 1).copied()
}

/// A percentile of values with how often each occurs, which are sorted for it; 0 of no values.
#[must_use]
pub fn percentile_of_counts(values: &mut [(u64, u64)], percent: u64) -> u64 {
    values.sort_unstable();
    let rank = nearest_rank(values.iter().map(|(_, samples)| samples).sum(), percent);
    let mut covered = 0;
    let reaches = |(_, samples): &&(u64, u64)| {
        covered += samples;
        covered >= rank
    };
    values.iter().find(reaches).map_or(0, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::{Distribution, percentile_of_counts};

    #[test]
    fn percentiles_are_values_that_occurred() {
        let found = Distribution::of((1..=200).map(f64::from)).unwrap();
        assert_eq!((found.p50, found.p95, found.p99, found.max), (100.0, 190.0, 198.0, 200.0));
        assert!((found.mean - 100.5).abs() < 1e-12);
        assert_eq!(Distribution::of([]), None);
        assert_eq!(Distribution::of([7.0]).unwrap().p99, 7.0);
    }

    #[test]
    fn counted_values_have_the_percentiles_of_all() {
        let mut values = [(30, 1), (10, 98), (20, 1)];
        let found = [50, 98, 99, 100].map(|percent| percentile_of_counts(&mut values, percent));
        assert_eq!(found, [10, 10, 20, 30]);
        assert_eq!(percentile_of_counts(&mut [], 99), 0);
    }
}
