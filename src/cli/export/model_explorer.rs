//! `exclusim export model-explorer`: what layers take, as node data for Google's Model Explorer.

use crate::cli::Failure;
use crate::cli::args::ExportModelExplorer;
use crate::cli::redo::made;
use crate::cli::results::Results;
use crate::config::Fault;
use crate::interop::model_explorer::node_data;
use crate::load;

/// Columns of `layers.csv` that are written, each with its file and how the viewer calls it.
const QUANTITIES: [(&str, &str, &str); 3] = [
    ("cycles", "cycles.json", "cycles"),
    ("stall_cycles", "stall_cycles.json", "cycles waiting for memory"),
    ("energy_pj", "energy_pj.json", "energy, pJ"),
];

pub(super) fn to_model_explorer(args: &ExportModelExplorer) -> Result<(), Failure> {
    made(&args.run)?;
    let file = args.run.join("layers.csv");
    let text = load::text(&file, "file of results")?;
    let faulty = |what: String| {
        Fault::new(format!("{}: {what}", file.display()), "make the results again with exclusim run")
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| faulty(error.to_string()))?.clone();
    let at = |name: &str| {
        header.iter().position(|cell| cell == name).ok_or_else(|| faulty(format!("no column `{name}`")))
    };
    let (layer, kind) = (at("layer")?, at("kind")?);
    let rows: Vec<csv::StringRecord> =
        reader.records().collect::<Result<_, _>>().map_err(|error| faulty(error.to_string()))?;
    let mut results = Results::default();
    for (column, name, title) in QUANTITIES {
        let column = at(column)?;
        // A decision and what waits for it are no nodes of the model.
        let nodes = rows.iter().filter(|row| !matches!(&row[kind], "decision" | "prefetch"));
        let mut values = Vec::new();
        for row in nodes.filter(|row| !row[column].is_empty()) {
            let (at, cell) = (&row[layer], &row[column]);
            if serde_json::from_str::<serde_json::Number>(cell).is_err() {
                return Err(faulty(format!("layer {at}: `{cell}` is no number")).into());
            }
            values.push((&row[layer], cell));
        }
        results.add(args.out.join(name), node_data(title, values));
    }
    Ok(results.write()?)
}
