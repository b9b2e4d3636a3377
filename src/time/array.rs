//! Cycles of the array for a fold plan, by cause.
//!
//! A fold preloads its stationary operand in A cycles (or drains its results in A cycles when those are what stays),
//! streams for T, and needs A + B - 2 more for the wave to cross: 2A + B + T - 2 clock edges, counted on a
//! register-level array. Between folds the period depends on what may overlap (`docs/model.md`, "Array").

use crate::arch::FoldOverlap;
use crate::count::{Cause, PerCause};
use crate::map::FoldPlan;
use crate::shape::Operand;

/// Cycles from the start of one fold to the start of the next.
#[must_use]
pub fn fold_period(plan: &FoldPlan, overlap: FoldOverlap) -> u64 {
    let (a, b, t) = (plan.array_rows, plan.array_cols, plan.time);
    match overlap {
        FoldOverlap::None => 2 * a + b + t - 2,
        FoldOverlap::GlobalSwap => a + b + t - 2,
        FoldOverlap::DoubleBuffered => t.max(a),
    }
}

/// Cycles of all folds of a plan; the sum is
/// (2A + B + T - 2) + (folds - 1) * period.
#[must_use]
pub fn array_cycles(plan: &FoldPlan, overlap: FoldOverlap) -> PerCause<u64> {
    let (a, b, t, folds) = (plan.array_rows, plan.array_cols, plan.time, plan.folds());
    let cross = a + b - 2;
    // What moves the stationary operand is preload when it goes in before, drain when it comes out after.
    let shift = if plan.layout.stationary == Operand::Ofmap { Cause::Drain } else { Cause::Preload };
    let mut cycles = PerCause::default();
    cycles[Cause::Stream] = folds * t;
    let (crossings, shifting) = match overlap {
        FoldOverlap::None => (folds, folds * a),
        FoldOverlap::GlobalSwap => (folds, a),
        FoldOverlap::DoubleBuffered => (1, a + (folds - 1) * a.saturating_sub(t)),
    };
    cycles[Cause::Skew] = crossings * cross;
    cycles[shift] = shifting;
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
        for dataflow in [Dataflow::OutputStationary, Dataflow::WeightStationary, Dataflow::InputStationary] {
            for (a, b) in [(1, 1), (8, 16), (32, 4), (200, 200)] {
                let plan = FoldPlan::new(&gemm, dataflow, a, b);
                let (folds, t) = (plan.folds(), plan.time);
                let first = 2 * a + b + t - 2;
                let total = |overlap| array_cycles(&plan, overlap).total();
                assert_eq!(total(FoldOverlap::None), folds * first);
                assert_eq!(total(FoldOverlap::GlobalSwap), first + (folds - 1) * (t + a + b - 2));
                assert_eq!(total(FoldOverlap::DoubleBuffered), first + (folds - 1) * t.max(a));
            }
        }
    }
}
