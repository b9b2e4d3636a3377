//! Work on one element at a time over channel-innermost maps, written so that the compiler vectorizes along rows.

use super::Vectorizable;
use super::pool::Layout;

/// Added to a real number below 2^22, it rounds half to even and leaves the integer in the lowest bits.
const ROUNDER: f32 = 12_582_912.0;

/// Factors of a sum of two tensors, as onnxruntime's QLinearAdd has them:
/// c = round(a * s_a/s_c + (b * s_b/s_c + fixed)), two fused multiply-adds on codes, where
/// fixed = z_c - (z_a * s_a/s_c + z_b * s_b/s_c), its first product fused too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::replay) struct Sum {
    /// Input scales over the output's.
    ratios: [f32; 2],
    fixed: f32,
    /// Added to codes to make them bytes: 128 for i8; of both inputs and the output.
    offsets: [i32; 3],
}

impl Sum {
    /// Ratios and zero points of both inputs, zero point of the output, and what makes their codes bytes.
    pub(in crate::replay) fn new(ratios: [f32; 2], zero_points: [i32; 3], offsets: [i32; 3]) -> Self {
        let [a, b, c] = zero_points.map(|code| code as f32);
        Self { ratios, fixed: c - ratios[0].mul_add(a, ratios[1] * b), offsets }
    }
}

/// Sum of two maps of one shape.
pub(in crate::replay) struct Add<'a> {
    pub(in crate::replay) sum: &'a Sum,
    /// Of both inputs and the output.
    pub(in crate::replay) layouts: [&'a Layout; 3],
    pub(in crate::replay) inputs: [&'a [u8]; 2],
    pub(in crate::replay) output: &'a mut [u8],
}

impl Vectorizable for Add<'_> {
    #[inline(always)]
    fn run(self) {
        let Sum { ratios: [to_a, to_b], fixed, offsets: [from_a, from_b, from_c] } = *self.sum;
        let [least, most] = [0, 255].map(|byte| (byte - from_c) as f32);
        let [a, b, c] = self.layouts;
        let length = c.width * c.channels;
        for row in 0..c.height {
            let ones = &self.inputs[0][a.at(row, 0)..][..length];
            let others = &self.inputs[1][b.at(row, 0)..][..length];
            let codes = &mut self.output[c.at(row, 0)..][..length];
            for ((code, &one), &other) in codes.iter_mut().zip(ones).zip(others) {
                let [one, other] =
                    [i32::from(one) - from_a, i32::from(other) - from_b].map(|code| code as f32);
                let sum = one.mul_add(to_a, other.mul_add(to_b, fixed)).max(least).min(most);
                *code = (sum + ROUNDER).to_bits().wrapping_add(from_c as u32) as u8;
            }
        }
    }
}
