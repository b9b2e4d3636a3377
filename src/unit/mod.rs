//! The unit that decides at a head: class exclusion's, and those of the rules it is compared with.
//!
//! A rule is described once: [`UnitRule::circuit`] says, as plain data, how often the scores pass through the unit, what
//! every lane compares, which tables are looked up, what is added, multiplied and remembered. Cycles and actions of a
//! decision (`circuit`), gates, memories and arithmetic of the unit (`parts`), its native blocks on an FPGA (`blocks`) follow from that, without asking
//! for the rule again. A new rule is a member of [`UnitRule`] and its circuit.
//!
//! What a unit's parts cost is `cost`'s business, what a machine adds to a decision `time`'s.

mod arithmetic;
mod blocks;
mod circuit;
mod parts;
mod rule;
mod size;

pub(crate) use arithmetic::{CODES, lowest_code, sigmoid_table};
pub use arithmetic::{
    beta_code, distance_code, exponent_code, fraction_log_code, probability_code, probability_table, sigmoid,
    survives,
};
pub use blocks::{look_up_table, unit_logic, unit_lut_band, unit_memories};
pub use circuit::{Circuit, Multiplier, Remembered, TableHolds, Tables};
pub use parts::{UnitArithmetic, UnitBits, UnitTables};
pub use rule::UnitRule;
pub use size::{Unit, UnitSize};

/// Bits that number so many things: ceil(log2).
pub(crate) fn number_bits(things: u64) -> u64 {
    u64::from(things.next_power_of_two().trailing_zeros())
}
