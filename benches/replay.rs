//! `cargo bench --bench replay`: one thread on a synthetic VGG-like network, by instruction set, in images a second.

use divan::Bencher;
use divan::counter::ItemsCount;
use exclusim::network::{Layer, Network, Op, Parameters, Quantization, Value, ValueId};
use exclusim::replay::{Engine, Images, Kernel, Pixels, Preprocess, replay_with};
use exclusim::shape::{Conv2d, MapShape, Window};

const SAMPLES: usize = 32;
const QUANTIZATION: Quantization = Quantization { scale: 0.05, zero_point: 3, signed: false };

fn main() {
    divan::main();
}

/// 3x3 convolutions of `channels`, then a fully connected layer: 10.6 million MACs an image for 8x8 maps of 64.
fn network(size: usize, channels: &[usize]) -> Network {
    let shape = MapShape { channels: channels[0], height: size, width: size };
    let mut values = vec![Value { name: "image".into(), shape, quantization: QUANTIZATION }];
    let mut layers = Vec::new();
    let mut add = |op, weights: usize, filters: usize, shape| {
        let id = ValueId(values.len());
        let weights = (0..weights).map(|i| (i * 37 % 31) as i8 - 15).collect();
        let parameters = Parameters { weights, scales: vec![0.002; filters], bias: vec![7; filters] };
        let name = format!("layer {}", id.0);
        values.push(Value { name: name.clone(), shape, quantization: QUANTIZATION });
        let inputs = vec![ValueId(id.0 - 1)];
        layers.push(Layer { name, op, inputs, output: id, parameters: Some(parameters) });
        id
    };
    for pair in channels.windows(2) {
        let input = MapShape { channels: pair[0], height: size, width: size };
        let window = Window { kernel: [3; 2], stride: [1; 2], padding: [1; 4], dilation: [1; 2] };
        let op = Op::Conv(Conv2d { input, filters: pair[1], window, groups: 1 });
        add(op, pair[0] * pair[1] * 9, pair[1], MapShape { channels: pair[1], ..input });
    }
    let inputs = channels[channels.len() - 1] * size * size;
    let op = Op::FullyConnected { inputs, outputs: 10 };
    let classifier = add(op, inputs * 10, 10, MapShape::vector(10));
    Network { name: "synthetic".into(), values, input: ValueId(0), layers, heads: Vec::new(), classifier }
}

#[divan::bench(args = [Kernel::Vnni, Kernel::Avx2, Kernel::Scalar])]
fn small_maps(bencher: Bencher<'_, '_>, kernel: Kernel) {
    measure(bencher, kernel, 8, &[64, 64, 64, 64, 64]);
}

#[divan::bench(args = [Kernel::Vnni, Kernel::Avx2, Kernel::Scalar])]
fn few_channels(bencher: Bencher<'_, '_>, kernel: Kernel) {
    measure(bencher, kernel, 32, &[3, 16, 16]);
}

fn measure(bencher: Bencher<'_, '_>, kernel: Kernel, size: usize, channels: &[usize]) {
    if !kernel.available() {
        return;
    }
    let network = network(size, channels);
    let shape = network.value(network.input).shape;
    let pixels = Pixels::U8((0..SAMPLES * shape.elements()).map(|i| (i * 73 % 251) as u8).collect());
    let images = Images { shape, pixels, labels: vec![0; SAMPLES] };
    let preprocess = Preprocess { scale: 0.04, ..Preprocess::default() };
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return };
    bencher.counter(ItemsCount::new(SAMPLES)).bench_local(|| {
        pool.install(|| {
            replay_with(Engine { kernel, ..Engine::default() }, &network, &images, &preprocess, &|_| ())
        })
    });
}
