//! The search for the least cost on a given machine, over thresholds and over which heads are on, under an accuracy
//! floor that holds with confidence.
//!
//! 1. Samples are split in two halves, every other one each.
//! 2. On the first, two paths of policies are laid from *no heads* to ever cheaper and riskier ones. Each step moves one
//!    head: on, to a looser threshold, or off. Risk is the bound of [`Paired::loss_at_most`] there. Of the steps below
//!    a level of risk, the one that saves most per unit of risk is taken, until none saves. The level of the first path
//!    is one and a half tolerances. That of the second rises by a quarter whenever no step below it saves, up to as
//!    much: it takes small steps first, and with a looser tolerance begins as with a tighter one. It may also begin
//!    with all heads at the same place, since patience takes two to begin with.
//! 3. On the second half, which nothing was chosen by, each path is walked in its order until the bound first exceeds
//!    the tolerance. The cheaper of the two policies before that is the result.
//!
//! The third step is *fixed sequence testing* (as in Angelopoulos et al., "Learn then Test", 2021): the order of the
//! tests is settled before their data are looked at, and testing stops at the first that fails, so that the chance of
//! ever accepting a policy of a path that loses more than the tolerance is at most the miss rate of one test, however
//! long the path is. Two paths share the miss rate 1 - confidence evenly.

use super::ladder::{ladder, rule};
use super::paper::{check_heads, check_tolerance};
use super::{CalibrateError, MeanCost, Paired, Zeros};
use crate::decide::{Arithmetic, Decisions, FinalAnswer, Memory, Policy, RuleKind, decide};
use crate::replay::Scores;

/// Risk on the first half up to which the path is laid, in tolerances: the second half may be kinder.
const RISK: f64 = 1.5;

/// Levels of risk, in fractions of the samples: the first above none, and how much higher each is than the one before.
/// They do not depend on the tolerance, so that the path to a looser one begins with the path to a tighter one.
const LOWEST_LEVEL: f64 = 1e-5;
const RISE: f64 = 1.25;

/// How a path is laid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// From one head on, by any step below the last level.
    Free,
    /// From one head on or from all that may be on at the same place, by the steps below a level that rises.
    Rising,
}

/// One path each.
const COURSES: [Course; 2] = [Course::Free, Course::Rising];

/// What to search for.
#[derive(Clone, Copy)]
pub struct Goal<'a, 'c> {
    /// Heads that may be on, by index, each at most once.
    pub heads: &'a [usize],
    /// Accuracy that may be lost, as a fraction: 0.005 is half a percentage point.
    pub tolerance: f64,
    /// How sure that is to be, above 0 and below 1: 0.95.
    pub confidence: f64,
    /// The rule whose thresholds are searched.
    pub rule: RuleKind,
    /// What a head remembers of the heads before it.
    pub memory: Memory,
    /// How a sample that ran to the end is answered.
    pub answer: FinalAnswer,
    /// How the unit computes.
    pub arithmetic: Arithmetic,
    /// What samples cost, asked for once a half with its zeros where they are known.
    pub costs: &'a (dyn Fn(Option<Zeros<'_>>) -> MeanCost<'c> + Sync),
    /// Told how much of the risk is used up, 0 to 1.
    pub progress: &'a (dyn Fn(f64) + Sync),
}

impl Goal<'_, '_> {
    /// The confidence of every single test: the paths share what may be missed.
    pub fn tested_at(&self) -> f64 {
        1.0 - (1.0 - self.confidence) / COURSES.len() as f64
    }

    fn risk(&self, half: &Half) -> f64 {
        half.paired.loss_at_most(self.tested_at())
    }
}

/// A policy on a path.
#[derive(Clone, Debug, PartialEq)]
struct Candidate {
    policy: Policy,
    /// What it does to the half that is searched on.
    searched: Half,
}

/// A policy on one half of the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Half {
    /// What it changes in the answers.
    pub paired: Paired,
    /// Mean cost of a sample.
    pub cost: f64,
}

