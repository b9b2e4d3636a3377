//! A network as the hardware's memories hold it: weights, biases, multipliers, shifts and the program of steps.

use exclusim::network::segment::Segments;
use exclusim::network::{Layer, Network, Op, Parameters, ValueId};
use exclusim::replay::Requant;
use exclusim::shape::{MapShape, Window};

use super::random::exponent;

/// Memories of `network.sv`, by the number that its host port has for them.
const WEIGHTS: i64 = 1;
const BIASES: i64 = 2;
const SHIFTS: i64 = 3;
const STEPS: i64 = 4;
const MULTIPLIERS: i64 = 7;
const WORDS_A_STEP: usize = 32;

/// What a step of the program does.
#[derive(Clone, Copy)]
enum Kind {
    Product,
    MaxPool,
    AveragePool,
    GlobalAveragePool,
    Decide,
    Answer,
    Stop,
}

/// Everything written before the first inference.
pub(super) struct Program {
    /// (memory, address, word).
    pub(super) writes: Vec<(i64, i64, i64)>,
    /// First byte of every value's map.
    places: Vec<i64>,
    requant: Requant,
    steps: i64,
    weights: i64,
    channels: i64,
}

fn int(size: usize) -> i64 {
    i64::try_from(size).unwrap()
}

impl Program {
    /// The steps that the model times, in its order, of the heads that are on; a decision after each, and the answer.
    pub(super) fn new(network: &Network, segments: &Segments, on: &[bool], requant: Requant) -> Self {
        let places = places(network);
        let mut program = Self { writes: Vec::new(), places, requant, steps: 0, weights: 0, channels: 0 };
        let mut first = true;
        let scores = network.heads.iter().chain([&network.classifier]);
        for ((s, segment), &scores) in segments.segments.iter().enumerate().zip(scores) {
            let is_head = s < network.heads.len();
            let decides = on.get(s).copied().unwrap_or(true);
            let head = segment.head.iter().filter(|_| decides);
            for step in segment.backbone.iter().chain(head) {
                let layer = network.layers.iter().find(|layer| *layer.name == *step.name).unwrap();
                program.layer(network, layer);
            }
            if decides {
                let kind = if is_head { Kind::Decide } else { Kind::Answer };
                program.step(&[kind as i64, program.place(scores), int(s), i64::from(first)]);
                first = false;
            }
        }
        program.step(&[Kind::Stop as i64]);
        program
    }

    /// First byte of a value's map.
    pub(super) fn place(&self, value: ValueId) -> i64 {
        self.places[value.0]
    }

    fn step(&mut self, words: &[i64]) {
        let first = self.steps * int(WORDS_A_STEP);
        self.writes.extend((first..).zip(words).map(|(at, &word)| (STEPS, at, word)));
        self.steps += 1;
    }

