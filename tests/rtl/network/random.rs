//! A small quantized network with random weights, and images for it.
//!
//! For `float` all scales are powers of two: then requantization by a shift gives the codes that requantization in f32
//! gives, as long as sums stay below 2^24. For `fixed-point` scales are any, but those of maps that a window's average is
//! taken of, which replay computes in f32.

use exclusim::network::{Layer, Network, Op, Parameters, Quantization, Value, ValueId};
use exclusim::replay::{Images, Pixels, Requant};
use exclusim::shape::{Conv2d, MapShape, Window};

use crate::rtl::Random;

pub(super) const CLASSES: usize = 10;
const IMAGE: MapShape = MapShape { channels: 3, height: 16, width: 16 };
const IMAGE_SCALE: i32 = -5;
const IMAGE_ZERO: i32 = -9;
/// Scores are steps of 1/64: codes span the sigmoid's middle.
const SCORE_SCALE: i32 = -6;

fn power(exponent: i32) -> f32 {
    f32::exp2(f32::from(i16::try_from(exponent).unwrap()))
}

/// The exponent of a power of two.
pub(super) fn exponent(scale: f32) -> i32 {
    let bits = i32::try_from(scale.to_bits() >> 23).unwrap() - 127;
    assert!(scale.to_bits().trailing_zeros() >= 23, "{scale} is no power of two");
    bits
}

/// A network that grows layer by layer.
struct Growing {
    random: Random,
    requant: Requant,
    values: Vec<Value>,
    layers: Vec<Layer>,
}

/// What a layer's codes are: after a ReLU the least code is zero, else any may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Codes {
    /// For an average.
    Averaged,
    Relu,
    Real,
    Scores,
}

impl Growing {
    fn value(&mut self, name: &str, shape: MapShape, (scale, zero_point): (f32, i32)) -> ValueId {
        let quantization = Quantization { scale, zero_point, signed: true };
        self.values.push(Value { name: name.into(), shape, quantization });
        ValueId(self.values.len() - 1)
    }

    /// A power of two and, where scales are any, more of it, up to twice as much.
    fn scale(&mut self, exponent: i32) -> f32 {
        let more = match self.requant {
            Requant::FixedPoint => u16::try_from(self.random.below(1 << 16)).unwrap(),
            _ => 0,
        };
        power(exponent) * (1.0 + f32::from(more) / 65536.0)
    }

    fn layer(&mut self, name: &str, op: Op, input: ValueId, output: ValueId, parameters: Option<Parameters>) {
        self.layers.push(Layer { name: name.into(), op, inputs: vec![input], output, parameters });
    }

    fn quantization(&mut self, codes: Codes) -> (f32, i32) {
        let below = |random: &mut Random, limit: u64| i32::try_from(random.below(limit)).unwrap();
        let real = below(&mut self.random, 3) - 5;
        match codes {
            Codes::Averaged => (power(real), -128),
            Codes::Relu => (self.scale(real), -128),
            Codes::Real => (self.scale(real), below(&mut self.random, 21) - 10),
            Codes::Scores => (self.scale(SCORE_SCALE), below(&mut self.random, 41) - 20),
        }
    }

    /// A convolution or fully connected layer with random weights, whose results span the codes.
    fn product(&mut self, name: &str, op: Op, input: ValueId, shape: MapShape, codes: Codes) -> ValueId {
        let (filters, depth) = match op {
            Op::Conv(conv) => {
                let [height, width] = conv.window.kernel;
                (conv.filters, conv.input.channels / conv.groups * height * width)
            }
            Op::FullyConnected { inputs, outputs } => (outputs, inputs),
            other => panic!("{other:?} has no weights"),
        };
        let quantization = self.quantization(codes);
        let output = self.value(name, shape, quantization);
        // Sums spread like sqrt(depth) * 73 * 30; half a hundred steps are wanted.
        let spread = depth.isqrt() * 44;
        let shift = i32::try_from(spread.next_power_of_two().ilog2()).unwrap();
        let from = self.values[input.0].quantization.scale;
        let scales = (0..filters)
            .map(|_| {
                let finer = i32::from(self.random.below(3) == 0);
                self.scale(-shift - finer) * quantization.0 / from
            })
            .collect();
        let random = &mut self.random;
        let parameters = Parameters {
            weights: (0..filters).flat_map(|_| filter(random, depth)).collect(),
            scales,
            bias: (0..filters).map(|_| i32::from(random.byte()) << (shift - 2)).collect(),
        };
        self.layer(name, op, input, output, Some(parameters));
        output
    }

    fn shape(&self, value: ValueId) -> MapShape {
        self.values[value.0].shape
    }

    /// Filters and groups; `[kernel, stride, padding]`, all square.
    fn conv(
        &mut self,
        name: &str,
        input: ValueId,
        [filters, groups]: [usize; 2],
        window: [usize; 3],
        codes: Codes,
    ) -> ValueId {
        let from = self.shape(input);
        let window = square(window);
        let [height, width] = window.output(from.height, from.width).unwrap();
        let op = Op::Conv(Conv2d { input: from, filters, window, groups });
        self.product(name, op, input, MapShape { channels: filters, height, width }, codes)
    }

