//! A network laid out for replay: a buffer for every tensor, a packed product for every layer with weights.
//!
//! Maps are stored with channels innermost and a border of zero-point codes as wide as their readers' padding, so
//! that a convolution needs neither a copy nor a special case at the edge.

use super::ReplayError;
use super::buffers::{Buffer, borders, buffer, storage};
use super::kernel::{Depthwise, Filters, Layout, Places, Product, Rescale, Scaling, Sum};
use super::places::{bases, channels_innermost, runs, targets};
use super::requant::Requant;
use crate::network::{Function, Layer, Move, Network, Op, Parameters, Quantization, ValueId};
use crate::shape::Window;
use std::ops::Range;

/// Images that share one reading of a large layer's weights.
const TOGETHER: usize = 8;
/// Bytes of weights from which a layer is large: they would crowd everything else out of a core's own cache.
const LARGE: usize = 1 << 18;
/// Input scales of a sum are below this multiple of its output scale, so that no sum leaves 32 bits.
const MAX_RATIO: f32 = 1_048_576.0;

/// One step of a replay, from one buffer to another; no step writes a buffer that it reads.
pub(super) struct Step {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) work: Work,
    /// One call computes it for all images of a plan's `images`.
    pub(super) together: bool,
    /// Index of the layer that it is (a part of).
    pub(super) layer: usize,
}

/// What a step computes.
pub(super) enum Work {
    Multiply(Vec<Product>),
    MaxPool(Window),
    AveragePool(Window, Rescale),
    GlobalAveragePool(Rescale),
    /// Groups of one channel and one filter.
    Depthwise(Depthwise),
    /// The sum with a second buffer.
    Add {
        other: usize,
        sum: Sum,
    },
    /// A table of bytes, into channels from a first one on.
    LookUp {
        table: Box<[u8; 256]>,
        channel: usize,
    },
    Move(Move),
    /// Map to vector, channel-major, where somebody reads the vector as such.
    Flatten,
}

/// A network ready to run.
pub(super) struct Plan {
    /// Images a machine holds at once, one behind the other in every buffer.
    pub(super) images: usize,
    pub(super) buffers: Vec<Buffer>,
    pub(super) steps: Vec<Step>,
    /// Buffer of the image.
    pub(super) input: usize,
    /// Buffers of the heads, then of the classifier.
    pub(super) outputs: Vec<usize>,
    /// Buffer read by every layer with weights.
    pub(super) operands: Vec<usize>,
    /// Buffer of every value.
    pub(super) values: Vec<usize>,
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
    /// Where in a buffer an image has its map.
    pub(super) fn part(&self, buffer: usize, image: usize) -> Range<usize> {
        let bytes = self.buffers[buffer].bytes;
        image * bytes..(image + 1) * bytes
    }

    /// Lays out a network.
    pub(super) fn new(network: &Network, requant: Requant) -> Result<Self, ReplayError> {
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
        for (number, layer) in network.layers.iter().enumerate() {
            let [from, to] = [layer.inputs[0], layer.output].map(|id| index[id.0]);
            let place = Place { network, layer, number, requant, from, to, index: &index, buffers: &buffers };
            steps.extend(place.steps()?);
            if matches!(layer.op, Op::Conv(_) | Op::FullyConnected { .. }) {
                operands.push(from);
            }
        }
        let outputs = network.heads.iter().chain([&network.classifier]).map(|id| index[id.0]).collect();
        let images = if steps.iter().any(|step: &Step| step.together) { TOGETHER } else { 1 };
        Ok(Self { images, buffers, steps, input: index[network.input.0], outputs, operands, values: index })
    }
}

