//! Layers with weights: convolutions and fully connected layers.

use super::super::error::Fault;
use super::super::node::Node;
use super::super::tensor::Elements;
use super::window::{window, windowed};
use super::{Ifmap, Made, agrees, rank};
use crate::network::{Op, Parameters, Quantization};
use crate::shape::{Conv2d, MapShape};

pub(super) fn convolution(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"])?;
    node.arity(8, 9)?;
    agrees(node, ifmap, 1, 2)?;
    let weights = node.constant(3)?;
    let Elements::I8(codes) = &weights.elements else {
        return Err(node.misfit(3, "int8 weights (weight_type=QuantType.QInt8)"));
    };
    let (conv, shape) = convolved(node, ifmap, &weights.shape)?;
    let (parameters, quantization) = parameters(node, codes.clone(), conv.filters, [4, 5, 8, 6, 7], ifmap)?;
    Ok(Made { op: Some(Op::Conv(conv)), shape, rank: 4, quantization, parameters: Some(parameters) })
}

/// A convolution with weights of some shape, and the shape of what it makes.
pub(in super::super) fn convolved(
    node: &Node<'_>,
    ifmap: Ifmap<'_>,
    weights: &[usize],
) -> Result<(Conv2d, MapShape), Fault> {
    rank(node, "its ifmap", ifmap.rank, 4)?;
    let &[filters, depth, height, width] = weights else {
        return Err(node.fault(format!("weights of shape {weights:?}"), "supported is rank 4"));
    };
    let (input, groups) = (ifmap.value.shape, node.int("group", 1)?);
    let whole = usize::try_from(groups).ok().filter(|&g| g > 0 && filters % g == 0 && filters > 0);
    let groups = whole.filter(|&g| depth.checked_mul(g) == Some(input.channels)).ok_or_else(|| {
        node.fault(
            format!("weights {weights:?} in {groups} groups over {} channels", input.channels),
            "channels must be groups * weight channels, and filters a multiple of groups",
        )
    })?;
    let window = window(node, Some([height, width]))?;
    let shape = windowed(node, input, &window, filters)?;
    Ok((Conv2d { input, filters, window, groups }, shape))
}

pub(super) fn fully_connected(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["alpha", "transA", "transB"])?;
    node.arity(6, 9)?;
    node.fixed_int("transA", 0)?;
    node.unit_float("alpha")?;
    rank(node, "its ifmap", ifmap.rank, 2)?;
    agrees(node, ifmap, 1, 2)?;
    let weights = node.constant(3)?;
    let (&[rows, columns], Elements::I8(codes)) = (weights.shape.as_slice(), &weights.elements) else {
        return Err(node.misfit(3, "int8 weights of rank 2 (weight_type=QuantType.QInt8)"));
    };
    let (inputs, outputs, codes) = match node.int("transB", 0)? {
        0 => (rows, columns, transposed(codes, columns)),
        1 => (columns, rows, codes.clone()),
        other => return Err(node.fault(format!("transB = {other}"), "supported are 0 and 1")),
    };
    Layer { inputs, outputs, codes }.made(node, [4, 5, 6, 7, 8], ifmap)
}

/// A fully connected layer's weights, `[output][input]`.
struct Layer {
    inputs: usize,
    outputs: usize,
    codes: Vec<i8>,
}

impl Layer {
    /// The layer, its other constants at the inputs that [`parameters`] takes.
    fn made(self, node: &Node<'_>, constants: [usize; 5], ifmap: Ifmap<'_>) -> Result<Made, Fault> {
        let Self { inputs, outputs, codes } = self;
        if inputs != ifmap.value.shape.elements() || outputs == 0 {
            return Err(node.fault(
                format!("weights of {inputs} inputs and {outputs} outputs"),
                format!("its ifmap has {} elements", ifmap.value.shape.elements()),
            ));
        }
        let (parameters, quantization) = parameters(node, codes, outputs, constants, ifmap)?;
        let op = Op::FullyConnected { inputs, outputs };
        let shape = MapShape::vector(outputs);
        Ok(Made { op: Some(op), shape, rank: 2, quantization, parameters: Some(parameters) })
    }
}

/// An input that no operator has.
const NO_INPUT: usize = usize::MAX;

/// `[row][column]` to `[column][row]`.
fn transposed(codes: &[i8], columns: usize) -> Vec<i8> {
    (0..columns).flat_map(|column| codes.iter().skip(column).step_by(columns)).copied().collect()
}

/// Weight scales and zero points, bias, and the ofmap's quantization, at the inputs `[w scale, w zero point, bias,
/// y scale, y zero point]`.
fn parameters(
    node: &Node<'_>,
    weights: Vec<i8>,
    filters: usize,
    inputs: [usize; 5],
    ifmap: Ifmap<'_>,
) -> Result<(Parameters, Quantization), Fault> {
    let [scale, zero_point, bias, out_scale, out_zero_point] = inputs;
    let scales = match node.scales(scale)? {
        &[one] => vec![one; filters],
        many if many.len() == filters => many.to_vec(),
        _ => return Err(node.misfit(scale, &format!("one scale, or one for each of the {filters} filters"))),
    };
    match &node.constant(zero_point)?.elements {
        Elements::I8(zeros) if zeros.iter().all(|&z| z == 0) => {}
        _ => {
            return Err(node.misfit(zero_point, "int8 weight zero points that are all 0 (symmetric weights)"));
        }
    }
    let bias = match node.input(bias) {
        "" => vec![0; filters],
        _ => match &node.constant(bias)?.elements {
            Elements::I32(b) if b.len() == filters => b.clone(),
            _ => return Err(node.misfit(bias, &format!("{filters} int32 numbers"))),
        },
    };
    if node.input(out_scale).is_empty() || node.input(out_zero_point).is_empty() {
        return Err(node.fault("its result is not quantized", "give the scale and zero point of the ofmap"));
    }
    let quantization = node.quantization(out_scale, out_zero_point)?;
    if quantization.signed != ifmap.value.quantization.signed {
        return Err(node.fault("uint8 and int8 activations are mixed", "use one type for ifmap and ofmap"));
    }
    let parameters = Parameters { weights, scales, bias };
    match parameters.overflowing(ifmap.value.quantization) {
        None => Ok((parameters, quantization)),
        Some(filter) => Err(node.fault(
            format!("filter {filter} can overflow a 32-bit accumulator"),
            "use a smaller bias, or fewer inputs a filter",
        )),
    }
}

/// A fully connected layer without bias.
pub(super) fn product(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&[])?;
    node.arity(8, 8)?;
    rank(node, "its ifmap", ifmap.rank, 2)?;
    agrees(node, ifmap, 1, 2)?;
    let weights = node.constant(3)?;
    let (&[inputs, outputs], Elements::I8(codes)) = (weights.shape.as_slice(), &weights.elements) else {
        return Err(node.misfit(3, "int8 weights of rank 2 (weight_type=QuantType.QInt8)"));
    };
    let layer = Layer { inputs, outputs, codes: transposed(codes, outputs) };
    layer.made(node, [4, 5, NO_INPUT, 6, 7], ifmap)
}
