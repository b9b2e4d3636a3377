//! Are schedules timed, and found, as they should be? Each is played tile by tile on a machine that knows no closed form:
//! it keeps sets of what lies on chip, a bus that serves one transfer at a time, an array that works on one tile at a
//! time; and the search is held against every schedule there is.
use std::collections::{BTreeMap, BTreeSet};

use crate::common::{arch_with, network};
use exclusim::cost::prices;
use exclusim::count::{Action, Cause, Tally};
use exclusim::interop::scale_sim::topology::{OutputSize, import};
use exclusim::machine::{Buffering, FoldOverlap};
use exclusim::map::{Dataflow, EdgeFolds, Fold, FoldPlan, layout};
use exclusim::network::segment::Segments;
use exclusim::shape::{Axis, Bands, Gemm, Operand};
use exclusim::time::prefetch::{FirstLoad, Spare};
use exclusim::time::schedule::{
    Cuts, Nest, Problem, Results, Room, Site, best_nest, cuts_of, every_nest, play,
};
use exclusim::time::{Pace, fold_period, path_table};
use exclusim::unit::UnitSize;
use proptest::prelude::*;

/// A tile by its numbers along group, M, N, K.
type Tile = [usize; 4];

/// A layer's tiles in the order in which a schedule runs them, and their extents.
struct Sequence {
    tiles: Vec<Tile>,
    /// Of each tile along M: first row of the result (over all samples) and number of rows.
    bands: Vec<(u64, u64)>,
    n: Vec<u64>,
    k: Vec<u64>,
}

fn parts(total: u64, most: u64) -> Vec<u64> {
    (0..total.div_ceil(most)).map(|i| most.min(total - i * most)).collect()
}

impl Sequence {
    fn new(problem: &Problem, nest: &Nest<'_>) -> Self {
        let [m, n, k] = nest.cuts;
        let all = &problem.bands;
        let per_row = all.width;
        let rows = m.most / per_row;
        let bands = if rows >= all.rows {
            let maps = parts(all.samples, rows / all.rows);
            let mut first = 0;
            maps.into_iter()
                .map(|maps| {
                    let at = first;
                    first += maps * all.rows;
                    (at, maps * all.rows)
                })
                .collect()
        } else {
            (0..all.samples)
                .flat_map(|sample| {
                    let mut first = sample * all.rows;
                    parts(all.rows, rows).into_iter().map(move |rows| {
                        let at = first;
                        first += rows;
                        (at, rows)
                    })
                })
                .collect()
        };
        let (n, k) = (parts(problem.gemm.n, n.most), parts(problem.gemm.k, k.most));
        let mut sequence = Self { tiles: Vec::new(), bands, n, k };
        let counts = |axis: Axis, s: &Self| match axis {
            Axis::M => s.bands.len(),
            Axis::N => s.n.len(),
            Axis::K => s.k.len(),
        };
        let place = |axis: Axis| match axis {
            Axis::M => 1,
            Axis::N => 2,
            Axis::K => 3,
        };
        let [outer, middle, inner] = nest.order;
        for group in 0..problem.gemm.groups as usize {
            for o in 0..counts(outer, &sequence) {
                for m in 0..counts(middle, &sequence) {
                    for i in 0..counts(inner, &sequence) {
                        let mut tile = [group, 0, 0, 0];
                        (tile[place(outer)], tile[place(middle)], tile[place(inner)]) = (o, m, i);
                        sequence.tiles.push(tile);
                    }
                }
            }
        }
        sequence
    }

    fn lengths(&self, bands: &Bands, [_, m, n, k]: Tile) -> [u64; 3] {
        [self.bands[m].1 * bands.width, self.n[n], self.k[k]]
    }

    /// Bytes of a tile of an operand: input rows are looked at one by one.
    fn bytes(&self, problem: &Problem, operand: Operand, [_, m, n, k]: Tile) -> u64 {
        let bands = &problem.bands;
        match operand {
            Operand::Filter => self.k[k] * self.n[n],
            Operand::Ofmap => 4 * self.bands[m].1 * bands.width * self.n[n],
            Operand::Ifmap => {
                let (first, rows) = self.bands[m];
                let mut touched = BTreeSet::new();
                for row in first..first + rows {
                    let (sample, row) = (row / bands.rows, row % bands.rows);
                    for tap in 0..bands.kernel {
                        let input = row * bands.stride + tap;
                        if input >= bands.above && input - bands.above < bands.input_rows {
                            touched.insert((sample, input - bands.above));
                        }
                    }
                }
                (touched.len() as u64 * bands.row_bytes * self.k[k]).div_ceil(problem.gemm.k)
            }
        }
    }
}

