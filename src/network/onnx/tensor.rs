//! Constant tensors of a model: initializers and Constant nodes.

use super::proto::{TensorProto, tensor_proto::DataLocation, tensor_proto::DataType};

/// The elements of a constant, in the types quantized models use.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Elements {
    F32(Vec<f32>),
    U8(Vec<u8>),
    I8(Vec<i8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
}

impl Elements {
    fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::U8(v) => v.len(),
            Self::I8(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::I64(v) => v.len(),
        }
    }

    /// The type's name for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::F32(_) => "float32",
            Self::U8(_) => "uint8",
            Self::I8(_) => "int8",
            Self::I32(_) => "int32",
            Self::I64(_) => "int64",
        }
    }
}

/// A constant: as many elements as its shape says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constant {
    pub(super) shape: Vec<usize>,
    pub(super) elements: Elements,
}

/// Decodes a constant, or says why not.
pub(super) fn constant(tensor: &TensorProto) -> Result<Constant, String> {
    if tensor.data_location() == DataLocation::External || !tensor.external_data.is_empty() {
        return Err("its data lie in another file".into());
    }
    let shape = shape(&tensor.dims)?;
    let expected = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).ok_or("its shape is too large")?;
    let elements = elements(tensor)?;
    if elements.len() != expected {
        return Err(format!("its shape {shape:?} needs {expected} elements, it has {}", elements.len()));
    }
    Ok(Constant { shape, elements })
}

/// A shape without negative extents.
fn shape(dims: &[i64]) -> Result<Vec<usize>, String> {
    dims.iter().map(|&d| usize::try_from(d).map_err(|_| format!("its shape {dims:?} is negative"))).collect()
}

fn elements(tensor: &TensorProto) -> Result<Elements, String> {
    let raw = tensor.raw_data.as_deref();
    let narrow = "it holds a number outside its type";
    match DataType::try_from(tensor.data_type.unwrap_or(0)) {
        Ok(DataType::Float) => Ok(Elements::F32(match raw {
            Some(raw) => words(raw)?.into_iter().map(f32::from_le_bytes).collect(),
            None => tensor.float_data.clone(),
        })),
        Ok(DataType::Int64) => Ok(Elements::I64(match raw {
            Some(raw) => words(raw)?.into_iter().map(i64::from_le_bytes).collect(),
            None => tensor.int64_data.clone(),
        })),
        Ok(DataType::Int32) => Ok(Elements::I32(match raw {
            Some(raw) => words(raw)?.into_iter().map(i32::from_le_bytes).collect(),
            None => tensor.int32_data.clone(),
        })),
        Ok(DataType::Int8) => Ok(Elements::I8(match raw {
            Some(raw) => words(raw)?.into_iter().map(i8::from_le_bytes).collect(),
            None => fitted(&tensor.int32_data).ok_or(narrow)?,
        })),
        Ok(DataType::Uint8) => Ok(Elements::U8(match raw {
            Some(raw) => raw.to_vec(),
            None => fitted(&tensor.int32_data).ok_or(narrow)?,
        })),
        Ok(other) => Err(format!("its type is {}", other.as_str_name().to_lowercase())),
        Err(_) => Err(format!("its type {} is unknown", tensor.data_type.unwrap_or(0))),
    }
}

/// 8-bit numbers, which protobuf stores as 32-bit ones.
fn fitted<T: TryFrom<i32>>(wide: &[i32]) -> Option<Vec<T>> {
    wide.iter().map(|&v| T::try_from(v).ok()).collect()
}

/// Cuts little-endian bytes into words of N bytes.
fn words<const N: usize>(raw: &[u8]) -> Result<Vec<[u8; N]>, String> {
    let (words, rest) = raw.as_chunks::<N>();
    if rest.is_empty() {
        Ok(words.to_vec())
    } else {
        Err(format!("its {} bytes are no whole numbers", raw.len()))
    }
}
