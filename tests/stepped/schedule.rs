//! When each fold's stream may start: the designs' own rules, fold after fold, with nothing in closed form.

use exclusim::machine::FoldOverlap;

use super::product::Fold;

/// The edge after which each fold's stream starts, as early as the design allows.
pub(crate) fn starts(sums_stay: bool, overlap: FoldOverlap, a: usize, folds: &[Fold]) -> Vec<usize> {
    let mut starts = vec![if sums_stay { 0 } else { folds[0].rows }];
    for pair in folds.windows(2) {
        let start = starts[starts.len() - 1];
        starts.push(start + apart(sums_stay, overlap, a, &pair[0], &pair[1]));
    }
    starts
}

/// Edges from one fold's start to the next's.
fn apart(sums_stay: bool, overlap: FoldOverlap, a: usize, one: &Fold, next: &Fold) -> usize {
    match (sums_stay, overlap) {
        // Stream, wave down to the bottom edge and across; then the next weights, or these results.
        (false, FoldOverlap::None) => one.time + a + one.cols - 2 + next.rows,
        (true, FoldOverlap::None) => one.time + a + one.cols - 2 + one.rows,
        // All swap once the last PE that is used has used its weight, and the next weights are in.
        (false, FoldOverlap::GlobalSwap) => (one.time + one.rows + one.cols - 2).max(next.rows),
        // All copy once the last PE is done: no PE of both folds may begin the next before. And the drain registers
        // must be empty at the next copy, which comes later the more columns the next fold has.
        (true, FoldOverlap::GlobalSwap) => {
            let free = one.time + one.cols + one.rows.min(next.rows) - 2;
            free.max((one.rows + one.cols).saturating_sub(next.cols))
        }
        // Streams follow one another as closely as loads, or drains, do.
        (false, FoldOverlap::DoubleBuffered) => one.time.max(next.rows),
        (true, FoldOverlap::DoubleBuffered) => one.time.max(one.rows),
    }
}

/// The edge at which the last result has left, whichever fold it belongs to.
pub(crate) fn end(sums_stay: bool, a: usize, folds: &[Fold], starts: &[usize]) -> usize {
    let end = |(fold, start): (&Fold, &usize)| {
        start + fold.time + a + fold.cols - 2 + if sums_stay { fold.rows } else { 0 }
    };
    folds.iter().zip(starts).map(end).max().unwrap()
}
