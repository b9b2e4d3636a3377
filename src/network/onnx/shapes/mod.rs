//! Import of a model for its shapes only, in any precision: what is needed to time a network, and nothing else.
//!
//! Tensors have their graph's extents, batch and all. What does not depend on the image is computed on the way (shapes,
//! axes, ranges), so that an exporter's output needs no other tool. What moves elements only is addresses, and no layer.
//! Functions of one element are put together until something else reads them, and are then one table; factors and terms
//! per channel behind a product are part of it. What is made here has no weights and cannot be replayed.

mod call;
mod elements;
mod fold;
mod functions;
mod graph;
mod moves;
mod products;
mod rows;
mod tensor;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod windows;

pub(super) use call::{Call, Shaped};
pub(super) use elements::*;
pub(super) use fold::{filled, range, shape, size};
pub(super) use graph::batch;
pub(super) use moves::{
    depth_to_space, dropout, expand, flatten, gather, gather_elements, gather_slices, identity, pad, reshape,
    slice, space_to_depth, split, squeeze, tile, transpose, unsqueeze,
};
pub(super) use products::{
    convolution, einsum, fused_product, gemm_of, gru, lstm, product as matrix_product, rnn,
    transposed_convolution,
};
pub(super) use rows::{
    across_channels, concatenation, concatenation_of_codes, mean, normalization, passes, place_of_extreme,
    quantize_dynamically, reduction, resize, scatter, softmax, sum_and_normalization, upsample,
};
pub(super) use windows::{average_pool, global_average_pool, global_max_pool, max_pool, norm_pool};

use std::collections::{BTreeMap, BTreeSet};

use self::call::{Does, Output, Piece};
use self::tensor::{Map, Source, Tensor, elements as count};
use self::windows::map_shape;
use super::error::Fault;
use super::graph::{Slot, Walk};
use super::node::{Constants, Node};
use super::operators::{Domain, Shape, find};
use super::proto::{GraphProto, NodeProto};
use crate::network::segment::LayerKind;
use crate::network::{Op, Quantization, ValueId};
use crate::shape::MapShape;

/// Codes that nobody reads: a shape has none.
const NO_CODES: Quantization = Quantization { scale: 1.0, zero_point: 0, signed: false };

/// Walks a graph for shapes; the result is whole only if there are no faults.
pub(super) fn walk(graph: &GraphProto) -> Walk {
    tensors(graph).finish(graph)
}

/// Every tensor of a graph.
fn tensors(graph: &GraphProto) -> Shapes<'_> {
    let constants = Constants::new();
    let mut shapes = Shapes {
        batch: batch(graph),
        tensors: graph::constants(graph),
        outputs: graph.output.iter().map(|output| output.name()).collect(),
        unread: BTreeSet::new(),
        orders: 0,
        walk: Walk::of_shapes(),
    };
    shapes.walk.notes.extend(super::fixed_batch(graph));
    shapes.walk.notes.extend(shapes.widths(graph));
    shapes.image(graph);
    for proto in &graph.node {
        let node = Node::new(proto, &constants);
        if let Err(fault) = shapes.visit(&node) {
            shapes.walk.faults.push(fault);
            shapes.spoil(&node);
        }
    }
    shapes
}

/// What is known so far.
struct Shapes<'a> {
    /// Samples that the graph computes at once.
    batch: usize,
    /// Tensors by name; `None` for one that a node at fault makes.
    tensors: BTreeMap<String, Option<Tensor>>,
    outputs: BTreeSet<&'a str>,
    /// Names of second results that no shape is known of: places of a maximum, statistics.
    unread: BTreeSet<String>,
    /// Orders of elements so far.
    orders: usize,
    walk: Walk,
}

