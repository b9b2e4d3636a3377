//! One sample at every head: what was compared with what, and what came of it. The walk is [`super::walk`]'s own.

use super::check::{DecideError, check};
use super::class_set::ClassSet;
use super::exclusion::Threshold;
use super::exit::Exit;
use super::leave::{Agreed, Leave};
use super::policy::{Memory, Policy};
use super::rule::{Measure, Rule};
use super::walk::{Step, Visit, Walk};
use crate::replay::{ScoreTable, Scores};

/// A sample's way through the heads.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// True class.
    pub label: usize,
    /// One entry per head, shallow to deep.
    pub heads: Vec<HeadExplained>,
    /// Real scores of the final classifier, one per class.
    pub classifier: Vec<f64>,
    /// Where it leaves.
    pub exit: Exit,
    /// The class answered.
    pub answer: usize,
}

/// What became of a sample at one head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// The head is off.
    Off,
    /// The sample left before; its scores are what the head would have said.
    Not,
    /// It goes on.
    GoesOn,
    /// It leaves.
    Leaves,
}

/// A sample at one head.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadExplained {
    /// Whether it gets there.
    pub reached: Reached,
    /// Codes as the network makes them; `None` where a trace has real scores.
    pub codes: Option<Vec<i16>>,
    /// Real scores, one per class.
    pub scores: Vec<f64>,
    /// What the rule compares, one per class: a probability as the unit holds it, or the score.
    pub compared: Vec<f64>,
    /// Classes alive before it.
    pub before: Vec<usize>,
    /// Classes alive after it.
    pub after: Vec<usize>,
    /// What decides; `None` where the head is off or excludes nothing.
    pub test: Option<Test>,
}

/// What a head holds against its threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test {
    /// Classes are compared with a limit that follows from the highest.
    Beside {
        /// Of the head.
        threshold: f64,
        /// What the highest class has.
        maximum: f64,
        /// What the others must exceed; by `distance`, reach.
        limit: f64,
        /// The rule compares scores, not probabilities.
        distance: bool,
    },
    /// How certain the head is.
    Certain {
        /// By what.
        measure: Measure,
        /// How much of it.
        value: f64,
        /// What the second class has, where that must stay below the threshold.
        second: Option<f64>,
        /// Of the head.
        threshold: f64,
    },
    /// How many heads agree.
    Agreed {
        /// Times the top class was confirmed in a row.
        times: u16,
        /// Times needed.
        needed: u16,
    },
    /// What the final classifier will say.
    Knows {
        /// Its class.
        end: usize,
    },
}

/// Explains samples of one run.
pub struct Explainer<'a> {
    scores: &'a Scores,
    policy: &'a Policy,
    walk: Walk<'a>,
}

/// Explains one sample.
///
/// # Errors
/// As [`super::decide()`].
///
/// # Panics
/// There is no such sample.
pub fn explain(scores: &Scores, policy: &Policy, sample: usize) -> Result<Explained, DecideError> {
    Ok(Explainer::new(scores, policy)?.sample(sample))
}

impl<'a> Explainer<'a> {
    /// Of a policy's decisions on scores.
    ///
    /// # Errors
    /// As [`super::decide()`].
    pub fn new(scores: &'a Scores, policy: &'a Policy) -> Result<Self, DecideError> {
        check(scores, policy)?;
        Ok(Self { scores, policy, walk: Walk::new(scores, policy) })
    }

