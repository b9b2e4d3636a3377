//! Many points: in chunks, on all threads, in order.

use std::ops::Range;

use rayon::prelude::*;

use super::evaluate::{Evaluated, Evaluator};
use super::inputs::Inputs;
use super::metric::Objective;
use super::nsga2::Nsga2;
use super::pareto::Front;
use super::policies::Policies;
use super::record::Rows;
use super::spec::{Invalid, Method, Spec};
use super::{random, sobol};
use crate::config::Faults;
use crate::units::count;

/// The points of a sweep, in order, and how they are cut into chunks.
pub struct Plan {
    points: Points,
    /// Points of a chunk; the last may have fewer.
    chunk: u64,
}

enum Points {
    All(u64),
    Listed(Vec<u64>),
    /// Known only as the search goes; a chunk is a generation.
    Searched {
        most: u64,
    },
}

/// A chunk's share of the results.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Its number.
    pub number: u64,
    /// Rows of `points.csv`.
    pub rows: Vec<u8>,
    /// Rows of `skipped.csv`.
    pub skipped: Vec<u8>,
    /// What became of its points.
    pub tally: PointCounts,
    /// Its front.
    pub front: Front,
    /// Costs of its points, `None` where there are none: what a search learns from.
    costs: Vec<(u64, Option<Vec<f64>>)>,
}

/// What became of points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointCounts {
    /// With a row.
    pub found: u64,
    /// That do not meet a constraint.
    pub excluded: u64,
    /// That cannot be.
    pub skipped: u64,
}

impl PointCounts {
    /// All of them.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.found + self.excluded + self.skipped
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.found += other.found;
        self.excluded += other.excluded;
        self.skipped += other.skipped;
    }
}

/// Why a sweep ends early.
#[derive(Debug)]
pub enum Stop {
    /// A point that cannot be, where such points are not to be skipped.
    Invalid(Faults),
    /// A bug of this tool, in words.
    Impossible(String),
    /// Whoever takes the chunks has had enough, or cannot take them.
    Taker(Faults),
    /// Somebody asked for it.
    Interrupted,
}

/// Chunks of a sweep: small enough that little is lost and many threads are busy, large enough to cost nothing.
const CHUNKS: u64 = 512;
const MOST_POINTS: u64 = 8192;
const FEWEST_POINTS: u64 = 16;

impl Plan {
    /// The points of a space.
    #[must_use]
    pub fn new(spec: &Spec) -> Self {
        let points = match spec.method {
            Method::Grid => Points::All(spec.grid.points),
            Method::Sobol { points, seed } => Points::Listed(sobol::points(spec, points, seed)),
            Method::Random { points, seed } => Points::Listed(random::points(spec, points, seed)),
            Method::Nsga2 { points, .. } => Points::Searched { most: points.min(spec.grid.points) },
        };
        let mut plan = Self { points, chunk: 1 };
        let aim = plan.points().div_ceil(CHUNKS).clamp(FEWEST_POINTS, MOST_POINTS);
        // Points that share a machine stay together where that leaves chunks small.
        let block = spec.grid.points_a_machine();
        let whole = matches!(plan.points, Points::All(_)) && block <= MOST_POINTS;
        plan.chunk = if whole { aim.next_multiple_of(block) } else { aim };
        plan
    }

    /// Number of points; for a search, at most.
    #[must_use]
    pub fn points(&self) -> u64 {
        match &self.points {
            Points::All(points) | Points::Searched { most: points } => *points,
            Points::Listed(list) => count(list.len()),
        }
    }

    /// Number of chunks; for a search, not known.
    #[must_use]
    pub fn chunks(&self) -> Option<u64> {
        match self.points {
            Points::Searched { .. } => None,
            Points::All(_) | Points::Listed(_) => Some(self.points().div_ceil(self.chunk)),
        }
    }

    /// The chunks of one of several shards, counted from 1: consecutive ones, as even as can be.
    #[must_use]
    pub fn shard(&self, shard: u64, shards: u64) -> Range<u64> {
        let chunks = self.chunks().unwrap_or(0);
        let bound = |shard: u64| u64::try_from(u128::from(chunks) * u128::from(shard) / u128::from(shards));
        bound(shard - 1).unwrap_or(0)..bound(shard).unwrap_or(chunks)
    }

    /// Number of points in some chunks.
    #[must_use]
    pub fn points_in(&self, chunks: &Range<u64>) -> u64 {
        let at = |chunk: u64| (chunk * self.chunk).min(self.points());
        at(chunks.end) - at(chunks.start)
    }

    /// The points of a chunk.
    pub fn points_of(&self, chunk: u64) -> Box<dyn Iterator<Item = u64> + '_> {
        let from = chunk * self.chunk;
        let range = from..(from + self.chunk).min(self.points());
        match &self.points {
            Points::All(_) => Box::new(range),
            Points::Listed(list) => {
                Box::new(range.filter_map(|at| list.get(usize::try_from(at).ok()?).copied()))
            }
            Points::Searched { .. } => Box::new(std::iter::empty()),
        }
    }
}

/// Everything that evaluating takes.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The space.
    pub spec: &'a Spec,
    /// Its files.
    pub inputs: &'a Inputs,
    /// How rows are written.
    pub rows: &'a Rows,
    /// Asked before every point: whether somebody waits for the end, so that the chunks at hand are given up.
    pub given_up: &'a (dyn Fn() -> bool + Sync),
}

impl<'a> Task<'a> {
    /// A sweep that nobody gives up.
    #[must_use]
    pub fn new(spec: &'a Spec, inputs: &'a Inputs, rows: &'a Rows) -> Self {
        Self { spec, inputs, rows, given_up: &|| false }
    }
}

