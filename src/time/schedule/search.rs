//! The best schedule of a layer: a search over all of them that leaves out only what a bound proves to be worse.
//!
//! A schedule cannot be faster than its first load, then the longer of the array's own cycles and the bus's, then its last
//! store. That bound takes a few operations, the walk itself some hundreds; and it only grows with bytes moved, so a cut of
//! M and N whose least traffic is too much rules out every order, every cut of K and everything that may be kept.

use super::cut::{Cut, Cuts};
use super::nest::{Nest, Results};
use super::play::{Played, play};
use super::problem::{Problem, Site};
use crate::map::{Dataflow, ORDERS, along, layout, tile_units};
use crate::shape::{Axis, Operand};

/// A schedule found, owning its cuts.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// How tiles lie on the array.
    pub dataflow: Dataflow,
    /// The loops over tiles, outermost first.
    pub order: [Axis; 3],
    /// How M, N and K are cut.
    pub cuts: [Cut; 3],
    /// What is kept over its idle loop: ifmap, filter, sums.
    pub kept: [bool; 3],
    /// Where results are until they are in DRAM; `None` where they stay on chip.
    pub results: Option<Results>,
    /// Its time.
    pub played: Played,
    /// Bytes over the bus.
    pub bytes: u64,
}

impl Found {
    /// The schedule.
    #[must_use]
    pub fn nest(&self) -> Nest<'_> {
        let [m, n, k] = &self.cuts;
        Nest {
            dataflow: self.dataflow,
            order: self.order,
            cuts: [m, n, k],
            kept: self.kept,
            results: self.results.unwrap_or(Results::Wait),
        }
    }

    /// The loops over tiles as letters, outermost first: `NMK`.
    #[must_use]
    pub fn loops(&self) -> String {
        self.order.iter().map(|axis| axis.letter()).collect()
    }

    /// The operands that are kept over their idle loops: of `ifmap`, `filter`, `sums`.
    pub fn operands_kept(&self) -> impl Iterator<Item = &'static str> {
        ["ifmap", "filter", "sums"].into_iter().zip(self.kept).filter_map(|(name, kept)| kept.then_some(name))
    }

    /// By what schedules are compared: cycles, then bytes over the bus.
    #[must_use]
    pub fn key(&self) -> (u64, u64) {
        (self.played.cycles(), self.bytes)
    }
}

/// The cuts of a problem in a dataflow, coarse to fine.
///
/// Along N (in IS along no array axis: any number) tiles are whole column folds, along K whole row folds and whole
/// channels; sums that stay need all of K in one tile, since they cannot leave and come back.
#[must_use]
pub fn cuts_of(problem: &Problem, site: &Site, dataflow: Dataflow) -> Cuts {
    let (n, k, taps) = (problem.gemm.n, problem.gemm.k, problem.bands.taps.max(1));
    let [n_unit, k_unit] = tile_units(&layout(dataflow), [site.rows, site.cols], [n, k], taps);
    Cuts::new(&problem.bands, n, k, n_unit, k_unit)
}

/// What may be kept, most first: dropping less than it need never helps but where it does not fit.
const KEPT: [[bool; 3]; 8] = [
    [true, true, true],
    [true, false, true],
    [false, true, true],
    [false, false, true],
    [true, true, false],
    [true, false, false],
    [false, true, false],
    [false, false, false],
];

/// What may become of results: waiting is never slower, for the bus works beside the array, but needs room.
fn results_of(problem: &Problem) -> &'static [Results] {
    if problem.result_to_dram > 0 { &[Results::Wait, Results::Leave] } else { &[Results::Wait] }
}

/// Every schedule of a problem in a dataflow that fits, each once.
pub fn every_nest<'a>(
    problem: &'a Problem,
    site: &'a Site,
    dataflow: Dataflow,
    cuts: &'a Cuts,
) -> impl Iterator<Item = Nest<'a>> + 'a {
    let triples = cuts
        .m
        .iter()
        .flat_map(move |m| cuts.n.iter().flat_map(move |n| cuts.k.iter().map(move |k| [m, n, k])));
    triples.flat_map(move |cuts| {
        ORDERS.into_iter().flat_map(move |order| {
            let ways = results_of(problem).iter().flat_map(|&results| KEPT.map(|kept| (kept, results)));
            let nest = move |(kept, results)| Nest { dataflow, order, cuts, kept, results };
            ways.map(nest).filter(|nest| is_choice(nest)).filter(|nest| fits(nest, problem, site))
        })
    })
}

