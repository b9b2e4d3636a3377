//! Operators that only move elements, leave some out or repeat them: the hardware finds them by their addresses.

use super::call::{Call, Does, Output, Shaped};
use super::tensor::{MOST_NUMBERS, Numbers, elements};
use crate::network::onnx::error::Fault;

type Made = Result<Shaped, Fault>;

/// Elements of input 0 at new places: `from` says which one of the old ones each new one is.
fn moved(call: &Call<'_>, dims: Vec<usize>, from: impl Fn(&[usize]) -> usize) -> Made {
    let numbers = match call.numbers(0) {
        Some(numbers) if elements(&dims).is_some_and(|n| n <= MOST_NUMBERS) => {
            let places: Vec<usize> = places(&dims).map(|place| from(&place)).collect();
            numbers.at(&places)
        }
        _ => None,
    };
    Ok(Shaped { outputs: vec![Output { dims, numbers }], does: Does::Moves(0) })
}

/// Every place of a tensor, in row-major order.
fn places(dims: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let dims = dims.to_vec();
    (0..elements(&dims).unwrap_or(0)).map(move |mut flat| {
        let mut place = vec![0; dims.len()];
        for (at, &size) in place.iter_mut().zip(&dims).rev() {
            (*at, flat) = (flat % size, flat / size);
        }
        place
    })
}

/// The row-major number of a place; in an extent of one every place is the first.
fn flat(place: &[usize], dims: &[usize]) -> usize {
    place.iter().zip(dims).fold(0, |sum, (&at, &size)| sum * size + if size == 1 { 0 } else { at })
}

/// The same elements in the same order.
fn renamed(call: &Call<'_>, dims: Vec<usize>) -> Made {
    let numbers = call.numbers(0).cloned();
    Ok(Shaped { outputs: vec![Output { dims, numbers }], does: Does::Renames(0) })
}

pub(in super::super) fn identity(call: &Call<'_>) -> Made {
    renamed(call, call.dims(0)?.to_vec())
}

/// A mask or a second result that nobody may read as a map follows the first.
pub(in super::super) fn dropout(call: &Call<'_>) -> Made {
    let mut made = identity(call)?;
    made.outputs.push(Output { dims: call.dims(0)?.to_vec(), numbers: None });
    Ok(made)
}

pub(in super::super) fn reshape(call: &Call<'_>) -> Made {
    let (dims, target) = (call.dims(0)?, call.list("shape", 1)?.unwrap_or_default());
    let keeps_zero = call.node.int("allowzero", 0)? != 0;
    let fault = || {
        call.node.fault(
            format!("it makes {target:?} of {dims:?}"),
            "the numbers of elements must be equal, with at most one -1",
        )
    };
    let mut found = Vec::new();
    for (i, &size) in target.iter().enumerate() {
        found.push(match size {
            -1 => 1,
            0 if !keeps_zero => *dims.get(i).ok_or_else(fault)?,
            size => usize::try_from(size).map_err(|_| fault())?,
        });
    }
    let (whole, known) = (elements(dims).ok_or_else(fault)?, elements(&found).ok_or_else(fault)?);
    match target.iter().filter(|&&size| size == -1).count() {
        0 if known == whole => {}
        1 if known > 0 && whole % known == 0 => {
            let open = target.iter().position(|&size| size == -1).unwrap_or(0);
            found[open] = whole / known;
        }
        _ => return Err(fault()),
    }
    renamed(call, found)
}

pub(in super::super) fn flatten(call: &Call<'_>) -> Made {
    let (dims, axis) = (call.dims(0)?, call.node.int("axis", 1)?);
    let rank = dims.len();
    let axis = if usize::try_from(axis) == Ok(rank) { rank } else { call.axis(axis, rank.max(1))? };
    renamed(call, vec![dims[..axis].iter().product(), dims[axis..].iter().product()])
}

