//! Products: convolutions, matrix products with weights and of two maps, recurrent layers.

use super::call::{Call, Does, Output, Piece, Shaped};
use super::moves::broadcast;
use super::tensor::elements;
use super::windows::{Axis, axes_of};
use crate::network::Op;
use crate::network::onnx::error::Fault;
use crate::network::segment::{LayerKind, Operation};
use crate::shape::{Conv2d, Gemm, MapShape, Window};

type Made = Result<Shaped, Fault>;

/// A layer of exact sums.
fn layer(op: Op, reads: Vec<usize>, dims: Vec<usize>) -> Piece {
    Piece { suffix: "", op, reads, dims, product: true }
}

/// Checked sizes of a product.
fn gemm(call: &Call<'_>, [groups, m, n, k]: [Option<usize>; 4]) -> Result<Gemm, Fault> {
    let size = |size: Option<usize>| size.and_then(|n| u64::try_from(n).ok()).filter(|&n| n > 0);
    match [groups, m, n, k].map(size) {
        [Some(groups), Some(m), Some(n), Some(k)] => Ok(Gemm { groups, m, n, k }),
        _ => Err(call.node.fault("a product of no or too many elements", "give extents from 1")),
    }
}

/// A convolution of one, two or three axes with weights at input `W`.
pub(in super::super) fn convolution<const W: usize>(call: &Call<'_>) -> Made {
    let (dims, weights) = (call.dims(0)?, weights(call, W)?);
    let fault = |remedy: &str| call.node.fault(format!("weights of {weights:?} over {dims:?}"), remedy);
    if dims.len() != weights.len() || !(3..=5).contains(&dims.len()) {
        return Err(fault("supported are convolutions along one, two or three axes"));
    }
    let (channels, filters, depth) = (dims[1], weights[0], weights[1]);
    let groups = groups(call, channels, depth, filters)?;
    let axes = axes_of(call, &weights[2..], &dims[2..], false)?;
    let made = [&[dims[0], filters][..], &axes.iter().map(|axis| axis.made).collect::<Vec<_>>()].concat();
    let pixels = elements(&made[2..]).and_then(|n| n.checked_mul(dims[0]));
    let op = if dims.len() < 5 && dims[0] == call.batch {
        Op::Conv(Conv2d { input: map(channels, &dims[2..]), filters, window: window(&axes), groups })
    } else {
        let m = pixels.map(|pixels| pixels.div_ceil(call.batch));
        let k = elements(&weights[1..]);
        Op::Product {
            kind: LayerKind::Convolution,
            gemm: gemm(call, [Some(groups), m, Some(filters / groups), k])?,
        }
    };
    call.made(made.clone(), Does::Layers(vec![layer(op, vec![0], made)]))
}

fn map(channels: usize, extents: &[usize]) -> MapShape {
    match *extents {
        [height, width] => MapShape { channels, height, width },
        _ => MapShape { channels, height: 1, width: extents.iter().product() },
    }
}

/// Two axes of a window; a single one is that of columns.
fn window(axes: &[Axis]) -> Window {
    let one = Axis { kernel: 1, stride: 1, before: 0, after: 0, dilation: 1, made: 1 };
    let [y, x] = match *axes {
        [y, x] => [y, x],
        [x] => [one, x],
        _ => [one, one],
    };
    Window {
        kernel: [y.kernel, x.kernel],
        stride: [y.stride, x.stride],
        padding: [y.before, x.before, y.after, x.after],
        dilation: [y.dilation, x.dilation],
    }
}

/// The extents of the weights at an input.
fn weights<'a>(call: &Call<'a>, index: usize) -> Result<&'a [usize], Fault> {
    if call.is_map(index) {
        let name = call.node.input(index);
        return Err(call
            .node
            .fault(format!("its weights `{name}` depend on the image"), "supported are constants"));
    }
    call.dims(index)
}

fn groups(call: &Call<'_>, channels: usize, depth: usize, filters: usize) -> Result<usize, Fault> {
    let groups = call.node.int("group", 1)?;
    let fits = |g: &usize| {
        *g > 0 && filters > 0 && filters.is_multiple_of(*g) && depth.checked_mul(*g) == Some(channels)
    };
    usize::try_from(groups).ok().filter(fits).ok_or_else(|| {
        call.node.fault(
            format!("{filters} filters of {depth} channels in {groups} groups over {channels} channels"),
            "channels must be groups * weight channels, and filters a multiple of groups",
        )
    })
}