    fn layer(&mut self, network: &Network, layer: &Layer) {
        let [input, output] = [layer.inputs[0], layer.output].map(|value| network.value(value));
        let [zero_in, zero_out] = [input, output].map(|value| i64::from(value.quantization.zero_point));
        let scales = [input, output].map(|value| value.quantization.scale);
        let (from, to) = (input.shape, output.shape);
        let flat = Window { kernel: [1; 2], stride: [1; 2], padding: [0; 4], dilation: [1; 2] };
        let whole = Window { kernel: [from.height, from.width], ..flat };
        // Channels and filters of a group, and groups: a pooling has a group a channel.
        let pooled = [1, 1, from.channels];
        let (kind, window, sizes) = match layer.op {
            Op::Conv(conv) => {
                let sizes = [from.channels / conv.groups, conv.filters / conv.groups, conv.groups];
                (Kind::Product, conv.window, sizes)
            }
            Op::FullyConnected { inputs, outputs } => (Kind::Product, flat, [inputs, outputs, 1]),
            Op::MaxPool(window) => (Kind::MaxPool, window, pooled),
            Op::AveragePool(window) => (Kind::AveragePool, window, pooled),
            Op::GlobalAveragePool => (Kind::GlobalAveragePool, whole, pooled),
            Op::Flatten => panic!("flattening moves nothing"),
            Op::Add
            | Op::Concat
            | Op::LookUp(_)
            | Op::Move(_)
            | Op::Product { .. }
            | Op::Vector { .. }
            | Op::Rearrange => {
                panic!("the sequencer has no {:?}", layer.op)
            }
        };
        let [height, width] = window.kernel;
        // A mean is a sum of 2^n codes, in the same steps.
        let mean = (height * width).ilog2().into();
        let shift = if matches!(kind, Kind::AveragePool | Kind::GlobalAveragePool) { mean } else { 0 };
        let class_wise = layer.output == network.classifier || network.heads.contains(&layer.output);
        let (weights, channels) = (self.weights, self.channels);
        if let Some(parameters) = &layer.parameters {
            self.parameters(parameters, zero_in, scales);
        }
        let [channels_a_group, filters, groups] = sizes.map(int);
        let MapShape { height: out_height, width: out_width, .. } = to;
        let [first, second] = [layer.inputs[0], layer.output].map(|value| self.place(value));
        self.step(&[
            kind as i64,
            first,
            second,
            int(from.height),
            int(from.width),
            channels_a_group,
            filters,
            groups,
            int(out_width),
            int(out_height * out_width),
            int(width),
            int(height * width),
            int(window.stride[0]),
            int(window.padding[0]),
            zero_in,
            zero_out,
            weights,
            channels,
            shift,
            i64::from(class_wise),
        ]);
    }

    /// Weights as they are; biases less what the ifmap's zero point adds to every sum; multiplier and shift of every filter.
    fn parameters(&mut self, parameters: &Parameters, zero_in: i64, [scale_in, scale_out]: [f32; 2]) {
        let weights = parameters.weights.iter().map(|&weight| i64::from(weight));
        self.writes.extend((self.weights..).zip(weights).map(|(at, weight)| (WEIGHTS, at, weight)));
        self.weights += int(parameters.weights.len());
        let depth = parameters.weights.len() / parameters.bias.len();
        let filters = parameters.weights.chunks(depth).zip(&parameters.bias).zip(&parameters.scales);
        for ((filter, &bias), &scale) in filters {
            let sum: i64 = filter.iter().map(|&weight| i64::from(weight)).sum();
            let (multiplier, shift) = match self.requant {
                Requant::Float => {
                    // In f32 a sum is exact up to 2^24; the shift is exact always.
                    let largest =
                        filter.iter().map(|weight| i64::from(weight.unsigned_abs())).sum::<i64>() * 255;
                    assert!(largest + i64::from(bias.unsigned_abs()) < 1 << 24);
                    (1, i64::from(exponent(scale_out) - exponent(scale_in) - exponent(scale)))
                }
                Requant::FixedPoint => {
                    multiplier(f64::from(scale_in) * f64::from(scale) / f64::from(scale_out))
                }
                other => panic!("the hardware has no {other:?}"),
            };
            self.writes.push((BIASES, self.channels, i64::from(bias) - zero_in * sum));
            self.writes.push((MULTIPLIERS, self.channels, multiplier));
            self.writes.push((SHIFTS, self.channels, shift));
            self.channels += 1;
        }
    }
}

/// The multiplier of 31 bits, its highest set, and the shift that are nearest to a factor.
pub(crate) fn multiplier(factor: f64) -> (i64, i64) {
    let (mut held, mut shift) = (factor, 0);
    while held < f64::from(1 << 30) {
        held *= 2.0;
        shift += 1;
    }
    assert!((1..64).contains(&shift) && held < f64::from(i32::MAX), "{factor}");
    (held.round() as i64, shift)
}

/// Every value gets bytes of its own; a flattened map is the map.
fn places(network: &Network) -> Vec<i64> {
    let mut end = 0;
    let mut places = Vec::new();
    for (i, value) in network.values.iter().enumerate() {
        let flattened =
            network.layers.iter().find(|layer| layer.op == Op::Flatten && layer.output == ValueId(i));
        let place = match flattened {
            Some(layer) => places[layer.inputs[0].0],
            None => end,
        };
        if flattened.is_none() {
            end += int(value.shape.elements());
        }
        places.push(place);
    }
    places
}
