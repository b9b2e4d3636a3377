//! What moved between a lock and what is computed now.

use std::collections::{BTreeMap, BTreeSet};

use super::{Counts, Held, Lock};

/// One count that is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Row.
    pub row: String,
    /// Cause, action, `cycles` or exit.
    pub column: String,
    /// The lock's count; `None` if the row is new.
    pub old: Option<u64>,
    /// The count now; `None` if the row is gone.
    pub new: Option<u64>,
    /// Whether it is beyond the lock's tolerance.
    pub beyond: bool,
}

impl Difference {
    /// Change in percent of the old count; `None` where there was none.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        percent(self.old?, self.new?)
    }
}

/// Change in percent of the old count; `None` where there was none.
pub(super) fn percent(old: u64, new: u64) -> Option<f64> {
    (old > 0).then(|| 100.0 * (crate::units::real(new) / crate::units::real(old) - 1.0))
}

/// One input that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Configuration.
    pub key: String,
    /// Key of the configuration, or a file.
    pub input: String,
    /// Value then; `None` if it is new.
    pub old: Option<String>,
    /// Value now; `None` if it is gone.
    pub new: Option<String>,
}

/// Every count of an entry that moved, in the order of the rows.
#[must_use]
pub fn differences(lock: &Lock, old: &Held, new: &Held) -> Vec<Difference> {
    let (before, after) = (by_row(old), by_row(new));
    let mut found = Vec::new();
    let gone = old.rows.iter().filter(|(row, _)| !after.contains_key(row.as_str()));
    for (row, _) in new.rows.iter().chain(gone) {
        let (before, after) = (before.get(row.as_str()).copied(), after.get(row.as_str()).copied());
        let columns: BTreeSet<&String> = before.into_iter().chain(after).flat_map(BTreeMap::keys).collect();
        for column in columns {
            // In a row that is there, a column that is not named counts zero.
            let count = |row: Option<&Counts>| row.map(|counts| counts.get(column).copied().unwrap_or(0));
            let (old, new) = (count(before), count(after));
            if old != new {
                let beyond = !within(old, new, lock.tolerance_of(column));
                found.push(Difference { row: row.clone(), column: column.clone(), old, new, beyond });
            }
        }
    }
    found
}

fn by_row(held: &Held) -> BTreeMap<&str, &Counts> {
    held.rows.iter().map(|(row, counts)| (row.as_str(), counts)).collect()
}

/// Whether a count moved by at most `percent` of what it was; a row that came or went is beyond any.
fn within(old: Option<u64>, new: Option<u64>, percent: f64) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return false };
    crate::units::real(old.abs_diff(new)) * 100.0 <= percent * crate::units::real(old)
}

/// Every input of an entry that changed.
#[must_use]
pub fn changes(old: &Held, new: &Held) -> Vec<Change> {
    let inputs: BTreeSet<&String> = old.inputs.keys().chain(new.inputs.keys()).collect();
    let change = |input: &String| {
        let (before, after) = (old.inputs.get(input), new.inputs.get(input));
        (before != after).then(|| Change {
            key: old.name(),
            input: input.clone(),
            old: before.cloned(),
            new: after.cloned(),
        })
    };
    inputs.into_iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(rows: &[(&str, &[(&str, u64)])]) -> Held {
        let counts = |counts: &[(&str, u64)]| counts.iter().map(|(c, n)| ((*c).to_owned(), *n)).collect();
        let rows = rows.iter().map(|(row, each)| ((*row).to_owned(), counts(each))).collect();
        Held { arch: "a.toml".into(), network: "n".into(), rows, ..Held::default() }
    }

    #[test]
    fn every_kind_of_difference_is_told() {
        let old = held(&[("conv1", &[("cycles", 1000), ("mac", 5)]), ("gone", &[("cycles", 7)])]);
        let new =
            held(&[("conv1", &[("cycles", 1001), ("stall", 3), ("mac", 5)]), ("come", &[("cycles", 1)])]);
        let lock = Lock { tolerance: [("cycles".to_owned(), 0.1)].into(), ..Lock::default() };
        let found = differences(&lock, &old, &new);
        let told: Vec<_> =
            found.iter().map(|d| (d.row.as_str(), d.column.as_str(), d.old, d.new, d.beyond)).collect();
        assert_eq!(
            told,
            [
                ("conv1", "cycles", Some(1000), Some(1001), false),
                ("conv1", "stall", Some(0), Some(3), true),
                ("come", "cycles", None, Some(1), true),
                ("gone", "cycles", Some(7), None, true),
            ]
        );
        assert_eq!(found[1].percent(), None);
        assert!((found[0].percent().unwrap_or(0.0) - 0.1).abs() < 1e-9);
        assert!(differences(&lock, &old, &old).is_empty());
    }

    #[test]
    fn tolerance_is_of_the_old_count_and_inclusive() {
        assert!(within(Some(200), Some(202), 1.0) && within(Some(200), Some(198), 1.0));
        assert!(!within(Some(200), Some(203), 1.0) && !within(Some(0), Some(1), 50.0));
    }
}
