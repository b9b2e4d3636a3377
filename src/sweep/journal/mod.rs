//! A sweep's folder: what is finished is there, whole, whatever happens to the process.
//!
//! Rows are appended to `points.csv.part` and `skipped.csv`, chunk by chunk, and then the chunk to `journal`: its number,
//! what became of its points, how many bytes it wrote and their checksums. What the journal does not hold never
//! happened: a start cuts both files back to the last chunk that is whole, and goes on from there. At the end the rows
//! get their name, `points.csv`. An open `lock` file keeps a second process out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::metric::Objective;
use super::pareto::Front;
use super::record::Reader;
use super::run::{Chunk, Plan, PointCounts};

mod entry;

use entry::Journal;
pub use entry::{Bytes, Entry, Identity};
pub(super) use entry::{read, write};

/// A folder that a sweep writes to, locked for this process.
pub struct Folder {
    path: PathBuf,
    /// Held, not read: the lock ends with it.
    _lock: File,
    journal: File,
    points: File,
    skipped: File,
    /// Chunks that are finished.
    pub done: u64,
    /// What became of their points.
    pub tally: PointCounts,
    /// Their front.
    pub front: Front,
    /// For a search: point and costs of every row, by chunk.
    pub rows: Vec<Vec<(u64, Vec<f64>)>>,
    /// Whether everything is done and the rows have their name.
    pub complete: bool,
}

/// Why a folder cannot be used.
#[derive(Debug)]
pub enum FolderError {
    /// A file cannot be read or written.
    Io(PathBuf, io::Error),
    /// Another process works on it.
    Busy,
    /// It holds something else: what it has, and what was expected.
    Other {
        /// What the folder says of itself.
        found: Box<Identity>,
    },
    /// It has files of these names that no sweep wrote.
    NoSweep,
}

/// Names of the files of a folder.
pub mod names {
    /// One row per point.
    pub const POINTS: &str = "points.csv";
    /// The same in typed columns, once it is whole.
    pub const PARQUET: &str = "points.parquet";
    /// The same while it grows.
    pub const PART: &str = "points.csv.part";
    /// Points that cannot be.
    pub const SKIPPED: &str = "skipped.csv";
    /// The front.
    pub const PARETO: &str = "pareto.csv";
    /// The files that results depend on, each with its hash.
    pub const INPUTS: &str = "inputs.csv";
    /// What varies, as people write it.
    pub const SETTINGS: &str = "settings.csv";
    /// Finished chunks.
    pub const JOURNAL: &str = "journal";
    /// Held while a process works.
    pub const LOCK: &str = "lock";
}

/// What a new folder begins with.
pub struct Beginning<'a> {
    /// What it holds.
    pub identity: &'a Identity,
    /// Header of the rows.
    pub header: &'a [u8],
    /// Header of the skipped points.
    pub skipped_header: &'a [u8],
    /// Content of `inputs.csv`.
    pub inputs: &'a str,
    /// Content of `settings.csv`.
    pub settings: &'a str,
    /// What the front is of.
    pub objectives: &'a [Objective],
    /// Which points belong to which chunk.
    pub plan: &'a Plan,
}

impl Folder {
    /// Opens a folder: a new one, or one that the same sweep left behind.
    ///
    /// # Errors
    /// A folder of something else, one in use, one that cannot be written.
    pub fn open(path: &Path, beginning: &Beginning<'_>) -> Result<Self, FolderError> {
        let lock = lock(path)?;
        let journal = path.join(names::JOURNAL);
        let there = match fs::metadata(&journal) {
            Ok(there) => there.len() > 0,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(FolderError::Io(journal, error)),
        };
        let said = if there { entry::read(&journal).map_err(io_at(&journal))? } else { Journal::default() };
        match said.identity {
            Some(found) if found != *beginning.identity => Err(FolderError::Other { found: Box::new(found) }),
            Some(_) => Self::restore(path, lock, beginning, &said),
            // The journal comes first, whole: rows without one, or with one that does not say whose it is, may be of any sweep.
            None if [names::POINTS, names::PART, names::PARETO]
                .iter()
                .any(|name| path.join(name).exists()) =>
            {
                Err(FolderError::NoSweep)
            }
            None => {
                write_whole(&journal, entry::write(beginning.identity, &[], false).as_bytes())?;
                Self::restore(path, lock, beginning, &Journal::default())
            }
        }
    }

