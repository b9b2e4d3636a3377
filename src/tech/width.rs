//! Prices of arithmetic by the width of its operands.

use super::Price;
use crate::units::{Milliwatts, Picojoules, SquareMicrons, real};

/// An operation priced at 8 and at 32 bits, and on the line through both on logarithmic axes at other widths.
///
/// A ripple of full adders grows in proportion to its width and an array of partial products with its square; the two
/// published points carry the technology's own exponent (at 45 nm 0.87 and 1.98). Used from 1 to 64 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByWidth {
    /// At 8 bits.
    pub int8: Price,
    /// At 32 bits.
    pub int32: Price,
}

impl ByWidth {
    /// The price at a width.
    #[must_use]
    pub fn at(&self, bits: f64) -> Price {
        let (low, high) = (self.int8, self.int32);
        let line = |low: f64, high: f64| on_line((8.0, low), (32.0, high), bits);
        Price {
            energy: Picojoules(line(low.energy.0, high.energy.0)),
            area: SquareMicrons(line(low.area.0, high.area.0)),
            leakage: Milliwatts(line(low.leakage.0, high.leakage.0)),
        }
    }

    /// The price at the width of a product: the geometric mean of its operands'.
    #[must_use]
    pub fn of_product(&self, one: u64, other: u64) -> Price {
        self.at((real(one) * real(other)).sqrt())
    }
}

/// The value at `x` on the line through two points on logarithmic axes; in proportion to x where a value is zero.
pub(super) fn on_line(one: (f64, f64), other: (f64, f64), x: f64) -> f64 {
    if one.1 <= 0.0 || other.1 <= 0.0 {
        return one.1.max(other.1 * one.0 / other.0) * x / one.0;
    }
    let exponent = (other.1 / one.1).ln() / (other.0 / one.0).ln();
    one.1 * (x / one.0).powf(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_met_and_powers_of_width_are_exact() {
        let price = |energy| Price { energy: Picojoules(energy), ..Price::default() };
        let square = ByWidth { int8: price(0.2), int32: price(3.2) };
        for (one, other, energy) in [(8, 8, 0.2), (32, 32, 3.2), (16, 16, 0.8), (4, 16, 0.2), (12, 12, 0.45)]
        {
            assert!((square.of_product(one, other).energy.0 - energy).abs() < 1e-12, "{one} x {other}");
        }
        assert_eq!(square.of_product(12, 12).area, SquareMicrons(0.0), "nothing stays nothing");
    }
}
