//! Products of DSP blocks.

use super::Family;

/// DSP blocks of a product of two whole numbers of so many bits, from 0 on: as many as it takes to lay out partial products.
#[must_use]
pub fn product_blocks(family: Family, one: u64, other: u64) -> u64 {
    // A bit less than signed factors have; ECP5's multiplier takes both kinds.
    let (long, short) = match family {
        Family::Series7 => (24, 17),
        Family::UltraScalePlus => (26, 17),
        Family::Ecp5 => (18, 18),
    };
    let laid = |one: u64, other: u64| one.div_ceil(long) * other.div_ceil(short);
    laid(one, other).min(laid(other, one))
}
