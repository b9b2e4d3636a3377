//! Numbering: every combination of the axes' values is a point with a number.
//!
//! The number is a mixed-radix one with a digit per axis. Axes of the machine change slowest and those of the policy
//! fastest, whatever their order in the file: so that consecutive points share what is dear to compute.

use super::axis::{Axis, Target};
use crate::units::count;

/// The axes in the order of their digits, and the sizes that numbering needs.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Axes, the slowest first.
    pub axes: Vec<Axis>,
    sizes: Vec<u64>,
    /// Product of the sizes of axes that only the policy sees.
    policies_only: u64,
    /// Product of the sizes of all axes that the policy sees.
    policies: u64,
    /// All combinations.
    pub points: u64,
}

/// How often what an axis changes must be computed anew: the dearest first.
fn rank(axis: &Axis) -> u8 {
    let of_policy = |target| matches!(target, Target::Policy | Target::PolicyFile);
    if axis.keys.iter().all(|key| of_policy(key.target)) {
        return 6;
    }
    if axis.keys.iter().any(|key| of_policy(key.target)) {
        return 5;
    }
    let one = |path: &str| match path {
        "technology" | "dram.kind" => 4,
        _ if path.starts_with("exclusion.") || path == "control.decision" => 3,
        _ if path.starts_with("dram.") || path.starts_with("control.") => 2,
        "arch" => 0,
        _ => 1,
    };
    axis.keys.iter().map(|key| one(&key.path)).min().unwrap_or(0)
}

impl Grid {
    /// Numbers the combinations of some axes; `None` when there are more than 2^53 of them.
    #[must_use]
    pub fn new(mut axes: Vec<Axis>) -> Option<Self> {
        axes.sort_by_key(rank);
        let sizes: Vec<u64> = axes.iter().map(|axis| count(axis.values.len())).collect();
        let product = |least: u8| {
            let mut seen = axes.iter().zip(&sizes).filter(|(axis, _)| rank(axis) >= least);
            seen.try_fold(1u64, |product, (_, size)| product.checked_mul(*size))
        };
        let points = product(0).filter(|points| *points <= 1 << 53)?;
        let (policies_only, policies) = (product(6)?, product(5)?);
        Some(Self { axes, sizes, policies_only, policies, points })
    }

    /// Which value of each axis a point has.
    pub fn digits(&self, point: u64, digits: &mut Vec<usize>) {
        digits.clear();
        digits.resize(self.sizes.len(), 0);
        let mut rest = point;
        for (digit, size) in digits.iter_mut().zip(&self.sizes).rev() {
            *digit = usize::try_from(rest % size).unwrap_or(0);
            rest /= size;
        }
    }

    /// The point that has some values.
    #[must_use]
    pub fn point(&self, digits: &[usize]) -> u64 {
        digits.iter().zip(&self.sizes).fold(0, |point, (digit, size)| point * size + count(*digit))
    }

    /// Number of values of each axis.
    #[must_use]
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// The machine of a point: points with the same one differ in their policies only.
    #[must_use]
    pub fn machine(&self, point: u64) -> u64 {
        // The policy's digits are the last ones: dropping them leaves the machine's number.
        point / self.policies_only
    }

    /// The policy of a point: points with the same one differ in their machines only.
    #[must_use]
    pub fn policy(&self, point: u64) -> u64 {
        // And keeping the last ones leaves the policy's, linked axes (rank 5) included: they change machine and policy alike.
        point % self.policies
    }

    /// Number of different policies.
    #[must_use]
    pub fn policies(&self) -> u64 {
        self.policies
    }

    /// Consecutive points that share a machine.
    #[must_use]
    pub fn points_a_machine(&self) -> u64 {
        self.policies_only
    }
}
