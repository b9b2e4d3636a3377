//! How 32-bit sums become codes: multiplied by s_x * s_w / s_y, rounded, shifted by the zero point and clamped.
//!
//! `float` is onnxruntime's way, in f32. The others are what an accelerator builds, in integers: a multiplier of a few
//! bits, normalized so that its highest is set, and a shift that rounds half up; or, as gemmlowp does it, a high
//! multiplication that rounds and a shift that rounds again, half away from zero both (Jacob et al., arXiv 1712.05877).

use super::elementwise::ROUNDER;
use crate::replay::Requant;
use std::ops::Range;

/// multiplier * 2^-shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::replay) struct Factor {
    multiplier: i32,
    shift: i32,
}

impl Factor {
    /// The nearest factor of so many bits to a number from 0 on.
    pub(in crate::replay) fn nearest(real: f64, bits: i32) -> Self {
        if real <= 0.0 || !real.is_normal() {
            return Self::default();
        }
        // real = fraction * 2^exponent, with a fraction from 1/2 to 1.
        let exponent = ((real.to_bits() >> 52) & 0x7ff) as i32 - 1022;
        let fraction = real * 2f64.powi(-exponent);
        let multiplier = (fraction * 2f64.powi(bits)).round_ties_even() as i64;
        let (multiplier, exponent) =
            if multiplier == 1 << bits { (multiplier / 2, exponent + 1) } else { (multiplier, exponent) };
        Self { multiplier: multiplier as i32, shift: bits - exponent }
    }

    /// sum * factor, rounded once, half up.
    fn once(self, sum: i32) -> i64 {
        let product = i128::from(sum) * i128::from(self.multiplier);
        let rounded = match self.shift {
            shift @ 1..=100 => (product + (1 << (shift - 1))) >> shift,
            shift @ -60..=0 => product << -shift,
            101.. => 0,
            _ => product.signum() << 62,
        };
        rounded.clamp(-(1 << 62), 1 << 62) as i64
    }

    /// sum * factor, rounded twice, as gemmlowp with its 31-bit multipliers.
    fn twice(self, sum: i32) -> i64 {
        let (left, right) = ((31 - self.shift).max(0), (self.shift - 31).clamp(0, 31));
        let wide = i64::from(sum) << left.min(31);
        let product = wide.clamp(i32::MIN.into(), i32::MAX.into()) * i64::from(self.multiplier);
        let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
        // Division rounds towards zero, as in C.
        let high = (product + nudge) / (1 << 31);
        let mask = (1i64 << right) - 1;
        let threshold = (mask >> 1) + i64::from(high < 0);
        (high >> right) + i64::from(high & mask > threshold)
    }
}

/// Factors of all filters.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::replay) enum Scaling {
    /// In f32, rounded half to even.
    Float(Vec<f32>),
    /// Rounded once.
    Once(Vec<Factor>),
    /// Rounded twice.
    Twice(Vec<Factor>),
}

impl Scaling {
    /// The factors (s_x * s_w) / s_y of every filter: of `float` in f32, of the others from a more exact quotient.
    pub(in crate::replay) fn new(requant: Requant, input: f32, weights: &[f32], output: f32) -> Self {
        let exact = |bits| {
            let real = |&weight: &f32| f64::from(input) * f64::from(weight) / f64::from(output);
            weights.iter().map(|weight| Factor::nearest(real(weight), bits)).collect()
        };
        match requant {
            Requant::Float => Self::Float(weights.iter().map(|weight| (input * weight) / output).collect()),
            Requant::FixedPoint => Self::Once(exact(31)),
            Requant::FixedPoint15 => Self::Once(exact(15)),
            Requant::FixedPoint8 => Self::Once(exact(8)),
            Requant::Gemmlowp => Self::Twice(exact(31)),
        }
    }

    /// Those of some filters, with zeros behind them up to a length.
    pub(in crate::replay) fn part(&self, filters: Range<usize>, length: usize) -> Self {
        fn cut<T: Copy + Default>(all: &[T], filters: Range<usize>, length: usize) -> Vec<T> {
            let zeros = std::iter::repeat_n(T::default(), length.saturating_sub(filters.len()));
            all[filters].iter().copied().chain(zeros).collect()
        }
        match self {
            Self::Float(all) => Self::Float(cut(all, filters, length)),
            Self::Once(all) => Self::Once(cut(all, filters, length)),
            Self::Twice(all) => Self::Twice(cut(all, filters, length)),
        }
    }

    /// A multiplier in f32 that is not finite.
    pub(in crate::replay) fn bad(&self) -> Option<f32> {
        match self {
            Self::Float(all) => all.iter().copied().find(|m| !m.is_finite()),
            Self::Once(_) | Self::Twice(_) => None,
        }
    }

