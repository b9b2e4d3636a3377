//! What a graph's inputs and constants are, by their extents.

use std::collections::BTreeMap;

use super::tensor::{Source, Tensor, numbers};
use crate::network::onnx::error::Fault;
use crate::network::onnx::given::{fixed, is_constant};
use crate::network::onnx::operators::{MAX_ELEMENTS, takes_steps_first};
use crate::network::onnx::proto::tensor_shape_proto::{Dimension, dimension};
use crate::network::onnx::proto::{AttributeProto, GraphProto, TensorProto, ValueInfoProto, type_proto};

/// Inputs of the graph that are not stored in it.
fn open_inputs(graph: &GraphProto) -> impl Iterator<Item = &ValueInfoProto> {
    let stored: std::collections::BTreeSet<&str> = graph.initializer.iter().map(TensorProto::name).collect();
    graph.input.iter().filter(move |input| !stored.contains(input.name()))
}

/// Inputs of the graph that stand for weights: all after the image, which is the first that is no initializer.
pub(in super::super) fn weight_inputs(graph: &GraphProto) -> impl Iterator<Item = &ValueInfoProto> {
    open_inputs(graph).skip(1)
}

fn dimensions(input: &ValueInfoProto) -> Option<&[Dimension]> {
    match input.r#type.as_ref()?.value.as_ref()? {
        type_proto::Value::TensorType(tensor) => tensor.shape.as_ref().map(|shape| shape.dim.as_slice()),
        _ => None,
    }
}

/// Which axis of the image is the batch: the first, or the second of what a recurrent layer reads step by step.
fn batch_axis(graph: &GraphProto) -> usize {
    let Some(input) = open_inputs(graph).next() else { return 0 };
    let reads = |node: &&crate::network::onnx::proto::NodeProto| {
        node.input.first().is_some_and(|name| name == input.name())
    };
    usize::from(graph.node.iter().find(reads).is_some_and(takes_steps_first))
}

/// Samples that the graph computes at once: a fixed first dimension of at least two axes, otherwise one.
pub(in super::super) fn batch(graph: &GraphProto) -> usize {
    let Some(dims) = open_inputs(graph).next().and_then(dimensions) else { return 1 };
    if dims.len() < 2 {
        return 1;
    }
    dims.get(batch_axis(graph)).and_then(fixed).unwrap_or(1)
}

/// Name and extents of the image, or the name and what is wrong.
pub(super) fn image(graph: &GraphProto) -> Result<(&str, Vec<usize>), (&str, Fault)> {
    let Some(input) = open_inputs(graph).next() else {
        return Err(("", Fault::graph("the graph has 0 inputs", "supported is one, the image")));
    };
    let name = input.name();
    let Some(dims) = dimensions(input) else {
        let cause = format!("graph input `{name}` is no tensor of a known rank");
        return Err((name, Fault::graph(cause, "write its shape, or run onnx.shape_inference")));
    };
    let axis = batch_axis(graph);
    let mut found = Vec::new();
    for (i, dim) in dims.iter().enumerate() {
        match fixed(dim) {
            Some(size) => found.push(size),
            None if i == axis && dims.len() > 1 => found.push(1),
            None => return Err((name, open(name, i, dim))),
        }
    }
    let batch = batch(graph);
    if super::tensor::elements(&found).is_none_or(|n| n / batch > MAX_ELEMENTS) {
        let cause = format!("graph input `{name}` has more than {MAX_ELEMENTS} elements per sample");
        return Err((name, Fault::graph(cause, "give a smaller input")));
    }
    Ok((name, found))
}

/// A size that only an inference tells.
fn open(name: &str, axis: usize, dim: &Dimension) -> Fault {
    let (called, option) = match &dim.value {
        Some(dimension::Value::DimParam(called)) if !called.is_empty() => {
            (format!(" (`{called}`)"), format!("--dim_param {called} --dim_value N"))
        }
        _ => (String::new(), format!("--input_name {name} --input_shape 1,...")),
    };
    Fault::graph(
        format!("graph input `{name}` has no fixed size along axis {axis}{called}"),
        format!("fix it: python -m onnxruntime.tools.make_dynamic_shape_fixed {option} IN.onnx OUT.onnx"),
    )
}

/// Initializers, Constant nodes and inputs that stand for weights.
pub(super) fn constants(graph: &GraphProto) -> BTreeMap<String, Option<Tensor>> {
    let stored = graph.initializer.iter().map(|tensor| (tensor.name().to_owned(), stored(tensor)));
    let nodes =
        graph.node.iter().filter(|node| is_constant(node)).filter_map(|node| {
            Some((node.output.first()?.clone(), node.attribute.iter().find_map(attribute)))
        });
    let inputs = weight_inputs(graph).map(|input| {
        // A first size that is not fixed is the batch's, which is one then.
        let size = |(i, dim): (usize, &Dimension)| fixed(dim).or((i == 0).then_some(1));
        let dims = dimensions(input).and_then(|dims| dims.iter().enumerate().map(size).collect());
        let tensor = dims.map(|dims| Tensor { dims, numbers: None, source: Source::Given });
        (input.name().to_owned(), tensor)
    });
    inputs.chain(stored).chain(nodes).collect()
}

fn stored(tensor: &TensorProto) -> Option<Tensor> {
    let dims: Vec<usize> = tensor.dims.iter().map(|&d| usize::try_from(d).ok()).collect::<Option<_>>()?;
    let numbers = numbers(tensor, &dims);
    Some(Tensor { dims, numbers, source: Source::Constant })
}

/// The tensor in an attribute of a Constant node.
fn attribute(attribute: &AttributeProto) -> Option<Tensor> {
    use super::tensor::Numbers::{Real, Whole};
    let (dims, numbers) = match attribute.name() {
        "value" => return attribute.t.as_ref().and_then(stored),
        "value_int" => (Vec::new(), Whole(vec![attribute.i()])),
        "value_ints" => (vec![attribute.ints.len()], Whole(attribute.ints.clone())),
        "value_float" => (Vec::new(), Real(vec![attribute.f().into()])),
        "value_floats" => {
            (vec![attribute.floats.len()], Real(attribute.floats.iter().map(|&n| n.into()).collect()))
        }
        _ => return None,
    };
    Some(Tensor { dims, numbers: Some(numbers), source: Source::Constant })
}