/// Which part of an operand a tile uses.
fn part(operand: Operand, [group, m, n, k]: Tile) -> [usize; 3] {
    match operand {
        Operand::Ifmap => [group, m, k],
        Operand::Filter => [group, k, n],
        Operand::Ofmap => [group, m, n],
    }
}

/// What each tile moves, and the most bytes of each operand that were on chip at once.
struct Moves {
    loads: Vec<u64>,
    stores: Vec<u64>,
    /// What leaves as it is made, and stops the array.
    leaves: Vec<u64>,
    peaks: [u64; 3],
    bytes: u64,
}

/// Keeps sets of what lies on chip: what is kept stays until its last use, what is not until the next tile.
fn moves(problem: &Problem, nest: &Nest<'_>, sequence: &Sequence, single: bool) -> Moves {
    let count = sequence.tiles.len();
    let mut moves = Moves {
        loads: vec![0; count],
        stores: vec![0; count],
        leaves: vec![0; count],
        peaks: [0; 3],
        bytes: 0,
    };
    let from_dram = [problem.ifmap_from_dram, problem.filter_from_dram];
    for (at, operand) in [Operand::Ifmap, Operand::Filter].into_iter().enumerate() {
        if !from_dram[at] {
            continue;
        }
        let mut last_use = BTreeMap::new();
        for (i, tile) in sequence.tiles.iter().enumerate() {
            last_use.insert(part(operand, *tile), i);
        }
        let mut here: BTreeMap<[usize; 3], u64> = BTreeMap::new();
        for (i, tile) in sequence.tiles.iter().enumerate() {
            let key = part(operand, *tile);
            let bytes = sequence.bytes(problem, operand, *tile);
            let before = i.checked_sub(1).map(|before| part(operand, sequence.tiles[before]));
            let dead = before.filter(|before| *before != key && (last_use[before] < i || !nest.kept[at]));
            // It arrives while the tile before works: what that one needs is still here, unless that must end first.
            if single && let Some(dead) = dead {
                here.remove(&dead);
            }
            if here.insert(key, bytes).is_none() {
                moves.loads[i] += bytes;
                moves.bytes += bytes;
            }
            moves.peaks[at] = moves.peaks[at].max(here.values().sum());
            if let Some(dead) = dead {
                here.remove(&dead);
            }
        }
    }
    sums(problem, nest, sequence, &mut moves);
    moves
}

fn sums(problem: &Problem, nest: &Nest<'_>, sequence: &Sequence, moves: &mut Moves) {
    let of_tile = |bytes: u64, tile: Tile| {
        let [m, n, _] = sequence.lengths(&problem.bands, tile);
        (bytes * m * n).div_ceil(problem.gemm.outputs())
    };
    let mut open: BTreeMap<[usize; 3], u64> = BTreeMap::new();
    let last_k = sequence.k.len() - 1;
    for (i, tile) in sequence.tiles.iter().enumerate() {
        let key = part(Operand::Ofmap, *tile);
        let bytes = sequence.bytes(problem, Operand::Ofmap, *tile);
        if !nest.kept[2] && tile[3] > 0 {
            moves.loads[i] += bytes;
            moves.bytes += bytes;
        }
        open.insert(key, bytes);
        moves.peaks[2] = moves.peaks[2].max(open.values().sum());
        if tile[3] == last_k {
            open.remove(&key);
            let results = match nest.results {
                Results::Wait => &mut moves.stores[i],
                Results::Leave => &mut moves.leaves[i],
            };
            *results += of_tile(problem.result_to_dram, *tile);
            moves.loads[i] += of_tile(problem.added_from_dram, *tile);
            moves.bytes += of_tile(problem.result_to_dram, *tile) + of_tile(problem.added_from_dram, *tile);
        } else if !nest.kept[2] {
            open.remove(&key);
            moves.stores[i] += bytes;
            moves.bytes += bytes;
        }
    }
}

/// Folds of a tile in order, as used and as charged.
fn folds(site: &Site, nest: &Nest<'_>, lengths: [u64; 3]) -> Vec<Fold> {
    let lay = layout(nest.dataflow);
    let along = |axis: Axis| match axis {
        Axis::M => lengths[0],
        Axis::N => lengths[1],
        Axis::K => lengths[2],
    };
    let mut folds = Vec::new();
    for cols in parts(along(lay.cols), site.cols) {
        for rows in parts(along(lay.rows), site.rows) {
            let time = along(lay.time);
            folds.push(match site.edges() {
                EdgeFolds::Full => Fold { rows: site.rows, cols: site.cols, time },
                EdgeFolds::Trimmed => Fold { rows, cols, time },
            });
        }
    }
    folds
}

