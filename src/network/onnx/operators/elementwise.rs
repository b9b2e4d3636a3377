//! Sums, concatenations and functions of every element.

use super::super::error::Fault;
use super::super::node::Node;
use super::super::tensor::Elements;
use super::{Ifmap, MAX_ELEMENTS, Made, agrees};
use crate::network::{Function, Op};
use crate::shape::MapShape;

/// The end of a residual branch: two tensors of one shape, one type and scales of their own.
pub(super) fn sum(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    node.only(&[])?;
    node.arity(7, 8)?;
    let [a, b] = [ifmaps[0], ifmaps[1]];
    agrees(node, a, 1, 2)?;
    agrees(node, b, 4, 5)?;
    if a.value.shape != b.value.shape || a.rank != b.rank {
        return Err(node.fault(
            format!("it adds {:?} and {:?}", a.value.shape, b.value.shape),
            "supported are two tensors of one shape",
        ));
    }
    let quantization = node.quantization(6, 7)?;
    if [a, b].iter().any(|operand| operand.value.quantization.signed != quantization.signed) {
        return Err(node.fault("uint8 and int8 activations are mixed", "use one type for all three tensors"));
    }
    Ok(Made { op: Some(Op::Add), shape: a.value.shape, rank: a.rank, quantization, parameters: None })
}

/// Tensors one behind the other along the channels.
pub(super) fn concatenation(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    node.only(&["axis"])?;
    let (first, count) = (ifmaps[0], node.proto.input.len());
    if !(count - 2).is_multiple_of(3) || node.proto.output.len() != 1 {
        return Err(node.fault(format!("{count} inputs"), "it needs 2, and 3 for every tensor"));
    }
    let axis = node.int("axis", 1)?;
    if axis != 1 && axis != 1 - i64::try_from(first.rank).unwrap_or(0) {
        return Err(node.fault(format!("axis = {axis}"), "supported is axis = 1, the channels"));
    }
    let quantization = node.quantization(0, 1)?;
    let mut channels = 0usize;
    for (i, &ifmap) in ifmaps.iter().enumerate() {
        agrees(node, ifmap, 3 * i + 3, 3 * i + 4)?;
        let (shape, whole) = (ifmap.value.shape, first.value.shape);
        if ifmap.rank != first.rank || [shape.height, shape.width] != [whole.height, whole.width] {
            return Err(node.fault(
                format!("it joins {whole:?} and {shape:?}"),
                "supported are tensors of one height and width",
            ));
        }
        if ifmap.value.quantization.signed != quantization.signed {
            return Err(node.fault("uint8 and int8 activations are mixed", "use one type for all tensors"));
        }
        channels += shape.channels;
    }
    let shape = MapShape { channels, ..first.value.shape };
    if channels.checked_mul(shape.height * shape.width).is_none_or(|n| n > MAX_ELEMENTS) {
        return Err(
            node.fault("its ofmap is too large", format!("at most {MAX_ELEMENTS} elements are supported"))
        );
    }
    Ok(Made { op: Some(Op::Concat), shape, rank: first.rank, quantization, parameters: None })
}

/// A function of codes, by its own scales.
fn look_up(node: &Node<'_>, ifmap: Ifmap<'_>, function: Function) -> Result<Made, Fault> {
    node.arity(4, 5)?;
    agrees(node, ifmap, 1, 2)?;
    let quantization = node.quantization(3, 4)?;
    let op = Some(Op::LookUp(function));
    Ok(Made { op, shape: ifmap.value.shape, rank: ifmap.rank, quantization, parameters: None })
}

pub(super) fn sigmoid_of_codes(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    look_up(node, ifmaps[0], sigmoid(node)?)
}

pub(super) fn leaky_of_codes(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    look_up(node, ifmaps[0], leaky(node)?)
}

pub(super) fn relu(node: &Node<'_>) -> Result<Function, Fault> {
    node.only(&[]).map(|()| Function::Clamp(0.0, f32::INFINITY))
}

pub(super) fn sigmoid(node: &Node<'_>) -> Result<Function, Fault> {
    node.only(&[]).map(|()| Function::Sigmoid)
}

pub(super) fn leaky(node: &Node<'_>) -> Result<Function, Fault> {
    node.only(&["alpha"])?;
    Ok(Function::LeakyRelu(node.float("alpha", 0.01)?))
}

/// Limits are attributes up to operator set 10, inputs since.
pub(super) fn clip(node: &Node<'_>) -> Result<Function, Fault> {
    node.only(&["min", "max"])?;
    let limit = |name: &str, index: usize, open: f32| {
        if node.input(index).is_empty() {
            return node.float(name, open);
        }
        match &node.constant(index)?.elements {
            Elements::F32(limit) if limit.len() == 1 && !limit[0].is_nan() => Ok(limit[0]),
            _ => Err(node.misfit(index, "one float32 number")),
        }
    };
    let (least, most) = (limit("min", 1, f32::NEG_INFINITY)?, limit("max", 2, f32::INFINITY)?);
    if least > most {
        return Err(node
            .fault(format!("it clips from {least} to {most}"), "the minimum must not be above the maximum"));
    }
    Ok(Function::Clamp(least, most))
}
