//! Functions of corresponding elements: of one map, of a map and constants, of several maps.

use super::call::{Call, Does, Function, Output, Shaped};
use super::fold::both;
use super::moves::broadcast;
use super::tensor::{MOST_NUMBERS, Numbers, elements};
use crate::network::onnx::error::Fault;

type Made = Result<Shaped, Fault>;
/// How two numbers become one, when both are known before any inference.
type OfTwo = fn(f64, f64) -> f64;

/// A function of input 0 alone.
fn unary(call: &Call<'_>, function: Function, of: Option<fn(f64) -> f64>) -> Made {
    let dims = call.dims(0)?.to_vec();
    let numbers = call.numbers(0).zip(of).map(|(numbers, of)| match numbers {
        Numbers::Whole(_) => {
            Numbers::Whole(Numbers::Real(numbers.reals().into_iter().map(of).collect()).whole())
        }
        Numbers::Real(reals) => Numbers::Real(reals.iter().copied().map(of).collect()),
    });
    Ok(Shaped { outputs: vec![Output { dims, numbers }], does: Does::Function(vec![0], function) })
}

/// A function by a table.
pub(in super::super) fn table(call: &Call<'_>) -> Made {
    unary(call, Function::Table, None)
}

pub(in super::super) fn clamp(call: &Call<'_>) -> Made {
    unary(call, Function::Clamp, None)
}

pub(in super::super) fn negative(call: &Call<'_>) -> Made {
    unary(call, Function::Affine, Some(|x| -x))
}

pub(in super::super) fn floor(call: &Call<'_>) -> Made {
    unary(call, Function::Table, Some(f64::floor))
}

pub(in super::super) fn ceil(call: &Call<'_>) -> Made {
    unary(call, Function::Table, Some(f64::ceil))
}

pub(in super::super) fn round(call: &Call<'_>) -> Made {
    unary(call, Function::Table, Some(f64::round_ties_even))
}

pub(in super::super) fn square_root(call: &Call<'_>) -> Made {
    unary(call, Function::Table, Some(f64::sqrt))
}

pub(in super::super) fn not(call: &Call<'_>) -> Made {
    unary(call, Function::Table, Some(|x| if x == 0.0 { 1.0 } else { 0.0 }))
}

/// Another type for the same numbers.
pub(in super::super) fn cast(call: &Call<'_>) -> Made {
    /// Codes of ONNX for float, float16, double and bfloat16.
    const REAL: [i64; 4] = [1, 10, 11, 16];
    let real = REAL.contains(&call.node.int("to", 0)?);
    let dims = call.dims(0)?.to_vec();
    let numbers = call
        .numbers(0)
        .map(|numbers| if real { Numbers::Real(numbers.reals()) } else { Numbers::Whole(numbers.whole()) });
    Ok(Shaped { outputs: vec![Output { dims, numbers }], does: Does::Function(vec![0], Function::Affine) })
}

/// The type of another tensor for the same numbers.
pub(in super::super) fn cast_like(call: &Call<'_>) -> Made {
    unary(call, Function::Affine, Some(|x| x))
}

pub(in super::super) fn quantize(call: &Call<'_>) -> Made {
    unary(call, Function::Quantize, None)
}

/// Codes become real numbers: a factor and a term.
pub(in super::super) fn dequantize(call: &Call<'_>) -> Made {
    unary(call, Function::Affine, None)
}

/// A factor and a term per channel; statistics that training needs are no tensors here.
pub(in super::super) fn batch_normalization(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?.to_vec();
    Ok(Shaped {
        outputs: vec![Output { dims, numbers: None }],
        does: Does::Function(vec![0, 1], Function::Affine),
    })
}

