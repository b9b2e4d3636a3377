//! Shards put together: the folder that one process would have written, byte for byte.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::journal::{self, Entry, FolderError, Identity, io_at, names};
use super::pareto::Front;
use super::record::Reader;
use super::run::PointCounts;
use crate::units::count;

/// What became of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Name of the space.
    pub space: String,
    /// Number of shards.
    pub shards: u64,
    /// What became of all points.
    pub tally: PointCounts,
    /// Points of the front.
    pub front: u64,
}

/// Why shards cannot be merged.
#[derive(Debug)]
pub enum MergeError {
    /// A file cannot be read or written.
    Io(PathBuf, io::Error),
    /// A folder that no sweep wrote.
    NoSweep(PathBuf),
    /// A shard that is not finished, or whose rows are not what its journal says.
    Unfinished(PathBuf),
    /// Shards of two sweeps.
    Different(PathBuf, PathBuf),
    /// One shard in two folders, and its number.
    Twice(PathBuf, PathBuf, u64),
    /// Numbers of the shards that are missing, and of all.
    Missing(Vec<u64>, u64),
    /// Another process works on the result's folder.
    Busy,
    /// The result's folder holds something else.
    Occupied,
}

impl From<FolderError> for MergeError {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Io(path, error) => Self::Io(path, error),
            FolderError::Busy => Self::Busy,
            FolderError::Other { .. } | FolderError::NoSweep => Self::Occupied,
        }
    }
}

struct Shard {
    path: PathBuf,
    identity: Identity,
    entries: Vec<Entry>,
}

/// Merges finished shards of one sweep, given in any order, into the folder `out`.
///
/// # Errors
/// Shards that do not make a whole, and files that cannot be read or written.
pub fn merge(folders: &[PathBuf], out: &Path) -> Result<Merged, MergeError> {
    let mut shards = folders.iter().map(|path| read(path)).collect::<Result<Vec<Shard>, _>>()?;
    shards.sort_by_key(|shard| shard.identity.shard[0]);
    let whole = whole(&shards)?;
    let _lock = journal::lock(out)?;
    free(out, &whole)?;
    let reader = Reader::new(&first_line(&shards[0], names::POINTS)?, &whole.named_objectives());
    let mut front = Front::default();
    let mut see = |row: &[u8]| match reader.as_ref().and_then(|reader| reader.read(row)) {
        Some((point, costs)) => {
            front.offer(point, &costs, || row.to_vec());
            true
        }
        None => false,
    };
    // Rows are copied, not computed: every chunk is checked against its journal's checksum, and the front is found on the way.
    join(&shards, out, names::POINTS, names::PART, &|entry| entry.points, &mut see)?;
    join(&shards, out, names::SKIPPED, names::SKIPPED, &|entry| entry.skipped, &mut |_| true)?;
    for name in [names::INPUTS, names::SETTINGS] {
        let same = shards[0].path.join(name);
        journal::write_whole(&out.join(name), &fs::read(&same).map_err(io_at(&same))?)?;
    }
    let mut rows = first_line(&shards[0], names::POINTS)?;
    front.sorted().iter().for_each(|member| rows.extend_from_slice(&member.row));
    journal::write_whole(&out.join(names::PARETO), &rows)?;
    let entries: Vec<Entry> = shards.iter().flat_map(|shard| shard.entries.iter().copied()).collect();
    journal::write_whole(&out.join(names::JOURNAL), journal::write(&whole, &entries, true).as_bytes())?;
    // Last of all, the rows get their name: a merge that was interrupted leaves no points.csv that looks whole.
    let points = out.join(names::POINTS);
    fs::rename(out.join(names::PART), &points).map_err(io_at(&points))?;
    let mut tally = PointCounts::default();
    entries.iter().for_each(|entry| tally.add(entry.tally));
    Ok(Merged { space: whole.space, shards: shards[0].identity.shard[1], tally, front: count(front.len()) })
}

