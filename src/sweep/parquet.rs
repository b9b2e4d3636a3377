//! Rows as Apache Parquet: what `points.csv` says, in columns with types.
//!
//! Written from the CSV when that is whole, since a Parquet file ends with its index and cannot grow row by row. Of the format
//! (parquet.apache.org/docs/file-format) only what flat tables need: required columns, one page a column and row group,
//! PLAIN values, Snappy; its index is Thrift's compact protocol. The same CSV gives the same bytes.

use std::io::{self, BufRead, Write};

use super::metric::Metric;
use super::record::{Kind, record};

/// Rows of a row group: what is in memory at a time.
const GROUP: usize = 65_536;
const MAGIC: &[u8] = b"PAR1";

impl Kind {
    /// A column by its name, as far as that tells.
    fn named(name: &str) -> Option<Self> {
        let metric = Metric::ALL.iter().any(|metric| name.rsplit('.').next() == Some(metric.name()));
        match name {
            "point" => Some(Self::Whole),
            "version" | "inputs" => Some(Self::Text),
            _ => metric.then_some(Self::Number),
        }
    }

    /// Parquet's number of its physical type: INT64, DOUBLE, BYTE_ARRAY.
    fn physical(self) -> i64 {
        match self {
            Self::Whole => 2,
            Self::Number => 5,
            Self::Text => 6,
        }
    }

    /// Appends a cell as PLAIN encoding has it.
    fn encode(self, cell: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Whole => out.extend(parsed::<i64>(cell).ok_or_else(damaged)?.to_le_bytes()),
            Self::Number if cell.is_empty() => out.extend(f64::NAN.to_le_bytes()),
            Self::Number => out.extend(parsed::<f64>(cell).ok_or_else(damaged)?.to_le_bytes()),
            Self::Text => {
                out.extend(u32::try_from(cell.len()).map_err(|_| damaged())?.to_le_bytes());
                out.extend_from_slice(cell);
            }
        }
        Ok(())
    }
}

fn parsed<T: std::str::FromStr>(cell: &[u8]) -> Option<T> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "its rows are not what its header says")
}

/// A column of one row group, as it was written.
struct Part {
    at: usize,
    whole: usize,
    packed: usize,
}

struct Group {
    rows: usize,
    columns: Vec<Part>,
}

/// Writes the rows of a CSV, which is read twice, as Parquet.
///
/// # Errors
/// What reading or writing finds, and rows that are not those of a sweep.
pub fn write<R: BufRead>(open: impl Fn() -> io::Result<R>, out: &mut impl Write) -> io::Result<()> {
    let (names, kinds) = columns(open()?)?;
    let (mut reader, mut row) = (rows(open()?), csv::ByteRecord::new());
    reader.read_byte_record(&mut row)?;
    out.write_all(MAGIC)?;
    let (mut groups, mut at) = (Vec::new(), MAGIC.len());
    loop {
        let (mut values, mut count) = (vec![Vec::new(); kinds.len()], 0);
        while count < GROUP && reader.read_byte_record(&mut row)? {
            for ((kind, cell), values) in kinds.iter().zip(&row).zip(&mut values) {
                kind.encode(cell, values)?;
            }
            count += 1;
        }
        if count == 0 {
            break;
        }
        let mut columns = Vec::new();
        for plain in &values {
            let packed = snap::raw::Encoder::new().compress_vec(plain).map_err(io::Error::other)?;
            let header = page_header(count, plain.len(), packed.len());
            out.write_all(&header)?;
            out.write_all(&packed)?;
            let size = header.len() + packed.len();
            columns.push(Part { at, whole: header.len() + plain.len(), packed: size });
            at += size;
        }
        groups.push(Group { rows: count, columns });
    }
    let footer = footer(&names, &kinds, &groups);
    out.write_all(&footer)?;
    out.write_all(&u32::try_from(footer.len()).map_err(io::Error::other)?.to_le_bytes())?;
    out.write_all(MAGIC)
}

fn rows<R: BufRead>(file: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().has_headers(false).from_reader(file)
}

/// Names and kinds of all columns: an axis is of numbers when all its cells are.
fn columns(mut file: impl BufRead) -> io::Result<(Vec<String>, Vec<Kind>)> {
    let mut header = Vec::new();
    file.read_until(b'\n', &mut header)?;
    let header = record(&header).ok_or_else(damaged)?;
    let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let named: Vec<Option<Kind>> = names.iter().map(|name| Kind::named(name)).collect();
    let mut kinds: Vec<Kind> = named.iter().map(|kind| kind.unwrap_or(Kind::Number)).collect();
    let (mut reader, mut row) = (rows(file), csv::ByteRecord::new());
    while reader.read_byte_record(&mut row)? {
        for ((cell, kind), named) in row.iter().zip(&mut kinds).zip(&named) {
            if named.is_none() && *kind == Kind::Number && parsed::<f64>(cell).is_none() {
                *kind = Kind::Text;
            }
        }
    }
    Ok((names, kinds))
}

// Of Parquet's enumerations: DATA_PAGE and PLAIN are 0.
const RLE: i64 = 3;
const SNAPPY: i64 = 1;
const REQUIRED: i64 = 0;
const UTF8: i64 = 0;

fn page_header(rows: usize, plain: usize, packed: usize) -> Vec<u8> {
    let mut thrift = Thrift::default();
    thrift.int32(1, 0);
    thrift.int32(2, int(plain));
    thrift.int32(3, int(packed));
    thrift.begin(5);
    thrift.int32(1, int(rows));
    thrift.int32(2, 0);
    thrift.int32(3, RLE);
    thrift.int32(4, RLE);
    thrift.end();
    thrift.finish()
}

