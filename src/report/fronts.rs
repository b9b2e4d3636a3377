//! Rules at equal loss of accuracy, as rows and for people.

use super::{Table, prose, text};
use crate::decide::Policy;
use crate::simulate::{BOOTSTRAP_DRAWS, INTERVAL_LEVEL, Point, Spread};

/// What a rule saves of one quantity at one loss.
pub struct LossRow {
    /// The workload's name.
    pub network: String,
    /// What its heads were trained for; empty where it does not say.
    pub trained_for: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// Accuracy lost, as a fraction.
    pub loss: f64,
    /// `macs`, `cycles` or `energy`.
    pub quantity: &'static str,
    /// Fronts.
    pub splits: usize,
    /// Of those, that end before they lose so much.
    pub ended_before: usize,
    /// Saved net.
    pub saved: Spread,
}

/// How much more one rule saves than another at one loss, of pairs of the same samples and splits.
pub struct MoreRow {
    /// Places among the rules and workloads compared, from 0: the one that saves more, and the other.
    pub of: [usize; 2],
    /// The same in words: network, what heads were trained for, rule.
    pub named: [[String; 3]; 2],
    /// Accuracy lost, as a fraction.
    pub loss: f64,
    /// `macs`, `cycles` or `energy`.
    pub quantity: &'static str,
    /// Saved net less saved net.
    pub more: Spread,
}

/// A policy of a front on the evaluation samples.
pub struct FrontRow<'a> {
    /// The workload's name.
    pub network: &'a str,
    /// What its heads were trained for.
    pub trained_for: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// Seed of the split.
    pub seed: u64,
    /// Place on the front, from 0, the plain network.
    pub place: usize,
    /// The policy.
    pub policy: &'a Policy,
    /// What it loses and saves.
    pub point: Point,
}

/// `equal-loss.csv`: fractions, losses in points.
#[must_use]
pub fn losses_csv(rows: &[LossRow]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let first = ["network", "trained_for", "rule", "loss_points", "quantity", "splits", "ended_before"];
    let header = first.map(str::to_owned).into_iter().chain(titles("saved"));
    // Writing plain fields into memory cannot fail.
    let _ = writer.write_record(header);
    for row in rows {
        let words = [
            row.network.clone(),
            row.trained_for.into(),
            row.rule.into(),
            points(row.loss),
            row.quantity.into(),
            row.splits.to_string(),
            row.ended_before.to_string(),
        ];
        let _ = writer.write_record(words.into_iter().chain(numbers(row.saved)));
    }
    text(writer)
}

/// `differences.csv`: of every two rules how much more the second saves than the first, in fractions.
#[must_use]
pub fn differences_csv(rows: &[MoreRow]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let first = [
        "network",
        "trained_for",
        "rule",
        "than_network",
        "than_trained_for",
        "than_rule",
        "loss_points",
        "quantity",
    ];
    let _ = writer.write_record(first.map(str::to_owned).into_iter().chain(titles("more")));
    for row in rows {
        let words = row.named.iter().flatten().cloned();
        let words = words.chain([points(row.loss), row.quantity.to_owned()]);
        let _ = writer.write_record(words.chain(numbers(row.more)));
    }
    text(writer)
}

fn titles(name: &str) -> [String; 7] {
    ["", "_samples_low", "_samples_high", "_splits_low", "_splits_high", "_together_low", "_together_high"]
        .map(|end| format!("{name}{end}"))
}

fn numbers(spread: Spread) -> impl Iterator<Item = String> {
    let pairs = [spread.samples, spread.splits, spread.together];
    std::iter::once(spread.mean).chain(pairs.into_iter().flatten()).map(fraction)
}

/// `fronts.csv`: every policy of every front; fractions, losses in points, thresholds of heads that are on.
#[must_use]
pub fn fronts_csv<'a>(rows: impl Iterator<Item = FrontRow<'a>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "network",
        "trained_for",
        "rule",
        "seed",
        "place",
        "thresholds",
        "lost_points",
        "macs_saved",
        "cycles_saved",
        "energy_saved",
    ];
    let _ = writer.write_record(header);
    for row in rows {
        let each = row.policy.rule.thresholds().into_iter().zip(&row.policy.heads);
        let each = each.map(|(value, on)| if *on { value.to_string() } else { "off".into() });
        let words = [
            row.network.to_owned(),
            row.trained_for.into(),
            row.rule.into(),
            row.seed.to_string(),
            row.place.to_string(),
            each.collect::<Vec<String>>().join(" "),
            points(row.point.lost),
        ];
        let _ = writer.write_record(words.into_iter().chain(row.point.saved.map(fraction)));
    }
    text(writer)
}

/// Points of accuracy, without the dust of binary fractions.
fn points(fraction: f64) -> String {
    ((fraction * 1e8).round() / 1e6).to_string()
}

fn fraction(value: f64) -> String {
    format!("{:.6}", if value.abs() < 5e-7 { 0.0 } else { value })
}

/// For people: a table per workload and rule, in lines that fit a terminal.
#[must_use]
pub fn fronts_text(arch: &str, splits: u32, rows: &[LossRow], more: &[MoreRow]) -> String {
    let mut told = format!(
        "Saved net at equal loss of accuracy on {arch}, %: mean over the fronts of {splits} splits, in brackets \
         {:.0} % intervals over samples and splits together ({BOOTSTRAP_DRAWS} draws).\n",
        100.0 * INTERVAL_LEVEL
    );
    let mut shown: Vec<(&str, &str)> = Vec::new();
    for row in rows {
        let key = (row.network.as_str(), row.rule);
        if !shown.contains(&key) {
            shown.push(key);
            told += &rule_text(row, rows);
            told += &more_text(shown.len() - 1, more);
        }
    }
    if rows.iter().any(|row| row.ended_before > 0) {
        told += "\n*: fronts of some splits end before they lose so much, and save what they end with\n";
    }
    prose(&told)
}

/// What the rule of a row saves at each loss.
fn rule_text(of: &LossRow, rows: &[LossRow]) -> String {
    let heads =
        if of.trained_for.is_empty() { String::new() } else { format!(" ({} heads)", of.trained_for) };
    let mut table = Table::new(["points lost", "MACs", "cycles", "energy"]);
    let mine: Vec<&LossRow> =
        rows.iter().filter(|row| (&row.network, row.rule) == (&of.network, of.rule)).collect();
    for three in mine.chunks(3) {
        let ends = if three[0].ended_before > 0 { "*" } else { "" };
        let cell = |row: &&LossRow| {
            let [low, high] = row.saved.together.map(|end| 100.0 * end);
            format!("{:.1} ({low:.1} to {high:.1})", 100.0 * row.saved.mean)
        };
        let loss = format!("{}{ends}", points(three[0].loss));
        table.row(std::iter::once(loss).chain(three.iter().map(cell)));
    }
    format!("\n{} of {}{heads}\n{}", of.rule, of.network, table.text())
}

/// How many more cycles one saves than the first, at each loss; nothing of the first.
fn more_text(which: usize, more: &[MoreRow]) -> String {
    let beside = more.iter().filter(|more| more.of == [which, 0] && more.quantity == "cycles");
    let told: Vec<String> = beside
        .map(|MoreRow { loss, more, .. }| {
            let [low, high] = more.together.map(|end| 100.0 * end);
            format!("{:+.1} ({low:+.1} to {high:+.1}) at {}", 100.0 * more.mean, points(*loss))
        })
        .collect();
    if told.is_empty() {
        return String::new();
    }
    format!("  cycles, points more than the first, of the same samples and splits: {}\n", told.join("; "))
}
