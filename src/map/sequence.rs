//! The folds of a plan in the order they run, told apart by their extents alone.
//!
//! Along each axis all folds are alike but the last, which may be ragged. So the whole sequence has at most eight
//! kinds of folds and fifteen kinds of neighbours, and a sum over any number of folds takes constant time.

use super::fold::FoldPlan;
use crate::names::closed_set;

closed_set! {
    /// Whether a ragged fold takes as long as one that uses the whole array.
    pub enum EdgeFolds {
        /// The sequencer knows one size of fold: rows and columns that are not used count like those that are.
        Full = "full",
        /// The sequencer is told the rows and columns in use.
        Trimmed = "trimmed",
    }
}

/// What a fold takes part of: rows and columns of the array, and edges of streaming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Rows in use, or all of them.
    pub rows: u64,
    /// Columns in use, or all of them.
    pub cols: u64,
    /// Edges it streams.
    pub time: u64,
}

/// The folds along one axis: `alike` of extent `most`, then one of extent `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    alike: u64,
    most: u64,
    last: u64,
}

impl Run {
    fn new(count: u64, most: u64, last: u64) -> Self {
        Self { alike: count - 1, most, last }
    }

    fn count(self) -> u64 {
        self.alike + 1
    }

    /// Whether all have one extent.
    fn even(self) -> bool {
        self.alike == 0 || self.most == self.last
    }

    fn first(self) -> u64 {
        if self.alike > 0 { self.most } else { self.last }
    }

    /// Extents with how many there are of each.
    fn kinds(self) -> [(u64, u64); 2] {
        if self.even() {
            [(self.count(), self.last), (0, 0)]
        } else {
            [(self.alike, self.most), (1, self.last)]
        }
    }

    /// Neighbours along the axis: how many, one's extent and the next's.
    fn steps(self) -> [(u64, u64, u64); 2] {
        if self.even() {
            [(self.alike, self.last, self.last), (0, 0, 0)]
        } else {
            [(self.alike.saturating_sub(1), self.most, self.most), (self.alike.min(1), self.most, self.last)]
        }
    }
}

/// All folds of a plan: groups outermost, then column folds, pieces of time, row folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    groups: u64,
    cols: Run,
    time: Run,
    rows: Run,
}

impl FoldPlan {
    /// The plan's folds in order.
    #[must_use]
    #[inline]
    pub fn sequence(&self, edges: EdgeFolds) -> Sequence {
        let side = |count: u64, extent: u64, side: u64| match edges {
            EdgeFolds::Full => Run::new(count, side, side),
            EdgeFolds::Trimmed => Run::new(count, side, extent - (count - 1) * side),
        };
        let piece = self.piece;
        Sequence {
            groups: self.groups,
            cols: side(self.col_folds, self.cols, self.array_cols),
            time: Run::new(self.time_folds, piece, self.time - (self.time_folds - 1) * piece),
            rows: side(self.row_folds, self.rows, self.array_rows),
        }
    }
}

impl Sequence {
    /// The fold that runs first.
    #[must_use]
    pub fn first(&self) -> Fold {
        Fold { rows: self.rows.first(), cols: self.cols.first(), time: self.time.first() }
    }

    /// The fold that runs last.
    #[must_use]
    pub fn last(&self) -> Fold {
        Fold { rows: self.rows.last, cols: self.cols.last, time: self.time.last }
    }

    /// The last fold of the column folds before the last one, and the folds after it, when those have fewer columns.
    ///
    /// This fold may end after the last one does: its results cross more columns. No fold before it can, since those of its
    /// width started earlier.
    #[must_use]
    pub fn before_ragged_columns(&self) -> Option<(Fold, Self)> {
        let Run { alike, most, last } = self.cols;
        (alike > 0 && last < most).then(|| {
            let after = Self { groups: 1, cols: Run::new(1, last, last), ..*self };
            (Fold { cols: most, ..self.last() }, after)
        })
    }

    /// Edges that all folds stream, together.
    #[must_use]
    pub fn stream(&self) -> u64 {
        let once = self.time.alike * self.time.most + self.time.last;
        self.groups * self.cols.count() * self.rows.count() * once
    }

    /// Hands every kind of neighbours to `each`: how many there are, one and the next.
    ///
    /// After a fold comes the next row fold; after the last row fold the first of the next piece of time; after the last
    /// piece the first of the next column fold; after that the next group. Of each of these steps there are as many kinds as
    /// there are kinds of folds along the axes outside it: 2 x 2 x 2 + 2 x 2 + 2 + 1 = 15 at most.
    pub fn neighbours(&self, mut each: impl FnMut(u64, Fold, Fold)) {
        let Self { groups, cols, time, rows } = *self;
        let mut some = |many: u64, one: Fold, next: Fold| {
            if many > 0 {
                each(many, one, next);
            }
        };
        // All folds are alike, and so are all neighbours.
        if [cols, time, rows].iter().all(|run| run.even()) {
            let folds = groups * cols.count() * time.count() * rows.count();
            return some(folds - 1, self.last(), self.last());
        }
        for (columns, cols) in cols.kinds() {
            for (pieces, time) in time.kinds() {
                for (many, one, next) in rows.steps() {
                    let fold = |rows| Fold { rows, cols, time };
                    some(groups * columns * pieces * many, fold(one), fold(next));
                }
            }
            for (many, one, next) in time.steps() {
                let (one, next) = (
                    Fold { rows: rows.last, cols, time: one },
                    Fold { rows: rows.first(), cols, time: next },
                );
                some(groups * columns * many, one, next);
            }
        }
        let (last, first) = (self.last(), self.first());
        for (many, one, next) in cols.steps() {
            some(groups * many, Fold { cols: one, ..last }, Fold { cols: next, ..first });
        }
        some(groups - 1, last, first);
    }
}
