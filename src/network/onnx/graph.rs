//! Walks a graph once, in file order, and collects every fault on the way.

use super::error::Fault;
use super::given::{constants, image_shape, is_constant};
use super::node::{Constants, Node};
use super::operators::{Ifmap, Made, Replay, layer, moving, real_function};
use super::proto::GraphProto;
use super::qdq::{fused, is_fusable};
use super::tensor::External;
use crate::network::{Function, Layer, Op, Quantization, Value, ValueId};
use crate::shape::MapShape;
use std::collections::{BTreeMap, BTreeSet};

/// What a name of the graph stands for.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    /// The graph's input, real numbers.
    Image { shape: MapShape, rank: usize },
    /// Codes.
    Codes { id: ValueId, rank: usize },
    /// A function of codes, dequantized.
    Reals { id: ValueId, rank: usize, function: Function },
    /// A constant, dequantized: of weights, if the node that reads it could be fused.
    Constant,
    /// Unknown, because the node that makes it is at fault.
    Faulty,
}

/// What a walk has found.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) values: Vec<Value>,
    pub(super) layers: Vec<Layer>,
    pub(super) input: Option<ValueId>,
    pub(super) faults: Vec<Fault>,
    pub(super) names: BTreeMap<String, Slot>,
    /// Only shapes are read: layers that no output needs are left out, and outputs may be of any size.
    pub(super) lenient: bool,
    /// What the reader of the result should know.
    pub(super) notes: Vec<String>,
    layer_names: BTreeSet<String>,
}

/// Walks the graph; the result is whole only if there are no faults.
pub(super) fn walk(graph: &GraphProto, external: External<'_>) -> Walk {
    let constants = constants(graph, external);
    let mut walk = Walk::begun(graph, &constants);
    let computed = graph.node.iter().filter(|n| !is_constant(n));
    let made_later: BTreeSet<&str> = computed.flat_map(|n| &n.output).map(String::as_str).collect();
    for proto in &fused(graph, &constants) {
        let node = Node::new(proto, &constants);
        if let Err(fault) = walk.visit(&node, &made_later) {
            walk.faults.push(fault);
            walk.spoil(&node);
        }
    }
    walk
}

impl Walk {
    /// A walk that knows the image.
    fn begun(graph: &GraphProto, constants: &Constants) -> Self {
        let mut walk = Self::default();
        walk.image(graph, constants);
        if !graph.sparse_initializer.is_empty() {
            walk.faults.push(Fault::graph("the graph has sparse initializers", "supported are dense ones"));
        }
        walk
    }

    /// Finds the one input that is not an initializer.
    fn image(&mut self, graph: &GraphProto, constants: &Constants) {
        let inputs: Vec<_> = graph.input.iter().filter(|i| !constants.contains_key(i.name())).collect();
        let &[input] = inputs.as_slice() else {
            let cause = format!("the graph has {} inputs", inputs.len());
            return self.faults.push(Fault::graph(cause, "supported is exactly one, the image"));
        };
        let slot = match image_shape(input) {
            Ok((shape, rank)) => Slot::Image { shape, rank },
            Err(cause) => {
                let cause = format!("graph input `{}` {cause}", input.name());
                let remedy = "supported is float32 [batch, channels, height, width] or [batch, length], with fixed \
                              sizes but for the batch";
                self.faults.push(Fault::graph(cause, remedy));
                Slot::Faulty
            }
        };
        self.names.insert(input.name().to_owned(), slot);
    }

    /// An empty walk for shapes only.
    pub(super) fn of_shapes() -> Self {
        Self { lenient: true, ..Self::default() }
    }

    /// A new value.
    pub(super) fn value(&mut self, name: &str, shape: MapShape, quantization: Quantization) -> ValueId {
        self.values.push(Value { name: name.to_owned(), shape, quantization });
        ValueId(self.values.len() - 1)
    }

