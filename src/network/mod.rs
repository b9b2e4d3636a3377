//! A quantized network with exclusion heads, as one intermediate representation.
//!
//! Replay reads shapes and parameters; timing reads shapes only (see [`segment`]). Layers are in topological
//! order. Scores stay codes: the DequantizeLinear behind a head is dropped and its scale kept on the value.

pub mod onnx;
pub mod segment;

use self::segment::{LayerKind, Operation};
use crate::shape::{Conv2d, Gemm, MapShape, Window};

/// Index of a [`Value`] in [`Network::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub usize);

/// Affine 8-bit quantization: real = scale * (code - zero_point).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantization {
    /// Step between codes.
    pub scale: f32,
    /// The code of real zero.
    pub zero_point: i32,
    /// `true`: codes are i8, from -128 to 127; `false`: u8, from 0 to 255.
    pub signed: bool,
}

impl Quantization {
    /// Smallest and largest code.
    #[must_use]
    pub fn range(&self) -> [i32; 2] {
        if self.signed { [-128, 127] } else { [0, 255] }
    }
}

/// A tensor between layers: 8-bit codes of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Its name in the model file.
    pub name: String,
    /// Its shape, without the batch.
    pub shape: MapShape,
    /// How its codes are read.
    pub quantization: Quantization,
}

/// What a layer computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// Convolution with bias, requantized; a ReLU is in the clamp.
    Conv(Conv2d),
    /// Fully connected layer with bias, requantized.
    FullyConnected {
        /// Length of the input vector.
        inputs: usize,
        /// Length of the output vector.
        outputs: usize,
    },
    /// Maximum over windows, on codes.
    MaxPool(Window),
    /// Average over windows (padding not counted), by dequantized f32 sums as QLinearAveragePool.
    AveragePool(Window),
    /// Average over the whole map, by integer sums as QLinearGlobalAveragePool.
    GlobalAveragePool,
    /// Map to vector, channel-major as ONNX orders it.
    Flatten,
    /// Sum of two tensors of one shape, element by element, as QLinearAdd: the end of a residual branch.
    Add,
    /// Tensors one behind the other along the channels, each brought to the scale of the result.
    Concat,
    /// A function of every element, by a table from codes to codes.
    LookUp(Function),
    /// Every so many elements of a map from a first one on, and real zeros around them.
    Move(Move),
    /// A matrix product known by its shape only: with weights, or (kind [`LayerKind::MatMul`]) of two maps.
    Product {
        /// The kind of its step.
        kind: LayerKind,
        /// Its size for one sample.
        gemm: Gemm,
    },
    /// Work of the vector unit known by its size only.
    Vector {
        /// The kind of its step.
        kind: LayerKind,
        /// Elements for one sample.
        elements: u64,
        /// What it does with each.
        operation: Operation,
        /// It can work in the stream of what makes its map: element by element.
        streams: bool,
    },
    /// Elements of its inputs under other addresses, some left out or repeated.
    Rearrange,
}

impl Op {
    /// Whether it computes nothing: what reads its elements finds them where they are.
    #[must_use]
    pub fn moves_only(&self) -> bool {
        matches!(self, Self::Flatten | Self::Move(_) | Self::Rearrange)
    }

    /// Whether it is a product with weights.
    #[must_use]
    pub fn has_weights(&self) -> bool {
        match self {
            Self::Conv(_) | Self::FullyConnected { .. } => true,
            Self::Product { kind, .. } => *kind != LayerKind::MatMul,
            _ => false,
        }
    }
}

/// A function of a real number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// The number itself: only scale and zero point change.
    Identity,
    /// The nearest number from the first to the second: Relu, Clip.
    Clamp(f32, f32),
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// The number itself, and this multiple of it when it is negative.
    LeakyRelu(f32),
}

impl Function {
    /// Its value, in f32.
    #[must_use]
    pub fn of(self, x: f32) -> f32 {
        match self {
            Self::Identity => x,
            Self::Clamp(least, most) => x.max(least).min(most),
            #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 of the exact value")]
            Self::Sigmoid => (1.0 / (1.0 + (-f64::from(x)).exp())) as f32,
            Self::LeakyRelu(slope) => {
                if x < 0.0 {
                    slope * x
                } else {
                    x
                }
            }
        }
    }
}

/// A slice or a padding of a map; channel, row, column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// First element taken.
    pub start: [usize; 3],
    /// From one element taken to the next.
    pub step: [usize; 3],
    /// Elements taken.
    pub taken: [usize; 3],
    /// Zeros before them.
    pub before: [usize; 3],
}

/// Weights of a convolution or fully connected layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Codes, zero point 0: `[filter][channel of the group][row][column]`, or `[output][input]`.
    pub weights: Vec<i8>,
    /// One scale a filter.
    pub scales: Vec<f32>,
    /// One 32-bit bias a filter, in units of input scale * weight scale.
    pub bias: Vec<i32>,
}

impl Parameters {
    /// The first filter whose sum can leave 32 bits for some ifmap, `None` if all are safe.
    ///
    /// Extremes are exact: positive weights meet the largest code and negative ones the smallest, or the other way.
    #[must_use]
    pub fn overflowing(&self, input: Quantization) -> Option<usize> {
        let [least, most] = input.range().map(|code| i64::from(code - input.zero_point));
        let length = self.weights.len().checked_div(self.bias.len())?.max(1);
        let safe = |(weights, &bias): (&[i8], &i32)| {
            let sum = |positive: i64, negative: i64| {
                let term = |&w: &i8| i64::from(w) * if w > 0 { positive } else { negative };
                i64::from(bias) + weights.iter().map(term).sum::<i64>()
            };
            i32::try_from(sum(most, least)).is_ok() && i32::try_from(sum(least, most)).is_ok()
        };
        self.weights.chunks(length).zip(&self.bias).position(|filter| !safe(filter))
    }
}

/// One operation of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Name, unique in the network.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Values it reads.
    pub inputs: Vec<ValueId>,
    /// The value it makes.
    pub output: ValueId,
    /// Its weights; `None` for an operation without any, and in networks known by shape only.
    pub parameters: Option<Parameters>,
}

/// A quantized network: its classifier, and heads at intermediate layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Name for reports.
    pub name: String,
    /// All tensors.
    pub values: Vec<Value>,
    /// The quantized image.
    pub input: ValueId,
    /// All layers, in topological order.
    pub layers: Vec<Layer>,
    /// Score vectors of the heads, shallow to deep.
    pub heads: Vec<ValueId>,
    /// Scores of the final classifier.
    pub classifier: ValueId,
}

impl Network {
    /// The tensor behind an id.
    #[must_use]
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0]
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.value(self.classifier).shape.elements()
    }
}