    fn restore(
        path: &Path,
        lock: File,
        beginning: &Beginning<'_>,
        said: &Journal,
    ) -> Result<Self, FolderError> {
        let (entries, named) = (&said.entries, path.join(names::POINTS).exists());
        let rows_at = path.join(if named { names::POINTS } else { names::PART });
        let (skipped_at, journal_at) = (path.join(names::SKIPPED), path.join(names::JOURNAL));
        let open = |path: &Path| {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(io_at(path))
        };
        let (mut points, mut skipped) = (open(&rows_at)?, open(&skipped_at)?);
        let mut restored = Restored::default();
        let reader = Reader::new(beginning.header, beginning.objectives);
        restored
            .read(&mut points, &mut skipped, beginning, entries, reader.as_ref())
            .map_err(io_at(&rows_at))?;
        let complete = named && said.complete && restored.entries == entries.len();
        if named && !complete {
            // A finished folder that was damaged since goes on.
            fs::rename(&rows_at, path.join(names::PART)).map_err(io_at(&rows_at))?;
        }
        cut(&mut points, restored.points_bytes, beginning.header).map_err(io_at(&rows_at))?;
        cut(&mut skipped, restored.skipped_bytes, beginning.skipped_header).map_err(io_at(&skipped_at))?;
        write_whole(&path.join(names::INPUTS), beginning.inputs.as_bytes())?;
        write_whole(&path.join(names::SETTINGS), beginning.settings.as_bytes())?;
        // Written anew, so that it ends with a whole line.
        let kept = entry::write(beginning.identity, &entries[..restored.entries], complete);
        write_whole(&journal_at, kept.as_bytes())?;
        let mut journal = open(&journal_at)?;
        journal.seek(SeekFrom::End(0)).map_err(io_at(&journal_at))?;
        let Restored { tally, front, rows, entries: done, .. } = restored;
        let done = u64::try_from(done).unwrap_or(0);
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
            journal,
            points,
            skipped,
            done,
            tally,
            front,
            rows,
            complete,
        })
    }

    /// Makes chunks part of what is finished.
    ///
    /// # Errors
    /// A file that cannot be written; what was finished before stays so.
    pub fn take(&mut self, chunks: Vec<Chunk>) -> Result<(), FolderError> {
        let at = |name: &str| io_at_name(&self.path, name);
        for chunk in chunks {
            self.points.write_all(&chunk.rows).map_err(at(names::PART))?;
            self.skipped.write_all(&chunk.skipped).map_err(at(names::SKIPPED))?;
            let entry = Entry::of(&chunk);
            self.journal.write_all(entry.line().as_bytes()).map_err(at(names::JOURNAL))?;
            self.done += 1;
            self.tally.add(chunk.tally);
            self.front.join(chunk.front);
        }
        Ok(())
    }

    /// Ends the sweep: writes the front and gives the rows their name.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(&mut self, header: &[u8]) -> Result<(), FolderError> {
        let mut front = header.to_vec();
        self.front.sorted().iter().for_each(|member| front.extend_from_slice(&member.row));
        write_whole(&self.path.join(names::PARETO), &front)?;
        for (file, name) in
            [(&self.points, names::PART), (&self.skipped, names::SKIPPED), (&self.journal, names::JOURNAL)]
        {
            file.sync_all().map_err(io_at_name(&self.path, name))?;
        }
        if !self.complete {
            let (from, to) = (self.path.join(names::PART), self.path.join(names::POINTS));
            fs::rename(&from, &to).map_err(io_at(&to))?;
            // Last: what is not said to be complete is looked at again.
            let said = self.journal.write_all(entry::COMPLETE.as_bytes());
            said.map_err(io_at_name(&self.path, names::JOURNAL))?;
            self.complete = true;
        }
        Ok(())
    }
}

/// What a folder's files hold, as far as they are whole.
#[derive(Default)]
struct Restored {
    entries: usize,
    points_bytes: u64,
    skipped_bytes: u64,
    tally: PointCounts,
    front: Front,
    rows: Vec<Vec<(u64, Vec<f64>)>>,
}

