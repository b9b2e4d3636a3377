//! The operators: what is known of each in one table, and a function each by which a node and its ifmap become a layer,
//! or a fault.

mod elementwise;
mod form;
mod multiply;
mod pool;
mod table;
mod window;

use super::error::Fault;
use super::node::Node;
use crate::network::{Function, Op, Parameters, Quantization, Value};
use crate::shape::MapShape;

#[cfg(test)]
pub(super) use table::OPERATORS;
pub(super) use table::{Domain, Operator, Replay, Shape, find, on_codes, takes_steps_first};

/// Largest feature map, in elements: far above any real network, far below what overflows.
pub(super) const MAX_ELEMENTS: usize = 1 << 28;

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

/// The operator on codes, and which inputs of a node are tensors of codes.
pub(super) fn layer(node: &Node<'_>) -> Result<(Vec<usize>, Translate), Fault> {
    match node.operator.map(|operator| operator.replay) {
        Some(Replay::Codes(tensors, translate)) => Ok((tensors(node), translate)),
        Some(Replay::Moves(translate)) => Ok((vec![0], translate)),
        _ => Err(node.fault(
            "unsupported operator",
            "supported are those of docs/formats.md: quantize with onnxruntime's static quantizer, to QOperator or QDQ \
             form",
        )),
    }
}

/// How an operator that computes nothing moves real numbers, as it does codes.
pub(super) fn moving(node: &Node<'_>) -> Option<Translate> {
    match node.operator?.replay {
        Replay::Moves(translate) => Some(translate),
        _ => None,
    }
}

/// The function of a node on real numbers; `None` when it is another kind of node.
pub(super) fn real_function(node: &Node<'_>) -> Option<Result<Function, Fault>> {
    match node.operator?.replay {
        Replay::Function(function) => {
            Some(function(node).and_then(|function| node.arity(1, 3).map(|()| function)))
        }
        _ => None,
    }
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
