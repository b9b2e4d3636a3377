//! How fast hardware is timed: a sweep asks for a path table at every point.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::path::Path;

use divan::{Bencher, black_box};
use exclusim::arch::{self, Arch, EdgeFolds, FoldOverlap, read_technology};
use exclusim::config;
use exclusim::map::{Dataflow, FoldPlan};
use exclusim::network::onnx::{HeadNames, import};
use exclusim::network::segment::{Segments, segments};
use exclusim::shape::Gemm;
use exclusim::time::{array_cycles, path_table, time_segment};

fn main() {
    divan::main();
}

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn machine(settings: &[&str]) -> Arch {
    let mut node = config::parse("edge-16x16", &text("arch/edge-16x16.toml")).unwrap();
    settings.iter().for_each(|setting| config::set(&mut node, setting).unwrap());
    let technology = |file: &str| {
        let node = config::parse(file, &text(&format!("arch/{file}")))?;
        read_technology(&node, &|table| Ok((table.to_owned(), text(&format!("arch/tech/{table}")))))
    };
    arch::read(&node, &technology).unwrap()
}

fn network() -> Segments {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/vgg-mini-fashion/model.onnx");
    segments(&import(&std::fs::read(path).unwrap(), &HeadNames::default()).unwrap())
}

/// Ragged on every axis.
const GEMM: Gemm = Gemm { groups: 1, m: 197, n: 71, k: 589 };

const FULL: &[&str] = &[];
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
    let (arch, network) = (machine(settings), network());
    let layer = &network.segments[0].backbone[..1];
    bencher.bench(|| time_segment(black_box(layer), &[], black_box(&arch), &arch.memory, None));
}

#[divan::bench(args = [FULL, TRIMMED, BEST])]
fn shipped_network(bencher: Bencher<'_, '_>, settings: &[&str]) {
    let (arch, network) = (machine(settings), network());
    let heads = vec![true; network.heads()];
    bencher.bench(|| path_table(black_box(&network), black_box(&arch), &heads, false));
}

#[divan::bench]
fn shipped_network_compacting(bencher: Bencher<'_, '_>) {
    let (arch, network) = (machine(FULL), network());
    let heads = vec![true; network.heads()];
    bencher.bench(|| path_table(black_box(&network), black_box(&arch), &heads, true));
}
