//! How long a schedule takes: the closed form of its walk over all tiles.
//!
//! Tiles alike in themselves and in their neighbours take equally long, so the sum over all of them is one over few kinds:
//! the tiles of a group are taken as a ring, which is right for all but the first and the last tile of the layer, whose
//! terms are then put right.

use super::cut::{Extent, Position};
use super::nest::Nest;
use super::problem::{Problem, Site};
use crate::map::{EdgeFolds, Fold, Layout, along};
use crate::shape::Axis;
use crate::time::array::{Design, Gap};
use crate::time::outflow::Outflow;
use crate::time::walk::Walk;

/// A schedule's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Played {
    /// Cycles from the first byte asked for to the last byte stored.
    pub walk: u64,
    /// Of those the cycles before the first fold begins: latency and first loads.
    pub first_load: u64,
    /// Cycles in which the vector unit works on when all else has ended.
    pub exposed: u64,
    /// Cycles of the last tile in which the bus has nothing to move.
    pub spare: u64,
}

impl Played {
    /// All of it.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        self.walk + self.exposed
    }
}

/// Extents of the tile before, the tile itself and the one after, along M, N, K.
struct Around {
    before: [Extent; 3],
    here: [Extent; 3],
    after: [Extent; 3],
}

/// A schedule on a site.
pub(super) struct Player<'a> {
    problem: &'a Problem,
    site: &'a Site,
    nest: &'a Nest<'a>,
    layout: Layout,
    design: Design,
    slow: u64,
}

/// Plays a schedule.
#[must_use]
pub fn play(problem: &Problem, site: &Site, nest: &Nest<'_>) -> Played {
    let player = Player::new(problem, site, nest);
    let Walk { cycles, first_load, busy, spare } = player.walk();
    let exposed = player.outflow(busy).exposed(problem.vector_cycles);
    Played { walk: cycles, first_load, exposed, spare }
}

impl<'a> Player<'a> {
    pub(super) fn new(problem: &'a Problem, site: &'a Site, nest: &'a Nest<'a>) -> Self {
        let layout = nest.layout();
        let design = Design { overlap: site.overlap, sums_stay: layout.sums_stay(), array_rows: site.rows };
        Self { problem, site, nest, layout, design, slow: site.slow(&layout) }
    }

    /// Lengths of a tile along rows, columns and time.
    #[inline]
    fn lengths(&self, tile: &[Extent; 3]) -> [u64; 3] {
        [self.layout.rows, self.layout.cols, self.layout.time].map(|axis| tile[along(axis)].length)
    }

    /// The first fold of a tile, as it is charged.
    #[inline]
    fn first_fold(&self, tile: &[Extent; 3]) -> Fold {
        let [rows, cols, time] = self.lengths(tile);
        match self.site.edges() {
            EdgeFolds::Full => Fold { rows: self.site.rows, cols: self.site.cols, time },
            EdgeFolds::Trimmed => {
                Fold { rows: rows.min(self.site.rows), cols: cols.min(self.site.cols), time }
            }
        }
    }

    /// The last fold of a tile, as it is charged.
    #[inline]
    fn last_fold(&self, tile: &[Extent; 3]) -> Fold {
        let [rows, cols, time] = self.lengths(tile);
        let rest = |length: u64, side: u64| length - (length.div_ceil(side) - 1) * side;
        match self.site.edges() {
            EdgeFolds::Full => Fold { rows: self.site.rows, cols: self.site.cols, time },
            EdgeFolds::Trimmed => {
                Fold { rows: rest(rows, self.site.rows), cols: rest(cols, self.site.cols), time }
            }
        }
    }

    /// What lies between the folds of a tile, column folds outside, without the gap behind the last; and its streaming.
    #[inline]
    pub(super) fn inside(&self, tile: &[Extent; 3]) -> (u64, Gap) {
        let [rows, cols, time] = self.lengths(tile);
        let [row_folds, col_folds] = [rows.div_ceil(self.site.rows), cols.div_ceil(self.site.cols)];
        let folds = row_folds * col_folds;
        let (first, last) = (self.first_fold(tile), self.last_fold(tile));
        if self.site.edges() == EdgeFolds::Full || (first == last && folds == 1) {
            return (folds * time, self.design.gap(first, first).times(folds - 1));
        }
        let mut gap = Gap::default();
        let wide = Fold { rows: first.rows, cols: first.cols, time };
        // Column folds of full width, then one of what is left; the last fold of each has what is left of the rows.
        for (many, cols, more) in [(col_folds - 1, wide.cols, true), (1, last.cols, false)] {
            let full = Fold { cols, ..wide };
            let end = Fold { rows: last.rows, cols, time };
            if row_folds > 1 {
                gap += self.design.gap(full, full).times(many * (row_folds - 2));
                gap += self.design.gap(full, end).times(many);
            }
            if more && many > 0 {
                let next = |cols| if row_folds > 1 { Fold { cols, ..wide } } else { Fold { cols, ..end } };
                gap += self.design.gap(end, next(wide.cols)).times(many - 1);
                gap += self.design.gap(end, next(last.cols));
            }
        }
        (folds * time, gap)
    }