/// Whether an order and what is kept in it is a schedule of its own.
#[inline]
fn is_choice(nest: &Nest<'_>) -> bool {
    nest.is_canonical() && may_keep(nest)
}

/// Whether what is not kept may be dropped.
#[inline]
fn may_keep(nest: &Nest<'_>) -> bool {
    let operands = [Operand::Ifmap, Operand::Filter, Operand::Ofmap];
    operands.iter().zip(nest.kept).all(|(operand, kept)| kept || nest.may_drop(*operand))
}

#[inline]
fn fits(nest: &Nest<'_>, problem: &Problem, site: &Site) -> bool {
    site.room.holds(nest.needs(problem, site))
}

/// What bounds the schedules of one cut of M and N from below, whatever else is chosen.
pub(super) struct Bound<'a> {
    problem: &'a Problem,
    site: &'a Site,
    latency: u64,
    slow: u64,
}

impl<'a> Bound<'a> {
    pub(super) fn new(problem: &'a Problem, site: &'a Site, dataflow: Dataflow) -> Self {
        Self { problem, site, latency: site.pace.latency, slow: site.slow(&layout(dataflow)) }
    }

    /// Cycles of the array for cuts of M and N: every fold streams its time, with at least the least gap there is.
    pub(super) fn array(&self, dataflow: Dataflow, cuts: [&Cut; 3]) -> u64 {
        let lay = layout(dataflow);
        let cut = |axis: Axis| cuts[along(axis)];
        let folds = |axis: Axis, side: u64| -> u64 {
            cut(axis).positions.iter().map(|p| p.many * p.here.length.div_ceil(side)).sum()
        };
        let design = crate::time::array::Design {
            overlap: self.site.overlap,
            sums_stay: lay.sums_stay(),
            array_rows: self.site.rows,
        };
        let full = self.site.edges() == crate::map::EdgeFolds::Full;
        let period = |time: u64| {
            let fold = crate::map::Fold { rows: self.site.rows, cols: self.site.cols, time };
            if full { time + design.gap(fold, fold).total() } else { time }
        };
        let times: u64 = cut(lay.time).positions.iter().map(|p| p.many * period(p.here.length)).sum();
        let folds = folds(lay.rows, self.site.rows) * folds(lay.cols, self.site.cols);
        let (ends, last) = if full {
            let time = cut(lay.time).positions.last().map_or(0, |p| p.here.length);
            let fold = crate::map::Fold { rows: self.site.rows, cols: self.site.cols, time };
            (2 * self.site.rows + self.site.cols - 2, design.gap(fold, fold).total())
        } else {
            (0, 0)
        };
        self.slow * (self.problem.gemm.groups * folds * times + ends - last.min(ends))
    }

    /// The bound for so many bytes over the bus, of which the first tile brings `first` and the last takes `last`.
    fn cycles(&self, array: u64, bytes: u64, first: u64, last: u64) -> u64 {
        let rate = self.site.pace.bytes_per_cycle;
        let moves = |bytes: u64| (crate::units::real(bytes) / rate).floor();
        let between = moves(bytes.saturating_sub(first + last));
        let latency = if first > 0 { self.latency } else { 0 };
        let ends = latency + self.site.pace.transfer(first) + self.site.pace.transfer(last);
        ends + self.site.pace.together(array, whole(between))
    }
}

/// A number of cycles that may be beyond any.
fn whole(cycles: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and is not negative"
    )]
    let cycles = cycles as u64;
    cycles
}

