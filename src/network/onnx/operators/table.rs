//! Every operator that the import knows: one row says how its shape follows and how it is replayed, or why not.
//!
//! A new operator is one row here, and the functions that the row names. `docs/formats.md` has this table for users.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::super::qdq::{self, Fusion};
use super::super::shapes::{self, Call, Shaped};
use super::{Translate, elementwise, form, multiply, pool};
use crate::network::Function;
use crate::network::onnx::error::Fault;
use crate::network::onnx::node::Node;
use crate::network::onnx::proto::NodeProto;

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
    /// QONNX, as Brevitas and QKeras export it.
    Qonnx,
}

impl Domain {
    /// Its name in a model file.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Onnx | Self::Either => "",
            Self::Microsoft => "com.microsoft",
            Self::Qonnx => "qonnx.custom_op.general",
        }
    }

    /// Whether a node's domain is this one.
    fn is(self, found: &str) -> bool {
        match found {
            "" | "ai.onnx" => matches!(self, Self::Onnx | Self::Either),
            "com.microsoft" => matches!(self, Self::Microsoft | Self::Either),
            "qonnx.custom_op.general" | "finn.custom_op.general" | "onnx.brevitas" => self == Self::Qonnx,
            _ => false,
        }
    }
}

/// How the shape of its result follows from those of its operands.
#[derive(Clone, Copy)]
pub(in super::super) enum Shape {
    /// It holds a constant.
    Constant,
    /// As the function says, with the work that it is.
    Of(ShapeOf),
    /// The same, of an operator that reads one step of every sample after the other: the batch is the second axis.
    BySteps(ShapeOf),
    /// Not known, and the way out.
    Unknown(&'static str),
}

/// The shape that a node makes, and the work.
pub(in super::super) type ShapeOf = fn(&Call<'_>) -> Result<Shaped, Fault>;

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
    /// It is not: its scale is found anew for every image.
    Dynamic,
    /// It is not; the way out for who meets it on real numbers, if there is a better one than to quantize.
    No(Option<&'static str>),
}

/// The row of an operator.
pub(in super::super) fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    BY_NAME.get(name)?.iter().copied().find(|operator| operator.domain.is(domain))
}

/// Whether a node reads one step of every sample after the other.
pub(in super::super) fn takes_steps_first(node: &NodeProto) -> bool {
    let by_steps = |operator: &Operator| matches!(operator.shape, Shape::BySteps(_));
    let layout = node.attribute.iter().any(|attribute| attribute.name() == "layout" && attribute.i() != 0);
    find(node.domain(), node.op_type()).is_some_and(by_steps) && !layout
}

/// The operator on codes that one on real numbers becomes.
pub(in super::super) fn on_codes(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name && matches!(operator.replay, Replay::Codes(..)))
}

const fn row(name: &'static str, domain: Domain, shape: ShapeOf, replay: Replay) -> Operator {
    Operator { name, domain, shape: Shape::Of(shape), replay }
}

/// An operator of ONNX that is read for its shapes, and not replayed.
const fn timed(name: &'static str, shape: ShapeOf) -> Operator {
    row(name, Domain::Onnx, shape, Replay::No(None))
}

/// One that is not read at all.
const fn refused(name: &'static str, remedy: &'static str) -> Operator {
    let shape = Shape::Unknown(remedy);
    Operator { name, domain: Domain::Onnx, shape, replay: Replay::No(Some(remedy)) }
}

/// Rows by name: a graph may have 100,000 nodes.
static BY_NAME: LazyLock<BTreeMap<&str, Vec<&Operator>>> = LazyLock::new(|| {
    let mut rows = BTreeMap::<&str, Vec<&Operator>>::new();
    OPERATORS.iter().for_each(|operator| rows.entry(operator.name).or_default().push(operator));
    rows
});

