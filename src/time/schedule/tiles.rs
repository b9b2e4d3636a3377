//! A schedule tile by tile: what the closed form of its walk ([`super::play()`]) sums up, one after the other.

use super::cut::Extent;
use super::nest::Nest;
use super::play::Player;
use super::problem::{Problem, Site};
use super::search::Found;
use crate::count::Cause;
use crate::map::{EdgeFolds, Fold, along};
use crate::time::array::Design;
use crate::time::timeline::{Tile, TileFold, Tiles};

/// All tiles of a schedule in order, with their folds where they are wanted; `None` if there are more than `most` to go
/// through.
pub(in crate::time) fn tiles(
    problem: &Problem,
    site: &Site,
    found: &Found,
    folds: bool,
    most: u64,
) -> Option<Tiles> {
    let nest = found.nest();
    let total = problem.gemm.groups.checked_mul(nest.tiles())?;
    if total > most {
        return None;
    }
    let player = Player::new(problem, site, &nest);
    let slow = site.slow(&nest.layout());
    let (first, last) = (player.first(), player.last());
    let (shift, skew) = player.ends(&last);
    let (mut runs, mut done) = (Vec::new(), 0);
    for _ in 0..problem.gemm.groups {
        player.in_order(|many, before, here, after| {
            let (begins, ends) = (done == 0, done + many == total);
            done += many;
            let (stream, mut gap) = player.inside(here);
            gap += if ends { crate::time::array::Gap { skew, shift } } else { player.between(here, after) };
            let busy = stream + gap.total();
            runs.push((
                many,
                Tile {
                    extent: here.map(|extent| extent.length),
                    stream,
                    skew: gap.skew,
                    shift: gap.shift,
                    slow: (slow - 1) * busy,
                    loads: if ends { [0; 4] } else { nest.loads(problem, *after) },
                    stores: if begins { [0; 2] } else { nest.stores(problem, *before) },
                    leaves: nest.leaves(problem, *here),
                    folds: if folds { folds_of(&nest, site, here) } else { Vec::new() },
                },
            ));
        });
    }
    let stays = player.sums_stay();
    Some(Tiles {
        moving: if stays { Cause::Drain } else { Cause::Preload },
        // What goes in before the first fold streams is charged with the last tile.
        front: if stays { 0 } else { shift },
        slow,
        first: nest.loads(problem, first),
        last: nest.stores(problem, last),
        runs,
    })
}

/// The folds of a tile, column folds outside, each without the gap behind the tile's last one.
fn folds_of(nest: &Nest<'_>, site: &Site, tile: &[Extent; 3]) -> Vec<TileFold> {
    let layout = nest.layout();
    let design = Design { overlap: site.overlap, sums_stay: layout.sums_stay(), array_rows: site.rows };
    let [rows, cols, time] = [layout.rows, layout.cols, layout.time].map(|axis| tile[along(axis)].length);
    let parts = |length: u64, side: u64| {
        (0..length.div_ceil(side)).map(move |i| match site.edges() {
            EdgeFolds::Full => side,
            EdgeFolds::Trimmed => (length - i * side).min(side),
        })
    };
    let folds: Vec<Fold> = parts(cols, site.cols)
        .flat_map(|cols| parts(rows, site.rows).map(move |rows| Fold { rows, cols, time }))
        .collect();
    let gap = |at: usize| folds.get(at + 1).map(|next| design.gap(folds[at], *next)).unwrap_or_default();
    (0..folds.len())
        .map(|at| TileFold { stream: folds[at].time, skew: gap(at).skew, shift: gap(at).shift })
        .collect()
}
