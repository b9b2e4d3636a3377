//! Import of quantized ONNX models in QOperator or QDQ form, as onnxruntime's static quantizer writes them.
//!
//! The model must compute exactly what replay computes, so everything not understood is a fault with the node's
//! name: operator, attribute, type or shape. Nothing is approximated and nothing is skipped in silence.

mod error;
mod given;
mod graph;
mod heads;
mod node;
mod operators;
mod qdq;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod qdq_tests;
mod shapes;
mod tensor;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, clippy::all)]
mod proto;

pub use error::{Fault, OnnxError};
pub use heads::HeadNames;
pub use tensor::External;

use super::Network;
use prost::Message;

/// Versions of the ONNX operator set whose supported operators mean the same.
const OPSETS: std::ops::RangeInclusive<i64> = 10..=23;

/// Reads a model; `bytes` is the whole file, `heads` says which outputs are heads.
///
/// Layers come in the order a machine with exits runs them: up to the first head, that head, on to the second.
/// Layers that only outputs left out of `heads` need are dropped.
///
/// # Errors
/// [`OnnxError::Unreadable`] when the bytes are no ONNX model, otherwise [`OnnxError::Faults`] with every fault found.
pub fn import(bytes: &[u8], heads: &HeadNames) -> Result<Network, OnnxError> {
    import_with(bytes, heads, &|_| Err("no folder is known to look in".into()))
}

/// [`import`] of a model whose constants may lie in files beside it, which `external` reads.
///
/// # Errors
/// As [`import`].
pub fn import_with(bytes: &[u8], heads: &HeadNames, external: External<'_>) -> Result<Network, OnnxError> {
    let model = readable(bytes)?;
    let graph = model.graph.as_ref().ok_or_else(no_graph)?;
    if let Some(fault) = given::dynamic(graph) {
        return Err(OnnxError::Faults(vec![fault]));
    }
    let mut walk = graph::walk(graph, external);
    walk.faults.splice(0..0, versions(&model));
    heads::assemble(&mut walk, graph, heads)
}

/// A network known by its shapes only.
#[derive(Clone, Debug, PartialEq)]
pub struct Shapes {
    /// The network of one sample.
    pub network: Network,
    /// What was taken for granted, to be told.
    pub notes: Vec<String>,
}

/// What to say of a model whose first dimension is fixed: it is a batch, and a network is of one sample.
#[must_use]
pub fn batch_note(bytes: &[u8]) -> Option<String> {
    fixed_batch(readable(bytes).ok()?.graph.as_ref()?)
}

fn fixed_batch(graph: &proto::GraphProto) -> Option<String> {
    let batch = shapes::batch(graph);
    (batch > 1).then(|| {
        format!(
            "the first dimension of its input is fixed at {batch} and taken for a batch: figures are of batch.size samples, \
             and --set batch.size={batch} asks for the graph's"
        )
    })
}

/// Reads a model of any precision for its shapes only: its layers have no weights, and cannot be replayed.
///
/// Weights may be missing altogether: then they are inputs of the graph after the image, as PyTorch's exporter writes them
/// with `export_params=False`.
///
/// # Errors
/// As [`import`].
pub fn shapes(bytes: &[u8], heads: &HeadNames) -> Result<Shapes, OnnxError> {
    let model = readable(bytes)?;
    let graph = model.graph.as_ref().ok_or_else(no_graph)?;
    let mut walk = shapes::walk(graph);
    let network = heads::assemble(&mut walk, graph, heads)?;
    Ok(Shapes { network, notes: walk.notes })
}

fn readable(bytes: &[u8]) -> Result<proto::ModelProto, OnnxError> {
    let unreadable = |cause: String| OnnxError::Unreadable { cause };
    let model = proto::ModelProto::decode(bytes).map_err(|e| unreadable(e.to_string()))?;
    match &model.graph {
        None => Err(no_graph()),
        Some(graph) if graph.node.is_empty() => Err(unreadable("its graph has no nodes".into())),
        Some(_) => Ok(model),
    }
}

fn no_graph() -> OnnxError {
    OnnxError::Unreadable { cause: "it contains no graph".into() }
}

/// Faults in what the model is written for.
fn versions(model: &proto::ModelProto) -> Vec<Fault> {
    let unsupported = model.opset_import.iter().filter(|set| match set.domain() {
        "" | "ai.onnx" => !OPSETS.contains(&set.version()),
        "com.microsoft" => set.version() != 1,
        // Other sets are harmless unless a node uses them, and then the node is at fault.
        _ => false,
    });
    let mut faults: Vec<Fault> = unsupported
        .map(|set| {
            let cause =
                format!("the model is written for operator set `{}` version {}", set.domain(), set.version());
            let remedy =
                format!("supported are ai.onnx {} to {}, com.microsoft 1", OPSETS.start(), OPSETS.end());
            Fault::graph(cause, remedy)
        })
        .collect();
    if !model.functions.is_empty() {
        faults.push(Fault::graph("the model defines functions", "inline them before quantizing"));
    }
    faults
}