    /// The gap between the last fold of a tile and the first of the next.
    #[inline]
    pub(super) fn between(&self, tile: &[Extent; 3], next: &[Extent; 3]) -> Gap {
        self.design.gap(self.last_fold(tile), self.first_fold(next))
    }

    /// Cycles from the start of a tile's first fold to the start of the next tile's, when nothing waits.
    #[inline]
    fn period(&self, tile: &[Extent; 3], next: &[Extent; 3]) -> u64 {
        if self.site.edges() == EdgeFolds::Full {
            let [rows, cols, time] = self.lengths(tile);
            let folds = rows.div_ceil(self.site.rows) * cols.div_ceil(self.site.cols);
            let fold = self.first_fold(tile);
            return self.slow * folds * (time + self.design.gap(fold, fold).total());
        }
        let (stream, gap) = self.inside(tile);
        self.slow * (stream + gap.total() + self.between(tile, next).total())
    }

    /// Cycles from the start of the layer's last tile to the end of its last fold.
    fn rest(&self, last: &[Extent; 3]) -> u64 {
        let (stream, gap) = self.inside(last);
        let (shift, skew) = self.ends(last);
        self.slow * (stream + gap.total() + shift + skew)
    }

    /// What no fold hides, charged with the last tile: the shifting of the first fold's (OS: the last one's) stationary
    /// operand, and the last wave's way out.
    pub(super) fn ends(&self, last: &[Extent; 3]) -> (u64, u64) {
        let end = self.last_fold(last);
        let first = self.first_fold(&self.first());
        let shift = if self.layout.sums_stay() { end.rows } else { first.rows };
        (shift, self.site.rows + end.cols - 2 + self.overtaking())
    }

    /// Whether sums stay in the array.
    pub(super) fn sums_stay(&self) -> bool {
        self.layout.sums_stay()
    }

    /// The layer's first and last tile.
    pub(super) fn first(&self) -> [Extent; 3] {
        self.nest.cuts.map(|cut| cut.positions[0].here)
    }

    pub(super) fn last(&self) -> [Extent; 3] {
        self.nest.cuts.map(|cut| cut.positions[cut.positions.len() - 1].here)
    }

    #[inline]
    fn load(&self, tile: &[Extent; 3]) -> u64 {
        self.site.pace.transfer(self.nest.loads(self.problem, *tile).iter().sum())
    }

    #[inline]
    fn store(&self, tile: &[Extent; 3]) -> u64 {
        self.site.pace.transfer(self.nest.stores(self.problem, *tile).iter().sum())
    }

    /// Cycles in which the array stands still while a tile's results leave.
    #[inline]
    fn leaving(&self, tile: &[Extent; 3]) -> u64 {
        self.site.pace.transfer(self.nest.leaves(self.problem, *tile))
    }

    /// Hands every kind of tile of a group, as a ring, to `each`, with how many there are.
    pub(super) fn kinds(&self, mut each: impl FnMut(u64, &[Extent; 3], &[Extent; 3], &[Extent; 3])) {
        let [outer, middle, inner] = self.nest.order;
        for o in &self.nest.cut(outer).positions {
            for m in &self.nest.cut(middle).positions {
                for i in &self.nest.cut(inner).positions {
                    let around = self.around([o, m, i]);
                    each(o.many * m.many * i.many, &around.before, &around.here, &around.after);
                }
            }
        }
    }

    /// Hands all tiles of a group in order to `each`, alike ones along the innermost loop together, with how many there are.
    pub(super) fn in_order(&self, mut each: impl FnMut(u64, &[Extent; 3], &[Extent; 3], &[Extent; 3])) {
        let [outer, middle, inner] = self.nest.order;
        for o in &self.nest.cut(outer).positions {
            for _ in 0..o.many {
                for m in &self.nest.cut(middle).positions {
                    for _ in 0..m.many {
                        for i in &self.nest.cut(inner).positions {
                            let around = self.around([o, m, i]);
                            each(i.many, &around.before, &around.here, &around.after);
                        }
                    }
                }
            }
        }
    }

    /// The tile at three loop positions, with the tiles before and after it: the inner loop turns first.
    #[inline]
    fn around(&self, positions: [&Position; 3]) -> Around {
        let [outer, middle, inner] = positions;
        let mut around =
            Around { before: Default::default(), here: Default::default(), after: Default::default() };
        let (mut on, mut back) = (true, true);
        for (axis, position) in self.nest.order.into_iter().zip([outer, middle, inner]).rev() {
            let i = along(axis);
            around.here[i] = position.here;
            around.after[i] = if on { position.after } else { position.here };
            around.before[i] = if back { position.before } else { position.here };
            on &= position.here.last;
            back &= position.here.first;
        }
        around
    }

