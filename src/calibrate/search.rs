//! The search for the least cost on a given machine, over thresholds and over which heads are on, under an accuracy
//! floor that holds with confidence.
//!
//! 1. Samples are split in two halves by a seed, class by class (`split`).
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

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::judge::Judge;
use super::ladder::{ladder, rule};
use super::paper::{check_heads, check_tolerance};
use super::split::halves;
use super::{CalibrateError, Grouped, Groups, MeanCost, Paired, Zeros};
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
pub(super) enum Course {
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
    /// What splits the samples.
    pub seed: u64,
    /// Groups of which every sample is, where samples of one are not draws of their own: the loss is then that of a sample of
    /// a new group.
    pub groups: Option<&'a Groups>,
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
        half.loss_at_most(self.tested_at())
    }
}

/// A policy on a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) places: Places,
    /// What it does to the half that is searched on.
    searched: Half,
}

/// A policy on one half of the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Half {
    /// What it changes in the answers.
    pub paired: Paired,
    /// The same group by group, where samples have groups.
    pub grouped: Option<Grouped>,
    /// Mean cost of a sample.
    pub cost: f64,
}

impl Half {
    /// Accuracy lost at most, as a fraction, with a confidence such as 0.95.
    #[must_use]
    pub fn loss_at_most(&self, confidence: f64) -> f64 {
        self.grouped
            .map_or_else(|| self.paired.loss_at_most(confidence), |groups| groups.loss_at_most(confidence))
    }
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
    /// Policies judged on either half, over all paths.
    pub judged: u64,
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
    let [first, second] = halves(&scores.labels, goal.groups, goal.seed)?;
    if let Some(groups) = goal.groups {
        enough_groups(groups.of_samples(&second).len(), goal)?;
    }
    let [first, second] = [first, second].map(|samples| Split::of(scores, &samples, goal));
    let (first, second) = (first?, second?);
    let off = vec![None; scores.heads.len()];
    let no_heads = first.candidate(&off)?;
    let cost_without = no_heads.searched.cost;
    let mut best: Option<Certified> = None;
    for course in COURSES {
        let path = first.path(no_heads.clone(), &off, course)?;
        let passed = second.walk(&path)?;
        let policy = first.policy(&path[passed].places)?;
        let (searched, held_out) = (first.half(&policy)?, second.half(&policy)?);
        let (laid, tested_at) = (path.len() - 1, goal.tested_at());
        let judged = 0;
        let found = Certified { policy, searched, held_out, cost_without, tested_at, laid, passed, judged };
        // Of two that cost the same, the one that was looked for among more.
        let rank = |found: &Certified| (-found.searched.cost, found.laid);
        if best.as_ref().is_none_or(|best| rank(&found) > rank(best)) {
            best = Some(found);
        }
    }
    let judged = [&first, &second].map(|half| half.judged.load(Ordering::Relaxed)).iter().sum();
    best.map(|best| Certified { judged, ..best }).ok_or(CalibrateError::TooFew { found: scores.samples })
}

/// The search on so many splits, of consecutive seeds from the goal's on; progress is that of the first.
///
/// # Errors
/// As [`search`].
pub fn repeated(
    scores: &Scores,
    goal: &Goal<'_, '_>,
    times: usize,
) -> Result<Vec<Certified>, CalibrateError> {
    let silent: &(dyn Fn(f64) + Sync) = &|_| {};
    let with = |again: usize| {
        let progress = if again == 0 { goal.progress } else { silent };
        search(scores, &Goal { seed: goal.seed.wrapping_add(again as u64), progress, ..*goal })
    };
    (0..times).into_par_iter().map(with).collect()
}

/// With fewer groups held out no policy could keep the tolerance, were no sample harmed.
fn enough_groups(found: usize, goal: &Goal<'_, '_>) -> Result<(), CalibrateError> {
    let needed = Grouped::needed(goal.tolerance, goal.tested_at());
    if goal.tolerance > 0.0 && (found as f64) < needed {
        let tolerance = goal.tolerance;
        return Err(CalibrateError::TooFewGroups { found, needed: 2.0 * needed, tolerance });
    }
    Ok(())
}

