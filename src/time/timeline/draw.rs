//! A timeline drawn step by step: each step of a path in its place, then the decision behind it.

use super::steps::{TimedStep, steps_along};
use super::tiles::{Tile, Tiles};
use super::{Detail, Doing, Gauge, Level, Passing, Slice, Timeline, Timelines, Track, Transfer};
use crate::count::{Action, Cause, PerCause, Tally};
use crate::machine::Buffering;
use crate::network::segment::{Part, Work};
use crate::time::decision::decision;
use crate::time::memory::pace;
use crate::time::parts::Parts;
use crate::time::step::StepTiming;
use crate::time::walk::Pace;
use crate::units::count;

/// The pen.
struct Drawing {
    timeline: Timeline,
    pace: Pace,
    lanes: u64,
    /// The cycle that is drawn next.
    now: u64,
    /// Until when other tracks are taken.
    bus: u64,
    vector: u64,
    exclusion: u64,
    /// What the heads of this segment may still take of the array, where a step of theirs may be hidden.
    budget: PerCause<u64>,
    /// Whether a head has run since the last product of the backbone.
    behind_head: bool,
    layer: usize,
}

/// Draws a path.
pub(super) fn timeline(lines: &Timelines<'_>, path: &[Passing], detail: Detail) -> Timeline {
    let machine = &lines.machine;
    let mut drawing = Drawing {
        timeline: Timeline::default(),
        pace: pace(machine),
        lanes: machine.vector.lanes,
        now: 0,
        bus: 0,
        vector: 0,
        exclusion: 0,
        budget: PerCause::default(),
        behind_head: false,
        layer: 0,
    };
    let resident = lines.table.resident;
    drawing.level(Gauge::Survivors, count(lines.network.classes));
    for (s, (steps, passing)) in steps_along(lines, path, detail).iter().zip(path).enumerate() {
        let taken = lines.table.segments[s].taken_by(passing.entering, passing.leaves);
        drawing.budget = taken.heads.cycles;
        let head_from = drawing.bus;
        for step in steps {
            drawing.step(step, machine, resident);
        }
        if lines.deciders.on.get(s).copied().unwrap_or(false) {
            let alive = if lines.compact { passing.entering } else { lines.network.classes };
            let decided = decision(machine, lines.deciders.rule, count(alive), count(lines.network.classes))
                .times(lines.network.batch);
            drawing.decide(s, &decided, passing);
        }
        drawing.rest(s, &taken, head_from, passing);
    }
    drawing.timeline.cycles = drawing.now;
    drawing.timeline.slices.sort_by_key(|slice| (slice.track as usize, slice.start));
    drawing.timeline
}

impl Drawing {
    fn slice(&mut self, track: Track, doing: Doing, start: u64, cycles: u64) {
        // A fast bus moves some bytes in no whole cycle: they are moved all the same.
        if cycles > 0 || track == Track::Bus {
            self.timeline.slices.push(Slice { track, doing, start, cycles, layer: self.layer });
        }
    }

    fn level(&mut self, gauge: Gauge, value: u64) {
        let before = self.timeline.levels.iter().rev().find(|level| level.gauge == gauge);
        if before.is_none_or(|level| level.value != value) {
            self.timeline.levels.push(Level { gauge, cycle: self.now, value });
        }
    }

    /// Lets the array's track go on by some cycles of a cause.
    fn pass(&mut self, cause: Cause, cycles: u64) {
        self.slice(Track::Array, Doing::Cause(cause), self.now, cycles);
        self.now += cycles;
    }

    fn begin(&mut self, name: std::sync::Arc<str>) -> u64 {
        self.layer = self.timeline.layers.len();
        self.timeline.layers.push(name);
        self.now
    }

