//! Import of a model for its shapes only, in any precision: what is needed to time a network, and nothing else.
//!
//! Quantizing, dequantizing, normalizing and functions of one element change no shape; hardware does them in the
//! requantization that follows every product. What is made here has no weights and cannot be replayed.

use super::error::Fault;
use super::graph::{Slot, Walk, fixed};
use super::node::{Constants, Node};
use super::operators::{Ifmap, Made, axes, convolved, moving, pooling_window, windowed};
use super::proto::{GraphProto, TensorProto, ValueInfoProto, type_proto};
use crate::network::{Function, Op, Quantization};
use crate::shape::MapShape;
use std::collections::BTreeMap;

/// Codes that nobody reads: a shape has none.
const NO_CODES: Quantization = Quantization { scale: 1.0, zero_point: 0, signed: false };

/// Operators that leave the shape of their first input as it is.
const SHAPELESS: [&str; 24] = [
    "BatchNormalization",
    "Cast",
    "Clip",
    "DequantizeLinear",
    "DynamicQuantizeLinear",
    "Elu",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "InstanceNormalization",
    "LeakyRelu",
    "LogSoftmax",
    "LRN",
    "Mish",
    "PRelu",
    "QLinearLeakyRelu",
    "QLinearSigmoid",
    "QuantizeLinear",
    "Relu",
    "Selu",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
];

/// Shapes of constants by name.
type Dims = BTreeMap<String, Vec<usize>>;

/// Walks a graph for shapes; the result is whole only if there are no faults.
pub(super) fn walk(graph: &GraphProto, constants: &Constants) -> Walk {
    let mut dims = dims(graph);
    let mut walk = Walk::begun(graph, constants, true);
    for proto in graph.node.iter().filter(|n| n.op_type() != "Constant") {
        let node = Node { proto, constants, reads_codes: false };
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
    let nodes = graph.node.iter().filter(|n| n.op_type() == "Constant").filter_map(|n| {
        let tensor = n.attribute.iter().find_map(|a| a.t.as_ref());
        Some((n.output.first()?.clone(), tensor.map_or(Some(vec![1]), shape)))
    });
    let inputs = weight_inputs(graph).map(|input| (input.name().to_owned(), sizes(input)));
    stored.chain(nodes).chain(inputs).filter_map(|(name, shape)| Some((name, shape?))).collect()
}

/// The shape of what a node makes of constants only: of weights that are dequantized, cast or turned.
fn constant_shape(node: &Node<'_>, dims: &Dims) -> Option<Vec<usize>> {
    let shape = dims.get(node.input(0))?;
    match node.proto.op_type() {
        "QuantizeLinear" | "DequantizeLinear" | "Cast" | "Identity" => Some(shape.clone()),
        "Transpose" if shape.len() == 2 => Some(vec![shape[1], shape[0]]),
        _ => None,
    }
}

/// A node becomes a layer, or passes its input on.
fn visit(walk: &mut Walk, node: &Node<'_>, dims: &Dims) -> Result<(), Fault> {
    let operator = node.proto.op_type();
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
    let made = if SHAPELESS.contains(&operator)
        || ifmaps.len() == 1 && ["Add", "Mul", "Sub", "Div"].contains(&operator)
    {
        same(ifmaps[0])
    } else {
        layer(node, &ifmaps, dims)?
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

/// What an operator does to shapes.
fn layer(node: &Node<'_>, ifmaps: &[Ifmap<'_>], dims: &Dims) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    let weights = |index: usize| {
        let name = node.input(index);
        dims.get(name).ok_or_else(|| {
            node.fault(format!("its weights `{name}` are no constant"), "supported are constant weights")
        })
    };
    match node.proto.op_type() {
        "Conv" | "QLinearConv" => {
            let at = if node.proto.op_type() == "Conv" { 1 } else { 3 };
            let (conv, shape) = convolved(node, ifmap, weights(at)?)?;
            Ok(made(Some(Op::Conv(conv)), shape, 4))
        }
        "Gemm" | "QGemm" => {
            let at = if node.proto.op_type() == "Gemm" { 1 } else { 3 };
            let turned = node.int("transB", 0)? != 0;
            fully_connected(node, ifmap, weights(at)?, turned)
        }
        "MatMul" => fully_connected(node, ifmap, weights(1)?, false),
        "QLinearMatMul" => fully_connected(node, ifmap, weights(3)?, false),
        "AveragePool" | "QLinearAveragePool" => {
            let (window, input) = (pooling_window(node)?, ifmap.value.shape);
            let shape = windowed(node, input, &window, input.channels)?;
            Ok(made(Some(Op::AveragePool(window)), shape, 4))
        }
        "GlobalAveragePool" | "QLinearGlobalAveragePool" | "ReduceMean" => {
            if node.proto.op_type() == "ReduceMean" && !over_the_map(node, ifmap.rank)? {
                return Err(node.fault("it averages other axes than height and width", "supported is a whole map"));
            }
            let vector = MapShape::vector(ifmap.value.shape.channels);
            let rank = if node.int("keepdims", 1)? == 0 { 2 } else { ifmap.rank };
            Ok(made(Some(Op::GlobalAveragePool), vector, rank))
        }
        "Add" | "QLinearAdd" if ifmaps.len() == 2 && ifmaps[1].value.shape == ifmap.value.shape => {
            Ok(made(Some(Op::Add), ifmap.value.shape, ifmap.rank))
        }
        "Concat" | "QLinearConcat" => {
            let whole = ifmap.value.shape;
            let fits = |other: &Ifmap<'_>| [other.value.shape.height, other.value.shape.width] == [whole.height, whole.width];
            if node.int("axis", 1)? != 1 || !ifmaps.iter().all(fits) {
                return Err(node.fault("it joins other axes than channels", "supported is axis = 1"));
            }
            let channels = ifmaps.iter().map(|i| i.value.shape.channels).sum();
            Ok(made(Some(Op::Concat), MapShape { channels, ..whole }, ifmap.rank))
        }
        _ => match moving(node) {
            Some(translate) => translate(node, ifmaps),
            None => Err(node.fault(
                "its shapes are not known",
                "supported are convolutions, fully connected layers, pools, sums and concatenations of maps, and \
                 functions of one element",
            )),
        },
    }
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
