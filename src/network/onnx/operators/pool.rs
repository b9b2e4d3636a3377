//! Pools.

use super::super::error::Fault;
use super::super::node::Node;
use super::window::{window, windowed};
use super::{Ifmap, Made, agrees, rank};
use crate::network::{Op, Quantization};
use crate::shape::{MapShape, Window};

pub(super) fn max_pool(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"])?;
    node.arity(1, 1)?;
    node.fixed_int("storage_order", 0)?;
    rank(node, "its ifmap", ifmap.rank, 4)?;
    let window = pooling_window(node)?;
    let shape = windowed(node, ifmap.value.shape, &window, ifmap.value.shape.channels)?;
    let quantization = ifmap.value.quantization;
    Ok(Made { op: Some(Op::MaxPool(window)), shape, rank: 4, quantization, parameters: None })
}

/// A window that never lies wholly in the padding.
pub(in super::super) fn pooling_window(node: &Node<'_>) -> Result<Window, Fault> {
    node.fixed_int("ceil_mode", 0)?;
    let window = window(node, None)?;
    if window.padding.iter().zip(window.kernel.iter().cycle()).any(|(p, k)| p >= k) {
        return Err(
            node.fault(format!("pads = {:?}", window.padding), "a pool's padding must be below its kernel")
        );
    }
    if window.dilation != [1; 2] && window.padding != [0; 4] {
        return Err(node.fault("a dilated pool with padding", "supported are dilation or padding, not both"));
    }
    Ok(window)
}

pub(super) fn average_pool(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&[
        "auto_pad",
        "ceil_mode",
        "channels_last",
        "count_include_pad",
        "kernel_shape",
        "pads",
        "strides",
    ])?;
    node.arity(4, 5)?;
    node.fixed_int("channels_last", 0)?;
    rank(node, "its ifmap", ifmap.rank, 4)?;
    agrees(node, ifmap, 1, 2)?;
    let window = pooling_window(node)?;
    if window.padding != [0; 4] && node.int("count_include_pad", 0)? != 0 {
        return Err(node.fault("count_include_pad = 1 with padding", "supported is count_include_pad = 0"));
    }
    let shape = windowed(node, ifmap.value.shape, &window, ifmap.value.shape.channels)?;
    let quantization = averaged(node, ifmap)?;
    let map = ifmap.value.shape;
    // Over the whole map onnxruntime computes the global average, which rounds otherwise.
    let whole = window.kernel == [map.height, map.width] && window.padding == [0; 4];
    let op = Some(if whole { Op::GlobalAveragePool } else { Op::AveragePool(window) });
    Ok(Made { op, shape, rank: 4, quantization, parameters: None })
}

pub(super) fn global_average_pool(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["channels_last"])?;
    node.arity(4, 5)?;
    node.fixed_int("channels_last", 0)?;
    rank(node, "its ifmap", ifmap.rank, 4)?;
    agrees(node, ifmap, 1, 2)?;
    let shape = MapShape::vector(ifmap.value.shape.channels);
    let quantization = averaged(node, ifmap)?;
    Ok(Made { op: Some(Op::GlobalAveragePool), shape, rank: 4, quantization, parameters: None })
}

/// The quantization an average pool makes, of the same code type as its ifmap.
fn averaged(node: &Node<'_>, ifmap: Ifmap<'_>) -> Result<Quantization, Fault> {
    let made = node.quantization(3, 4)?;
    if made.signed == ifmap.value.quantization.signed {
        return Ok(made);
    }
    Err(node.fault("uint8 and int8 activations are mixed", "use one type for ifmap and ofmap"))
}