fn read(path: &Path) -> Result<Shard, MergeError> {
    let at = path.join(names::JOURNAL);
    if !at.exists() {
        return Err(MergeError::NoSweep(path.to_owned()));
    }
    let said = journal::read(&at).map_err(io_at(&at))?;
    let Some(identity) = said.identity else { return Err(MergeError::NoSweep(path.to_owned())) };
    let entries = said.entries;
    let first = identity.first();
    let in_order = entries.iter().zip(first..).all(|(entry, number)| entry.number == number);
    // Far more points than there can be: such a journal was not written by a sweep.
    let countable = entries.iter().all(|entry| entry.tally.points() <= u64::MAX / (1 + count(entries.len())));
    if !said.complete || !in_order || !countable || !path.join(names::POINTS).exists() {
        return Err(MergeError::Unfinished(path.to_owned()));
    }
    Ok(Shard { path: path.to_owned(), identity, entries })
}

/// What the shards are together, if they are a whole.
fn whole(shards: &[Shard]) -> Result<Identity, MergeError> {
    let first = &shards[0];
    let all = first.identity.shard[1];
    let as_first = |identity: &Identity| Identity { shard: first.identity.shard, ..identity.clone() };
    for pair in shards.windows(2) {
        let [one, other] = pair else { continue };
        if as_first(&other.identity) != first.identity || other.identity.shard[1] != all {
            return Err(MergeError::Different(first.path.clone(), other.path.clone()));
        }
        if one.identity.shard == other.identity.shard {
            return Err(MergeError::Twice(one.path.clone(), other.path.clone(), one.identity.shard[0]));
        }
    }
    let there = |number: &u64| shards.iter().any(|shard| shard.identity.shard[0] == *number);
    let missing: Vec<u64> = (1..=all).filter(|number| !there(number)).collect();
    if missing.is_empty() {
        Ok(Identity { shard: [1, 1], ..first.identity.clone() })
    } else {
        Err(MergeError::Missing(missing, all))
    }
}

/// A result's folder may be new, or hold the same result already.
fn free(out: &Path, whole: &Identity) -> Result<(), MergeError> {
    let at = out.join(names::JOURNAL);
    if at.exists() {
        let found = journal::read(&at).map_err(io_at(&at))?.identity;
        return if found.as_ref() == Some(whole) { Ok(()) } else { Err(MergeError::Occupied) };
    }
    if out.join(names::POINTS).exists() { Err(MergeError::Occupied) } else { Ok(()) }
}

fn first_line(shard: &Shard, name: &str) -> Result<Vec<u8>, MergeError> {
    let path = shard.path.join(name);
    let mut line = Vec::new();
    let read = File::open(&path).and_then(|file| BufReader::new(file).read_until(b'\n', &mut line));
    read.map_err(io_at(&path))?;
    Ok(line)
}

/// Writes one file of all shards, header first, checking every chunk against its entry and showing every row to `see`.
fn join(
    shards: &[Shard],
    out: &Path,
    from: &str,
    to: &str,
    part: &dyn Fn(&Entry) -> journal::Bytes,
    see: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<(), MergeError> {
    let header = first_line(&shards[0], from)?;
    let to = out.join(to);
    let mut file = BufWriter::new(File::create(&to).map_err(io_at(&to))?);
    file.write_all(&header).map_err(io_at(&to))?;
    for shard in shards {
        let path = shard.path.join(from);
        let mut rows = BufReader::new(File::open(&path).map_err(io_at(&path))?);
        let damaged = || MergeError::Unfinished(shard.path.clone());
        if !journal::begins(&mut rows, &header).map_err(io_at(&path))? {
            return Err(damaged());
        }
        for entry in &shard.entries {
            let expected = part(entry);
            let found = journal::take(&mut rows, expected).map_err(io_at(&path))?.ok_or_else(damaged)?;
            if journal::Bytes::of(&found) != expected
                || !found.split_inclusive(|b| *b == b'\n').all(&mut *see)
            {
                return Err(damaged());
            }
            file.write_all(&found).map_err(io_at(&to))?;
        }
    }
    file.flush().map_err(io_at(&to))?;
    file.get_ref().sync_all().map_err(io_at(&to))?;
    Ok(())
}
