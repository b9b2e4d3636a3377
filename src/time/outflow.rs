//! When finished sums leave the array, and how far a fused vector unit keeps up with them.
//!
//! Sums are finished in bursts. Where row folds meet below the array (WS, IS) a burst is the last row fold of a column
//! fold: its sums leave in its last T + B - 1 cycles. In OS every fold is a burst, and its sums leave while it drains,
//! in its last A + B - 1. Work on a burst cannot begin before its sums leave; work left over when the next burst comes
//! queues up. With U bursts Q cycles apart, waiting for memory included, a window of V cycles, and W cycles of work
//! shared evenly,
//!
//! exposed = max(0, ceil(W / U) - V, W - V - (U - 1) Q):
//!
//! the work of the last burst or, when the unit is too slow throughout, all of it since the first.

use crate::map::FoldPlan;

/// The bursts of one GEMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outflow {
    bursts: u64,
    /// Cycles from the first burst to the last.
    span: u64,
    window: u64,
}

impl Outflow {
    /// Bursts of a plan whose folds take `busy` cycles together, waiting included, on an array that steps every `slow` cycles.
    pub(super) fn new(plan: &FoldPlan, slow: u64, busy: u64) -> Self {
        let (window, folds_a_burst) = if plan.layout.sums_stay() {
            (plan.array_rows + plan.array_cols - 1, 1)
        } else {
            (plan.piece + plan.array_cols - 1, plan.row_folds)
        };
        Self::spread(plan.folds() / folds_a_burst, busy, slow * window)
    }

    /// So many bursts, spread evenly over `busy` cycles: those in which the array works or waits for what it works on.
    pub(super) fn spread(bursts: u64, busy: u64, window: u64) -> Self {
        let bursts = bursts.max(1);
        let span = u128::from(busy) * u128::from(bursts - 1) / u128::from(bursts);
        Self { bursts, span: u64::try_from(span).unwrap_or(u64::MAX), window }
    }

    /// Cycles that the vector unit still works after the array has ended.
    pub(super) fn exposed(&self, work: u64) -> u64 {
        let last = work.div_ceil(self.bursts).saturating_sub(self.window);
        let all = work.saturating_sub(self.window + self.span);
        last.max(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::Dataflow;
    use crate::shape::Gemm;
    use proptest::prelude::*;

    proptest! {
        /// The queue, burst by burst.
        #[test]
        fn the_closed_form_is_the_queue(bursts in 1u64..40, apart in 1u64..300, window in 1u64..200, each in 0u64..400) {
            let end = |burst: u64| window + burst * apart;
            let free = (0..bursts).fold(0, |free: u64, burst| free.max(end(burst) - window) + each);
            let outflow = Outflow::spread(bursts, bursts * apart, window);
            prop_assert_eq!(outflow.exposed(bursts * each), free.saturating_sub(end(bursts - 1)));
        }
    }

    #[test]
    fn row_folds_finish_nothing_but_the_last() {
        let gemm = Gemm { groups: 1, m: 256, n: 32, k: 288 };
        let plan = FoldPlan::new(&gemm, Dataflow::WeightStationary, 16, 16);
        let outflow = Outflow::new(&plan, 1, 36 * 302);
        assert_eq!(outflow, Outflow { bursts: 2, span: 18 * 302, window: 271 });
        // Three operations an output on 16 lanes: half of them wait for the second column fold.
        assert_eq!(outflow.exposed(3 * 256 * 32 / 16), 768 - 271);
    }
}
