//! A network laid out for replay: a buffer for every tensor, a packed product for every layer with weights.
//!
//! Maps are stored with channels innermost and a border of zero-point codes as wide as their readers' padding, so
//! that a convolution needs neither a copy nor a special case at the edge.

use super::ReplayError;
use super::kernel::{Filters, Layout, Places, Product, Rescale, Sum};
use crate::network::{Layer, Network, Op, Parameters, Quantization, Value, ValueId};
use crate::shape::{MapShape, Window};

/// Bytes behind the last pixel that the last group of operands may touch.
const SLACK: usize = 64;
/// Input scales of a sum are below this multiple of its output scale, so that no sum leaves 32 bits.
const MAX_RATIO: f32 = 1_048_576.0;

/// A buffer of codes as bytes.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    pub(super) layout: Layout,
    pub(super) bytes: usize,
    /// Fills the border.
    pub(super) zero_point: u8,
}

/// One step of a replay, from one buffer to another; no step writes a buffer that it reads.
pub(super) struct Step {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) work: Work,
}

/// What a step computes.
pub(super) enum Work {
    Multiply(Vec<Product>),
    MaxPool(Window),
    AveragePool(Window, Rescale),
    GlobalAveragePool(Rescale),
    /// The sum with a second buffer.
    Add {
        other: usize,
        sum: Sum,
    },
}

/// A network ready to run.
pub(super) struct Plan {
    pub(super) buffers: Vec<Buffer>,
    pub(super) steps: Vec<Step>,
    /// Buffer of the image.
    pub(super) input: usize,
    /// Buffers of the heads, then of the classifier.
    pub(super) outputs: Vec<usize>,
    /// Buffer read by every layer with weights.
    pub(super) operands: Vec<usize>,
}

/// Codes as bytes: what is added to i8 codes to make them so.
pub(super) fn offset(quantization: Quantization) -> i32 {
    if quantization.signed { 128 } else { 0 }
}

/// The zero point as a byte.
pub(super) fn zero_point(quantization: Quantization) -> i32 {
    quantization.zero_point + offset(quantization)
}

impl Plan {
    /// Lays out a network.
    pub(super) fn new(network: &Network) -> Result<Self, ReplayError> {
        let stored = storage(network)?;
        let mut buffers: Vec<Buffer> = Vec::new();
        let mut index = vec![0; network.values.len()];
        let borders = borders(network, &stored);
        for (id, value) in network.values.iter().enumerate() {
            if stored[id] == ValueId(id) {
                index[id] = buffers.len();
                buffers.push(buffer(value, borders[id])?);
            } else {
                index[id] = index[stored[id].0];
            }
        }
        let (mut steps, mut operands) = (Vec::new(), Vec::new());
        for layer in &network.layers {
            let [from, to] = [layer.inputs[0], layer.output].map(|id| index[id.0]);
            let place = Place { network, layer, from, to, index: &index, buffers: &buffers };
            steps.extend(place.work()?.map(|work| Step { from, to, work }));
            if matches!(layer.op, Op::Conv(_) | Op::FullyConnected { .. }) {
                operands.push(from);
            }
        }
        let outputs = network.heads.iter().chain([&network.classifier]).map(|id| index[id.0]).collect();
        Ok(Self { buffers, steps, input: index[network.input.0], outputs, operands })
    }
}

