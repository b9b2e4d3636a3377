//! What was decided for every sample, and the tables reports and timing take from it.

use std::num::NonZeroU16;

use super::check::DecideError;
use super::exit::Exit;

/// The outcome of [`super::decide()`]. With S samples, E heads and C classes; everything in it is a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decisions {
    /// Number of samples, S; at least 1.
    pub samples: usize,
    /// Number of heads, E, whether on or off.
    pub heads: usize,
    /// Number of classes, C.
    pub classes: usize,
    /// True class of every sample, `[S]`.
    pub labels: Vec<u16>,
    /// Where a sample left, `[S]`.
    pub exits: Vec<Exit>,
    /// The class answered, `[S]`.
    pub answers: Vec<u16>,
    /// Classes alive after a head, `[S][E]`; `None` where the head was not reached or is off.
    pub survivors: Vec<Option<NonZeroU16>>,
    /// Samples for which a class, alive on reaching the head, was ruled out by it, `[E][C]`. Under memories that let
    /// a class come back, one sample can count the same class at several heads.
    pub excluded: Vec<u64>,
}

/// Samples of one class that left at one exit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// How many.
    pub samples: u64,
    /// How many of them were answered with their label.
    pub correct: u64,
}

impl Decisions {
    /// Number of samples answered with their label.
    pub fn correct(&self) -> u64 {
        self.answers.iter().zip(&self.labels).filter(|(answer, label)| answer == label).count() as u64
    }

    /// Fraction of samples answered with their label, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.samples as f64
    }

    /// Number of samples that left at each head, then of those that ran to the end, `[E + 1]`.
    pub fn exit_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.heads + 1];
        self.exits.iter().for_each(|exit| counts[exit.segment()] += 1);
        counts
    }

    /// Classes alive when a sample enters segment `segment`, 0 to E; `None` if it left before. All samples enter
    /// segment 0 with all classes; those that did not leave at head s enter segment s + 1.
    pub fn alive_on_entry_of(&self, sample: usize, segment: usize) -> Option<usize> {
        if segment > self.exits[sample].segment() {
            return None;
        }
        let passed = &self.survivors[sample * self.heads..sample * self.heads + segment];
        let last = passed.iter().rev().find_map(|survivors| *survivors);
        Some(last.map_or(self.classes, |survivors| usize::from(survivors.get())))
    }

    /// Classes alive when a sample enters each segment that it runs, as [`Decisions::alive_on_entry_of`] has them.
    pub fn alive_along(&self, sample: usize) -> impl Iterator<Item = usize> {
        let survivors = &self.survivors[sample * self.heads..(sample + 1) * self.heads];
        let mut alive = self.classes;
        (0..=self.exits[sample].segment()).map(move |segment| {
            let entering = alive;
            // A head that is off leaves alive what was.
            if let Some(Some(left)) = survivors.get(segment) {
                alive = usize::from(left.get());
            }
            entering
        })
    }

    /// Samples that enter segment `segment`, 0 to E, by number of classes alive then, `[C + 1]`.
    pub fn alive_on_entry(&self, segment: usize) -> Vec<u64> {
        let mut histogram = vec![0; self.classes + 1];
        let alive = (0..self.samples).filter_map(|sample| self.alive_on_entry_of(sample, segment));
        alive.for_each(|alive| histogram[alive] += 1);
        histogram
    }

    /// Samples and correct answers by true class and exit, `[C][E + 1]`.
    pub fn by_class(&self) -> Vec<Vec<Answered>> {
        let mut table = vec![vec![Answered::default(); self.heads + 1]; self.classes];
        for ((label, exit), answer) in self.labels.iter().zip(&self.exits).zip(&self.answers) {
            let answered = &mut table[usize::from(*label)][exit.segment()];
            answered.samples += 1;
            answered.correct += u64::from(answer == label);
        }
        table
    }

    /// One head's row of [`Decisions::excluded`], `[C]`: for how many samples each class was newly ruled out there.
    pub fn excluded_at_head(&self, head: usize) -> &[u64] {
        &self.excluded[head * self.classes..(head + 1) * self.classes]
    }
}

/// Numbers of samples for which two decisions differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flips {
    /// Leave at another head.
    pub exits: u64,
    /// Are answered with another class.
    pub answers: u64,
    /// Have another number of survivors at some head, or reach other heads.
    pub survivor_counts: u64,
}

/// Compares two decisions on the same samples, such as those of integer and float arithmetic.
///
/// # Errors
/// [`DecideError::Incomparable`] if they differ in their numbers of samples or heads.
pub fn flips(a: &Decisions, b: &Decisions) -> Result<Flips, DecideError> {
    for (what, left, right) in [("samples", a.samples, b.samples), ("heads", a.heads, b.heads)] {
        if left != right {
            return Err(DecideError::Incomparable { what, left, right });
        }
    }
    fn differ<T: PartialEq>(a: &[T], b: &[T]) -> u64 {
        a.iter().zip(b).filter(|(a, b)| a != b).count() as u64
    }
    // Without heads there are no rows, and no differences in them; chunks of 0 would panic.
    let width = a.heads.max(1);
    let rows = a.survivors.chunks(width).zip(b.survivors.chunks(width));
    Ok(Flips {
        exits: differ(&a.exits, &b.exits),
        answers: differ(&a.answers, &b.answers),
        survivor_counts: rows.filter(|(a, b)| a != b).count() as u64,
    })
}
