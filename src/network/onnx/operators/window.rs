//! Windows of convolutions and pools.

use super::super::error::Fault;
use super::super::node::Node;
use super::MAX_ELEMENTS;
use crate::shape::{MapShape, Window};

/// Output shape of a window with `channels` output channels.
pub(in super::super) fn windowed(
    node: &Node<'_>,
    input: MapShape,
    window: &Window,
    channels: usize,
) -> Result<MapShape, Fault> {
    let [height, width] = window.output(input.height, input.width).ok_or_else(|| {
        node.fault(format!("{window:?} does not fit a map of {input:?}"), "give a smaller kernel")
    })?;
    let elements = channels.checked_mul(height).and_then(|n| n.checked_mul(width));
    if elements.is_none_or(|n| n > MAX_ELEMENTS) {
        return Err(
            node.fault("its ofmap is too large", format!("at most {MAX_ELEMENTS} elements are supported"))
        );
    }
    Ok(MapShape { channels, height, width })
}

/// The window attributes; `kernel` is known from the weights or from `kernel_shape`.
pub(super) fn window(node: &Node<'_>, kernel: Option<[usize; 2]>) -> Result<Window, Fault> {
    node.no_auto_pad()?;
    let named: Option<[usize; 2]> = node.sizes("kernel_shape", 1)?;
    if let (Some(named), Some(kernel)) = (named, kernel)
        && named != kernel
    {
        return Err(node.fault(format!("kernel_shape = {named:?}"), format!("the weights say {kernel:?}")));
    }
    let kernel = kernel.or(named).ok_or_else(|| node.fault("kernel_shape is missing", "write it"))?;
    if kernel.iter().any(|&k| k > usize::from(u16::MAX)) {
        return Err(
            node.fault(format!("a kernel of {kernel:?}"), format!("at most {} is supported", u16::MAX))
        );
    }
    Ok(Window {
        kernel,
        stride: node.sizes("strides", 1)?.unwrap_or([1; 2]),
        padding: node.sizes("pads", 0)?.unwrap_or([0; 4]),
        dilation: node.sizes("dilations", 1)?.unwrap_or([1; 2]),
    })
}
