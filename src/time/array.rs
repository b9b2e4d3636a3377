//! Cycles of the array for a fold plan, by cause. Designs, derivations and proof: `docs/model/array.md`.
//!
//! A fold of r rows, c columns and T steps streams for T edges; its wave crosses the array; what stays shifts r rows,
//! in before (WS, IS) or out after (OS). The next fold starts when the design's registers allow:
//!
//! start of the next = start + T + skew + shift, where skew is the part of the wave's crossing, and shift the part of
//! the shifting, that nothing hides. The last result leaves A + c - 2 edges after its fold's stream (+ r in OS).
//!
//! Charged: stream, every T; preload or drain, every shift that is not hidden, and the first fold's (last fold's in
//! OS) whole; skew, all the rest: crossings that are not hidden, and the last wave's way out.

use crate::count::{Cause, PerCause};
use crate::machine::{EdgeFolds, FoldOverlap};
use crate::map::{Fold, FoldPlan, Sequence};

/// What separates two folds' streams beyond the first one's T.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) skew: u64,
    pub(super) shift: u64,
}

impl Gap {
    /// Both together.
    #[inline]
    pub(super) fn total(self) -> u64 {
        self.skew + self.shift
    }

    /// So many alike.
    #[inline]
    pub(super) fn times(self, many: u64) -> Self {
        Self { skew: many * self.skew, shift: many * self.shift }
    }
}

impl std::ops::AddAssign for Gap {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.skew += other.skew;
        self.shift += other.shift;
    }
}

/// How an array separates folds.
#[derive(Clone, Copy)]
pub(super) struct Design {
    pub(super) overlap: FoldOverlap,
    pub(super) sums_stay: bool,
    pub(super) array_rows: u64,
}

impl Design {
    pub(super) fn new(plan: &FoldPlan, overlap: FoldOverlap) -> Self {
        let sums_stay = plan.layout.sums_stay();
        Self { overlap, sums_stay, array_rows: plan.array_rows }
    }

    /// The gap between a fold and the next.
    #[inline]
    pub(super) fn gap(self, one: Fold, next: Fold) -> Gap {
        match (self.overlap, self.sums_stay) {
            (FoldOverlap::None, stay) => {
                let shift = if stay { one.rows } else { next.rows };
                Gap { skew: self.array_rows + one.cols - 2, shift }
            }
            // Swapped once the last PE has used its weight: not before the next weights are in.
            (FoldOverlap::GlobalSwap, false) => {
                let skew = one.rows + one.cols - 2;
                Gap { skew, shift: next.rows.saturating_sub(one.time + skew) }
            }
            // Copied once the last PE is done: no PE of both folds begins before, nor the next copy until all is out.
            (FoldOverlap::GlobalSwap, true) => {
                let skew = one.cols + one.rows.min(next.rows) - 2;
                Gap { skew, shift: (one.rows + one.cols).saturating_sub(next.cols + one.time + skew) }
            }
            (FoldOverlap::DoubleBuffered, stay) => {
                let shifted = if stay { one.rows } else { next.rows };
                Gap { skew: 0, shift: shifted.saturating_sub(one.time) }
            }
        }
    }

    /// All gaps of a sequence together.
    fn gaps(self, folds: &Sequence) -> Gap {
        let mut sum = Gap::default();
        folds.neighbours(|many, one, next| {
            let gap = self.gap(one, next);
            sum.skew += many * gap.skew;
            sum.shift += many * gap.shift;
        });
        sum
    }

    /// Edges by which the last wide fold outlasts the last fold: a narrow fold has a shorter way out, and may end
    /// first. Only without any skew between folds.
    fn overtaking(self, folds: &Sequence) -> u64 {
        if self.overlap != FoldOverlap::DoubleBuffered {
            return 0;
        }
        let Some((wide, after)) = folds.before_ragged_columns() else { return 0 };
        // From the wide fold's start to the last's: both stream equally long (and have as many rows), so the time
        // streamed between is that of all folds after the wide one.
        let apart = self.gap(wide, after.first()).shift + self.gaps(&after).shift + after.stream();
        (wide.cols - folds.last().cols).saturating_sub(apart)
    }
}

/// Cycles from the start of a fold to the start of the next, when nothing waits. Both are of the plan's sequence.
#[must_use]
#[inline]
pub fn fold_period(plan: &FoldPlan, overlap: FoldOverlap, one: Fold, next: Fold) -> u64 {
    let gap = Design::new(plan, overlap).gap(one, next);
    one.time + gap.skew + gap.shift
}

/// Cycles of all folds of a plan. With whole folds the sum is (2A + B + T - 2) + (folds - 1) * period.
#[must_use]
pub fn array_cycles(plan: &FoldPlan, overlap: FoldOverlap, edges: EdgeFolds) -> PerCause<u64> {
    let folds = plan.sequence(edges);
    let design = Design::new(plan, overlap);
    let (first, last) = (folds.first(), folds.last());
    let gaps = design.gaps(&folds);
    let overtaking = design.overtaking(&folds);
    // What moves the stationary operand is preload when it goes in before, drain when it comes out after.
    let (shift, exposed) =
        if design.sums_stay { (Cause::Drain, last.rows) } else { (Cause::Preload, first.rows) };
    let mut cycles = PerCause::default();
    cycles[Cause::Stream] = folds.stream();
    cycles[Cause::Skew] = gaps.skew + plan.array_rows + last.cols - 2 + overtaking;
    cycles[shift] = gaps.shift + exposed;
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::Dataflow;
    use crate::shape::Gemm;

    #[test]
    fn the_parts_sum_to_the_closed_form() {
        let gemm = Gemm { groups: 2, m: 33, n: 65, k: 129 };
        for dataflow in Dataflow::ALL {
            for (a, b) in [(1, 1), (8, 16), (32, 4), (200, 200)] {
                let plan = FoldPlan::new(&gemm, dataflow, a, b);
                let (folds, t) = (plan.folds(), plan.time);
                let first = 2 * a + b + t - 2;
                let total = |overlap| array_cycles(&plan, overlap, EdgeFolds::Full).total();
                assert_eq!(total(FoldOverlap::None), folds * first);
                assert_eq!(total(FoldOverlap::GlobalSwap), first + (folds - 1) * (t + a + b - 2));
                assert_eq!(total(FoldOverlap::DoubleBuffered), first + (folds - 1) * t.max(a));
            }
        }
    }
}
