//! A quantity over samples: mean, percentiles, maximum.

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
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
        let samples = crate::units::real(u64::try_from(sorted.len()).unwrap_or(u64::MAX));
        Some(Self {
            mean: sorted.iter().sum::<f64>() / samples,
            p50: rank(50),
            p95: rank(95),
            p99: rank(99),
            max,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Distribution;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let found = Distribution::of((1..=200).map(f64::from)).unwrap();
        assert_eq!((found.p50, found.p95, found.p99, found.max), (100.0, 190.0, 198.0, 200.0));
        assert!((found.mean - 100.5).abs() < 1e-12);
        assert_eq!(Distribution::of([]), None);
        assert_eq!(Distribution::of([7.0]).unwrap().p99, 7.0);
    }
}