    /// Walks over all tiles.
    pub(super) fn walk(&self) -> Walk {
        let groups = self.problem.gemm.groups;
        let mut ring = 0;
        self.kinds(|many, before, here, after| {
            let bus = self.load(after) + self.store(before);
            ring += many * (self.site.pace.together(self.period(here, after), bus) + self.leaving(here));
        });
        let (first, last) = (self.first(), self.last());
        let first_bytes: u64 = self.nest.loads(self.problem, first).iter().sum();
        let pace = &self.site.pace;
        let (first_load, arrival) = (pace.transfer(first_bytes), pace.arrival(first_bytes));
        let (last_store, rest) = (self.store(&last), self.rest(&last));
        // What leaves at the very end gives the vector unit no time, whether it waited or not.
        let last_leaves = self.leaving(&last);
        let walk = |between: u64, period: u64, stores: u64| Walk {
            cycles: arrival + between + last_store,
            first_load: arrival,
            busy: between + period - rest - last_leaves,
            spare: pace.spare(rest, stores),
        };
        if groups * self.nest.tiles() == 1 {
            return walk(rest + last_leaves, self.period(&last, &first), 0);
        }
        // Nothing comes before the first tile, nor after the last.
        let at = |end: bool| {
            let positions = self.nest.order.map(|axis| {
                let all = &self.nest.cut(axis).positions;
                &all[if end { all.len() - 1 } else { 0 }]
            });
            self.around(positions)
        };
        let (begin, end) = (at(false), at(true));
        let second_load = self.load(&begin.after);
        let last_but_one_store = self.store(&end.before);
        let (begins, finishes) = (self.period(&first, &begin.after), self.period(&last, &end.after));
        let open = pace.together(begins, second_load) + pace.together(rest, last_but_one_store);
        let closed = pace.together(begins, second_load + last_store)
            + pace.together(finishes, first_load + last_but_one_store);
        walk(groups * ring + open - closed, finishes, last_but_one_store)
    }

    /// How the sums leave a layer that is busy for so many cycles.
    pub(super) fn outflow(&self, busy: u64) -> Outflow {
        let folds_along = |axis: Axis, side: u64| -> u64 {
            let cut = self.nest.cut(axis);
            cut.positions.iter().map(|p| p.many * p.here.length.div_ceil(side)).sum()
        };
        let columns = folds_along(self.layout.cols, self.site.cols);
        let [_, _, time] = self.lengths(&self.last());
        // Where sums stay every fold finishes some, else the last row fold of each column fold and piece of time.
        let (bursts, window) = if self.layout.sums_stay() {
            (columns * folds_along(self.layout.rows, self.site.rows), self.site.rows + self.site.cols - 1)
        } else {
            (columns * self.nest.cut(self.layout.time).tiles, time + self.site.cols - 1)
        };
        Outflow::spread(self.problem.gemm.groups * bursts, busy, self.slow * window)
    }

    /// Edges by which an earlier, wider fold outlasts the last fold: a narrow fold has a shorter way out. Only where folds
    /// are trimmed and nothing lies between their streams.
    fn overtaking(&self) -> u64 {
        use crate::machine::FoldOverlap;
        if self.site.edges() == EdgeFolds::Full || self.design.overlap != FoldOverlap::DoubleBuffered {
            return 0;
        }
        let last = self.last_fold(&self.last());
        let mut most = 0;
        let mut apart = 0;
        let mut next = last;
        // Backwards from the last fold, as long as the widest fold could still be on its way.
        for fold in self.backwards().skip(1) {
            apart += fold.time + self.design.gap(fold, next).total();
            if apart + last.cols >= self.site.cols {
                break;
            }
            most = most.max(fold.cols.saturating_sub(last.cols + apart));
            next = fold;
        }
        most
    }

    /// All folds from the last one back.
    fn backwards(&self) -> impl Iterator<Item = Fold> + '_ {
        let lists = self.nest.order.map(|axis| {
            let positions = &self.nest.cut(axis).positions;
            move || {
                positions
                    .iter()
                    .rev()
                    .flat_map(|p| std::iter::repeat_n(p.here, usize::try_from(p.many).unwrap_or(usize::MAX)))
            }
        });
        let [outer, middle, inner] = lists;
        let order = self.nest.order.map(along);
        let tile = move |extents: [Extent; 3]| {
            let mut tile = [Extent::default(); 3];
            order.into_iter().zip(extents).for_each(|(axis, extent)| tile[axis] = extent);
            tile
        };
        let group = move |_| {
            outer().flat_map(move |o| middle().flat_map(move |m| inner().map(move |i| tile([o, m, i]))))
        };
        let tiles = (0..self.problem.gemm.groups).flat_map(group);
        tiles.flat_map(move |tile| {
            let [rows, cols, time] = self.lengths(&tile);
            let parts = |length: u64, side: u64| {
                let folds = length.div_ceil(side);
                (0..folds).rev().map(move |i| (length - i * side).min(side))
            };
            parts(cols, self.site.cols)
                .flat_map(move |cols| parts(rows, self.site.rows).map(move |rows| Fold { rows, cols, time }))
        })
    }
}
