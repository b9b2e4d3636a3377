//! What crosses a scratchpad's port at once.

use crate::machine::Machine;
use crate::map::layout;
use crate::shape::Operand;

/// The port of a scratchpad: as wide as configured, or as the array needs in a cycle, for an operand that moves differently
/// in different layers the wider.
///
/// A word is what the array takes or gives in a cycle, whoever reads or writes it. A wider port brings one word an access
/// and is charged whole; a narrower one takes as many whole accesses as a word needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Port {
    /// Bytes of a word.
    pub(super) word: u64,
    /// Bits of an access.
    pub(super) width: u64,
}

impl Port {
    /// The port of the scratchpad that holds an operand.
    pub(super) fn of(machine: &Machine, operand: Operand) -> Self {
        let array = &machine.array;
        let need = |dataflow| layout(dataflow).port_bytes(operand, array.rows, array.cols);
        let word = array.dataflows().map(need).fold(1, u64::max);
        // What multiplies heads off the array takes a word of its own.
        let heads = match operand {
            Operand::Ifmap | Operand::Filter => machine.head_word(),
            Operand::Ofmap => 0,
        };
        Self { word, width: machine.memory.width.map_or(8 * word.max(heads), |width| width.0) }
    }

    /// Accesses that a word of the array takes.
    pub(super) fn accesses(self) -> u64 {
        (8 * self.word).div_ceil(self.width)
    }
}
