//! Points of a Sobol sequence with Owen scrambling: spread more evenly than random ones.
//!
//! B. Burley, "Practical hash-based Owen scrambling", Journal of Computer Graphics Techniques 9 (2020).

use std::collections::BTreeSet;

use super::spec::Spec;
use crate::units::count;

/// Length of the sequence.
const LENGTH: u32 = 1 << 16;

/// At most `wanted` different points that meet the conditions on axes: the first of the sequence, in the space's order.
#[must_use]
pub(super) fn points(spec: &Spec, wanted: u64, seed: u64) -> Vec<u64> {
    let sizes = spec.grid.sizes();
    let seed = folded(seed);
    let mut found = BTreeSet::new();
    let mut digits = vec![0; sizes.len()];
    for at in 0..LENGTH {
        if count(found.len()) >= wanted {
            break;
        }
        for (axis, digit) in digits.iter_mut().enumerate() {
            let dimension = u32::try_from(axis).unwrap_or(0);
            *digit = scaled(sobol_burley::sample(at, dimension, seed), sizes[axis]);
        }
        if spec.admits(&digits) {
            found.insert(spec.grid.point(&digits));
        }
    }
    found.into_iter().collect()
}

/// A seed of 64 bits as one of 32, all bits used.
#[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
fn folded(seed: u64) -> u32 {
    (seed ^ (seed >> 32)) as u32
}

/// Which of `size` equal parts of [0, 1) a number falls in.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "from 0 to below the size, which is at most 100,000"
)]
fn scaled(fraction: f32, size: u64) -> usize {
    ((f64::from(fraction) * size as f64) as usize).min(size as usize - 1)
}