/// A function of all inputs.
fn several(call: &Call<'_>, operands: Vec<usize>, function: Function, of: Option<OfTwo>) -> Made {
    let all = operands.iter().map(|&i| call.dims(i)).collect::<Result<Vec<_>, _>>()?;
    let dims = broadcast(call, &all)?;
    let numbers = match (of, operands.as_slice()) {
        (Some(of), &[first, ref rest @ ..]) => call.numbers(first).cloned().and_then(|first| {
            let start = (first, all[0].to_vec());
            let folded = rest.iter().zip(&all[1..]).try_fold(start, |(sum, own), (&i, other)| {
                let together = broadcast(call, &[&own, other]).ok()?;
                let made = both(&sum, call.numbers(i)?, [&own, other, &together], of)?;
                Some((made, together))
            });
            folded.map(|(numbers, _)| numbers)
        }),
        _ => None,
    };
    Ok(Shaped { outputs: vec![Output { dims, numbers }], does: Does::Function(operands, function) })
}

fn all_of(call: &Call<'_>) -> Vec<usize> {
    (0..call.inputs.len()).filter(|&i| call.optional(i).is_some()).collect()
}

/// A sum or difference: with constants only a term, of maps a multiply-add for each.
pub(in super::super) fn sum(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Sum, Some(|a, b| a + b))
}

pub(in super::super) fn difference(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Sum, Some(|a, b| a - b))
}

pub(in super::super) fn product(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Product, Some(|a, b| a * b))
}

/// A quotient: by a constant a factor, of a constant a table.
pub(in super::super) fn quotient(call: &Call<'_>) -> Made {
    let function = if call.is_map(1) { Function::Several } else { Function::Product };
    several(call, all_of(call), function, Some(|a, b| a / b))
}

/// The sum of QOperator form: tensor, scale and zero point, twice.
pub(in super::super) fn sum_of_codes(call: &Call<'_>) -> Made {
    several(call, vec![0, 3], Function::Sum, None)
}

pub(in super::super) fn product_of_codes(call: &Call<'_>) -> Made {
    several(call, vec![0, 3], Function::Product, None)
}

pub(in super::super) fn power(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Several, Some(f64::powf))
}

pub(in super::super) fn largest(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Several, Some(f64::max))
}

pub(in super::super) fn smallest(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Several, Some(f64::min))
}

pub(in super::super) fn equal(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Several, Some(|a, b| if a == b { 1.0 } else { 0.0 }))
}

pub(in super::super) fn less(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Several, Some(|a, b| if a < b { 1.0 } else { 0.0 }))
}

pub(in super::super) fn greater(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Several, Some(|a, b| if a > b { 1.0 } else { 0.0 }))
}

pub(in super::super) fn remainder(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Several, Some(|a, b| a - (a / b).floor() * b))
}

/// Another function of corresponding elements.
pub(in super::super) fn other(call: &Call<'_>) -> Made {
    several(call, all_of(call), Function::Several, None)
}

/// One of two numbers, as a third says.
pub(in super::super) fn choice(call: &Call<'_>) -> Made {
    let mut made = several(call, vec![0, 1, 2], Function::Several, None)?;
    let dims = &made.outputs[0].dims;
    let known = [0, 1, 2].map(|i| call.numbers(i));
    if let ([Some(which), Some(yes), Some(no)], true) =
        (known, elements(dims).is_some_and(|n| n <= MOST_NUMBERS))
    {
        let own = [0, 1, 2].map(|i| call.dims(i).unwrap_or_default());
        let spread = |numbers: &Numbers, own: &[usize]| both(numbers, numbers, [own, own, dims], |n, _| n);
        let all = [spread(which, own[0]), spread(yes, own[1]), spread(no, own[2])];
        if let [Some(which), Some(yes), Some(no)] = all {
            let whole = matches!((&yes, &no), (Numbers::Whole(_), Numbers::Whole(_)));
            let pairs = yes.reals().into_iter().zip(no.reals());
            let all =
                which.reals().into_iter().zip(pairs).map(|(w, (yes, no))| if w == 0.0 { no } else { yes });
            let all = Numbers::Real(all.collect());
            made.outputs[0].numbers = Some(if whole { Numbers::Whole(all.whole()) } else { all });
        }
    }
    Ok(made)
}

/// A slope of its own for negative numbers of every channel: a table with a constant.
pub(in super::super) fn slopes(call: &Call<'_>) -> Made {
    let dims = call.dims(0)?.to_vec();
    Ok(Shaped {
        outputs: vec![Output { dims, numbers: None }],
        does: Does::Function(vec![0, 1], Function::Several),
    })
}