/// A layer between its buffers.
struct Place<'a> {
    network: &'a Network,
    layer: &'a Layer,
    /// Its index.
    number: usize,
    requant: Requant,
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

    /// The steps of this layer; none for one that only renames.
    fn steps(&self) -> Result<Vec<Step>, ReplayError> {
        if self.layer.op == Op::Concat {
            return self.joined();
        }
        let (from, to, layer) = (self.from, self.to, self.number);
        if from == to {
            return Ok(Vec::new());
        }
        Ok(vec![Step { from, to, work: self.work()?, together: self.images() > 1, layer }])
    }

    /// Images that this layer takes at once: several, where its weights are large and its maps are not.
    fn images(&self) -> usize {
        let dense = match self.layer.op {
            Op::Conv(conv) => conv.groups == 1,
            Op::FullyConnected { .. } => true,
            _ => false,
        };
        let weights = self.layer.parameters.as_ref().map_or(0, |parameters| parameters.weights.len());
        let maps = self.buffers[self.from].bytes + self.buffers[self.to].bytes;
        if dense && weights >= LARGE && weights >= TOGETHER * maps { TOGETHER } else { 1 }
    }

    /// Tensors next to each other, each brought to the result's scale.
    fn joined(&self) -> Result<Vec<Step>, ReplayError> {
        let whole = self.network.value(self.layer.output);
        let (mut steps, mut channel) = (Vec::new(), 0);
        for &input in &self.layer.inputs {
            let part = self.network.value(input);
            self.expect([part.shape.height, part.shape.width] == [whole.shape.height, whole.shape.width])?;
            let table = table(Function::Identity, part.quantization, whole.quantization);
            let work = Work::LookUp { table, channel };
            let from = self.index[input.0];
            steps.push(Step { from, to: self.to, work, together: false, layer: self.number });
            channel += part.shape.channels;
        }
        self.expect(channel == whole.shape.channels)?;
        Ok(steps)
    }

    /// What this layer computes.
    fn work(&self) -> Result<Work, ReplayError> {
        let [input, output] = self.layouts();
        let channels = input.channels == output.channels;
        Ok(match self.layer.op {
            Op::Concat | Op::Flatten => {
                self.expect(output.channels == input.height * input.width * input.channels)?;
                Work::Flatten
            }
            Op::LookUp(function) => {
                let [from, to] = [self.layer.inputs[0], self.layer.output].map(|id| self.network.value(id));
                self.expect(from.shape == to.shape)?;
                Work::LookUp { table: table(function, from.quantization, to.quantization), channel: 0 }
            }
            Op::Move(moving) => {
                self.expect(self.moves(&moving))?;
                Work::Move(moving)
            }
            Op::Conv(conv) => {
                let map = [input.channels, input.height, input.width];
                self.expect(map == [conv.input.channels, conv.input.height, conv.input.width])?;
                self.expect(output.channels == conv.filters)?;
                self.windowed(&conv.window)?;
                self.products(&conv.window, conv.filters, conv.groups)?
            }
            Op::FullyConnected { inputs, outputs } => {
                self.expect(input.channels * input.height * input.width == inputs)?;
                self.expect([output.channels, output.height, output.width] == [outputs, 1, 1])?;
                // Over a flattened map it is a convolution whose kernel is the whole map.
                let kernel = [input.height, input.width];
                let window = Window { kernel, stride: [1; 2], padding: [0; 4], dilation: [1; 2] };
                self.products(&window, outputs, 1)?
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
            Op::Product { .. } | Op::Vector { .. } | Op::Rearrange => {
                return Err(self.fault("only its shape is known, and a shape alone cannot be replayed"));
            }
        })
    }

    /// Whether a movement stays in both maps and keeps their codes.
    fn moves(&self, moving: &Move) -> bool {
        let [input, output] = self.layouts().map(|l| [l.channels, l.height, l.width]);
        let [from, to] = self.quantizations();
        let inside = |axis: usize| {
            let taken = moving.taken[axis];
            taken > 0
                && moving.start[axis] + (taken - 1) * moving.step[axis] < input[axis]
                && moving.before[axis] + taken <= output[axis]
        };
        from == to && (0..3).all(inside)
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

    /// One packed product per group, or one for all groups of a depthwise convolution.
    fn products(&self, window: &Window, filters: usize, groups: usize) -> Result<Work, ReplayError> {
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
        let scaling = self.scaling(parameters)?;
        let repeated = |places: Vec<u32>, buffer: usize| -> Vec<u32> {
            let bytes = self.buffers[buffer].bytes;
            (0..self.images())
                .flat_map(|image| places.iter().map(move |&at| at + (image * bytes) as u32))
                .collect()
        };
        let bases = repeated(bases(input, output, window), self.from);
        let targets = repeated(targets(output), self.to);
        let runs = runs(input, window, depth, groups);
        let [from, to] = self.quantizations();
        let filters = |range: Range<usize>| Filters {
            weights: &weights[range.start * depth * taps..range.end * depth * taps],
            bias: &parameters.bias[range.clone()],
            scaling: scaling.part(range, width),
            input_zero_point: zero_point(from),
            zero_point: zero_point(to),
        };
        if groups > 1 && depth == 1 && width == 1 {
            let places = Places { bases, targets, runs };
            return Ok(Work::Depthwise(Depthwise::new(places, &filters(0..groups))));
        }
        let product = |group: usize| {
            let places = Places {
                bases: bases.iter().map(|b| b + (group * depth) as u32).collect(),
                targets: targets.iter().map(|t| t + (group * width) as u32).collect(),
                runs: runs.clone(),
            };
            Product::new(places, &filters(group * width..(group + 1) * width))
        };
        Ok(Work::Multiply((0..groups).map(product).collect()))
    }

    /// How sums become codes.
    fn scaling(&self, parameters: &Parameters) -> Result<Scaling, ReplayError> {
        let [input, output] = self.quantizations();
        let scaling = Scaling::new(self.requant, input.scale, &parameters.scales, output.scale);
        match scaling.bad() {
            None => Ok(scaling),
            Some(bad) => Err(self.fault(format!("the factor of its requantization is {bad}"))),
        }
    }
}

/// A function of dequantized codes, quantized again, for every byte.
fn table(function: Function, from: Quantization, to: Quantization) -> Box<[u8; 256]> {
    let [least, most] = to.range().map(|code| (code - to.zero_point) as f32);
    Box::new(std::array::from_fn(|byte| {
        let code = byte as i32 - offset(from);
        let steps = function.of((code - from.zero_point) as f32 * from.scale) / to.scale;
        (steps.max(least).min(most).round_ties_even() as i32 + to.zero_point + offset(to)) as u8
    }))
}