    /// One step.
    fn step(&mut self, timed: &TimedStep<'_>, machine: &crate::machine::Machine, resident: u64) {
        let TimedStep { step, timing, tiles, needs, maps } = timed;
        let start = self.begin(step.name.clone());
        let of_head = matches!(step.part, Part::Head(_));
        let cycles = self.allowed(of_head, &timing.tally.cycles);
        if cycles.total() < timing.tally.cycles.total() {
            // It is hidden behind what the array goes on with: only its own unit shows it.
            let from = self.exclusion.max(self.now);
            let all = timing.tally.cycles.total();
            self.slice(Track::Exclusion, Doing::Cause(Cause::Engine), from, all);
            self.exclusion = from + all;
        }
        if timing.gemm.is_some() && timing.dataflow.is_some() {
            let [ifmap, filter, ofmap] = *needs;
            self.level(Gauge::Ifmap, ifmap + maps);
            self.level(Gauge::Filter, filter + resident);
            self.level(Gauge::Ofmap, ofmap);
            self.slice(Track::Control, Doing::Cause(Cause::Setup), self.now, cycles[Cause::Setup]);
            self.pass(Cause::Setup, cycles[Cause::Setup]);
            let work = timing.gemm.map_or(0, |gemm| gemm.outputs()).div_ceil(self.lanes);
            self.first_load(timed, machine);
            match tiles {
                Some(tiles) => self.tiles(tiles),
                None => self.whole(timed, &cycles),
            }
            self.requantize(work, cycles[Cause::Vector], start);
            self.behind_head = of_head;
        } else if let Work::Vector { elements, .. } = step.work {
            let from = self.now;
            self.requantize(elements.div_ceil(self.lanes), cycles[Cause::Vector], self.vector);
            self.pass(Cause::Stall, cycles[Cause::Stall]);
            let (read, stored) = (timing.traffic.dram_ifmap, timing.traffic.dram_ofmap);
            self.bytes_until(from, &[(Transfer::Ifmap, read), (Transfer::Ofmap, stored)], self.now);
        } else {
            self.off_array(timing, &cycles);
        }
        self.slice(Track::Layers, Doing::Layer, start, self.now - start);
    }

    /// A head's product on its engine, or on the lanes of the vector unit.
    fn off_array(&mut self, timing: &StepTiming, cycles: &PerCause<u64>) {
        self.slice(Track::Control, Doing::Cause(Cause::Setup), self.now, cycles[Cause::Setup]);
        self.pass(Cause::Setup, cycles[Cause::Setup]);
        let from = self.now;
        self.pass(Cause::Stall, cycles[Cause::Stall]);
        self.slice(Track::Exclusion, Doing::Cause(Cause::Engine), self.now, cycles[Cause::Engine]);
        self.exclusion = self.exclusion.max(self.now + cycles[Cause::Engine]);
        self.pass(Cause::Engine, cycles[Cause::Engine]);
        self.requantize(cycles[Cause::Vector], cycles[Cause::Vector], self.vector);
        let traffic = &timing.traffic;
        let bytes = [
            (Transfer::Filter, traffic.dram_filter),
            (Transfer::Ifmap, traffic.dram_ifmap),
            (Transfer::Ofmap, traffic.dram_ofmap),
        ];
        self.bytes_until(from, &bytes, self.now);
    }

    /// What of a step's cycles the array's track shows: all of them, but of a head's no more than are left of its share.
    fn allowed(&mut self, of_head: bool, cycles: &PerCause<u64>) -> PerCause<u64> {
        if !of_head {
            return *cycles;
        }
        let shown = PerCause::of(|cause| cycles[cause].min(self.budget[cause]));
        self.budget = PerCause::of(|cause| self.budget[cause] - shown[cause]);
        shown
    }

    /// What is fetched before the first tile: what was fetched ahead in its place, the rest while the array waits.
    fn first_load(&mut self, timed: &TimedStep<'_>, machine: &crate::machine::Machine) {
        let (first, ahead) = (&timed.timing.first_load, &timed.timing.ahead);
        let stall = first.cycles - ahead.hidden;
        if ahead.arrived > 0 {
            let length = self.pace.transfer(ahead.arrived);
            let from = self.bus.max(self.now.saturating_sub(length + machine.control.layer_setup));
            let what = if self.behind_head { Transfer::Bet } else { Transfer::Prefetch };
            let until = (from + length).min(self.now.max(from));
            self.transfer(what, ahead.arrived, from, until);
        }
        let [ifmap, filter, sums, added] = timed
            .tiles
            .as_ref()
            .map_or([first.bytes - first.filter, first.filter, 0, 0], |tiles| tiles.first);
        let loads = [
            (Transfer::Filter, filter.saturating_sub(ahead.arrived)),
            (Transfer::Ifmap, ifmap),
            (Transfer::SumsIn, sums),
            (Transfer::Added, added),
        ];
        self.bytes_until(self.now, &loads, self.now + stall);
        self.pass(Cause::Stall, stall);
    }

