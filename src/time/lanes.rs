//! A head's product on the lanes of the vector unit: one class after the other, as many features per cycle as there are lanes.
//!
//! Each step reads a word of features from the ifmap scratchpad and the weights that belong to them from the filter scratchpad;
//! a tree of adders and an accumulator behind it gather the steps of a sum, and the sum is requantized by a lane
//! ([`crate::machine::LaneTree`]). Sums never leave the lanes. Features are read anew for every class, since lanes keep no
//! vector: the other order, every class for a word of features, would have to keep a sum per class.
//!
//! Weights stream a tile ahead, a tile being one class or, where that waits less with what is fetched ahead, all of them.

use super::actions::count_traffic;
use super::homes::Home;
use super::memory::Traffic;
use super::prefetch::{Early, FirstLoad, Spare};
use super::schedule::Room;
use super::step::StepTiming;
use super::walk::Pace;
use crate::count::{Action, Cause, Tally};
use crate::machine::{Buffering, LaneTree, Machine, OPERAND_BITS, lane_steps};
use crate::shape::Gemm;

/// A product of a head, and where its operands are.
pub(super) struct OnLanes<'a> {
    pub(super) gemm: &'a Gemm,
    /// Where its features are, and where its scores go.
    pub(super) home: Home,
    /// Whether its weights come from DRAM.
    pub(super) streams: bool,
    pub(super) room: Room,
    pub(super) pace: &'a Pace,
    /// What the product before left spare.
    pub(super) spare: Option<Spare>,
}

/// How its weights come: tiles of so many classes.
#[derive(Clone, Copy)]
struct Tiles {
    /// Bytes of weights that wait or work at once.
    held: u64,
    /// Cycles that the lanes wait, when nothing was fetched ahead.
    stall: u64,
    first: FirstLoad,
    ahead: Early,
}

impl OnLanes<'_> {
    /// Its time on a machine, and what is spare beside it; that is nothing where nothing is fetched ahead.
    pub(super) fn timed(&self, machine: &Machine) -> (StepTiming, Option<Spare>) {
        let (gemm, fed, tree) =
            (self.gemm, machine.fed_multipliers(), LaneTree { lanes: machine.vector.lanes });
        let (steps, fewest) = (lane_steps(gemm, fed), lane_steps(gemm, tree.lanes));
        let tiles = self.tiles(gemm.m * gemm.k.div_ceil(fed));
        let traffic = Traffic {
            ifmap_sram: gemm.macs(),
            filter_sram: gemm.macs(),
            dram_ifmap: self.home.read,
            dram_filter: if self.streams { gemm.weights() } else { 0 },
            dram_ofmap: self.home.stored,
            ..Traffic::default()
        };
        let mut tally = Tally::default();
        tally.cycles[Cause::Setup] = machine.control.layer_setup;
        tally.cycles[Cause::Vector] = fewest + tree.latency();
        let stored = self.pace.transfer(self.home.stored);
        tally.cycles[Cause::Stall] = steps - fewest + tiles.stall - tiles.ahead.hidden + stored;
        tally.actions[Action::Mac] = gemm.macs();
        tally.actions[Action::RegisterBit] = 2 * OPERAND_BITS * gemm.macs() + steps * tree.register_bits();
        tally.actions[Action::Requantize] = gemm.outputs();
        count_traffic(&mut tally.actions, &traffic);
        tally.actions[Action::IfmapWrite] += self.home.kept;
        let fetched = traffic.dram_reads() + traffic.dram_writes();
        let busy = self.pace.arrival(fetched - tiles.ahead.bytes.min(fetched));
        let idle = tally.cycles.total().saturating_sub(busy);
        let free = self.room.beside([gemm.m * gemm.k, 0, 0], tiles.held);
        let spare =
            self.spare.map(|spare| spare.without(tiles.ahead.bytes, self.pace).longer(idle).within(free));
        let timing = StepTiming {
            tally,
            traffic,
            gemm: Some(*gemm),
            compulsory: fetched,
            first_load: tiles.first,
            ahead: tiles.ahead,
            ..StepTiming::default()
        };
        (timing, spare)
    }

    /// The better of two ways in which weights come, one class of which takes `each` cycles of work.
    fn tiles(&self, each: u64) -> Tiles {
        let gemm = self.gemm;
        let one = self.in_tiles(1, each);
        if !self.streams || !self.room.holds([gemm.m * gemm.k, gemm.weights(), 0]) {
            return one;
        }
        let all = self.in_tiles(gemm.n, each);
        let waits = |tiles: &Tiles| tiles.stall - tiles.ahead.hidden;
        if waits(&all) < waits(&one) { all } else { one }
    }

    /// Tiles of so many classes.
    ///
    /// The first is waited for, with the features where these are in DRAM; the bus then brings the others one after the other,
    /// and the last one may be waited for again: in between bus and lanes go each at its own steady pace. With single buffers
    /// every byte is waited for.
    fn in_tiles(&self, classes: u64, each: u64) -> Tiles {
        let gemm = self.gemm;
        let row = if self.streams { gemm.groups * gemm.k } else { 0 };
        let filter = row * classes;
        let first = FirstLoad {
            filter,
            bytes: self.home.read + filter,
            cycles: self.pace.arrival(self.home.read + filter),
        };
        let all = self.pace.arrival(self.home.read + row * gemm.n);
        let last = gemm.n - (gemm.n.div_ceil(classes) - 1) * classes;
        let stall = match self.pace.buffering {
            Buffering::Double => first.cycles.max(all.saturating_sub((gemm.n - last) * gemm.groups * each)),
            Buffering::Single => all,
        };
        let ahead = self.spare.map_or_else(Early::default, |spare| spare.fetch(&first, self.pace));
        let tiles = if classes < gemm.n { 2 } else { 1 };
        Tiles { held: tiles * filter, stall, first, ahead }
    }
}