/// Cycles that each tile works until the next may start, the last one until all is out.
fn works(problem: &Problem, site: &Site, nest: &Nest<'_>, sequence: &Sequence) -> Vec<u64> {
    let plan = FoldPlan::new(&problem.gemm, nest.dataflow, site.rows, site.cols);
    let lengths = |tile: &Tile| sequence.lengths(&problem.bands, *tile);
    let per_tile: Vec<Vec<Fold>> =
        sequence.tiles.iter().map(|tile| folds(site, nest, lengths(tile))).collect();
    let all: Vec<Fold> = per_tile.iter().flatten().copied().collect();
    let mut starts = vec![0];
    for pair in all.windows(2) {
        starts.push(starts.last().unwrap() + fold_period(&plan, site.overlap, pair[0], pair[1]));
    }
    let stays = plan.layout.sums_stay();
    // Before the first fold streams its stationary operand goes in; in OS the last one's sums come out.
    let before = if stays { 0 } else { all[0].rows };
    let out = |fold: &Fold| site.rows + fold.cols - 2 + if stays { fold.rows } else { 0 };
    let end = all.iter().zip(&starts).map(|(fold, start)| start + fold.time + out(fold)).max().unwrap();
    let slow = site.slow(&plan.layout);
    let mut firsts = Vec::new();
    let mut at = 0;
    for tile in &per_tile {
        firsts.push(starts[at]);
        at += tile.len();
    }
    let mut works: Vec<u64> = firsts.windows(2).map(|pair| slow * (pair[1] - pair[0])).collect();
    works.push(slow * (before + end) - works.iter().sum::<u64>());
    works
}

/// The machine whose results leave as they are made, cycle by cycle: while a tile is worked on its results come out evenly,
/// and the array stands still until the bus has taken what is out; the bus goes on with what it was at only then.
fn steps(site: &Site, moves: &Moves, works: &[u64], ahead: u64) -> u64 {
    let transfer = |bytes: u64| site.pace.transfer(bytes);
    let arrival = |bytes: u64| if bytes > 0 { site.pace.latency + transfer(bytes) } else { 0 };
    let count = works.len();
    let mut now = arrival(moves.loads[0]);
    for (i, &work) in works.iter().enumerate() {
        // What the bus has to do beside: sums of the tile before, then the next tile's or the next layer's data.
        let next = moves.loads.get(i + 1).map_or(arrival(ahead), |bytes| transfer(*bytes));
        let mut queue = next + i.checked_sub(1).map_or(0, |before| transfer(moves.stores[before]));
        let (mut worked, mut taken, results) = (0, 0, transfer(moves.leaves[i]));
        let single = site.pace.buffering == Buffering::Single;
        // With single buffers other transfers wait for the end of the tile.
        while worked < work || taken < results {
            let out = if worked == work { results } else { results * worked / work };
            if taken < out {
                taken += 1;
            } else {
                worked += 1;
                queue = queue.saturating_sub(u64::from(!single));
            }
            now += 1;
        }
        now += queue;
    }
    now + transfer(moves.stores[count - 1])
}

/// The machine of a schedule, `ahead` bytes of the next layer asked for when its last tile begins: cycles until all is stored.
fn machine(site: &Site, nest: &Nest<'_>, moves: &Moves, works: &[u64], ahead: u64) -> u64 {
    match nest.results {
        Results::Wait => events(site, moves, works, ahead),
        Results::Leave => steps(site, moves, works, ahead),
    }
}

/// The machine whose results wait, event by event: a bus that serves first what came first, an array, two places for what comes and
/// goes. `ahead` bytes of the next layer are asked for when the last tile begins.
fn events(site: &Site, moves: &Moves, works: &[u64], ahead: u64) -> u64 {
    let mut ahead = (ahead > 0).then_some(ahead);
    let count = works.len();
    let (mut loaded, mut worked, mut stored) = (vec![None; count], vec![None; count], vec![None; count]);
    let (mut now, mut bus_free, mut array_free, mut next) = (0u64, 0u64, 0u64, 0usize);
    let done = |list: &[Option<u64>], i: usize, back: usize, now: u64| {
        i < back || list[i - back].is_some_and(|at| at <= now)
    };
    loop {
        if stored[count - 1].is_some_and(|at: u64| at <= now) {
            return now;
        }
        if bus_free <= now {
            // With single buffers there is no other place: it comes when the tile before has ended.
            let back = if site.pace.buffering == Buffering::Single { 1 } else { 2 };
            let load = loaded
                .iter()
                .position(Option::is_none)
                .filter(|&i| done(&worked, i, back, now) && (i == 0 || done(&loaded, i, 1, now)));
            let store = stored.iter().position(Option::is_none).filter(|&i| done(&worked, i, 0, now));
            let next_layer = ahead.filter(|_| worked[count - 1].is_some());
            let since = [
                load.map(|i| (i.checked_sub(back).map_or(0, |i| worked[i].unwrap()), 0, i)),
                store.map(|i| (worked[i].unwrap(), 1, i)),
                next_layer.map(|_| (worked[count - 1].unwrap() - works[count - 1], 2, 0)),
            ];
            if let Some((_, kind, i)) = since.into_iter().flatten().min() {
                if kind == 2 {
                    bus_free = now + site.pace.latency + site.pace.transfer(ahead.take().unwrap());
                    continue;
                }
                let bytes = if kind == 0 { moves.loads[i] } else { moves.stores[i] };
                let latency = if kind == 0 && i == 0 && bytes > 0 { site.pace.latency } else { 0 };
                bus_free = now + latency + site.pace.transfer(bytes);
                if kind == 0 {
                    loaded[i] = Some(bus_free)
                } else {
                    stored[i] = Some(bus_free)
                }
                continue;
            }
        }
        let alone = site.pace.buffering == Buffering::Double
            || bus_free <= now && stored.iter().take(next).all(Option::is_some);
        let starts = alone
            && next < count
            && array_free <= now
            && done(&loaded, next, 0, now)
            && done(&stored, next, 2, now);
        if starts {
            array_free = now + works[next];
            worked[next] = Some(array_free);
            next += 1;
            continue;
        }
        now = loaded
            .iter()
            .chain(&worked)
            .chain(&stored)
            .flatten()
            .copied()
            .chain([bus_free])
            .filter(|at| *at > now)
            .min()
            .unwrap();
    }
}

