//! What is scheduled, and on what.

use crate::machine::FoldOverlap;
use crate::map::{EdgeFolds, Layout};
use crate::shape::Gemm;
use crate::time::walk::Pace;

/// The pixels of a layer's result as rows, so that a band of them knows which rows of the ifmap it reads.
///
/// A product without a window is a map of `m` rows of one pixel, read by a window of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bands {
    /// Samples of a batch, one map each.
    pub samples: u64,
    /// Rows of one sample's result.
    pub rows: u64,
    /// Pixels of such a row.
    pub width: u64,
    /// Rows of one sample's ifmap, without padding.
    pub input_rows: u64,
    /// Bytes of such a row: all pixels and all channels of one group.
    pub row_bytes: u64,
    /// Rows that the window spans, dilation included.
    pub kernel: u64,
    /// Rows from one window to the next.
    pub stride: u64,
    /// Rows of padding above the map.
    pub above: u64,
    /// Elements of the window, rows times columns: K is cut between channels, never inside a window.
    pub taps: u64,
}

impl Bands {
    /// Bands of a product of `m` independent rows of `k` bytes.
    #[must_use]
    pub fn of_rows(m: u64, k: u64) -> Self {
        Self {
            samples: 1,
            rows: m,
            width: 1,
            input_rows: m,
            row_bytes: k,
            kernel: 1,
            stride: 1,
            above: 0,
            taps: 1,
        }
    }

    /// Whether every row of the result reads one row of its own.
    #[must_use]
    pub fn without_halo(&self) -> bool {
        self.kernel == 1 && self.stride == 1 && self.above == 0 && self.input_rows == self.rows
    }

    /// Bytes of the ifmap that the rows `first .. first + rows` of one sample's result read: every input row once, rows that
    /// a large stride skips not at all, padding for nothing.
    #[must_use]
    pub fn bytes(&self, first: u64, rows: u64) -> u64 {
        // Input rows before `end`, counted from the top of the padding, that are rows of the map.
        let inside = |end: u64| end.saturating_sub(self.above).min(self.input_rows);
        let window = |row: u64| inside(row * self.stride + self.kernel) - inside(row * self.stride);
        let touched = if self.without_halo() {
            rows
        } else if self.stride >= self.kernel {
            (first..first + rows).map(window).sum()
        } else {
            inside((first + rows - 1) * self.stride + self.kernel) - inside(first * self.stride)
        };
        touched * self.row_bytes
    }

    /// Bytes of one group's ifmap that are read at all, over all samples.
    #[must_use]
    pub fn whole(&self) -> u64 {
        self.samples * self.bytes(0, self.rows)
    }
}

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
            Self::Shared { bytes, granule, ofmap: own } => {
                let taken = |need: u64| need.next_multiple_of(granule.max(1));
                let (sums, apart) = match own {
                    None => (taken(ofmap), true),
                    Some(own) => (0, ofmap <= own),
                };
                apart && taken(ifmap) + taken(filter) + sums <= bytes
            }
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