impl Shapes<'_> {
    /// The image is the first input that is no weight.
    fn image(&mut self, graph: &GraphProto) {
        match graph::image(graph) {
            Ok((name, dims)) => {
                let id = self.walk.value(name, self.shape(&dims), NO_CODES);
                self.walk.input = Some(id);
                let source = Source::Map(Map { id, product: false, function: false, order: 0 });
                self.tensors.insert(name.to_owned(), Some(Tensor { dims, numbers: None, source }));
            }
            Err((name, fault)) => {
                self.walk.faults.push(fault);
                self.tensors.insert(name.to_owned(), None);
            }
        }
    }

    /// What to say of a QONNX graph's widths: the array has one.
    fn widths(&self, graph: &GraphProto) -> Option<String> {
        /// Place of the number of bits among the inputs of a Quant.
        const BITS: usize = 3;
        let bits = |node: &NodeProto| {
            let quant = find(node.domain(), node.op_type())?.domain == Domain::Qonnx;
            let numbers =
                self.tensors.get(node.input.get(BITS).filter(|_| quant)?)?.as_ref()?.numbers.as_ref()?;
            numbers.reals().first().copied()
        };
        let mut found: Vec<f64> = graph.node.iter().filter_map(bits).collect();
        found.sort_by(f64::total_cmp);
        found.dedup();
        let found: Vec<String> = found.iter().map(f64::to_string).collect();
        (!found.is_empty()).then(|| {
            format!(
                "its Quant nodes ask for {} bits; every operand is timed as one of 8 bits",
                found.join(", ")
            )
        })
    }

    /// A map's shape for one sample.
    fn shape(&self, dims: &[usize]) -> MapShape {
        let whole = count(dims).unwrap_or(usize::MAX);
        match *dims {
            [first, ref rest @ ..] if first == self.batch && !rest.is_empty() => map_shape(rest),
            _ => MapShape::vector(whole.div_ceil(self.batch.max(1))),
        }
    }

    fn spoil(&mut self, node: &Node<'_>) {
        for name in node.proto.output.iter().filter(|name| !name.is_empty()) {
            self.tensors.insert(name.clone(), None);
        }
    }

    /// A node makes tensors, and perhaps layers.
    fn visit(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let operator = node.operator.ok_or_else(|| unknown(node))?;
        let name_twice = |name: &String| !name.is_empty() && self.tensors.contains_key(name);
        let of = match operator.shape {
            Shape::Constant => return Ok(()),
            Shape::Of(of) | Shape::BySteps(of) => of,
            Shape::Unknown(remedy) => return Err(node.fault("its shapes are not known", remedy)),
        };
        if node.proto.output.iter().any(name_twice) {
            return Err(
                node.fault("its output has the name of another tensor", "give every tensor its own name")
            );
        }
        let Some(inputs) = self.inputs(node)? else {
            self.spoil(node);
            return Ok(());
        };
        let call = Call { node, inputs: inputs.iter().map(Option::as_ref).collect(), batch: self.batch };
        call.countable()?;
        let shaped = of(&call)?;
        self.unread.extend(node.proto.output.iter().skip(shaped.outputs.len()).cloned());
        let image = call.inputs.iter().flatten().any(|tensor| matches!(tensor.source, Source::Map(_)));
        let given = call.inputs.iter().flatten().any(|tensor| !matches!(tensor.source, Source::Constant));
        // The type or the extents of a map may be all that is taken of it.
        let reads = match &shaped.does {
            Does::Known => false,
            Does::Renames(from) | Does::Moves(from) => call.is_map(*from),
            Does::Function(operands, _) => operands.iter().any(|&operand| call.is_map(operand)),
            Does::Layers(_) => image,
        };
        if !reads {
            let given = given && !matches!(shaped.does, Does::Known);
            return self.constant(node, shaped, given);
        }
        match shaped.does {
            Does::Known => Ok(()),
            Does::Renames(from) => {
                let order = call.map(from).map_or(0, |map| map.order);
                self.moves(&call, from, order, shaped.outputs)
            }
            Does::Moves(from) => {
                self.orders += 1;
                self.moves(&call, from, self.orders, shaped.outputs)
            }
            Does::Function(operands, function) => self.function(&call, &operands, function, shaped.outputs),
            Does::Layers(pieces) => self.layers(&call, pieces, shaped.outputs),
        }
    }

    /// What a node reads; `None` when some of it is unknown because of another fault.
    fn inputs(&self, node: &Node<'_>) -> Result<Option<Vec<Option<Tensor>>>, Fault> {
        let mut found = Vec::new();
        for name in &node.proto.input {
            found.push(match self.tensors.get(name) {
                _ if name.is_empty() => None,
                Some(Some(tensor)) => Some(tensor.clone()),
                Some(None) => return Ok(None),
                None if self.unread.contains(name) => {
                    let cause = format!("its input `{name}` is a second result, which has no shape here");
                    return Err(node.fault(cause, "read the first result only"));
                }
                None => {
                    return Err(node.fault(
                        format!("nothing before it makes its input `{name}`"),
                        "connect it; nodes must be in topological order, without cycles",
                    ));
                }
            });
        }
        Ok(Some(found))
    }

    /// Tensors that do not depend on the image. Products of inputs beside it would be work that is left out.
    fn constant(&mut self, node: &Node<'_>, shaped: Shaped, given: bool) -> Result<(), Fault> {
        let works =
            |piece: &Piece| matches!(piece.op, Op::Conv(_) | Op::FullyConnected { .. } | Op::Product { .. });
        if given && matches!(&shaped.does, Does::Layers(pieces) if pieces.iter().any(works)) {
            return Err(node.fault(
                "it works on an input of the graph beside the first",
                "supported is one input, and others for weights and masks; put two images into one tensor",
            ));
        }
        let source = if given { Source::Given } else { Source::Constant };
        for (name, Output { dims, numbers }) in node.proto.output.iter().zip(shaped.outputs) {
            self.tensors.insert(name.clone(), Some(Tensor { dims, numbers, source }));
        }
        Ok(())
    }

    /// Elements under other addresses.
    fn moves(
        &mut self,
        call: &Call<'_>,
        from: usize,
        order: usize,
        outputs: Vec<Output>,
    ) -> Result<(), Fault> {
        let map = Map { order, ..self.map(call, from)? };
        let whole = count(call.dims(from)?);
        for (name, Output { dims, .. }) in call.node.proto.output.iter().zip(outputs) {
            if count(&dims) == Some(0) {
                // The rest of a split that leaves nothing.
                let tensor = Tensor { dims, numbers: None, source: Source::Constant };
                self.tensors.insert(name.clone(), Some(tensor));
                continue;
            }
            call.count(&dims)?;
            let map = if count(&dims) == whole {
                map
            } else {
                let id = self.layer(name, Op::Rearrange, vec![map.id], &dims);
                Map { id, ..map }
            };
            self.insert(name, dims, map);
        }
        Ok(())
    }

    fn insert(&mut self, name: &str, dims: Vec<usize>, map: Map) {
        if !name.is_empty() {
            self.tensors
                .insert(name.to_owned(), Some(Tensor { dims, numbers: None, source: Source::Map(map) }));
        }
    }

    /// The map at an input, its function as a layer.
    fn map(&mut self, call: &Call<'_>, index: usize) -> Result<Map, Fault> {
        let (name, tensor) = (call.node.input(index), call.tensor(index)?);
        let Source::Map(map) = tensor.source else {
            return Err(call.node.fault(
                format!("its input `{name}` does not depend on the image"),
                "the operand must be a map; put weights in their place",
            ));
        };
        Ok(self.settled(name, &tensor.dims, map))
    }

    /// A map whose function, if there is one, is a layer.
    fn settled(&mut self, name: &str, dims: &[usize], map: Map) -> Map {
        if !map.function {
            return map;
        }
        // Another input of the same node may have settled it already.
        if let Some(Some(Tensor { source: Source::Map(map), .. })) = self.tensors.get(name)
            && !map.function
        {
            return *map;
        }
        let id = self.layer(name, Op::LookUp(crate::network::Function::Identity), vec![map.id], dims);
        let map = Map { id, product: false, function: false, order: 0 };
        self.insert(name, dims.to_vec(), map);
        map
    }

    /// A layer that makes a value of some name, and is called so.
    fn layer(&mut self, name: &str, op: Op, inputs: Vec<ValueId>, dims: &[usize]) -> ValueId {
        self.walk.layer(name.to_owned(), name, op, inputs, self.shape(dims))
    }

    /// A node of layers one after the other.
    fn layers(&mut self, call: &Call<'_>, pieces: Vec<Piece>, outputs: Vec<Output>) -> Result<(), Fault> {
        let name = call.node.proto.output.first().map_or("", String::as_str);
        if self.is_score(call, &pieces) {
            return self.moves(call, 0, 0, outputs);
        }
        let mut last: Option<Map> = None;
        for piece in pieces {
            let inputs = match last {
                Some(before) => vec![before.id],
                None => {
                    let reads = piece.reads.iter().map(|&index| self.map(call, index));
                    reads.map(|map| map.map(|map| map.id)).collect::<Result<Vec<_>, _>>()?
                }
            };
            let layer = format!("{}{}", call.node.name(), piece.suffix);
            let shape = self.shape(&piece.dims);
            let id = self.walk.layer(layer, &format!("{name}{}", piece.suffix), piece.op, inputs, shape);
            last = Some(Map { id, product: piece.product, function: false, order: 0 });
        }
        let Some(map) = last else { return Ok(()) };
        let whole = outputs.first().and_then(|output| count(&output.dims));
        for (name, Output { dims, .. }) in call.node.proto.output.iter().zip(outputs) {
            if dims.is_empty() && whole != Some(1) {
                // Scale and zero point of what is quantized by itself: factors that depend on the image.
                let tensor = Tensor { dims, numbers: None, source: Source::Given };
                self.tensors.insert(name.clone(), Some(tensor));
            } else if count(&dims) == whole {
                self.insert(name, dims, map);
            } else {
                let id = self.layer(name, Op::Rearrange, vec![map.id], &dims);
                self.insert(name, dims, Map { id, product: false, function: false, order: 0 });
            }
        }
        Ok(())
    }

    /// Whether a node only makes probabilities of a classifier's sums at an output: that is no work of the network, for
    /// the exclusion unit does it, and without heads the arg max needs none.
    fn is_score(&self, call: &Call<'_>, pieces: &[Piece]) -> bool {
        let only_softmax = matches!(pieces, [Piece { op: Op::Vector { kind: LayerKind::Softmax, .. }, .. }]);
        only_softmax && self.ends(call) && call.map(0).is_some_and(|map| map.product && !map.function)
    }

    /// Whether a node makes an output of vectors.
    fn ends(&self, call: &Call<'_>) -> bool {
        let output = |name: &String| self.outputs.contains(name.as_str());
        call.node.proto.output.iter().any(output) && call.dims(0).is_ok_and(|dims| dims.len() == 2)
    }

    /// The walk with its outputs, and without layers that none of them needs.
    fn finish(mut self, graph: &GraphProto) -> Walk {
        for output in &graph.output {
            let name = output.name();
            match self.tensors.get(name).cloned() {
                Some(Some(Tensor { dims, source: Source::Map(map), .. })) => {
                    let map = self.settled(name, &dims, map);
                    let function = crate::network::Function::Identity;
                    self.walk
                        .names
                        .insert(name.to_owned(), Slot::Reals { id: map.id, rank: dims.len(), function });
                }
                Some(Some(_)) => {
                    let cause =
                        format!("graph output `{name}` is no map: a constant, a scale, or made of them");
                    self.walk.faults.push(Fault::graph(cause, "leave it out of the outputs"));
                    self.walk.names.insert(name.to_owned(), Slot::Faulty);
                }
                Some(None) => {
                    self.walk.names.insert(name.to_owned(), Slot::Faulty);
                }
                None if self.unread.contains(name) => {
                    let cause = format!("graph output `{name}` is a second result, which has no shape here");
                    self.walk.faults.push(Fault::graph(cause, "leave it out of the outputs"));
                    self.walk.names.insert(name.to_owned(), Slot::Faulty);
                }
                None => {}
            }
        }
        self.walk
    }
}

/// An operator of which nothing is known.
fn unknown(node: &Node<'_>) -> Fault {
    let remedy = match node.proto.domain() {
        "" | "ai.onnx" => {
            "supported are the operators of docs/formats.md: express it in them, or cut the model before it"
        }
        _ => {
            "supported are the operators of docs/formats.md: inline it if the model defines it \
             (onnx.inliner.inline_local_functions), or export without this optimization"
        }
    };
    node.fault("its shapes are not known", remedy)
}
