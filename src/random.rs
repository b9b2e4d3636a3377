//! Random numbers that are the same everywhere: no clock, no state of the machine.

/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#[derive(Clone, Debug)]
pub struct SplitMix64(pub u64);

impl SplitMix64 {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, all equally likely (D. Lemire, "Fast random integer generation in an interval", 2019).
    /// Of a bound of 0, 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let least = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.bits()) * u128::from(bound);
            let [high, low] = [product >> 64, product & u128::from(u64::MAX)].map(|half| half as u64);
            if low >= least {
                return high;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SplitMix64;

    #[test]
    fn the_generator_is_the_published_one() {
        // First outputs of the authors' C code (splitmix64.c) from seed 1234567.
        let mut generator = SplitMix64(1_234_567);
        let found: Vec<u64> = (0..3).map(|_| generator.bits()).collect();
        assert_eq!(found, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn bounded_draws_reach_every_value_about_equally_often() {
        let mut generator = SplitMix64(1);
        let mut seen = [0; 7];
        (0..70_000).for_each(|_| seen[generator.below(7) as usize] += 1);
        assert!(seen.iter().all(|&count| (9_500..10_500).contains(&count)), "{seen:?}");
        assert_eq!(SplitMix64(1).below(1), 0);
    }
}
