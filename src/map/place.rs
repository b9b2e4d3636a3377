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
    pub fn after(&self, place: Place) -> Place {
        self.beside(place, true)
    }

    /// The place before one, over the border of groups.
    #[must_use]
    pub fn before(&self, place: Place) -> Place {
        self.beside(place, false)
    }

    /// One row fold on or back; over the border, a piece of time; over that border, a column fold.
    fn beside(&self, place: Place, on: bool) -> Place {
        let (row, carry) = step(place.row, self.row_folds, on);
        let (piece, carry) =
            if carry { step(place.piece, self.time_folds, on) } else { (place.piece, false) };
        let (col, _) = if carry { step(place.col, self.col_folds, on) } else { (place.col, false) };
        Place { col, piece, row }
    }

    /// Rows, columns and time that the fold at a place uses.
    #[must_use]
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
    pub fn charged(&self, place: Place, edges: EdgeFolds) -> Fold {
        match edges {
            EdgeFolds::Full => {
                Fold { rows: self.array_rows, cols: self.array_cols, time: self.streamed(place) }
            }
            EdgeFolds::Trimmed => self.used(place),
        }
    }

    /// Edges that the fold at a place streams.
    fn streamed(&self, place: Place) -> u64 {
        if place.piece + 1 == self.time_folds { self.time - place.piece * self.piece() } else { self.piece() }
    }

    /// Places that stand for all of a group's folds, each with how many it stands for: alike are their extents, their
    /// neighbours' extents, and whether they are first or last along an axis; with `before_last_row`, also whether they
    /// come before the last row fold.
    pub fn kinds(&self, before_last_row: bool) -> impl Iterator<Item = (Place, u64)> {
        let pieces = along(self.time_folds, self.time < self.time_folds * self.piece());
        let ragged = self.rows < self.row_folds * self.array_rows;
        let rows = along(self.row_folds, ragged || before_last_row);
        along(self.col_folds, self.cols < self.col_folds * self.array_cols).flat_map(move |(col, cols)| {
            let rows = rows.clone();
            pieces.clone().flat_map(move |(piece, pieces)| {
                rows.clone().map(move |(row, rows)| (Place { col, piece, row }, cols * pieces * rows))
            })
        })
    }
}

/// The next or previous index, and whether that went over the border.
fn step(index: u64, count: u64, up: bool) -> (u64, bool) {
    match (up, index + 1 == count, index == 0) {
        (true, false, _) => (index + 1, false),
        (true, true, _) => (0, true),
        (false, _, false) => (index - 1, false),
        (false, _, true) => (count - 1, true),
    }
}

/// Indices that stand for all, each with how many it stands for: first, last, last but one, and those between. Only
/// where the last fold is ragged is the one before it another than those between, for what comes after it.
fn along(folds: u64, ragged: bool) -> impl Iterator<Item = (u64, u64)> + Clone {
    let [before_last, between] = [2, 3].map(|ends| folds.saturating_sub(ends));
    let kinds = [(0, 1), (folds - 1, 1), (before_last, if ragged { 1 } else { before_last }), (1, between)];
    let most = if ragged { kinds.len() } else { kinds.len() - 1 };
    kinds.into_iter().take(usize::try_from(folds).map_or(most, |folds| folds.min(most)))
}