/// The value whose buffer each value uses: a flattened map stays where it is. Also checks that every layer reads
/// what is there.
fn storage(network: &Network) -> Result<Vec<ValueId>, ReplayError> {
    let mut stored: Vec<Option<ValueId>> = vec![None; network.values.len()];
    let set = |stored: &mut Vec<Option<ValueId>>, id: ValueId, to: ValueId| {
        stored.get_mut(id.0).filter(|slot| slot.is_none()).map(|slot| *slot = Some(to))
    };
    if set(&mut stored, network.input, network.input).is_none() {
        return Err(ReplayError::Layer {
            layer: "input".into(),
            cause: "the network has no such tensor".into(),
        });
    }
    for layer in &network.layers {
        let fault = |cause: &str| ReplayError::Layer { layer: layer.name.clone(), cause: cause.into() };
        let needed = if layer.op == Op::Add { 2 } else { 1 };
        if layer.inputs.len() != needed {
            return Err(fault("it reads another number of tensors than its operation takes"));
        }
        let sources: Option<Vec<ValueId>> =
            layer.inputs.iter().map(|input| stored.get(input.0).copied().flatten()).collect();
        let sources = sources.ok_or_else(|| fault("it reads a tensor not yet made"))?;
        let to = if layer.op == Op::Flatten { sources[0] } else { layer.output };
        set(&mut stored, layer.output, to).ok_or_else(|| fault("its output is unknown, or made twice"))?;
    }
    let outputs = network.heads.iter().chain([&network.classifier]);
    if let Some(id) = outputs.into_iter().find(|id| stored.get(id.0).copied().flatten().is_none()) {
        let layer = format!("output {}", id.0);
        return Err(ReplayError::Layer { layer, cause: "no layer makes it".into() });
    }
    // Values that no layer makes are never read.
    Ok(stored.into_iter().enumerate().map(|(id, to)| to.unwrap_or(ValueId(id))).collect())
}

/// Border of every value: the widest padding of the convolutions that read it.
fn borders(network: &Network, stored: &[ValueId]) -> Vec<[usize; 4]> {
    let mut borders = vec![[0; 4]; network.values.len()];
    for layer in &network.layers {
        if let Op::Conv(conv) = layer.op {
            let border = &mut borders[stored[layer.inputs[0].0].0];
            border.iter_mut().zip(conv.window.padding).for_each(|(b, p)| *b = (*b).max(p));
        }
    }
    borders
}

/// A buffer of a value with a border: top, left, bottom, right.
fn buffer(value: &Value, border: [usize; 4]) -> Result<Buffer, ReplayError> {
    let fault = |cause: &str| ReplayError::Layer { layer: value.name.clone(), cause: cause.into() };
    let MapShape { channels, height, width } = value.shape;
    let [top, left, bottom, right] = border;
    let bytes = || {
        let pitch = width.checked_add(left)?.checked_add(right)?.checked_mul(channels)?;
        let bytes = height.checked_add(top)?.checked_add(bottom)?.checked_mul(pitch)?.checked_add(SLACK)?;
        (channels > 0 && height > 0 && width > 0 && bytes <= i32::MAX as usize).then_some((pitch, bytes))
    };
    let (pitch, bytes) = bytes().ok_or_else(|| fault("its shape is empty or above 2 GiB"))?;
    let zero_point =
        u8::try_from(zero_point(value.quantization)).map_err(|_| fault("its zero point is no code"))?;
    let scale = value.quantization.scale;
    if !(scale.is_normal() && scale > 0.0) {
        return Err(fault("its scale is not a positive number"));
    }
    let layout = Layout { origin: top * pitch + left * channels, pitch, height, width, channels };
    Ok(Buffer { layout, bytes, zero_point })
}

/// A layer between its buffers.
struct Place<'a> {
    network: &'a Network,
    layer: &'a Layer,
    from: usize,
    to: usize,
    /// Buffer of every value.
    index: &'a [usize],
    buffers: &'a [Buffer],
}

