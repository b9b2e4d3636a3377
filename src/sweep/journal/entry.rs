//! Lines of the journal: whose it is, then one a finished chunk.

use std::io;
use std::path::Path;

use crate::names::ClosedSet;
use crate::sweep::metric::Objective;
use crate::sweep::run::{Chunk, Plan, PointCounts};
use crate::units::count;

/// What a folder holds: another version, other inputs or another shard make other bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name of the space, for messages.
    pub space: String,
    /// Version of the tool.
    pub version: String,
    /// Hash of everything that results depend on.
    pub inputs: String,
    /// Names of the objectives, joined by commas.
    pub objectives: String,
    /// Chunks of the whole space; `None` for a search.
    pub chunks: Option<u64>,
    /// Which shard, from 1, of how many.
    pub shard: [u64; 2],
}

impl Identity {
    /// Number of the shard's first chunk.
    #[must_use]
    pub fn first(&self) -> u64 {
        let [shard, shards] = self.shard;
        let chunks = u128::from(self.chunks.unwrap_or(0));
        u64::try_from(chunks * u128::from(shard - 1) / u128::from(shards)).unwrap_or(0)
    }

    /// The objectives that it names.
    #[must_use]
    pub fn named_objectives(&self) -> Vec<Objective> {
        self.objectives.split(',').filter_map(Objective::from_name).collect()
    }

    fn line(&self) -> String {
        let chunks = self.chunks.map_or_else(|| "-".into(), |chunks| chunks.to_string());
        let [shard, shards] = self.shard;
        format!(
            "exclusim-sweep {} {} {} {} {chunks} {shard}/{shards}\n",
            self.version, self.inputs, self.space, self.objectives
        )
    }

    fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let mut next = || words.next();
        if next()? != "exclusim-sweep" {
            return None;
        }
        let [version, inputs, space, objectives] = [next()?, next()?, next()?, next()?].map(str::to_owned);
        let chunks = match next()? {
            "-" => None,
            number => Some(number.parse().ok()?),
        };
        let (shard, shards) = next()?.split_once('/')?;
        let shard = [shard.parse().ok()?, shards.parse().ok()?];
        (shard[0] > 0 && shard[0] <= shard[1]).then_some(Self {
            space,
            version,
            inputs,
            objectives,
            chunks,
            shard,
        })
    }
}

/// Some bytes, and their checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// How many.
    pub bytes: u64,
    /// CRC-32 of them.
    pub checksum: u32,
}

impl Bytes {
    /// Of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: count(bytes.len()), checksum: crc32fast::hash(bytes) }
    }
}

/// A finished chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: u64,
    /// What became of its points.
    pub tally: PointCounts,
    /// Its rows.
    pub points: Bytes,
    /// Its skipped points.
    pub skipped: Bytes,
}

impl Entry {
    /// The entry of a chunk.
    #[must_use]
    pub fn of(chunk: &Chunk) -> Self {
        let (points, skipped) = (Bytes::of(&chunk.rows), Bytes::of(&chunk.skipped));
        Self { number: chunk.number, tally: chunk.tally, points, skipped }
    }

    /// Whether it is of these rows.
    #[must_use]
    pub fn describes(&self, rows: &[u8], skipped: &[u8]) -> bool {
        self.points == Bytes::of(rows) && self.skipped == Bytes::of(skipped)
    }

    /// Whether a chunk of the plan may have ended so, with rows of these points.
    pub(super) fn fits(&self, plan: &Plan, rows: &[u64]) -> bool {
        if self.tally.found != count(rows.len()) {
            return false;
        }
        let Some(chunks) = plan.chunks() else { return self.tally.points() <= plan.points() };
        if self.number >= chunks || self.tally.points() != plan.points_in(&(self.number..self.number + 1)) {
            return false;
        }
        let mut points = plan.points_of(self.number);
        rows.iter().all(|row| points.any(|point| point == *row))
    }

