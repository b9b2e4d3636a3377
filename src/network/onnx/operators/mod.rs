//! The supported operators, one function each: a node and its ifmap become a layer, or a fault.

mod elementwise;
mod form;
mod multiply;
mod pool;
mod window;

use super::error::Fault;
use super::node::Node;
use crate::network::{Op, Parameters, Quantization, Value};
use crate::shape::MapShape;

pub(super) use elementwise::real_function;
pub(super) use form::axes;
pub(super) use multiply::convolved;
pub(super) use pool::pooling_window;
pub(super) use window::windowed;

/// Largest feature map, in elements: far above any real network, far below what overflows.
pub(super) const MAX_ELEMENTS: usize = 1 << 28;
/// Domain of onnxruntime's own operators.
const MICROSOFT: &str = "com.microsoft";

/// What a node reads: a tensor of codes of rank 4 (maps) or 2 (vectors).
#[derive(Clone, Copy)]
pub(super) struct Ifmap<'a> {
    pub(super) value: &'a Value,
    pub(super) rank: usize,
}

/// What a node makes.
pub(super) struct Made {
    /// `None` when it is the tensor it reads, perhaps of another rank.
    pub(super) op: Option<Op>,
    pub(super) shape: MapShape,
    pub(super) rank: usize,
    pub(super) quantization: Quantization,
    pub(super) parameters: Option<Parameters>,
}

/// Makes a layer of one operator.
pub(super) type Translate = fn(&Node<'_>, &[Ifmap<'_>]) -> Result<Made, Fault>;

/// Which inputs of a node are tensors of codes; the others are constants.
pub(super) fn tensors(node: &Node<'_>) -> Vec<usize> {
    match (node.proto.domain(), node.proto.op_type()) {
        (MICROSOFT, "QLinearAdd") => vec![0, 3],
        (MICROSOFT, "QLinearConcat") => (2..node.proto.input.len().max(3)).step_by(3).collect(),
        _ => vec![0],
    }
}

/// Finds the function for any operator but QuantizeLinear, DequantizeLinear and Constant.
pub(super) fn operator(node: &Node<'_>) -> Result<Translate, Fault> {
    if let Some(translate) = moving(node) {
        return Ok(translate);
    }
    match (node.proto.domain(), node.proto.op_type()) {
        ("" | "ai.onnx", "QLinearConv") => Ok(multiply::convolution),
        ("" | "ai.onnx", "QLinearMatMul") => Ok(multiply::product),
        (MICROSOFT, "QGemm") => Ok(multiply::fully_connected),
        (MICROSOFT, "QLinearAveragePool") => Ok(pool::average_pool),
        (MICROSOFT, "QLinearGlobalAveragePool") => Ok(pool::global_average_pool),
        (MICROSOFT, "QLinearAdd") => Ok(elementwise::sum),
        (MICROSOFT, "QLinearConcat") => Ok(elementwise::concatenation),
        (MICROSOFT, "QLinearSigmoid" | "QLinearLeakyRelu") => Ok(elementwise::look_up),
        _ => Err(node.fault(
            "unsupported operator",
            "supported are those of docs/formats.md: quantize with onnxruntime's static quantizer, to QOperator or QDQ \
             form",
        )),
    }
}

/// Operators that compute nothing: they do to real numbers what they do to codes.
pub(super) fn moving(node: &Node<'_>) -> Option<Translate> {
    if !matches!(node.proto.domain(), "" | "ai.onnx") {
        return None;
    }
    Some(match node.proto.op_type() {
        "MaxPool" => pool::max_pool,
        "Reshape" => form::reshape,
        "Flatten" => form::flatten,
        "Transpose" => form::transpose,
        "Squeeze" | "Unsqueeze" => form::squeeze,
        "Identity" | "Dropout" => form::identity,
        "Pad" => form::pad,
        "Slice" => form::slice,
        _ => return None,
    })
}

/// The node's own scale and zero point of its ifmap must be those the ifmap was made with.
fn agrees(node: &Node<'_>, ifmap: Ifmap<'_>, scale: usize, zero_point: usize) -> Result<(), Fault> {
    let (read, made) = (node.quantization(scale, zero_point)?, ifmap.value.quantization);
    if read == made {
        return Ok(());
    }
    let shown = |q: Quantization| {
        format!(
            "scale {} and {} zero point {}",
            q.scale,
            if q.signed { "int8" } else { "uint8" },
            q.zero_point
        )
    };
    Err(node.fault(
        format!("it reads `{}` with {}", ifmap.value.name, shown(read)),
        format!("the tensor was made with {}", shown(made)),
    ))
}

/// Refuses an ifmap or a constant of another rank.
fn rank(node: &Node<'_>, what: &str, found: usize, needed: usize) -> Result<(), Fault> {
    if found == needed {
        return Ok(());
    }
    Err(node.fault(format!("{what} has rank {found}"), format!("supported is rank {needed}")))
}