/// What the machine did with a schedule.
pub(crate) struct Run {
    pub(crate) cycles: u64,
    pub(crate) bytes: u64,
    pub(crate) tiles: usize,
    /// The most bytes of each operand that were on chip, summed: sums only where they meet there.
    pub(crate) on_chip: u64,
}

/// Plays a schedule event by event.
pub(crate) fn played_by_events(problem: &Problem, site: &Site, nest: &Nest<'_>) -> Run {
    let sequence = Sequence::new(problem, nest);
    let moved = moves(problem, nest, &sequence, site.pace.buffering == Buffering::Single);
    let works = works(problem, site, nest, &sequence);
    let sums = if nest.sums_meet(problem, site.rows) { moved.peaks[2] } else { 0 };
    Run {
        cycles: machine(site, nest, &moved, &works, 0),
        bytes: moved.bytes,
        tiles: works.len(),
        on_chip: moved.peaks[0] + moved.peaks[1] + sums,
    }
}

prop_compose! {
    fn bands()(samples in 1u64..3, rows in 1u64..9, width in 1u64..5, kernel in 1u64..4, stride in 1u64..3,
        above in 0u64..2, short in 0u64..2) -> Bands {
        let above = above.min(kernel - 1);
        let input_rows = ((rows - 1) * stride + kernel).saturating_sub(above + short.min(kernel - 1)).max(1);
        Bands { samples, rows, width, input_rows, row_bytes: 0, kernel, stride, above, taps: kernel * kernel }
    }
}

prop_compose! {
    fn problems()(bands in bands(), channels in 1u64..12, n in 1u64..24, groups in 1u64..3,
        flags in prop::array::uniform4(any::<bool>()), plain in any::<bool>(), vector in 0u64..400) -> Problem {
        let bands = if plain { Bands::of_rows(bands.samples * bands.rows, 0) } else { bands };
        let k = channels * bands.taps;
        // Rows a little wider than the result, as of a padded map.
        let bands = Bands { row_bytes: if plain { k } else { channels * (bands.width + 1) }, ..bands };
        let gemm = Gemm { groups, m: bands.samples * bands.rows * bands.width, n, k };
        let outputs = gemm.outputs();
        Problem {
            gemm,
            bands,
            ifmap_from_dram: flags[0],
            filter_from_dram: flags[1],
            result_to_dram: if flags[2] { outputs } else { 0 },
            added_from_dram: if flags[3] { outputs } else { 0 },
            vector_cycles: vector,
        }
    }
}

prop_compose! {
    fn sites()(rows in 1u64..9, cols in 1u64..9,
        overlap in prop::sample::select(vec![FoldOverlap::None, FoldOverlap::GlobalSwap, FoldOverlap::DoubleBuffered]),
        edges in prop::sample::select(vec![EdgeFolds::Full, EdgeFolds::Trimmed]),
        rate in prop::sample::select(vec![0.3, 1.0, 5.76, 64.0]), latency in 0u64..50,
        pads in prop::array::uniform3(prop::sample::select(vec![64u64, 300, 1024, 4096, 1 << 20])),
        shared in prop::option::of((prop::sample::select(vec![512u64, 2048, 8192, 1 << 20]), 1u64..40, any::<bool>())),
        single in prop::bool::weighted(0.2), port_bits in prop::option::of(prop::sample::select(vec![8u64, 32, 256]))) -> Site {
        let [ifmap, filter, ofmap] = pads;
        let room = match shared {
            None => Room::Apart { ifmap, filter, ofmap },
            Some((bytes, granule, own)) => Room::Shared { bytes, granule, ofmap: own.then_some(ofmap) },
        };
        Site { rows, cols, overlap, pace: Pace { compute: 0, edges, latency, bytes_per_cycle: rate, buffering: if single { Buffering::Single } else { Buffering::Double } }, room, port_bits }
    }
}

