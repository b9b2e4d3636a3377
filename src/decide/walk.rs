//! The walk of every sample through the heads.

use std::num::NonZeroU16;

use rayon::prelude::*;

use super::check::{DecideError, check};
use super::class_set::ClassSet;
use super::decisions::Decisions;
use super::exclusion::{Excluder, Threshold};
use super::exit::Exit;
use super::leave::{Agreed, Leave, Tops};
use super::policy::{FinalAnswer, Policy};
use super::rule::Rule;
use super::score::{Score, top_among};
use super::softmax::Certainty;
use crate::replay::{ScoreTable, Scores};

/// Samples a task of the thread pool takes: enough to hide its cost, few enough to keep many cores busy.
const SAMPLES_A_TASK: usize = 512;

/// Decides, for every sample, where it leaves and with which answer.
///
/// Heads are visited shallow to deep, disabled ones as if absent; a sample with one class left after a head leaves
/// there with that class. Under a rule that excludes nothing, the head that answers leaves its answer alone. The result does not depend on the number of threads.
///
/// # Errors
/// If the policy does not fit the scores, or the scores contradict themselves; see [`DecideError`].
pub fn decide(scores: &Scores, policy: &Policy) -> Result<Decisions, DecideError> {
    check(scores, policy)?;
    let walk = Walk::new(scores, policy);
    let first_samples = (0..scores.samples).into_par_iter().step_by(SAMPLES_A_TASK);
    let parts: Vec<Part> =
        first_samples.map(|first| walk.part(first..scores.samples.min(first + SAMPLES_A_TASK))).collect();
    Ok(join(scores, &parts))
}

/// Tells for every sample which classes one head leaves alive, all of them being alive before it.
///
/// # Errors
/// As [`decide`].
pub fn passing_alone(
    scores: &Scores,
    policy: &Policy,
    head: usize,
    mut tell: impl FnMut(&ClassSet),
) -> Result<(), DecideError> {
    check(scores, policy)?;
    let walk = Walk::new(scores, policy);
    let mut alive = ClassSet::full(scores.classes);
    for sample in 0..scores.samples {
        alive.fill();
        match &walk.steps[head] {
            Step::Absent | Step::Watch => {}
            Step::Exclude(head) => head.judge(sample, &mut alive),
            Step::Leave(leave) => {
                if let Some(class) = leave.answer(sample, &mut Agreed::default()) {
                    alive.keep_only(class);
                }
            }
        }
        tell(&alive);
    }
    Ok(())
}

/// Puts the tasks' parts together, in the order of samples.
fn join(scores: &Scores, parts: &[Part]) -> Decisions {
    let mut excluded = vec![0; scores.heads.len() * scores.classes];
    for part in parts {
        excluded.iter_mut().zip(&part.excluded).for_each(|(sum, count)| *sum += u64::from(*count));
    }
    Decisions {
        samples: scores.samples,
        heads: scores.heads.len(),
        classes: scores.classes,
        labels: scores.labels.clone(),
        exits: parts.iter().flat_map(|part| part.exits.iter().copied()).collect(),
        answers: parts.iter().flat_map(|part| part.answers.iter().copied()).collect(),
        survivors: parts.iter().flat_map(|part| part.survivors.iter().copied()).collect(),
        excluded,
    }
}

/// What became of a sample at a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    /// There is no head.
    Absent,
    /// It goes on with every class.
    Passed,
    /// Classes were excluded, or all but the answer.
    Judged,
}

/// What a head does to a sample that reaches it.
pub(super) enum Step<'a> {
    /// The head is off, or the rule knows no heads.
    Absent,
    /// The head runs and excludes nothing.
    Watch,
    /// The head excludes.
    Exclude(Excluder<'a>),
    /// The head answers, or passes the sample on with every class.
    Leave(Leave<'a>),
}

/// What is the same for every sample.
pub(super) struct Walk<'a> {
    scores: &'a Scores,
    answer: FinalAnswer,
    pub(super) steps: Vec<Step<'a>>,
}

/// The decisions of consecutive samples; see [`Decisions`] for the fields.
struct Part {
    exits: Vec<Exit>,
    answers: Vec<u16>,
    survivors: Vec<Option<NonZeroU16>>,
    excluded: Vec<u32>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(scores: &'a Scores, policy: &Policy) -> Self {
        let (classes, arithmetic) = (scores.classes, policy.arithmetic);
        let exclude = |head: usize, threshold| {
            Step::Exclude(Excluder::new(&scores.heads[head], classes, threshold, policy.memory))
        };
        let step = |head: usize| match &policy.rule {
            Rule::NoHeads => Step::Absent,
            Rule::Never => Step::Watch,
            Rule::Softmax { measure, threshold } => Step::Leave(Leave::Certain(Certainty::new(
                &scores.heads[head],
                classes,
                *measure,
                threshold[head],
                arithmetic,
            ))),
            Rule::Patience { threshold } => Step::Leave(Leave::Patient {
                tops: Tops::new(&scores.heads[head], classes),
                agreements: threshold[head],
            }),
            Rule::Oracle => Step::Leave(Leave::Knowing {
                tops: Tops::new(&scores.heads[head], classes),
                end: Tops::new(&scores.classifier, classes),
            }),
            Rule::RelativeToMax { beta } => exclude(head, Threshold::relative_to_max(beta[head], arithmetic)),
            Rule::Distance { threshold } => exclude(head, Threshold::Distance { distance: threshold[head] }),
        };
        let step_if_on = |head: usize| if policy.heads[head] { step(head) } else { Step::Absent };
        Walk { scores, answer: policy.answer, steps: (0..scores.heads.len()).map(step_if_on).collect() }
    }