    /// All tiles of a product, one after the other.
    fn tiles(&mut self, tiles: &Tiles) {
        let total = tiles.count();
        // Where the bus takes longer than the last tile, less of what is charged with that tile can pass before the first.
        let (_, end) = tiles.runs.last().cloned().unwrap_or_default();
        let bus = if self.single() { 0 } else { self.pace.transfer(end.stores.iter().sum()) };
        let spare = end.busy().saturating_sub(bus) / tiles.slow;
        let front = tiles.front.min(spare);
        self.pass(tiles.moving, front);
        self.pass(Cause::Stall, (tiles.slow - 1) * front);
        let mut done = 0;
        for (many, tile) in &tiles.runs {
            for _ in 0..*many {
                done += 1;
                self.tile(tile, tiles.moving, if done == total { [front, tiles.slow] } else { [0, 1] });
            }
        }
        let length = self.pace.transfer(tiles.last.iter().sum());
        let [results, sums] = tiles.last;
        let stores = [(Transfer::Ofmap, results), (Transfer::SumsOut, sums)];
        self.bytes_until(self.now, &stores, self.now + length);
        self.pass(Cause::Stall, length);
    }

    /// One tile, of whose shifting so much has passed before the first tile, at so many cycles a step.
    fn tile(&mut self, tile: &Tile, moving: Cause, [front, slow]: [u64; 2]) {
        let start = self.now;
        let [loads, stores] = [tile.loads.iter().sum(), tile.stores.iter().sum()];
        let [load, store] = [loads, stores].map(|bytes: u64| self.pace.transfer(bytes));
        let wait = self.pace.together(tile.busy(), load + store) - tile.busy();
        let (mut stream, mut skew, mut shift) = (tile.stream, tile.skew, tile.shift - front);
        // Of a single fold there is nothing to tell apart; without folds there are none.
        for fold in &tile.folds {
            for (cause, cycles, left) in [
                (Cause::Stream, fold.stream, &mut stream),
                (Cause::Skew, fold.skew, &mut skew),
                (moving, fold.shift, &mut shift),
            ] {
                let cycles = cycles.min(*left);
                *left -= cycles;
                self.pass(cause, cycles);
            }
        }
        for (cause, cycles) in [(Cause::Stream, stream), (Cause::Skew, skew), (moving, shift)] {
            self.pass(cause, cycles);
        }
        self.pass(Cause::Stall, tile.slow - (slow - 1) * front + wait);
        let from = if self.single() { self.now - wait } else { start };
        let [ifmap, filter, sums, added] = tile.loads;
        let coming = [
            (Transfer::Ifmap, ifmap),
            (Transfer::Filter, filter),
            (Transfer::SumsIn, sums),
            (Transfer::Added, added),
        ];
        let mut at = from;
        for (what, bytes) in coming {
            at = self.part(what, bytes, loads, load, at);
        }
        at = from + load;
        for (what, bytes) in [(Transfer::Ofmap, tile.stores[0]), (Transfer::SumsOut, tile.stores[1])] {
            at = self.part(what, bytes, stores, store, at);
        }
        let leaving = self.pace.transfer(tile.leaves);
        self.bytes_until(self.now, &[(Transfer::Ofmap, tile.leaves)], self.now + leaving);
        self.pass(Cause::Stall, leaving);
        self.slice(Track::Tiles, Doing::Tile { extent: tile.extent }, start, self.now - start);
    }

    fn single(&self) -> bool {
        self.pace.buffering == Buffering::Single
    }

