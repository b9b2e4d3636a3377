//! What a run says of uncertain prices.

use super::percent;
use crate::report::{ConditionSummary, Form, MovesSummary, SensitivitySummary, Table};

/// How far energy saved moves with prices that are wrong.
pub(super) fn text(found: &SensitivitySummary, form: Form) -> String {
    let mut text = moves(&found.single, "energy saved, were", form);
    if let Some(arrivals) = &found.arrivals {
        text += &moves(arrivals, "with arrivals, were", form);
    }
    let heads: Vec<String> =
        (1..).zip(&found.heads_save_at).map(|(head, prices)| format!("{head} {prices}")).collect();
    format!(
        "{text}  does a head save energy at all such prices, at some, or at none?\n  {}\n\n",
        heads.join(", ")
    )
}

/// How far the energy saved of single inferences, or of those that arrive, moves.
fn moves(found: &MovesSummary, title: &str, form: Form) -> String {
    let mut table = Table::new([title, "wrong by", "share", "lower", "higher"]);
    for group in &found.groups {
        table.row([
            group.group.replace('_', " "),
            format!("{:.2}", group.factor),
            percent(group.share),
            percent(group.saved_at_low),
            percent(group.saved_at_high),
        ]);
    }
    let elsewhere = |cells: &ConditionSummary| {
        let ConditionSummary { device, temperature_k, leakage, saved_net } = cells;
        let digits = if *leakage < 100.0 { 2 } else { 0 };
        format!("  {device} at {temperature_k} K (leakage x {leakage:.digits$}): {}\n", percent(*saved_net))
    };
    let conditions: String = found.conditions.iter().map(elsewhere).collect();
    let sign = if found.changes_sign { "the sign CHANGES" } else { "the sign holds" };
    format!(
        "{}  each row: one group wrong; saved as priced: {};\n  all groups wrong at once: {} to {}; {sign}\n{conditions}",
        table.written(form),
        percent(found.saved_net),
        percent(found.least),
        percent(found.most),
    )
}