/// Every pixel times the whole kernel, on the array; then what lies on one pixel is added, on the vector unit.
pub(in super::super) fn transposed_convolution(call: &Call<'_>) -> Made {
    let (dims, weights) = (call.dims(0)?, weights(call, 1)?);
    if dims.len() != weights.len() || !(3..=5).contains(&dims.len()) || weights[0] != dims[1] {
        let cause = format!("weights of {weights:?} over {dims:?}");
        return Err(call.node.fault(cause, "weights must be [channels, filters per group, kernel...]"));
    }
    let groups = usize::try_from(call.node.int("group", 1)?).ok().filter(|g| *g > 0 && dims[1] % g == 0);
    let groups =
        groups.ok_or_else(|| call.node.fault("its groups do not divide its channels", "give fewer"))?;
    let axes = axes_of(call, &weights[2..], &dims[2..], true)?;
    let made = [&[dims[0], weights[1] * groups][..], &axes.iter().map(|axis| axis.made).collect::<Vec<_>>()]
        .concat();
    let pixels = elements(&dims[2..]).and_then(|n| n.checked_mul(dims[0]));
    let n = elements(&weights[1..]);
    let m = pixels.map(|pixels| pixels.div_ceil(call.batch));
    let product = gemm(call, [Some(groups), m, n, Some(dims[1] / groups)])?;
    let apart = axes.iter().all(|axis| axis.kernel <= axis.stride);
    let op = Op::Product { kind: LayerKind::Convolution, gemm: product };
    let mut pieces = vec![layer(op, vec![0], made.clone())];
    if !apart {
        // The sums of one pixel lie next to those of others: every one but those that lie alone is added.
        let op = Op::Vector {
            kind: LayerKind::Col2Im,
            elements: product.outputs(),
            operation: Operation::Combine,
            streams: false,
        };
        pieces.push(Piece { suffix: "/col2im", op, reads: vec![0], dims: made.clone(), product: true });
    }
    call.made(made, Does::Layers(pieces))
}

/// A product with the second operand at input `W`, either turned or not.
pub(in super::super) fn gemm_of<const W: usize>(call: &Call<'_>) -> Made {
    let (a, b) = (call.dims(0)?, call.dims(W)?);
    if a.len() != 2 || b.len() != 2 {
        return Err(call
            .node
            .fault(format!("operands of {a:?} and {b:?}"), "supported is rank 2; flatten maps before"));
    }
    let turned = |dims: &[usize], name| {
        Ok::<_, Fault>(match call.node.int(name, 0)? {
            0 => [dims[0], dims[1]],
            _ => [dims[1], dims[0]],
        })
    };
    let ([m, k], [rows, n]) = (turned(a, "transA")?, turned(b, "transB")?);
    matrices(call, W, [&[], &[]], [m, k], [rows, n], vec![m, n])
}

/// A product of two tensors, each the last two axes of a stack of matrices; one of them may be weights.
pub(in super::super) fn product<const W: usize>(call: &Call<'_>) -> Made {
    stacks::<W>(call, false, false)
}

/// The same, each turned as attributes say.
pub(in super::super) fn fused_product(call: &Call<'_>) -> Made {
    stacks::<1>(call, call.node.int("transA", 0)? != 0, call.node.int("transB", 0)? != 0)
}

fn stacks<const W: usize>(call: &Call<'_>, turn_a: bool, turn_b: bool) -> Made {
    let (a, b) = (call.dims(0)?, call.dims(W)?);
    let split = |dims: &[usize], turn: bool, row: bool| -> Result<(Vec<usize>, [usize; 2]), Fault> {
        Ok(match *dims {
            [] => return Err(call.node.fault("an operand is a single number", "it needs an axis at least")),
            [length] if row => (Vec::new(), [1, length]),
            [length] => (Vec::new(), [length, 1]),
            [ref stack @ .., rows, columns] if turn => (stack.to_vec(), [columns, rows]),
            [ref stack @ .., rows, columns] => (stack.to_vec(), [rows, columns]),
        })
    };
    let ((a_stack, left), (b_stack, right)) = (split(a, turn_a, true)?, split(b, turn_b, false)?);
    let mut made = broadcast(call, &[&a_stack, &b_stack])?;
    made.extend((a.len() > 1).then_some(left[0]));
    made.extend((b.len() > 1).then_some(right[1]));
    matrices(call, W, [&a_stack, &b_stack], left, right, made)
}

