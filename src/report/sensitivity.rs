//! How far the conclusion moves with uncertain prices: `sensitivity` of `summary.json`.

use serde::Serialize;

use crate::simulate::{FACTOR, Sensitivity, Verdict};

/// Energy saved when prices are wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SensitivitySummary {
    /// By how much prices may be wrong either way.
    pub factor: f64,
    /// 1 - exits / plain as priced.
    pub saved_net: f64,
    /// The least with every group of prices wrong by up to the factor.
    pub least: f64,
    /// The most.
    pub most: f64,
    /// One group wrong at a time.
    pub groups: Vec<GroupSummary>,
    /// For each head, whether it saves energy at `all`, `some` or `no` prices within the factor.
    pub heads_save_at: Vec<&'static str>,
}

/// One group of prices.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupSummary {
    /// Its name.
    pub group: &'static str,
    /// Its part of the plain network's energy.
    pub share: f64,
    /// Energy saved with its prices divided by the factor.
    pub saved_at_half: f64,
    /// Energy saved with its prices multiplied by the factor.
    pub saved_at_double: f64,
}

/// Makes the summary.
#[must_use]
pub fn sensitivity_summary(found: &Sensitivity) -> SensitivitySummary {
    let group = |moved: &crate::simulate::Moved| GroupSummary {
        group: moved.group.name(),
        share: moved.share,
        saved_at_half: moved.saved_at_half,
        saved_at_double: moved.saved_at_double,
    };
    let prices = |verdict: &Verdict| match verdict {
        Verdict::Always => "all",
        Verdict::Depends => "some",
        Verdict::Never => "no",
    };
    SensitivitySummary {
        factor: FACTOR,
        saved_net: found.saved,
        least: found.least,
        most: found.most,
        groups: found.groups.iter().map(group).collect(),
        heads_save_at: found.heads.iter().map(prices).collect(),
    }
}