impl Restored {
    /// Reads chunk after chunk, until one is not what its entry says.
    fn read(
        &mut self,
        points: &mut File,
        skipped: &mut File,
        beginning: &Beginning<'_>,
        entries: &[Entry],
        reader: Option<&Reader>,
    ) -> io::Result<()> {
        let (mut points, mut skipped) = (BufReader::new(points), BufReader::new(skipped));
        if !begins(&mut points, beginning.header)? || !begins(&mut skipped, beginning.skipped_header)? {
            return Ok(());
        }
        let searched = beginning.identity.chunks.is_none();
        for (at, entry) in entries.iter().enumerate() {
            let (rows, skips) = (take(&mut points, entry.points)?, take(&mut skipped, entry.skipped)?);
            let (Some(rows), Some(skips)) = (rows, skips) else { return Ok(()) };
            let in_order = entry.number == beginning.identity.first() + u64::try_from(at).unwrap_or(0);
            if !in_order || !entry.describes(&rows, &skips) {
                return Ok(());
            }
            let (mut found, mut points_of_rows) = (Vec::new(), Vec::new());
            for row in rows.split_inclusive(|byte| *byte == b'\n') {
                let Some((point, costs)) = reader.and_then(|reader| reader.read(row)) else { return Ok(()) };
                points_of_rows.push(point);
                found.push((point, costs, row));
            }
            if !entry.fits(beginning.plan, &points_of_rows) {
                return Ok(());
            }
            for (point, costs, row) in &found {
                self.front.offer(*point, costs, || row.to_vec());
            }
            if searched {
                self.rows.push(found.into_iter().map(|(point, costs, _)| (point, costs)).collect());
            }
            self.entries += 1;
            self.points_bytes += entry.points.bytes;
            self.skipped_bytes += entry.skipped.bytes;
            self.tally.add(entry.tally);
        }
        Ok(())
    }
}

/// Whether a file begins with a text.
pub(super) fn begins(file: &mut impl Read, text: &[u8]) -> io::Result<bool> {
    let mut found = Vec::new();
    file.take(u64::try_from(text.len()).unwrap_or(0)).read_to_end(&mut found)?;
    Ok(found == text)
}

/// The next bytes of a file; `None` when it has fewer.
pub(super) fn take(file: &mut impl Read, part: entry::Bytes) -> io::Result<Option<Vec<u8>>> {
    let mut found = Vec::new();
    file.take(part.bytes).read_to_end(&mut found)?;
    Ok((u64::try_from(found.len()).unwrap_or(0) == part.bytes).then_some(found))
}

/// Cuts a file after its header and some bytes, writing the header if it is not there yet, and goes to its end.
fn cut(file: &mut File, bytes: u64, header: &[u8]) -> io::Result<()> {
    if bytes == 0 {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(header)?;
    } else {
        file.set_len(u64::try_from(header.len()).unwrap_or(0) + bytes)?;
    }
    file.seek(SeekFrom::End(0)).map(|_| ())
}

/// Makes a folder and locks it.
pub(super) fn lock(path: &Path) -> Result<File, FolderError> {
    fs::create_dir_all(path).map_err(io_at(path))?;
    let at = path.join(names::LOCK);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&at).map_err(io_at(&at))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FolderError::Busy),
        Err(TryLockError::Error(error)) => Err(FolderError::Io(at, error)),
    }
}

/// Writes a small file beside its place and renames it into it.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> Result<(), FolderError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(io_at(path))
}

pub(super) fn io_at(path: &Path) -> impl Fn(io::Error) -> FolderError + use<> {
    let path = path.to_owned();
    move |error| FolderError::Io(path.clone(), error)
}

fn io_at_name(folder: &Path, name: &str) -> impl Fn(io::Error) -> FolderError + use<> {
    io_at(&folder.join(name))
}

/// The lines of a text file, as far as they are whole.
fn lines(path: &Path) -> io::Result<Vec<String>> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut found = Vec::new();
    loop {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        match (line.pop(), String::from_utf8(line)) {
            (Some(b'\n'), Ok(line)) => found.push(line),
            _ => return Ok(found),
        }
    }
}
