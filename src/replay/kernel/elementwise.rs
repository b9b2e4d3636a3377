//! Work on one element at a time over channel-innermost maps, written so that the compiler vectorizes along rows.

use super::Vectorizable;
use super::pool::Layout;
use crate::network::Move;

/// Added to a real number below 2^22, it rounds half to even and leaves the integer in the lowest bits.
pub(super) const ROUNDER: f32 = 12_582_912.0;

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
                // Wrapping: a check for overflow, which cannot happen, would keep the loop from vectorizing.
                let one = i32::from(one).wrapping_sub(from_a) as f32;
                let other = i32::from(other).wrapping_sub(from_b) as f32;
                let sum = one.mul_add(to_a, other.mul_add(to_b, fixed)).max(least).min(most);
                *code = (sum + ROUNDER).to_bits().wrapping_add(from_c as u32) as u8;
            }
        }
    }
}

/// A table applied to every code of a map, into channels of another from a first one on.
pub(in crate::replay) struct LookUp<'a> {
    pub(in crate::replay) table: &'a [u8; 256],
    pub(in crate::replay) channel: usize,
    pub(in crate::replay) from: &'a Layout,
    pub(in crate::replay) to: &'a Layout,
    pub(in crate::replay) input: &'a [u8],
    pub(in crate::replay) output: &'a mut [u8],
}

impl LookUp<'_> {
    /// Applies the table run by run of bytes: whole rows where nothing lies between pixels on either side.
    #[inline(always)]
    pub(super) fn by(self, translate: impl Fn(&[u8; 256], &[u8], &mut [u8])) {
        let rows = self.from.channels == self.to.channels;
        let (columns, length) = if rows {
            (1, self.from.width * self.from.channels)
        } else {
            (self.from.width, self.from.channels)
        };
        for row in 0..self.from.height {
            for column in 0..columns {
                let codes = &self.input[self.from.at(row, column)..][..length];
                let found = &mut self.output[self.to.at(row, column) + self.channel..][..length];
                translate(self.table, codes, found);
            }
        }
    }
}

/// A table applied code by code.
pub(super) fn translate(table: &[u8; 256], codes: &[u8], found: &mut [u8]) {
    found.iter_mut().zip(codes).for_each(|(to, &code)| *to = table[usize::from(code)]);
}

/// A slice or padding; what is padded keeps what the buffer began with, its zero point.
pub(in crate::replay) struct Moved<'a> {
    pub(in crate::replay) moving: &'a Move,
    pub(in crate::replay) from: &'a Layout,
    pub(in crate::replay) to: &'a Layout,
    pub(in crate::replay) input: &'a [u8],
    pub(in crate::replay) output: &'a mut [u8],
}

impl Vectorizable for Moved<'_> {
    #[inline(always)]
    fn run(self) {
        let Move { start, step, taken, before } = self.moving;
        for row in 0..taken[1] {
            for column in 0..taken[2] {
                let from = self.from.at(start[1] + row * step[1], start[2] + column * step[2]) + start[0];
                let to = self.to.at(before[1] + row, before[2] + column) + before[0];
                let codes = self.input[from..].iter().step_by(step[0]);
                self.output[to..][..taken[0]].iter_mut().zip(codes).for_each(|(to, &code)| *to = code);
            }
        }
    }
}

/// A map as a vector, channel-major.
pub(in crate::replay) struct Flattened<'a> {
    pub(in crate::replay) from: &'a Layout,
    pub(in crate::replay) to: &'a Layout,
    pub(in crate::replay) input: &'a [u8],
    pub(in crate::replay) output: &'a mut [u8],
}

impl Vectorizable for Flattened<'_> {
    #[inline(always)]
    fn run(self) {
        let plane = self.from.height * self.from.width;
        let vector = &mut self.output[self.to.origin..][..plane * self.from.channels];
        for row in 0..self.from.height {
            for column in 0..self.from.width {
                let codes = self.from.pixel(self.input, row, column);
                let places = vector[row * self.from.width + column..].iter_mut().step_by(plane);
                places.zip(codes).for_each(|(to, &code)| *to = code);
            }
        }
    }
}
