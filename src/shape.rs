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

/// The pixels of a layer's result as rows, so that a band of them knows which rows of the ifmap it reads.
///
/// A product without a window is a map of `m` rows of one pixel, read by a window of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bands {
    /// Samples of a batch, one map each.
    pub samples: u64,
    /// Rows of one sample's result.
    pub rows: u64,
    /// Pixels of such a row.
    pub width: u64,
    /// Rows of one sample's ifmap, without padding.
    pub input_rows: u64,
    /// Bytes of such a row: all pixels and all channels of one group.
    pub row_bytes: u64,
    /// Rows that the window spans, dilation included.
    pub kernel: u64,
    /// Rows from one window to the next.
    pub stride: u64,
    /// Rows of padding above the map.
    pub above: u64,
    /// Elements of the window, rows times columns: K is cut between channels, never inside a window.
    pub taps: u64,
}

impl Bands {
    /// Bands of a convolution whose result has `rows` rows of `width` pixels.
    #[must_use]
    pub fn of_convolution(conv: &Conv2d, [rows, width]: [u64; 2]) -> Self {
        let size = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        let Window { kernel, stride, padding, dilation } = conv.window;
        Self {
            samples: 1,
            rows,
            width,
            input_rows: size(conv.input.height),
            row_bytes: size(conv.input.width * conv.input.channels / conv.groups.max(1)),
            kernel: size(dilation[0] * (kernel[0].max(1) - 1) + 1),
            stride: size(stride[0]),
            above: size(padding[0]),
            taps: size(kernel[0] * kernel[1]),
        }
    }

    /// Bands of a product of `m` independent rows of `k` bytes.
    #[must_use]
    pub fn of_rows(m: u64, k: u64) -> Self {
        Self {
            samples: 1,
            rows: m,
            width: 1,
            input_rows: m,
            row_bytes: k,
            kernel: 1,
            stride: 1,
            above: 0,
            taps: 1,
        }
    }

    /// Whether every row of the result reads one row of its own.
    #[must_use]
    pub fn without_halo(&self) -> bool {
        self.kernel == 1 && self.stride == 1 && self.above == 0 && self.input_rows == self.rows
    }

    /// Bytes of the ifmap that the rows `first .. first + rows` of one sample's result read: every input row once, rows that
    /// a large stride skips not at all, padding for nothing.
    #[must_use]
    pub fn bytes(&self, first: u64, rows: u64) -> u64 {
        // Input rows before `end`, counted from the top of the padding, that are rows of the map.
        let inside = |end: u64| end.saturating_sub(self.above).min(self.input_rows);
        // A stride of a topology may be any number: what lies beyond the map is cut off anyway.
        let top = |row: u64| row.saturating_mul(self.stride);
        let span = |first: u64, last: u64| inside(top(last).saturating_add(self.kernel)) - inside(top(first));
        let touched = if self.without_halo() {
            rows
        } else if self.stride >= self.kernel {
            (first..first + rows).map(|row| span(row, row)).sum()
        } else {
            span(first, first + rows - 1)
        };
        touched * self.row_bytes
    }

    /// Bytes of one group's ifmap that are read at all, over all samples.
    #[must_use]
    pub fn whole(&self) -> u64 {
        self.samples * self.bytes(0, self.rows)
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

impl Axis {
    /// Its letter in reports.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::M => 'M',
            Self::N => 'N',
            Self::K => 'K',
        }
    }
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