    /// A layer known by its shape only, of a name of its own if that is free, and the value that it makes.
    pub(super) fn layer(
        &mut self,
        name: String,
        made: &str,
        op: Op,
        inputs: Vec<ValueId>,
        shape: MapShape,
    ) -> ValueId {
        let output = self.value(made, shape, Quantization { scale: 1.0, zero_point: 0, signed: false });
        let name = if self.layer_names.contains(&name) { made.to_owned() } else { name };
        let name = self.unused(name);
        self.layers.push(Layer { name, op, inputs, output, parameters: None });
        output
    }

    fn visit(&mut self, node: &Node<'_>, made_later: &BTreeSet<&str>) -> Result<(), Fault> {
        if node.proto.output.iter().any(|n| self.names.contains_key(n) || node.constants.contains_key(n)) {
            return Err(
                node.fault("its output has the name of another tensor", "give every tensor its own name")
            );
        }
        match node.operator.map(|operator| operator.replay) {
            Some(Replay::Quantize) => {
                let slot = self.slot(node, 0, made_later)?;
                self.quantize(node, slot)
            }
            Some(Replay::Dequantize) => {
                let slot = self.slot(node, 0, made_later)?;
                self.dequantize(node, slot)
            }
            _ => self.translate(node, made_later),
        }
    }

    /// What the node's input `index` stands for.
    fn slot(&self, node: &Node<'_>, index: usize, made_later: &BTreeSet<&str>) -> Result<Slot, Fault> {
        let name = node.input(index);
        match self.names.get(name) {
            Some(&slot) => Ok(slot),
            None if made_later.contains(name) => Err(node.fault(
                format!("`{name}` is made by a later node"),
                "nodes must be in topological order, without cycles",
            )),
            None if node.constants.contains_key(name) => node.constant(index).map(|_| Slot::Constant),
            None => Err(node.fault(format!("nothing makes its input `{name}`"), "connect it")),
        }
    }

    /// A node on codes becomes a layer.
    fn translate(&mut self, node: &Node<'_>, made_later: &BTreeSet<&str>) -> Result<(), Fault> {
        // What could not be fused because its weights or bias are at fault has no fault of its own.
        let faulty = |name: &String| matches!(self.names.get(name), Some(Slot::Faulty));
        if is_fusable(node) && node.proto.input.iter().any(faulty) {
            self.spoil(node);
            return Ok(());
        }
        let (mut inputs, mut ranks) = (Vec::new(), Vec::new());
        let layer = layer(node);
        for index in layer.as_ref().map_or_else(|_| vec![0], |(tensors, _)| tensors.clone()) {
            match self.slot(node, index, made_later)? {
                Slot::Codes { id, rank } => {
                    inputs.push(id);
                    ranks.push(rank);
                }
                Slot::Faulty => {
                    // What it reads is unknown: only the operator itself can be judged.
                    if !is_fusable(node) && real_function(node).is_none() {
                        layer?;
                    }
                    self.spoil(node);
                    return Ok(());
                }
                Slot::Reals { id, rank, function } => return self.real(node, id, rank, function),
                Slot::Constant => return Err(reads_constant(node, node.input(index))),
                Slot::Image { shape, rank } => return self.reshaped_image(node, shape, rank),
            }
        }
        let node = &Node { reads_codes: true, ..*node };
        let ifmap = |(id, rank): (&ValueId, usize)| Ifmap { value: &self.values[id.0], rank };
        let ifmaps: Vec<Ifmap<'_>> = inputs.iter().zip(ranks).map(ifmap).collect();
        let (_, translate) = layer?;
        let made = translate(node, &ifmaps)?;
        self.add(node, inputs, made);
        Ok(())
    }

