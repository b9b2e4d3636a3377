//! QDQ form to QOperator form: DequantizeLinear, an operator on real numbers, QuantizeLinear become one operator on codes.
//!
//! onnxruntime does the same when it loads a model (its optimizer's QDQ fusions), and these are the semantics replayed.
//! What cannot be fused stays as it is; the walk over the graph then says what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use super::given::is_constant;
use super::node::{Constants, Node};
use super::operators::{Replay, find, on_codes, real_function};
use super::proto::{AttributeProto, GraphProto, NodeProto};
use super::tensor::Elements;
use crate::network::{Function, Quantization};

/// An attribute that has no meaning for codes, and which of its values may be dropped.
type Dropped = (&'static str, fn(&AttributeProto) -> bool);

/// Largest relative difference between a bias scale and input scale * weight scale: a rounding or two of f32.
const SCALE_TOLERANCE: f32 = 1e-6;

/// How an operator on real numbers becomes one on codes.
#[derive(Clone, Copy)]
pub(super) struct Fusion {
    /// The operator on codes.
    becomes: &'static str,
    /// Its inputs, made of those of the node with this number and of the result's scale and zero point; `None` when one
    /// is not as it should be.
    inputs: fn(&View<'_>, usize, &[String; 2]) -> Option<Vec<String>>,
    /// The attribute that it does not have, and whether the node can do without.
    dropped: Option<Dropped>,
}

pub(super) const CONV: Fusion =
    Fusion { becomes: "QLinearConv", inputs: |view, at, ofmap| view.convolution(at, ofmap), dropped: None };
pub(super) const GEMM: Fusion = Fusion {
    becomes: "QGemm",
    inputs: |view, at, ofmap| view.gemm(at, ofmap),
    dropped: Some(("beta", |beta| beta.f() == 1.0)),
};
pub(super) const MAT_MUL: Fusion =
    Fusion { becomes: "QLinearMatMul", inputs: |view, at, ofmap| view.product(at, ofmap), dropped: None };
pub(super) const ADD: Fusion =
    Fusion { becomes: "QLinearAdd", inputs: |view, at, ofmap| view.operands(at, ofmap), dropped: None };
pub(super) const CONCAT: Fusion = Fusion {
    becomes: "QLinearConcat",
    inputs: |view, at, ofmap| view.concatenation(at, ofmap),
    dropped: None,
};
pub(super) const AVERAGE_POOL: Fusion = Fusion {
    becomes: "QLinearAveragePool",
    inputs: |view, at, ofmap| view.operands(at, ofmap),
    dropped: Some(("dilations", |dilations| dilations.ints.iter().all(|&d| d == 1))),
};
pub(super) const GLOBAL_AVERAGE_POOL: Fusion = Fusion {
    becomes: "QLinearGlobalAveragePool",
    inputs: |view, at, ofmap| view.operands(at, ofmap),
    dropped: None,
};

/// Whether a node is an operator on real numbers that can be fused.
pub(super) fn is_fusable(node: &Node<'_>) -> bool {
    fusion(node).is_some()
}

fn fusion(node: &Node<'_>) -> Option<Fusion> {
    match node.operator?.replay {
        Replay::Fused(fusion) => Some(fusion),
        _ => None,
    }
}

/// The nodes of a graph but its constants, those in QDQ form fused, in the same order.
pub(super) fn fused(graph: &GraphProto, constants: &Constants) -> Vec<NodeProto> {
    let view = View::new(graph, constants);
    let mut gone = BTreeSet::new();
    let mut made = BTreeMap::new();
    for (index, node) in view.nodes.iter().enumerate() {
        if let Some((fused, absorbed)) = view.fuse(index, node) {
            made.insert(index, fused);
            gone.extend(absorbed);
        }
    }
    let kept = |index: &usize| !gone.contains(index) && !is_constant(&view.nodes[*index]);
    let node = |index: usize| made.get(&index).cloned().unwrap_or_else(|| view.nodes[index].clone());
    let nodes: Vec<NodeProto> = (0..view.nodes.len()).filter(kept).map(node).collect();
    without_idle(nodes, &view)
}

/// Drops what dequantized for fused operators only.
fn without_idle(nodes: Vec<NodeProto>, view: &View<'_>) -> Vec<NodeProto> {
    let read: BTreeSet<&str> = nodes.iter().flat_map(|n| &n.input).map(String::as_str).collect();
    let was_read = |name: &str| view.readers.get(name).is_some_and(|readers| !readers.is_empty());
    let idle = |node: &NodeProto| {
        dequantizes(node)
            && node.output.iter().all(|name| {
                let name = name.as_str();
                was_read(name) && !read.contains(name) && !view.outputs.contains(name)
            })
    };
    let idle: Vec<bool> = nodes.iter().map(idle).collect();
    nodes.into_iter().zip(idle).filter(|(_, idle)| !idle).map(|(node, _)| node).collect()
}

/// Who makes and who reads what.
pub(super) struct View<'a> {
    nodes: &'a [NodeProto],
    constants: &'a Constants,
    makers: BTreeMap<&'a str, usize>,
    readers: BTreeMap<&'a str, Vec<usize>>,
    outputs: BTreeSet<&'a str>,
}

/// The inputs of a Q or DQ node: tensor, scale, zero point.
type Quantized = [String; 3];

impl<'a> View<'a> {
    fn new(graph: &'a GraphProto, constants: &'a Constants) -> Self {
        let (mut makers, mut readers) = (BTreeMap::new(), BTreeMap::<&str, Vec<usize>>::new());
        for (index, node) in graph.node.iter().enumerate() {
            makers.extend(node.output.iter().map(|name| (name.as_str(), index)));
            for name in node.input.iter().filter(|name| !name.is_empty()) {
                readers.entry(name).or_default().push(index);
            }
        }
        let outputs = graph.output.iter().map(|o| o.name()).collect();
        Self { nodes: &graph.node, constants, makers, readers, outputs }
    }

    fn node(&self, index: usize) -> Node<'_> {
        Node::new(&self.nodes[index], self.constants)
    }

    /// What a real tensor was dequantized from.
    fn source(&self, name: &str) -> Option<Quantized> {
        let node = &self.nodes[*self.makers.get(name)?];
        dequantizes(node).then(|| quantized(node))
    }

    /// The only QuantizeLinear behind a tensor, and the nodes that go into it: itself, and Relus and Clips before it that
    /// cut off nothing its codes could show.
    fn sink(&self, name: &str) -> Option<(Vec<usize>, Quantized)> {
        let (mut absorbed, mut limits) = (Vec::new(), [f32::NEG_INFINITY, f32::INFINITY]);
        let mut name = name;
        loop {
            let reader = self.only_reader(name)?;
            // Nodes are in topological order; going on forwards only ends the walk in a graph with a cycle, too.
            if absorbed.last().is_some_and(|&last| reader <= last) {
                return None;
            }
            absorbed.push(reader);
            let node = &self.nodes[reader];
            if quantizes(node) {
                return self.shows_no_more(reader, limits).then(|| (absorbed, quantized(node)));
            }
            let Some(Ok(Function::Clamp(least, most))) = real_function(&self.node(reader)) else {
                return None;
            };
            limits = [limits[0].max(least), limits[1].min(most)];
            name = node.output.first()?;
        }
    }

    /// The node that reads a tensor as its first input, when nothing else reads it.
    fn only_reader(&self, name: &str) -> Option<usize> {
        let &[reader] = self.readers.get(name)?.as_slice() else { return None };
        (!self.outputs.contains(name) && self.nodes[reader].input(0) == Some(name)).then_some(reader)
    }

    /// Whether the codes of a QuantizeLinear cannot show numbers beyond the limits.
    fn shows_no_more(&self, quantizer: usize, [least, most]: [f32; 2]) -> bool {
        if [least, most] == [f32::NEG_INFINITY, f32::INFINITY] {
            return true;
        }
        let Ok(quantization) = self.node(quantizer).quantization(1, 2) else { return false };
        let Quantization { scale, zero_point, .. } = quantization;
        let [first, last] = quantization.range().map(|code| f64::from(code - zero_point) * f64::from(scale));
        f64::from(least) <= first && f64::from(most) >= last
    }

    /// The operator on codes that a node stands for, and the nodes that go into it.
    fn fuse(&self, index: usize, node: &NodeProto) -> Option<(NodeProto, Vec<usize>)> {
        let Fusion { becomes, inputs, dropped } = fusion(&self.node(index))?;
        let (absorbed, [_, scale, zero_point]) = self.sink(node.output.first()?)?;
        let input = inputs(self, index, &[scale, zero_point])?;
        let output = self.nodes[*absorbed.last()?].output.clone();
        let fused = NodeProto {
            op_type: Some(becomes.into()),
            domain: Some(on_codes(becomes)?.domain.name().into()),
            name: Some(self.node(index).name().to_owned()),
            input,
            output,
            attribute: attributes(node, dropped)?,
            ..NodeProto::default()
        };
        Some((fused, absorbed))
    }

    fn convolution(&self, index: usize, ofmap: &[String; 2]) -> Option<Vec<String>> {
        let (ifmap, weights, bias) = self.weighted(index, 0)?;
        let inputs = [&ifmap[..], &weights[..], &ofmap[..]].concat();
        Some(inputs.into_iter().chain(bias).collect())
    }

    fn gemm(&self, index: usize, ofmap: &[String; 2]) -> Option<Vec<String>> {
        let axis = if self.node(index).int("transB", 0).ok()? == 0 { 1 } else { 0 };
        let (ifmap, weights, bias) = self.weighted(index, axis)?;
        let bias = [bias.unwrap_or_default()];
        Some([&ifmap[..], &weights[..], &bias[..], &ofmap[..]].concat())
    }

    fn product(&self, index: usize, ofmap: &[String; 2]) -> Option<Vec<String>> {
        let (ifmap, weights, _) = self.weighted(index, 1)?;
        Some([&ifmap[..], &weights[..], &ofmap[..]].concat())
    }

    /// Every operand, then the result's quantization.
    fn operands(&self, index: usize, ofmap: &[String; 2]) -> Option<Vec<String>> {
        Some([self.sources(index)?, ofmap.to_vec()].concat())
    }

    /// The result's quantization, then every operand.
    fn concatenation(&self, index: usize, ofmap: &[String; 2]) -> Option<Vec<String>> {
        Some([ofmap.to_vec(), self.sources(index)?].concat())
    }

    /// What all inputs of a node were dequantized from.
    fn sources(&self, index: usize) -> Option<Vec<String>> {
        let sources: Option<Vec<Quantized>> =
            self.nodes[index].input.iter().map(|name| self.source(name)).collect();
        Some(sources?.concat())
    }

    /// Ifmap, weights and bias of a node, with scales along the weights' `axis`.
    fn weighted(&self, index: usize, axis: i64) -> Option<(Quantized, Quantized, Option<String>)> {
        let node = &self.nodes[index];
        let (ifmap, weights) = (self.source(node.input(0)?)?, self.source(node.input(1)?)?);
        let dequantizer = self.node(*self.makers.get(node.input(1)?)?);
        let one_scale = dequantizer.scales(1).ok()?.len() == 1;
        let rank = i64::try_from(dequantizer.constant(0).ok()?.shape.len()).ok()?;
        let found = dequantizer.int("axis", 1).ok()?;
        if !one_scale && found != axis && found + rank != axis {
            return None;
        }
        let bias = match node.input(2).filter(|name| !name.is_empty()) {
            None => None,
            Some(bias) => Some(self.bias(bias, node)?),
        };
        Some((ifmap, weights, bias))
    }

    /// The 32-bit codes of a bias, if their scales are those of the sums.
    fn bias(&self, name: &str, node: &NodeProto) -> Option<String> {
        let scales_of = |input: &str| self.node(*self.makers.get(input)?).scales(1).ok();
        let (ifmap, weights) = (scales_of(node.input(0)?)?, scales_of(node.input(1)?)?);
        let &[ifmap] = ifmap else { return None };
        let [codes, _, zero_point] = self.source(name)?;
        let scales = scales_of(name)?;
        let of = |scales: &[f32], i: usize| scales.get(if scales.len() == 1 { 0 } else { i }).copied();
        let fits = |i: usize| {
            let (Some(found), Some(weight)) = (of(scales, i), of(weights, i)) else { return false };
            (found - ifmap * weight).abs() <= SCALE_TOLERANCE * ifmap * weight
        };
        let zero = match self.constants.get(&zero_point) {
            None => zero_point.is_empty(),
            Some(Ok(constant)) => matches!(&constant.elements, Elements::I32(v) if v.iter().all(|&z| z == 0)),
            Some(Err(_)) => false,
        };
        (zero && (0..scales.len().max(weights.len())).all(fits)).then_some(codes)
    }
}

impl NodeProto {
    /// The name of an input that is there.
    fn input(&self, index: usize) -> Option<&str> {
        self.input.get(index).map(String::as_str)
    }
}

fn quantized(node: &NodeProto) -> Quantized {
    std::array::from_fn(|i| node.input(i).unwrap_or_default().to_owned())
}

/// The attributes that the operator on codes has, too; `None` when the one it does not have does something.
fn attributes(node: &NodeProto, dropped: Option<Dropped>) -> Option<Vec<AttributeProto>> {
    let Some((name, idle)) = dropped else { return Some(node.attribute.clone()) };
    let (gone, kept): (Vec<_>, Vec<_>) =
        node.attribute.iter().cloned().partition(|attribute| attribute.name() == name);
    gone.iter().all(idle).then_some(kept)
}

fn quantizes(node: &NodeProto) -> bool {
    find(node.domain(), node.op_type()).is_some_and(|operator| matches!(operator.replay, Replay::Quantize))
}

fn dequantizes(node: &NodeProto) -> bool {
    find(node.domain(), node.op_type()).is_some_and(|operator| matches!(operator.replay, Replay::Dequantize))
}
