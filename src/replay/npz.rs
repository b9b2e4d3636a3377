//! NumPy's `.npz`: a zip archive of `.npy` arrays. Nothing in a corrupt file is trusted before it is checked.

use super::data::DataError;
use std::io::{Cursor, ErrorKind, Read, Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// First bytes of a `.npy` array.
const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header read; NumPy's own are below 200 bytes.
const LONGEST_HEADER: usize = 1 << 16;

/// Elements of an array, in C order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Elements {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Elements {
    /// NumPy's name of the type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::U8(_) => "uint8",
            Self::I8(_) => "int8",
            Self::U16(_) => "uint16",
            Self::I16(_) => "int16",
            Self::U32(_) => "uint32",
            Self::I32(_) => "int32",
            Self::U64(_) => "uint64",
            Self::I64(_) => "int64",
            Self::F32(_) => "float32",
            Self::F64(_) => "float64",
        }
    }

    /// Integers of any type, widened one by one; `None` for floats.
    pub(super) fn integers(&self) -> Option<Box<dyn Iterator<Item = i128> + '_>> {
        fn wide<T: Copy + Into<i128>>(v: &[T]) -> Option<Box<dyn Iterator<Item = i128> + '_>> {
            Some(Box::new(v.iter().map(|&x| x.into())))
        }
        match self {
            Self::U8(v) => wide(v),
            Self::I8(v) => wide(v),
            Self::U16(v) => wide(v),
            Self::I16(v) => wide(v),
            Self::U32(v) => wide(v),
            Self::I32(v) => wide(v),
            Self::U64(v) => wide(v),
            Self::I64(v) => wide(v),
            Self::F32(_) | Self::F64(_) => None,
        }
    }

    /// Floats, rounded to f32; `None` for integers.
    pub(super) fn floats(self) -> Option<Vec<f32>> {
        match self {
            Self::F32(v) => Some(v),
            Self::F64(v) => Some(v.into_iter().map(|x| x as f32).collect()),
            _ => None,
        }
    }
}

/// An array of an archive.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) elements: Elements,
}

/// An open archive.
pub(super) struct Npz<R> {
    archive: ZipArchive<R>,
}

impl<R: Read + Seek> Npz<R> {
    pub(super) fn open(file: R) -> Result<Self, DataError> {
        let archive = ZipArchive::new(file).map_err(|e| DataError::NotNpz { cause: e.to_string() })?;
        Ok(Self { archive })
    }

    /// Whether there is an array of this name.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.archive.index_for_name(&format!("{name}.npy")).is_some()
    }

    /// Reads one array.
    pub(super) fn read(&mut self, name: &str) -> Result<Array, DataError> {
        self.read_shaped(name, "", |_| true)
    }

    /// Reads one array whose shape must fit, which is known before its data are read; `expected` says what would.
    pub(super) fn read_shaped(
        &mut self,
        name: &str,
        expected: &str,
        fits: impl Fn(&[usize]) -> bool,
    ) -> Result<Array, DataError> {
        if !self.contains(name) {
            let found =
                self.archive.file_names().map(|n| n.strip_suffix(".npy").unwrap_or(n).to_owned()).collect();
            return Err(DataError::Missing { array: name.to_owned(), found });
        }
        let corrupt = |cause: String| DataError::Corrupt { array: name.to_owned(), cause };
        let mut file = self.archive.by_name(&format!("{name}.npy")).map_err(|e| corrupt(e.to_string()))?;
        let head = header(&mut file).map_err(corrupt)?;
        let shape = header_shape(&head).map_err(corrupt)?;
        if !fits(&shape) {
            let kind = entry(&head, "descr").and_then(quoted).map_or("an array", named);
            let found = format!("{kind} {shape:?}");
            return Err(DataError::Unexpected {
                array: name.to_owned(),
                expected: expected.to_owned(),
                found,
            });
        }
        unpacks_as_data_do(file.compressed_size(), file.size()).map_err(corrupt)?;
        array(&mut file, &head, shape).map_err(corrupt)
    }
}

/// Most bytes that one compressed byte may unpack to, and unpacked bytes for which that does not matter. Zeros unpack to 1,000 times
/// their size, the Fashion-MNIST images that are shipped to 2.3 times.
const MOST_FOLD: u64 = 200;
const FREE: u64 = 64 << 20;

/// Refuses an archive that is small and unpacks to more than fits memory.
fn unpacks_as_data_do(packed: u64, unpacked: u64) -> Result<(), String> {
    if unpacked <= FREE || unpacked / MOST_FOLD <= packed {
        return Ok(());
    }
    Err(format!(
        "it unpacks from {packed} to {unpacked} bytes, more than {MOST_FOLD} times as many and more than {FREE}"
    ))
}

/// Reads the elements behind an array's header.
fn array(file: &mut impl Read, header: &str, shape: Vec<usize>) -> Result<Array, String> {
    match entry(header, "fortran_order").ok_or("its header has no fortran_order")? {
        rest if rest.starts_with("False") => {}
        _ if shape.len() < 2 => {}
        _ => return Err("it is in Fortran order; save numpy.ascontiguousarray of it".into()),
    }
    let kind = entry(header, "descr").and_then(quoted).ok_or("its header has no plain descr")?;
    let elements = elements(file, kind, shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)))?;
    Ok(Array { shape, elements })
}

