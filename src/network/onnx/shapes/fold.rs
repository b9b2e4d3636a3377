//! What is known before any inference: extents of tensors, and numbers computed of them.

use super::call::{Call, Does, Output, Shaped};
use super::tensor::{MOST_NUMBERS, Numbers, elements, numbers};
use crate::network::onnx::error::Fault;

type Made = Result<Shaped, Fault>;

fn known(dims: Vec<usize>, numbers: Option<Numbers>) -> Made {
    Ok(Shaped { outputs: vec![Output { dims, numbers }], does: Does::Known })
}

/// The extents of a tensor, or those from `start` to `end`.
pub(in super::super) fn shape(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?;
    let rank = i64::try_from(dims.len()).unwrap_or(i64::MAX);
    let at = |n: i64| usize::try_from((if n < 0 { n + rank } else { n }).clamp(0, rank)).unwrap_or(0);
    let (start, end) = (at(call.node.int("start", 0)?), at(call.node.int("end", i64::MAX)?));
    let found: Vec<i64> =
        dims[start..end.max(start)].iter().map(|&n| i64::try_from(n).unwrap_or(i64::MAX)).collect();
    known(vec![found.len()], Some(Numbers::Whole(found)))
}

/// The number of a tensor's elements.
pub(in super::super) fn size(call: &Call<'_>) -> Made {
    let count = call.count(call.dims(0)?)?;
    known(Vec::new(), Some(Numbers::Whole(vec![i64::try_from(count).unwrap_or(i64::MAX)])))
}

/// A tensor of one number, whose extents are the input.
pub(in super::super) fn filled(call: &Call<'_>) -> Made {
    let dims = call.integers(0)?;
    let found: Option<Vec<usize>> = dims.iter().map(|&n| usize::try_from(n).ok()).collect();
    let dims = found.ok_or_else(|| call.node.fault(format!("extents {dims:?}"), "write numbers from 0"))?;
    let one = match call.node.proto.attribute.iter().find(|a| a.name() == "value").and_then(|a| a.t.as_ref())
    {
        Some(tensor) => numbers(tensor, &[1]),
        None => Some(Numbers::Real(vec![0.0])),
    };
    let count = elements(&dims).filter(|&n| n <= MOST_NUMBERS);
    let all = one.zip(count).and_then(|(one, count)| one.at(&vec![0; count]));
    known(dims, all)
}

/// Numbers from a first one on.
pub(in super::super) fn range(call: &Call<'_>) -> Made {
    let ends = [0, 1, 2].map(|i| call.numbers(i).map(|n| (n.reals(), matches!(n, Numbers::Whole(_)))));
    let [Some((start, whole)), Some((limit, _)), Some((delta, _))] = ends else {
        // Says which one is not known.
        return call
            .integers(0)
            .and(call.integers(1))
            .and(call.integers(2))
            .and_then(|_| known(Vec::new(), None));
    };
    let ([start], [limit], [delta]) = (&start[..], &limit[..], &delta[..]) else {
        return Err(call.node.fault("its ends are no single numbers", "give three scalars"));
    };
    let count = ((limit - start) / delta).ceil().max(0.0);
    if count.is_nan() || count > 1e9 {
        return Err(call
            .node
            .fault(format!("{count} numbers"), "give a step that is not 0, and fewer numbers"));
    }
    let count = count as usize;
    let numbers = (count <= MOST_NUMBERS).then(|| {
        let all: Vec<f64> = (0..count).map(|i| start + delta * i as f64).collect();
        if whole { Numbers::Whole(Numbers::Real(all).whole()) } else { Numbers::Real(all) }
    });
    known(vec![count], numbers)
}

/// Numbers of two operands, element by element.
pub(super) fn both(
    a: &Numbers,
    b: &Numbers,
    [a_dims, b_dims, dims]: [&[usize]; 3],
    of: fn(f64, f64) -> f64,
) -> Option<Numbers> {
    let count = elements(dims).filter(|&n| n <= MOST_NUMBERS)?;
    let whole = matches!((a, b), (Numbers::Whole(_), Numbers::Whole(_)));
    let (a, b) = (a.reals(), b.reals());
    let at = |flat: usize, of: &[usize]| {
        let (mut rest, mut place, mut step) = (flat, 0, 1);
        for (i, &size) in dims.iter().enumerate().rev() {
            let (here, back) = (rest % size, dims.len() - i);
            rest /= size;
            if let Some(&own) = of.len().checked_sub(back).and_then(|axis| of.get(axis)) {
                place += step * if own == 1 { 0 } else { here };
                step *= own;
            }
        }
        place
    };
    let number = |flat: usize| Some(of(*a.get(at(flat, a_dims))?, *b.get(at(flat, b_dims))?));
    let all = (0..count).map(number).collect::<Option<Vec<f64>>>()?;
    if all.iter().any(|n| n.is_nan()) {
        return None;
    }
    Some(if whole { Numbers::Whole(Numbers::Real(all).whole()) } else { Numbers::Real(all) })
}
