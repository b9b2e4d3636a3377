//! Scores made up so that given shares of the samples leave at each head: "what if 40 % left at head 2?"
//!
//! They stand in for a trace where there is none, so that shapes alone can be simulated with exits. Whether answers are
//! right they cannot say: every sample's classifier names its label.

use super::scores::{ScoreTable, Scores};
use crate::random::SplitMix64;

/// What is assumed of the samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumption {
    /// Number of samples.
    pub samples: usize,
    /// Share of all samples that leaves at each head, 0 to 1, at most 1 together; the rest runs to the end.
    pub leave: Vec<f64>,
    /// Mean classes alive after each head, over the samples that go on; at least 2, never rising.
    pub alive: Vec<f64>,
    /// Seed of the order in which samples leave.
    pub seed: u64,
}

/// Codes are of real = (code - 128) / 16: a class alive has a sigmoid of 0.9996, an excluded one of 0.0003, so that
/// thresholds of exclusion from 0.01 to 0.99 all decide as assumed, and those of conventional exits from 0.51.
const SCALE: f32 = 1.0 / 16.0;
const ZERO_POINT: i32 = 128;
const ALIVE: i16 = 255;
const EXCLUDED: i16 = 0;

impl Assumption {
    /// Scores `[samples, heads, classes]` that make it true, with labels in turns. Counts are rounded so that they sum to
    /// the samples. The classes alive are the label and those that follow it, so that they shrink from head to head.
    ///
    /// `leave` and `alive` have one entry per head; `classes` is at least 1.
    #[must_use]
    pub fn scores(&self, classes: usize) -> Scores {
        let mut order = self.exits();
        shuffle(&mut order, self.seed);
        let alive = |head: usize, sample| self.count(self.alive[head], sample);
        scores_of(&order, self.alive.len(), classes, &alive)
    }

    /// Head at which each sample leaves, the shallowest first; the number of heads for those that run to the end.
    fn exits(&self) -> Vec<usize> {
        let mut exits = Vec::with_capacity(self.samples);
        let mut share = 0.0;
        for (head, leave) in self.leave.iter().enumerate() {
            share += leave;
            exits.resize(rounded(share * real(self.samples)).clamp(exits.len(), self.samples), head);
        }
        exits.resize(self.samples, self.leave.len());
        exits
    }

    /// Classes alive of one sample, so that their mean over the samples comes near `mean`. The same samples have more of
    /// them at every head, hence sets that only shrink.
    fn count(&self, mean: f64, sample: usize) -> usize {
        // The golden section spreads numbers evenly whatever subset of the samples gets to a head.
        let spread = (real(sample) * 0.618_033_988_749_894_9).fract();
        rounded((mean + spread).floor())
    }
}

/// Scores of samples that leave at a head each, the number of heads for those that run to the end; `alive` says how many classes
/// live on after a head that a sample goes on from.
pub(super) fn scores_of(
    order: &[usize],
    heads: usize,
    classes: usize,
    alive: &dyn Fn(usize, usize) -> usize,
) -> Scores {
    let samples = order.len();
    let labels: Vec<usize> = (0..samples).map(|sample| sample % classes).collect();
    let table = |alive: &dyn Fn(usize) -> usize| {
        let row = |sample: usize| {
            let (label, alive) = (labels[sample], alive(sample));
            let code =
                move |class| if (class + classes - label) % classes < alive { ALIVE } else { EXCLUDED };
            (0..classes).map(code)
        };
        let codes = (0..samples).flat_map(row).collect();
        ScoreTable::Codes { codes, scale: SCALE, zero_point: ZERO_POINT, signed: false }
    };
    let of_head =
        |head| table(&|sample| if order[sample] <= head { 1 } else { alive(head, sample).min(classes) });
    Scores {
        samples,
        classes,
        heads: (0..heads).map(of_head).collect(),
        classifier: table(&|_| 1),
        labels: labels.iter().map(|&label| u16::try_from(label).unwrap_or(u16::MAX)).collect(),
        zero_fractions: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53 samples fit in memory")]
fn real(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of samples and classes, which are small and not negative"
)]
fn rounded(value: f64) -> usize {
    value.round() as usize
}

/// Fisher and Yates' shuffle.
fn shuffle(values: &mut [usize], seed: u64) {
    let mut random = SplitMix64(seed);
    for last in (1..values.len()).rev() {
        let other = random.below(u64::try_from(last).unwrap_or(0) + 1);
        values.swap(last, usize::try_from(other).unwrap_or(0));
    }
}
