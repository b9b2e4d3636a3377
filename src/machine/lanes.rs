//! What the lanes of the vector unit need beside requantization to compute a product: a multiplier each, and a tree of
//! adders behind them.
//!
//! A step takes one feature and one weight into every lane. The registers that take them are followed by the multipliers; the
//! first level of the tree adds products in pairs in the same cycle, each further level adds pairs of sums, an odd one passes
//! on, and every level ends in registers. Behind the last level one accumulator gathers the steps of a sum, and what it holds
//! is requantized by a lane. So a step can begin every cycle, and the last sum is a code
//! ceil(log2 lanes) + 2 edges after the edge that takes in the last operands.

use super::{Machine, OPERAND_BITS, Placement, SUM_BITS};
use crate::shape::Gemm;

/// The tree of adders behind the multipliers of so many lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneTree {
    /// Lanes, each with a multiplier.
    pub lanes: u64,
}

/// Adders and registers of one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeLevel {
    /// Adders.
    pub adders: u64,
    /// Registers behind them, of sums and of what passes on.
    pub registers: u64,
    /// Bits of a sum.
    pub bits: u64,
}

impl LaneTree {
    /// The levels from the products on, the accumulator last.
    pub fn levels(self) -> impl Iterator<Item = TreeLevel> {
        let product = OPERAND_BITS + OPERAND_BITS;
        let below = |&(nodes, bits): &(u64, u64)| (nodes > 1).then(|| (nodes.div_ceil(2), bits + 1));
        let nodes = std::iter::successors(Some((self.lanes, product)), below);
        let level = |(nodes, bits): (u64, u64)| TreeLevel {
            adders: nodes / 2,
            registers: nodes.div_ceil(2),
            bits: bits + 1,
        };
        let accumulator = TreeLevel { adders: 1, registers: 1, bits: SUM_BITS };
        nodes.take_while(|(nodes, _)| *nodes > 1).map(level).chain(std::iter::once(accumulator))
    }

    /// Bits of the registers behind the adders, which every step writes.
    #[must_use]
    pub fn register_bits(self) -> u64 {
        self.levels().map(|level| level.registers * level.bits).sum()
    }

    /// Bits of the registers in front of the multipliers, a feature and a weight per lane.
    #[must_use]
    pub fn operand_bits(self) -> u64 {
        self.lanes * 2 * OPERAND_BITS
    }

    /// Edges from that which takes in a sum's last operands to that which writes its code.
    #[must_use]
    pub fn latency(self) -> u64 {
        // A level each, the accumulator among them, and the requantization.
        u64::try_from(self.levels().count()).unwrap_or(u64::MAX) + 1
    }
}

/// Steps in which lanes compute a product, so many operands of a sum per step: a step belongs to one sum.
#[must_use]
pub fn lane_steps(gemm: &Gemm, lanes: u64) -> u64 {
    gemm.outputs() * gemm.k.div_ceil(lanes)
}

impl Machine {
    /// The tree behind the lanes, where they compute the products of heads.
    #[must_use]
    pub fn lane_tree(&self) -> Option<LaneTree> {
        (self.exclusion.placement == Placement::Vector).then_some(LaneTree { lanes: self.vector.lanes })
    }

    /// Bytes of features, and as many of weights, that the heads' products ask of their ports in a cycle: one per multiplier
    /// off the array.
    #[must_use]
    pub fn head_word(&self) -> u64 {
        match self.exclusion.placement {
            Placement::Array => 0,
            Placement::Dedicated | Placement::Vector => self.head_multipliers(),
        }
    }

    /// How many of them the ports give; ports without a width are as wide as is asked.
    #[must_use]
    pub fn fed_multipliers(&self) -> u64 {
        let port = self.memory.width.map(|width| (width.0 * self.memory.banks / 8).max(1));
        port.map_or(self.head_word(), |port| port.min(self.head_word()))
    }

    /// Multipliers that may work on the product of a head: the array's or, off the array, those that compute it.
    #[must_use]
    pub fn head_multipliers(&self) -> u64 {
        match self.exclusion.placement {
            Placement::Array => self.array.rows * self.array.cols,
            Placement::Dedicated => self.exclusion.macs,
            Placement::Vector => self.vector.lanes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_by_hand() {
        let levels = |lanes| LaneTree { lanes }.levels().collect::<Vec<_>>();
        let level = |adders, registers, bits| TreeLevel { adders, registers, bits };
        assert_eq!(levels(1), [level(1, 1, 32)]);
        assert_eq!(levels(5), [level(2, 3, 17), level(1, 2, 18), level(1, 1, 19), level(1, 1, 32)]);
        // 3 x 17 + 2 x 18 + 19 + 32, and 5 pairs of bytes.
        let five = LaneTree { lanes: 5 };
        assert_eq!((five.register_bits(), five.operand_bits(), five.latency()), (138, 80, 5));
        assert_eq!(LaneTree { lanes: 1 }.latency(), 2);
        assert_eq!(LaneTree { lanes: 128 }.latency(), 9);
    }

    /// One addition per product: every lane's product is added once, to another's or to what was gathered.
    #[test]
    fn a_tree_adds_once_per_product() {
        for lanes in 1..200 {
            assert_eq!(LaneTree { lanes }.levels().map(|level| level.adders).sum::<u64>(), lanes);
        }
    }
}
