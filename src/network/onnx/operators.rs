//! The supported operators, one function each: a node and its ifmap become a layer, or a fault.

use super::error::Fault;
use super::node::Node;
use super::tensor::Elements;
use crate::network::{Op, Parameters, Quantization, Value};
use crate::shape::{Conv2d, MapShape, Window};

/// Largest feature map, in elements: far above any real network, far below what overflows.
pub(super) const MAX_ELEMENTS: usize = 1 << 28;
/// Domain of onnxruntime's own operators.
const MICROSOFT: &str = "com.microsoft";

/// What a node reads: a tensor of codes of rank 4 (maps) or 2 (vectors).
#[derive(Clone, Copy)]
pub(super) struct Ifmap<'a> {
    pub(super) value: &'a Value,
    pub(super) rank: usize,
}

/// What a node makes.
pub(super) struct Made {
    pub(super) op: Op,
    pub(super) shape: MapShape,
    pub(super) rank: usize,
    pub(super) quantization: Quantization,
    pub(super) parameters: Option<Parameters>,
}

/// Makes a layer of one operator.
pub(super) type Translate = fn(&Node<'_>, &[Ifmap<'_>]) -> Result<Made, Fault>;

/// Which inputs of a node are tensors of codes; the others are constants.
pub(super) fn tensors(node: &Node<'_>) -> Vec<usize> {
    match (node.proto.domain(), node.proto.op_type()) {
        (MICROSOFT, "QLinearAdd") => vec![0, 3],
        _ => vec![0],
    }
}

/// Finds the function for any operator but QuantizeLinear, DequantizeLinear and Constant.
pub(super) fn operator(node: &Node<'_>) -> Result<Translate, Fault> {
    match (node.proto.domain(), node.proto.op_type()) {
        ("" | "ai.onnx", "QLinearConv") => Ok(convolution),
        ("" | "ai.onnx", "MaxPool") => Ok(max_pool),
        ("" | "ai.onnx", "Reshape") => Ok(reshape),
        ("" | "ai.onnx", "Flatten") => Ok(flatten),
        (MICROSOFT, "QLinearAveragePool") => Ok(average_pool),
        (MICROSOFT, "QLinearGlobalAveragePool") => Ok(global_average_pool),
        (MICROSOFT, "QGemm") => Ok(fully_connected),
        (MICROSOFT, "QLinearAdd") => Ok(sum),
        _ => Err(node.fault(
            "unsupported operator",
            "supported are QuantizeLinear, QLinearConv, MaxPool, Reshape, Flatten, DequantizeLinear and com.microsoft \
             QLinearAveragePool, QLinearGlobalAveragePool, QGemm, QLinearAdd: quantize to QOperator form, with ReLU fused",
        )),
    }
}

/// The node's own scale and zero point of its ifmap must be those the ifmap was made with.
fn agrees(node: &Node<'_>, ifmap: Ifmap<'_>, scale: usize, zero_point: usize) -> Result<(), Fault> {
    let (read, made) = (node.quantization(scale, zero_point)?, ifmap.value.quantization);
    if read == made {
        return Ok(());
    }
    let shown = |q: Quantization| {
        format!(
            "scale {} and {} zero point {}",
            q.scale,
            if q.signed { "int8" } else { "uint8" },
            q.zero_point
        )
    };
    Err(node.fault(
        format!("it reads `{}` with {}", ifmap.value.name, shown(read)),
        format!("the tensor was made with {}", shown(made)),
    ))
}

/// Refuses an ifmap or a constant of another rank.
fn rank(node: &Node<'_>, what: &str, found: usize, needed: usize) -> Result<(), Fault> {
    if found == needed {
        return Ok(());
    }
    Err(node.fault(format!("{what} has rank {found}"), format!("supported is rank {needed}")))
}

/// Output shape of a window with `channels` output channels.
fn windowed(node: &Node<'_>, input: MapShape, window: &Window, channels: usize) -> Result<MapShape, Fault> {
    let [height, width] = window.output(input.height, input.width).ok_or_else(|| {
        node.fault(format!("{window:?} does not fit a map of {input:?}"), "give a smaller kernel")
    })?;
    let elements = channels.checked_mul(height).and_then(|n| n.checked_mul(width));
    if elements.is_none_or(|n| n > MAX_ELEMENTS) {
        return Err(
            node.fault("its ofmap is too large", format!("at most {MAX_ELEMENTS} elements are supported"))
        );
    }
    Ok(MapShape { channels, height, width })
}