pub(in super::super) fn transpose(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let order = match call.node.ints("perm")? {
        None => (0..dims.len()).rev().collect(),
        Some(order) => {
            order.iter().map(|&axis| call.axis(axis, dims.len())).collect::<Result<Vec<usize>, Fault>>()?
        }
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..dims.len()) {
        return Err(call.node.fault(format!("perm = {order:?} of {dims:?}"), "name every axis once"));
    }
    let turned: Vec<usize> = order.iter().map(|&axis| dims[axis]).collect();
    moved(call, turned, |place| {
        let mut from = vec![0; dims.len()];
        order.iter().zip(place).for_each(|(&axis, &at)| from[axis] = at);
        flat(&from, dims)
    })
}

pub(in super::super) fn squeeze(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let gone = match call.list("axes", 1)? {
        Some(axes) => axes.iter().map(|&axis| call.axis(axis, dims.len())).collect::<Result<Vec<_>, _>>()?,
        None => (0..dims.len()).filter(|&axis| dims[axis] == 1).collect(),
    };
    if let Some(&axis) = gone.iter().find(|&&axis| dims[axis] != 1) {
        return Err(call.node.fault(format!("axis {axis} of {dims:?} is not of one element"), "leave it"));
    }
    let kept = (0..dims.len()).filter(|axis| !gone.contains(axis)).map(|axis| dims[axis]).collect();
    renamed(call, kept)
}

pub(in super::super) fn unsqueeze(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let axes = call.list("axes", 1)?.unwrap_or_default();
    let rank = dims.len() + axes.len();
    let new = axes.iter().map(|&axis| call.axis(axis, rank)).collect::<Result<Vec<_>, _>>()?;
    let mut old = dims.iter().copied();
    let made = (0..rank).map(|axis| if new.contains(&axis) { 1 } else { old.next().unwrap_or(1) }).collect();
    renamed(call, made)
}

pub(in super::super) fn slice(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let missing = || call.node.fault("it names no `starts` or `ends`", "write them");
    let starts = call.list("starts", 1)?.ok_or_else(missing)?;
    let ends = call.list("ends", 2)?.ok_or_else(missing)?;
    let count = i64::try_from(starts.len()).unwrap_or(i64::MAX);
    let axes = call.list("axes", 3)?.unwrap_or_else(|| (0..count).collect());
    let steps = call.list("steps", 4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] || steps.contains(&0) {
        let cause = format!("it takes {starts:?} to {ends:?} of axes {axes:?} in steps of {steps:?}");
        return Err(call.node.fault(cause, "write as many of each, and no step of 0"));
    }
    let mut taken: Vec<(i64, i64, usize)> = dims.iter().map(|&size| (0, 1, size)).collect();
    for (i, &axis) in axes.iter().enumerate() {
        let axis = call.axis(axis, dims.len())?;
        taken[axis] = range(starts[i], ends[i], steps[i], dims[axis]);
    }
    let made = taken.iter().map(|&(_, _, size)| size).collect();
    moved(call, made, |place| {
        let from = |(&(start, step, _), &at): (&(i64, i64, usize), &usize)| {
            let at = i64::try_from(at).unwrap_or(i64::MAX);
            usize::try_from(start.saturating_add(step.saturating_mul(at))).unwrap_or(usize::MAX)
        };
        let old: Vec<usize> = taken.iter().zip(place).map(from).collect();
        flat(&old, dims)
    })
}

/// First element, step and number of elements of a slice along an axis, as ONNX clamps them.
fn range(start: i64, end: i64, step: i64, size: usize) -> (i64, i64, usize) {
    if size == 0 {
        return (0, 1, 0);
    }
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let [start, end] = [start, end].map(|n| if n < 0 { n.saturating_add(size) } else { n });
    let (start, length) = if step > 0 {
        let start = start.clamp(0, size);
        (start, end.clamp(0, size) - start)
    } else {
        let start = start.clamp(0, size - 1);
        (start, start - end.clamp(-1, size - 1))
    };
    let step_size = step.unsigned_abs().max(1);
    let count = u64::try_from(length.max(0)).unwrap_or(0).div_ceil(step_size);
    (start, step, usize::try_from(count).unwrap_or(usize::MAX))
}

