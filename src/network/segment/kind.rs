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
        /// Any other product, from a topology of GEMMs.
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
    }
}

impl LayerKind {
    /// Whether it is a convolution of either kind.
    #[must_use]
    pub fn is_convolution(self) -> bool {
        matches!(self, Self::Convolution | Self::Depthwise)
    }
}
