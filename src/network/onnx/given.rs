//! What a graph is given: constants, and the image's size.

use super::error::Fault;
use super::node::{Constants, Node};
use super::operators::{MAX_ELEMENTS, Replay, find};
use super::proto::tensor_shape_proto::{Dimension, dimension};
use super::proto::{GraphProto, NodeProto, TensorProto, ValueInfoProto, tensor_proto::DataType, type_proto};
use super::tensor::{External, constant};
use crate::shape::MapShape;

/// Whether a node only holds a constant.
pub(super) fn is_constant(node: &NodeProto) -> bool {
    find(node.domain(), node.op_type()).is_some_and(|operator| matches!(operator.replay, Replay::Constant))
}

/// Initializers and Constant nodes by name.
pub(super) fn constants(graph: &GraphProto, external: External<'_>) -> Constants {
    let stored = graph.initializer.iter().map(|t| (t.name().to_owned(), constant(t, external)));
    let nodes = graph.node.iter().filter(|n| is_constant(n)).filter_map(|n| {
        let tensor: Option<&TensorProto> = match n.attribute.as_slice() {
            [only] if only.name() == "value" => only.t.as_ref(),
            _ => None,
        };
        let why = "supported is a Constant node with a tensor in `value`";
        Some((n.output.first()?.clone(), tensor.map_or(Err(why.into()), |tensor| constant(tensor, external))))
    });
    stored.chain(nodes).collect()
}

/// The fault of a graph whose activations are quantized anew for every image.
pub(super) fn dynamic(graph: &GraphProto) -> Option<Fault> {
    let is_dynamic = |node: &&NodeProto| {
        find(node.domain(), node.op_type()).is_some_and(|operator| matches!(operator.replay, Replay::Dynamic))
    };
    let first = graph.node.iter().find(is_dynamic)?;
    let (count, name) =
        (graph.node.iter().filter(is_dynamic).count(), Node::new(first, &Constants::new()).name().to_owned());
    Some(Fault::graph(
        format!(
            "it is quantized dynamically: {count} nodes, `{name}` ({}) first, take scales from each image anew",
            first.op_type()
        ),
        "a replay needs scales that are constants: quantize with onnxruntime's quantize_static \
         (docs/bring-your-own-network.md)",
    ))
}

/// A size that does not depend on the inference.
pub(super) fn fixed(dim: &Dimension) -> Option<usize> {
    match dim.value {
        Some(dimension::Value::DimValue(size)) => usize::try_from(size).ok().filter(|&size| size > 0),
        _ => None,
    }
}

/// Shape without the batch, and rank, of the graph's input.
pub(super) fn image_shape(input: &ValueInfoProto) -> Result<(MapShape, usize), String> {
    let Some(type_proto::Value::TensorType(tensor)) = input.r#type.as_ref().and_then(|t| t.value.as_ref())
    else {
        return Err("is no tensor".into());
    };
    if tensor.elem_type() != DataType::Float as i32 {
        return Err("is not float32".into());
    }
    let dims = tensor.shape.as_ref().map(|s| s.dim.as_slice()).unwrap_or_default();
    let fixed: Option<Vec<usize>> = dims.iter().skip(1).map(fixed).collect();
    let shape = match fixed.as_deref() {
        Some(&[channels, height, width]) => MapShape { channels, height, width },
        Some(&[length]) => MapShape::vector(length),
        _ => return Err(format!("has rank {} or an unknown size", dims.len())),
    };
    let elements = shape.channels.checked_mul(shape.height).and_then(|n| n.checked_mul(shape.width));
    if elements.is_none_or(|n| n > MAX_ELEMENTS) {
        return Err(format!("has more than {MAX_ELEMENTS} elements"));
    }
    Ok((shape, dims.len()))
}