    /// The first factor, of those in f32.
    pub(in crate::replay) fn float(&self) -> Option<f32> {
        match self {
            Self::Float(all) => all.first().copied(),
            Self::Once(_) | Self::Twice(_) => None,
        }
    }

    /// The first factor in integers, and how it rounds, in words.
    pub(in crate::replay) fn integers(&self) -> String {
        let shown = |all: &[Factor], how: &str| {
            let Factor { multiplier, shift } = all.first().copied().unwrap_or_default();
            format!("sum * {multiplier} * 2^-{shift}, {how}")
        };
        match self {
            Self::Float(_) => String::new(),
            Self::Once(all) => shown(all, "rounded once, half up"),
            Self::Twice(all) => shown(
                all,
                "rounded after the high half of the product and after the shift, half away from zero",
            ),
        }
    }

    /// The codes, as bytes, of the sums of N filters from `first` on, which a block has.
    #[inline(always)]
    pub(in crate::replay) fn codes<const N: usize>(
        &self,
        first: usize,
        sums: &[i32; N],
        zero_point: i32,
    ) -> [u8; N] {
        let byte = |steps: i64| (steps + i64::from(zero_point)).clamp(0, 255) as u8;
        match self {
            Self::Float(multipliers) => {
                // Arrays of known length, so that the compiler keeps them in registers.
                let Some(multipliers) = multipliers[first..].first_chunk::<N>() else {
                    panic!("fewer multipliers than filters in a block")
                };
                let [least, most] = [0, 255].map(|code: i32| (code - zero_point) as f32);
                std::array::from_fn(|i| {
                    let scaled = (sums[i] as f32 * multipliers[i]).max(least).min(most) + ROUNDER;
                    scaled.to_bits().wrapping_add(zero_point as u32) as u8
                })
            }
            Self::Once(factors) => std::array::from_fn(|i| byte(factors[first + i].once(sums[i]))),
            Self::Twice(factors) => std::array::from_fn(|i| byte(factors[first + i].twice(sums[i]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A normalized multiplier is within half a unit of its last bit, and one rounding within half a step of that.
        #[test]
        fn one_rounding_is_the_nearest_integer(real in 1e-7f64..16.0, bits in prop::sample::select(vec![8, 15, 31]), sum: i32) {
            let factor = Factor::nearest(real, bits);
            prop_assert!(factor.multiplier >= 1 << (bits - 1) && i64::from(factor.multiplier) < 1 << bits);
            let held = f64::from(factor.multiplier) * 2f64.powi(-factor.shift);
            prop_assert!((held / real - 1.0).abs() <= 2f64.powi(-bits));
            // Exact in 128 bits: 2 * 2^shift * (found - sum * held) lies in [-2^shift, 2^shift).
            let (found, shift) = (i128::from(factor.once(sum)), factor.shift);
            let twice = 2 * ((found << shift) - i128::from(sum) * i128::from(factor.multiplier));
            prop_assert!(twice > -(1 << shift) && twice <= 1 << shift, "{twice}");
        }

        /// Rounding twice is at most one step away from rounding once.
        #[test]
        fn two_roundings_are_near_one(real in 1e-6f64..0.9, sum in -100_000_000i32..100_000_000) {
            let factor = Factor::nearest(real, 31);
            prop_assert!((factor.once(sum) - factor.twice(sum)).abs() <= 1);
        }
    }

    #[test]
    fn ties_tell_the_roundings_apart() {
        let half = Factor::nearest(0.5, 31);
        assert_eq!(half, Factor { multiplier: 1 << 30, shift: 31 });
        assert_eq!([-3, -1, 1, 3].map(|sum| half.once(sum)), [-1, 0, 1, 2], "half up");
        let quarter = Factor::nearest(0.25, 31);
        assert_eq!([-6, -2, 2, 6].map(|sum| quarter.once(sum)), [-1, 0, 1, 2], "half up");
        assert_eq!([-6, -2, 2, 6].map(|sum| quarter.twice(sum)), [-2, -1, 1, 2], "half away from zero");
        // 5 / 8 rounds to 1 either way; 3 / 8 first to 2 / 4, then to 1.
        let eighth = Factor::nearest(0.125, 31);
        assert_eq!([eighth.once(3), eighth.twice(3)], [0, 1]);
        let float = Scaling::Float(vec![0.5; 4]);
        assert_eq!(float.codes(0, &[-3, -1, 1, 3], 10), [8, 10, 10, 12], "half to even");
    }

    #[test]
    fn sums_beyond_all_codes_stay_at_the_ends() {
        for scaling in [
            Scaling::Float(vec![1e6; 2]),
            Scaling::Once(vec![Factor::nearest(1e6, 31); 2]),
            Scaling::Twice(vec![Factor::nearest(1e6, 31); 2]),
        ] {
            assert_eq!(scaling.codes(0, &[i32::MIN, i32::MAX], 100), [0, 255], "{scaling:?}");
        }
    }
}
