//! Import of a model for its shapes only, in any precision: what is needed to time a network, and nothing else.
//!
//! Quantizing, dequantizing, normalizing and functions of one element change no shape; hardware does them in the
//! requantization that follows every product. What is made here has no weights and cannot be replayed.

use super::error::Fault;
use super::graph::{Slot, Walk, fixed, is_constant};
use super::node::{Constants, Node};
use super::operators::{Ifmap, Made, Shape, axes, convolved, moving, pooling_window, windowed};
use super::proto::{GraphProto, TensorProto, ValueInfoProto, type_proto};
use crate::network::{Function, Op, Quantization};
use crate::shape::MapShape;
use std::collections::BTreeMap;

/// Codes that nobody reads: a shape has none.
const NO_CODES: Quantization = Quantization { scale: 1.0, zero_point: 0, signed: false };

/// Shapes of constants by name.
pub(super) type Dims = BTreeMap<String, Vec<usize>>;

/// Walks a graph for shapes; the result is whole only if there are no faults.
pub(super) fn walk(graph: &GraphProto, constants: &Constants) -> Walk {
    let mut dims = dims(graph);
    let mut walk = Walk::begun(graph, constants, true);
    for proto in graph.node.iter().filter(|n| !is_constant(n)) {
        let node = Node::new(proto, constants);
        if let Some(shape) = constant_shape(&node, &dims) {
            dims.extend(proto.output.iter().map(|name| (name.clone(), shape.clone())));
            continue;
        }
        if let Err(fault) = visit(&mut walk, &node, &dims) {
            walk.faults.push(fault);
            walk.spoil(&node);
        }
    }
    walk
}

/// Inputs of the graph that stand for weights: all after the image, which is the first that is no initializer.
pub(super) fn weight_inputs(graph: &GraphProto) -> impl Iterator<Item = &ValueInfoProto> {
    let stored =
        |input: &&ValueInfoProto| graph.initializer.iter().any(|tensor| tensor.name() == input.name());
    graph.input.iter().filter(move |input| !stored(input)).skip(1)
}

/// Sizes of a graph input, when all of them are known.
fn sizes(input: &ValueInfoProto) -> Option<Vec<usize>> {
    let type_proto::Value::TensorType(tensor) = input.r#type.as_ref()?.value.as_ref()? else { return None };
    tensor.shape.as_ref()?.dim.iter().map(fixed).collect()
}

fn dims(graph: &GraphProto) -> Dims {
    let shape = |tensor: &TensorProto| tensor.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
    let stored = graph.initializer.iter().map(|t| (t.name().to_owned(), shape(t)));
    let nodes = graph.node.iter().filter(|n| is_constant(n)).filter_map(|n| {
        let tensor = n.attribute.iter().find_map(|a| a.t.as_ref());
        Some((n.output.first()?.clone(), tensor.map_or(Some(vec![1]), shape)))
    });
    let inputs = weight_inputs(graph).map(|input| (input.name().to_owned(), sizes(input)));
    stored.chain(nodes).chain(inputs).filter_map(|(name, shape)| Some((name, shape?))).collect()
}

/// The shape of what a node makes of constants only: of weights that are dequantized, cast or turned.
fn constant_shape(node: &Node<'_>, dims: &Dims) -> Option<Vec<usize>> {
    let shape = dims.get(node.input(0))?;
    match node.operator?.shape {
        Shape::Same => Some(shape.clone()),
        Shape::Moved(constant) => constant(shape),
        _ => None,
    }
}

/// Constants that this operator makes no constant of.
pub(super) fn no_constant(_: &[usize]) -> Option<Vec<usize>> {
    None
}

/// A constant that keeps its shape.
pub(super) fn kept(shape: &[usize]) -> Option<Vec<usize>> {
    Some(shape.to_vec())
}

/// A matrix whose rows become columns.
pub(super) fn turned(shape: &[usize]) -> Option<Vec<usize>> {
    match *shape {
        [rows, columns] => Some(vec![columns, rows]),
        _ => None,
    }
}