/// The `pick`-th of all schedules that fit, if any does.
fn picked<'a>(
    problem: &'a Problem,
    site: &'a Site,
    dataflow: Dataflow,
    cuts: &'a Cuts,
    pick: usize,
) -> Option<Nest<'a>> {
    let all: Vec<Nest<'a>> = every_nest(problem, site, dataflow, cuts).collect();
    (!all.is_empty()).then(|| all[pick % all.len()])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_closed_form_is_the_machine(problem in problems(), site in sites(), pick in any::<usize>(),
        dataflow in prop::sample::select(Dataflow::ALL.to_vec())) {
        let cuts = cuts_of(&problem, &site, dataflow);
        let Some(nest) = picked(&problem, &site, dataflow, &cuts, pick) else { return Ok(()) };
        let sequence = Sequence::new(&problem, &nest);
        let moved = moves(&problem, &nest, &sequence, site.pace.buffering == Buffering::Single);
        let works = works(&problem, &site, &nest, &sequence);
        prop_assert_eq!(play(&problem, &site, &nest).walk, machine(&site, &nest, &moved, &works, 0), "{:?}", nest);
        // The buffers hold what the machine had on chip at its fullest; sums only where they meet there.
        let needs = nest.needs(&problem, &site);
        prop_assert!(moved.peaks[0] <= needs[0], "{:?} {:?} {:?}", moved.peaks, needs, nest);
        prop_assert!(moved.peaks[1] <= needs[1], "{:?} {:?} {:?}", moved.peaks, needs, nest);
        if nest.sums_meet(&problem, site.rows) {
            prop_assert!(moved.peaks[2] <= needs[2], "{:?} {:?} {:?}", moved.peaks, needs, nest);
        }
        let [ifmap, filter, results, sums] = nest.traffic(&problem);
        let bytes = ifmap + filter + results + 2 * sums + problem.added_from_dram;
        // Shares of a tile are rounded up to bytes.
        prop_assert!(moved.bytes >= bytes && moved.bytes <= bytes + 3 * works.len() as u64, "{} {}", moved.bytes, bytes);
    }

    #[test]
    fn weights_fetched_ahead_come_when_the_machine_has_them(one in problems(), other in problems(), site in sites(),
        picks in prop::array::uniform2(any::<usize>()), dataflow in prop::sample::select(Dataflow::ALL.to_vec())) {
        let problems = [one, other];
        let cuts = problems.each_ref().map(|problem| cuts_of(problem, &site, dataflow));
        let nest = |i: usize| picked(&problems[i], &site, dataflow, &cuts[i], picks[i]);
        let (Some(one), Some(other)) = (nest(0), nest(1)) else { return Ok(()) };
        let nests = [&one, &other];
        let played = [0, 1].map(|i| play(&problems[i], &site, nests[i]));
        let ends = [0, 1].map(|i| nests[i].cuts.map(|cut| [cut.positions[0].here, cut.positions[cut.positions.len() - 1].here]));
        let loads = nests[1].loads(&problems[1], ends[1].map(|[first, _]| first));
        let first = FirstLoad { filter: loads[1], bytes: loads.iter().sum(), cycles: played[1].first_load };
        let [_, n, k] = ends[0].map(|[_, last]| last.length);
        let filter = if problems[0].filter_from_dram { n * k } else { 0 };
        let bytes = site.room.beside(nests[0].needs(&problems[0], &site), filter);
        let ahead = Spare::new(played[0].spare, bytes).fetch(&first, &site.pace);
        // What came early has room beside the weights of the last tile.
        let holds = match site.room {
            Room::Apart { filter: all, .. } => filter + ahead.bytes <= all,
            // Ifmap and sums have their shares, too, all in whole granules.
            Room::Shared { bytes, granule, ofmap } => {
                let [ifmap, _, sums] = nests[0].needs(&problems[0], &site);
                let shares = [ifmap, filter, ahead.bytes, if ofmap.is_none() { sums } else { 0 }];
                shares.into_iter().map(|share| share.next_multiple_of(granule)).sum::<u64>() <= bytes
            }
        };
        prop_assert!(ahead.bytes == 0 || holds);
        let of = |i: usize| {
            let sequence = Sequence::new(&problems[i], nests[i]);
            let moved = moves(&problems[i], nests[i], &sequence, site.pace.buffering == Buffering::Single);
            (moved, works(&problems[i], &site, nests[i], &sequence))
        };
        let ((one, one_works), (mut other, other_works)) = (of(0), of(1));
        other.loads[0] -= ahead.bytes;
        let both = machine(&site, nests[0], &one, &one_works, ahead.bytes) + machine(&site, nests[1], &other, &other_works, 0);
        prop_assert_eq!(played[0].walk + played[1].walk - ahead.hidden, both, "{:?} {:?}", nests, ahead);
    }

    #[test]
    fn the_search_finds_what_brute_force_finds(problem in problems(), site in sites(),
        dataflow in prop::sample::select(Dataflow::ALL.to_vec())) {
        let cuts = cuts_of(&problem, &site, dataflow);
        let bytes = |nest: &Nest<'_>| {
            let [ifmap, filter, results, sums] = nest.traffic(&problem);
            ifmap + filter + results + 2 * sums + problem.added_from_dram
        };
        let all = every_nest(&problem, &site, dataflow, &cuts);
        let brute = all.map(|nest| (play(&problem, &site, &nest).cycles(), bytes(&nest))).min();
        prop_assert_eq!(best_nest(&problem, &site, dataflow, None).map(|found| found.key()), brute);
    }

    #[test]
    fn more_memory_and_a_faster_bus_never_cost(problem in problems(), site in sites(), more in 0u64..5000,
        faster in 1.0f64..4.0, dataflow in prop::sample::select(Dataflow::ALL.to_vec())) {
        let time = |site: &Site| best_nest(&problem, site, dataflow, None).map(|found| found.key());
        let room = match site.room {
            Room::Apart { ifmap, filter, ofmap } => Room::Apart { ifmap: ifmap + more, filter: filter + more / 2, ofmap: ofmap + more },
            Room::Shared { bytes, granule, ofmap } => Room::Shared { bytes: bytes + more, granule, ofmap },
        };
        let Some(before) = time(&site) else { return Ok(()) };
        let larger = time(&Site { room, ..site }).unwrap();
        prop_assert!(larger <= before, "{:?} {:?}", larger, before);
        let pace = Pace { bytes_per_cycle: site.pace.bytes_per_cycle * faster, ..site.pace };
        let quick = time(&Site { pace, ..site }).unwrap();
        prop_assert!(quick.0 <= before.0);
        if let Room::Shared { bytes, granule, ofmap } = site.room {
            let finer = Room::Shared { bytes, granule: 1, ofmap };
            prop_assert!(time(&Site { room: finer, ..site }).unwrap() <= before, "{granule}");
        }
    }
}