/// The window attributes; `kernel` is known from the weights or from `kernel_shape`.
fn window(node: &Node<'_>, kernel: Option<[usize; 2]>) -> Result<Window, Fault> {
    node.no_auto_pad()?;
    let named: Option<[usize; 2]> = node.sizes("kernel_shape", 1)?;
    if let (Some(named), Some(kernel)) = (named, kernel)
        && named != kernel
    {
        return Err(node.fault(format!("kernel_shape = {named:?}"), format!("the weights say {kernel:?}")));
    }
    let kernel = kernel.or(named).ok_or_else(|| node.fault("kernel_shape is missing", "write it"))?;
    if kernel.iter().any(|&k| k > usize::from(u16::MAX)) {
        return Err(
            node.fault(format!("a kernel of {kernel:?}"), format!("at most {} is supported", u16::MAX))
        );
    }
    Ok(Window {
        kernel,
        stride: node.sizes("strides", 1)?.unwrap_or([1; 2]),
        padding: node.sizes("pads", 0)?.unwrap_or([0; 4]),
        dilation: node.sizes("dilations", 1)?.unwrap_or([1; 2]),
    })
}

fn convolution(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"])?;
    node.arity(8, 9)?;
    rank(node, "its ifmap", ifmap.rank, 4)?;
    agrees(node, ifmap, 1, 2)?;
    let weights = node.constant(3)?;
    let &[filters, depth, height, width] = weights.shape.as_slice() else {
        return Err(node.misfit(3, "int8 weights of rank 4"));
    };
    let (input, groups) = (ifmap.value.shape, node.int("group", 1)?);
    let whole = usize::try_from(groups).ok().filter(|&g| g > 0 && filters % g == 0 && filters > 0);
    let groups = whole.filter(|&g| depth.checked_mul(g) == Some(input.channels)).ok_or_else(|| {
        node.fault(
            format!("weights {:?} in {groups} groups over {} channels", weights.shape, input.channels),
            "channels must be groups * weight channels, and filters a multiple of groups",
        )
    })?;
    let window = window(node, Some([height, width]))?;
    let Elements::I8(codes) = &weights.elements else { return Err(node.misfit(3, "int8 weights")) };
    let (parameters, quantization) = parameters(node, codes.clone(), filters, [4, 5, 8, 6, 7], ifmap)?;
    let shape = windowed(node, input, &window, filters)?;
    let op = Op::Conv(Conv2d { input, filters, window, groups });
    Ok(Made { op, shape, rank: 4, quantization, parameters: Some(parameters) })
}

fn fully_connected(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["alpha", "transA", "transB"])?;
    node.arity(6, 9)?;
    node.fixed_int("transA", 0)?;
    node.unit_float("alpha")?;
    rank(node, "its ifmap", ifmap.rank, 2)?;
    agrees(node, ifmap, 1, 2)?;
    let weights = node.constant(3)?;
    let (&[rows, columns], Elements::I8(codes)) = (weights.shape.as_slice(), &weights.elements) else {
        return Err(node.misfit(3, "int8 weights of rank 2"));
    };
    let (inputs, outputs, codes) = match node.int("transB", 0)? {
        0 => (rows, columns, transposed(codes, columns)),
        1 => (columns, rows, codes.clone()),
        other => return Err(node.fault(format!("transB = {other}"), "supported are 0 and 1")),
    };
    if inputs != ifmap.value.shape.elements() || outputs == 0 {
        return Err(node.fault(
            format!("weights of {inputs} inputs and {outputs} outputs"),
            format!("its ifmap has {} elements", ifmap.value.shape.elements()),
        ));
    }
    let (parameters, quantization) = parameters(node, codes, outputs, [4, 5, 6, 7, 8], ifmap)?;
    let op = Op::FullyConnected { inputs, outputs };
    Ok(Made { op, shape: MapShape::vector(outputs), rank: 2, quantization, parameters: Some(parameters) })
}

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

fn max_pool(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"])?;
    node.arity(1, 1)?;
    node.fixed_int("storage_order", 0)?;
    rank(node, "its ifmap", ifmap.rank, 4)?;
    let window = pooling_window(node)?;
    let shape = windowed(node, ifmap.value.shape, &window, ifmap.value.shape.channels)?;
    let quantization = ifmap.value.quantization;
    Ok(Made { op: Op::MaxPool(window), shape, rank: 4, quantization, parameters: None })
}