/// A node becomes a layer, or passes its input on.
fn visit(walk: &mut Walk, node: &Node<'_>, dims: &Dims) -> Result<(), Fault> {
    let (mut ids, mut ranks) = (Vec::new(), Vec::new());
    for name in node.proto.input.iter().filter(|name| !name.is_empty() && !dims.contains_key(*name)) {
        match walk.names.get(name) {
            Some(&Slot::Reals { id, rank, .. }) => {
                ids.push(id);
                ranks.push(rank);
            }
            Some(_) => {
                walk.spoil(node);
                return Ok(());
            }
            None if node.constants.contains_key(name) => {
                return Err(node.fault(
                    format!("the constant `{name}` has no fixed size"),
                    "its extents must be numbers above 0",
                ));
            }
            None => {
                return Err(node.fault(
                    format!("nothing before it makes its input `{name}`"),
                    "connect it; nodes must be in topological order, without cycles",
                ));
            }
        }
    }
    if ids.is_empty() {
        return Err(node.fault("it reads constants only", "fold constants before the import"));
    }
    let ifmaps: Vec<Ifmap<'_>> =
        ids.iter().zip(ranks).map(|(id, rank)| Ifmap { value: &walk.values[id.0], rank }).collect();
    let made = match node.operator.map(|operator| operator.shape) {
        Some(Shape::Same) => same(ifmaps[0]),
        Some(Shape::SameOr(_)) if ifmaps.len() == 1 => same(ifmaps[0]),
        Some(Shape::SameOr(shape) | Shape::Of(shape)) => shape(node, &ifmaps, dims)?,
        Some(Shape::Moved(_)) => moving(node).ok_or_else(|| not_known(node))?(node, &ifmaps)?,
        Some(Shape::Constant | Shape::Unknown) | None => return Err(not_known(node)),
    };
    let (rank, output) = (made.rank, node.proto.output.first().cloned().unwrap_or_default());
    if made.op.is_none() {
        let id = ids[0];
        walk.names.insert(output, Slot::Reals { id, rank, function: Function::Identity });
        return Ok(());
    }
    walk.add(node, ids, made);
    if let Some(Slot::Codes { id, .. }) = walk.names.get(&output).copied() {
        walk.names.insert(output, Slot::Reals { id, rank, function: Function::Identity });
    }
    Ok(())
}

fn same(ifmap: Ifmap<'_>) -> Made {
    made(None, ifmap.value.shape, ifmap.rank)
}

fn made(op: Option<Op>, shape: MapShape, rank: usize) -> Made {
    Made { op, shape, rank, quantization: NO_CODES, parameters: None }
}

/// An operator that has no shape here.
fn not_known(node: &Node<'_>) -> Fault {
    node.fault(
        "its shapes are not known",
        "supported are convolutions, fully connected layers, pools, sums and concatenations of maps, and functions of one \
         element",
    )
}

pub(super) fn unknown(node: &Node<'_>, _: &[Ifmap<'_>], _: &Dims) -> Result<Made, Fault> {
    Err(not_known(node))
}

/// The shape of the weights at an input.
fn weights<'a>(node: &Node<'_>, index: usize, dims: &'a Dims) -> Result<&'a [usize], Fault> {
    let name = node.input(index);
    let found = dims.get(name).ok_or_else(|| {
        node.fault(format!("its weights `{name}` are no constant"), "supported are constant weights")
    });
    found.map(Vec::as_slice)
}

