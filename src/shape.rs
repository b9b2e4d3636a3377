//! Shapes of the work: feature maps, convolutions, matrix products.
//!
//! A convolution becomes a GEMM by im2col: M output pixels, K = filter height x width x channels, N filters
//! (Chetlur et al., cuDNN, arXiv 1410.0759). Every count below is of elements, not of bytes.

/// A feature map of `channels` x `height` x `width` elements; a vector has height and width 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MapShape {
    /// Channels, or the length of a vector.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
}

impl MapShape {
    /// A vector of `length` elements.
    #[must_use]
    pub fn vector(length: usize) -> Self {
        Self { channels: length, height: 1, width: 1 }
    }

    /// Number of elements.
    #[must_use]
    pub fn elements(&self) -> usize {
        self.channels * self.height * self.width
    }
}

/// A sliding window: kernel size, stride and padding (top, left, bottom, right), all in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Vertical and horizontal stride.
    pub stride: [usize; 2],
    /// Padding: top, left, bottom, right.
    pub padding: [usize; 4],
    /// Vertical and horizontal dilation.
    pub dilation: [usize; 2],
}

impl Window {
    /// Output height and width over a map of `height` x `width` pixels, by the floor rule of ONNX.
    ///
    /// `None` when the dilated kernel is larger than the padded map, or a stride is zero.
    #[must_use]
    pub fn output(&self, height: usize, width: usize) -> Option<[usize; 2]> {
        let along = |size: usize, axis: usize| {
            let padded = size + self.padding[axis] + self.padding[axis + 2];
            let reach = self.dilation[axis] * self.kernel[axis].checked_sub(1)? + 1;
            Some(padded.checked_sub(reach)?.checked_div(self.stride[axis])? + 1)
        };
        Some([along(height, 0)?, along(width, 1)?])
    }
}

/// A two-dimensional convolution over one feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2d {
    /// Shape of the ifmap, without padding.
    pub input: MapShape,
    /// Number of filters (output channels).
    pub filters: usize,
    /// The sliding window.
    pub window: Window,
    /// Groups: each sees `input.channels / groups` channels and makes `filters / groups` channels.
    pub groups: usize,
}

/// A matrix product of M x K by K x N, done `groups` times on disjoint data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gemm {
    /// Independent products of this size (1 unless the convolution is grouped).
    pub groups: u64,
    /// Rows of the ifmap matrix: output pixels, times the batch.
    pub m: u64,
    /// Columns of the filter matrix: output channels a group.
    pub n: u64,
    /// The axis summed over: filter height x width x channels a group.
    pub k: u64,
}

impl Gemm {
    /// Multiply-accumulates: groups * M * N * K.
    #[must_use]
    pub fn macs(&self) -> u64 {
        self.groups * self.m * self.n * self.k
    }

    /// Elements of the ofmap: groups * M * N.
    #[must_use]
    pub fn outputs(&self) -> u64 {
        self.groups * self.m * self.n
    }

    /// Elements of the filter matrices: groups * K * N.
    #[must_use]
    pub fn weights(&self) -> u64 {
        self.groups * self.k * self.n
    }
}

/// An axis of a GEMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Output pixels (and the batch).
    M,
    /// Output channels.
    N,
    /// The axis summed over.
    K,
}

/// One of the three matrices of a GEMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operand {
    /// M x K, the activations.
    Ifmap,
    /// K x N, the weights.
    Filter,
    /// M x N, the results and their partial sums.
    Ofmap,
}
