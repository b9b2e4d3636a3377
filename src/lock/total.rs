//! Cycles of a configuration together, then and now.

use super::Held;

/// The row that holds what all samples take together, beside the rows of the path.
pub(super) const ALL_SAMPLES: &str = "all-samples";

/// Cycles together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// What they are of.
    pub of: String,
    /// In the lock; `None` where it holds no counts.
    pub old: Option<u64>,
    /// Now.
    pub new: Option<u64>,
}

impl Total {
    /// Change in percent of the old cycles; `None` where there were none.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        super::compare::percent(self.old?, self.new?)
    }

    /// Several together.
    #[must_use]
    pub fn sum<'a>(of: &str, totals: impl IntoIterator<Item = &'a Self>) -> Self {
        let add = |sum: Option<u64>, count: Option<u64>| {
            count.map_or(sum, |count| Some(sum.unwrap_or(0).saturating_add(count)))
        };
        let none = Self { of: of.to_owned(), old: None, new: None };
        totals.into_iter().fold(none, |sum, one| Self {
            old: add(sum.old, one.old),
            new: add(sum.new, one.new),
            ..sum
        })
    }
}

/// Cycles of the whole path, every layer and head once, and those of all samples where a policy is held.
#[must_use]
pub fn totals(old: &Held, new: &Held) -> Vec<Total> {
    let cycles = |held: &Held, all_samples: bool| {
        let rows = held.rows.iter().filter(|(row, _)| (row == ALL_SAMPLES) == all_samples);
        let counts = rows.map(|(_, counts)| counts.get("cycles").copied().unwrap_or(0));
        counts.fold(None, |sum: Option<u64>, count| Some(sum.unwrap_or(0).saturating_add(count)))
    };
    let total = |of: &str, all_samples: bool| Total {
        of: of.to_owned(),
        old: cycles(old, all_samples),
        new: cycles(new, all_samples),
    };
    let all_samples = total("all samples", true);
    let there = all_samples.old.or(all_samples.new).is_some();
    std::iter::once(total("the path once", false)).chain(there.then_some(all_samples)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(rows: &[(&str, u64)]) -> Held {
        let counts = |cycles: u64| [("cycles".to_owned(), cycles), ("mac".to_owned(), 9)].into();
        Held {
            rows: rows.iter().map(|(row, cycles)| ((*row).to_owned(), counts(*cycles))).collect(),
            ..Held::default()
        }
    }

    #[test]
    fn samples_are_not_added_to_layers() {
        let old = held(&[("conv1", 100), ("exit1/decision", 20), (ALL_SAMPLES, 7000)]);
        let new = held(&[("conv1", 130), (ALL_SAMPLES, 6300)]);
        let found = totals(&old, &new);
        let told: Vec<_> = found.iter().map(|total| (total.old, total.new, total.percent())).collect();
        assert_eq!(told[0].0, Some(120));
        assert_eq!(told[0].1, Some(130));
        assert_eq!((told[1].0, told[1].1), (Some(7000), Some(6300)));
        assert!((told[1].2.unwrap_or(0.0) + 10.0).abs() < 1e-9);
        let together = Total::sum("both", [&found[0], &found[1]]);
        assert_eq!((together.old, together.new), (Some(7120), Some(6430)));
        let unheld = totals(&held(&[]), &new);
        assert_eq!((unheld[0].old, unheld[0].percent()), (None, None));
    }
}