/// A convolution with weights at input `W`.
pub(super) fn convolution<const W: usize>(
    node: &Node<'_>,
    ifmaps: &[Ifmap<'_>],
    dims: &Dims,
) -> Result<Made, Fault> {
    let (conv, shape) = convolved(node, ifmaps[0], weights(node, W, dims)?)?;
    Ok(made(Some(Op::Conv(conv)), shape, 4))
}

/// A fully connected layer with weights at input `W`.
pub(super) fn gemm<const W: usize>(
    node: &Node<'_>,
    ifmaps: &[Ifmap<'_>],
    dims: &Dims,
) -> Result<Made, Fault> {
    let turned = node.int("transB", 0)? != 0;
    fully_connected(node, ifmaps[0], weights(node, W, dims)?, turned)
}

/// A fully connected layer without bias, with weights at input `W`.
pub(super) fn product<const W: usize>(
    node: &Node<'_>,
    ifmaps: &[Ifmap<'_>],
    dims: &Dims,
) -> Result<Made, Fault> {
    fully_connected(node, ifmaps[0], weights(node, W, dims)?, false)
}

pub(super) fn average_pool(node: &Node<'_>, ifmaps: &[Ifmap<'_>], _: &Dims) -> Result<Made, Fault> {
    let (window, input) = (pooling_window(node)?, ifmaps[0].value.shape);
    let shape = windowed(node, input, &window, input.channels)?;
    Ok(made(Some(Op::AveragePool(window)), shape, 4))
}

pub(super) fn global_average_pool(node: &Node<'_>, ifmaps: &[Ifmap<'_>], _: &Dims) -> Result<Made, Fault> {
    let vector = MapShape::vector(ifmaps[0].value.shape.channels);
    let rank = if node.int("keepdims", 1)? == 0 { 2 } else { ifmaps[0].rank };
    Ok(made(Some(Op::GlobalAveragePool), vector, rank))
}

pub(super) fn mean(node: &Node<'_>, ifmaps: &[Ifmap<'_>], dims: &Dims) -> Result<Made, Fault> {
    if over_the_map(node, ifmaps[0].rank)? {
        return global_average_pool(node, ifmaps, dims);
    }
    Err(node.fault("it averages other axes than height and width", "supported is a whole map"))
}

pub(super) fn sum(node: &Node<'_>, ifmaps: &[Ifmap<'_>], _: &Dims) -> Result<Made, Fault> {
    match *ifmaps {
        [a, b] if a.value.shape == b.value.shape => Ok(made(Some(Op::Add), a.value.shape, a.rank)),
        _ => Err(not_known(node)),
    }
}

pub(super) fn concatenation(node: &Node<'_>, ifmaps: &[Ifmap<'_>], _: &Dims) -> Result<Made, Fault> {
    let whole = ifmaps[0].value.shape;
    let fits = |other: &Ifmap<'_>| {
        [other.value.shape.height, other.value.shape.width] == [whole.height, whole.width]
    };
    if node.int("axis", 1)? != 1 || !ifmaps.iter().all(fits) {
        return Err(node.fault("it joins other axes than channels", "supported is axis = 1"));
    }
    let channels = ifmaps.iter().map(|i| i.value.shape.channels).sum();
    Ok(made(Some(Op::Concat), MapShape { channels, ..whole }, ifmaps[0].rank))
}

/// Whether a ReduceMean averages every row and column, and nothing else.
fn over_the_map(node: &Node<'_>, rank: usize) -> Result<bool, Fault> {
    let rank = i64::try_from(rank).unwrap_or(0);
    let mut places: Vec<i64> =
        axes(node)?.into_iter().map(|axis| if axis < 0 { axis.saturating_add(rank) } else { axis }).collect();
    places.sort_unstable();
    Ok(rank == 4 && places == [2, 3])
}

fn fully_connected(
    node: &Node<'_>,
    ifmap: Ifmap<'_>,
    weights: &[usize],
    turned: bool,
) -> Result<Made, Fault> {
    let &[rows, columns] = weights else {
        return Err(node.fault(format!("weights of shape {weights:?}"), "supported is rank 2"));
    };
    let (inputs, outputs) = if turned { (columns, rows) } else { (rows, columns) };
    let elements = ifmap.value.shape.elements();
    if inputs != elements || outputs == 0 || ifmap.rank != 2 {
        return Err(node.fault(
            format!("weights of {inputs} inputs and {outputs} outputs"),
            format!("its ifmap has {elements} elements and rank {}; flatten maps before", ifmap.rank),
        ));
    }
    Ok(made(Some(Op::FullyConnected { inputs, outputs }), MapShape::vector(outputs), 2))
}
