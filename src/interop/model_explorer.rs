//! Node data of Google's Model Explorer: a number per node of the model's graph, to be loaded beside the model.
//!
//! A file is the `GraphNodeData` of its Python package (`ai-edge-model-explorer`, `node_data_builder.py`): `results` by
//! node, and colours from the least to the largest. A node is found by its name or by the name of a tensor that it makes,
//! which is what layers are called here.

use serde_json::{Map, Value, json};

/// Node data of one quantity; `values` by layer, each named once.
#[must_use]
pub fn node_data<'a>(name: &str, values: impl IntoIterator<Item = (&'a str, Value)>) -> String {
    let mut results = Map::new();
    for (layer, value) in values {
        results.insert(layer.to_owned(), json!({ "value": value }));
    }
    // Light to dark, so that text stays legible: the colours of ColorBrewer's YlOrRd.
    let gradient = json!([
        {"stop": 0, "bgColor": "#ffffcc", "textColor": "#202020"},
        {"stop": 0.5, "bgColor": "#fd8d3c", "textColor": "#202020"},
        {"stop": 1, "bgColor": "#b10026", "textColor": "#ffffff"},
    ]);
    let data = json!({ "name": name, "results": results, "gradient": gradient });
    serde_json::to_string_pretty(&data).unwrap_or_default() + "\n"
}
