//! What policies of one rule do to the same samples, fast: a search judges thousands of them, which differ in places on a
//! ladder of thresholds.
//!
//! What a head makes of a sample does not depend on other heads, but for which classes are still alive. So the classes that
//! pass at a head and a place are looked up as a word of bits, made once; a policy is a few operations on words per head
//! and sample, without a branch, which compilers turn into vectors. `decide` remains the definition: tests hold this to it, and
//! what a search reports of a policy is decided anew.
//!
//! Left to `decide`: `monotone`, whose maximum is of the survivors; `patience`, whose heads count on each other; the product
//! as the final answer; more classes than a word of 128 bits has.

use std::collections::HashMap;
use std::ops::{BitAnd, BitOr};
use std::sync::{Arc, Mutex, PoisonError};

use super::ladder::{ladder, rule};
use super::{CalibrateError, Goal};
use crate::decide::{
    Arithmetic, Decisions, FinalAnswer, Memory, Policy, RuleKind, passing_alone, top_classes,
};
use crate::replay::{ScoreTable, Scores};

/// Samples judged before the next head is looked at: their words stay in the nearest cache.
const BLOCK: usize = 1024;

/// What a policy does to all samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// Samples that leave at each head, and at the end.
    pub(super) exits: Vec<u64>,
    /// Right without exits, and wrong with them.
    pub(super) harmed: u64,
    /// Wrong without exits, and right with them.
    pub(super) helped: u64,
}

/// Judges policies of a goal's rule on some samples.
pub(super) enum Judge {
    Of16(Words<u16>),
    Of32(Words<u32>),
    Of64(Words<u64>),
    Of128(Words<u128>),
}

impl Judge {
    /// `None` where only `decide` can.
    pub(super) fn new(scores: &Scores, without: &Decisions, goal: &Goal<'_, '_>) -> Option<Self> {
        let excludes = goal.rule.facts().excludes;
        let alone = goal.rule != RuleKind::Patience && !(excludes && goal.memory == Memory::Monotone);
        if !alone || goal.answer == FinalAnswer::Product {
            return None;
        }
        match scores.classes {
            2..=16 => Some(Self::Of16(Words::new(scores, without, goal))),
            17..=32 => Some(Self::Of32(Words::new(scores, without, goal))),
            33..=64 => Some(Self::Of64(Words::new(scores, without, goal))),
            65..=128 => Some(Self::Of128(Words::new(scores, without, goal))),
            _ => None,
        }
    }

    /// The policy whose heads stand at these places of the ladder, `None` for a head that is off.
    pub(super) fn judge(&self, scores: &Scores, places: &[Option<usize>]) -> Result<Judged, CalibrateError> {
        match self {
            Self::Of16(words) => words.judge(scores, places),
            Self::Of32(words) => words.judge(scores, places),
            Self::Of64(words) => words.judge(scores, places),
            Self::Of128(words) => words.judge(scores, places),
        }
    }
}

/// A set of classes in one word.
pub(super) trait Word:
    Copy + Send + Sync + PartialEq + BitAnd<Output = Self> + BitOr<Output = Self>
{
    const NONE: Self;
    fn of(class: usize) -> Self;
    fn all(classes: usize) -> Self;
    /// Whether at most one class is in it.
    fn is_single(self) -> bool;
}

macro_rules! words {
    ($($word:ty),*) => {
        $(impl Word for $word {
            const NONE: Self = 0;
            #[inline]
            fn of(class: usize) -> Self {
                1 << class
            }
            fn all(classes: usize) -> Self {
                <$word>::MAX >> (<$word>::BITS as usize - classes)
            }
            #[inline]
            fn is_single(self) -> bool {
                self & self.wrapping_sub(1) == 0
            }
        })*
    };
}
words!(u16, u32, u64, u128);

/// Words of all samples, shared by those who look at them.
type Table<W> = Arc<Vec<W>>;

/// The words that policies of one rule are judged by.
pub(super) struct Words<W> {
    classes: usize,
    rule: RuleKind,
    arithmetic: Arithmetic,
    answer: FinalAnswer,
    /// Whether a head puts its top class back.
    readmits: bool,
    /// `[samples]`: the label.
    label: Vec<W>,
    /// `[samples]`: classes that the classifier prefers to the label.
    preferred: Vec<W>,
    /// `[samples]`: 1 if right without exits.
    right: Vec<u16>,
    /// `[heads][samples]`: the top class.
    tops: Vec<Vec<W>>,
    ladder: Vec<f64>,
    /// Classes that pass at a head and a place, `[samples]`, once asked for.
    passing: Mutex<HashMap<(usize, usize), Table<W>>>,
}