    /// A node on the image itself may flatten it.
    fn reshaped_image(&mut self, node: &Node<'_>, shape: MapShape, rank: usize) -> Result<(), Fault> {
        let quantization = Quantization { scale: 1.0, zero_point: 0, signed: false };
        let image = Value { name: node.input(0).to_owned(), shape, quantization };
        let translate = moving(node).ok_or_else(|| before_quantizing(node))?;
        let made = translate(node, &[Ifmap { value: &image, rank }])?;
        if !matches!(made.op, None | Some(Op::Flatten)) {
            return Err(before_quantizing(node));
        }
        let name = node.proto.output[0].clone();
        self.names.insert(name, Slot::Image { shape: made.shape, rank: made.rank });
        Ok(())
    }

    /// A node on dequantized codes: what only moves them, or is a function of one element, is done to the codes.
    fn real(&mut self, node: &Node<'_>, id: ValueId, rank: usize, before: Function) -> Result<(), Fault> {
        let output = node.proto.output.first().cloned().unwrap_or_default();
        if let Some(function) = real_function(node) {
            let function = match (before, function?) {
                (Function::Identity, function) => function,
                (Function::Clamp(a, b), Function::Clamp(c, d)) => {
                    Function::Clamp(a.max(c).min(d), b.max(c).min(d))
                }
                _ => {
                    let remedy = "put QuantizeLinear and DequantizeLinear between them";
                    return Err(node.fault("it is a function of a function of codes", remedy));
                }
            };
            self.names.insert(output, Slot::Reals { id, rank, function });
            return Ok(());
        }
        let Some(translate) = moving(node).filter(|_| before == Function::Identity) else {
            return Err(unquantized(node));
        };
        let made = translate(node, &[Ifmap { value: &self.values[id.0], rank }])?;
        let rank = made.rank;
        self.add(node, vec![id], made);
        if let Some(Slot::Codes { id, .. }) = self.names.get(&output).copied() {
            self.names.insert(output, Slot::Reals { id, rank, function: Function::Identity });
        }
        Ok(())
    }

    /// Marks what the node makes as unknown, so that one fault is not reported again and again downstream.
    pub(super) fn spoil(&mut self, node: &Node<'_>) {
        for name in node.proto.output.iter().filter(|n| !n.is_empty()) {
            self.names.insert(name.clone(), Slot::Faulty);
        }
    }

    fn quantize(&mut self, node: &Node<'_>, slot: Slot) -> Result<(), Fault> {
        node.only(&["axis", "saturate"])?;
        node.arity(2, 3)?;
        let quantization = node.quantization(1, 2)?;
        match slot {
            Slot::Image { shape, rank } => self.quantized_image(node, quantization, shape, rank),
            Slot::Reals { id, rank, function } => {
                self.requantize(node, quantization, id, rank, function);
                Ok(())
            }
            Slot::Faulty => {
                self.spoil(node);
                Ok(())
            }
            Slot::Codes { .. } => Err(node.fault("it quantizes codes", "supported are real numbers")),
            Slot::Constant => Err(reads_constant(node, node.input(0))),
        }
    }

    fn quantized_image(
        &mut self,
        node: &Node<'_>,
        quantization: Quantization,
        shape: MapShape,
        rank: usize,
    ) -> Result<(), Fault> {
        if self.input.is_some() {
            return Err(node.fault("the image is quantized twice", "supported is once"));
        }
        let id = ValueId(self.values.len());
        let name = node.proto.output[0].clone();
        self.values.push(Value { name: name.clone(), shape, quantization });
        self.names.insert(name, Slot::Codes { id, rank });
        self.input = Some(id);
        Ok(())
    }

    /// Codes to real numbers and back: a table from codes to codes, or nothing when it changes nothing.
    fn requantize(
        &mut self,
        node: &Node<'_>,
        quantization: Quantization,
        id: ValueId,
        rank: usize,
        function: Function,
    ) {
        let Value { shape, quantization: before, .. } = self.values[id.0];
        let same = function == Function::Identity && quantization == before;
        let op = (!same).then_some(Op::LookUp(function));
        self.add(node, vec![id], Made { op, shape, rank, quantization, parameters: None });
    }