impl Place<'_> {
    fn fault(&self, cause: impl Into<String>) -> ReplayError {
        ReplayError::Layer { layer: self.layer.name.clone(), cause: cause.into() }
    }

    fn layouts(&self) -> [&Layout; 2] {
        [self.from, self.to].map(|index| &self.buffers[index].layout)
    }

    fn quantizations(&self) -> [Quantization; 2] {
        [self.layer.inputs[0], self.layer.output].map(|id| self.network.value(id).quantization)
    }

    /// What this layer computes; nothing for a layer that only renames.
    fn work(&self) -> Result<Option<Work>, ReplayError> {
        let [input, output] = self.layouts();
        let channels = input.channels == output.channels;
        Ok(Some(match self.layer.op {
            Op::Flatten => return Ok(None),
            Op::Conv(conv) => {
                let map = [input.channels, input.height, input.width];
                self.expect(map == [conv.input.channels, conv.input.height, conv.input.width])?;
                self.expect(output.channels == conv.filters)?;
                self.windowed(&conv.window)?;
                Work::Multiply(self.products(&conv.window, conv.filters, conv.groups)?)
            }
            Op::FullyConnected { inputs, outputs } => {
                self.expect(input.channels * input.height * input.width == inputs)?;
                self.expect([output.channels, output.height, output.width] == [outputs, 1, 1])?;
                // Over a flattened map it is a convolution whose kernel is the whole map.
                let kernel = [input.height, input.width];
                let window = Window { kernel, stride: [1; 2], padding: [0; 4], dilation: [1; 2] };
                Work::Multiply(self.products(&window, outputs, 1)?)
            }
            Op::MaxPool(window) => {
                self.expect(channels && self.quantizations()[0] == self.quantizations()[1])?;
                self.pooled(&window)?;
                Work::MaxPool(window)
            }
            Op::AveragePool(window) => {
                self.expect(channels)?;
                self.pooled(&window)?;
                Work::AveragePool(window, self.rescale())
            }
            Op::GlobalAveragePool => {
                self.expect(channels && [output.height, output.width] == [1, 1])?;
                Work::GlobalAveragePool(self.rescale())
            }
            Op::Add => self.sum()?,
        }))
    }

    /// The sum of two maps of one shape.
    fn sum(&self) -> Result<Work, ReplayError> {
        let [a, b] = [0, 1].map(|i| self.network.value(self.layer.inputs[i]));
        let c = self.network.value(self.layer.output);
        self.expect(a.shape == c.shape && b.shape == c.shape)?;
        let ratios = [a, b].map(|operand| operand.quantization.scale / c.quantization.scale);
        if let Some(bad) = ratios.iter().find(|ratio| !(0.0..MAX_RATIO).contains(*ratio)) {
            return Err(self.fault(format!("the factor of its requantization is {bad}")));
        }
        let zero_points = [a, b, c].map(|value| value.quantization.zero_point);
        let offsets = [a, b, c].map(|value| offset(value.quantization));
        let other = self.index[self.layer.inputs[1].0];
        Ok(Work::Add { other, sum: Sum::new(ratios, zero_points, offsets) })
    }

    fn expect(&self, agree: bool) -> Result<(), ReplayError> {
        if agree { Ok(()) } else { Err(self.fault("its shape or quantization is not that of its tensors")) }
    }

    fn windowed(&self, window: &Window) -> Result<(), ReplayError> {
        let [input, output] = self.layouts();
        self.expect(window.output(input.height, input.width) == Some([output.height, output.width]))
    }

    /// A window that never lies wholly in the padding, whose maximum and mean would be undefined.
    fn pooled(&self, window: &Window) -> Result<(), ReplayError> {
        let inside = window.padding.iter().zip(window.kernel.iter().cycle()).all(|(p, k)| p < k);
        if !inside || (window.dilation != [1; 2] && window.padding != [0; 4]) {
            return Err(self.fault("its window can lie wholly in the padding"));
        }
        self.windowed(window)
    }

    fn rescale(&self) -> Rescale {
        let [input, output] = self.quantizations();
        Rescale {
            input_scale: input.scale,
            input_zero_point: zero_point(input),
            scale: output.scale,
            zero_point: output.zero_point,
            offset: offset(output),
        }
    }

    /// One packed product a group.
    fn products(&self, window: &Window, filters: usize, groups: usize) -> Result<Vec<Product>, ReplayError> {
        let parameters = self.layer.parameters.as_ref();
        let parameters =
            parameters.ok_or_else(|| self.fault("it has no weights; a shape alone can not be replayed"))?;
        let [input, output] = self.layouts();
        self.expect(
            groups > 0
                && filters > 0
                && filters.is_multiple_of(groups)
                && input.channels.is_multiple_of(groups),
        )?;
        let (depth, width) = (input.channels / groups, filters / groups);
        let taps = window.kernel[0] * window.kernel[1];
        let sizes = [parameters.weights.len(), parameters.scales.len(), parameters.bias.len()];
        self.expect(sizes == [filters * depth * taps, filters, filters])?;
        if parameters.overflowing(self.quantizations()[0]).is_some() {
            return Err(self.fault("its sums can leave 32 bits"));
        }
        let weights = channels_innermost(parameters, depth, taps);
        let multipliers = self.multipliers(parameters)?;
        let [bases, targets] = [bases(input, output, window), targets(output)];
        let runs = runs(input, window, depth, groups);
        let [from, to] = self.quantizations();
        Ok((0..groups)
            .map(|group| {
                let range = group * width..(group + 1) * width;
                let places = Places {
                    bases: bases.iter().map(|b| b + (group * depth) as u32).collect(),
                    targets: targets.iter().map(|t| t + (group * width) as u32).collect(),
                    runs: runs.clone(),
                };
                let filters = Filters {
                    weights: &weights[range.start * depth * taps..range.end * depth * taps],
                    bias: &parameters.bias[range.clone()],
                    multipliers: &multipliers[range],
                    input_zero_point: zero_point(from),
                    zero_point: zero_point(to),
                };
                Product::new(places, &filters)
            })
            .collect())
    }

    /// (s_x * s_w) / s_y, in f32 and in this order.
    fn multipliers(&self, parameters: &Parameters) -> Result<Vec<f32>, ReplayError> {
        let [input, output] = self.quantizations();
        let multipliers: Vec<f32> =
            parameters.scales.iter().map(|w| (input.scale * w) / output.scale).collect();
        match multipliers.iter().find(|m| !m.is_finite()) {
            None => Ok(multipliers),
            Some(bad) => Err(self.fault(format!("the factor of its requantization is {bad}"))),
        }
    }
}