    fn part(&self, samples: std::ops::Range<usize>) -> Part {
        let heads = self.steps.len();
        let mut part = Part {
            exits: Vec::with_capacity(samples.len()),
            answers: Vec::with_capacity(samples.len()),
            survivors: vec![None; samples.len() * heads],
            excluded: vec![0; heads * self.scores.classes],
        };
        let mut alive = ClassSet::full(self.scores.classes);
        let mut before = alive.clone();
        for (index, sample) in samples.enumerate() {
            let survivors = &mut part.survivors[index * heads..(index + 1) * heads];
            alive.fill();
            let exit = self.sample(sample, &mut alive, &mut before, survivors, &mut part.excluded);
            let answer = match exit {
                Some(_) => alive.first().unwrap_or(0),
                None => self.final_answer(sample, &alive),
            };
            part.exits.push(exit.map_or(Exit::at_end(heads), Exit::at_head));
            part.answers.push(answer as u16);
        }
        part
    }

    /// Takes one sample through the heads; the head where it leaves, if it does, with the classes then alive.
    fn sample(
        &self,
        sample: usize,
        alive: &mut ClassSet,
        before: &mut ClassSet,
        survivors: &mut [Option<NonZeroU16>],
        excluded: &mut [u32],
    ) -> Option<usize> {
        let classes = self.scores.classes;
        let mut agreed = Agreed::default();
        for head in 0..self.steps.len() {
            match self.visit(head, sample, (alive, before), &mut agreed) {
                // No row of survivors: to later layers the head does not exist.
                Visit::Absent => continue,
                // Every class stays alive, even if there is only one: that ends nothing.
                Visit::Passed => survivors[head] = NonZeroU16::new(classes as u16),
                Visit::Judged => {
                    // What was alive on reaching the head and is not now, this head excluded; a class that came back is no
                    // exclusion.
                    before.count_without(alive, &mut excluded[head * classes..(head + 1) * classes]);
                    let count = alive.count();
                    survivors[head] = NonZeroU16::new(count as u16);
                    if count == 1 {
                        return Some(head);
                    }
                }
            }
        }
        None
    }

    /// One head at work on a sample: updates the classes `alive`, with those `before` it where it judges.
    #[inline]
    pub(super) fn visit(
        &self,
        head: usize,
        sample: usize,
        (alive, before): (&mut ClassSet, &mut ClassSet),
        agreed: &mut Agreed,
    ) -> Visit {
        match &self.steps[head] {
            Step::Absent => Visit::Absent,
            // It runs, so it has survivors: all of them.
            Step::Watch => Visit::Passed,
            Step::Exclude(head) => {
                before.copy_from(alive);
                head.judge(sample, alive);
                Visit::Judged
            }
            Step::Leave(leave) => match leave.answer(sample, agreed) {
                Some(class) => {
                    before.copy_from(alive);
                    alive.keep_only(class);
                    Visit::Judged
                }
                // Not sure.
                None => Visit::Passed,
            },
        }
    }

    pub(super) fn final_answer(&self, sample: usize, alive: &ClassSet) -> usize {
        let row = sample * self.scores.classes..(sample + 1) * self.scores.classes;
        match &self.scores.classifier {
            // The scale is above zero, so codes less their zero point order as real scores do, sign included.
            ScoreTable::Codes { codes, zero_point, .. } => {
                let zero = *zero_point as i16;
                answer(&codes[row], alive, self.answer, |code| code - zero, 0)
            }
            ScoreTable::Reals(scores) => answer(&scores[row], alive, self.answer, |score| score, 0.0),
        }
    }
}

/// Arg max of one row of the classifier; `real` gives a score the sign of its real value.
fn answer<T: Score>(row: &[T], alive: &ClassSet, rule: FinalAnswer, real: impl Fn(T) -> T, zero: T) -> usize {
    match rule {
        FinalAnswer::Survivors => top_among(row, alive),
        FinalAnswer::All => T::top(row),
        FinalAnswer::Product => {
            let product = |class: usize| if alive.contains(class) { real(row[class]) } else { zero };
            (1..row.len()).fold(0, |top, class| if product(class) > product(top) { class } else { top })
        }
    }
}
