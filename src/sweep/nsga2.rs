//! Evolution towards the front: NSGA-II on the digits of points.
//!
//! K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE
//! Transactions on Evolutionary Computation 6 (2002): fast non-dominated sorting, crowding distance, binary
//! tournaments, survivors from parents and children together. Axes are of few ordered values, so children take each
//! digit from one of their parents, and a mutation is a step to a neighbour or a jump to any value. A point that was
//! evaluated is never asked for again; points that cannot be rank behind all that can.

use std::collections::{BTreeMap, BTreeSet};

use super::pareto::{Order, compare};
use super::random;
use super::spec::Spec;
use crate::random::SplitMix64;
use crate::units::count;

/// The state between generations.
pub struct Nsga2<'a> {
    spec: &'a Spec,
    population: usize,
    /// Evaluations that are left.
    left: u64,
    generator: SplitMix64,
    /// Everything evaluated: its costs, `None` for a point that cannot be.
    known: BTreeMap<u64, Option<Vec<f64>>>,
    parents: Vec<Ranked>,
    /// Points of the generation under way, known ones among them.
    children: BTreeSet<u64>,
}

#[derive(Clone, Debug)]
struct Ranked {
    point: u64,
    rank: usize,
    crowding: f64,
}

/// Attempts to make a child that was never seen.
const ATTEMPTS: usize = 50;

impl<'a> Nsga2<'a> {
    /// A search that evaluates at most `points` points, `population` a generation.
    #[must_use]
    pub fn new(spec: &'a Spec, points: u64, population: u64, seed: u64) -> Self {
        Self {
            spec,
            population: usize::try_from(population).unwrap_or(usize::MAX),
            left: points,
            generator: SplitMix64(seed),
            known: BTreeMap::new(),
            parents: Vec::new(),
            children: BTreeSet::new(),
        }
    }

    /// The next points to evaluate, in order; none when the budget or the space is used up.
    pub fn propose(&mut self) -> Vec<u64> {
        let size = self.population.min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.children = if self.parents.is_empty() {
            random::draw(self.spec, count(size), &mut self.generator)
        } else {
            self.offspring(size)
        };
        self.left -= u64::try_from(self.children.len()).unwrap_or(0).min(self.left);
        self.children.iter().copied().collect()
    }

    /// Takes in what became of the proposed points: costs, or `None` for one that cannot be.
    pub fn learn(&mut self, results: impl IntoIterator<Item = (u64, Option<Vec<f64>>)>) {
        self.known.extend(results);
        // Parents compete with their children: what is good is never lost (the paper's elitism).
        let all: BTreeSet<u64> = self
            .parents
            .iter()
            .map(|parent| parent.point)
            .chain(std::mem::take(&mut self.children))
            .collect();
        let costs = |point: &u64| (*point, self.known.get(point).cloned().flatten());
        self.parents = survivors(&all.iter().map(costs).collect::<Vec<_>>(), self.population);
    }

    /// New points, each made of two parents.
    fn offspring(&mut self, size: usize) -> BTreeSet<u64> {
        let mut children = BTreeSet::new();
        let mut attempts = ATTEMPTS * size;
        while children.len() < size && attempts > 0 {
            attempts -= 1;
            let (one, other) = (self.tournament(), self.tournament());
            let child = self.child(one, other);
            if let Some(child) = child.filter(|child| !self.known.contains_key(child)) {
                children.insert(child);
            }
        }
        // Where every neighbour is known, strangers keep the search going.
        while children.len() < size {
            let known = &self.known;
            let wanted = count(2 * size + known.len());
            let strangers = random::draw(self.spec, wanted, &mut self.generator);
            let before = children.len();
            children
                .extend(strangers.into_iter().filter(|point| !known.contains_key(point)).take(size - before));
            if children.len() == before {
                break;
            }
        }
        children
    }

    fn tournament(&mut self) -> u64 {
        let draw = |generator: &mut SplitMix64, among: usize| {
            usize::try_from(generator.below(u64::try_from(among).unwrap_or(1))).unwrap_or(0)
        };
        let one = draw(&mut self.generator, self.parents.len());
        let other = draw(&mut self.generator, self.parents.len());
        let (one, other) = (&self.parents[one], &self.parents[other]);
        // The lower rank wins, and within a rank the larger crowding distance: hence the crowdings change sides.
        let first = (one.rank, other.crowding) <= (other.rank, one.crowding);
        if first { one.point } else { other.point }
    }