/// Settings of a random machine, of memories and bus above all.
fn settings() -> impl Strategy<Value = Vec<String>> {
    let array = (2u64..20, 2u64..20, prop::sample::select(vec!["os", "ws", "is", "best"]));
    let overlap = prop::sample::select(vec!["none", "global-swap", "double-buffered"]);
    let memory = (prop::array::uniform3(2u64..64), 1u64..40, prop::sample::select(vec!["spill", "split"]));
    (array, overlap, memory, any::<bool>(), any::<bool>(), 1u64..20).prop_map(
        |((rows, cols, dataflow), overlap, (kib, rate, accumulator), fused, trimmed, lanes)| {
            vec![
                format!("array.rows={rows}"),
                format!("array.cols={cols}"),
                format!("array.dataflow={dataflow}"),
                format!("array.fold_overlap={overlap}"),
                format!("array.edge_folds={}", if trimmed { "trimmed" } else { "full" }),
                format!("memory.ifmap={} KiB", kib[0]),
                format!("memory.filter={} KiB", kib[1]),
                format!("memory.ofmap={} KiB", kib[2]),
                format!("memory.accumulator={accumulator}"),
                format!("dram.bandwidth={}00 MB/s", rate),
                format!("vector.fused={fused}"),
                format!("vector.lanes={lanes}"),
            ]
        },
    )
}

/// Cycles of the plain network without anything fetched ahead: schedules are chosen for that, and the laws are its.
fn choice(network: &Segments, settings: &[String], more: &[&str]) -> u64 {
    let more: Vec<&str> = more.iter().copied().chain(["memory.prefetch=none"]).collect();
    plain(network, settings, &more)
}