/// What the search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Certified {
    /// The policy; every head is off where nothing could be certified.
    pub policy: Policy,
    /// The policy on the half that was searched on.
    pub searched: Half,
    /// The policy on the half that was held out: what the promise rests on.
    pub held_out: Half,
    /// Mean cost without heads.
    pub cost_without: f64,
    /// The confidence of every single test; see [`Goal::tested_at`].
    pub tested_at: f64,
    /// Policies on the path that leads to it, the one without heads not counted.
    pub laid: usize,
    /// Of those, tested on the half held out and found to keep the promise.
    pub passed: usize,
}

/// Searches the cheapest policy that loses at most the tolerance, with confidence.
///
/// The result does not depend on the number of threads.
///
/// # Errors
/// If the goal makes no sense for these scores.
pub fn search(scores: &Scores, goal: &Goal<'_, '_>) -> Result<Certified, CalibrateError> {
    check_tolerance(goal.tolerance)?;
    check_heads(goal.heads, scores.heads.len())?;
    if !(goal.confidence > 0.0 && goal.confidence < 1.0) {
        return Err(CalibrateError::Confidence { found: goal.confidence });
    }
    if scores.samples < 2 {
        return Err(CalibrateError::TooFew { found: scores.samples });
    }
    let first = Split::of(scores.every_other(0), goal)?;
    let second = Split::of(scores.every_other(1), goal)?;
    let off = vec![None; scores.heads.len()];
    let no_heads = first.candidate(&off)?;
    let cost_without = no_heads.searched.cost;
    let mut best: Option<Certified> = None;
    for course in COURSES {
        let path = first.path(no_heads.clone(), &off, course)?;
        let (passed, held_out) = second.walk(&path)?;
        let Candidate { policy, searched } = path[passed].clone();
        let (laid, tested_at) = (path.len() - 1, goal.tested_at());
        let found = Certified { policy, searched, held_out, cost_without, tested_at, laid, passed };
        // Of two that cost the same, the one that was looked for among more.
        let rank = |found: &Certified| (-found.searched.cost, found.laid);
        if best.as_ref().is_none_or(|best| rank(&found) > rank(best)) {
            best = Some(found);
        }
    }
    best.ok_or(CalibrateError::TooFew { found: scores.samples })
}

/// A half of the samples with what they are without exits.
struct Split<'a, 'c> {
    scores: Scores,
    without: Decisions,
    cost: MeanCost<'c>,
    goal: &'a Goal<'a, 'c>,
}

/// Place of every head's threshold on the ladder, `None` for a head that is off.
type Places = Vec<Option<usize>>;

/// A step that a path may take.
struct Step {
    /// Bound of the accuracy lost, on the half searched on.
    risk: f64,
    places: Places,
    candidate: Candidate,
}

impl<'a, 'c> Split<'a, 'c> {
    fn of(scores: Scores, goal: &'a Goal<'a, 'c>) -> Result<Self, CalibrateError> {
        let without = decide(&scores, &Policy::no_heads(scores.heads.len()))?;
        let zeros = scores.zero_fractions.as_deref();
        let zeros = zeros.map(|fractions| Zeros { fractions, samples: scores.samples });
        Ok(Split { cost: (goal.costs)(zeros), scores, without, goal })
    }

    fn half(&self, policy: &Policy) -> Result<Half, CalibrateError> {
        let decisions = decide(&self.scores, policy)?;
        let cost = (self.cost)(&policy.heads, &decisions);
        Ok(Half { paired: Paired::of(&self.without, &decisions), cost })
    }

    fn candidate(&self, places: &Places) -> Result<Candidate, CalibrateError> {
        let goal = self.goal;
        let ladder = ladder(goal.rule, places.len())?;
        let thresholds: Vec<Option<f64>> =
            places.iter().map(|place| place.map(|place| ladder[place])).collect();
        let policy = Policy {
            rule: rule(goal.rule, &thresholds)?,
            heads: places.iter().map(Option::is_some).collect(),
            memory: goal.memory,
            answer: goal.answer,
            arithmetic: goal.arithmetic,
        };
        let searched = self.half(&policy)?;
        Ok(Candidate { policy, searched })
    }

