//! What a sweep found, for people.

use super::names;
use crate::load::Space;
use crate::report::{grouped, prose};
use crate::sweep::journal::Folder;
use crate::sweep::{Member, Objective};
use crate::units::count;

/// How many points there are, and the best in every objective; `header` names the columns of their rows.
pub(super) fn text(space: &Space, folder: &Folder, header: &[u8], went_on: u64) -> String {
    let (spec, tally) = (&space.spec, folder.tally);
    let mut text = format!(
        "{}: {} point{}",
        spec.name,
        grouped(tally.points()),
        if tally.points() == 1 { "" } else { "s" }
    );
    if went_on > 0 {
        text += &format!(", {} of them done before", grouped(went_on));
    }
    text += &format!("\n  {} with results", grouped(tally.found));
    if tally.excluded > 0 {
        text += &format!("\n  {} excluded by constraints", grouped(tally.excluded));
    }
    if tally.skipped > 0 {
        text += &format!("\n  {} that cannot be, listed in skipped.csv", grouped(tally.skipped));
    }
    let front = folder.front.sorted();
    let names = names(&spec.objectives);
    text += &format!("\n  {} on the front of {}\n", grouped(count(front.len())), names.join(", "));
    for (at, objective) in spec.objectives.iter().enumerate() {
        let cheaper =
            |a: &&Member, b: &&Member| a.costs[at].total_cmp(&b.costs[at]).then(a.point.cmp(&b.point));
        if let Some(best) = front.iter().min_by(|a, b| cheaper(a, b)) {
            text += &the_best(space, *objective, best, at, header);
        }
    }
    let beyond = space.clocks_beyond();
    if !beyond.is_empty() {
        let clocks = beyond.join(", ");
        text +=
            &format!("warning: clocks outside what is published of such designs on the family: {clocks}\n");
    }
    prose(&text)
}

/// The best point in an objective: its value, what else is known of it, and its settings.
fn the_best(space: &Space, objective: Objective, best: &Member, at: usize, header: &[u8]) -> String {
    let mut digits = Vec::new();
    space.spec.grid.digits(best.point, &mut digits);
    let energy = matches!(objective, Objective::Energy | Objective::Edp);
    let nominal = if energy && !space.inputs.files.devices.is_empty() { ", nominal" } else { "" };
    let value = written(objective.metric().name(), objective.cost(best.costs[at]));
    let mut facts = vec![format!("best {}: {value}{nominal}", objective.name())];
    let others = [
        ("accuracy", "accuracy", false),
        ("energy_pj", "", false),
        ("latency_s", "", false),
        ("cycles_saved_net", "of cycles", true),
        ("energy_saved_net", "of energy", true),
    ];
    for (column, what, saved) in
        others.into_iter().filter(|(column, ..)| *column != objective.metric().name())
    {
        let Some(value) = cell(header, &best.row, column) else { continue };
        facts.push(match (saved, what) {
            // A plain network saves nothing.
            (true, _) if value.abs() < 0.0005 => continue,
            (true, _) => format!("saves {:.1} % {what}", 100.0 * value),
            (false, "") => written(column, value),
            (false, what) => format!("{} {what}", written(column, value)),
        });
    }
    format!("  {}\n    at point {}: {}\n", facts.join(", "), best.point, space.spec.settings(&digits))
}

/// A number of a row by its column; `None` where the cell is empty.
fn cell(header: &[u8], row: &[u8], column: &str) -> Option<f64> {
    let record = |bytes: &[u8]| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
        reader.records().next()?.ok()
    };
    let place = record(header)?.iter().position(|name| name == column)?;
    record(row)?.get(place)?.parse().ok()
}

/// A value of a column in the units that a run prints.
fn written(column: &str, value: f64) -> String {
    match column {
        "energy_pj" => scaled(value, &[(1e12, "J"), (1e9, "mJ"), (1e6, "uJ"), (1e3, "nJ"), (1.0, "pJ")]),
        "latency_s" | "latency_p99_s" => {
            scaled(value, &[(1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")])
        }
        "edp_js" => format!("{value:.4e} J s"),
        "area_mm2" => format!("{value:.3} mm2"),
        "accuracy" => format!("{:.2} %", 100.0 * value),
        "cycles" => scaled(value, &[(1e6, "million cycles"), (1e3, "thousand cycles"), (1.0, "cycles")]),
        _ => format!("{value:.0} {column}"),
    }
}

/// A number in the largest of some units, given from large to small, that it has at least one of.
fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let fits = units.iter().find(|(size, _)| value >= *size).or(units.last());
    fits.map_or_else(String::new, |(size, unit)| format!("{:.2} {unit}", value / size))
}
