//! Operators that only move codes, or only give a tensor another shape.

use super::super::error::Fault;
use super::super::node::Node;
use super::super::tensor::Elements;
use super::{Ifmap, MAX_ELEMENTS, Made, rank};
use crate::network::{Move, Op};
use crate::shape::MapShape;

pub(super) fn reshape(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["allowzero"])?;
    node.arity(2, 2)?;
    let Elements::I64(target) = &node.constant(1)?.elements else {
        return Err(node.misfit(1, "an int64 shape"));
    };
    // It only says what a 0 means; exporters write it on every shape.
    if target.contains(&0) {
        node.fixed_int("allowzero", 0)?;
    }
    let MapShape { channels, height, width } = ifmap.value.shape;
    // -1 and 0 stand for what is left and what was there; the first number is the batch.
    let is = |found: i64, size: usize| found == -1 || usize::try_from(found) == Ok(size);
    let batch = |found: i64| matches!(found, -1..=1);
    let unknown = target.iter().filter(|&&n| n == -1).count();
    match *target.as_slice() {
        [b, rest] if batch(b) && unknown < 2 && is(rest, channels * height * width) => Ok(flat(ifmap)),
        [b, c, h, w] if batch(b) && unknown < 2 => {
            let sizes = [(c, channels), (h, height), (w, width)];
            // Zero copies the size that was there, which a vector has for its length only.
            let kept = |&(i, (found, size)): &(usize, (i64, usize))| {
                is(found, size) || (found == 0 && (ifmap.rank == 4 || i == 0))
            };
            if sizes.into_iter().enumerate().all(|size| kept(&size)) {
                return Ok(same(ifmap, 4));
            }
            Err(shape_fault(node, target))
        }
        _ => Err(shape_fault(node, target)),
    }
}

fn shape_fault(node: &Node<'_>, target: &[i64]) -> Fault {
    node.fault(format!("shape {target:?}"), "supported is [batch, rest], or the shape that is there")
}

pub(super) fn flatten(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    node.only(&["axis"])?;
    node.arity(1, 1)?;
    node.fixed_int("axis", 1)?;
    Ok(flat(ifmaps[0]))
}

/// A map as a vector; a vector stays as it is.
fn flat(ifmap: Ifmap<'_>) -> Made {
    let shape = MapShape::vector(ifmap.value.shape.elements());
    if shape == ifmap.value.shape {
        return same(ifmap, 2);
    }
    let op = Some(Op::Flatten);
    Made { op, shape, rank: 2, quantization: ifmap.value.quantization, parameters: None }
}

/// The tensor itself, of another rank.
fn same(ifmap: Ifmap<'_>, rank: usize) -> Made {
    let (shape, quantization) = (ifmap.value.shape, ifmap.value.quantization);
    Made { op: None, shape, rank, quantization, parameters: None }
}

pub(super) fn identity(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    node.only(&["ratio", "seed"])?;
    node.arity(1, 3)?;
    Ok(same(ifmaps[0], ifmaps[0].rank))
}

/// Sizes of all axes; those of the batch, which is never moved, count as one.
fn sizes(ifmap: Ifmap<'_>) -> Vec<usize> {
    let MapShape { channels, height, width } = ifmap.value.shape;
    [1, channels, height, width].into_iter().take(ifmap.rank).collect()
}

