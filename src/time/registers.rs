//! Register bits that a product writes in the array, counted fold by fold in closed form.
//!
//! A fold uses r of A rows, c of B columns, T steps; used rows are at the top (WS, IS) or at the bottom (OS), columns
//! beyond c are gated. Written are
//! - at every multiply-accumulate: the operand that goes along the row, what goes down the column, and in OS the sum;
//! - in the A - r unused rows that what goes down the column must cross, below the used ones (WS, IS: to get out) or above
//!   them (OS: to get in), its bits in each of c columns and T steps: no wire leads past them;
//! - by the shifting of what stays, into its row or out of it, one hop to the first row and r to the last: r (r + 1) / 2
//!   hops a column, of registers of their own where folds overlap, with one copy between those and the ones in use.

use crate::count::{Action, PerAction};
use crate::machine::{Array, FoldOverlap, OPERAND_BITS, SUM_BITS};
use crate::map::FoldPlan;
use crate::shape::{Gemm, Operand};

/// Counts the register bits of a product laid out by `plan`.
///
/// `hops` are those of one column's stationary elements over all row folds.
pub(super) fn count_registers(
    actions: &mut PerAction<u64>,
    gemm: &Gemm,
    plan: &FoldPlan,
    hops: u64,
    array: &Array,
) {
    let layout = plan.layout;
    let bits = |operand| match operand {
        // A flag that it is zero goes with an activation.
        Operand::Ifmap => OPERAND_BITS + u64::from(array.zero_gating),
        Operand::Filter => OPERAND_BITS,
        Operand::Ofmap => SUM_BITS,
    };
    let sums_stay = layout.sums_stay();
    let kept = if sums_stay { SUM_BITS } else { 0 };
    let each = bits(layout.row_stream) + bits(layout.column_stream) + kept;
    let unused = plan.row_folds * plan.array_rows - plan.rows;
    let crossing = plan.groups * plan.cols * plan.time * unused * bits(layout.column_stream);
    let stays = bits(layout.stationary);
    let columns = plan.groups * plan.cols * plan.time_folds;
    let shifted = columns * hops * stays;
    let copied = columns * plan.rows * stays;
    actions[Action::RegisterBit] = gemm.macs() * each + crossing;
    match (array.fold_overlap, sums_stay) {
        (FoldOverlap::None, _) => actions[Action::RegisterBit] += shifted,
        // The shadow weight is copied to the one in use; the finished sum to the register that drains.
        (FoldOverlap::GlobalSwap | FoldOverlap::DoubleBuffered, false) => {
            actions[Action::ShadowBit] = shifted;
            actions[Action::RegisterBit] += copied;
        }
        (FoldOverlap::GlobalSwap | FoldOverlap::DoubleBuffered, true) => {
            actions[Action::ShadowBit] = shifted + copied;
        }
    }
}

/// Hops of one column's stationary elements that lie on `rows` rows of folds of an array of `side` rows.
pub(super) fn hops(rows: u64, side: u64) -> u64 {
    let triangle = |rows: u64| rows * (rows + 1) / 2;
    let folds = rows.div_ceil(side);
    (folds - 1) * triangle(side) + triangle(rows - (folds - 1) * side)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{DataflowChoice, EdgeFolds};
    use crate::map::{Dataflow, Place};

    /// The same by walking over every fold, row and hop.
    fn walked(plan: &FoldPlan, overlap: FoldOverlap) -> [u64; 2] {
        let sums_stay = plan.layout.sums_stay();
        let (mut register, mut shadow) = (0, 0);
        for col in 0..plan.col_folds {
            for piece in 0..plan.time_folds {
                for row in 0..plan.row_folds {
                    let used = plan.used(Place { col, piece, row });
                    for at in 0..plan.array_rows {
                        let in_use = at < used.rows;
                        let operand = if in_use { 8 * used.cols * used.time } else { 0 };
                        let column = if sums_stay { 8 } else { 32 } * used.cols * used.time;
                        let sum = if sums_stay && in_use { 32 * used.cols * used.time } else { 0 };
                        register += operand + column + sum;
                        let width = if sums_stay { 32 } else { 8 };
                        let moved = if in_use { (0..=at).map(|_| width * used.cols).sum() } else { 0 };
                        let copied = if in_use { width * used.cols } else { 0 };
                        match overlap {
                            FoldOverlap::None => register += moved,
                            _ if sums_stay => shadow += moved + copied,
                            _ => {
                                shadow += moved;
                                register += copied;
                            }
                        }
                    }
                }
            }
        }
        [plan.groups * register, plan.groups * shadow]
    }

    #[test]
    fn the_closed_form_is_the_walk_over_all_folds() {
        for dataflow in Dataflow::ALL {
            for fold_overlap in [FoldOverlap::None, FoldOverlap::GlobalSwap, FoldOverlap::DoubleBuffered] {
                for (m, n, k, longest) in [(1, 1, 1, 9), (7, 20, 33, 3), (64, 5, 16, 64), (30, 31, 32, 7)] {
                    let gemm = Gemm { groups: 2, m, n, k };
                    let only = DataflowChoice::Only(dataflow);
                    let array = Array {
                        rows: 8,
                        cols: 6,
                        dataflow: only,
                        head_dataflow: only,
                        fc_dataflow: only,
                        fold_overlap,
                        edge_folds: EdgeFolds::Full,
                        zero_gating: false,
                    };
                    let plan = FoldPlan::new(&gemm, dataflow, array.rows, array.cols).split_time(longest);
                    let mut actions = PerAction::default();
                    count_registers(&mut actions, &gemm, &plan, hops(plan.rows, plan.array_rows), &array);
                    let found = [actions[Action::RegisterBit], actions[Action::ShadowBit]];
                    assert_eq!(found, walked(&plan, fold_overlap), "{dataflow:?} {fold_overlap:?} {gemm:?}");
                }
            }
        }
    }
}
