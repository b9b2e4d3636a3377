//! Pools and counts over channel-innermost maps, written so that the compiler vectorizes over channels.

use super::Vectorizable;
use crate::shape::Window;

/// A map in a buffer, channels innermost, rows apart by more than their length when there is a border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::replay) struct Layout {
    /// Byte of pixel (0, 0).
    pub(in crate::replay) origin: usize,
    /// Bytes from one row to the next.
    pub(in crate::replay) pitch: usize,
    /// Rows.
    pub(in crate::replay) height: usize,
    /// Pixels a row.
    pub(in crate::replay) width: usize,
    /// Bytes a pixel.
    pub(in crate::replay) channels: usize,
}

impl Layout {
    /// First byte of a pixel.
    #[inline(always)]
    pub(in crate::replay) fn at(&self, row: usize, column: usize) -> usize {
        self.origin + row * self.pitch + column * self.channels
    }

    /// The channels of a pixel.
    #[inline(always)]
    pub(super) fn pixel<'a>(&self, map: &'a [u8], row: usize, column: usize) -> &'a [u8] {
        &map[self.at(row, column)..][..self.channels]
    }
}

/// Input rows or columns a window covers at output position `at`: first, end and step, padding left out.
#[inline(always)]
fn covered(window: &Window, axis: usize, at: usize, size: usize) -> impl Iterator<Item = usize> + Clone {
    let (first, padding) = (at * window.stride[axis], window.padding[axis]);
    let dilation = window.dilation[axis];
    (0..window.kernel[axis]).map(move |k| first + k * dilation).filter_map(move |p| {
        let p = p.checked_sub(padding)?;
        (p < size).then_some(p)
    })
}

/// Largest code of every window; padding does not take part.
pub(in crate::replay) struct MaxPool<'a> {
    pub(in crate::replay) window: &'a Window,
    pub(in crate::replay) from: &'a Layout,
    pub(in crate::replay) to: &'a Layout,
    pub(in crate::replay) input: &'a [u8],
    pub(in crate::replay) output: &'a mut [u8],
}

impl Vectorizable for MaxPool<'_> {
    #[inline(always)]
    fn run(self) {
        for row in 0..self.to.height {
            for column in 0..self.to.width {
                let largest = &mut self.output[self.to.at(row, column)..][..self.to.channels];
                largest.fill(0);
                for y in covered(self.window, 0, row, self.from.height) {
                    for x in covered(self.window, 1, column, self.from.width) {
                        let codes = self.from.pixel(self.input, y, x);
                        largest.iter_mut().zip(codes).for_each(|(l, &c)| *l = (*l).max(c));
                    }
                }
            }
        }
    }
}

/// Scales and zero points on both sides of an average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::replay) struct Rescale {
    /// Step of the input.
    pub(in crate::replay) input_scale: f32,
    /// Zero point of the input, as a byte.
    pub(in crate::replay) input_zero_point: i32,
    /// Step of the output.
    pub(in crate::replay) scale: f32,
    /// Zero point of the output, as a code.
    pub(in crate::replay) zero_point: i32,
    /// Added to codes to make them bytes: 128 for i8.
    pub(in crate::replay) offset: i32,
}

impl Rescale {
    /// Smallest and largest code.
    #[inline(always)]
    fn range(&self) -> [i32; 2] {
        [-self.offset, 255 - self.offset]
    }

    /// Rounds half to even, then adds the zero point.
    #[inline(always)]
    fn round_then_shift(&self, steps: f32) -> u8 {
        let [least, most] = self.range().map(|code| (code - self.zero_point) as f32);
        (steps.max(least).min(most).round_ties_even() as i32 + self.zero_point + self.offset) as u8
    }

    /// Adds the zero point, then rounds half to even: an odd zero point turns ties the other way.
    #[inline(always)]
    fn shift_then_round(&self, steps: f32) -> u8 {
        let [least, most] = self.range().map(|code| code as f32);
        let shifted = (steps + self.zero_point as f32).max(least).min(most);
        (shifted.round_ties_even() as i32 + self.offset) as u8
    }
}