/// Evaluates chunks and gives them to `take` in order; the next ones are under way meanwhile. `policies` are those decided
/// before, and after it those of these chunks too.
///
/// # Errors
/// Why it ended early; what was taken before is whole.
pub fn run(
    task: Task<'_>,
    plan: &Plan,
    chunks: Range<u64>,
    policies: &mut Policies,
    take: &mut (dyn FnMut(Vec<Chunk>) -> Result<(), Stop> + Send),
) -> Result<(), Stop> {
    // Chunks at a time: enough to keep every thread busy although chunks take unequally long, few enough to hold in memory.
    let window = 4 * count(rayon::current_num_threads());
    let mut next = chunks.start;
    let mut ready: Vec<Chunk> = Vec::new();
    loop {
        let numbers: Vec<u64> = (next..chunks.end.min(next + window)).collect();
        next += count(numbers.len());
        policies.decide(task.spec, task.inputs, numbers.iter().flat_map(|chunk| plan.points_of(*chunk)));
        let policies = &*policies;
        let evaluate = |number: u64| chunk(task, policies, number, plan.points_of(number));
        // While these are evaluated, the ones before are written: the disk and the processors work at the same time.
        let before = std::mem::take(&mut ready);
        let (taken, found) = rayon::join(
            || if before.is_empty() { Ok(()) } else { take(before) },
            || numbers.into_par_iter().map(evaluate).collect::<Vec<_>>(),
        );
        taken?;
        let done = found.is_empty();
        for chunk in found {
            match chunk {
                Ok(chunk) => ready.push(chunk),
                Err(stop) => {
                    // What came before the trouble is finished work.
                    take(ready)?;
                    return Err(stop);
                }
            }
        }
        if done {
            return Ok(());
        }
    }
}

/// Runs a search: generation by generation, those in `done` without evaluating them again.
///
/// # Errors
/// Why it ended early; what was taken before is whole.
pub fn search(
    task: Task<'_>,
    done: Vec<Vec<(u64, Vec<f64>)>>,
    take: &mut dyn FnMut(Vec<Chunk>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let Method::Nsga2 { points, seed, population } = task.spec.method else { return Ok(()) };
    let mut nsga2 = Nsga2::new(task.spec, points, population, seed);
    let (mut policies, mut done) = (Policies::default(), done.into_iter());
    for number in 0.. {
        let points = nsga2.propose();
        if points.is_empty() {
            break;
        }
        // A generation of an interrupted search: proposals follow from the seed alone, so the points are the same, and what was
        // found stands in the rows.
        if let Some(rows) = done.next() {
            let found: std::collections::BTreeMap<u64, Vec<f64>> = rows.into_iter().collect();
            nsga2.learn(points.iter().map(|point| (*point, found.get(point).cloned())));
            continue;
        }
        policies.decide(task.spec, task.inputs, points.iter().copied());
        let (policies, mut all) = (&policies, Chunk { number, ..Chunk::default() });
        let parts: Vec<Result<Chunk, Stop>> = points
            .par_chunks(PART_OF_A_GENERATION)
            .map(|part| chunk(task, policies, number, part.iter().copied()))
            .collect();
        for part in parts {
            let part = part?;
            all.rows.extend(part.rows);
            all.skipped.extend(part.skipped);
            all.tally.add(part.tally);
            all.front.join(part.front);
            all.costs.extend(part.costs);
        }
        nsga2.learn(std::mem::take(&mut all.costs));
        take(vec![all])?;
    }
    Ok(())
}

/// Points of a generation that one thread takes at a time.
const PART_OF_A_GENERATION: usize = 8;

/// Evaluates the points of one chunk.
fn chunk(
    task: Task<'_>,
    policies: &Policies,
    number: u64,
    points: impl Iterator<Item = u64>,
) -> Result<Chunk, Stop> {
    let Task { spec, inputs, rows, given_up } = task;
    let searched = matches!(spec.method, Method::Nsga2 { .. });
    let mut evaluator = Evaluator::new(spec, inputs, policies);
    let mut chunk = Chunk { number, ..Chunk::default() };
    let mut costs = Vec::with_capacity(spec.objectives.len());
    for point in points {
        if given_up() {
            return Err(Stop::Interrupted);
        }
        let mut learned = None;
        match evaluator.point(point) {
            Evaluated::Found(all, each) => {
                chunk.tally.found += 1;
                let start = chunk.rows.len();
                rows.write(&mut chunk.rows, point, evaluator.digits(), &all, &each);
                costs.clear();
                costs.extend(spec.objectives.iter().map(|of: &Objective| of.cost(all[of.metric()])));
                let Chunk { rows, front, .. } = &mut chunk;
                front.offer(point, &costs, || rows[start..].to_vec());
                learned = searched.then(|| costs.clone());
            }
            Evaluated::Excluded => chunk.tally.excluded += 1,
            Evaluated::Invalid(faults) if spec.invalid == Invalid::Stop => {
                let at = |fault: &crate::config::Fault| spec.fault_at(evaluator.digits(), fault.clone());
                return Err(Stop::Invalid(Faults(faults.0.iter().map(at).collect())));
            }
            // A space may well reach beyond a part; that is no fault of its own.
            Evaluated::Invalid(faults) | Evaluated::Unfit(faults) => {
                chunk.tally.skipped += 1;
                let titles: Vec<&str> = faults.0.iter().map(|fault| fault.title.as_str()).collect();
                rows.skip(&mut chunk.skipped, point, evaluator.digits(), &titles.join("; "));
            }
            Evaluated::Impossible(told) => {
                let settings = spec.settings(evaluator.digits());
                return Err(Stop::Impossible(format!("point {point} ({settings}): {told}")));
            }
        }
        if searched {
            chunk.costs.push((point, learned));
        }
    }
    Ok(chunk)
}
