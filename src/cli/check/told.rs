//! What `exclusim check` says: counts that moved, what changed, and how many cycles there are together.

use std::fmt::Write as _;

use super::TOOL;
use crate::lock::{Change, Difference, Lock, Total};
use crate::report::{Form, Table, grouped};

/// Counts of one configuration that moved.
pub(super) struct Moved {
    /// The configuration in a few words.
    pub name: String,
    /// Every count that moved, in the order of the network.
    pub counts: Vec<Difference>,
    /// Its cycles.
    pub totals: Vec<Total>,
}

/// A table per configuration, of the `top` counts of all that matter most, and a line for those left out; `top` 0 is all.
pub(super) fn differences(moved: &[Moved], top: usize) -> String {
    let all: Vec<&Difference> = moved.iter().flat_map(|one| &one.counts).collect();
    let mut order: Vec<usize> = (0..all.len()).collect();
    // What is beyond tolerance before what is within, cycles before their parts, then by how far it moved.
    let rank = |at: &usize| (!all[*at].beyond, all[*at].column != "cycles");
    let far = |at: &usize| all[*at].percent().map_or(f64::INFINITY, f64::abs);
    order.sort_by(|a, b| rank(a).cmp(&rank(b)).then(far(b).total_cmp(&far(a))));
    let left_out = if top == 0 { Vec::new() } else { order.split_off(top.min(order.len())) };
    let mut shown = vec![false; all.len()];
    order.iter().for_each(|at| shown[*at] = true);
    let mut shown = shown.into_iter();
    let mut text = String::new();
    for one in moved {
        let counts: Vec<&Difference> = one
            .counts
            .iter()
            .zip(shown.by_ref())
            .filter(|(_, shown)| *shown)
            .map(|(count, _)| count)
            .collect();
        if !counts.is_empty() {
            text += &format!("{}\n{}\n", one.name, table(&counts));
        }
    }
    if !left_out.is_empty() {
        let beyond = left_out.iter().filter(|at| all[**at].beyond).count();
        let _ = writeln!(
            text,
            "{} more moved, {} of them beyond tolerance; --top 0 shows all\n",
            grouped(crate::units::count(left_out.len())),
            grouped(crate::units::count(beyond))
        );
    }
    text
}

fn table(counts: &[&Difference]) -> String {
    let mut table = Table::new(["row", "count", "old", "new", "change", "tolerance"]);
    for count in counts {
        let change = match (count.old, count.new, count.percent()) {
            (None, _, _) => "new row".to_owned(),
            (_, None, _) => "row gone".to_owned(),
            (_, _, None) => "from 0".to_owned(),
            (_, _, Some(percent)) => signed(percent),
        };
        table.row([
            count.row.clone(),
            count.column.clone(),
            number(count.old),
            number(count.new),
            change,
            if count.beyond { "beyond" } else { "within" }.to_owned(),
        ]);
    }
    table.written(Form::Plain)
}

/// Cycles of every configuration that moved, and of all together.
pub(super) fn totals(all: &[Moved]) -> String {
    let mut table = Table::new(["cycles", "old", "new", "change"]);
    let mut row = |name: String, total: &Total| {
        let change = total.percent().map_or_else(|| "-".to_owned(), signed);
        table.row([name, number(total.old), number(total.new), change]);
    };
    for one in all.iter().filter(|one| all.len() == 1 || !one.counts.is_empty()) {
        for total in &one.totals {
            row(format!("{}, {}", one.name, total.of), total);
        }
    }
    if all.len() > 1 {
        let together = Total::sum("", all.iter().flat_map(|one| one.totals.first()));
        row(format!("all {}, each path once", all.len()), &together);
    }
    table.written(Form::Plain) + "\n"
}

/// Which inputs changed.
pub(super) fn explained(lock: &Lock, changed: &[Change]) -> String {
    let mut text = String::new();
    if lock.tool != TOOL {
        let _ = writeln!(text, "changed: tool · {} → {TOOL}", lock.tool);
    }
    for change in changed {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not written".to_owned());
        let (old, new) = (value(&change.old), value(&change.new));
        let _ = writeln!(text, "changed: {} · {} · {old} → {new}", change.key, change.input);
    }
    if text.is_empty() {
        text.push_str("changed: neither configuration, files nor version of the tool\n");
    }
    crate::report::prose(&text) + "\n"
}

fn number(count: Option<u64>) -> String {
    count.map_or_else(|| "none".to_owned(), grouped)
}

fn signed(percent: f64) -> String {
    format!("{percent:+.3} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(row: &str, column: &str, old: u64, new: u64, beyond: bool) -> Difference {
        Difference { row: row.into(), column: column.into(), old: Some(old), new: Some(new), beyond }
    }

    #[test]
    fn the_counts_that_matter_most_stay() {
        let counts = vec![
            moved("a", "cycles", 100, 101, false),
            moved("b", "stream", 100, 400, true),
            moved("b", "cycles", 100, 110, true),
            moved("c", "cycles", 100, 150, true),
        ];
        let name = "edge net".to_owned();
        let all = [Moved { name, counts, totals: Vec::new() }];
        let told = differences(&all, 2);
        let rows: Vec<&str> = told.lines().map(|line| line.split_whitespace().next().unwrap_or("")).collect();
        assert_eq!(rows, ["edge", "row", "b", "c", "", "2", ""], "{told}");
        assert!(told.contains("2 more moved, 1 of them beyond tolerance"), "{told}");
        let told = differences(&all, 0);
        assert!(told.contains("within") && !told.contains("more moved"), "{told}");
    }
}
