//! Every operator that the import knows: one row says how its shape follows and how it is replayed, or why not.
//!
//! A new operator is one row here, and the functions that the row names. `docs/formats.md` has this table for users.

use super::super::qdq::{self, Fusion};
use super::super::shapes::{self, Dims};
use super::{Ifmap, Made, Translate, elementwise, form, multiply, pool};
use crate::network::Function;
use crate::network::onnx::error::Fault;
use crate::network::onnx::node::Node;

/// One operator.
pub(in super::super) struct Operator {
    pub(in super::super) name: &'static str,
    pub(in super::super) domain: Domain,
    pub(in super::super) shape: Shape,
    pub(in super::super) replay: Replay,
}

/// The operator set that an operator belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Domain {
    /// ONNX itself.
    Onnx,
    /// onnxruntime's own operators.
    Microsoft,
    /// Both have it, with one meaning.
    Either,
}

impl Domain {
    /// Its name in a model file.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Onnx | Self::Either => "",
            Self::Microsoft => "com.microsoft",
        }
    }

    /// Whether a node's domain is this one.
    fn is(self, found: &str) -> bool {
        match found {
            "" | "ai.onnx" => self != Self::Microsoft,
            "com.microsoft" => self != Self::Onnx,
            _ => false,
        }
    }
}

/// How the shape of its result follows from those of its operands.
#[derive(Clone, Copy)]
pub(in super::super) enum Shape {
    /// It holds a constant.
    Constant,
    /// It is that of the first operand.
    Same,
    /// It is that of the first operand when all others are constants, otherwise as the function says.
    SameOr(ShapeOf),
    /// As the function says.
    Of(ShapeOf),
    /// As the function says that moves it in a replay; a constant's as this one says.
    Moved(fn(&[usize]) -> Option<Vec<usize>>),
    /// Not known.
    Unknown,
}

/// The shape that a node makes of its maps and the shapes of its constants.
pub(in super::super) type ShapeOf = fn(&Node<'_>, &[Ifmap<'_>], &Dims) -> Result<Made, Fault>;

