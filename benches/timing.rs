//! How fast hardware is timed: a sweep asks for a path table at every point.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::path::{Path, PathBuf};

use divan::{Bencher, black_box};
use exclusim::arch::Arch;
use exclusim::load::{self, Silent};
use exclusim::machine::{EdgeFolds, FoldOverlap};
use exclusim::map::{Dataflow, FoldPlan};
use exclusim::network::segment::{Segments, segments};
use exclusim::network::{Layer, Network, Op, Quantization, Value, ValueId};
use exclusim::shape::{Conv2d, Gemm, MapShape, Window};
use exclusim::time::{array_cycles, path_table, time_step};

fn main() {
    divan::main();
}

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn machine(settings: &[&str]) -> Arch {
    let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
    load::arch(path("arch/edge-16x16.toml"), &settings).unwrap()
}

fn shipped() -> Segments {
    load::workload(path("workloads/vgg-mini-fashion"), &Silent).unwrap().segments
}

/// A network known by its shapes only.
struct Shapes {
    values: Vec<Value>,
    layers: Vec<Layer>,
}

impl Shapes {
    fn value(&mut self, name: &str, shape: MapShape) -> ValueId {
        let quantization = Quantization { scale: 1.0, zero_point: 0, signed: false };
        self.values.push(Value { name: name.to_owned(), shape, quantization });
        ValueId(self.values.len() - 1)
    }

    /// A layer that makes a map of a shape out of a value.
    fn layer(&mut self, name: &str, op: Op, from: ValueId, shape: MapShape) -> ValueId {
        let output = self.value(name, shape);
        self.layers.push(Layer { name: name.to_owned(), op, inputs: vec![from], output, parameters: None });
        output
    }

    fn fully_connected(&mut self, name: &str, from: ValueId, outputs: usize) -> ValueId {
        let inputs = self.values[from.0].shape.elements();
        self.layer(name, Op::FullyConnected { inputs, outputs }, from, MapShape::vector(outputs))
    }
}

/// The paper's VGG-small for CIFAR-10: six convolutions, each with a head before the pooling that may follow it, and
/// three fully connected layers.
fn vgg_small() -> Segments {
    const CLASSES: usize = 10;
    let window = |kernel, stride, padding| Window {
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: [padding; 4],
        dilation: [1; 2],
    };
    let map = |channels, side| MapShape { channels, height: side, width: side };
    let mut net = Shapes { values: Vec::new(), layers: Vec::new() };
    let input = net.value("image", map(3, 32));
    let (mut at, mut side, mut heads) = (input, 32, Vec::new());
    for (i, filters) in [128, 128, 256, 256, 512, 512].into_iter().enumerate() {
        let conv = Conv2d { input: net.values[at.0].shape, filters, window: window(3, 1, 1), groups: 1 };
        at = net.layer(&format!("conv{i}"), Op::Conv(conv), at, map(filters, side));
        let pooled =
            net.layer(&format!("exit{i}/pool"), Op::GlobalAveragePool, at, MapShape::vector(filters));
        heads.push(net.fully_connected(&format!("exit{i}/fc"), pooled, CLASSES));
        if i % 2 == 1 {
            side /= 2;
            at = net.layer(&format!("pool{i}"), Op::MaxPool(window(2, 2, 0)), at, map(filters, side));
        }
    }
    let length = net.values[at.0].shape.elements();
    at = net.layer("flatten", Op::Flatten, at, MapShape::vector(length));
    for (name, outputs) in [("fc1", 1024), ("fc2", 1024), ("classifier", CLASSES)] {
        at = net.fully_connected(name, at, outputs);
    }
    let Shapes { values, layers } = net;
    segments(&Network { name: "vgg-small".to_owned(), values, input, layers, heads, classifier: at })
}

/// Ragged on every axis.
const GEMM: Gemm = Gemm { groups: 1, m: 197, n: 71, k: 589 };

const FULL: &[&str] = &[];
/// An array and a memory of the size of `arch/datacenter-128x128.toml`.
const LARGE: &[&str] = &[
    "array.rows=128",
    "array.cols=128",
    "array.fold_overlap=double-buffered",
    "memory.ifmap=8 MiB",
    "memory.filter=4 MiB",
    "memory.ofmap=4 MiB",
    "dram.bandwidth=300 GB/s",
];
const TRIMMED: &[&str] = &["array.edge_folds=trimmed", "array.fold_overlap=double-buffered"];
const BEST: &[&str] =
    &["array.dataflow=best", "array.edge_folds=trimmed", "array.fold_overlap=double-buffered"];

#[divan::bench(args = [EdgeFolds::Full, EdgeFolds::Trimmed])]
fn array_of_one_layer(bencher: Bencher<'_, '_>, edges: EdgeFolds) {
    bencher.bench(|| {
        let plan = FoldPlan::new(black_box(&GEMM), Dataflow::WeightStationary, 16, 16);
        array_cycles(&plan, FoldOverlap::DoubleBuffered, edges)
    });
}

/// Folds, array, traffic, stalls and action counts of one convolution.
#[divan::bench(args = [FULL, TRIMMED, BEST])]
fn one_layer(bencher: Bencher<'_, '_>, settings: &[&str]) {
    let (arch, network) = (machine(settings), shipped());
    let layer = &network.segments[0].backbone[0];
    bencher.bench(|| time_step(black_box(layer), black_box(&arch.machine)));
}

/// A design point: the architecture is new, the network's segments are not.
fn table(bencher: Bencher<'_, '_>, network: &Segments, settings: &[&str], compact: bool) {
    let (arch, heads) = (machine(settings), vec![true; network.heads()]);
    bencher.bench(|| path_table(black_box(network), black_box(&arch.machine), &heads, compact));
}

#[divan::bench(args = [FULL, LARGE, TRIMMED, BEST])]
fn vgg_small_with_heads(bencher: Bencher<'_, '_>, settings: &[&str]) {
    table(bencher, &vgg_small(), settings, false);
}

#[divan::bench]
fn vgg_small_with_heads_compacting(bencher: Bencher<'_, '_>) {
    table(bencher, &vgg_small(), FULL, true);
}

#[divan::bench(args = [FULL, TRIMMED, BEST])]
fn shipped_network(bencher: Bencher<'_, '_>, settings: &[&str]) {
    table(bencher, &shipped(), settings, false);
}

#[divan::bench]
fn shipped_network_compacting(bencher: Bencher<'_, '_>) {
    table(bencher, &shipped(), FULL, true);
}
