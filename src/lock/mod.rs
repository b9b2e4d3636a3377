//! Lock files: counts that a user commits, so that a change of any of them is noticed.
//!
//! A lock holds whole numbers only, one row per line, so that a diff shows what moved. Each row names its counts and
//! leaves out zeros: a cause or an action that this tool learns later does not change a file that has none of it.

use crate::names::closed_set;
mod compare;
mod counts;
mod read;
mod total;
mod write;

pub use compare::{Change, Difference, changes, differences};
pub use counts::{layer_rows_held, path_row, segment_rows_held};
pub use read::read_lock;
pub use total::{Total, totals};
pub use write::write_lock;

use std::collections::BTreeMap;

/// Version of the format.
pub const VERSION: u64 = 1;

closed_set! {
    /// What a lock holds an entry by.
    #[derive(Default)]
    pub enum HeldBy {
        /// One row per layer and decision.
        #[default]
        Layer = "layer",
        /// Two rows per segment: its backbone, its head.
        Segment = "segment",
    }
}

/// Counts of one row, by column; zeros are left out.
pub type Counts = BTreeMap<String, u64>;

/// One configuration and its counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Architecture file, relative to the lock.
    pub arch: String,
    /// Workload, model or topology, relative to the lock.
    pub network: String,
    /// Policy file, relative to the lock; without one no data are replayed.
    pub policy: Option<String>,
    /// Overrides of the architecture, as after `--set`.
    pub set: Vec<String>,
    /// What the rows are.
    pub by: HeldBy,
    /// What the counts were computed from, by key: values of the configuration, digests of files.
    pub inputs: BTreeMap<String, String>,
    /// Name and counts of every row, in the order of the network.
    pub rows: Vec<(String, Counts)>,
}

impl Held {
    /// The configuration in a few words, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        let stem = |path: &str| {
            let file = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
            file.trim_end_matches(".toml").trim_end_matches(".csv").trim_end_matches(".onnx").to_owned()
        };
        let mut name = format!("{} {}", stem(&self.arch), stem(&self.network));
        self.policy.iter().for_each(|policy| name += &format!(" {}", stem(policy)));
        self.set.iter().for_each(|set| name += &format!(" {set}"));
        name
    }
}

/// A lock file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// Version of the tool that wrote it.
    pub tool: String,
    /// Percent by which a count may move, by column, or `all`; what neither names may not move.
    pub tolerance: BTreeMap<String, f64>,
    /// Every configuration.
    pub held: Vec<Held>,
}

impl Lock {
    /// Percent by which a column may move.
    #[must_use]
    pub fn tolerance_of(&self, column: &str) -> f64 {
        self.tolerance.get(column).or_else(|| self.tolerance.get("all")).copied().unwrap_or(0.0)
    }
}
