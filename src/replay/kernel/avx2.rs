//! The product by AVX2: operands widened to 16 bits, `vpmaddwd` adds pairs of products into 32-bit sums, exactly.
//!
//! `vpmaddubsw` would halve the work and saturate: never use it.

use super::Vectorizable;
use super::product::{BLOCK, GROUP, Product};
use super::scalar::requantize;
use std::arch::x86_64::*;

/// Registers of sums a block needs: four filters, two partial sums each, in a register.
const PARTS: usize = BLOCK / 4;

/// Runs a loop compiled for AVX2; [`super::Kernel::run`] has checked that the processor has it.
pub(super) fn run(work: impl Vectorizable) {
    #[target_feature(enable = "avx2,fma")]
    fn wide(work: impl Vectorizable) {
        work.run();
    }
    // SAFETY: the caller has checked `Kernel::available`.
    unsafe { wide(work) }
}

/// Computes every output; the caller has checked the processor and the buffers.
pub(super) fn multiply(product: &Product, input: &[u8], output: &mut [u8]) {
    let pixels = product.bases().len();
    for block in 0..product.blocks() {
        let mut first = 0;
        // SAFETY: the caller has checked `Kernel::available` and `Product::fits`; `first` stays below `pixels`.
        unsafe {
            while first + 2 <= pixels {
                tile::<2>(product, block, first, input, output);
                first += 2;
            }
            if first < pixels {
                tile::<1>(product, block, first, input, output);
            }
        }
    }
}

/// P pixels by one block of filters.
///
/// # Safety
/// `block < product.blocks()`, `first + P <= product.bases().len()`, `product.fits` the buffers, and the processor
/// has AVX2.
#[target_feature(enable = "avx2")]
unsafe fn tile<const P: usize>(
    product: &Product,
    block: usize,
    first: usize,
    input: &[u8],
    output: &mut [u8],
) {
    let mut sums = [[_mm256_setzero_si256(); PARTS]; P];
    let mut weights = product.block(block).as_ptr();
    // SAFETY: bases plus taps plus a group lie in the input (`Product::fits`); a block has 64 bytes of weights a tap.
    unsafe {
        let mut pixels = [input.as_ptr(); P];
        for (pixel, &base) in pixels.iter_mut().zip(product.bases().get_unchecked(first..first + P)) {
            *pixel = pixel.add(base as usize);
        }
        for &tap in product.taps() {
            let mut row = [_mm256_setzero_si256(); PARTS];
            for (part, row) in row.iter_mut().enumerate() {
                *row = _mm256_cvtepi8_epi16(_mm_loadu_si128(weights.add(16 * part).cast()));
            }
            weights = weights.add(BLOCK * GROUP);
            for p in 0..P {
                let codes = _mm_set1_epi32(pixels[p].add(tap as usize).cast::<i32>().read_unaligned());
                let codes = _mm256_cvtepu8_epi16(codes);
                for part in 0..PARTS {
                    sums[p][part] = _mm256_add_epi32(sums[p][part], _mm256_madd_epi16(codes, row[part]));
                }
            }
        }
    }
    for (p, sums) in sums.iter().enumerate() {
        let mut total = *product.starts(block);
        for (half, pair) in sums.chunks_exact(2).enumerate() {
            // Adds neighbours; lanes come out as filters 0 1 4 5 | 2 3 6 7, in 64-bit halves 0 2 1 3.
            let added = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_hadd_epi32(pair[0], pair[1]));
            let mut eight = [0i32; 8];
            // SAFETY: `eight` has room for one register.
            unsafe { _mm256_storeu_si256(eight.as_mut_ptr().cast(), added) };
            for (total, part) in total[8 * half..].iter_mut().zip(eight) {
                *total = total.wrapping_add(part);
            }
        }
        let target = product.targets()[first + p] as usize + block * BLOCK;
        requantize(product, block, &total, &mut output[target..][..product.width(block)]);
    }
}
