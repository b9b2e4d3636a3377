//! What a name of the graph stands for when only shapes are read: extents, and the numbers of small constants.

use crate::network::ValueId;
use crate::network::onnx::proto::{TensorProto, tensor_proto::DataType};
use crate::network::onnx::tensor::{Elements, constant};

/// Constants of at most so many elements keep their numbers: shapes, axes, scales of a resizing. Weights have more, and
/// only their extents matter.
pub(super) const MOST_NUMBERS: usize = 4096;

/// A tensor, with the batch as its graph has it.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) dims: Vec<usize>,
    /// Its elements, when they are few and known before any inference.
    pub(super) numbers: Option<Numbers>,
    pub(super) source: Source,
}

/// Where the elements of a tensor come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// Known before any inference: weights, shapes, and what is computed of them.
    Constant,
    /// An input of the graph beside the image, or made of such: weights that are not stored, masks.
    Given,
    /// The image, or computed from it.
    Map(Map),
}

/// A tensor that depends on the image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map {
    pub(super) id: ValueId,
    /// These are the sums of a product: factors and terms per channel go into its weights, bias and requantization.
    pub(super) product: bool,
    /// A function of each element of the value, by a table, for which no step was made yet: more functions may follow it.
    pub(super) function: bool,
    /// Which order of its elements this is: elements correspond in tensors of one order.
    pub(super) order: usize,
}

/// Elements in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    Whole(Vec<i64>),
    Real(Vec<f64>),
}

impl Numbers {
    pub(super) fn reals(&self) -> Vec<f64> {
        match self {
            Self::Whole(numbers) => numbers.iter().map(|&n| n as f64).collect(),
            Self::Real(numbers) => numbers.clone(),
        }
    }

    /// The numbers as integers, those of a real type without their fraction.
    pub(super) fn whole(&self) -> Vec<i64> {
        match self {
            Self::Whole(numbers) => numbers.clone(),
            Self::Real(numbers) => numbers.iter().map(|&n| n as i64).collect(),
        }
    }

    /// Those at some places, in that order; `None` when one is not there.
    pub(super) fn at(&self, places: &[usize]) -> Option<Self> {
        fn picked<T: Copy>(numbers: &[T], places: &[usize]) -> Option<Vec<T>> {
            places.iter().map(|&place| numbers.get(place).copied()).collect()
        }
        Some(match self {
            Self::Whole(numbers) => Self::Whole(picked(numbers, places)?),
            Self::Real(numbers) => Self::Real(picked(numbers, places)?),
        })
    }
}

/// The number of elements, or `None` beyond what can be counted.
pub(super) fn elements(dims: &[usize]) -> Option<usize> {
    dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
}

/// The numbers of a stored tensor, when they are few and lie in the model's file.
pub(super) fn numbers(tensor: &TensorProto, dims: &[usize]) -> Option<Numbers> {
    if elements(dims)? > MOST_NUMBERS || !tensor.external_data.is_empty() {
        return None;
    }
    let raw = tensor.raw_data.as_deref();
    let found = match DataType::try_from(tensor.data_type.unwrap_or(0)).ok()? {
        DataType::Double => Numbers::Real(match raw {
            Some(raw) => raw.as_chunks::<8>().0.iter().map(|word| f64::from_le_bytes(*word)).collect(),
            None => tensor.double_data.clone(),
        }),
        DataType::Bool => Numbers::Whole(match raw {
            Some(raw) => raw.iter().map(|&byte| byte.into()).collect(),
            None => tensor.int32_data.iter().map(|&n| n.into()).collect(),
        }),
        _ => match constant(tensor, &|_| Err("no other file is read".into())).ok()?.elements {
            Elements::F32(numbers) => Numbers::Real(numbers.into_iter().map(f64::from).collect()),
            Elements::I64(numbers) => Numbers::Whole(numbers),
            Elements::I32(numbers) => Numbers::Whole(numbers.into_iter().map(i64::from).collect()),
            Elements::U8(numbers) => Numbers::Whole(numbers.into_iter().map(i64::from).collect()),
            Elements::I8(numbers) => Numbers::Whole(numbers.into_iter().map(i64::from).collect()),
        },
    };
    let count = match &found {
        Numbers::Whole(numbers) => numbers.len(),
        Numbers::Real(numbers) => numbers.len(),
    };
    (Some(count) == elements(dims)).then_some(found)
}