    /// Walks a path until its first policy that may lose too much; gives the place of the last one before.
    fn walk(&self, path: &[Candidate]) -> Result<(usize, Half), CalibrateError> {
        // Without heads no answer changes, whatever a bound makes of having seen none change.
        let mut last = (0, self.half(&path[0].policy)?);
        for (at, candidate) in path.iter().enumerate().skip(1) {
            let half = self.half(&candidate.policy)?;
            if self.goal.risk(&half) > self.goal.tolerance {
                break;
            }
            last = (at, half);
        }
        Ok(last)
    }

    /// Candidates of falling cost, from one without heads.
    fn path(
        &self,
        no_heads: Candidate,
        off: &Places,
        course: Course,
    ) -> Result<Vec<Candidate>, CalibrateError> {
        let steps = ladder(self.goal.rule, off.len())?.len();
        let most = RISK * self.goal.tolerance;
        let (mut path, mut places, mut here) = (vec![no_heads], off.clone(), 0.0);
        let mut level: f64 = if course == Course::Free { most } else { 0.0 };
        loop {
            let cost = path[path.len() - 1].searched.cost;
            let saving = self.saving(neighbours(&places, self.goal.heads, steps, course), cost)?;
            let least = saving.iter().map(|step| step.risk).fold(f64::INFINITY, f64::min);
            while level < least && level <= most {
                level = (level * RISE).max(LOWEST_LEVEL);
            }
            if level > most {
                return Ok(path);
            }
            // What saves without more risk goes before what costs some, most savings first.
            let worth = |step: &Step| {
                let (saves, more) = (cost - step.candidate.searched.cost, step.risk - here);
                if more > 0.0 { saves / more } else { f64::MAX / cost * saves }
            };
            let within = saving.into_iter().filter(|step| step.risk <= level);
            // The first of the best.
            let better = |best: Step, step: Step| {
                if worth(&step).total_cmp(&worth(&best)).is_gt() { step } else { best }
            };
            let Some(step) = within.reduce(better) else { return Ok(path) };
            if most > 0.0 {
                (self.goal.progress)((step.risk / most).clamp(0.0, 1.0));
            }
            (here, places) = (step.risk, step.places);
            path.push(step.candidate);
        }
    }

    /// Those of some places that cost less.
    fn saving(&self, moved: Vec<Places>, cost: f64) -> Result<Vec<Step>, CalibrateError> {
        let step = |places| {
            let candidate = self.candidate(&places)?;
            Ok(Step { risk: self.goal.risk(&candidate.searched), places, candidate })
        };
        let mut steps = moved.into_iter().map(step).collect::<Result<Vec<_>, CalibrateError>>()?;
        steps.retain(|step| step.candidate.searched.cost < cost);
        Ok(steps)
    }
}

/// Places one step away: one head moved, or, where a path may begin so, all heads put on the same place.
fn neighbours(places: &Places, heads: &[usize], steps: usize, course: Course) -> Vec<Places> {
    let with = |moved: &[usize], place: Option<usize>| {
        let mut places = places.clone();
        moved.iter().for_each(|head| places[*head] = place);
        places
    };
    let one =
        heads.iter().flat_map(|head| moves(places[*head], steps).into_iter().map(|to| with(&[*head], to)));
    let mut all: Vec<Places> = one.collect();
    if course == Course::Rising && places.iter().all(Option::is_none) {
        all.extend(everywhere(steps).map(|place| with(heads, Some(place))));
    }
    all
}

/// Where a head may move: off, or to looser places, near ones and ever farther ones.
fn moves(place: Option<usize>, steps: usize) -> Vec<Option<usize>> {
    let from = place.map_or(0, |place| place + 1);
    let far = (0..usize::BITS).map(|power| from + (1 << power) - 1).take_while(|place| *place < steps);
    let mut moves: Vec<Option<usize>> = far.map(Some).collect();
    match place {
        Some(_) => moves.push(None),
        // A head that is off has nowhere to start from: try it everywhere.
        None => moves.extend(everywhere(steps).map(Some)),
    }
    moves
}

/// About sixteen places over the whole ladder.
fn everywhere(steps: usize) -> impl Iterator<Item = usize> {
    (0..steps).step_by(steps.div_ceil(16).max(1))
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
