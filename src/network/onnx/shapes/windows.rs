//! Windows of any number of axes, padded by numbers or by rule; pools.

use super::call::{Call, Does, Piece, Shaped};
use super::tensor::elements;
use crate::network::Op;
use crate::network::onnx::error::Fault;
use crate::network::segment::{LayerKind, Operation};
use crate::shape::{MapShape, Window};

/// A window along one axis.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    /// Padding before and after.
    pub(super) before: usize,
    pub(super) after: usize,
    /// Places of the window.
    pub(super) made: usize,
}

/// Largest size of a window in any respect.
const MOST: usize = 65_535;

/// The window of a node along every axis of a map; `spreads` says that the node makes the larger of two maps.
pub(super) fn axes_of(
    call: &Call<'_>,
    kernel: &[usize],
    extents: &[usize],
    spreads: bool,
) -> Result<Vec<Axis>, Fault> {
    let count = kernel.len();
    let list = |name: &str, least: usize, length: usize, default: usize| {
        let Some(found) = call.node.ints(name)? else { return Ok(vec![default; length]) };
        let size = |&n: &i64| usize::try_from(n).ok().filter(|n| (least..=MOST).contains(n));
        let sizes: Option<Vec<usize>> = found.iter().map(size).collect();
        sizes.filter(|sizes| sizes.len() == length).ok_or_else(|| {
            let remedy = format!("supported are {length} numbers from {least} to {MOST}");
            call.node.fault(format!("{name} = {found:?}"), remedy)
        })
    };
    let named = list("kernel_shape", 1, count, 0)?;
    if named.iter().any(|&n| n != 0) && named != kernel {
        return Err(call
            .node
            .fault(format!("kernel_shape = {named:?}"), format!("the weights say {kernel:?}")));
    }
    let (strides, dilations) = (list("strides", 1, count, 1)?, list("dilations", 1, count, 1)?);
    let (pads, open) = (list("pads", 0, 2 * count, 0)?, list("output_padding", 0, count, 0)?);
    let rule = call.node.text("auto_pad", "NOTSET")?;
    let up = call.node.int("ceil_mode", 0)? != 0;
    let wanted = if spreads { call.node.ints("output_shape")? } else { None };
    (0..count)
        .map(|i| {
            let (kernel, extent) = (kernel[i], extents[i]);
            let axis = Axis {
                kernel,
                stride: strides[i],
                dilation: dilations[i],
                before: pads[i],
                after: pads[i + count],
                made: 0,
            };
            let made = if spreads {
                let last = wanted.and_then(|sizes| sizes.get((sizes.len() - count.min(sizes.len())) + i));
                spread(axis, extent, rule, open[i], last.copied())
            } else {
                placed(axis, extent, rule, up)
            };
            made.filter(|axis| axis.made > 0 && kernel > 0 && kernel <= MOST).ok_or_else(|| {
                let cause =
                    format!("a kernel of {kernel} in steps of {} along {extent} elements", strides[i]);
                call.node.fault(
                    cause,
                    "give a smaller kernel, or padding by NOTSET, SAME_UPPER, SAME_LOWER or VALID",
                )
            })
        })
        .collect()
}

/// Padding and places of a window; rounded up, the last one begins inside the map or the padding before it.
fn placed(axis: Axis, extent: usize, rule: &[u8], up: bool) -> Option<Axis> {
    let reach = axis.dilation.checked_mul(axis.kernel.checked_sub(1)?)? + 1;
    if extent == 0 {
        return None;
    }
    match rule {
        b"SAME_UPPER" | b"SAME_LOWER" => {
            let made = extent.div_ceil(axis.stride);
            let pad = ((made - 1) * axis.stride + reach).saturating_sub(extent);
            let (less, more) = (pad / 2, pad - pad / 2);
            let [before, after] = if rule == b"SAME_UPPER" { [less, more] } else { [more, less] };
            Some(Axis { before, after, made, ..axis })
        }
        b"VALID" => {
            let made = extent.checked_sub(reach)? / axis.stride + 1;
            Some(Axis { before: 0, after: 0, made, ..axis })
        }
        b"NOTSET" | b"" => {
            let room = (extent + axis.before + axis.after).checked_sub(reach)?;
            let mut made = if up { room.div_ceil(axis.stride) } else { room / axis.stride } + 1;
            if up && (made - 1) * axis.stride >= extent + axis.before {
                made -= 1;
            }
            Some(Axis { made, ..axis })
        }
        _ => None,
    }
}

