//! What the paths through a network cost, and how many samples take each piece of them.
//!
//! A sample's path is the segments that it runs. What a segment costs depends on two things only: how many classes are
//! alive on entry, and whether the sample leaves at the segment's head. So a machine with a policy's heads on is one
//! table, `[segment][alive - 1][leaves]`, whatever the samples ([`PathCosts`]), and decided samples are a histogram
//! of the same shape, whatever the machine ([`Passages`]). One sample's cost is a sum along its path, that of all
//! samples the sum over the cells, each times its samples.

use std::num::NonZeroU16;

use crate::cost::Prices;
use crate::count::Tally;
use crate::decide::Decisions;
use crate::time::{Parts, PathTable, SegmentTime};
use crate::units::{count, real};

/// Cycles, MACs and energy of some work.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Cycles.
    pub cycles: u64,
    /// Useful multiply-accumulates.
    pub macs: u64,
    /// Energy in pJ, no multiply-accumulate gated.
    pub energy: f64,
}

impl Cost {
    /// Of all work and, of that, the work that an answer rests on.
    #[must_use]
    pub fn of(all: &Tally, useful: &Tally, prices: &Prices) -> Self {
        let energy = prices.energy(all).total().0;
        Self { cycles: all.cycles.total(), macs: useful.actions.macs(), energy }
    }

    /// Of a segment's parts.
    #[must_use]
    pub fn of_parts(parts: &Parts, prices: &Prices) -> Self {
        Self::of(&parts.total(), &parts.useful(), prices)
    }

    /// The same for so many samples.
    #[must_use]
    #[inline]
    pub fn times(self, samples: u64) -> Self {
        Self { cycles: self.cycles * samples, macs: self.macs * samples, energy: self.energy * real(samples) }
    }
}

impl std::ops::AddAssign for Cost {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.cycles += other.cycles;
        self.macs += other.macs;
        self.energy += other.energy;
    }
}

/// What each segment costs, in any one quantity, by classes alive on entry; for a sample that goes on and for one that
/// leaves at the segment's head.
#[derive(Clone, Debug, PartialEq)]
pub struct PathCosts<T> {
    /// Entries of a segment: one per number of classes alive, or one where the number makes no difference.
    alive: usize,
    /// `[segment][alive - 1]`, in one list: a sweep makes and sums a table per point.
    cells: Vec<[T; 2]>,
}

impl<T: Copy> PathCosts<T> {
    /// Of a table of times, by what a segment's parts cost.
    #[must_use]
    pub fn of(table: &PathTable, cost: impl Fn(&Parts) -> T) -> Self {
        let alive = table.segments.first().map_or(1, SegmentTime::entries);
        Self { alive, cells: table.segments.iter().flat_map(|segment| cells(segment, &cost)).collect() }
    }

    /// Of segments' cells, as many in each.
    #[must_use]
    pub fn of_segments<'a>(segments: impl IntoIterator<Item = &'a [[T; 2]]>) -> Self
    where
        T: 'a,
    {
        let mut costs = Self { alive: 1, cells: Vec::new() };
        segments.into_iter().for_each(|segment| costs.push(segment));
        costs
    }

    /// Adds the next segment's cells, as many as of those before.
    pub fn push(&mut self, segment: &[[T; 2]]) {
        self.alive = segment.len();
        self.cells.extend_from_slice(segment);
    }

    /// Entries of a segment: more than one where the number of classes alive makes a difference.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.alive
    }

    /// What a segment costs that so many classes enter; more than there are count as all.
    #[must_use]
    #[inline]
    pub fn at(&self, segment: usize, alive: usize, leaves: bool) -> T {
        self.cells[segment * self.alive + alive.clamp(1, self.alive) - 1][usize::from(leaves)]
    }

    /// Segment for segment what a sample costs.
    pub fn along(&self, decisions: &Decisions, sample: usize) -> impl Iterator<Item = T> {
        let exit = decisions.exits[sample].segment();
        let ways = decisions.alive_along(sample).enumerate();
        ways.map(move |(segment, alive)| self.at(segment, alive, segment == exit))
    }
}

/// A segment's cells: one per number of classes alive, where that makes a difference.
pub fn cells<T>(segment: &SegmentTime, cost: impl Fn(&Parts) -> T) -> Vec<[T; 2]> {
    let cell = |alive| [false, true].map(|leaves| cost(&segment.taken_by(alive, leaves)));
    (1..=segment.entries()).map(cell).collect()
}

impl PathCosts<f64> {
    /// Mean cost of a sample.
    #[must_use]
    pub fn mean(&self, decisions: &Decisions) -> f64 {
        let mut sum = 0.0;
        for sample in 0..decisions.samples {
            self.along(decisions, sample).for_each(|cost| sum += cost);
        }
        sum / real(count(decisions.samples))
    }
}

