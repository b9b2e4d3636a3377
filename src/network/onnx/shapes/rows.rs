//! Work on rows of elements: reductions, softmax, normalizations, resizing, concatenation, quantizing by what is there.

use super::call::{Call, Does, Output, Piece, Shaped};
use super::tensor::{Numbers, elements};
use crate::network::Op;
use crate::network::onnx::error::Fault;
use crate::network::segment::LayerKind;
use crate::network::segment::Operation::{Combine, Rescale};

type Made = Result<Shaped, Fault>;

/// `N` operations for every element that it reads, in lanes that multiply and add.
pub(in super::super) fn passes<const N: usize>(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    call.vector(LayerKind::Elementwise, elements(dims).and_then(|n| n.checked_mul(N)), Rescale, dims.to_vec())
}

/// The largest, e to the difference, their sum, a factor.
pub(in super::super) fn softmax(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    call.vector(LayerKind::Softmax, elements(dims).and_then(|n| n.checked_mul(4)), Rescale, dims.to_vec())
}

/// `N` operations for every element: those of a mean and a deviation, a factor and a term.
pub(in super::super) fn normalization<const N: usize>(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    call.vector(LayerKind::Norm, elements(dims).and_then(|n| n.checked_mul(N)), Rescale, dims.to_vec())
}

/// A sum of two maps before a normalization of 5 operations; the sum may be an output.
pub(in super::super) fn sum_and_normalization(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?.to_vec();
    let op = call.vector_op(LayerKind::Norm, elements(&dims).and_then(|n| n.checked_mul(7)), Rescale)?;
    let piece = Piece { suffix: "", op, reads: vec![0, 1], dims: dims.clone(), product: false };
    let outputs = (0..4).map(|_| Output { dims: dims.clone(), numbers: None }).collect();
    Ok(Shaped { outputs, does: Does::Layers(vec![piece]) })
}

/// Squares of so many neighbours, a power by a table, a product.
pub(in super::super) fn across_channels(call: &Call<'_>) -> Made {
    let (dims, size) = (call.dims(0)?, call.node.int("size", 1)?);
    let size = usize::try_from(size).ok().filter(|n| (1..=65_535).contains(n));
    let size = size.ok_or_else(|| call.node.fault("its size is no number from 1 to 65535", "write one"))?;
    call.vector(LayerKind::Norm, elements(dims).and_then(|n| n.checked_mul(size + 3)), Rescale, dims.to_vec())
}

/// One element of all along some axes: `N` operations for each that is read.
pub(in super::super) fn reduction<const N: usize>(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let made = reduced(call, call.list("axes", 1)?, call.node.int("noop_with_empty_axes", 0)? != 0)?;
    let numbers = products(call, dims, &made);
    let mut shaped =
        call.vector(LayerKind::Reduce, elements(dims).and_then(|n| n.checked_mul(N)), Combine, made)?;
    shaped.outputs[0].numbers = numbers;
    Ok(shaped)
}

/// ReduceProd and ReduceMax of few known numbers stand in computations of shapes; one number is what it is.
fn products(call: &Call<'_>, dims: &[usize], made: &[usize]) -> Option<Numbers> {
    (elements(dims) == elements(made)).then(|| call.numbers(0).cloned()).flatten()
}

/// A mean; over every pixel of a map it is a global average pool.
pub(in super::super) fn mean(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let axes = call.list("axes", 1)?;
    let made = reduced(call, axes.clone(), call.node.int("noop_with_empty_axes", 0)? != 0)?;
    let mut places: Vec<usize> =
        axes.unwrap_or_default().iter().map(|&a| call.axis(a, dims.len())).collect::<Result<_, _>>()?;
    places.sort_unstable();
    if dims.len() != 4 || places != [2, 3] {
        return call.vector(LayerKind::Reduce, elements(dims), Combine, made);
    }
    let piece =
        Piece { suffix: "", op: Op::GlobalAveragePool, reads: vec![0], dims: made.clone(), product: false };
    call.made(made, Does::Layers(vec![piece]))
}

fn reduced(call: &Call<'_>, axes: Option<Vec<i64>>, keep_all: bool) -> Result<Vec<usize>, Fault> {
    let dims = call.dims(0)?;
    let keep = call.node.int("keepdims", 1)? != 0;
    let gone: Vec<usize> = match axes.filter(|axes| !axes.is_empty()) {
        Some(axes) => axes.iter().map(|&a| call.axis(a, dims.len())).collect::<Result<_, _>>()?,
        None if keep_all => Vec::new(),
        None => (0..dims.len()).collect(),
    };
    let left = |axis: usize| match (gone.contains(&axis), keep) {
        (false, _) => Some(dims[axis]),
        (true, true) => Some(1),
        (true, false) => None,
    };
    Ok((0..dims.len()).filter_map(left).collect())
}

/// The place of the largest or smallest along an axis.
pub(in super::super) fn place_of_extreme(call: &Call<'_>) -> Made {
    let axes = Some(vec![call.node.int("axis", 0)?]);
    let made = reduced(call, axes, false)?;
    call.vector(LayerKind::Reduce, elements(call.dims(0)?), Combine, made)
}