/// `[filter][channel][tap]` to `[filter][tap][channel]`.
fn channels_innermost(parameters: &Parameters, depth: usize, taps: usize) -> Vec<i8> {
    let filters = parameters.weights.chunks((depth * taps).max(1));
    filters.flat_map(|f| (0..taps).flat_map(move |tap| f.iter().skip(tap).step_by(taps).copied())).collect()
}

/// First byte under the window at every output pixel; buffers are below 2^31 bytes.
fn bases(input: &Layout, output: &Layout, window: &Window) -> Vec<u32> {
    let [top, left, ..] = window.padding;
    let corner = input.origin - top * input.pitch - left * input.channels;
    let pixels = (0..output.height).flat_map(|y| (0..output.width).map(move |x| (y, x)));
    pixels
        .map(|(y, x)| corner + y * window.stride[0] * input.pitch + x * window.stride[1] * input.channels)
        .map(|base| base as u32)
        .collect()
}

/// First byte of every output pixel.
fn targets(output: &Layout) -> Vec<u32> {
    let pixels = (0..output.height).flat_map(|y| (0..output.width).map(move |x| (y, x)));
    pixels.map(|(y, x)| output.at(y, x) as u32).collect()
}

/// Contiguous runs under the window: a whole kernel row where its channels and columns touch.
fn runs(input: &Layout, window: &Window, depth: usize, groups: usize) -> Vec<(u32, usize)> {
    let [rows, columns] = window.kernel;
    let whole = groups == 1 && window.dilation[1] == 1;
    let (steps, length) = if whole { (1, columns * depth) } else { (columns, depth) };
    let at = move |y: usize, x: usize| {
        y * window.dilation[0] * input.pitch + x * window.dilation[1] * input.channels
    };
    (0..rows).flat_map(|y| (0..steps).map(move |x| (at(y, x) as u32, length))).collect()
}