/// A product of stacks of matrices of `[m, k]` and `[k, n]`.
fn matrices(
    call: &Call<'_>,
    second: usize,
    stacks: [&[usize]; 2],
    [m, k]: [usize; 2],
    [rows, n]: [usize; 2],
    made: Vec<usize>,
) -> Made {
    if k != rows {
        let cause = format!("operands of {:?} and {:?}", call.dims(0)?, call.dims(second)?);
        return Err(call
            .node
            .fault(cause, "the last axis of the first must be the last but one of the second"));
    }
    let whole = broadcast(call, &stacks)?;
    let stack = elements(&whole);
    let batch = call.batch.max(1);
    let (op, reads) = match (call.is_map(0), call.is_map(second)) {
        (true, true) => {
            // Every matrix has a second operand of its own, a map that streams in as weights would. Where the first of
            // the stack is the batch it is divided by it, otherwise the rows are.
            let divides = stack.is_some_and(|n| n % batch == 0);
            let groups = if divides { stack.map(|n| n / batch) } else { stack };
            let m = if divides { m } else { m.div_ceil(batch) };
            (
                Op::Product {
                    kind: LayerKind::MatMul,
                    gemm: gemm(call, [groups, Some(m), Some(n), Some(k)])?,
                },
                vec![0, second],
            )
        }
        // Weights on the left: the transposed product, whose ifmap is the second operand.
        (false, true) => {
            let columns = stack.and_then(|s| s.checked_mul(n)).map(|rows| rows.div_ceil(batch));
            (
                Op::Product {
                    kind: LayerKind::Gemm,
                    gemm: gemm(call, [Some(1), columns, Some(m), Some(k)])?,
                },
                vec![second],
            )
        }
        _ => weighted(call, stacks[1], stack, [m, n, k])?,
    };
    call.made(made.clone(), Does::Layers(vec![layer(op, reads, made)]))
}

/// A product with weights: one matrix for all rows, or a stack of them.
fn weighted(
    call: &Call<'_>,
    weights: &[usize],
    stack: Option<usize>,
    [m, n, k]: [usize; 3],
) -> Result<(Op, Vec<usize>), Fault> {
    let matrices = elements(weights).filter(|&count| count > 0);
    let rows = stack.zip(matrices).and_then(|(stack, matrices)| (stack / matrices).checked_mul(m));
    let m = rows.map(|rows| rows.div_ceil(call.batch.max(1)));
    let op = match (matrices, m) {
        (Some(1), Some(1)) => Op::FullyConnected { inputs: k, outputs: n },
        _ => Op::Product { kind: LayerKind::Gemm, gemm: gemm(call, [matrices, m, Some(n), Some(k)])? },
    };
    Ok((op, vec![0]))
}

