//! Right and wrong, too early and too late: how exits compare with the plain network and with an oracle.

use serde::Serialize;

use super::super::bars::{Bar, Stack};
use super::super::numbers::PLAIN;
use super::super::results::only;
use super::super::style::VERDICTS;
use super::super::{Drawing, Page, PlotError, Results};
use super::exit_map;
use crate::units::real;

/// What became of a sample, given that an oracle leaves at the first head whose top class is the plain network's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// Right, no later than the oracle.
    RightInTime,
    /// Right, later than the oracle.
    RightLate,
    /// Wrong where the plain network is right.
    WrongEarly,
    /// Wrong where the plain network is wrong, too.
    WrongAnyway,
}

const ALL: [(Verdict, &str); 4] = [
    (Verdict::RightInTime, "right, in time"),
    (Verdict::RightLate, "right, late"),
    (Verdict::WrongEarly, "wrong, plain right"),
    (Verdict::WrongAnyway, "both wrong"),
];

/// Samples of one exit with one verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    /// Head from 1, or `end`.
    exit: String,
    verdict: Verdict,
    samples: u64,
    /// Of all samples.
    share: f64,
}

pub(super) fn rows(results: &[Results]) -> Result<Vec<Row>, PlotError> {
    let results = only(results, "early-and-late")?;
    let (grid, exits) = (results.grid("samples.csv")?, results.list("exits")?.len());
    let [label, answer, exit, plain, oracle] =
        ["label", "answer", "exit", "plain_answer", "oracle_exit"].map(|name| grid.column(name));
    let (label, answer, exit, plain, oracle) = (label?, answer?, exit?, plain?, oracle?);
    let mut counts = vec![[0_u64; ALL.len()]; exits];
    let rows = grid.rows("samples")?;
    for row in rows.clone() {
        let (label, left) = (label.count(row)?, exit.count(row)?);
        let verdict = match (answer.count(row)? == label, left > oracle.count(row)?) {
            (true, false) => Verdict::RightInTime,
            (true, true) => Verdict::RightLate,
            (false, _) if plain.count(row)? == label => Verdict::WrongEarly,
            (false, _) => Verdict::WrongAnyway,
        };
        let place = usize::try_from(left).ok().and_then(|left| counts.get_mut(left.wrapping_sub(1)));
        let place = place.ok_or_else(|| {
            let why = format!("samples.csv has an exit {left}, the summary {exits}");
            PlotError::unfit(why, "write the results again: exclusim run")
        })?;
        place[verdict as usize] += 1;
    }
    if counts.split_last().is_some_and(|(_, heads)| heads.iter().flatten().all(|count| *count == 0)) {
        return Err(exit_map::nobody_leaves());
    }
    let name = |i: usize| if i + 1 == exits { "end".to_owned() } else { (i + 1).to_string() };
    let all = real(rows.len() as u64);
    let row = |(i, exit): (usize, &[u64; 4])| {
        ALL.map(|(verdict, _)| {
            let samples = exit[verdict as usize];
            Row { exit: name(i), verdict, samples, share: real(samples) / all }
        })
    };
    Ok(counts.iter().enumerate().flat_map(row).collect())
}

/// A bar an exit, of all samples.
pub(super) fn draw(rows: &[Row], page: Page<'_>) -> Result<Drawing, PlotError> {
    let all: f64 = rows.iter().map(|row| real(row.samples)).sum();
    let bar = |exit: &[Row]| {
        let total: f64 = exit.iter().map(|row| real(row.samples)).sum();
        let part = |row: &Row| 100.0 * row.share;
        let label = if exit[0].exit == "end" { "end".to_owned() } else { format!("head {}", exit[0].exit) };
        let right: f64 = exit[..2].iter().map(|row| real(row.samples)).sum();
        // Of whole counts: a sum of shares may round another way than `exits-per-head` does.
        let share = total / all;
        let value = match 100.0 * share {
            _ if total == 0.0 => "none leaves".to_owned(),
            // So few that a share says nothing.
            ..0.05 => format!("{total} samples"),
            percent => format!("{percent:.1}, {:.1} % right", 100.0 * right / total),
        };
        Bar { label, shaded: false, parts: exit.iter().map(part).collect(), value, mark: None }
    };
    let bars: Vec<Bar> = rows.chunks(ALL.len()).map(bar).collect();
    let keys = VERDICTS.into_iter().zip(ALL.map(|(_, name)| name)).collect();
    let axis = "Samples that leave there (% of all)";
    Stack { keys, axis, unit: PLAIN, least: 0.0, last: Some(100.0), line: None }.draw(&bars, page)
}
