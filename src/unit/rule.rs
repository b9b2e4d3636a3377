//! The rules that a unit can be built for, and the circuit of each.

use super::circuit::{Circuit, Multiplier, Remembered, TableHolds, Tables};

/// The kind of decision that a head's unit takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnitRule {
    /// Rules classes out: every class against the maximum times beta.
    #[default]
    Exclusion,
    /// Rules classes out: every class's distance from the maximum against a threshold.
    Distance,
    /// One class above a threshold, of the softmax.
    Confidence,
    /// The difference between the two highest, of the softmax.
    Margin,
    /// The entropy of the softmax.
    Entropy,
    /// Heads that agree in a row.
    Patience,
    /// Knows the answer, and costs nothing: a bound, not a unit.
    Oracle,
}

impl UnitRule {
    /// What its unit is made of: the one place that tells rules apart.
    ///
    /// Those that exclude classes are those of their Verilog (`tests/rtl/unit/`), to which `tests/rtl/unit.rs` holds them. The
    /// others are **estimates without RTL**, made of the same parts.
    #[must_use]
    pub fn circuit(self) -> Circuit {
        match self {
            // The maximum; its cut, looked up; every class against the cut. Stages: running maximum, look-up, count, sum.
            Self::Exclusion => Circuit {
                passes: 2,
                trees: 1,
                stages: 4,
                highest: 1,
                compares_per_class: 1,
                sums: 0,
                compares_once: 0,
                tables: Tables { per_head: 1, shared: 0, holds: TableHolds::Cuts, per_score: false },
                multiplier: Multiplier::MakesCuts,
                remembered: Remembered::Survivors,
                in_verilog: true,
            },
            // The same, but that the cut is the maximum less the head's distance: one subtraction, in the edge of the look-up.
            Self::Distance => Circuit {
                compares_once: 1,
                tables: Tables::NONE,
                multiplier: Multiplier::None,
                ..Self::Exclusion.circuit()
            },
            // At the end the two highest against the product of sum and threshold, or their difference and one compare.
            Self::Confidence | Self::Margin => Circuit { highest: 2, compares_once: 2, ..Self::softmax(1) },
            // The highest is enough. A second sum beside the first; the sum's logarithm is looked up and its difference from
            // that of the top class's entry is taken from the threshold, in two more stages: two subtractions, one compare.
            Self::Entropy => {
                let softmax = Self::softmax(2);
                let tables = Tables { shared: 1, ..softmax.tables };
                Circuit { highest: 1, compares_once: 3, stages: softmax.stages + 2, tables, ..softmax }
            }
            // The maximum; its class against the last head's, the count of agreements against the threshold.
            Self::Patience => Circuit {
                passes: 1,
                trees: 1,
                stages: 2,
                highest: 1,
                compares_once: 2,
                remembered: Remembered::Agreement,
                ..Circuit::NONE
            },
            Self::Oracle => Circuit::NONE,
        }
    }

    /// What rules of the softmax have in common: in the second pass each lane makes its score's distance from the maximum,
    /// looks up its exponential in each of so many tables, and adder trees, as deep as the comparators', sum these up. One product of
    /// sum and threshold replaces a division.
    fn softmax(sums: u64) -> Circuit {
        Circuit {
            passes: 2,
            trees: 2,
            stages: 4,
            compares_per_class: 1,
            sums,
            tables: Tables { per_head: sums, shared: 0, holds: TableHolds::Probabilities, per_score: true },
            multiplier: Multiplier::OncePerDecision,
            remembered: Remembered::AllClasses,
            ..Circuit::NONE
        }
    }
}