    /// A child of two points; `None` when it does not meet the conditions on axes.
    fn child(&mut self, one: u64, other: u64) -> Option<u64> {
        let (grid, generator) = (&self.spec.grid, &mut self.generator);
        let (mut digits, mut others) = (Vec::new(), Vec::new());
        grid.digits(one, &mut digits);
        grid.digits(other, &mut others);
        let axes = u64::try_from(digits.len()).unwrap_or(1);
        for ((digit, other), &size) in digits.iter_mut().zip(others).zip(grid.sizes()) {
            if generator.below(2) == 0 {
                *digit = other;
            }
            // One digit per child mutates on average.
            if generator.below(axes) == 0 {
                *digit = mutated(*digit, size, generator);
            }
        }
        self.spec.admits(&digits).then(|| self.spec.grid.point(&digits))
    }
}

/// A neighbour or, as likely, any value.
fn mutated(digit: usize, size: u64, generator: &mut SplitMix64) -> usize {
    let last = usize::try_from(size - 1).unwrap_or(usize::MAX);
    match generator.below(4) {
        0 => digit.saturating_sub(1),
        1 => (digit + 1).min(last),
        _ => usize::try_from(generator.below(size)).unwrap_or(0),
    }
}

/// The best `most` of some points, with their ranks and crowding distances.
fn survivors(points: &[(u64, Option<Vec<f64>>)], most: usize) -> Vec<Ranked> {
    let mut kept = Vec::new();
    let mut rest: Vec<(u64, &[f64])> =
        points.iter().filter_map(|(point, costs)| Some((*point, costs.as_deref()?))).collect();
    let mut rank = 0;
    while !rest.is_empty() && kept.len() < most {
        let beaten = |costs: &[f64]| rest.iter().any(|(_, other)| compare(other, costs) == Order::Better);
        let (front, behind): (Vec<_>, Vec<_>) = rest.iter().partition(|(_, costs)| !beaten(costs));
        let mut front: Vec<Ranked> = crowded(&front, rank);
        // The front that does not fit whole gives its loneliest points, so that the ends of the front stay.
        if kept.len() + front.len() > most {
            front.sort_by(|a, b| b.crowding.total_cmp(&a.crowding).then(a.point.cmp(&b.point)));
            front.truncate(most - kept.len());
        }
        kept.extend(front);
        rest = behind;
        rank += 1;
    }
    // Points that cannot be fill what is left, so that a search in a hostile space still moves.
    let none = points.iter().filter(|(_, costs)| costs.is_none());
    let room = most - kept.len();
    kept.extend(none.take(room).map(|(point, _)| Ranked { point: *point, rank, crowding: 0.0 }));
    kept
}

/// Crowding distances within one front.
fn crowded(front: &[(u64, &[f64])], rank: usize) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> =
        front.iter().map(|(point, _)| Ranked { point: *point, rank, crowding: 0.0 }).collect();
    let objectives = front.first().map_or(0, |(_, costs)| costs.len());
    for objective in 0..objectives {
        let cost = |at: usize| front[at].1[objective];
        let mut order: Vec<usize> = (0..front.len()).collect();
        order.sort_by(|&a, &b| cost(a).total_cmp(&cost(b)).then(front[a].0.cmp(&front[b].0)));
        let (Some(&first), Some(&last)) = (order.first(), order.last()) else { continue };
        let width = cost(last) - cost(first);
        ranked[first].crowding = f64::INFINITY;
        ranked[last].crowding = f64::INFINITY;
        if width > 0.0 {
            for at in 1..order.len() - 1 {
                ranked[order[at]].crowding += (cost(order[at + 1]) - cost(order[at - 1])) / width;
            }
        }
    }
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survivors_are_the_fronts_in_order() {
        let point = |n, a, b| (n, Some(vec![a, b]));
        let points =
            [point(0, 1.0, 4.0), point(1, 4.0, 1.0), point(2, 2.0, 2.0), point(3, 5.0, 5.0), (4, None)];
        let found =
            |most| survivors(&points, most).iter().map(|kept| (kept.point, kept.rank)).collect::<Vec<_>>();
        assert_eq!(found(5), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2)]);
        assert_eq!(found(4), [(0, 0), (1, 0), (2, 0), (3, 1)]);
        assert_eq!(found(2), [(0, 0), (1, 0)], "the ends of a front stay");
    }
}