pub(in super::super) fn split(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let axis = call.axis(call.node.int("axis", 0)?, dims.len())?;
    let parts = call.node.proto.output.len().max(1);
    let sizes = match call.list("split", 1)? {
        Some(sizes) => sizes.iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect(),
        None => {
            let most = dims[axis].div_ceil(parts);
            (0..parts).map(|i| most.min(dims[axis].saturating_sub(i * most))).collect::<Vec<_>>()
        }
    };
    if sizes.iter().try_fold(0usize, |sum, &n| sum.checked_add(n)) != Some(dims[axis]) {
        return Err(call
            .node
            .fault(format!("parts of {sizes:?} along axis {axis} of {dims:?}"), "take it whole"));
    }
    let mut start = 0;
    let part = |&size: &usize| {
        let mut dims = dims.to_vec();
        dims[axis] = size;
        let numbers = call.numbers(0).and_then(|numbers| {
            let from = |mut place: Vec<usize>| {
                place[axis] += start;
                flat(&place, call.inputs[0].map_or(&[][..], |tensor| &tensor.dims))
            };
            numbers.at(&places(&dims).map(from).collect::<Vec<_>>())
        });
        start += size;
        Output { dims, numbers }
    };
    Ok(Shaped { outputs: sizes.iter().map(part).collect(), does: Does::Moves(0) })
}

pub(in super::super) fn expand(call: &Call<'_>) -> Made {
    let (dims, target) = (call.dims(0)?, call.integers(1)?);
    let target: Vec<usize> = target.iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect();
    let made = broadcast(call, &[dims, &target])?;
    moved(call, made, |place| flat(&place[place.len() - dims.len()..], dims))
}

/// The extents that tensors have together, each of its axes being stretched where it is 1.
pub(super) fn broadcast(call: &Call<'_>, all: &[&[usize]]) -> Result<Vec<usize>, Fault> {
    let rank = all.iter().map(|dims| dims.len()).max().unwrap_or(0);
    let mut made = vec![1; rank];
    for dims in all {
        for (to, &size) in made[rank - dims.len()..].iter_mut().zip(*dims) {
            if *to == 1 {
                *to = size;
            } else if size != 1 && size != *to {
                let cause = format!("its operands are of {all:?}");
                return Err(call.node.fault(cause, "extents along an axis must be equal, or 1"));
            }
        }
    }
    Ok(made)
}

pub(in super::super) fn tile(call: &Call<'_>) -> Made {
    let (dims, times) = (call.dims(0)?, call.integers(1)?);
    let fault =
        || call.node.fault(format!("{times:?} times {dims:?}"), "give a number from 1 for every axis");
    if times.len() != dims.len() {
        return Err(fault());
    }
    let grown = |(&size, &n): (&usize, &i64)| usize::try_from(n).ok().and_then(|n| size.checked_mul(n));
    let made = dims.iter().zip(&times).map(grown).collect::<Option<Vec<_>>>().ok_or_else(fault)?;
    moved(call, made, |place| {
        let old: Vec<usize> = place.iter().zip(dims).map(|(&at, &size)| at % size).collect();
        flat(&old, dims)
    })
}

/// Constant numbers around a tensor.
pub(in super::super) fn pad(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let pads = match call.node.ints("paddings")? {
        Some(pads) => pads.to_vec(),
        None => call.list("pads", 1)?.unwrap_or_default(),
    };
    let axes: Vec<usize> = match call.optional(3) {
        Some(_) => {
            call.integers(3)?.iter().map(|&axis| call.axis(axis, dims.len())).collect::<Result<_, _>>()?
        }
        None => (0..dims.len()).collect(),
    };
    let fault = || call.node.fault(format!("pads = {pads:?} of {dims:?}"), "give two numbers for every axis");
    if pads.len() != 2 * axes.len() {
        return Err(fault());
    }
    let mut made = dims.to_vec();
    for (i, &axis) in axes.iter().enumerate() {
        let size = i64::try_from(dims[axis]).unwrap_or(i64::MAX);
        let size = size.saturating_add(pads[i]).saturating_add(pads[i + axes.len()]);
        made[axis] = usize::try_from(size).map_err(|_| fault())?;
    }
    Ok(Shaped { outputs: vec![Output { dims: made, numbers: None }], does: Does::Moves(0) })
}

