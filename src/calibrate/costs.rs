//! What the paths through a network cost, as plain data: whoever knows hardware fills it in.

use crate::decide::Decisions;

/// Mean cost of a sample with given heads on, under decisions on some samples.
pub type MeanCost<'a> = Box<dyn Fn(&[bool], &Decisions) -> f64 + Sync + 'a>;

/// Zeros in the operands of samples, which decide what a machine that gates saves: as recorded, `[samples][layers]`.
#[derive(Clone, Copy, Debug)]
pub struct Zeros<'a> {
    /// The part of zeros.
    pub fractions: &'a [f32],
    /// Samples.
    pub samples: usize,
}

/// Costs of the segments that a network's heads cut it into, in any one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct PathCosts {
    /// `[segment][classes alive on entry - 1]`, with one entry where the number alive makes no difference; each for a
    /// sample that goes on and for one that leaves at the segment's head.
    pub segments: Vec<Vec<[f64; 2]>>,
}

impl PathCosts {
    /// Mean cost of a sample.
    pub fn mean(&self, decisions: &Decisions) -> f64 {
        let mut sum = 0.0;
        for (sample, exit) in decisions.exits.iter().map(|exit| usize::from(*exit)).enumerate() {
            let survivors = &decisions.survivors[sample * decisions.heads..(sample + 1) * decisions.heads];
            let mut alive = decisions.classes;
            for (segment, entries) in self.segments.iter().enumerate().take(exit + 1) {
                sum += entries[alive.min(entries.len()) - 1][usize::from(segment == exit)];
                if let Some(Some(count)) = survivors.get(segment) {
                    alive = usize::from(count.get());
                }
            }
        }
        sum / decisions.samples as f64
    }
}