fn footer(names: &[String], kinds: &[Kind], groups: &[Group]) -> Vec<u8> {
    let mut thrift = Thrift::default();
    thrift.int32(1, 1);
    thrift.list(2, STRUCT, names.len() + 1);
    thrift.enter();
    thrift.text(4, "points");
    thrift.int32(5, int(names.len()));
    thrift.end();
    for (name, kind) in names.iter().zip(kinds) {
        thrift.enter();
        thrift.int32(1, kind.physical());
        thrift.int32(3, REQUIRED);
        thrift.text(4, name);
        if *kind == Kind::Text {
            thrift.int32(6, UTF8);
        }
        thrift.end();
    }
    thrift.int64(3, int(groups.iter().map(|group| group.rows).sum()));
    thrift.list(4, STRUCT, groups.len());
    for group in groups {
        thrift.enter();
        thrift.list(1, STRUCT, names.len());
        for ((name, kind), part) in names.iter().zip(kinds).zip(&group.columns) {
            column_chunk(&mut thrift, name, *kind, part, group.rows);
        }
        thrift.int64(2, int(group.columns.iter().map(|part| part.whole).sum()));
        thrift.int64(3, int(group.rows));
        thrift.end();
    }
    thrift.text(6, concat!("exclusim ", env!("CARGO_PKG_VERSION")));
    thrift.finish()
}

fn column_chunk(thrift: &mut Thrift, name: &str, kind: Kind, part: &Part, rows: usize) {
    thrift.enter();
    thrift.int64(2, int(part.at));
    thrift.begin(3);
    thrift.int32(1, kind.physical());
    thrift.list(2, INT32, 2);
    thrift.zigzag(0);
    thrift.zigzag(RLE);
    thrift.list(3, TEXT, 1);
    thrift.bytes(name.as_bytes());
    thrift.int32(4, SNAPPY);
    thrift.int64(5, int(rows));
    thrift.int64(6, int(part.whole));
    thrift.int64(7, int(part.packed));
    thrift.int64(9, int(part.at));
    thrift.end();
    thrift.end();
}

fn int(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

const INT32: u8 = 5;
const INT64: u8 = 6;
const TEXT: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// Thrift's compact protocol, as far as Parquet's index needs it: fields by the distance of their numbers.
#[derive(Default)]
struct Thrift {
    out: Vec<u8>,
    /// The last field's number, of the structure being written and of those around it.
    last: u8,
    around: Vec<u8>,
}

impl Thrift {
    fn field(&mut self, number: u8, kind: u8) {
        self.out.push((number - self.last) << 4 | kind);
        self.last = number;
    }

    fn int32(&mut self, number: u8, value: i64) {
        self.field(number, INT32);
        self.zigzag(value);
    }

    fn int64(&mut self, number: u8, value: i64) {
        self.field(number, INT64);
        self.zigzag(value);
    }

    fn text(&mut self, number: u8, text: &str) {
        self.field(number, TEXT);
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    fn list(&mut self, number: u8, kind: u8, length: usize) {
        self.field(number, LIST);
        // A length of fifteen and more follows the byte.
        match u8::try_from(length) {
            Ok(short) if short < 15 => self.out.push(short << 4 | kind),
            _ => {
                self.out.push(0xf0 | kind);
                self.varint(length as u64);
            }
        }
    }

    /// A structure as a field.
    fn begin(&mut self, number: u8) {
        self.field(number, STRUCT);
        self.enter();
    }

    /// A structure in a list.
    fn enter(&mut self) {
        self.around.push(std::mem::take(&mut self.last));
    }

    fn end(&mut self) {
        self.out.push(0);
        self.last = self.around.pop().unwrap_or(0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.push(0);
        self.out
    }

    fn zigzag(&mut self, value: i64) {
        self.varint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    fn varint(&mut self, mut value: u64) {
        while value > 127 {
            self.out.push((value & 127) as u8 | 128);
            value >>= 7;
        }
        self.out.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "version,inputs,point,array.dataflow,array.rows,energy_pj\n\
                        0.1.0,0123456789abcdef,0,\"w,s\",8,1.5\n\
                        0.1.0,0123456789abcdef,7,os,16,\n";

    fn written(rows: &str) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        write(|| Ok(rows.as_bytes()), &mut out)?;
        Ok(out)
    }

    /// pyarrow 26.0.1 read these bytes as the cells above, the last one as NaN.
    #[test]
    fn a_small_table_is_the_bytes_that_others_read() {
        let file = written(ROWS).unwrap();
        let version = file.windows(9).rposition(|text| text == b"exclusim ").unwrap();
        assert_eq!((version, crc32fast::hash(&file[..version])), (551, 0xcf85_2d73));
        let index = u32::from_le_bytes(file[file.len() - 8..file.len() - 4].try_into().unwrap());
        assert_eq!(file[..4], *MAGIC);
        assert_eq!(file[file.len() - 4..], *MAGIC);
        assert!(file.len() - 8 - usize::try_from(index).unwrap() < version);
    }

    #[test]
    fn rows_that_are_none_are_refused() {
        for wrong in ["point,x\none,2\n", "point,energy_pj\n1,low\n", "point,x\n1\n"] {
            assert!(written(wrong).is_err(), "{wrong}");
        }
        assert!(written("point,x\n1,low\n").is_ok());
    }
}
