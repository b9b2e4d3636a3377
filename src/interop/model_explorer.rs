//! Node data of Google's Model Explorer: a number per node of the model's graph, to be loaded beside the model.
//!
//! A file is the `GraphNodeData` of its Python package (`ai-edge-model-explorer`, `node_data_builder.py`): `results` by
//! node, and colours from the least to the largest. A node is found by its name or by the name of a tensor that it makes,
//! which is what layers are called here.

/// Node data of one quantity; `values` by layer, each named once, as the digits of a number.
#[must_use]
pub fn node_data<'a>(name: &str, values: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    // Digits stay as they are: no number is read and written again.
    let node = |(layer, digits): (&str, &str)| format!("    {}: {{ \"value\": {digits} }}", text(layer));
    let results: Vec<String> = values.into_iter().map(node).collect();
    // Light to dark, so that text stays legible: the colours of ColorBrewer's YlOrRd.
    let gradient = [(0.0, "#ffffcc", "#202020"), (0.5, "#fd8d3c", "#202020"), (1.0, "#b10026", "#ffffff")]
        .map(|(stop, paper, ink)| {
            format!("    {{ \"stop\": {stop}, \"bgColor\": \"{paper}\", \"textColor\": \"{ink}\" }}")
        });
    format!(
        "{{\n  \"name\": {},\n  \"results\": {{\n{}\n  }},\n  \"gradient\": [\n{}\n  ]\n}}\n",
        text(name),
        results.join(",\n"),
        gradient.join(",\n")
    )
}
