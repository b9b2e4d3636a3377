//! The whole numbers that a unit computes with: probabilities, exponentials, thresholds, the compare.
//!
//! The sigmoid cannot be dropped, monotone as it is: p_c > beta * p_max is not invariant under it, so the table's
//! width changes decisions. What monotony does give is that, for a given maximum, the survivors are the classes at or
//! above one score, the cut.

/// 8-bit codes there are.
pub(crate) const CODES: usize = 256;

/// Logistic function of a real score.
pub fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// A probability in `probability_bits` bits (at most 16): round half even of
/// probability * (2^bits - 1).
pub fn probability_code(probability: f64, probability_bits: u32) -> u32 {
    let largest = (1_u32 << probability_bits) - 1;
    (probability * f64::from(largest)).round_ties_even() as u32
}

/// A threshold with `threshold_bits` fraction bits: round half even of beta * 2^bits. beta = 1 gives 2^bits.
pub fn beta_code(beta: f64, threshold_bits: u32) -> u32 {
    (beta * f64::from(1_u32 << threshold_bits)).round_ties_even() as u32
}

/// The unit's compare: p_c * 2^t > beta code * p_max, all whole numbers. The top class survives whatever this says.
pub fn survives(probability: u32, maximum: u32, beta_code: u32, threshold_bits: u32) -> bool {
    u64::from(probability) << threshold_bits > u64::from(beta_code) * u64::from(maximum)
}

/// One head's sigmoid table, `[256]`, lowest code first: entry 0 belongs to code -128 of signed and to code 0 of
/// unsigned scores. Every head has its own scale and zero point, hence its own table.
pub fn probability_table(scale: f32, zero_point: i32, signed: bool, probability_bits: u32) -> [u32; CODES] {
    sigmoid_table(scale, zero_point, signed)
        .map(|probability| probability_code(probability, probability_bits))
}

/// The lowest code of a signed or unsigned byte.
pub(crate) fn lowest_code(signed: bool) -> i16 {
    if signed { i16::from(i8::MIN) } else { 0 }
}

/// Sigmoid of every dequantized code, lowest code first, never falling.
pub(crate) fn sigmoid_table(scale: f32, zero_point: i32, signed: bool) -> [f64; CODES] {
    // The library's exponential may dip by its last bit between neighbours; survivors must be "at or above a code".
    let mut highest = 0.0_f64;
    std::array::from_fn(|index| {
        let code = i32::from(lowest_code(signed)) + index as i32;
        highest = highest.max(sigmoid(f64::from(scale) * f64::from(code - zero_point)));
        highest
    })
}

/// A distance of real scores in whole codes of a head: the most codes that are no farther apart. So whole numbers decide
/// `top code - code <= distance code` as real scores do `scale * (top code - code) <= distance`.
pub fn distance_code(distance: f64, scale: f32) -> u32 {
    let within = |codes: &u32| f64::from(scale) * f64::from(*codes) <= distance;
    (1..CODES as u32).take_while(within).count() as u32
}

/// An exponential in `probability_bits` bits: round half even of exp(-distance) * (2^bits - 1), for a distance of real
/// scores of at least 0.
pub fn exponent_code(distance: f64, probability_bits: u32) -> u32 {
    probability_code((-distance).exp(), probability_bits)
}

/// Bits below the leading one that the logarithm looks at.
const LOG_BITS: u32 = 8;

/// The logarithm to base 2 of a whole number of at least 1, in `fraction_bits` fraction bits, as a unit takes it: the
/// place of the leading one, and a table of fractions by the 8 bits below, which round half up: 257 entries, the last
/// of which is 1.
pub fn fraction_log_code(number: u64, fraction_bits: u32) -> u64 {
    let place = number.max(1).ilog2();
    let halves = u128::from(number.max(1)) << (LOG_BITS + 1) >> place;
    let below = halves.div_ceil(2) - (1 << LOG_BITS);
    let fraction = (1.0 + below as f64 / f64::from(1_u32 << LOG_BITS)).log2();
    (u64::from(place) << fraction_bits) + u64::from(beta_code(fraction, fraction_bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_table_of_known_values() {
        // scale ln 3: codes 0 and 1 either side of zero give 1/2 and 3/4; 4 bits give round(7.5) = 8, round(11.25).
        let table = probability_table(3.0_f32.ln(), 0, true, 4);
        assert_eq!((table[127], table[128], table[129]), (4, 8, 11));
        assert_eq!((table[0], table[255]), (0, 15));
        let shifted = probability_table(3.0_f32.ln(), 100, false, 4);
        assert_eq!((shifted[99], shifted[100], shifted[101]), (4, 8, 11));
    }

    #[test]
    fn rounding_is_half_to_even() {
        assert_eq!((beta_code(0.125, 2), beta_code(0.375, 2)), (0, 2));
        assert_eq!((beta_code(0.01, 12), beta_code(1.0, 16), beta_code(0.0, 1)), (41, 65536, 0));
        assert_eq!((probability_code(0.5, 1), probability_code(0.5, 2)), (0, 2));
    }

    #[test]
    fn compare_is_strict_at_the_widest() {
        // 0.5 * 3000 = 1500: equal does not pass.
        assert!(!survives(1500, 3000, 2048, 12));
        assert!(survives(1501, 3000, 2048, 12));
        assert!(!survives(65535, 65535, 65536, 16));
        assert!(survives(65535, 65535, 65535, 16));
        assert!(!survives(0, 0, 0, 12));
    }

    #[test]
    fn distances_of_known_values() {
        // 0.1 as an f32 is a little more than 0.1, so that three codes are farther apart than 0.3.
        assert_eq!(["0.3", "0.3000001"].map(|d| distance_code(d.parse().unwrap(), 0.1)), [2, 3]);
        assert_eq!([0.0, 0.5, 1e6].map(|distance| distance_code(distance, 0.25)), [0, 2, 255]);
    }

    #[test]
    fn exponentials_of_known_values() {
        // exp(-ln 3) = 1/3: 255 / 3 = 85.
        assert_eq!((exponent_code(0.0, 8), exponent_code(3.0_f64.ln(), 8)), (255, 85));
        assert_eq!((exponent_code(f64::INFINITY, 16), exponent_code(0.0, 1)), (0, 1));
    }

    #[test]
    fn logarithms_are_exact_at_powers_of_two_and_close_between() {
        for (number, bits) in [(1_u64, 12), (2, 12), (1 << 31, 16), (1 << 40, 1)] {
            assert_eq!(fraction_log_code(number, bits), u64::from(number.ilog2()) << bits);
        }
        for number in (1..5000).chain([65_535 * 94, 65_535 * 65_535]) {
            let found = fraction_log_code(number, 16) as f64 / 65_536.0;
            let error = (number as f64).log2() - found;
            // The 8 bits round by up to 2^-9 of the leading one; the table rounds by half a unit.
            assert!(error.abs() < 0.00283, "log2 {number} is off by {error}");
        }
    }
}