impl PathCosts<Cost> {
    /// What all samples cost; `passages` tell as many numbers of classes alive apart as the table does.
    #[must_use]
    pub fn over(&self, passages: &Passages) -> Cost {
        debug_assert_eq!((self.alive, self.cells.len()), (passages.alive, passages.samples.len()));
        let mut sum = Cost::default();
        for ([stays, leaves], [on, off]) in self.cells.iter().zip(&passages.samples) {
            sum += stays.times(*on);
            sum += leaves.times(*off);
        }
        sum
    }
}

/// How many samples enter each segment, by classes alive then: those that go on and those that leave at its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passages {
    /// Entries of a segment, as of [`PathCosts`].
    alive: usize,
    /// `[segment][alive - 1]`, in one list.
    samples: Vec<[u64; 2]>,
}

impl Passages {
    /// Of decisions, every number of classes alive told apart.
    #[must_use]
    pub fn of(decisions: &Decisions) -> Self {
        let alive = decisions.classes;
        let mut samples = vec![[0; 2]; (decisions.heads + 1) * alive];
        for (sample, exit) in decisions.exits.iter().enumerate() {
            for (segment, entering) in decisions.alive_along(sample).enumerate() {
                let leaves = segment == exit.segment();
                samples[segment * alive + entering - 1][usize::from(leaves)] += 1;
            }
        }
        Self { alive, samples }
    }

    /// Of so many samples that leave at each segment, whatever is alive.
    #[must_use]
    pub fn of_exits(exits: &[u64]) -> Self {
        let mut entering: u64 = exits.iter().sum();
        let passage = |leave: &u64| {
            entering -= leave;
            [entering, *leave]
        };
        Self { alive: 1, samples: exits.iter().map(passage).collect() }
    }

    /// Of so many samples on each way: the classes alive on entry to every segment that is run, of a network of so many segments.
    #[must_use]
    pub fn of_ways(classes: usize, segments: usize, ways: &[(Vec<NonZeroU16>, u64)]) -> Self {
        let mut samples = vec![[0; 2]; segments * classes];
        for (way, times) in ways {
            for (segment, alive) in way.iter().enumerate() {
                let leaves = segment + 1 == way.len();
                samples[segment * classes + usize::from(alive.get()) - 1][usize::from(leaves)] += times;
            }
        }
        Self { alive: classes, samples }
    }

    /// Samples that enter a segment.
    #[must_use]
    pub fn entering(&self, segment: usize) -> u64 {
        self.samples[segment * self.alive..(segment + 1) * self.alive].iter().flatten().sum()
    }

    /// Segment, classes alive, whether they leave there, and how many samples; where there are any.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize, bool, u64)> {
        let cells = self.samples.iter().enumerate().flat_map(|(cell, samples)| {
            let (segment, alive) = (cell / self.alive, cell % self.alive + 1);
            [false, true].map(|leaves| (segment, alive, leaves, samples[usize::from(leaves)]))
        });
        cells.filter(|(.., samples)| *samples > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::Exit;
    use std::num::NonZeroU16;

    /// Two heads and three classes; one sample leaves at the second head, one runs to the end.
    fn decisions() -> Decisions {
        Decisions {
            samples: 2,
            heads: 2,
            classes: 3,
            labels: vec![0; 2],
            exits: vec![Exit::at_head(1), Exit::at_end(2)],
            answers: vec![0; 2],
            survivors: [2, 1, 3, 2].map(NonZeroU16::new).to_vec(),
            excluded: vec![0; 6],
        }
    }

    #[test]
    fn all_samples_cost_what_they_cost_one_by_one() {
        let cost = |cycles| Cost { cycles, macs: 2 * cycles, energy: 0.5 * real(cycles) };
        let cells: Vec<[Cost; 2]> = (1..=9).map(|cell| [cost(cell), cost(100 * cell)]).collect();
        let costs = PathCosts::of_segments(cells.chunks(3));
        let decisions = decisions();
        // Entered by 3 and 2 of 3 classes, and by 3, 3 and 2.
        let paths = [vec![3, 500], vec![3, 6, 800]];
        for (sample, path) in paths.iter().enumerate() {
            let along: Vec<u64> = costs.along(&decisions, sample).map(|cost| cost.cycles).collect();
            assert_eq!(along, *path);
        }
        let passages = Passages::of(&decisions);
        assert_eq!(costs.over(&passages), cost(3 + 500 + 3 + 6 + 800));
        assert_eq!([0, 1, 2].map(|segment| passages.entering(segment)), [2, 2, 1]);
        assert_eq!(passages.iter().map(|(.., samples)| samples).sum::<u64>(), 5);
    }

    #[test]
    fn exits_alone_are_enough_where_survivors_make_no_difference() {
        let costs =
            PathCosts::of_segments([[[1.0, 10.0]], [[2.0, 20.0]], [[3.0, 30.0]]].each_ref().map(|c| &c[..]));
        assert_eq!(costs.mean(&decisions()), f64::midpoint(1.0 + 20.0, 1.0 + 2.0 + 30.0));
        let passages = Passages::of_exits(&[0, 1, 1]);
        assert_eq!(passages.samples, [[2, 0], [1, 1], [0, 1]]);
    }
}