/// How it is replayed.
#[derive(Clone, Copy)]
pub(in super::super) enum Replay {
    /// It holds a constant.
    Constant,
    /// From real numbers to codes.
    Quantize,
    /// From codes to real numbers.
    Dequantize,
    /// It computes on codes: the inputs that are tensors of codes, and the layer.
    Codes(fn(&Node<'_>) -> Vec<usize>, Translate),
    /// It computes nothing, and does to real numbers what it does to codes.
    Moves(Translate),
    /// A function of one real number, done to codes by a table.
    Function(fn(&Node<'_>) -> Result<Function, Fault>),
    /// On real numbers that were dequantized, with its result quantized, it is an operator on codes.
    Fused(Fusion),
    /// It is not; the way out for who meets it on real numbers, if there is a better one than to quantize.
    No(Option<&'static str>),
}

/// The row of an operator.
pub(in super::super) fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name && operator.domain.is(domain))
}

/// The operator on codes that one on real numbers becomes.
pub(in super::super) fn on_codes(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name && matches!(operator.replay, Replay::Codes(..)))
}

const fn row(name: &'static str, domain: Domain, shape: Shape, replay: Replay) -> Operator {
    Operator { name, domain, shape, replay }
}

/// One row per operator, by what they do.
#[rustfmt::skip]
static OPERATORS: &[Operator] = {
    use Domain::{Either, Microsoft, Onnx};
    use Replay::{Codes, Fused, Moves, No};
    use Shape::{Moved, Of, Same, SameOr, Unknown};
    &[
        row("Constant", Onnx, Shape::Constant, Replay::Constant),
        row("QuantizeLinear", Either, Same, Replay::Quantize),
        row("DequantizeLinear", Either, Same, Replay::Dequantize),
        // Products.
        row("Conv", Onnx, Of(shapes::convolution::<1>), Fused(qdq::CONV)),
        row("QLinearConv", Onnx, Of(shapes::convolution::<3>), Codes(first, multiply::convolution)),
        row("Gemm", Onnx, Of(shapes::gemm::<1>), Fused(qdq::GEMM)),
        row("QGemm", Microsoft, Of(shapes::gemm::<3>), Codes(first, multiply::fully_connected)),
        row("MatMul", Onnx, Of(shapes::product::<1>), Fused(qdq::MAT_MUL)),
        row("QLinearMatMul", Onnx, Of(shapes::product::<3>), Codes(first, multiply::product)),
        // Of maps.
        row("Add", Onnx, SameOr(shapes::sum), Fused(qdq::ADD)),
        row("QLinearAdd", Microsoft, Of(shapes::sum), Codes(of_sum, elementwise::sum)),
        row("Mul", Onnx, SameOr(shapes::unknown), No(None)),
        row("Sub", Onnx, SameOr(shapes::unknown), No(None)),
        row("Div", Onnx, SameOr(shapes::unknown), No(None)),
        row("Concat", Onnx, Of(shapes::concatenation), Fused(qdq::CONCAT)),
        row("QLinearConcat", Microsoft, Of(shapes::concatenation), Codes(of_concatenation, elementwise::concatenation)),
        row("AveragePool", Onnx, Of(shapes::average_pool), Fused(qdq::AVERAGE_POOL)),
        row("QLinearAveragePool", Microsoft, Of(shapes::average_pool), Codes(first, pool::average_pool)),
        row("GlobalAveragePool", Onnx, Of(shapes::global_average_pool), Fused(qdq::GLOBAL_AVERAGE_POOL)),
        row("QLinearGlobalAveragePool", Microsoft, Of(shapes::global_average_pool), Codes(first, pool::global_average_pool)),
        row("ReduceMean", Onnx, Of(shapes::mean), No(Some(MEAN))),
        // Of elements.
        row("Relu", Onnx, Same, Replay::Function(elementwise::relu)),
        row("Clip", Onnx, Same, Replay::Function(elementwise::clip)),
        row("Sigmoid", Onnx, Same, Replay::Function(elementwise::sigmoid)),
        row("QLinearSigmoid", Microsoft, Same, Codes(first, elementwise::sigmoid_of_codes)),
        row("LeakyRelu", Onnx, Same, Replay::Function(elementwise::leaky)),
        row("QLinearLeakyRelu", Microsoft, Same, Codes(first, elementwise::leaky_of_codes)),
        row("BatchNormalization", Onnx, Same, No(None)),
        row("Cast", Onnx, Same, No(None)),
        row("DynamicQuantizeLinear", Onnx, Same, No(None)),
        row("Elu", Onnx, Same, No(None)),
        row("Gelu", Either, Same, No(None)),
        row("HardSigmoid", Onnx, Same, No(None)),
        row("HardSwish", Onnx, Same, No(None)),
        row("InstanceNormalization", Onnx, Same, No(None)),
        row("LRN", Onnx, Same, No(None)),
        row("LogSoftmax", Onnx, Same, No(None)),
        row("Mish", Onnx, Same, No(None)),
        row("PRelu", Onnx, Same, No(None)),
        row("Selu", Onnx, Same, No(None)),
        row("Softmax", Onnx, Same, No(None)),
        row("Softplus", Onnx, Same, No(None)),
        row("Tanh", Onnx, Same, No(None)),
        // What computes nothing.
        row("MaxPool", Onnx, Moved(shapes::no_constant), Moves(pool::max_pool)),
        row("Reshape", Onnx, Moved(shapes::no_constant), Moves(form::reshape)),
        row("Flatten", Onnx, Moved(shapes::no_constant), Moves(form::flatten)),
        row("Transpose", Onnx, Moved(shapes::turned), Moves(form::transpose)),
        row("Squeeze", Onnx, Moved(shapes::no_constant), Moves(form::squeeze)),
        row("Unsqueeze", Onnx, Moved(shapes::no_constant), Moves(form::unsqueeze)),
        row("Identity", Onnx, Moved(shapes::kept), Moves(form::identity)),
        row("Dropout", Onnx, Moved(shapes::kept), Moves(form::identity)),
        row("Pad", Onnx, Moved(shapes::no_constant), Moves(form::pad)),
        row("Slice", Onnx, Moved(shapes::no_constant), Moves(form::slice)),
        row("Shape", Onnx, Unknown, No(Some(SHAPE))),
    ]
};

/// The first input is the tensor.
fn first(_: &Node<'_>) -> Vec<usize> {
    vec![0]
}

/// Tensor, scale and zero point, twice.
fn of_sum(_: &Node<'_>) -> Vec<usize> {
    vec![0, 3]
}

/// Scale and zero point of the result, then tensor, scale and zero point of every operand.
fn of_concatenation(node: &Node<'_>) -> Vec<usize> {
    (2..node.proto.input.len().max(3)).step_by(3).collect()
}

const MEAN: &str = "the quantizer leaves ReduceMean in real numbers: take an average pool over the whole map instead, in \
                    PyTorch torch.nn.AdaptiveAvgPool2d(1) for x.mean((2, 3))";
const SHAPE: &str = "the shape that a Reshape makes must be a constant: in PyTorch write torch.flatten(x, 1), or export \
                     with a fixed batch";
