//! The product by AVX-512 VNNI: `vpdpbusd` adds four u8 x i8 products to each of sixteen 32-bit sums, exactly.

use super::Vectorizable;
use super::product::{BLOCK, GROUP, Product};
use super::scalar::requantize;
use std::arch::x86_64::*;

/// Runs a loop compiled for AVX-512; [`super::Kernel::run`] has checked that the processor has it.
pub(super) fn run(work: impl Vectorizable) {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn wide(work: impl Vectorizable) {
        work.run();
    }
    // SAFETY: the caller has checked `Kernel::available`.
    unsafe { wide(work) }
}

/// Applies a table of bytes by permuting the registers that hold it, 64 codes at a time; the processor must have VBMI.
pub(super) fn translate(table: &[u8; 256], codes: &[u8], found: &mut [u8]) {
    assert!(codes.len() == found.len(), "a table applied to runs of different lengths");
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    unsafe fn permute(table: &[u8; 256], codes: &[u8], found: &mut [u8]) {
        // SAFETY: four registers are the table; the mask lets through only bytes within both runs, of one length.
        unsafe {
            let quarter = |i: usize| _mm512_loadu_si512(table.as_ptr().add(64 * i).cast());
            let quarters = [quarter(0), quarter(1), quarter(2), quarter(3)];
            for first in (0..codes.len()).step_by(64) {
                let mask = u64::MAX >> (64 - (codes.len() - first).min(64));
                let index = _mm512_maskz_loadu_epi8(mask, codes.as_ptr().add(first).cast());
                let low = _mm512_permutex2var_epi8(quarters[0], index, quarters[1]);
                let high = _mm512_permutex2var_epi8(quarters[2], index, quarters[3]);
                // Bit 7 of a code tells the halves of the table apart.
                let code = _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high);
                _mm512_mask_storeu_epi8(found.as_mut_ptr().add(first).cast(), mask, code);
            }
        }
    }
    // SAFETY: the caller has checked the processor.
    unsafe { permute(table, codes, found) }
}

/// Computes every output; the caller has checked the processor and the buffers.
pub(super) fn multiply(product: &Product, input: &[u8], output: &mut [u8]) {
    let mut block = 0;
    while block < product.blocks() {
        // SAFETY: the caller has checked `Kernel::available` and `Product::fits`, and `block` counts within
        // `Product::blocks`.
        block += unsafe {
            match product.blocks() - block {
                1 => all_pixels::<1, 8>(product, block, input, output),
                2 => all_pixels::<2, 8>(product, block, input, output),
                3 => all_pixels::<3, 6>(product, block, input, output),
                _ => all_pixels::<4, 5>(product, block, input, output),
            }
        };
    }
}

/// F blocks of filters for all pixels, P at a time; returns F. F * P accumulators, F weights and P operands must fit 32
/// registers: the compiler loads all operands first. Pixels that are left over go by fours and one by one.
///
/// # Safety
/// As [`tile`], for every pixel.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn all_pixels<const F: usize, const P: usize>(
    product: &Product,
    block: usize,
    input: &[u8],
    output: &mut [u8],
) -> usize {
    let (pixels, mut first) = (product.bases().len(), 0);
    // SAFETY: `first + P <= pixels` in each loop; the rest is the caller's promise.
    unsafe {
        while first + P <= pixels {
            tile::<F, P>(product, block, first, input.as_ptr(), output.as_mut_ptr());
            first += P;
        }
        while first + 4 <= pixels {
            tile::<F, 4>(product, block, first, input.as_ptr(), output.as_mut_ptr());
            first += 4;
        }
        while first < pixels {
            tile::<F, 1>(product, block, first, input.as_ptr(), output.as_mut_ptr());
            first += 1;
        }
    }
    F
}

/// P pixels by F blocks of filters in registers.
///
/// # Safety
/// `block + F <= product.blocks()`, `first + P <= product.bases().len()`, `product.fits` the buffers behind the
/// pointers, and the processor has the features.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
unsafe fn tile<const F: usize, const P: usize>(
    product: &Product,
    block: usize,
    first: usize,
    input: *const u8,
    output: *mut u8,
) {
    let mut sums = [[_mm512_setzero_si512(); F]; P];
    let mut pixels = [input; P];
    let mut weights = [product.block(block).as_ptr(); F];
    // SAFETY: bases plus taps plus a group lie in the input (`Product::fits`); a block has one register of weights
    // a tap.
    unsafe {
        for f in 0..F {
            weights[f] = product.block(block + f).as_ptr();
            let start = _mm512_loadu_si512(product.starts(block + f).as_ptr().cast());
            for pixel in &mut sums {
                pixel[f] = start;
            }
        }
        for (pixel, &base) in pixels.iter_mut().zip(product.bases().get_unchecked(first..first + P)) {
            *pixel = pixel.add(base as usize);
        }
        for (i, &tap) in product.taps().iter().enumerate() {
            let mut row = [_mm512_setzero_si512(); F];
            for f in 0..F {
                row[f] = _mm512_loadu_si512(weights[f].add(i * BLOCK * GROUP).cast());
            }
            for p in 0..P {
                let codes = _mm512_set1_epi32(pixels[p].add(tap as usize).cast::<i32>().read_unaligned());
                for f in 0..F {
                    sums[p][f] = _mm512_dpbusd_epi32(sums[p][f], codes, row[f]);
                }
            }
        }
    }
    for f in 0..F {
        // SAFETY: as above; `store` writes `width` bytes at a target, which `Product::fits` has checked.
        unsafe { store::<F, P>(product, block + f, first, &sums, f, output) }
    }
}

/// Requantizes the sums of one block of a tile and stores their codes.
///
/// # Safety
/// As [`tile`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
unsafe fn store<const F: usize, const P: usize>(
    product: &Product,
    block: usize,
    first: usize,
    sums: &[[__m512i; F]; P],
    f: usize,
    output: *mut u8,
) {
    let Some(multipliers) = product.multipliers(block) else {
        for (sums, &target) in sums.iter().zip(&product.targets()[first..first + P]) {
            let mut all = [0i32; BLOCK];
            // SAFETY: `all` has room for one register; `Product::fits` has checked the output.
            let codes = unsafe {
                _mm512_storeu_si512(all.as_mut_ptr().cast(), sums[f]);
                std::slice::from_raw_parts_mut(
                    output.add(target as usize + block * BLOCK),
                    product.width(block),
                )
            };
            requantize(product, block, &all, codes);
        }
        return;
    };
    let limits = [0, 255].map(|code| _mm512_set1_ps((code - product.zero_point()) as f32));
    let [least, most] = limits;
    let zero_point = _mm512_set1_epi32(product.zero_point());
    let mask = u16::MAX >> (BLOCK - product.width(block));
    // SAFETY: the mask lets through only the block's existing filters, within the output (`Product::fits`).
    unsafe {
        let multiplier = _mm512_loadu_ps(multipliers.as_ptr());
        for (sums, &target) in sums.iter().zip(product.targets().get_unchecked(first..first + P)) {
            let scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[f]), multiplier);
            let clamped = _mm512_min_ps(_mm512_max_ps(scaled, least), most);
            // Rounds half to even, the default mode.
            let codes = _mm512_add_epi32(_mm512_cvtps_epi32(clamped), zero_point);
            _mm512_mask_cvtepi32_storeu_epi8(output.add(target as usize + block * BLOCK).cast(), mask, codes);
        }
    }
}