/// Cycles of the plain network.
fn plain(network: &Segments, settings: &[String], more: &[&str]) -> u64 {
    let all: Vec<String> = settings.iter().cloned().chain(more.iter().map(|&more| more.to_owned())).collect();
    let arch = arch_with(&all).unwrap_or_else(|faults| panic!("{faults}"));
    let table = path_table(network, &arch.machine, &vec![false; network.heads()], false);
    table.segments.iter().map(|segment| segment.full().total().cycles.total()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_best_schedule_is_never_slower_than_the_fixed_one(network in network(), settings in settings()) {
        let best = plain(&network, &settings, &["memory.schedule=best", "memory.prefetch=none"]);
        let ahead = plain(&network, &settings, &["memory.schedule=best"]);
        prop_assert!(ahead <= best, "{ahead} {best}");
        // The fixed order takes a map for being on chip by what is read of it, in random networks another than was made.
        let fixed = plain(&network, &settings, &["memory.schedule=fixed", "memory.residency=none"]);
        prop_assert!(best <= fixed, "{best} {fixed}");
    }

    #[test]
    fn the_thriftiest_schedule_takes_the_least_energy(network in network(), settings in settings()) {
        let energy = |schedule: &str, residency: &str| {
            let more = [format!("memory.schedule={schedule}"), "memory.prefetch=none".to_owned(), format!("memory.residency={residency}")];
            let all: Vec<String> = settings.iter().cloned().chain(more).collect();
            let arch = arch_with(&all).unwrap_or_else(|faults| panic!("{faults}"));
            let table = path_table(&network, &arch.machine, &vec![false; network.heads()], false);
            let all = table.segments.iter().map(|segment| segment.full().total()).sum();
            let unit = UnitSize { heads: 0, ..UnitSize::of_default_bits(0, 2) };
            prices(&arch, unit).energy(&all).total().0
        };
        let thrifty = energy("energy", "fit");
        // The fixed order takes a map for being on chip by what is read of it, in random networks another than was made.
        for (name, residency) in [("best", "fit"), ("fixed", "none")] {
            let other = energy(name, residency);
            prop_assert!(thrifty <= other * (1.0 + 1e-9), "{name}: {thrifty} {other}");
        }
    }

    #[test]
    fn weights_fetched_ahead_cost_no_sample_a_cycle(network in network(), settings in settings(), fold in any::<bool>(),
        speculative in any::<bool>()) {
        let table = |more: &[&str]| {
            let speculation = if speculative { "exclusion.overlap=speculative" } else { "exclusion.overlap=blocking" };
            let squash = if fold { "exclusion.squash=fold" } else { "exclusion.squash=immediate" };
            let all = settings.iter().map(String::as_str).chain([speculation, squash]).chain(more.iter().copied());
            let arch = arch_with(&all.map(str::to_owned).collect::<Vec<_>>()).unwrap_or_else(|faults| panic!("{faults}"));
            path_table(&network, &arch.machine, &vec![true; network.heads()], false)
        };
        let (bet, wait, none) = (table(&["exclusion.prefetch=bet"]), table(&["exclusion.prefetch=wait"]), table(&["memory.prefetch=none"]));
        // Whatever head a sample leaves at: the whole path there.
        for end in 0..=network.heads() {
            let path = |table: &exclusim::time::PathTable, taken: fn(&exclusim::time::SegmentTime, bool) -> Tally| -> Tally {
                (0..=end).map(|s| taken(&table.segments[s], s == end && end < network.heads())).sum()
            };
            let waits = |segment: &exclusim::time::SegmentTime, leaves: bool| segment.entered_by(usize::MAX, leaves).total();
            let [bets, waited, without] = [&bet, &wait, &none].map(|table| path(table, waits));
            prop_assert!(bets.cycles.total() <= waited.cycles.total(), "{bets:?} {waited:?}");
            prop_assert!(waited.cycles.total() <= without.cycles.total(), "{waited:?} {without:?}");
            prop_assert_eq!(waited.actions, without.actions);
            // In vain are bytes that the next products would have used.
            let vain = bets.actions[Action::DramRead] - waited.actions[Action::DramRead];
            let next = bet.steps().map(|(_, timing)| timing.first_load.filter).max().unwrap_or(0);
            prop_assert!(vain <= next, "{vain} {next}");
            let as_configured = |segment: &exclusim::time::SegmentTime, leaves: bool| segment.taken_by(usize::MAX, leaves).total();
            let [bets, waited] = [&bet, &wait].map(|table| path(table, as_configured));
            prop_assert!(bets.cycles.total() <= waited.cycles.total(), "{bets:?} {waited:?}");
        }
    }

    #[test]
    fn keeping_maps_or_weights_on_chip_never_loses(network in network(), settings in settings()) {
        let fit = choice(&network, &settings, &["memory.residency=fit"]);
        let none = choice(&network, &settings, &["memory.residency=none"]);
        prop_assert!(fit <= none, "{fit} {none}");
        // Weights that stay: those of heads beside a backbone that streams, and all of them, where they leave room.
        let all = |more: &[&str]| {
            let all: Vec<String> = settings.iter().cloned().chain(more.iter().map(|&more| more.to_owned())).collect();
            let arch = arch_with(&all).unwrap_or_else(|faults| panic!("{faults}"));
            let table = path_table(&network, &arch.machine, &vec![true; network.heads()], false);
            let cycles: u64 = table.segments.iter().map(|segment| segment.full().total().cycles.total()).sum();
            (cycles, exclusim::time::resident_bytes(&network, &arch.machine.memory) * 2 <= arch.machine.memory.filter.0)
        };
        let (streamed, _) = all(&["memory.prefetch=none"]);
        for stays in [&["memory.head_weights=resident"][..], &["memory.head_weights=resident", "memory.weights=resident"]] {
            let (stayed, fits) = all(&[&["memory.prefetch=none"], stays].concat());
            prop_assert!(!fits || stayed <= streamed, "{stays:?} {stayed} {streamed}");
        }
    }

    #[test]
    fn a_larger_machine_memory_never_costs(network in network(), settings in settings(), more in 1u64..64) {
        let small = choice(&network, &settings, &[]);
        let larger = ["ifmap", "filter", "ofmap"].map(|pad| format!("memory.{pad}={} KiB", 64 + more));
        let large = choice(&network, &settings, &larger.each_ref().map(String::as_str));
        prop_assert!(large <= small, "{large} {small}");
        // With weights fetched ahead it costs at most what they had hidden in the smaller one.
        let ahead = plain(&network, &settings, &larger.each_ref().map(String::as_str));
        prop_assert!(ahead <= small, "{ahead} {small}");
    }

    #[test]
    fn a_choice_of_dataflow_never_loses_to_one(network in network(), settings in settings()) {
        let best = choice(&network, &settings, &["array.dataflow=best", "array.fc_dataflow=best"]);
        for one in ["os", "ws", "is"] {
            let only = [format!("array.dataflow={one}"), format!("array.fc_dataflow={one}")];
            let only = choice(&network, &settings, &only.each_ref().map(String::as_str));
            prop_assert!(best <= only, "{best} {one} {only}");
        }
    }
}

/// The layers of `docs/model/schedules.md`, "Three layers by hand".
#[test]
fn three_layers_take_what_they_take_by_hand() {
    let settings = [
        "clock=100 MHz",
        "array.rows=8",
        "array.cols=8",
        "array.dataflow=ws",
        "array.fold_overlap=double-buffered",
        "memory.ifmap=1 KiB",
        "memory.filter=512 B",
        "memory.ofmap=4 KiB",
        "memory.residency=none",
        "dram.bandwidth=200 MB/s",
        "dram.efficiency=1.0",
        "dram.latency=40 ns",
        "vector.lanes=64",
        "control.layer_setup=0",
    ];
    let arch = arch_with(&settings.map(str::to_owned)).unwrap();
    let gemms = "Layer, M, N, K,\none, 64, 8, 16,\ntwo, 32, 16, 32,\n";
    let conv = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n\
                conv, 10, 10, 3, 3, 8, 8, 1,\n";
    let cycles: Vec<u64> = [gemms, conv]
        .iter()
        .flat_map(|text| {
            let network = import("by hand", "by-hand.csv", text, OutputSize::Floor).unwrap().segments;
            let table = path_table(&network, &arch.machine, &[false; 0], false);
            table.steps().map(|(_, timing)| timing.tally.cycles.total()).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(cycles, [836, 1028, 1039]);
}

/// The table of `docs/model/schedules.md`, "Bounds": what the array waits beyond what the bandwidth demands, layer by layer.
#[test]
fn presets_hardly_wait_beyond_their_bandwidth() {
    for workload in ["vgg-mini-fashion", "resnet20-glyph94", "vgg-small-cifar10"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads").join(workload);
        let network = exclusim::load::workload(folder, &exclusim::load::Silent).unwrap().segments;
        for preset in [
            "edge-16x16",
            "gemmini-16x16",
            "datacenter-128x128",
            "tpu-v1",
            "kria-dpu-sized",
            "pynq-z2-8x8",
            "zcu104-16x16",
        ] {
            let machine = crate::common::preset(preset, &[]).unwrap().machine;
            let table = path_table(&network, &machine, &vec![true; network.heads()], false);
            let (mut beyond, mut all) = (0, 0);
            for (_, timing) in table.steps() {
                let cycles = &timing.tally.cycles;
                let works =
                    cycles.total() - cycles[Cause::Stall] - cycles[Cause::Setup] - cycles[Cause::Vector];
                let demanded = timing.bus_cycles(&machine).saturating_sub(works);
                beyond += cycles[Cause::Stall].saturating_sub(demanded);
                all += cycles.total();
            }
            assert!(beyond * 100 <= all * 3, "{workload} on {preset}: {beyond} of {all}");
        }
    }
}
