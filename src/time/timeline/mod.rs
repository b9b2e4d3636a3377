//! What a machine does cycle by cycle while one sample takes its path: the same cycles that [`super::PathTable`] sums up, in
//! their places.
//!
//! Every cycle of the path has one cause on [`Track::Array`], as in the table, so the lengths on this track sum to the path's
//! cycles. The other tracks show what else is at work then. Their places are the model's: a tile's loads and stores cross the
//! bus from the start of the tile before; results reach the vector unit up to the end of their layer, as late as what it has
//! to do allows; weights that are fetched ahead come as late as they may.

mod draw;
mod steps;
mod tiles;

use std::sync::Arc;

use super::path::{Deciders, PathTable};
use crate::count::Cause;
use crate::machine::Machine;
use crate::names::closed_set;
use crate::network::segment::Segments;
pub(super) use tiles::{Tile, TileFold, Tiles};

closed_set! {
    /// A row of a timeline, on which nothing overlaps.
    pub enum Track {
        /// Layers and decisions.
        Layers = "layers",
        /// Tiles of the products on the array; in the fixed order, folds.
        Tiles = "tiles",
        /// Why each cycle passes, as [`Cause`] has it: the lengths sum to the path's cycles.
        Array = "array",
        /// What crosses the DRAM bus.
        Bus = "DRAM bus",
        /// The vector unit's work, also where it costs no cycle.
        Vector = "vector unit",
        /// Decisions with their control, and products on an engine of the heads' own.
        Exclusion = "exclusion unit",
        /// Setting up layers.
        Control = "control",
    }
}

closed_set! {
    /// What crosses the DRAM bus.
    pub enum Transfer {
        /// Activations for the array or the vector unit.
        Ifmap = "load ifmap",
        /// Weights.
        Filter = "load weights",
        /// Partial sums that come back.
        SumsIn = "load sums",
        /// A map that is added to the result.
        Added = "load added map",
        /// Results.
        Ofmap = "store results",
        /// Partial sums that do not fit.
        SumsOut = "store sums",
        /// Weights of the next product, fetched ahead.
        Prefetch = "prefetch weights",
        /// The same across a head that is undecided.
        Bet = "bet on weights",
        /// A bet on a sample that left.
        Lost = "bet, lost",
    }
}

closed_set! {
    /// What is counted along a timeline.
    pub enum Gauge {
        /// Bytes of activations on chip: what the schedule of the layer needs, and maps that wait.
        Ifmap = "ifmap bytes on chip",
        /// Bytes of weights on chip: what the schedule of the layer needs, and resident ones.
        Filter = "weight bytes on chip",
        /// Bytes of sums on chip.
        Ofmap = "sum bytes on chip",
        /// Classes that survive.
        Survivors = "survivors",
    }
}

/// What a slice shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// A layer, pooling or decision.
    Layer,
    /// A tile.
    Tile {
        /// Elements along M, N, K.
        extent: [u64; 3],
    },
    /// A cycle's cause; on other tracks than the array's, what its own unit does.
    Cause(Cause),
    /// Bytes over the bus.
    Transfer {
        /// Which.
        what: Transfer,
        /// How many.
        bytes: u64,
    },
}

/// A stretch of time on a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Where.
    pub track: Track,
    /// What.
    pub doing: Doing,
    /// First cycle, from 0.
    pub start: u64,
    /// How many.
    pub cycles: u64,
    /// The entry of [`Timeline::layers`] that it belongs to.
    pub layer: usize,
}

/// A gauge from a cycle on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Which.
    pub gauge: Gauge,
    /// From when on.
    pub cycle: u64,
    /// How much.
    pub value: u64,
}

/// One path from its first cycle to its last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Cycles in all.
    pub cycles: u64,
    /// Names of layers and decisions in the order they run.
    pub layers: Vec<Arc<str>>,
    /// Slices, in order on every track.
    pub slices: Vec<Slice>,
    /// Levels in order.
    pub levels: Vec<Level>,
    /// Layers with too many tiles to show, by their places in `layers`: they are shown by cause as a whole.
    pub coarse: Vec<usize>,
}

impl Timeline {
    /// The slices of a track.
    pub fn on(&self, track: Track) -> impl Iterator<Item = &Slice> {
        self.slices.iter().filter(move |slice| slice.track == track)
    }
}

/// How finely a timeline is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Tiles of a layer up to which each is shown; above, the layer is shown by cause.
    pub most_tiles: u64,
    /// Whether folds are told apart inside tiles.
    pub folds: bool,
}

impl Detail {
    /// Layers by cause, no tiles.
    pub const LAYERS: Self = Self { most_tiles: 0, folds: false };
}

/// One segment of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passing {
    /// Classes alive on entry.
    pub entering: usize,
    /// Classes alive behind its head; as many as entered where none runs.
    pub left: usize,
    /// Whether the sample leaves at its head.
    pub leaves: bool,
}

/// Draws the paths of one network on one machine.
pub struct Timelines<'a> {
    network: &'a Segments,
    machine: Machine,
    deciders: Deciders<'a>,
    table: &'a PathTable,
    compact: bool,
    plan: Option<super::homes::Plan>,
}

impl<'a> Timelines<'a> {
    /// Of what [`super::path_table`] made of the same.
    #[must_use]
    pub fn new(
        network: &'a Segments,
        machine: &Machine,
        deciders: Deciders<'a>,
        table: &'a PathTable,
        compact: bool,
    ) -> Self {
        let machine = super::resident::kept(network, machine);
        let room = super::step::free_room(network, &machine);
        let plan = super::homes::planned(network, &machine, room);
        Self { network, machine, deciders, table, compact, plan }
    }

    /// The timeline of a path: one [`Passing`] per segment that is run.
    #[must_use]
    pub fn of(&self, path: &[Passing], detail: Detail) -> Timeline {
        draw::timeline(self, path, detail)
    }
}