/// A transposition that moves no code: axes of more than one element keep their order.
pub(super) fn transpose(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    node.only(&["perm"])?;
    node.arity(1, 1)?;
    let ifmap = ifmaps[0];
    let sizes = sizes(ifmap);
    let order: Vec<usize> = match node.ints("perm")? {
        None => (0..sizes.len()).rev().collect(),
        Some(order) => order.iter().map(|&axis| usize::try_from(axis).unwrap_or(usize::MAX)).collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let whole = sorted.iter().copied().eq(0..sizes.len());
    let turned: Option<Vec<usize>> = order.iter().map(|&axis| sizes.get(axis).copied()).collect();
    let large: Vec<usize> = order.iter().copied().filter(|&axis| sizes.get(axis) > Some(&1)).collect();
    if whole && order[0] == 0 && large.is_sorted() && turned.as_ref() == Some(&sizes) {
        return Ok(same(ifmap, ifmap.rank));
    }
    Err(node
        .fault(format!("perm = {order:?} of {sizes:?}"), "supported are transpositions that change nothing"))
}

/// Axes of one element behind the channels go, or come, together or one after the other.
fn squeezed(node: &Node<'_>, ifmap: Ifmap<'_>, changed: fn(usize, usize) -> usize) -> Result<Made, Fault> {
    node.only(&["axes"])?;
    node.arity(1, 2)?;
    let axes = axes(node)?;
    let rank = changed(ifmap.rank, axes.len());
    let larger = i64::try_from(ifmap.rank.max(rank)).unwrap_or(i64::MAX);
    let mut places: Vec<i64> =
        axes.iter().map(|&axis| if axis < 0 { axis.saturating_add(larger) } else { axis }).collect();
    places.sort_unstable();
    let twice = places.windows(2).any(|pair| pair[0] == pair[1]);
    let vector = ifmap.value.shape == MapShape::vector(ifmap.value.shape.channels);
    if vector
        && !twice
        && !places.is_empty()
        && (2..=4).contains(&rank)
        && places.iter().all(|axis| (2..larger).contains(axis))
    {
        return Ok(same(ifmap, rank));
    }
    Err(node.fault(
        format!("axes {axes:?} of a tensor of {:?}", sizes(ifmap)),
        "supported are the axes 2 and 3 of one pixel",
    ))
}

pub(super) fn squeeze(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    squeezed(node, ifmaps[0], usize::saturating_sub)
}

pub(super) fn unsqueeze(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    squeezed(node, ifmaps[0], usize::saturating_add)
}

/// Axes are an attribute in older operator sets, an input since.
pub(in super::super) fn axes(node: &Node<'_>) -> Result<Vec<i64>, Fault> {
    match (node.ints("axes")?, node.input(1)) {
        (Some(axes), _) => Ok(axes.to_vec()),
        (None, "") => Err(node.fault("it names no axes", "write them")),
        (None, _) => integers(node, 1),
    }
}

fn integers(node: &Node<'_>, index: usize) -> Result<Vec<i64>, Fault> {
    match &node.constant(index)?.elements {
        Elements::I64(numbers) => Ok(numbers.clone()),
        Elements::I32(numbers) => Ok(numbers.iter().map(|&n| n.into()).collect()),
        _ => Err(node.misfit(index, "int64 numbers")),
    }
}

/// Zeros around a map.
pub(super) fn pad(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    node.only(&["mode", "pads", "value"])?;
    node.arity(1, 3)?;
    node.fixed_text("mode", "constant")?;
    let ifmap = ifmaps[0];
    rank(node, "its ifmap", ifmap.rank, 4)?;
    let pads = match node.ints("pads")? {
        Some(pads) => pads.to_vec(),
        None => integers(node, 1)?,
    };
    let numbers: Option<Vec<usize>> =
        pads.iter().map(|&n| usize::try_from(n).ok().filter(|&n| n <= usize::from(u16::MAX))).collect();
    let numbers = numbers.filter(|n| n.len() == 8 && n[0] == 0 && n[4] == 0).ok_or_else(|| {
        node.fault(format!("pads = {pads:?}"), "supported are eight numbers from 0, none for the batch")
    })?;
    zero_fill(node, ifmap)?;
    let MapShape { channels, height, width } = ifmap.value.shape;
    let taken = [channels, height, width];
    let before = [numbers[1], numbers[2], numbers[3]];
    let after = [numbers[5], numbers[6], numbers[7]];
    let size = |axis: usize| before[axis] + taken[axis] + after[axis];
    let shape = MapShape { channels: size(0), height: size(1), width: size(2) };
    moved(node, ifmap, Move { start: [0; 3], step: [1; 3], taken, before }, shape)
}

/// What a padding is filled with must be real zero: the zero point of codes, 0 of real numbers, or left out.
fn zero_fill(node: &Node<'_>, ifmap: Ifmap<'_>) -> Result<(), Fault> {
    let zero_point = ifmap.value.quantization.zero_point;
    let zero = node.float("value", 0.0)? == 0.0;
    let filled = match node.input(2) {
        // Left out, codes are filled with code 0, real numbers with 0.
        "" => zero && (!node.reads_codes || zero_point == 0),
        _ => match &node.constant(2)?.elements {
            Elements::U8(v) => v.iter().all(|&code| i32::from(code) == zero_point) && v.len() == 1,
            Elements::I8(v) => v.iter().all(|&code| i32::from(code) == zero_point) && v.len() == 1,
            Elements::F32(v) => v.iter().all(|&number| number == 0.0) && v.len() == 1,
            _ => false,
        },
    };
    if filled {
        return Ok(());
    }
    Err(node.fault("it pads with another number than zero", format!("on these codes zero is {zero_point}")))
}

/// Every so many elements of a map.
pub(super) fn slice(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    node.only(&["starts", "ends", "axes"])?;
    node.arity(1, 5)?;
    let ifmap = ifmaps[0];
    rank(node, "its ifmap", ifmap.rank, 4)?;
    let list =
        |name: &str, index: usize, default: Option<Vec<i64>>| match (node.ints(name)?, node.input(index)) {
            (Some(numbers), _) => Ok(numbers.to_vec()),
            (None, "") => default.ok_or_else(|| node.fault(format!("`{name}` is missing"), "write it")),
            (None, _) => integers(node, index),
        };
    let (starts, ends) = (list("starts", 1, None)?, list("ends", 2, None)?);
    let count = i64::try_from(starts.len()).unwrap_or(i64::MAX);
    let axes = list("axes", 3, Some((0..count.min(4)).collect()))?;
    let steps = list("steps", 4, Some(vec![1; starts.len().min(4)]))?;
    let fault = || {
        let cause = format!("it takes {starts:?} to {ends:?} of axes {axes:?} in steps of {steps:?}");
        node.fault(
            cause,
            "supported are forward steps along channels, rows and columns, of at least one element",
        )
    };
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err(fault());
    }
    let MapShape { channels, height, width } = ifmap.value.shape;
    let sizes = [channels, height, width];
    let mut moving = Move { start: [0; 3], step: [1; 3], taken: sizes, before: [0; 3] };
    for (i, &axis) in axes.iter().enumerate() {
        let axis =
            usize::try_from(if axis < 0 { axis + 4 } else { axis }).ok().and_then(|axis| axis.checked_sub(1));
        let axis = axis.filter(|&axis| axis < 3).ok_or_else(fault)?;
        let size = i64::try_from(sizes[axis]).unwrap_or(i64::MAX);
        let at = |place: i64| (if place < 0 { place.saturating_add(size) } else { place }).clamp(0, size);
        let (start, end, step) = (at(starts[i]), at(ends[i]), steps[i]);
        let index = |n: i64| usize::try_from(n).map_err(|_| fault());
        if step < 1 || end <= start {
            return Err(fault());
        }
        (moving.start[axis], moving.step[axis]) = (index(start)?, index(step)?);
        moving.taken[axis] = index(end - start)?.div_ceil(index(step)?);
    }
    let [channels, height, width] = moving.taken;
    moved(node, ifmap, moving, MapShape { channels, height, width })
}

fn moved(node: &Node<'_>, ifmap: Ifmap<'_>, moving: Move, shape: MapShape) -> Result<Made, Fault> {
    let elements = shape.channels.checked_mul(shape.height).and_then(|n| n.checked_mul(shape.width));
    if elements.is_none_or(|n| n > MAX_ELEMENTS) {
        return Err(
            node.fault("its ofmap is too large", format!("at most {MAX_ELEMENTS} elements are supported"))
        );
    }
    if shape == ifmap.value.shape {
        return Ok(same(ifmap, 4));
    }
    let quantization = ifmap.value.quantization;
    Ok(Made { op: Some(Op::Move(moving)), shape, rank: 4, quantization, parameters: None })
}
