//! Closed sets: enums whose members have names in files and reports, each declared in one place.
//!
//! `closed_set!` writes the enum and everything that follows from its list of names, so that a new member cannot be
//! forgotten in one direction:
//!
//! ```text
//! closed_set! {
//!     /// Where weights are when an inference begins.
//!     pub enum Weights {
//!         /// In DRAM: every inference reads them.
//!         Stream = "stream",
//!         /// In the filter scratchpad; the second name is understood, the first is written.
//!         Resident = "resident" | "on-chip",
//!     }
//!     /// Something for each of them.
//!     pub table PerWeights;
//! }
//! ```
//!
//! gives `Weights::ALL` in this order; `name()`, `Display` and `Serialize` by the first name; [`ClosedSet`] and `FromStr`
//! for reading; and, where a table is asked for, `PerWeights<T>`: one `T` for every member, indexed by it and serialized as
//! an object by name.

use thiserror::Error;

/// A name that is none of a closed set's.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("unknown name `{found}`; write one of: {}", names.join(", "))]
pub struct UnknownName {
    /// What was written.
    pub found: String,
    /// The documented names.
    pub names: Vec<&'static str>,
}

/// Values that are written as one of a fixed list of names.
pub trait ClosedSet: Copy + PartialEq + 'static {
    /// Every value with the names it is read from; the first is the one that is documented and written.
    const NAMES: &'static [(Self, &'static [&'static str])];

    /// The value that a name stands for.
    #[must_use]
    fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(value, _)| *value)
    }

    /// The documented names, in order.
    #[must_use]
    fn documented() -> Vec<&'static str> {
        Self::NAMES.iter().map(|(_, names)| names[0]).collect()
    }

    /// The documented name.
    #[must_use]
    fn documented_name(self) -> &'static str {
        Self::NAMES.iter().find(|(value, _)| *value == self).map_or("", |(_, names)| names[0])
    }
}

macro_rules! closed_set {
    (
        $(#[$set_attribute:meta])* $vis:vis enum $set:ident {
            $($(#[$attribute:meta])* $member:ident = $name:literal $(| $alias:literal)*),+ $(,)?
        }
        $($(#[$table_attribute:meta])* $table_vis:vis table $table:ident;)?
    ) => {
        $(#[$set_attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $set {
            $($(#[$attribute])* $member),+
        }

        #[allow(dead_code, reason = "not every set is listed and written")]
        impl $set {
            /// Every member, in order.
            $vis const ALL: [Self; [$($name),+].len()] = [$(Self::$member),+];

            /// The name in files and reports.
            #[must_use]
            $vis fn name(self) -> &'static str {
                match self {
                    $(Self::$member => $name),+
                }
            }
        }

        impl $crate::names::ClosedSet for $set {
            const NAMES: &'static [(Self, &'static [&'static str])] =
                &[$((Self::$member, &[$name $(, $alias)*])),+];
        }

        impl std::str::FromStr for $set {
            type Err = $crate::names::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                use $crate::names::{ClosedSet, UnknownName};
                Self::from_name(text)
                    .ok_or_else(|| UnknownName { found: text.to_owned(), names: Self::documented() })
            }
        }

        impl std::fmt::Display for $set {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl serde::Serialize for $set {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        $($crate::names::total_table!($(#[$table_attribute])* $table_vis $table of $set);)?
    };
}

/// One entry for every member of a closed set.
macro_rules! total_table {
    ($(#[$attribute:meta])* $vis:vis $table:ident of $set:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
        $vis struct $table<T>([T; $set::ALL.len()]);

        #[allow(dead_code, reason = "not every table is used in every way")]
        impl<T> $table<T> {
            /// A table made by asking for every member, so that none can be forgotten.
            $vis fn of(entry: impl FnMut($set) -> T) -> Self {
                Self($set::ALL.map(entry))
            }

            /// The table with every entry put through a function.
            $vis fn map<U>(self, entry: impl FnMut(T) -> U) -> $table<U> {
                $table(self.0.map(entry))
            }

            /// The entries, in order of their members.
            $vis fn values(&self) -> impl Iterator<Item = &T> {
                self.0.iter()
            }

            /// Every member with its entry, in order.
            $vis fn iter(&self) -> impl Iterator<Item = ($set, &T)> {
                $set::ALL.iter().copied().zip(&self.0)
            }
        }

        /// As an object by name, in the order of names: the order of members may change, files do not.
        impl<T: serde::Serialize> serde::Serialize for $table<T> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let by_name = self.iter().map(|(member, entry)| (member.name(), entry));
                serializer.collect_map(by_name.collect::<std::collections::BTreeMap<_, _>>())
            }
        }

        impl<T> std::ops::Index<$set> for $table<T> {
            type Output = T;
            fn index(&self, member: $set) -> &T {
                &self.0[member as usize]
            }
        }

        impl<T> std::ops::IndexMut<$set> for $table<T> {
            fn index_mut(&mut self, member: $set) -> &mut T {
                &mut self.0[member as usize]
            }
        }

        #[allow(dead_code, reason = "not every table is of counts")]
        impl $table<u64> {
            /// Sum over all members.
            #[must_use]
            $vis fn total(&self) -> u64 {
                self.0.iter().sum()
            }

            /// Every entry times a factor.
            #[must_use]
            $vis fn times(&self, factor: u64) -> Self {
                Self(self.0.map(|entry| entry * factor))
            }
        }

        impl std::ops::AddAssign<&Self> for $table<u64> {
            #[inline]
            fn add_assign(&mut self, other: &Self) {
                for (entry, more) in self.0.iter_mut().zip(&other.0) {
                    *entry += more;
                }
            }
        }

        impl std::ops::AddAssign for $table<u64> {
            #[inline]
            fn add_assign(&mut self, other: Self) {
                *self += &other;
            }
        }

        impl std::ops::Add for $table<u64> {
            type Output = Self;
            fn add(mut self, other: Self) -> Self {
                self += other;
                self
            }
        }
    };
}

pub(crate) use closed_set;
pub(crate) use total_table;

#[cfg(test)]
mod tests {
    use super::ClosedSet;

    closed_set! {
        /// A set for these tests.
        enum Pace {
            /// Slow.
            Slow = "slow" | "andante",
            /// Fast.
            Fast = "fast",
        }
        /// Something for each.
        table PerPace;
    }

    #[test]
    fn every_name_is_read_and_the_first_is_written() {
        assert_eq!(Pace::ALL, [Pace::Slow, Pace::Fast]);
        assert_eq!(Pace::documented(), ["slow", "fast"]);
        assert_eq!(Pace::from_name("andante"), Some(Pace::Slow));
        assert_eq!(Pace::from_name("presto"), None);
        let unknown = "presto".parse::<Pace>().unwrap_err();
        assert_eq!(unknown.to_string(), "unknown name `presto`; write one of: slow, fast");
        for pace in Pace::ALL {
            assert_eq!((Pace::from_name(pace.name()), pace.documented_name()), (Some(pace), pace.name()));
        }
    }

    #[test]
    fn tables_have_an_entry_per_member() {
        let mut steps = PerPace::of(|pace| pace as u64 + 1);
        steps[Pace::Fast] += 10;
        let [slow, fast] = [steps[Pace::Slow], steps[Pace::Fast]];
        assert_eq!((slow, fast, steps.total(), (steps + steps).times(2).total()), (1, 12, 13, 52));
        assert!(steps.iter().map(|(pace, _)| pace).eq(Pace::ALL));
    }
}