/// The best schedule of tiles in a dataflow that beats `best`, a time and bytes; `None` when there is none.
#[must_use]
pub fn best_nest(
    problem: &Problem,
    site: &Site,
    dataflow: Dataflow,
    best: Option<(u64, u64)>,
) -> Option<Found> {
    let cuts = cuts_of(problem, site, dataflow);
    let bound = Bound::new(problem, site, dataflow);
    let mut key = best.unwrap_or((u64::MAX, u64::MAX));
    let mut found: Option<(Nest<'_>, Played, u64)> = None;
    for m in &cuts.m {
        for n in &cuts.n {
            let array = bound.array(dataflow, [m, n, &cuts.k[0]]);
            if bound.cycles(array, least_bytes(problem, m), 0, 0) > key.0 {
                continue;
            }
            for k in &cuts.k {
                let Some(of_cuts) = OfCuts::fitting(&bound, dataflow, [m, n, k], array) else { continue };
                if of_cuts.bound(&bound, least_bytes(problem, m)) >= key {
                    continue;
                }
                of_cuts.each_fitting(&bound, |nest| {
                    let bytes = bytes_of(&nest, problem);
                    if of_cuts.bound(&bound, bytes) >= key {
                        return;
                    }
                    let played = play(problem, site, &nest);
                    if (played.cycles(), bytes) < key {
                        key = (played.cycles(), bytes);
                        found = Some((nest, played, bytes));
                    }
                });
            }
        }
    }
    found.map(|(nest, played, bytes)| owned(&nest, problem, played, bytes))
}

/// A schedule with cuts of its own.
pub(in crate::time) fn owned(nest: &Nest<'_>, problem: &Problem, played: Played, bytes: u64) -> Found {
    Found {
        dataflow: nest.dataflow,
        order: nest.order,
        cuts: nest.cuts.map(Clone::clone),
        kept: nest.kept,
        results: (problem.result_to_dram > 0).then_some(nest.results),
        played,
        bytes,
    }
}

/// Bytes that a schedule moves.
#[inline]
pub(in crate::time) fn bytes_of(nest: &Nest<'_>, problem: &Problem) -> u64 {
    let [ifmap, filter, results, sums] = nest.traffic(problem);
    ifmap + filter + results + 2 * sums + problem.added_from_dram
}

/// Bytes that a layer moves at least when its M is cut so.
fn least_bytes(problem: &Problem, m: &Cut) -> u64 {
    let ifmap = if problem.ifmap_from_dram { problem.gemm.groups * m.all_bytes } else { 0 };
    let filter = if problem.filter_from_dram { problem.gemm.weights() } else { 0 };
    ifmap + filter + problem.result_to_dram + problem.added_from_dram
}

/// The fewest bytes of the memory that operands share with which any schedule fits: that of the finest tiles.
#[must_use]
pub(in crate::time) fn least_need(problem: &Problem, site: &Site, dataflow: Dataflow) -> Option<u64> {
    let cuts = cuts_of(problem, site, dataflow);
    let finest = [cuts.m.last()?, cuts.n.last()?, cuts.k.last()?];
    let nest = |order, kept| Nest { dataflow, order, cuts: finest, kept, results: Results::Leave };
    let nests = ORDERS.into_iter().flat_map(|order| KEPT.map(|kept| nest(order, kept))).filter(is_choice);
    nests.filter_map(|nest| site.room.taken(nest.needs(problem, site))).min()
}

/// What all orders of three cuts have in common.
pub(super) struct OfCuts<'a> {
    pub(super) nest: Nest<'a>,
    /// Cycles of the array.
    array: u64,
    /// Bytes that the first tile brings and the last one takes.
    ends: [u64; 2],
}

impl<'a> OfCuts<'a> {
    /// `None` where the tiles are too large for any order.
    pub(super) fn fitting(
        bound: &Bound<'_>,
        dataflow: Dataflow,
        cuts: [&'a Cut; 3],
        array: u64,
    ) -> Option<Self> {
        let nest = Nest { dataflow, order: ORDERS[0], cuts, kept: KEPT[0], results: Results::Wait };
        if !bound.site.room.holds(nest.tile_needs(bound.problem, bound.site)) {
            return None;
        }
        let first = nest.loads(bound.problem, cuts.map(|cut| cut.positions[0].here)).iter().sum();
        let end = cuts.map(|cut| cut.positions[cut.positions.len() - 1].here);
        let last = nest.stores(bound.problem, end).iter().sum();
        Some(Self { nest, array, ends: [first, last] })
    }

    /// The bound of a schedule that moves so many bytes, and these bytes.
    #[inline]
    pub(super) fn bound(&self, bound: &Bound<'_>, bytes: u64) -> (u64, u64) {
        (bound.cycles(self.array, bytes, self.ends[0], self.ends[1]), bytes)
    }

    /// Hands on every order with as much kept as fits: to keep less only adds to what each tile waits for, and so does the
    /// array when it stands still while results leave.
    pub(super) fn each_fitting(&self, bound: &Bound<'_>, mut each: impl FnMut(Nest<'a>)) {
        for order in ORDERS {
            let of_order = Nest { order, ..self.nest };
            if !of_order.is_canonical() {
                continue;
            }
            let mut fitting: Vec<[bool; 3]> = Vec::new();
            for results in results_of(bound.problem) {
                for kept in KEPT {
                    let nest = Nest { kept, results: *results, ..of_order };
                    let less = |more: &[bool; 3]| kept.iter().zip(more).all(|(this, other)| !this || *other);
                    if fitting.iter().any(less) || !may_keep(&nest) || !fits(&nest, bound.problem, bound.site)
                    {
                        continue;
                    }
                    fitting.push(kept);
                    each(nest);
                }
            }
        }
    }
}