/// Tensors one behind the other along an axis, each brought to one scale.
fn joined(call: &Call<'_>, parts: Vec<usize>, default: i64) -> Made {
    let first = call.dims(*parts.first().unwrap_or(&0))?;
    let axis = call.axis(call.node.int("axis", default)?, first.len())?;
    let mut made = first.to_vec();
    made[axis] = 0;
    for &part in &parts {
        let dims = call.dims(part)?;
        let fits = dims.len() == first.len()
            && (0..dims.len()).all(|other| other == axis || dims[other] == first[other]);
        if !fits {
            let cause = format!("it joins {first:?} and {dims:?} along axis {axis}");
            return Err(call.node.fault(cause, "all other extents must be equal"));
        }
        made[axis] += dims[axis];
    }
    let numbers = if axis == 0 { flat(call, &parts) } else { None };
    let maps: Vec<usize> = parts.iter().copied().filter(|&part| call.is_map(part)).collect();
    let piece = Piece { suffix: "", op: Op::Concat, reads: maps, dims: made.clone(), product: false };
    let mut shaped = call.made(made, Does::Layers(vec![piece]))?;
    shaped.outputs[0].numbers = numbers;
    Ok(shaped)
}

/// Numbers one behind the other.
fn flat(call: &Call<'_>, parts: &[usize]) -> Option<Numbers> {
    let all: Vec<&Numbers> = parts.iter().map(|&part| call.numbers(part)).collect::<Option<_>>()?;
    if all.iter().all(|numbers| matches!(numbers, Numbers::Whole(_))) {
        return Some(Numbers::Whole(all.into_iter().flat_map(Numbers::whole).collect()));
    }
    Some(Numbers::Real(all.into_iter().flat_map(Numbers::reals).collect()))
}

pub(in super::super) fn concatenation(call: &Call<'_>) -> Made {
    joined(call, (0..call.inputs.len()).collect(), 1)
}

/// Scale and zero point of the result, then tensor, scale and zero point of every operand.
pub(in super::super) fn concatenation_of_codes(call: &Call<'_>) -> Made {
    joined(call, (2..call.inputs.len().max(3)).step_by(3).collect(), 1)
}

/// Another size of a map: a copy, or 2 neighbours along each axis that changes, or 4.
pub(in super::super) fn resize(call: &Call<'_>) -> Made {
    scaled(call, 2, 3)
}

/// The older form, with scales as its second input.
pub(in super::super) fn upsample(call: &Call<'_>) -> Made {
    scaled(call, 1, usize::MAX)
}

fn scaled(call: &Call<'_>, scales: usize, sizes: usize) -> Made {
    let dims = call.dims(0)?;
    let rank = i64::try_from(dims.len()).unwrap_or(i64::MAX);
    let axes = call.node.ints("axes")?.map_or_else(|| (0..rank).collect(), <[i64]>::to_vec);
    let axes: Vec<usize> = axes.iter().map(|&a| call.axis(a, dims.len())).collect::<Result<_, _>>()?;
    let unknown = || {
        call.node.fault("its sizes or scales are not known before an inference", "export with fixed sizes")
    };
    let mut made = dims.to_vec();
    let given = |index: usize| call.optional(index).filter(|tensor| tensor.dims != [0]);
    // Operator set 10 has the scales where later ones have a region.
    let scales = if given(scales).is_none() && given(sizes).is_none() { 1 } else { scales };
    if given(sizes).is_some() {
        let wanted = call.integers(sizes)?;
        for (&axis, &size) in axes.iter().zip(&wanted) {
            made[axis] = usize::try_from(size).map_err(|_| unknown())?;
        }
    } else {
        let factors = match call.node.floats("scales")? {
            Some(factors) => factors.iter().copied().map(f64::from).collect(),
            None => call.numbers(scales).ok_or_else(unknown)?.reals(),
        };
        if factors.len() != axes.len() {
            return Err(call
                .node
                .fault(format!("scales {factors:?} of {dims:?}"), "give one for every axis"));
        }
        for (&axis, factor) in axes.iter().zip(factors) {
            made[axis] = ((dims[axis] as f64) * factor).floor() as usize;
        }
    }
    let changed = made.iter().zip(dims).filter(|(a, b)| a != b).count();
    let neighbours: usize = match call.node.text("mode", "nearest")? {
        b"nearest" => 1,
        b"linear" | b"bilinear" => 1 << changed.min(8),
        b"cubic" => 1 << (2 * changed).min(16),
        mode => {
            let cause = format!("mode = {}", String::from_utf8_lossy(mode));
            return Err(call.node.fault(cause, "supported are nearest, linear and cubic"));
        }
    };
    let work = elements(&made).and_then(|n| n.checked_mul(neighbours));
    call.vector(LayerKind::Resize, work, Rescale, made)
}

/// Codes by the smallest and the largest that are there, found first; scale and zero point are two numbers.
pub(in super::super) fn quantize_dynamically(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let mut shaped = call.vector(
        LayerKind::Quantize,
        elements(dims).and_then(|n| n.checked_mul(3)),
        Rescale,
        dims.to_vec(),
    )?;
    shaped.outputs.extend([(); 2].map(|()| Output { dims: Vec::new(), numbers: None }));
    Ok(shaped)
}

/// A tensor with some elements replaced: an operation for each of those.
pub(in super::super) fn scatter(call: &Call<'_>) -> Made {
    let (dims, new) = (call.dims(0)?, call.dims(2)?);
    let op = call.vector_op(LayerKind::Scatter, elements(new), Rescale)?;
    let reads = [0, 2].into_iter().filter(|&input| call.is_map(input)).collect();
    let piece = Piece { suffix: "", op, reads, dims: dims.to_vec(), product: false };
    call.made(dims.to_vec(), Does::Layers(vec![piece]))
}