/// Average of every window as onnxruntime's QLinearAveragePool computes it: real numbers, summed row by row, and the
/// zero point added before rounding.
pub(in crate::replay) struct AveragePool<'a> {
    pub(in crate::replay) window: &'a Window,
    pub(in crate::replay) rescale: &'a Rescale,
    pub(in crate::replay) from: &'a Layout,
    pub(in crate::replay) to: &'a Layout,
    pub(in crate::replay) input: &'a [u8],
    pub(in crate::replay) output: &'a mut [u8],
    /// Scratch, one a channel.
    pub(in crate::replay) sums: &'a mut [f32],
}

impl Vectorizable for AveragePool<'_> {
    #[inline(always)]
    fn run(self) {
        let Rescale { input_scale, input_zero_point, scale, .. } = *self.rescale;
        for row in 0..self.to.height {
            let rows = covered(self.window, 0, row, self.from.height);
            for column in 0..self.to.width {
                let columns = covered(self.window, 1, column, self.from.width);
                self.sums.fill(0.0);
                for y in rows.clone() {
                    for x in columns.clone() {
                        let codes = self.from.pixel(self.input, y, x);
                        for (sum, &code) in self.sums.iter_mut().zip(codes) {
                            *sum += (i32::from(code).wrapping_sub(input_zero_point)) as f32 * input_scale;
                        }
                    }
                }
                let count = (rows.clone().count() * columns.count()) as f32;
                let codes = &mut self.output[self.to.at(row, column)..][..self.to.channels];
                for (code, sum) in codes.iter_mut().zip(self.sums.iter()) {
                    *code = self.rescale.shift_then_round(sum / count / scale);
                }
            }
        }
    }
}

/// Average of the whole map as onnxruntime's QLinearGlobalAveragePool computes it: an exact integer sum, then one
/// multiplication by s_x / (s_y * count), rounded before the zero point is added.
pub(in crate::replay) struct GlobalAveragePool<'a> {
    pub(in crate::replay) rescale: &'a Rescale,
    pub(in crate::replay) from: &'a Layout,
    pub(in crate::replay) to: &'a Layout,
    pub(in crate::replay) input: &'a [u8],
    pub(in crate::replay) output: &'a mut [u8],
    /// Scratch, one a channel.
    pub(in crate::replay) sums: &'a mut [i32],
}

impl Vectorizable for GlobalAveragePool<'_> {
    #[inline(always)]
    fn run(self) {
        let count = self.from.height * self.from.width;
        // Wrapping: maps are limited to 2^28 elements, so that sums of 255 fit modulo 2^32 once centred.
        self.sums.fill((count as i32).wrapping_mul(self.rescale.input_zero_point).wrapping_neg());
        for row in 0..self.from.height {
            for column in 0..self.from.width {
                let codes = self.from.pixel(self.input, row, column);
                self.sums
                    .iter_mut()
                    .zip(codes)
                    .for_each(|(sum, &code)| *sum = sum.wrapping_add(i32::from(code)));
            }
        }
        let multiplier = self.rescale.input_scale / (self.rescale.scale * count as f32);
        let codes = &mut self.output[self.to.origin..][..self.to.channels];
        for (code, &sum) in codes.iter_mut().zip(self.sums.iter()) {
            *code = self.rescale.round_then_shift(sum as f32 * multiplier);
        }
    }
}

/// Counts codes equal to the zero point, border left out.
pub(in crate::replay) struct CountZeros<'a> {
    pub(in crate::replay) layout: &'a Layout,
    pub(in crate::replay) map: &'a [u8],
    pub(in crate::replay) zero_point: u8,
    /// The result.
    pub(in crate::replay) zeros: &'a mut usize,
}

impl Vectorizable for CountZeros<'_> {
    #[inline(always)]
    fn run(self) {
        *self.zeros = 0;
        for row in 0..self.layout.height {
            let codes = &self.map[self.layout.at(row, 0)..][..self.layout.width * self.layout.channels];
            // 255 at a time, so that a byte holds the count and a register many of them.
            for part in codes.chunks(255) {
                let equal =
                    part.iter().fold(0u8, |n, &code| n.wrapping_add(u8::from(code == self.zero_point)));
                *self.zeros += usize::from(equal);
            }
        }
    }
}
