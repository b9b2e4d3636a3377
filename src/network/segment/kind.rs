//! Kinds of layers, as reports name them.

use crate::names::closed_set;

closed_set! {
    /// What a layer is.
    pub enum LayerKind {
        /// A convolution, of one or several groups.
        Convolution = "conv",
        /// A convolution of each channel by itself.
        Depthwise = "depthwise",
        /// A product with one row: every output from every input.
        FullyConnected = "fc",
        /// Any other product with weights.
        Gemm = "gemm",
        /// The largest of each window.
        MaxPool = "maxpool",
        /// The mean of each window, or of a whole map.
        AveragePool = "avgpool",
        /// The sum of two maps.
        Add = "add",
        /// A function of each element by itself.
        Activation = "activation",
        /// Maps side by side, each scaled to one scale.
        Concat = "concat",
        /// A product of two maps: what stands for weights is made anew for every sample.
        MatMul = "matmul",
        /// The product of maps, element by element.
        Mul = "mul",
        /// A factor and a term that differ from element to element.
        Scale = "scale",
        /// Another function of maps, element by element.
        Elementwise = "elementwise",
        /// Softmax along an axis.
        Softmax = "softmax",
        /// A normalization by what is there.
        Norm = "norm",
        /// One element of all along some axes.
        Reduce = "reduce",
        /// Another size of a map.
        Resize = "resize",
        /// Codes by the smallest and the largest that are there.
        Quantize = "quantize",
        /// Elements put in the place of others.
        Scatter = "scatter",
        /// What a recurrent layer does behind its products.
        Gates = "gates",
        /// Sums of a transposed convolution added where its windows overlap.
        Col2Im = "col2im",
    }
}

impl LayerKind {
    /// Whether it is a convolution of either kind.
    #[must_use]
    pub fn is_convolution(self) -> bool {
        matches!(self, Self::Convolution | Self::Depthwise)
    }
}
