//! `report.html`: a run or a sweep as one page that needs nothing else, no network and no server.
//!
//! Everything that it shows stands in it as one JSON object, made of the very texts of the result files; the scripts beside
//! this file draw it. Charts are ECharts' (`assets/echarts.js`, Apache 2.0; its licence lies beside it). Nothing in a name can
//! become part of the page: JSON is escaped where it is embedded, and scripts set text, never markup.

mod graph;
mod json;
mod picture;
mod run;
mod samples;
mod sweep;
mod table;
mod timelines;

use json::{array, embedded, escaped, object, string};
pub use picture::Pictures;
pub use run::{RunPage, run_page};
pub use samples::told_samples;
pub use sweep::{SweepError, SweepPage, sweep_page};
pub use timelines::PathShown;

/// The file's name.
pub const FILE: &str = "report.html";

/// What made the results, as a page tells it at its foot.
#[derive(Clone, Debug, Default)]
pub struct MadeBy {
    /// Program and version.
    pub tool: String,
    /// The command as one types it.
    pub command: String,
    /// What figures of these results say of their origin.
    pub origin: String,
    /// Role, file and SHA-256 of what was read.
    pub inputs: Vec<[String; 3]>,
}

impl MadeBy {
    fn json(&self) -> String {
        let inputs = self.inputs.iter().map(|input| array(input.iter().map(|text| string(text))));
        object([
            ("tool", string(&self.tool)),
            ("command", string(&self.command)),
            ("origin", string(&self.origin)),
            ("inputs", array(inputs)),
        ])
    }
}

const PAGE: &str = include_str!("assets/page.html");
const STYLE: &str = include_str!("assets/style.css");
const LIBRARY: &str = include_str!("assets/echarts.js");
/// In the order in which they build on one another.
const SCRIPTS: [&str; 8] = [
    include_str!("assets/base.js"),
    include_str!("assets/table.js"),
    include_str!("assets/charts.js"),
    include_str!("assets/network.js"),
    include_str!("assets/samples.js"),
    include_str!("assets/timeline.js"),
    include_str!("assets/run.js"),
    include_str!("assets/sweep.js"),
];

/// A page of a title and its data.
fn page(title: &str, data: &str) -> String {
    let scripts = format!("(() => {{\n\"use strict\";\n{}\nmain();\n}})();", SCRIPTS.join("\n"));
    // In one pass: what is put in is not looked through for what is put in next.
    let mut out =
        String::with_capacity(PAGE.len() + STYLE.len() + LIBRARY.len() + scripts.len() + data.len());
    let mut rest = PAGE;
    while let Some((before, more)) = rest.split_once("{{") {
        let Some((name, after)) = more.split_once("}}") else { break };
        out.push_str(before);
        match name {
            "title" => out.push_str(&escaped(title)),
            "style" => out.push_str(STYLE),
            "library" => out.push_str(LIBRARY),
            "script" => out.push_str(&scripts),
            "data" => out.push_str(&embedded(data)),
            _ => {}
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
