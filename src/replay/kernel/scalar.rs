//! The reference product, in portable Rust.

use super::product::{BLOCK, GROUP, Product};

/// Computes every output; the caller has checked the buffers.
pub(super) fn multiply(product: &Product, input: &[u8], output: &mut [u8]) {
    for block in 0..product.blocks() {
        let (weights, _) = product.block(block).as_chunks::<{ BLOCK * GROUP }>();
        for (&base, &target) in product.bases().iter().zip(product.targets()) {
            let mut sums = *product.starts(block);
            for (&tap, weights) in product.taps().iter().zip(weights) {
                let at = base as usize + tap as usize;
                let codes: [i16; GROUP] = std::array::from_fn(|i| i16::from(input[at..at + GROUP][i]));
                for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<GROUP>().0) {
                    let [a, b, c, d] =
                        std::array::from_fn(|i| i32::from(codes[i]) * i32::from(i16::from(weights[i])));
                    *sum = sum.wrapping_add(a.wrapping_add(b).wrapping_add(c.wrapping_add(d)));
                }
            }
            let codes = &mut output[target as usize + block * BLOCK..][..product.width(block)];
            requantize(product, block, &sums, codes);
        }
    }
}

/// Sums of one block to codes.
pub(super) fn requantize(product: &Product, block: usize, sums: &[i32; BLOCK], codes: &mut [u8]) {
    let all = product.scaling().codes(block * BLOCK, sums, product.zero_point());
    codes.copy_from_slice(&all[..codes.len()]);
}
