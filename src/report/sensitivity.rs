//! How far the conclusion moves with uncertain prices: `sensitivity` of `summary.json`.

use serde::Serialize;

use crate::simulate::{Elsewhere, Moved, Moves, Sensitivity, Verdict};

/// Energy saved when prices are wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SensitivitySummary {
    /// Of single inferences.
    pub single: MovesSummary,
    /// Of inferences that arrive, idle time included; `null` without arrivals.
    pub arrivals: Option<MovesSummary>,
    /// For each head, whether it saves energy at `all`, `some` or `no` prices within the factors.
    pub heads_save_at: Vec<&'static str>,
}

/// How far energy saved moves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MovesSummary {
    /// 1 - exits / plain as priced.
    pub saved_net: f64,
    /// The least with every group of prices wrong by up to its factor.
    pub least: f64,
    /// The most.
    pub most: f64,
    /// Whether prices within the factors, or other cells or temperatures, turn a saving into a loss or the reverse.
    pub changes_sign: bool,
    /// One group wrong at a time.
    pub groups: Vec<GroupSummary>,
    /// With other cells and temperatures.
    pub conditions: Vec<ConditionSummary>,
}

/// One group of prices.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupSummary {
    /// Its name.
    pub group: &'static str,
    /// By how much its prices may be wrong either way.
    pub factor: f64,
    /// Its part of the plain network's energy.
    pub share: f64,
    /// Energy saved with its prices divided by the factor.
    pub saved_at_low: f64,
    /// Energy saved with its prices multiplied by the factor.
    pub saved_at_high: f64,
}

/// Other cells or another temperature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConditionSummary {
    /// The cells.
    pub device: &'static str,
    /// Their temperature, K.
    pub temperature_k: f64,
    /// Leakage on chip over that of the machine as it is.
    pub leakage: f64,
    /// Energy saved.
    pub saved_net: f64,
}

/// Makes the summary.
#[must_use]
pub fn sensitivity_summary(found: &Sensitivity) -> SensitivitySummary {
    let prices = |verdict: &Verdict| match verdict {
        Verdict::Always => "all",
        Verdict::Depends => "some",
        Verdict::Never => "no",
    };
    SensitivitySummary {
        single: moves(&found.single),
        arrivals: found.served.as_ref().map(moves),
        heads_save_at: found.heads.iter().map(prices).collect(),
    }
}

fn moves(found: &Moves) -> MovesSummary {
    let group = |moved: &Moved| GroupSummary {
        group: moved.group.name(),
        factor: moved.factor,
        share: moved.share,
        saved_at_low: moved.saved_at_low,
        saved_at_high: moved.saved_at_high,
    };
    let condition = |elsewhere: &Elsewhere| ConditionSummary {
        device: elsewhere.condition.device.name(),
        temperature_k: elsewhere.condition.temperature.0,
        leakage: elsewhere.leakage,
        saved_net: elsewhere.saved,
    };
    MovesSummary {
        saved_net: found.saved,
        least: found.least,
        most: found.most,
        changes_sign: found.changes_sign(),
        groups: found.groups.iter().map(group).collect(),
        conditions: found.conditions.iter().map(condition).collect(),
    }
}
