//! The page of a run.

use super::graph::graph;
use super::json::{array, object, string};
use super::picture::Pictures;
use super::samples::told;
use super::table::columns;
use super::timelines::{PathShown, timelines};
use super::{MadeBy, page};
use crate::decide::{Explained, Rule};
use crate::network::segment::Segments;

/// All that the page of a run is made of.
pub struct RunPage<'a> {
    /// Network and machine.
    pub title: String,
    /// What made it.
    pub made: MadeBy,
    /// What the run prints.
    pub printed: &'a str,
    /// Its files by their names, `summary.json` and tables such as `layers.csv`.
    pub files: &'a [(&'static str, String)],
    /// The network.
    pub network: &'a Segments,
    /// Names of the classes.
    pub classes: &'a [String],
    /// The rule by which samples leave.
    pub rule: &'a Rule,
    /// Samples that are told in full.
    pub explained: Vec<(usize, Explained)>,
    /// Images of these samples, where there are any.
    pub pictures: Option<Pictures>,
    /// Timelines of paths, the most frequent first.
    pub paths: Vec<PathShown>,
}

/// Bytes that a table may take: of samples, and of each other.
const MOST_OF_SAMPLES: usize = 700_000;
const MOST_OF_TABLE: usize = 250_000;

/// Makes the page.
#[must_use]
pub fn run_page(run: &RunPage<'_>) -> String {
    let mut notes = Vec::new();
    let mut tables = Vec::new();
    let mut summary = "null".to_owned();
    for (file, csv) in run.files {
        if *file == "summary.json" {
            summary = compact(csv);
            continue;
        }
        let most = if *file == "samples.csv" { MOST_OF_SAMPLES } else { MOST_OF_TABLE };
        let found = columns(csv, most);
        if found.shown < found.all {
            notes.push(format!(
                "This page holds the first {} of {} rows of {file}; the file beside it has all.",
                found.shown, found.all
            ));
        }
        tables.push((file.trim_end_matches(".csv"), found.json));
    }
    let (lines, left_out) = timelines(&run.paths);
    if left_out > 0 {
        notes.push(format!("{left_out} timelines are left out; `exclusim export perfetto` shows all."));
    }
    let pictures = run.pictures.as_ref().and_then(Pictures::json).unwrap_or_else(|| "null".to_owned());
    let data = object([
        ("kind", string("run")),
        ("title", string(&run.title)),
        ("made", run.made.json()),
        ("notes", array(notes.iter().map(|note| string(note)))),
        ("printed", string(run.printed)),
        ("summary", summary),
        ("tables", object(tables)),
        ("network", graph(run.network)),
        ("explained", told(&run.explained, run.classes, run.rule)),
        ("pictures", pictures),
        ("timelines", lines),
    ]);
    page(&run.title, &data)
}

/// JSON without its line breaks and indents, which stand between its parts only: every digit stays.
fn compact(json: &str) -> String {
    json.lines().map(str::trim).collect()
}
