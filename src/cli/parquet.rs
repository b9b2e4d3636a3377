//! Rows of a sweep once more, as Parquet.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use super::results::unwritable;
use crate::config::Fault;
use crate::sweep::journal::names;
use crate::sweep::parquet;

/// Bytes of CSV from which on the rows are written as Parquet unasked: a sixth of them, and read by column.
const LARGE: u64 = 1 << 30;

/// Writes `points.parquet` beside the `points.csv` of a finished folder, if that is asked for or large.
///
/// # Errors
/// A file that cannot be read or written; what was there before stays.
pub(super) fn rows_as_parquet(folder: &Path, asked: bool) -> Result<(), Fault> {
    let [rows, columns] = [names::POINTS, names::PARQUET].map(|name| folder.join(name));
    let large = fs::metadata(&rows).is_ok_and(|rows| rows.len() >= LARGE);
    if !asked && !large {
        return Ok(());
    }
    let beside = columns.with_extension("parquet.new");
    let write = || {
        let mut out = BufWriter::new(File::create(&beside)?);
        parquet::write(|| File::open(&rows).map(BufReader::new), &mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&beside, &columns)
    };
    write().map_err(|error| unwritable(&columns, &error))
}
