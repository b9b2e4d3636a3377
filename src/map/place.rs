//! Where a fold stands in its group's order, and the few places that stand for all.

use super::fold::FoldPlan;
use super::sequence::{EdgeFolds, Fold};

/// A fold of a group: its column fold, piece of time and row fold, each counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Column fold, outermost.
    pub col: u64,
    /// Piece of time.
    pub piece: u64,
    /// Row fold, innermost.
    pub row: u64,
}

impl FoldPlan {
    /// The place of a group's first fold.
    #[must_use]
    pub fn first_place(&self) -> Place {
        Place { col: 0, piece: 0, row: 0 }
    }

    /// The place of a group's last fold.
    #[must_use]
    pub fn last_place(&self) -> Place {
        Place { col: self.col_folds - 1, piece: self.time_folds - 1, row: self.row_folds - 1 }
    }

    /// The place after one, over the border of groups.
    #[must_use]
    #[inline]
    pub fn after(&self, place: Place) -> Place {
        self.beside(place, true)
    }

    /// The place before one, over the border of groups.
    #[must_use]
    #[inline]
    pub fn before(&self, place: Place) -> Place {
        self.beside(place, false)
    }

    /// One row fold on or back; over the border, a piece of time; over that border, a column fold.
    #[inline]
    fn beside(&self, place: Place, on: bool) -> Place {
        let (row, carry) = step(place.row, self.row_folds, on);
        let (piece, carry) =
            if carry { step(place.piece, self.time_folds, on) } else { (place.piece, false) };
        let (col, _) = if carry { step(place.col, self.col_folds, on) } else { (place.col, false) };
        Place { col, piece, row }
    }

    /// Rows, columns and time that the fold at a place uses.
    #[must_use]
    #[inline]
    pub fn used(&self, place: Place) -> Fold {
        let part = |extent: u64, index: u64, most: u64| (extent - index * most).min(most);
        Fold {
            rows: part(self.rows, place.row, self.array_rows),
            cols: part(self.cols, place.col, self.array_cols),
            time: self.streamed(place),
        }
    }

    /// Rows, columns and time that the fold at a place is charged.
    #[must_use]
    #[inline]
    pub fn charged(&self, place: Place, edges: EdgeFolds) -> Fold {
        match edges {
            EdgeFolds::Full => {
                Fold { rows: self.array_rows, cols: self.array_cols, time: self.streamed(place) }
            }
            EdgeFolds::Trimmed => self.used(place),
        }
    }

    /// Edges that the fold at a place streams.
    #[inline]
    fn streamed(&self, place: Place) -> u64 {
        if place.piece + 1 == self.time_folds { self.time - place.piece * self.piece } else { self.piece }
    }

    /// Places that stand for all of a group's folds, each with how many it stands for: alike are their extents, their
    /// neighbours' extents, and whether they are first or last along rows or time. Column folds of one extent are alike
    /// unless the first one differs, row folds unless the last one does.
    ///
    /// Neighbours matter because a fold loads for the next and stores for the one before. So a ragged last fold makes two
    /// kinds: itself, and the fold before it. The first and last along rows and time differ in what they read back, load and store.
    pub fn kinds(
        &self,
        first_column_differs: bool,
        last_row_differs: bool,
    ) -> impl Iterator<Item = (Place, u64)> {
        let differ = |ragged: bool, otherwise: Differ| if ragged { Differ::LastTwo } else { otherwise };
        let shorter = self.time < self.time_folds * self.piece;
        let shallower = self.rows < self.row_folds * self.array_rows;
        let narrower = self.cols < self.col_folds * self.array_cols;
        let pieces = along(self.time_folds, differ(shorter, Differ::Ends));
        let rows = along(self.row_folds, differ(shallower || last_row_differs, Differ::Ends));
        let columns = if first_column_differs { Differ::Ends } else { Differ::Never };
        along(self.col_folds, differ(narrower, columns)).flat_map(move |(col, cols)| {
            let rows = rows.clone();
            pieces.clone().flat_map(move |(piece, pieces)| {
                rows.clone().map(move |(row, rows)| (Place { col, piece, row }, cols * pieces * rows))
            })
        })
    }
}

/// The next or previous index, and whether that went over the border.
#[inline]
fn step(index: u64, count: u64, up: bool) -> (u64, bool) {
    match (up, index + 1 == count, index == 0) {
        (true, false, _) => (index + 1, false),
        (true, true, _) => (0, true),
        (false, _, false) => (index - 1, false),
        (false, _, true) => (count - 1, true),
    }
}

/// Which folds along an axis are not like the others, for what comes before and after them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Differ {
    /// None.
    Never,
    /// The first and the last.
    Ends,
    /// The last one, which is ragged, so that the one before it has another neighbour; and the first.
    LastTwo,
}

/// Indices that stand for all, each with how many it stands for.
#[inline]
fn along(folds: u64, differ: Differ) -> impl Iterator<Item = (u64, u64)> + Clone {
    // `before_last` is the index of the last but one, and as many folds lie between the first and the last.
    let [before_last, between] = [2, 3].map(|ends| folds.saturating_sub(ends));
    let (kinds, most) = match differ {
        Differ::Never => ([(0, folds), (0, 0), (0, 0), (0, 0)], 1),
        Differ::Ends => ([(0, 1), (folds - 1, 1), (1, before_last), (0, 0)], 3),
        Differ::LastTwo => ([(0, 1), (folds - 1, 1), (before_last, 1), (1, between)], 4),
    };
    // The kinds stand in the order in which fewer folds have them: one fold is the first, two are first and last.
    kinds.into_iter().take(usize::try_from(folds).map_or(most, |folds| folds.min(most)))
}
