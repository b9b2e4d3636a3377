//! What the exclusion unit takes to be there.

/// Bits that number so many things: ceil(log2).
pub(crate) fn number_bits(things: u64) -> u64 {
    u64::from(things.next_power_of_two().trailing_zeros())
}
