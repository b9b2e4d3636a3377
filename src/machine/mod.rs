//! What decides how long work takes: array, scratchpads, memory off chip, vector unit, control, exclusion unit, clock.
//!
//! Two machines that are equal take equal cycles for everything. What a machine is made of and what that costs is an
//! [`Arch`](crate::arch::Arch)'s.

mod dram;
mod lanes;
mod read;

pub use dram::Dram;
pub use lanes::{LaneTree, TreeLevel, lane_steps};
pub use read::tile_needs;
pub(crate) use read::{array, control, exclusion, memory, vector};

use crate::count::PerAction;
use crate::map::layout;
pub use crate::map::{Dataflow, DataflowChoice, EdgeFolds};
use crate::names::closed_set;
use crate::units::{Bits, Bytes, Hertz, nearest, real};

/// Everything that the time of some work depends on, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machine {
    /// Clock of everything on chip.
    pub clock: Hertz,
    /// The array.
    pub array: Array,
    /// The scratchpads.
    pub memory: Memory,
    /// The memory off chip.
    pub dram: Dram,
    /// The vector unit.
    pub vector: Vector,
    /// What control costs.
    pub control: Control,
    /// The class-exclusion unit.
    pub exclusion: Exclusion,
    /// What schedules of the least energy weigh: prices decide there what runs, and so how long it takes. `None` for all others.
    pub schedule_prices: Option<SchedulePrices>,
}

/// Energy of every action and of every cycle in pJ, by which schedules are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SchedulePrices {
    /// Of one action.
    pub actions: PerAction<f64>,
    /// Of one cycle: leakage, background of DRAM, and what every cycle toggles.
    pub cycle: f64,
}

impl SchedulePrices {
    /// Energy of some work, fJ.
    #[must_use]
    pub fn femtojoules(&self, actions: &PerAction<u64>, cycles: u64) -> u64 {
        let each = actions.iter().map(|(action, &count)| self.actions[action] * real(count));
        nearest(1000.0 * (each.sum::<f64>() + self.cycle * real(cycles)))
    }
}

impl Machine {
    /// Bytes that streaming from or to DRAM moves in a clock cycle.
    #[must_use]
    pub fn dram_bytes_per_cycle(&self) -> f64 {
        self.dram.bandwidth.0 * self.dram.efficiency / self.clock.0
    }
}

/// A systolic array of 8-bit multiply-accumulators with 32-bit sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Array {
    /// Rows, A.
    pub rows: u64,
    /// Columns, B.
    pub cols: u64,
    /// Which operand stays, in convolutions.
    pub dataflow: DataflowChoice,
    /// Which operand stays in the GEMMs of heads.
    pub head_dataflow: DataflowChoice,
    /// Which operand stays in the backbone's fully connected layers.
    pub fc_dataflow: DataflowChoice,
    /// How much of a fold overlaps the next.
    pub fold_overlap: FoldOverlap,
    /// What a ragged fold is charged.
    pub edge_folds: EdgeFolds,
    /// Whether a multiply-accumulate whose activation is zero is not done: a flag goes with every activation.
    pub zero_gating: bool,
}

impl Array {
    /// The dataflows that the array is built for: all that any layer may run in.
    pub fn dataflows(&self) -> impl Iterator<Item = Dataflow> {
        let choices = [self.dataflow, self.head_dataflow, self.fc_dataflow];
        Dataflow::ALL
            .into_iter()
            .filter(move |&dataflow| choices.iter().any(|choice| choice.allows(dataflow)))
    }