    fn dequantize(&mut self, node: &Node<'_>, slot: Slot) -> Result<(), Fault> {
        node.only(&["axis"])?;
        node.arity(2, 3)?;
        if matches!(slot, Slot::Constant) {
            node.scales(1)?;
            self.names.insert(node.proto.output[0].clone(), slot);
            return Ok(());
        }
        let read = node.quantization(1, 2)?;
        let made = match slot {
            Slot::Codes { id, rank } if self.values[id.0].quantization == read => {
                Slot::Reals { id, rank, function: Function::Identity }
            }
            Slot::Faulty => Slot::Faulty,
            Slot::Codes { .. } => {
                let remedy = "they must be those the tensor was made with";
                return Err(node.fault("its scale or zero point is not its input's", remedy));
            }
            _ => return Err(node.fault("it reads real numbers", "supported is 8-bit codes")),
        };
        self.names.insert(node.proto.output[0].clone(), made);
        Ok(())
    }

    pub(super) fn add(&mut self, node: &Node<'_>, inputs: Vec<ValueId>, made: Made) {
        let name = node.proto.output[0].clone();
        let Some(op) = made.op else {
            // The tensor it reads, under another name.
            self.names.insert(name, Slot::Codes { id: inputs[0], rank: made.rank });
            return;
        };
        let output = ValueId(self.values.len());
        self.names.insert(name.clone(), Slot::Codes { id: output, rank: made.rank });
        let layer =
            if self.layer_names.contains(node.name()) { name.clone() } else { node.name().to_owned() };
        let layer = self.unused(layer);
        self.values.push(Value { name, shape: made.shape, quantization: made.quantization });
        self.layers.push(Layer { name: layer, op, inputs, output, parameters: made.parameters });
    }

    /// The name itself, or with strokes behind it until no layer has it.
    fn unused(&mut self, mut name: String) -> String {
        while !self.layer_names.insert(name.clone()) {
            name.push('\'');
        }
        name
    }

    /// The codes behind a graph output; `Ok(None)` when they are unknown because of another fault.
    pub(super) fn scores(&self, output: &str) -> Result<Option<ValueId>, Fault> {
        match self.names.get(output) {
            Some(Slot::Reals { id, function: Function::Identity, .. }) => Ok(Some(*id)),
            Some(Slot::Faulty) => Ok(None),
            Some(_) => {
                let cause = format!("graph output `{output}` does not come from DequantizeLinear");
                Err(Fault::graph(cause, "dequantize the scores directly before the output"))
            }
            None => Err(Fault::graph(format!("nothing makes graph output `{output}`"), "connect it")),
        }
    }
}

/// A node that reads real numbers and is not of those that can.
fn unquantized(node: &Node<'_>) -> Fault {
    let remedy = match node.operator.map(|operator| operator.replay) {
        Some(Replay::No(Some(remedy))) => remedy,
        _ => {
            "supported are operators on 8-bit codes, or between DequantizeLinear of every input (of weights and bias, \
             too: int8 and int32 constants, the bias at input scale x weight scale) and one QuantizeLinear"
        }
    };
    node.fault(reads_reals(node), remedy)
}

fn reads_constant(node: &Node<'_>, name: &str) -> Fault {
    node.fault(
        format!("its input `{name}` is a constant"),
        "supported are constants for weights, bias, scales and zero points only; quant_pre_process folds a bias that is \
         added apart into the product before it",
    )
}

/// A node that reads the image before it is quantized.
fn before_quantizing(node: &Node<'_>) -> Fault {
    let remedy = "quantize the model, the image first, with onnxruntime's quantize_static in its default QDQ form: \
                  docs/bring-your-own-network.md";
    node.fault(reads_reals(node), remedy)
}

fn reads_reals(node: &Node<'_>) -> String {
    format!("it reads `{}`, which is not quantized", node.input(0))
}
