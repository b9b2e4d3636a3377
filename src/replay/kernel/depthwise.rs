//! A depthwise convolution: every channel has a filter of its own, so channels lie side by side in registers.

use super::Vectorizable;
use super::product::{Filters, Places};
use super::scaling::Scaling;

/// Channels computed together: two AVX-512 registers of sums.
const LANES: usize = 32;

/// A packed depthwise convolution.
#[derive(Clone, Debug)]
pub(in crate::replay) struct Depthwise {
    /// First input byte under the window of every output pixel.
    bases: Vec<u32>,
    /// First output byte of every output pixel.
    targets: Vec<u32>,
    /// Offset of every tap from a base, for channel 0.
    taps: Vec<u32>,
    /// `[block][tap][channel of the block]`, zero where there is no channel.
    weights: Vec<[i16; LANES]>,
    /// What accumulators start from: bias - zero point * sum of weights, by block.
    starts: Vec<[i32; LANES]>,
    /// How sums become codes, padded to whole blocks.
    scaling: Scaling,
    channels: usize,
    zero_point: i32,
}

impl Depthwise {
    /// Packs it; a run of the places is one tap.
    pub(in crate::replay) fn new(places: Places, filters: &Filters<'_>) -> Self {
        let (channels, taps) = (filters.bias.len(), places.runs.len());
        let blocks = channels.div_ceil(LANES);
        let mut packed = Self {
            bases: places.bases,
            targets: places.targets,
            taps: places.runs.iter().map(|&(offset, _)| offset).collect(),
            weights: vec![[0; LANES]; blocks * taps],
            starts: vec![[0; LANES]; blocks],
            scaling: filters.scaling.part(0..channels, blocks * LANES),
            channels,
            zero_point: filters.zero_point,
        };
        for (channel, weights) in filters.weights.chunks(taps.max(1)).enumerate().take(channels) {
            let (block, lane) = (channel / LANES, channel % LANES);
            for (tap, &weight) in weights.iter().enumerate() {
                packed.weights[block * taps + tap][lane] = weight.into();
            }
            // Wrapping: only the final sum is known to fit 32 bits.
            let sum = weights.iter().fold(0i32, |sum, &w| sum.wrapping_add(i32::from(w)));
            packed.starts[block][lane] =
                filters.bias[channel].wrapping_sub(filters.input_zero_point.wrapping_mul(sum));
        }
        packed
    }
}

/// A depthwise convolution of a map.
pub(in crate::replay) struct DepthwiseConvolution<'a> {
    pub(in crate::replay) packed: &'a Depthwise,
    pub(in crate::replay) input: &'a [u8],
    pub(in crate::replay) output: &'a mut [u8],
}

impl Vectorizable for DepthwiseConvolution<'_> {
    #[inline(always)]
    fn run(self) {
        let Depthwise { ref scaling, zero_point, .. } = *self.packed;
        let blocks = self.packed.weights.chunks(self.packed.taps.len().max(1));
        for (block, weights) in blocks.enumerate() {
            let first = block * LANES;
            let width = (self.packed.channels - first).min(LANES);
            for (&base, &target) in self.packed.bases.iter().zip(&self.packed.targets) {
                let mut sums = self.packed.starts[block];
                for (&tap, weights) in self.packed.taps.iter().zip(weights) {
                    // Buffers have slack behind their last pixel, so that a block may be wider than the channels left.
                    let codes = self.input[(base + tap) as usize + first..].first_chunk::<LANES>();
                    let Some(codes) = codes else { panic!("a depthwise convolution outside its buffers") };
                    // Arrays of known length stay in registers: the same loop over slices was ten times as slow.
                    sums = std::array::from_fn(|i| {
                        sums[i].wrapping_add(i32::from(codes[i]) * i32::from(weights[i]))
                    });
                }
                let codes: [u8; LANES] = scaling.codes(first, &sums, zero_point);
                self.output[target as usize + first..][..width].copy_from_slice(&codes[..width]);
            }
        }
    }
}