pub(in super::super) fn depth_to_space(call: &Call<'_>) -> Made {
    blocks(call, |[c, h, w], block| {
        (c % (block * block) == 0).then(|| [c / block / block, h * block, w * block])
    })
}

pub(in super::super) fn space_to_depth(call: &Call<'_>) -> Made {
    blocks(call, |[c, h, w], block| {
        (h % block == 0 && w % block == 0).then(|| [c * block * block, h / block, w / block])
    })
}

fn blocks(call: &Call<'_>, change: fn([usize; 3], usize) -> Option<[usize; 3]>) -> Made {
    let (dims, size) = (call.dims(0)?, call.node.int("blocksize", 1)?);
    let fault =
        || call.node.fault(format!("blocks of {size} in {dims:?}"), "it needs a map that they divide");
    let &[n, c, h, w] = dims else { return Err(fault()) };
    let block = usize::try_from(size).ok().filter(|size| (1..=4096).contains(size)).ok_or_else(fault)?;
    let [c, h, w] = change([c, h, w], block).ok_or_else(fault)?;
    Ok(Shaped { outputs: vec![Output { dims: vec![n, c, h, w], numbers: None }], does: Does::Moves(0) })
}

/// Rows of a tensor by their numbers: a part of a map, or of a table of weights what indices computed from the image say.
pub(in super::super) fn gather(call: &Call<'_>) -> Made {
    let (dims, indices) = (call.dims(0)?, call.dims(1)?);
    let axis = call.axis(call.node.int("axis", 0)?, dims.len())?;
    let made = [&dims[..axis], indices, &dims[axis + 1..]].concat();
    let picked = |whole: &Numbers| {
        let chosen = call.numbers(1)?.whole();
        let size = i64::try_from(dims[axis]).ok()?;
        let after: usize = dims[axis + 1..].iter().product();
        let before: usize = dims[..axis].iter().product();
        let mut at = Vec::new();
        for outer in 0..before {
            for &index in &chosen {
                let index = if index < 0 { index + size } else { index };
                let index = usize::try_from(index).ok().filter(|&index| index < dims[axis])?;
                at.extend((0..after).map(|inner| (outer * dims[axis] + index) * after + inner));
            }
        }
        whole.at(&at)
    };
    let small = elements(&made).is_some_and(|n| n <= MOST_NUMBERS);
    let numbers = call.numbers(0).filter(|_| small).and_then(picked);
    let does = Does::Moves(if call.is_map(0) { 0 } else { 1 });
    Ok(Shaped { outputs: vec![Output { dims: made, numbers }], does })
}

/// An element for every index.
pub(in super::super) fn gather_elements(call: &Call<'_>) -> Made {
    let does = Does::Moves(if call.is_map(0) { 0 } else { 1 });
    Ok(Shaped { outputs: vec![Output { dims: call.dims(1)?.to_vec(), numbers: None }], does })
}

/// Slices of a tensor by indices of several axes.
pub(in super::super) fn gather_slices(call: &Call<'_>) -> Made {
    let (dims, indices) = (call.dims(0)?, call.dims(1)?);
    let fault =
        || call.node.fault(format!("indices of {indices:?} into {dims:?}"), "their last axis names axes");
    let shared = usize::try_from(call.node.int("batch_dims", 0)?).map_err(|_| fault())?;
    let (&named, places) = indices.split_last().ok_or_else(fault)?;
    let rest = shared.checked_add(named).and_then(|first| dims.get(first..)).ok_or_else(fault)?;
    let does = Does::Moves(if call.is_map(0) { 0 } else { 1 });
    Ok(Shaped { outputs: vec![Output { dims: [places, rest].concat(), numbers: None }], does })
}
