//! Where the operands of every output pixel lie.

use super::kernel::Layout;
use crate::network::Parameters;
use crate::shape::Window;

/// `[filter][channel][tap]` to `[filter][tap][channel]`.
pub(super) fn channels_innermost(parameters: &Parameters, depth: usize, taps: usize) -> Vec<i8> {
    let filters = parameters.weights.chunks((depth * taps).max(1));
    filters.flat_map(|f| (0..taps).flat_map(move |tap| f.iter().skip(tap).step_by(taps).copied())).collect()
}

/// First byte under the window at every output pixel; buffers are below 2^31 bytes.
pub(super) fn bases(input: &Layout, output: &Layout, window: &Window) -> Vec<u32> {
    let [top, left, ..] = window.padding;
    let corner = input.origin - top * input.pitch - left * input.channels;
    let pixels = (0..output.height).flat_map(|y| (0..output.width).map(move |x| (y, x)));
    pixels
        .map(|(y, x)| corner + y * window.stride[0] * input.pitch + x * window.stride[1] * input.channels)
        .map(|base| base as u32)
        .collect()
}

/// First byte of every output pixel.
pub(super) fn targets(output: &Layout) -> Vec<u32> {
    let pixels = (0..output.height).flat_map(|y| (0..output.width).map(move |x| (y, x)));
    pixels.map(|(y, x)| output.at(y, x) as u32).collect()
}

/// Contiguous runs under the window: a whole kernel row where its channels and columns touch.
pub(super) fn runs(input: &Layout, window: &Window, depth: usize, groups: usize) -> Vec<(u32, usize)> {
    let [rows, columns] = window.kernel;
    let whole = groups == 1 && window.dilation[1] == 1;
    let (steps, length) = if whole { (1, columns * depth) } else { (columns, depth) };
    let at = move |y: usize, x: usize| {
        y * window.dilation[0] * input.pitch + x * window.dilation[1] * input.channels
    };
    (0..rows).flat_map(|y| (0..steps).map(move |x| (at(y, x) as u32, length))).collect()
}