    /// Registers of a processing element in bits, for every dataflow that the array is built for.
    ///
    /// Two operands of 8 bits and a sum of 32 in any dataflow: what moves and what stays differs, not how much. An
    /// array whose sums stay in some layers and move in others needs a multiplexer before the adder (own sum or the one
    /// above): 32 bits, assumed at half a register bit each. Overlap adds a second register for what stays; a shadow
    /// weight and a draining sum are used differently, so neither is the other.
    #[must_use]
    pub fn register_bits(&self) -> u64 {
        let stays = |sum: bool| self.dataflows().any(|dataflow| layout(dataflow).sums_stay() == sum);
        let (sums_stay, operands_stay) = (stays(true), stays(false));
        let multiplexer = if sums_stay && operands_stay { SUM_BITS / 2 } else { 0 };
        let shadow = match self.fold_overlap {
            FoldOverlap::None => 0,
            FoldOverlap::GlobalSwap | FoldOverlap::DoubleBuffered => {
                (if sums_stay { SUM_BITS } else { 0 }) + if operands_stay { OPERAND_BITS } else { 0 }
            }
        };
        let flag = u64::from(self.zero_gating);
        OPERAND_BITS + OPERAND_BITS + SUM_BITS + multiplexer + shadow + flag
    }

    /// Adders below the array, where sums of row folds meet: one per column unless sums stay in every layer.
    #[must_use]
    pub fn accumulators(&self) -> u64 {
        let meet = self.dataflows().any(|dataflow| !layout(dataflow).sums_stay());
        if meet { self.cols } else { 0 }
    }

    /// Comparators that test activations for zero where they enter the array.
    #[must_use]
    pub fn zero_testers(&self) -> u64 {
        if self.zero_gating { self.rows.max(self.cols) } else { 0 }
    }
}

closed_set! {
    /// How much of a fold may overlap the next.
    pub enum FoldOverlap {
        /// Nothing: period 2A + B + T - 2.
        None = "none",
        /// A second register a PE, loaded under one enable and swapped at once: period A + B + T - 2.
        GlobalSwap = "global-swap",
        /// Shadow registers loaded skewed, the swap travelling with the data (OS: a second accumulator): period max(T, A).
        DoubleBuffered = "double-buffered",
    }
}

/// Three double-buffered scratchpads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Capacity for activations.
    pub ifmap: Bytes,
    /// Capacity for weights.
    pub filter: Bytes,
    /// Capacity for partial sums of 32 bits.
    pub ofmap: Bytes,
    /// Width of each scratchpad's port; `None`: what the array needs in a cycle.
    pub width: Option<Bits>,
    /// Banks of each scratchpad, each with a port of that width.
    pub banks: u64,
    /// Whether a feature map that fits stays on chip between layers.
    pub residency: Residency,
    /// Where the weights of the backbone come from.
    pub weights: Weights,
    /// Where the weights of the heads come from.
    pub head_weights: Weights,
    /// What happens to partial sums that outgrow their scratchpad, where the schedule is fixed.
    pub accumulator: Accumulator,
    /// How layers are cut into tiles and ordered.
    pub schedule: Scheduling,
    /// Whether tiles are fetched while others are worked on.
    pub buffering: Buffering,
    /// Whether weights of the next layer are fetched while the last tile of this one is worked on.
    pub prefetch: Prefetch,
    /// One buffer that every layer divides between ifmap and weights, and sums where `ofmap` is nothing; then `ifmap` and
    /// `filter` are nothing.
    pub unified: Option<Unified>,
}

closed_set! {
    /// Whether the bus and the array work at the same time.
    pub enum Buffering {
        /// Double buffers: the next tile comes while this one is worked on.
        Double = "double",
        /// Single buffers: the bus moves a tile while the array waits.
        Single = "single",
    }
}

closed_set! {
    /// What is fetched ahead of the layer that needs it.
    pub enum Prefetch {
        /// The first weights of the next layer, while the last tile of this one is worked on.
        Layer = "layer",
        /// Nothing.
        None = "none",
    }
}

closed_set! {
    /// Whether weights are fetched ahead across a head that is undecided.
    pub enum HeadPrefetch {
        /// They are, in vain for a sample that leaves.
        Bet = "bet",
        /// The bus waits for the decision.
        Wait = "wait",
    }
}

/// One buffer for several operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unified {
    /// Its capacity.
    pub capacity: Bytes,
    /// An operand's share is a multiple of this.
    pub granule: Bytes,
}

