//! The tables of a run, as the files that hold them.

use super::Ran;
use crate::arch::Arch;
use crate::report::{self, Reached};

impl Ran {
    /// Every file of a run but its figures: the summary and the tables.
    #[must_use]
    pub fn files(&self, arch: &Arch) -> Vec<(&'static str, String)> {
        std::iter::once(("summary.json", self.summary.json())).chain(self.tables(arch)).collect()
    }

    /// Every table with the name of its file; `arch` is the machine that was run on.
    #[must_use]
    pub fn tables(&self, arch: &Arch) -> Vec<(&'static str, String)> {
        let Self { decisions, oracle, outcome, .. } = self;
        let reached =
            Some(Reached { entered: &outcome.entered, exits: &decisions.exits, gating: &outcome.gating });
        let rows = report::layer_rows(arch, &outcome.table, &outcome.prices, reached);
        vec![
            ("layers.csv", report::layers_csv(&rows)),
            ("breakdown.csv", report::breakdown_csv(&outcome.table, &outcome.prices, reached)),
            ("segments.csv", report::segments_csv(&outcome.table, decisions.classes)),
            ("samples.csv", report::samples_csv(decisions, oracle, outcome)),
            ("exits.csv", report::exits_csv(decisions)),
            ("excluded.csv", report::excluded_csv(decisions)),
        ]
    }
}
