//! By how much each group of prices may be wrong, either way: how far its sources are apart.

use super::figure::number;
use crate::config::Fields;

/// Factors from 1, each with its source in the technology file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uncertainty {
    /// Multiply-accumulates and adders.
    pub products: f64,
    /// Registers of the array.
    pub registers: f64,
    /// Accesses of scratchpads.
    pub scratchpads: f64,
    /// The vector unit.
    pub vector: f64,
    /// What the decision unit does.
    pub exclusion_unit: f64,
    /// Leakage on chip of the cells that stand in the file, temperature apart.
    pub leakage: f64,
}

/// Figures farther apart than this are not of the same thing.
const MOST: f64 = 1000.0;

/// A factor with its source.
pub(super) fn factor(fields: &mut Fields<'_>, key: &'static str) -> f64 {
    number(fields, key, 1.0..=MOST).unwrap_or(1.0)
}

/// Reads `[uncertainty]`.
pub(super) fn read(fields: &mut Fields<'_>) -> Uncertainty {
    Uncertainty {
        products: factor(fields, "products"),
        registers: factor(fields, "registers"),
        scratchpads: factor(fields, "scratchpads"),
        vector: factor(fields, "vector"),
        exclusion_unit: factor(fields, "exclusion_unit"),
        leakage: factor(fields, "leakage"),
    }
}