closed_set! {
    /// How layers are cut into tiles and ordered.
    pub enum Scheduling {
        /// For every layer the schedule with the fewest cycles, ties by bytes from and to DRAM.
        Best = "best",
        /// For every layer the schedule of the least energy, ties by cycles.
        Energy = "energy",
        /// One order of folds for all layers: column folds outside, row folds inside.
        Fixed = "fixed",
    }
}

impl Memory {
    /// Bytes for maps that stay on chip.
    #[must_use]
    pub fn for_maps(&self) -> u64 {
        self.unified.map_or(self.ifmap.0, |unified| unified.capacity.0)
    }

    /// Bytes for weights that stay on chip.
    #[must_use]
    pub fn for_weights(&self) -> u64 {
        self.unified.map_or(self.filter.0, |unified| unified.capacity.0)
    }
}

closed_set! {
    /// What happens to partial sums that outgrow their scratchpad between row folds.
    pub enum Accumulator {
        /// They live in DRAM until they are whole.
        Spill = "spill",
        /// Time is cut until they fit; each piece loads the stationary operand anew.
        Split = "split",
    }
}

closed_set! {
    /// Whether feature maps stay on chip between layers.
    pub enum Residency {
        /// A map that fits in half of the ifmap scratchpad stays.
        Fit = "fit",
        /// Every map goes to DRAM and comes back.
        None = "none",
    }
}

closed_set! {
    /// Where weights are when an inference begins.
    pub enum Weights {
        /// In DRAM: every inference reads them.
        Stream = "stream",
        /// In the filter scratchpad, for good.
        Resident = "resident",
    }
}

/// Everything that is not a GEMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Elements a cycle.
    pub lanes: u64,
    /// Whether that is the array's columns, for want of a number.
    pub lanes_are_cols: bool,
    /// Whether its work hides behind the array operation that makes its input.
    pub fused: bool,
}

/// Cycles of control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// Cycles to set up each array operation.
    pub layer_setup: u64,
    /// Cycles of control for each decision of a head.
    pub decision: u64,
}

/// The class-exclusion unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Where head GEMMs run.
    pub placement: Placement,
    /// What the array does while the unit decides.
    pub overlap: DecisionOverlap,
    /// What becomes of folds begun for a sample that leaves.
    pub squash: Squash,
    /// Whether the next layer's weights are fetched while a head is undecided.
    pub prefetch: HeadPrefetch,
    /// Whether excluded classes are left out of later head GEMMs and of the classifier.
    pub compact: bool,
    /// Whether the multiply-accumulates of excluded classes are not done, in as many cycles as if they were.
    pub mask: bool,
    /// Multiply-accumulators of a dedicated head engine; 0 without one.
    pub macs: u64,
    /// Scores a cycle: comparators, and the width of a row of the score memory.
    pub lanes: u64,
}

/// Bits of an activation and of a weight: networks are replayed in 8 bits.
pub const OPERAND_BITS: u64 = 8;

/// Bits of a sum.
pub const SUM_BITS: u64 = 32;

/// Register bits of a dedicated engine's MAC: operand, weight and sum.
pub const ENGINE_MAC_BITS: u64 = OPERAND_BITS + OPERAND_BITS + SUM_BITS;

closed_set! {
    /// Where head GEMMs run.
    pub enum Placement {
        /// On the array, between layers.
        Array = "array",
        /// On multiply-accumulators of their own beside it.
        Dedicated = "dedicated",
        /// On the lanes of the vector unit, which then have a multiplier each and a tree of adders.
        Vector = "vector",
    }
}

closed_set! {
    /// What the array does while the unit decides.
    pub enum DecisionOverlap {
        /// It waits.
        Blocking = "blocking",
        /// It begins the next layer, for nothing if the sample leaves.
        Speculative = "speculative",
    }
}

closed_set! {
    /// What becomes of folds begun for a sample that leaves.
    pub enum Squash {
        /// They run to their end.
        Fold = "fold",
        /// They stop at once, and the array is flushed in A + B cycles.
        Immediate = "immediate",
    }
}
