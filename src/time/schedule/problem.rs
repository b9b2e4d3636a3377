//! What is scheduled, and on what.

use crate::machine::FoldOverlap;
use crate::map::{EdgeFolds, Layout};
use crate::shape::{Bands, Gemm};
use crate::time::prefetch::Spare;
use crate::time::walk::Pace;

/// A layer to be scheduled: a product, where its operands are, and what follows in the stream of its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// The product.
    pub gemm: Gemm,
    /// Its pixels as rows.
    pub bands: Bands,
    /// The ifmap comes from DRAM; else it is on chip, whole.
    pub ifmap_from_dram: bool,
    /// The weights come from DRAM; else they are on chip.
    pub filter_from_dram: bool,
    /// Bytes of the result that go to DRAM, over all groups; 0 when it stays on chip.
    pub result_to_dram: u64,
    /// Bytes of a map from DRAM that is added to the sums as they are finished.
    pub added_from_dram: u64,
    /// Cycles of the vector unit along the stream of results; 0 when it does not work along.
    pub vector_cycles: u64,
}

/// Free capacity of the memories that tiles live in, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Room {
    /// A scratchpad for each operand.
    Apart {
        /// For the ifmap.
        ifmap: u64,
        /// For weights.
        filter: u64,
        /// For partial sums and results.
        ofmap: u64,
    },
    /// One buffer that every layer divides, in whole granules.
    Shared {
        /// Its capacity.
        bytes: u64,
        /// What is given to an operand is a multiple of this.
        granule: u64,
        /// Accumulators of their own; `None` when sums share the buffer, too.
        ofmap: Option<u64>,
    },
}

impl Room {
    /// Whether so many bytes of ifmap, weights and sums fit together.
    #[must_use]
    pub fn holds(&self, [ifmap, filter, ofmap]: [u64; 3]) -> bool {
        match *self {
            Self::Apart { ifmap: i, filter: f, ofmap: o } => ifmap <= i && filter <= f && ofmap <= o,
            Self::Shared { bytes, .. } => {
                self.taken([ifmap, filter, ofmap]).is_some_and(|taken| taken <= bytes)
            }
        }
    }

    /// Bytes of the shared buffer that so many bytes of ifmap, weights and sums take; `None` where sums do not fit memory of
    /// their own, or nothing is shared.
    #[must_use]
    pub fn taken(&self, [ifmap, filter, ofmap]: [u64; 3]) -> Option<u64> {
        let Self::Shared { granule, ofmap: own, .. } = *self else { return None };
        let taken = |need: u64| need.next_multiple_of(granule.max(1));
        match own {
            None => Some(taken(ifmap) + taken(filter) + taken(ofmap)),
            Some(own) => (ofmap <= own).then_some(taken(ifmap) + taken(filter)),
        }
    }

    /// Bytes left for weights of the next layer while a tile works with `filter` bytes of them, and ifmap and sums have what
    /// they need.
    #[must_use]
    pub fn beside(&self, [ifmap, _, ofmap]: [u64; 3], filter: u64) -> u64 {
        match *self {
            Self::Apart { filter: all, .. } => all.saturating_sub(filter),
            Self::Shared { bytes, granule, .. } => {
                let left = self.taken([ifmap, filter, ofmap]).map_or(0, |taken| bytes.saturating_sub(taken));
                left - left % granule.max(1)
            }
        }
    }

    /// What is spare where a step of the vector unit runs in this memory between two products: weights that came early
    /// must find room beside its maps.
    #[must_use]
    pub fn lets(&self, spare: Spare) -> Spare {
        match *self {
            Self::Apart { .. } => spare,
            Self::Shared { bytes, .. } => spare.within(bytes),
        }
    }

    /// Whether whatever fits this memory fits another, too: both are of one kind, and this is no larger in any part.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Apart { ifmap, filter, ofmap }, Self::Apart { ifmap: i, filter: f, ofmap: o }) => {
                ifmap <= i && filter <= f && ofmap <= o
            }
            (Self::Shared { bytes, granule, ofmap }, Self::Shared { bytes: b, granule: g, ofmap: o }) => {
                bytes <= b && granule == g && ofmap.is_some() == o.is_some() && ofmap <= o
            }
            (Self::Apart { .. }, Self::Shared { .. }) | (Self::Shared { .. }, Self::Apart { .. }) => false,
        }
    }

    /// What is left when so many bytes of ifmap and weights are taken for good; `None` when they do not fit.
    #[must_use]
    pub fn without(&self, ifmap: u64, filter: u64) -> Option<Self> {
        Some(match *self {
            Self::Apart { ifmap: i, filter: f, ofmap } => {
                Self::Apart { ifmap: i.checked_sub(ifmap)?, filter: f.checked_sub(filter)?, ofmap }
            }
            Self::Shared { bytes, granule, ofmap } => {
                let taken = |need: u64| need.next_multiple_of(granule.max(1));
                Self::Shared { bytes: bytes.checked_sub(taken(ifmap) + taken(filter))?, granule, ofmap }
            }
        })
    }
}

/// The array, its bus and its memories, as far as a schedule depends on them.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Rows of the array, A.
    pub rows: u64,
    /// Columns of the array, B.
    pub cols: u64,
    /// How much of a fold overlaps the next.
    pub overlap: FoldOverlap,
    /// The bus, and what a ragged fold is charged.
    pub pace: Pace,
    /// Free memory.
    pub room: Room,
    /// Width of each scratchpad's port over all banks, bits; `None`: what the array needs in a cycle.
    pub port_bits: Option<u64>,
}

impl Site {
    /// What a ragged fold is charged.
    #[must_use]
    pub fn edges(&self) -> EdgeFolds {
        self.pace.edges
    }

    /// How many cycles a step of the array takes for want of port width: a port narrower than what crosses the array's
    /// edge in a cycle lets it step every so many cycles only.
    #[must_use]
    pub fn slow(&self, layout: &Layout) -> u64 {
        use crate::shape::Operand;
        let Some(bits) = self.port_bits else { return 1 };
        let bytes = (bits / 8).max(1);
        let needs = [Operand::Ifmap, Operand::Filter, Operand::Ofmap]
            .map(|operand| layout.port_bytes(operand, self.rows, self.cols).div_ceil(bytes));
        needs.into_iter().fold(1, u64::max)
    }
}