/// A product of two tensors whose axes letters name: those of both and the result are a stack, those of both only are
/// summed over.
pub(in super::super) fn einsum(call: &Call<'_>) -> Made {
    let text = String::from_utf8_lossy(call.node.text("equation", "")?).replace(' ', "");
    let fault = || {
        let remedy = "supported are two operands, each letter once in each, such as bhqd,bhkd->bhqk";
        call.node.fault(format!("equation = {text}"), remedy)
    };
    let (inputs, output) = text.split_once("->").ok_or_else(fault)?;
    let (a, b) = inputs.split_once(',').ok_or_else(fault)?;
    let mut sizes = std::collections::BTreeMap::new();
    for (letters, index) in [(a, 0), (b, 1)] {
        let dims = call.dims(index)?;
        if letters.chars().count() != dims.len() {
            return Err(fault());
        }
        for (letter, &size) in letters.chars().zip(dims) {
            if !letter.is_ascii_alphabetic() || *sizes.entry(letter).or_insert(size) != size {
                return Err(fault());
            }
        }
    }
    let of = |keep: &dyn Fn(char) -> bool| {
        let chosen: Vec<usize> =
            sizes.iter().filter(|&(&letter, _)| keep(letter)).map(|(_, &size)| size).collect();
        elements(&chosen).ok_or_else(fault)
    };
    let (in_a, in_b, in_out) =
        (|c: char| a.contains(c), |c: char| b.contains(c), |c: char| output.contains(c));
    let lost = sizes.keys().any(|&c| !(in_out(c) || in_a(c) && in_b(c)));
    let made: Option<Vec<usize>> = output.chars().map(|letter| sizes.get(&letter).copied()).collect();
    let made = made.filter(|_| !lost).ok_or_else(fault)?;
    let stack = [of(&|c| in_a(c) && in_b(c) && in_out(c))?];
    let m = of(&|c| in_a(c) && !in_b(c))?;
    let n = of(&|c| in_b(c) && !in_a(c))?;
    let k = of(&|c| in_a(c) && in_b(c) && !in_out(c))?;
    matrices(call, 1, [&stack, &stack], [m, k], [k, n], made)
}

/// A recurrent layer of so many gates, and so many operations of the vector unit for each hidden number and step.
fn recurrent(call: &Call<'_>, gates: usize, operations: usize) -> Made {
    let (x, w, r) = (call.dims(0)?, weights(call, 1)?, weights(call, 2)?);
    let fault = || {
        let cause = format!("{x:?} with weights of {w:?} and {r:?}");
        call.node.fault(cause, "it needs [steps, batch, inputs] and weights of its gates")
    };
    let (&[first, second, inputs], &[ways, outputs, depth], &[_, _, hidden]) = (x, w, r) else {
        return Err(fault());
    };
    if depth != inputs || gates.checked_mul(hidden) != Some(outputs) {
        return Err(fault());
    }
    let by_sample = call.node.int("layout", 0)? != 0;
    let (steps, samples) = if by_sample { (second, first) } else { (first, second) };
    let rows = samples.div_ceil(call.batch.max(1));
    let of = |groups: Option<usize>, m: Option<usize>, k: usize| {
        Ok::<_, Fault>(Op::Product {
            kind: LayerKind::Gemm,
            gemm: gemm(call, [groups, m, Some(outputs), Some(k)])?,
        })
    };
    let input = of(Some(ways), steps.checked_mul(rows), inputs)?;
    // Every step waits for the one before it, so it is a product of its own.
    let state = of(steps.checked_mul(ways), Some(rows), hidden)?;
    let all = elements(&[steps, samples, ways, hidden]);
    let work =
        call.vector_op(LayerKind::Gates, all.and_then(|n| n.checked_mul(operations)), Operation::Rescale)?;
    let inner = vec![steps, samples, ways, outputs];
    let made =
        if by_sample { vec![samples, steps, ways, hidden] } else { vec![steps, ways, samples, hidden] };
    let last = if by_sample { vec![samples, ways, hidden] } else { vec![ways, samples, hidden] };
    let piece = |suffix, op, dims: &[usize]| Piece {
        suffix,
        op,
        reads: vec![0],
        dims: dims.to_vec(),
        product: false,
    };
    let pieces =
        vec![piece("/input", input, &inner), piece("/state", state, &inner), piece("/gates", work, &made)];
    call.count(&inner)?;
    let outputs = [made, last.clone(), last].map(|dims| Output { dims, numbers: None });
    Ok(Shaped { outputs: outputs.into(), does: Does::Layers(pieces) })
}

/// Four gates: 4 sums, 5 tables, 3 products and a sum for each hidden number.
pub(in super::super) fn lstm(call: &Call<'_>) -> Made {
    recurrent(call, 4, 13)
}

/// Three gates: 3 sums, 3 tables, 3 products and a sum.
pub(in super::super) fn gru(call: &Call<'_>) -> Made {
    recurrent(call, 3, 10)
}

/// A sum and a table.
pub(in super::super) fn rnn(call: &Call<'_>) -> Made {
    recurrent(call, 1, 2)
}