/// The text between the magic number and the data.
fn header(file: &mut impl Read) -> Result<String, String> {
    let read = |file: &mut dyn Read, bytes: &mut [u8]| {
        file.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => "it ends within its header".to_owned(),
            _ => error.to_string(),
        })
    };
    let mut start = [0; 8];
    read(file, &mut start)?;
    if !start.starts_with(MAGIC) {
        return Err("it is no .npy array".into());
    }
    let mut length = [0; 4];
    let used = if start[6] == 1 { 2 } else { 4 };
    read(file, &mut length[..used])?;
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > LONGEST_HEADER {
        return Err(format!("its header of {length} bytes is too long"));
    }
    let mut header = vec![0; length];
    read(file, &mut header)?;
    String::from_utf8(header).map_err(|_| "its header is no text".into())
}

/// What follows a key of the header, a Python dictionary.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}'"))?;
    rest.trim_start().strip_prefix(':').map(str::trim_start)
}

/// A string in single quotes.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.split_once('\'').map(|(inside, _)| inside)
}

/// NumPy's name of a type that its `descr` abbreviates, where it is one that is read.
fn named(descr: &str) -> &str {
    const NAMES: [(&str, &str); 10] = [
        ("u1", "uint8"),
        ("i1", "int8"),
        ("u2", "uint16"),
        ("i2", "int16"),
        ("u4", "uint32"),
        ("i4", "int32"),
        ("u8", "uint64"),
        ("i8", "int64"),
        ("f4", "float32"),
        ("f8", "float64"),
    ];
    let short = descr.trim_start_matches(['<', '|', '=']);
    NAMES.iter().find(|(abbreviated, _)| *abbreviated == short).map_or(descr, |(_, name)| name)
}

fn header_shape(header: &str) -> Result<Vec<usize>, String> {
    let inside = entry(header, "shape").and_then(|t| t.strip_prefix('(')).and_then(|t| t.split_once(')'));
    let (inside, _) = inside.ok_or("its header has no shape")?;
    let extents = inside.split(',').map(str::trim).filter(|t| !t.is_empty());
    extents.map(|t| t.parse().map_err(|_| format!("its shape ({inside}) is not made of numbers"))).collect()
}

/// Reads elements of a type named as NumPy's `descr`.
fn elements(file: &mut impl Read, kind: &str, count: Option<usize>) -> Result<Elements, String> {
    let count = count.ok_or("its shape is too large")?;
    macro_rules! words {
        ($variant:ident, $type:ty) => {{
            let bytes = bytes(file, count.checked_mul(size_of::<$type>()).ok_or("its shape is too large")?)?;
            Elements::$variant(bytes.as_chunks().0.iter().map(|&word| <$type>::from_le_bytes(word)).collect())
        }};
    }
    Ok(match kind.trim_start_matches(['<', '|', '=']) {
        "u1" => Elements::U8(bytes(file, count)?),
        "i1" => words!(I8, i8),
        "u2" => words!(U16, u16),
        "i2" => words!(I16, i16),
        "u4" => words!(U32, u32),
        "i4" => words!(I32, i32),
        "u8" => words!(U64, u64),
        "i8" => words!(I64, i64),
        "f4" => words!(F32, f32),
        "f8" => words!(F64, f64),
        _ => {
            return Err(format!("its type `{kind}` is not supported; save little-endian integers or floats"));
        }
    })
}

/// Memory that grows at once while an array is read.
const BLOCK: usize = 1 << 24;

/// Exactly `length` bytes up to the end of the array; memory grows with what is there, not with what is claimed.
fn bytes(file: &mut impl Read, length: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let block = BLOCK.max(bytes.len()).min(length - bytes.len());
        bytes.try_reserve_exact(block).map_err(|_| format!("there is no memory for its {length} bytes"))?;
        let limit = u64::try_from(block).map_err(|_| "its shape is too large")?;
        let read = file.by_ref().take(limit).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        if read < block {
            return Err(format!("its shape needs {length} bytes, it has {}", bytes.len()));
        }
    }
    match file.read(&mut [0]).map_err(|e| e.to_string())? {
        0 => Ok(bytes),
        _ => Err(format!("its shape needs {length} bytes, it has more")),
    }
}

/// An array to write: its name, NumPy's name of its type (`|u1`, `<f4`, ...), shape and little-endian data.
pub(super) type NewArray<'a> = (&'a str, &'a str, Vec<usize>, Vec<u8>);

/// Writes an archive. The same arrays give the same bytes: no clock is read.
pub(super) fn write(arrays: &[NewArray<'_>]) -> Result<Vec<u8>, DataError> {
    let unwritten = |e: String| DataError::Unwritten { cause: e };
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, kind, shape, data) in arrays {
        archive.start_file(format!("{name}.npy"), options).map_err(|e| unwritten(e.to_string()))?;
        let extents: String = shape.iter().map(|d| format!("{d}, ")).collect();
        let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({extents}), }}");
        // Magic, version, length and header together are a multiple of 64 bytes, and end in a newline.
        header.push_str(&" ".repeat(63 - (MAGIC.len() + 4 + header.len()) % 64));
        header.push('\n');
        let length = u16::try_from(header.len()).map_err(|e| unwritten(e.to_string()))?;
        let parts = [MAGIC, &[1, 0], &length.to_le_bytes(), header.as_bytes(), data.as_slice()];
        for part in parts {
            archive.write_all(part).map_err(|e| unwritten(e.to_string()))?;
        }
    }
    archive.finish().map(Cursor::into_inner).map_err(|e| unwritten(e.to_string()))
}