impl<W: Word> Words<W> {
    fn new(scores: &Scores, without: &Decisions, goal: &Goal<'_, '_>) -> Self {
        let top = |table| top_classes(table, scores.classes).into_iter().map(W::of).collect();
        Self {
            classes: scores.classes,
            rule: goal.rule,
            arithmetic: goal.arithmetic,
            answer: goal.answer,
            readmits: goal.rule.facts().excludes && goal.memory == Memory::ReadmitTop,
            label: scores.labels.iter().map(|label| W::of(usize::from(*label))).collect(),
            preferred: preferred(scores),
            right: without.answers.iter().zip(&without.labels).map(|(a, b)| u16::from(a == b)).collect(),
            tops: scores.heads.iter().map(top).collect(),
            ladder: ladder(goal.rule, scores.heads.len()).unwrap_or_default(),
            passing: Mutex::default(),
        }
    }

    fn passing(&self, scores: &Scores, head: usize, place: usize) -> Result<Table<W>, CalibrateError> {
        let known = || self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = known().get(&(head, place)) {
            return Ok(words.clone());
        }
        let heads = scores.heads.len();
        let threshold = |other: usize| (other == head).then_some(self.ladder[place]);
        let thresholds: Vec<Option<f64>> = (0..heads).map(threshold).collect();
        let policy = Policy {
            rule: rule(self.rule, &thresholds)?,
            heads: thresholds.iter().map(Option::is_some).collect(),
            memory: Memory::Memoryless,
            arithmetic: self.arithmetic,
            ..Policy::never(heads)
        };
        let mut words = Vec::with_capacity(scores.samples);
        passing_alone(scores, &policy, head, |alive| {
            words.push(alive.iter().fold(W::NONE, |word, class| word | W::of(class)));
        })?;
        let words = Arc::new(words);
        known().insert((head, place), words.clone());
        Ok(words)
    }

    fn judge(&self, scores: &Scores, places: &[Option<usize>]) -> Result<Judged, CalibrateError> {
        let on = places.iter().enumerate().filter_map(|(head, place)| Some((head, (*place)?)));
        let heads: Vec<(usize, Table<W>)> = on
            .map(|(head, place)| Ok((head, self.passing(scores, head, place)?)))
            .collect::<Result<_, CalibrateError>>()?;
        let mut judged = Judged { exits: vec![0; places.len() + 1], harmed: 0, helped: 0 };
        for first in (0..self.label.len()).step_by(BLOCK) {
            self.block(first..self.label.len().min(first + BLOCK), &heads, &mut judged);
        }
        Ok(judged)
    }

    /// Judges a few samples. Whoever has left goes on as if not, and counts no more.
    fn block(&self, samples: std::ops::Range<usize>, heads: &[(usize, Table<W>)], judged: &mut Judged) {
        let (mut alive, mut open) = ([W::all(self.classes); BLOCK], [1_u16; BLOCK]);
        let (alive, open) = (&mut alive[..samples.len()], &mut open[..samples.len()]);
        let (label, right) = (&self.label[samples.clone()], &self.right[samples.clone()]);
        for (head, passing) in heads {
            let (passing, tops) = (&passing[samples.clone()], &self.tops[*head][samples.clone()]);
            // At most BLOCK each, which a u16 holds; a check for overflow would keep the loop from becoming vectors.
            let [mut left, mut harmed, mut helped] = [0_u16; 3];
            for i in 0..label.len() {
                let survive = if self.readmits { alive[i] & passing[i] | tops[i] } else { passing[i] };
                let leaves = u16::from(survive.is_single()) & open[i];
                let correct = u16::from(survive == label[i]);
                left = left.wrapping_add(leaves);
                harmed = harmed.wrapping_add(leaves & right[i] & (correct ^ 1));
                helped = helped.wrapping_add(leaves & (right[i] ^ 1) & correct);
                open[i] &= leaves ^ 1;
                alive[i] = survive;
            }
            judged.exits[*head] += u64::from(left);
            judged.harmed += u64::from(harmed);
            judged.helped += u64::from(helped);
        }
        if let Some(end) = judged.exits.last_mut() {
            *end += open.iter().map(|open| u64::from(*open)).sum::<u64>();
        }
        if self.answer == FinalAnswer::Survivors {
            let preferred = &self.preferred[samples];
            for i in 0..label.len() {
                let correct = alive[i] & label[i] != W::NONE && alive[i] & preferred[i] == W::NONE;
                judged.harmed += u64::from(open[i] & right[i] & u16::from(!correct));
                judged.helped += u64::from(open[i] & (right[i] ^ 1) & u16::from(correct));
            }
        }
    }
}

/// For every sample the classes that the classifier prefers to its label: of a higher score, or of the same and before it.
fn preferred<W: Word>(scores: &Scores) -> Vec<W> {
    fn rows<T: PartialOrd + Copy, W: Word>(values: &[T], scores: &Scores) -> Vec<W> {
        let rows = values.chunks(scores.classes.max(1)).zip(&scores.labels);
        let word = |(row, label): (&[T], &u16)| {
            let label = usize::from(*label);
            let before =
                |class: &usize| row[*class] > row[label] || row[*class] == row[label] && *class < label;
            (0..row.len()).filter(before).fold(W::NONE, |word, class| word | W::of(class))
        };
        rows.map(word).collect()
    }
    match &scores.classifier {
        ScoreTable::Codes { codes, .. } => rows(codes, scores),
        ScoreTable::Reals(reals) => rows(reals, scores),
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