/// A window that never lies wholly in the padding.
fn pooling_window(node: &Node<'_>) -> Result<Window, Fault> {
    node.fixed_int("ceil_mode", 0)?;
    let window = window(node, None)?;
    if window.padding.iter().zip(window.kernel.iter().cycle()).any(|(p, k)| p >= k) {
        return Err(
            node.fault(format!("pads = {:?}", window.padding), "a pool's padding must be below its kernel")
        );
    }
    if window.dilation != [1; 2] && window.padding != [0; 4] {
        return Err(node.fault("a dilated pool with padding", "supported are dilation or padding, not both"));
    }
    Ok(window)
}

fn average_pool(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&[
        "auto_pad",
        "ceil_mode",
        "channels_last",
        "count_include_pad",
        "kernel_shape",
        "pads",
        "strides",
    ])?;
    node.arity(4, 5)?;
    node.fixed_int("channels_last", 0)?;
    rank(node, "its ifmap", ifmap.rank, 4)?;
    agrees(node, ifmap, 1, 2)?;
    let window = pooling_window(node)?;
    if window.padding != [0; 4] && node.int("count_include_pad", 0)? != 0 {
        return Err(node.fault("count_include_pad = 1 with padding", "supported is count_include_pad = 0"));
    }
    let shape = windowed(node, ifmap.value.shape, &window, ifmap.value.shape.channels)?;
    let quantization = averaged(node, ifmap)?;
    Ok(Made { op: Op::AveragePool(window), shape, rank: 4, quantization, parameters: None })
}

fn global_average_pool(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["channels_last"])?;
    node.arity(4, 5)?;
    node.fixed_int("channels_last", 0)?;
    rank(node, "its ifmap", ifmap.rank, 4)?;
    agrees(node, ifmap, 1, 2)?;
    let shape = MapShape::vector(ifmap.value.shape.channels);
    let quantization = averaged(node, ifmap)?;
    Ok(Made { op: Op::GlobalAveragePool, shape, rank: 4, quantization, parameters: None })
}

/// The quantization an average pool makes, of the same code type as its ifmap.
fn averaged(node: &Node<'_>, ifmap: Ifmap<'_>) -> Result<Quantization, Fault> {
    let made = node.quantization(3, 4)?;
    if made.signed == ifmap.value.quantization.signed {
        return Ok(made);
    }
    Err(node.fault("uint8 and int8 activations are mixed", "use one type for ifmap and ofmap"))
}

fn reshape(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["allowzero"])?;
    node.arity(2, 2)?;
    node.fixed_int("allowzero", 0)?;
    let Elements::I64(target) = &node.constant(1)?.elements else {
        return Err(node.misfit(1, "an int64 shape"));
    };
    let length = ifmap.value.shape.elements();
    let flattens = match target.as_slice() {
        [-1, -1] => false,
        [-1..=1, rest] => *rest == -1 || usize::try_from(*rest) == Ok(length),
        _ => false,
    };
    if flattens {
        Ok(flat(ifmap))
    } else {
        Err(node.fault(format!("shape {target:?}"), "supported is [batch, rest]"))
    }
}

fn flatten(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    let ifmap = ifmaps[0];
    node.only(&["axis"])?;
    node.arity(1, 1)?;
    node.fixed_int("axis", 1)?;
    Ok(flat(ifmap))
}

fn flat(ifmap: Ifmap<'_>) -> Made {
    let shape = MapShape::vector(ifmap.value.shape.elements());
    Made { op: Op::Flatten, shape, rank: 2, quantization: ifmap.value.quantization, parameters: None }
}

/// The end of a residual branch: two tensors of one shape, one type and scales of their own.
fn sum(node: &Node<'_>, ifmaps: &[Ifmap<'_>]) -> Result<Made, Fault> {
    node.only(&[])?;
    node.arity(7, 8)?;
    let [a, b] = [ifmaps[0], ifmaps[1]];
    agrees(node, a, 1, 2)?;
    agrees(node, b, 4, 5)?;
    if a.value.shape != b.value.shape || a.rank != b.rank {
        return Err(node.fault(
            format!("it adds {:?} and {:?}", a.value.shape, b.value.shape),
            "supported are two tensors of one shape",
        ));
    }
    let quantization = node.quantization(6, 7)?;
    if [a, b].iter().any(|operand| operand.value.quantization.signed != quantization.signed) {
        return Err(node.fault("uint8 and int8 activations are mixed", "use one type for all three tensors"));
    }
    Ok(Made { op: Op::Add, shape: a.value.shape, rank: a.rank, quantization, parameters: None })
}