    /// One sample.
    ///
    /// # Panics
    /// There is no such sample.
    #[must_use]
    pub fn sample(&self, sample: usize) -> Explained {
        let Self { scores, walk, .. } = self;
        let (mut alive, mut agreed) = (ClassSet::full(scores.classes), Agreed::default());
        let mut before = alive.clone();
        let mut exit = Exit::at_end(scores.heads.len());
        let (mut heads, mut left) = (Vec::new(), false);
        for head in 0..scores.heads.len() {
            let entering: Vec<usize> = alive.iter().collect();
            let off = matches!(walk.steps[head], Step::Absent);
            let visit = if left {
                Visit::Absent
            } else {
                walk.visit(head, sample, (&mut alive, &mut before), &mut agreed)
            };
            let leaves = visit == Visit::Judged && alive.count() == 1;
            let reached = match () {
                () if off => Reached::Off,
                () if left => Reached::Not,
                () if leaves => Reached::Leaves,
                () => Reached::GoesOn,
            };
            if leaves {
                (exit, left) = (Exit::at_head(head), true);
            }
            let here = real_scores(&scores.heads[head], scores.classes, sample);
            let (compared, test) = self.tested(head, &here, &entering, sample, agreed);
            heads.push(HeadExplained {
                reached,
                codes: codes(&scores.heads[head], scores.classes, sample),
                scores: here,
                compared,
                before: entering,
                after: alive.iter().collect(),
                test: test.filter(|_| !off),
            });
        }
        let answer = if left { alive.first().unwrap_or(0) } else { walk.final_answer(sample, &alive) };
        Explained {
            label: usize::from(scores.labels[sample]),
            heads,
            classifier: real_scores(&scores.classifier, scores.classes, sample),
            exit,
            answer,
        }
    }

    /// What a head compares, class by class, and its test.
    fn tested(
        &self,
        head: usize,
        scores: &[f64],
        alive: &[usize],
        sample: usize,
        agreed: Agreed,
    ) -> (Vec<f64>, Option<Test>) {
        let beside = |threshold: Threshold, given: f64, distance: bool| {
            let compared: Vec<f64> = scores.iter().map(|score| threshold.shown(*score)).collect();
            // Only a monotone memory looks for its maximum among those alive.
            let among: Vec<usize> = match self.policy.memory {
                Memory::Monotone => alive.to_vec(),
                Memory::ReadmitTop | Memory::Memoryless => (0..scores.len()).collect(),
            };
            let maximum = among.iter().map(|class| compared[*class]).fold(f64::NEG_INFINITY, f64::max);
            let limit = threshold.limit(maximum);
            (compared, Some(Test::Beside { threshold: given, maximum, limit, distance }))
        };
        match (&self.policy.rule, &self.walk.steps[head]) {
            (Rule::RelativeToMax { beta }, _) => {
                beside(Threshold::relative_to_max(beta[head], self.policy.arithmetic), beta[head], false)
            }
            (Rule::Distance { threshold }, _) => {
                beside(Threshold::Distance { distance: threshold[head] }, threshold[head], true)
            }
            (Rule::Softmax { measure, threshold }, Step::Leave(Leave::Certain(certainty))) => {
                let (value, second) = certainty.measured(sample);
                let test = Test::Certain { measure: *measure, value, second, threshold: threshold[head] };
                (softmax(scores), Some(test))
            }
            (Rule::Patience { threshold }, _) => {
                (scores.to_vec(), Some(Test::Agreed { times: agreed.times(), needed: threshold[head] }))
            }
            (Rule::Oracle, Step::Leave(Leave::Knowing { end, .. })) => {
                (scores.to_vec(), Some(Test::Knows { end: end.of(sample) }))
            }
            (Rule::Softmax { .. } | Rule::Oracle | Rule::Never | Rule::NoHeads, _) => (scores.to_vec(), None),
        }
    }
}

/// Probabilities that sum to 1.
fn softmax(scores: &[f64]) -> Vec<f64> {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let each = |score: &f64| if *score == most { 1.0 } else { (score - most).exp() };
    let sum: f64 = scores.iter().map(each).sum();
    scores.iter().map(|score| each(score) / sum).collect()
}

fn codes(table: &ScoreTable, classes: usize, sample: usize) -> Option<Vec<i16>> {
    match table {
        ScoreTable::Codes { codes, .. } => Some(codes[sample * classes..(sample + 1) * classes].to_vec()),
        ScoreTable::Reals(_) => None,
    }
}

