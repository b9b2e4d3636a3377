//! A convolution or fully connected layer, packed: the same shape of work for 1x1, 3x3, strided and vector layers.
//!
//! With channels innermost, the operands of one output pixel are a few contiguous runs of bytes (one a kernel row).
//! Each run is cut into groups of four bytes; the offsets of these groups from the pixel's first byte, the taps, are
//! the same for all pixels. The last group of a run may reach beyond it: its weights there are zero.

use super::scaling::Scaling;

/// Filters computed together; one AVX-512 register of accumulators.
pub(in crate::replay) const BLOCK: usize = 16;
/// Operands multiplied together: one 32-bit word.
pub(in crate::replay) const GROUP: usize = 4;

/// A packed product.
#[derive(Clone, Debug)]
pub(in crate::replay) struct Product {
    /// First input byte of every output pixel.
    bases: Vec<u32>,
    /// First output byte of every output pixel; its filters follow.
    targets: Vec<u32>,
    /// Offsets of four-byte groups from a base.
    taps: Vec<u32>,
    /// `[block][tap][filter of the block][4]`, zero where there is no filter or no operand.
    weights: Vec<i8>,
    /// What accumulators start from: bias - zero point * sum of weights, by filter, padded to whole blocks.
    starts: Vec<i32>,
    /// How sums become codes, padded to whole blocks.
    scaling: Scaling,
    filters: usize,
    /// Zero point of the result.
    zero_point: i32,
    /// Bytes of input and output that may be touched.
    reach: [usize; 2],
}

/// Where operands lie and results go, in bytes.
pub(in crate::replay) struct Places {
    /// First input byte of every output pixel.
    pub(in crate::replay) bases: Vec<u32>,
    /// First output byte of every output pixel.
    pub(in crate::replay) targets: Vec<u32>,
    /// Offset from a base and length of every contiguous run, in the order of the weights.
    pub(in crate::replay) runs: Vec<(u32, usize)>,
}

/// Filters over the runs, and how their sums become codes.
pub(in crate::replay) struct Filters<'a> {
    /// `[filter][operand]`, operands in the order of the runs.
    pub(in crate::replay) weights: &'a [i8],
    /// One bias a filter.
    pub(in crate::replay) bias: &'a [i32],
    /// How their sums become codes.
    pub(in crate::replay) scaling: Scaling,
    /// Zero point of the input, as a byte.
    pub(in crate::replay) input_zero_point: i32,
    /// Zero point of the output, as a byte.
    pub(in crate::replay) zero_point: i32,
}

impl Product {
    /// Packs a product.
    pub(in crate::replay) fn new(places: Places, filters: &Filters<'_>) -> Self {
        let count = filters.bias.len();
        let padded = count.div_ceil(BLOCK) * BLOCK;
        let operands: usize = places.runs.iter().map(|(_, length)| length).sum();
        let taps: Vec<u32> = places
            .runs
            .iter()
            .flat_map(|&(offset, length)| {
                (0..length.div_ceil(GROUP)).map(move |g| offset + (GROUP * g) as u32)
            })
            .collect();
        let mut weights = vec![0; padded * taps.len() * GROUP];
        let mut starts = vec![0; padded];
        for (filter, row) in filters.weights.chunks(operands.max(1)).enumerate().take(count) {
            let first = (filter / BLOCK * taps.len() * BLOCK + filter % BLOCK) * GROUP;
            let (mut tap, mut rest) = (0, row);
            for &(_, length) in &places.runs {
                let (run, after) = rest.split_at(length);
                for group in run.chunks(GROUP) {
                    let at = first + tap * BLOCK * GROUP;
                    weights[at..at + group.len()].copy_from_slice(group);
                    tap += 1;
                }
                rest = after;
            }
            // Wrapping: only the final sum is known to fit 32 bits, and modulo 2^32 it comes out right.
            let sum = row.iter().fold(0i32, |sum, &w| sum.wrapping_add(i32::from(w)));
            starts[filter] = filters.bias[filter].wrapping_sub(filters.input_zero_point.wrapping_mul(sum));
        }
        let end =
            |places: &[u32], length: usize| places.iter().max().map_or(0, |&last| last as usize + length);
        let reach = [end(&places.bases, end(&taps, GROUP)), end(&places.targets, count)];
        Self {
            bases: places.bases,
            targets: places.targets,
            taps,
            weights,
            starts,
            scaling: filters.scaling.part(0..count, padded),
            filters: count,
            zero_point: filters.zero_point,
            reach,
        }
    }

    /// Whether the buffers are long enough, the slack of the last group included.
    pub(super) fn fits(&self, input: &[u8], output: &[u8]) -> bool {
        input.len() >= self.reach[0]
            && output.len() >= self.reach[1]
            && self.bases.len() == self.targets.len()
    }

    pub(super) fn bases(&self) -> &[u32] {
        &self.bases
    }

    pub(super) fn targets(&self) -> &[u32] {
        &self.targets
    }

    pub(super) fn taps(&self) -> &[u32] {
        &self.taps
    }

    /// Weights of one block: `[tap][filter of the block][4]`.
    pub(super) fn block(&self, block: usize) -> &[i8] {
        let size = self.taps.len() * BLOCK * GROUP;
        &self.weights[block * size..][..size]
    }

    /// Accumulator starts of one block.
    pub(super) fn starts(&self, block: usize) -> &[i32; BLOCK] {
        &self.starts.as_chunks().0[block]
    }

    /// How sums become codes.
    pub(super) fn scaling(&self) -> &Scaling {
        &self.scaling
    }

    // Only that kernel asks for them.
    #[cfg(target_arch = "x86_64")]
    /// Multipliers in f32 of one block; `None` when sums become codes otherwise.
    pub(super) fn multipliers(&self, block: usize) -> Option<&[f32; BLOCK]> {
        match &self.scaling {
            Scaling::Float(multipliers) => multipliers.as_chunks().0.get(block),
            Scaling::Once(_) | Scaling::Twice(_) => None,
        }
    }

    pub(super) fn blocks(&self) -> usize {
        self.starts.len() / BLOCK
    }

    /// Filters of one block that exist; the others are padding.
    pub(super) fn width(&self, block: usize) -> usize {
        (self.filters - block * BLOCK).min(BLOCK)
    }

    pub(super) fn zero_point(&self) -> i32 {
        self.zero_point
    }
}
