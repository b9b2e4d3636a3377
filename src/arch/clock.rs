//! How fast the machine can be clocked: the longest of its paths from register to register.
//!
//! The bound is of the machine as it is described and priced, and that machine has no registers in its long wires:
//! none are counted as area, energy or cycles. Five paths are looked at:
//! - a processing element: the multiply-accumulator and the wire to its neighbour;
//! - a bank of a scratchpad, the largest that is read in one cycle;
//! - the wire across a scratchpad, from its port to the farthest bank, a cycle of its own each way;
//! - the command to the far end of an edge of the array, since the sequencer stands at its corner;
//! - the enable of all processing elements, over a row and a column, where they must move or swap at the same edge.
//!
//! Data itself needs no long wire in a systolic array. With `double-buffered` folds control travels with the data, so
//! the last path is not there. An elongated array has longer edges than a square one of the same area.

use crate::machine::{Array, FoldOverlap, Memory, OPERAND_BITS, SUM_BITS};
use crate::names::closed_set;
use crate::tech::Technology;
use crate::units::{Bytes, Hertz, Seconds, SquareMicrons, real};

closed_set! {
    /// A path between two registers.
    pub enum ClockPath {
        /// Multiply, add and pass on to the neighbour.
        ProcessingElement = "processing_element",
        /// Access to one bank of a scratchpad.
        ScratchpadBank = "scratchpad_bank",
        /// From a scratchpad's port to its farthest bank.
        ScratchpadWire = "scratchpad_wire",
        /// From the sequencer along the longer edge of the array.
        ArrayEdge = "array_edge",
        /// From the sequencer to every processing element at once.
        ArrayEnable = "array_enable",
    }
}

impl ClockPath {
    /// What it is, in words.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::ProcessingElement => "a multiply and add",
            Self::ScratchpadBank => "a bank of a scratchpad",
            Self::ScratchpadWire => "the wire across a scratchpad",
            Self::ArrayEdge => "the wire along the array",
            Self::ArrayEnable => "the enable of the whole array",
        }
    }
}

/// The delay of every path, that of the register included; `None` where the machine has no such path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockBound {
    delays: [Option<Seconds>; ClockPath::ALL.len()],
}

impl ClockBound {
    /// Delays of an array and its scratchpads in a technology.
    #[must_use]
    pub fn of(array: &Array, memory: &Memory, technology: &Technology) -> Self {
        let delays = &technology.logic.delays;
        let element = element_area(array, technology).side_millimetres();
        let (down, across) = (element * real(array.rows), element * real(array.cols));
        let unified = memory.unified.map_or(Bytes(0), |unified| unified.capacity);
        let pads = [memory.ifmap, memory.filter, memory.ofmap, unified];
        let largest = pads.into_iter().fold(Bytes(0), |most, pad| if pad > most { pad } else { most });
        let bank = if largest < technology.bank { largest } else { technology.bank };
        let pad = technology.sram.banked_area(largest, bank).side_millimetres();
        let path = |path: ClockPath| match path {
            ClockPath::ProcessingElement => Some(delays.mac + delays.wire.over(element)),
            ClockPath::ScratchpadBank => Some(technology.sram.access(bank)),
            ClockPath::ScratchpadWire => Some(delays.wire.over(pad)),
            ClockPath::ArrayEdge => Some(delays.wire.over(down.max(across))),
            ClockPath::ArrayEnable => match array.fold_overlap {
                FoldOverlap::None | FoldOverlap::GlobalSwap => Some(delays.wire.over(down + across)),
                FoldOverlap::DoubleBuffered => None,
            },
        };
        Self { delays: ClockPath::ALL.map(|of| path(of).map(|delay| delay + delays.register)) }
    }

    /// The paths that are there, each with its delay.
    pub fn paths(&self) -> impl Iterator<Item = (ClockPath, Seconds)> + '_ {
        ClockPath::ALL.into_iter().zip(self.delays).filter_map(|(path, delay)| Some((path, delay?)))
    }

    /// The longest path; the first of equals.
    #[must_use]
    pub fn longest(&self) -> (ClockPath, Seconds) {
        let first = (ClockPath::ProcessingElement, Seconds::default());
        self.paths().fold(first, |longest, path| if path.1 > longest.1 { path } else { longest })
    }

    /// The fastest clock.
    #[must_use]
    pub fn clock(&self) -> Hertz {
        self.longest().1.as_period()
    }
}

/// Area of a processing element: multiply-accumulator and registers, as it is priced.
fn element_area(array: &Array, technology: &Technology) -> SquareMicrons {
    let mac = technology.logic.mac(OPERAND_BITS, OPERAND_BITS, SUM_BITS);
    mac.area + technology.logic.register_bit.area * real(array.register_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Dataflow, DataflowChoice, EdgeFolds};

    #[test]
    fn elements_are_as_large_as_they_are_priced() {
        let array = |dataflow, fold_overlap| {
            let only = DataflowChoice::Only(dataflow);
            let (head_dataflow, fc_dataflow, edge_folds) = (only, only, EdgeFolds::Full);
            Array {
                rows: 1,
                cols: 1,
                dataflow: only,
                head_dataflow,
                fc_dataflow,
                fold_overlap,
                edge_folds,
                zero_gating: false,
            }
        };
        let bits = |dataflow, overlap| array(dataflow, overlap).register_bits();
        assert_eq!(bits(Dataflow::WeightStationary, FoldOverlap::None), 8 + 32 + 8);
        assert_eq!(bits(Dataflow::WeightStationary, FoldOverlap::DoubleBuffered), 8 + 32 + 8 + 8);
        assert_eq!(bits(Dataflow::OutputStationary, FoldOverlap::GlobalSwap), 8 + 8 + 32 + 32);
    }
}