/// A half of the samples with what they are without exits.
pub(super) struct Split<'a, 'c> {
    scores: Scores,
    groups: Option<Groups>,
    without: Decisions,
    /// What no exits change: nothing.
    plain: Paired,
    judge: Option<Judge>,
    cost: MeanCost<'c>,
    /// What leaving at each exit costs with some heads on, once asked for.
    by_exit: Mutex<HashMap<Vec<bool>, Vec<f64>>>,
    /// Bounds by samples harmed and helped.
    risks: Mutex<HashMap<(u64, u64), f64>>,
    judged: AtomicU64,
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
    /// Some of all samples, as the goal splits them.
    pub(super) fn of(
        all: &Scores,
        samples: &[usize],
        goal: &'a Goal<'a, 'c>,
    ) -> Result<Self, CalibrateError> {
        let scores = all.of_samples(samples);
        let without = decide(&scores, &Policy::no_heads(scores.heads.len()))?;
        let zeros = scores.zero_fractions.as_deref();
        let zeros = zeros.map(|fractions| Zeros { fractions, samples: scores.samples });
        let cost = (goal.costs)(zeros);
        let groups = goal.groups.map(|groups| groups.of_samples(samples));
        let fast = cost.by_exit.is_some() && groups.is_none();
        let judge = if fast { Judge::new(&scores, &without, goal) } else { None };
        let plain = Paired::of(&without, &without);
        let (by_exit, risks, judged) = Default::default();
        Ok(Split { scores, groups, without, plain, judge, cost, by_exit, risks, judged, goal })
    }

    fn half(&self, policy: &Policy) -> Result<Half, CalibrateError> {
        let decisions = decide(&self.scores, policy)?;
        let cost = (self.cost.of)(&policy.heads, &decisions);
        let grouped = |groups: &Groups| Grouped::of(&self.without, &decisions, groups.each(), groups.len());
        let paired = Paired::of(&self.without, &decisions);
        Ok(Half { paired, grouped: self.groups.as_ref().map(grouped), cost })
    }

    /// [`Split::half`] of a policy by its places; fast where only where a sample leaves decides what it costs.
    fn half_at(&self, places: &Places) -> Result<Half, CalibrateError> {
        self.judged.fetch_add(1, Ordering::Relaxed);
        let (Some(judge), Some(by_exit)) = (&self.judge, &self.cost.by_exit) else {
            return self.half(&self.policy(places)?);
        };
        let judged = judge.judge(&self.scores, places)?;
        let on: Vec<bool> = places.iter().map(Option::is_some).collect();
        let known = || self.by_exit.lock().unwrap_or_else(PoisonError::into_inner);
        let costs = known().get(&on).cloned();
        // Not under the lock: what computes a cost may wait for another thread that asks for one.
        let costs = costs.unwrap_or_else(|| {
            let costs = by_exit(&on);
            known().insert(on, costs.clone());
            costs
        });
        let sum: f64 = judged.exits.iter().zip(&costs).map(|(samples, cost)| *samples as f64 * *cost).sum();
        let paired = Paired { harmed: judged.harmed, helped: judged.helped, ..self.plain };
        Ok(Half { paired, grouped: None, cost: sum / self.plain.samples as f64 })
    }

    /// [`Goal::risk`], each bound computed once.
    fn risk(&self, half: &Half) -> f64 {
        if half.grouped.is_some() {
            return self.goal.risk(half);
        }
        let known = || self.risks.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = (half.paired.harmed, half.paired.helped);
        let risk = known().get(&outcome).copied();
        risk.unwrap_or_else(|| *known().entry(outcome).or_insert(self.goal.risk(half)))
    }

    pub(super) fn policy(&self, places: &Places) -> Result<Policy, CalibrateError> {
        let goal = self.goal;
        let ladder = ladder(goal.rule, places.len())?;
        let thresholds: Vec<Option<f64>> =
            places.iter().map(|place| place.map(|place| ladder[place])).collect();
        Ok(Policy {
            rule: rule(goal.rule, &thresholds)?,
            heads: places.iter().map(Option::is_some).collect(),
            memory: goal.memory,
            answer: goal.answer,
            arithmetic: goal.arithmetic,
        })
    }

    pub(super) fn candidate(&self, places: &Places) -> Result<Candidate, CalibrateError> {
        Ok(Candidate { places: places.clone(), searched: self.half_at(places)? })
    }

    /// Walks a path until its first policy that may lose too much; gives the place of the last one before.
    fn walk(&self, path: &[Candidate]) -> Result<usize, CalibrateError> {
        // Without heads no answer changes, whatever a bound makes of having seen none change.
        for (at, candidate) in path.iter().enumerate().skip(1) {
            if self.risk(&self.half_at(&candidate.places)?) > self.goal.tolerance {
                return Ok(at - 1);
            }
        }
        Ok(path.len() - 1)
    }

    /// Candidates of falling cost, from one without heads.
    pub(super) fn path(
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
            Ok(Step { risk: self.risk(&candidate.searched), places, candidate })
        };
        let mut steps = moved.into_par_iter().map(step).collect::<Result<Vec<_>, CalibrateError>>()?;
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
