//! Constant tensors of a model: initializers and Constant nodes.

use std::path::{Component, Path};
use std::sync::Arc;

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

/// Reads a file beside the model, given its path inside the model's folder: its bytes, or why they cannot be had.
pub type External<'a> = &'a dyn Fn(&Path) -> Result<Arc<[u8]>, String>;

/// Decodes a constant, or says why not.
pub(super) fn constant(tensor: &TensorProto, external: External<'_>) -> Result<Constant, String> {
    if tensor.data_location() == DataLocation::External || !tensor.external_data.is_empty() {
        let raw = beside(tensor, external)?;
        let inline = TensorProto {
            raw_data: Some(raw),
            data_location: None,
            external_data: Vec::new(),
            ..tensor.clone()
        };
        return constant(&inline, external);
    }
    let shape = shape(&tensor.dims)?;
    let expected = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).ok_or("its shape is too large")?;
    let elements = elements(tensor)?;
    if elements.len() != expected {
        return Err(format!("its shape {shape:?} needs {expected} elements, it has {}", elements.len()));
    }
    Ok(Constant { shape, elements })
}

/// The bytes of a constant that lie in another file: `location`, and of it `length` bytes from `offset` on.
fn beside(tensor: &TensorProto, external: External<'_>) -> Result<Vec<u8>, String> {
    let entry = |key: &str| tensor.external_data.iter().find(|e| e.key() == key).map(|e| e.value());
    let location = entry("location").ok_or("its data lie in another file that is not named")?;
    let path = Path::new(location);
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if location.is_empty() || location.contains('\\') || !path.components().all(inside) {
        return Err(format!("its data lie in `{location}`, which is not inside the model's folder"));
    }
    let bytes = external(path).map_err(|cause| format!("its data lie in `{location}`: {cause}"))?;
    let number = |key: &str, default: usize| {
        entry(key).map_or(Ok(default), |text| {
            text.parse::<usize>().map_err(|_| format!("the {key} of its data, `{text}`, is no number"))
        })
    };
    let offset = number("offset", 0)?;
    let length = number("length", bytes.len().saturating_sub(offset))?;
    let range = offset..offset.saturating_add(length);
    bytes.get(range).map(<[u8]>::to_vec).ok_or_else(|| {
        format!("`{location}` has {} bytes, its data need {length} from byte {offset} on", bytes.len())
    })
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