/// The extent that a transposed convolution makes.
fn spread(axis: Axis, extent: usize, rule: &[u8], open: usize, wanted: Option<i64>) -> Option<Axis> {
    if let Some(size) = wanted {
        return Some(Axis { made: usize::try_from(size).ok()?, ..axis });
    }
    let reach = axis.dilation.checked_mul(axis.kernel.checked_sub(1)?)? + 1;
    let whole = axis.stride.checked_mul(extent.checked_sub(1)?)? + reach + open;
    let made = match rule {
        b"SAME_UPPER" | b"SAME_LOWER" => axis.stride.checked_mul(extent)?,
        b"VALID" => whole,
        b"NOTSET" | b"" => whole.checked_sub(axis.before + axis.after)?,
        _ => return None,
    };
    Some(Axis { made, ..axis })
}

/// A pool over windows, an operation for every element that a window reads.
fn pool(call: &Call<'_>, kind: LayerKind, op: fn(Window) -> Op) -> Result<Shaped, Fault> {
    let dims = call.dims(0)?;
    let kernel = call.node.ints("kernel_shape")?.unwrap_or_default();
    let kernel: Vec<usize> = kernel.iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect();
    // onnxruntime's pools may have the channels last.
    let last = call.node.int("channels_last", 0)? != 0;
    if kernel.len() + 2 != dims.len() || kernel.is_empty() {
        return Err(call
            .node
            .fault(format!("a kernel of {kernel:?} over {dims:?}"), "give a number for every axis"));
    }
    let extents = if last { &dims[1..dims.len() - 1] } else { &dims[2..] };
    let axes = axes_of(call, &kernel, extents, false)?;
    let places: Vec<usize> = axes.iter().map(|axis| axis.made).collect();
    let made = if last {
        [&dims[..1], &places, &dims[dims.len() - 1..]].concat()
    } else {
        [&dims[..2], &places].concat()
    };
    let op = match axes.as_slice() {
        [y, x] => op(Window {
            kernel: [y.kernel, x.kernel],
            stride: [y.stride, x.stride],
            padding: [y.before, x.before, y.after, x.after],
            dilation: [y.dilation, x.dilation],
        }),
        _ => {
            let reads = elements(&made).zip(elements(&kernel)).and_then(|(n, k)| n.checked_mul(k));
            call.vector_op(kind, reads, Operation::Combine)?
        }
    };
    let piece = Piece { suffix: "", op, reads: vec![0], dims: made.clone(), product: false };
    call.made(made, Does::Layers(vec![piece]))
}

/// The second output, places of the largest, may not be read.
pub(in super::super) fn max_pool(call: &Call<'_>) -> Result<Shaped, Fault> {
    pool(call, LayerKind::MaxPool, Op::MaxPool)
}

pub(in super::super) fn average_pool(call: &Call<'_>) -> Result<Shaped, Fault> {
    pool(call, LayerKind::AveragePool, Op::AveragePool)
}

/// Powers, sums and a root of all elements in a window.
pub(in super::super) fn norm_pool(call: &Call<'_>) -> Result<Shaped, Fault> {
    pool(call, LayerKind::AveragePool, Op::AveragePool)
}

/// All axes behind the channels become one element each.
fn whole(call: &Call<'_>) -> Result<Vec<usize>, Fault> {
    let dims = call.dims(0)?;
    if dims.len() < 3 {
        return Err(call.node.fault(format!("a map of {dims:?}"), "it needs axes behind the channels"));
    }
    if call.node.int("channels_last", 0)? != 0 {
        let last = dims.len() - 1;
        return Ok((0..dims.len()).map(|i| if i == 0 || i == last { dims[i] } else { 1 }).collect());
    }
    Ok((0..dims.len()).map(|i| if i < 2 { dims[i] } else { 1 }).collect())
}

pub(in super::super) fn global_average_pool(call: &Call<'_>) -> Result<Shaped, Fault> {
    let made = whole(call)?;
    let piece =
        Piece { suffix: "", op: Op::GlobalAveragePool, reads: vec![0], dims: made.clone(), product: false };
    call.made(made, Does::Layers(vec![piece]))
}

pub(in super::super) fn global_max_pool(call: &Call<'_>) -> Result<Shaped, Fault> {
    let made = whole(call)?;
    call.vector(LayerKind::MaxPool, elements(call.dims(0)?), Operation::Combine, made)
}

/// A map's shape of extents behind the batch.
pub(super) fn map_shape(dims: &[usize]) -> MapShape {
    match *dims {
        [channels, ref middle @ .., width] => MapShape { channels, height: middle.iter().product(), width },
        [channels] => MapShape::vector(channels),
        [] => MapShape::vector(1),
    }
}