    /// A product as a whole, by cause.
    fn whole(&mut self, timed: &TimedStep<'_>, cycles: &PerCause<u64>) {
        let timing = &timed.timing;
        self.timeline.coarse.push(self.layer);
        let first = timing.first_load.cycles - timing.ahead.hidden;
        let from = self.now;
        for cause in [Cause::Preload, Cause::Stream, Cause::Skew, Cause::Drain] {
            self.pass(cause, cycles[cause]);
        }
        self.pass(Cause::Stall, cycles[Cause::Stall].saturating_sub(first));
        let traffic = &timing.traffic;
        let moved = [
            (
                Transfer::Ifmap,
                traffic.dram_ifmap.saturating_sub(timing.first_load.bytes - timing.first_load.filter),
            ),
            (Transfer::Filter, traffic.dram_filter.saturating_sub(timing.first_load.filter)),
            (Transfer::SumsIn, traffic.dram_psum_reads),
            (Transfer::Ofmap, traffic.dram_ofmap),
            (Transfer::SumsOut, traffic.dram_psum_writes),
        ];
        self.bytes_until(from, &moved, self.now);
    }

    /// The vector unit's work on what the array has made, of which so many cycles come after it.
    fn requantize(&mut self, work: u64, exposed: u64, not_before: u64) {
        let end = self.now + exposed;
        let from = self.vector.max(not_before).max(end.saturating_sub(work)).min(end);
        self.slice(Track::Vector, Doing::Cause(Cause::Vector), from, end - from);
        self.vector = end;
        self.pass(Cause::Vector, exposed);
    }

    /// One kind of bytes over the bus.
    fn transfer(&mut self, what: Transfer, bytes: u64, from: u64, until: u64) {
        if bytes > 0 {
            let from = from.max(self.bus);
            let cycles = until.saturating_sub(from);
            self.slice(Track::Bus, Doing::Transfer { what, bytes }, from, cycles);
            self.bus = from + cycles;
        }
    }

    /// So many of `all` bytes that take `length` cycles together, from `at` on; gives where the next begin.
    fn part(&mut self, what: Transfer, bytes: u64, all: u64, length: u64, at: u64) -> u64 {
        if bytes == 0 {
            return at;
        }
        let cycles =
            u64::try_from(u128::from(length) * u128::from(bytes) / u128::from(all.max(1))).unwrap_or(length);
        self.transfer(what, bytes, at, at + cycles);
        at + cycles
    }

    /// Several kinds one after the other, as late as they may to end at `end`, and none before `from`.
    fn bytes_until(&mut self, from: u64, kinds: &[(Transfer, u64)], end: u64) {
        let all: u64 = kinds.iter().map(|(_, bytes)| bytes).sum();
        let length = self.pace.transfer(all).min(end.saturating_sub(from));
        let mut at = end - length;
        for (what, bytes) in kinds {
            at = self.part(*what, *bytes, all, length, at);
        }
    }

    /// A decision.
    fn decide(&mut self, s: usize, decided: &Tally, passing: &Passing) {
        let start = self.begin(format!("exit{}/decision", s + 1).into());
        let cycles = decided.cycles[Cause::Unit];
        let shown = cycles.min(self.budget[Cause::Unit]);
        let from = self.exclusion.max(self.now);
        self.slice(Track::Exclusion, Doing::Cause(Cause::Unit), from, cycles);
        self.exclusion = from + cycles;
        self.budget[Cause::Unit] -= shown;
        self.pass(Cause::Unit, shown);
        self.slice(Track::Layers, Doing::Layer, start, self.now - start);
        self.level(Gauge::Survivors, count(passing.left));
    }

    /// What is left of a head's share: waiting for what was not fetched across it or for a decision; and what was in vain.
    fn rest(&mut self, s: usize, taken: &Parts, head_from: u64, passing: &Passing) {
        let left = self.budget;
        if left.total() > 0 {
            let start = self.begin(format!("exit{}/wait", s + 1).into());
            for (cause, cycles) in left.iter() {
                self.pass(cause, *cycles);
            }
            self.slice(Track::Layers, Doing::Layer, start, self.now - start);
        }
        if !passing.leaves {
            return;
        }
        let lost = taken.wasted.actions[Action::DramRead];
        let length = self.pace.transfer(lost);
        let from = self.bus.max(head_from).max(self.now.saturating_sub(length));
        self.transfer(Transfer::Lost, lost, from, self.now.min(from + length));
        if taken.wasted.cycles.total() > 0 {
            let start = self.begin(format!("exit{}/in-vain", s + 1).into());
            for (cause, cycles) in taken.wasted.cycles.iter() {
                self.pass(cause, *cycles);
            }
            self.slice(Track::Layers, Doing::Layer, start, self.now - start);
        }
    }
}