    fn fully_connected(&mut self, name: &str, input: ValueId, outputs: usize, codes: Codes) -> ValueId {
        let from = self.shape(input);
        let quantization = self.values[input.0].quantization;
        let scale = (quantization.scale, quantization.zero_point);
        let vector = self.value(&format!("{name}/flat"), MapShape::vector(from.elements()), scale);
        self.layer(&format!("{name}/flatten"), Op::Flatten, input, vector, None);
        let op = Op::FullyConnected { inputs: from.elements(), outputs };
        self.product(name, op, vector, MapShape::vector(outputs), codes)
    }

    fn max_pool(&mut self, name: &str, input: ValueId, window: [usize; 3]) -> ValueId {
        let from = self.shape(input);
        let window = square(window);
        let [height, width] = window.output(from.height, from.width).unwrap();
        let Quantization { scale, zero_point, .. } = self.values[input.0].quantization;
        let output = self.value(name, MapShape { height, width, ..from }, (scale, zero_point));
        self.layer(name, Op::MaxPool(window), input, output, None);
        output
    }

    /// An odd zero point: with it the two kinds of averages round ties to different codes.
    fn average_pool(&mut self, name: &str, input: ValueId, kernel: Option<usize>) -> ValueId {
        let from = self.shape(input);
        let quantization = (self.values[input.0].quantization.scale, -101);
        let (op, [height, width]) = match kernel {
            Some(kernel) => {
                let window = square([kernel, kernel, 0]);
                (Op::AveragePool(window), window.output(from.height, from.width).unwrap())
            }
            None => (Op::GlobalAveragePool, [1, 1]),
        };
        let output = self.value(name, MapShape { height, width, ..from }, quantization);
        self.layer(name, op, input, output, None);
        output
    }
}

/// Weights that sum to about zero: what all ifmaps have in common would else drown what they differ in.
fn filter(random: &mut Random, depth: usize) -> Vec<i8> {
    let weights: Vec<i32> = (0..depth).map(|_| i32::from(random.byte())).collect();
    let mean = weights.iter().sum::<i32>() / i32::try_from(depth).unwrap();
    weights.iter().map(|weight| i8::try_from((weight - mean).clamp(-128, 127)).unwrap()).collect()
}

fn square([kernel, stride, padding]: [usize; 3]) -> Window {
    Window { kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 4], dilation: [1; 2] }
}

/// Nine products, five poolings and two heads: strides, padding, a depthwise layer, averages of both kinds.
pub(super) fn network(seed: u64, requant: Requant) -> Network {
    let mut net = Growing { random: Random::new(seed), requant, values: Vec::new(), layers: Vec::new() };
    let input = net.value("image", IMAGE, (power(IMAGE_SCALE), IMAGE_ZERO));
    let map = net.conv("conv1", input, [8, 1], [3, 1, 1], Codes::Averaged);
    let map = net.max_pool("pool1", map, [2, 2, 0]);
    let pooled = net.average_pool("head1/pool", map, Some(4));
    let head1 = net.fully_connected("head1/fc", pooled, CLASSES, Codes::Scores);
    let map = net.conv("conv2", map, [8, 8], [3, 1, 1], Codes::Real);
    let map = net.conv("conv3", map, [12, 1], [3, 2, 1], Codes::Averaged);
    let pooled = net.average_pool("head2/pool", map, Some(2));
    let head2 = net.fully_connected("head2/fc", pooled, CLASSES, Codes::Scores);
    let map = net.conv("conv4", map, [18, 1], [1, 1, 0], Codes::Relu);
    let map = net.max_pool("pool4", map, [3, 1, 1]);
    let map = net.conv("conv5", map, [13, 1], [3, 1, 0], Codes::Relu);
    let map = net.average_pool("pool5", map, None);
    let hidden = net.fully_connected("fc1", map, 21, Codes::Relu);
    let classifier = net.fully_connected("fc2", hidden, CLASSES, Codes::Scores);
    let Growing { values, layers, .. } = net;
    Network { name: "random".into(), values, input, layers, heads: vec![head1, head2], classifier }
}

/// Codes of images whose contrast, and whose quarters' brightness, vary.
pub(super) fn images(seed: u64, many: usize) -> Vec<Vec<i8>> {
    let mut random = Random::new(seed);
    let mut image = || {
        let contrast = i32::try_from(random.below(64)).unwrap();
        let quarters: Vec<i32> = (0..12).map(|_| i32::try_from(random.below(180)).unwrap() - 100).collect();
        let mut image = Vec::new();
        for channel in 0..3 {
            for place in 0..256 {
                let (y, x) = (place / 16, place % 16);
                let noise = i32::try_from(random.below(64)).unwrap() - 32;
                let code = quarters[channel * 4 + y / 8 * 2 + x / 8] + noise * contrast / 32;
                image.push(i8::try_from(code.clamp(-128, 127)).unwrap());
            }
        }
        image
    };
    (0..many).map(|_| image()).collect()
}

/// Images that have these codes; their labels matter to nothing.
pub(super) fn pixels(network: &Network, codes: &[Vec<i8>]) -> Images {
    let Quantization { scale, zero_point, .. } = network.value(network.input).quantization;
    let pixel = |&code: &i8| f32::from(i16::from(code) - i16::try_from(zero_point).unwrap()) * scale;
    let pixels = Pixels::F32(codes.iter().flatten().map(pixel).collect());
    Images { shape: IMAGE, pixels, labels: vec![0; codes.len()] }
}