    /// As a line; the last word is a checksum of the others.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { number, tally, points, skipped } = self;
        let words = format!(
            "{number} {} {} {} {} {:08x} {} {:08x}",
            tally.found,
            tally.excluded,
            tally.skipped,
            points.bytes,
            points.checksum,
            skipped.bytes,
            skipped.checksum
        );
        format!("{words} {:08x}\n", crc32fast::hash(words.as_bytes()))
    }

    fn read(line: &str) -> Option<Self> {
        let (words, checksum) = line.rsplit_once(' ')?;
        if u32::from_str_radix(checksum, 16).ok()? != crc32fast::hash(words.as_bytes()) {
            return None;
        }
        let words: Vec<&str> = words.split(' ').collect();
        let number = |at: usize| words.get(at)?.parse::<u64>().ok();
        let bytes = |at: usize| {
            let checksum = u32::from_str_radix(words.get(at + 1)?, 16).ok()?;
            Some(Bytes { bytes: number(at)?, checksum })
        };
        let tally = PointCounts { found: number(1)?, excluded: number(2)?, skipped: number(3)? };
        tally.found.checked_add(tally.excluded)?.checked_add(tally.skipped)?;
        Some(Self { number: number(0)?, tally, points: bytes(4)?, skipped: bytes(6)? })
    }
}

/// What a journal says, as far as it is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::sweep) struct Journal {
    /// Whose it is; `None` when not even that is whole.
    pub(in crate::sweep) identity: Option<Identity>,
    /// Finished chunks.
    pub(in crate::sweep) entries: Vec<Entry>,
    /// Whether they are all.
    pub(in crate::sweep) complete: bool,
}

/// The last line of a journal, once all chunks are finished.
pub(super) const COMPLETE: &str = "complete\n";

/// Reads a journal.
///
/// # Errors
/// A file that cannot be read.
pub(in crate::sweep) fn read(path: &Path) -> io::Result<Journal> {
    let lines = super::lines(path)?;
    let Some((first, rest)) = lines.split_first() else { return Ok(Journal::default()) };
    let entries: Vec<Entry> = rest.iter().map_while(|line| Entry::read(line)).collect();
    let complete = rest.get(entries.len()).is_some_and(|line| line == COMPLETE.trim_end());
    Ok(Journal { identity: Identity::read(first), entries, complete })
}

/// The text of a journal.
pub(in crate::sweep) fn write(identity: &Identity, entries: &[Entry], complete: bool) -> String {
    let end = if complete { COMPLETE } else { "" };
    identity.line() + &entries.iter().map(Entry::line).collect::<String>() + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_back_and_damage_shows() {
        let identity = Identity {
            space: "a-space".into(),
            version: "0.1.0".into(),
            inputs: "0123456789abcdef".into(),
            objectives: "energy,latency-p99".into(),
            chunks: Some(512),
            shard: [3, 8],
        };
        assert_eq!(identity.first(), 128);
        assert_eq!(Identity::read(identity.line().trim_end()), Some(identity.clone()));
        let searched = Identity { chunks: None, shard: [1, 1], ..identity };
        assert_eq!(Identity::read(searched.line().trim_end()), Some(searched));
        let entry = Entry {
            number: 7,
            tally: PointCounts { found: 1, excluded: 2, skipped: 3 },
            points: Bytes::of(b"some rows\n"),
            skipped: Bytes::of(b""),
        };
        let line = entry.line();
        assert_eq!(Entry::read(line.trim_end()), Some(entry));
        for at in 0..line.len() - 1 {
            let mut damaged = line.clone().into_bytes();
            damaged[at] ^= 1;
            let damaged = String::from_utf8(damaged).unwrap();
            assert_ne!(Entry::read(damaged.trim_end()), Some(entry), "{damaged}");
            assert_eq!(Entry::read(&line[..at]), None, "cut off after {at} bytes");
        }
    }
}