fn real_scores(table: &ScoreTable, classes: usize, sample: usize) -> Vec<f64> {
    let row = sample * classes..(sample + 1) * classes;
    match table {
        ScoreTable::Codes { codes, scale, zero_point, .. } => {
            let real = |code: &i16| f64::from(*scale) * f64::from(i32::from(*code) - zero_point);
            codes[row].iter().map(real).collect()
        }
        ScoreTable::Reals(scores) => scores[row].iter().map(|score| f64::from(*score)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{Arithmetic, decide};
    use proptest::prelude::*;

    fn policies(heads: usize, memory: Memory) -> Vec<Policy> {
        let of = |rule: Rule| Policy { rule, memory, ..Policy::never(heads) };
        let mut all = vec![
            of(Rule::RelativeToMax { beta: vec![0.6; heads] }),
            of(Rule::Distance { threshold: vec![1.5; heads] }),
            of(Rule::Patience { threshold: vec![1; heads] }),
            of(Rule::Oracle),
            of(Rule::Never),
            of(Rule::NoHeads),
        ];
        for measure in Measure::ALL {
            all.push(of(Rule::Softmax { measure, threshold: vec![0.4; heads] }));
        }
        let float = all.clone().into_iter().map(|policy| Policy { arithmetic: Arithmetic::Float, ..policy });
        all.extend(float.collect::<Vec<_>>());
        if heads > 1 {
            all.iter_mut().for_each(|policy| policy.heads[1] = false);
        }
        all
    }

    proptest! {
        /// Whatever the rule, what is explained is what is decided, and the test says it.
        #[test]
        fn what_is_explained_is_what_is_decided(codes in prop::collection::vec(-128i16..128, 4 * 3 * 5..=4 * 3 * 5),
            memory in prop::sample::select(Memory::ALL.to_vec()), real in any::<bool>()) {
            let (heads, classes, samples) = (3, 5, 3);
            let table = |at: usize| {
                let part = &codes[at * samples * classes..(at + 1) * samples * classes];
                if real {
                    ScoreTable::Reals(part.iter().map(|code| f32::from(*code) * 0.05).collect())
                } else {
                    ScoreTable::Codes { codes: part.to_vec(), scale: 0.05, zero_point: 3, signed: true }
                }
            };
            let scores = Scores { samples, classes, labels: vec![1; samples], heads: (0..heads).map(table).collect(),
                classifier: table(heads), zero_fractions: None };
            for policy in policies(heads, memory) {
                let decided = decide(&scores, &policy).unwrap();
                for sample in 0..samples {
                    let told = explain(&scores, &policy, sample).unwrap();
                    prop_assert_eq!(told.exit, decided.exits[sample]);
                    prop_assert_eq!(told.answer, usize::from(decided.answers[sample]));
                    for (h, head) in told.heads.iter().enumerate() {
                        let survivors = decided.survivors[sample * heads + h];
                        match head.reached {
                            Reached::Off | Reached::Not => prop_assert_eq!(survivors, None),
                            Reached::GoesOn | Reached::Leaves => {
                                prop_assert_eq!(survivors.map(|n| usize::from(n.get())), Some(head.after.len()));
                                says(head, memory)?;
                            }
                        }
                    }
                }
            }
        }
    }

    /// The test that is told decides as the head did.
    fn says(head: &HeadExplained, memory: Memory) -> Result<(), TestCaseError> {
        match head.test {
            Some(Test::Beside { limit, maximum, distance, .. }) => {
                for class in 0..head.scores.len() {
                    let value = head.compared[class];
                    let possible = memory == Memory::Memoryless || head.before.contains(&class);
                    // Beside the limit reals cannot tell; the highest class survives in any case.
                    let near = (value - limit).abs() < 1e-3 || value >= maximum;
                    let passes = if distance { value >= limit } else { value > limit };
                    prop_assert!(
                        near || head.after.contains(&class) == (passes && possible),
                        "{class} {head:?}"
                    );
                }
            }
            Some(Test::Certain { measure, value, second, threshold }) => {
                let near = (value - threshold).abs() < 5e-3
                    || second.is_some_and(|second| (second - threshold).abs() < 5e-3);
                let holds = match measure {
                    Measure::Confidence => {
                        value > threshold && second.is_some_and(|second| second <= threshold)
                    }
                    Measure::Margin => value > threshold,
                    Measure::Entropy => value < threshold,
                };
                prop_assert!(near || holds == (head.reached == Reached::Leaves), "{head:?}");
            }
            Some(Test::Agreed { times, needed }) => {
                prop_assert_eq!(times >= needed, head.reached == Reached::Leaves);
            }
            Some(Test::Knows { .. }) | None => {}
        }
        Ok(())
    }
}