/// One row per operator, by what they do.
#[rustfmt::skip]
pub(in super::super) static OPERATORS: &[Operator] = {
    use Domain::{Either, Microsoft, Onnx, Qonnx};
    use Replay::{Codes, Dynamic, Function, Fused, Moves, No};
    &[
        Operator { name: "Constant", domain: Onnx, shape: Shape::Constant, replay: Replay::Constant },
        // Products.
        row("Conv", Onnx, shapes::convolution::<1>, Fused(qdq::CONV)),
        row("QLinearConv", Onnx, shapes::convolution::<3>, Codes(first, multiply::convolution)),
        row("ConvInteger", Onnx, shapes::convolution::<1>, Dynamic),
        row("FusedConv", Microsoft, shapes::convolution::<1>, No(None)),
        timed("ConvTranspose", shapes::transposed_convolution),
        row("Gemm", Onnx, shapes::gemm_of::<1>, Fused(qdq::GEMM)),
        row("QGemm", Microsoft, shapes::gemm_of::<3>, Codes(first, multiply::fully_connected)),
        row("MatMul", Onnx, shapes::matrix_product::<1>, Fused(qdq::MAT_MUL)),
        row("QLinearMatMul", Onnx, shapes::matrix_product::<3>, Codes(first, multiply::product)),
        row("MatMulInteger", Onnx, shapes::matrix_product::<1>, Dynamic),
        row("MatMulIntegerToFloat", Microsoft, shapes::matrix_product::<1>, Dynamic),
        row("DynamicQuantizeMatMul", Microsoft, shapes::matrix_product::<1>, Dynamic),
        row("FusedMatMul", Microsoft, shapes::fused_product, No(None)),
        timed("Einsum", shapes::einsum),
        Operator { name: "LSTM", domain: Onnx, shape: Shape::BySteps(shapes::lstm), replay: No(None) },
        Operator { name: "GRU", domain: Onnx, shape: Shape::BySteps(shapes::gru), replay: No(None) },
        Operator { name: "RNN", domain: Onnx, shape: Shape::BySteps(shapes::rnn), replay: No(None) },
        // Pools, and one element of all along an axis.
        row("MaxPool", Onnx, shapes::max_pool, Moves(pool::max_pool)),
        timed("GlobalMaxPool", shapes::global_max_pool),
        row("AveragePool", Onnx, shapes::average_pool, Fused(qdq::AVERAGE_POOL)),
        row("QLinearAveragePool", Microsoft, shapes::average_pool, Codes(first, pool::average_pool)),
        timed("LpPool", shapes::norm_pool),
        row("GlobalAveragePool", Onnx, shapes::global_average_pool, Fused(qdq::GLOBAL_AVERAGE_POOL)),
        row("QLinearGlobalAveragePool", Microsoft, shapes::global_average_pool, Codes(first, pool::global_average_pool)),
        row("ReduceMean", Onnx, shapes::mean, No(Some(MEAN))),
        timed("ReduceSum", shapes::reduction::<1>),
        timed("ReduceMax", shapes::reduction::<1>),
        timed("ReduceMin", shapes::reduction::<1>),
        timed("ReduceProd", shapes::reduction::<1>),
        timed("ReduceL1", shapes::reduction::<1>),
        timed("ReduceL2", shapes::reduction::<1>),
        timed("ReduceSumSquare", shapes::reduction::<1>),
        timed("ReduceLogSum", shapes::reduction::<1>),
        timed("ReduceLogSumExp", shapes::reduction::<2>),
        timed("ArgMax", shapes::place_of_extreme),
        timed("ArgMin", shapes::place_of_extreme),
        // Rows.
        timed("Softmax", shapes::softmax),
        row("QLinearSoftmax", Microsoft, shapes::softmax, No(None)),
        timed("LogSoftmax", shapes::softmax),
        timed("LayerNormalization", shapes::normalization::<5>),
        timed("GroupNormalization", shapes::normalization::<4>),
        timed("InstanceNormalization", shapes::normalization::<4>),
        timed("MeanVarianceNormalization", shapes::normalization::<4>),
        row("RMSNormalization", Onnx, shapes::normalization::<3>, No(None)),
        row("SimplifiedLayerNormalization", Either, shapes::normalization::<3>, No(None)),
        row("SkipLayerNormalization", Microsoft, shapes::sum_and_normalization, No(None)),
        timed("LpNormalization", shapes::normalization::<2>),
        timed("LRN", shapes::across_channels),
        timed("Hardmax", shapes::passes::<1>),
        timed("CumSum", shapes::passes::<1>),
        timed("CumProd", shapes::passes::<1>),
        timed("ScatterElements", shapes::scatter),
        timed("ScatterND", shapes::scatter),
        timed("Resize", shapes::resize),
        timed("Upsample", shapes::upsample),
        // Of several maps, or of a map and constants.
        row("Concat", Onnx, shapes::concatenation, Fused(qdq::CONCAT)),
        row("QLinearConcat", Microsoft, shapes::concatenation_of_codes, Codes(of_concatenation, elementwise::concatenation)),
        row("Add", Onnx, shapes::sum, Fused(qdq::ADD)),
        row("QLinearAdd", Microsoft, shapes::sum_of_codes, Codes(of_sum, elementwise::sum)),
        timed("Sum", shapes::sum),
        timed("Sub", shapes::difference),
        timed("Mul", shapes::product),
        row("QLinearMul", Microsoft, shapes::product_of_codes, No(None)),
        timed("Div", shapes::quotient),
        timed("Pow", shapes::power),
        timed("Mod", shapes::remainder),
        timed("Max", shapes::largest),
        timed("Min", shapes::smallest),
        timed("Mean", shapes::other),
        timed("Where", shapes::choice),
        timed("Equal", shapes::equal),
        timed("Less", shapes::less),
        timed("LessOrEqual", shapes::other),
        timed("Greater", shapes::greater),
        timed("GreaterOrEqual", shapes::other),
        timed("And", shapes::product),
        timed("Or", shapes::largest),
        timed("Xor", shapes::other),
        timed("PRelu", shapes::slopes),
        timed("BatchNormalization", shapes::batch_normalization),
        // Of elements.
        Operator { name: "QuantizeLinear", domain: Either, shape: Shape::Of(shapes::quantize), replay: Replay::Quantize },
        Operator { name: "DequantizeLinear", domain: Either, shape: Shape::Of(shapes::dequantize), replay: Replay::Dequantize },
        row("DynamicQuantizeLinear", Onnx, shapes::quantize_dynamically, Dynamic),
        row("Quant", Qonnx, shapes::quantize, No(Some(QONNX))),
        row("BipolarQuant", Qonnx, shapes::quantize, No(Some(QONNX))),
        row("Trunc", Qonnx, shapes::quantize, No(Some(QONNX))),
        row("Relu", Onnx, shapes::clamp, Function(elementwise::relu)),
        row("Clip", Onnx, shapes::clamp, Function(elementwise::clip)),
        row("Sigmoid", Onnx, shapes::table, Function(elementwise::sigmoid)),
        row("QLinearSigmoid", Microsoft, shapes::table, Codes(first, elementwise::sigmoid_of_codes)),
        row("LeakyRelu", Onnx, shapes::table, Function(elementwise::leaky)),
        row("QLinearLeakyRelu", Microsoft, shapes::table, Codes(first, elementwise::leaky_of_codes)),
        row("Gelu", Either, shapes::table, No(None)),
        row("FastGelu", Microsoft, shapes::table, No(None)),
        row("QuickGelu", Microsoft, shapes::table, No(None)),
        timed("Abs", shapes::table),
        timed("Atan", shapes::table),
        timed("Celu", shapes::table),
        timed("Ceil", shapes::ceil),
        timed("Cos", shapes::table),
        timed("Elu", shapes::table),
        timed("Erf", shapes::table),
        timed("Exp", shapes::table),
        timed("Floor", shapes::floor),
        timed("HardSigmoid", shapes::table),
        timed("HardSwish", shapes::table),
        timed("IsInf", shapes::table),
        timed("IsNaN", shapes::table),
        timed("Log", shapes::table),
        timed("Mish", shapes::table),
        timed("Neg", shapes::negative),
        timed("Not", shapes::not),
        timed("Reciprocal", shapes::table),
        timed("Round", shapes::round),
        timed("Selu", shapes::table),
        timed("Sign", shapes::table),
        timed("Shrink", shapes::table),
        timed("Sin", shapes::table),
        timed("Softplus", shapes::table),
        timed("Softsign", shapes::table),
        timed("Sqrt", shapes::square_root),
        timed("Swish", shapes::table),
        timed("Tanh", shapes::table),
        timed("ThresholdedRelu", shapes::table),
        timed("Cast", shapes::cast),
        timed("CastLike", shapes::cast_like),
        // What computes nothing.
        row("Identity", Onnx, shapes::identity, Moves(form::identity)),
        row("Dropout", Onnx, shapes::dropout, Moves(form::identity)),
        row("Reshape", Onnx, shapes::reshape, Moves(form::reshape)),
        row("Flatten", Onnx, shapes::flatten, Moves(form::flatten)),
        row("Transpose", Onnx, shapes::transpose, Moves(form::transpose)),
        row("Squeeze", Onnx, shapes::squeeze, Moves(form::squeeze)),
        row("Unsqueeze", Onnx, shapes::unsqueeze, Moves(form::unsqueeze)),
        row("Pad", Onnx, shapes::pad, Moves(form::pad)),
        row("Slice", Onnx, shapes::slice, Moves(form::slice)),
        timed("Split", shapes::split),
        timed("Expand", shapes::expand),
        timed("Tile", shapes::tile),
        timed("Gather", shapes::gather),
        timed("GatherElements", shapes::gather_elements),
        timed("GatherND", shapes::gather_slices),
        timed("Trilu", shapes::identity),
        timed("ReverseSequence", shapes::identity),
        timed("DepthToSpace", shapes::depth_to_space),
        timed("SpaceToDepth", shapes::space_to_depth),
        // What depends on extents only.
        row("Shape", Onnx, shapes::shape, No(Some(SHAPE))),
        timed("Size", shapes::size),
        timed("ConstantOfShape", shapes::filled),
        timed("Range", shapes::range),
        // What no shape can be told of.
        refused("NonZero", DATA),
        refused("NonMaxSuppression", DATA),
        refused("TopK", DATA),
        refused("Unique", DATA),
        refused("Compress", DATA),
        refused("RoiAlign", DATA),
        refused("If", CONTROL),
        refused("Loop", CONTROL),
        refused("Scan", CONTROL),
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
const QONNX: &str = "replay computes in 8-bit codes of QOperator or QDQ form: convert Quant nodes of 8 bits with qonnx's \
                     ConvertToQCDQ, or quantize with onnxruntime's quantize_static";
const DATA: &str = "what it makes depends on the data: cut the model before it with onnx.utils.extract_model, it is no work \
                    of the array";
const CONTROL: &str = "what it runs depends on the data: export the model without control flow, or with inputs for which \
                       onnxsim can fold it";
