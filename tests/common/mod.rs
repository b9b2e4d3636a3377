//! Random networks, architectures and decisions for the tests.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};

use exclusim::arch::Arch;
use exclusim::config::Faults;
use exclusim::decide::{Decisions, Policy, decide};
use exclusim::load::{self, Silent};
use exclusim::network::segment::{LayerKind, Operation, Part, Segment, Segments, Step, Waiting, Work};
use exclusim::replay::{ScoreTable, Scores};
use exclusim::shape::Gemm;
use exclusim::tech::Technology;
use exclusim::units::real;
use proptest::prelude::*;

/// The path of a file of the repository.
pub(crate) fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// A file of the repository.
pub(crate) fn text(file: &str) -> String {
    std::fs::read_to_string(path(file)).unwrap()
}

/// A shipped architecture.
pub(crate) fn preset(name: &str, settings: &[String]) -> Result<Arch, Faults> {
    load::arch(path(&format!("arch/{name}.toml")), settings)
}

/// The edge preset with some keys set.
pub(crate) fn arch_with(settings: &[String]) -> Result<Arch, Faults> {
    preset("edge-16x16", settings)
}

/// The technology of an architecture that is a chip of its own.
pub(crate) fn technology(arch: &Arch) -> &Technology {
    arch.technology().unwrap()
}

/// A processing element as it is priced: product, sum and registers, in um2.
pub(crate) fn element_area(arch: &Arch) -> f64 {
    let logic = &technology(arch).logic;
    (logic.mac(8, 8, 32).area + logic.register_bit.area * real(arch.machine.array.register_bits())).0
}

/// The shipped network.
pub(crate) fn shipped_network() -> Segments {
    load::workload(path("workloads/vgg-mini-fashion"), &Silent).unwrap().segments
}

fn step(name: String, kind: LayerKind, part: Part, work: Work, [ifmap, ofmap]: [u64; 2]) -> Step {
    Step {
        name: name.into(),
        kind,
        part,
        work,
        bands: None,
        ifmap_bytes: ifmap,
        ofmap_bytes: ofmap,
        reads_image: false,
        streamed: false,
        waited: Vec::new(),
        waits: None,
        weighted: None,
    }
}

fn gemm_step(name: String, part: Part, gemm: Gemm, ifmap_bytes: u64, class_wise: bool) -> Step {
    let kind = if matches!(part, Part::Body) { LayerKind::Convolution } else { LayerKind::FullyConnected };
    step(name, kind, part, Work::Gemm { gemm, class_wise }, [ifmap_bytes, gemm.outputs()])
}

/// The product of a head: one vector of K features, N classes.
pub(crate) fn head_product(gemm: Gemm) -> Step {
    gemm_step("head/fc".into(), Part::Head(0), gemm, gemm.groups * gemm.m * gemm.k, true)
}

fn pool_step(name: String, kind: LayerKind, part: Part, ifmap_bytes: u64, ofmap_bytes: u64) -> Step {
    let work = Work::Vector { elements: ifmap_bytes, operation: Operation::Combine };
    Step { streamed: kind == LayerKind::MaxPool, ..step(name, kind, part, work, [ifmap_bytes, ofmap_bytes]) }
}

/// A second convolution of a map, and the sum of both maps.
fn residual(s: usize, made: usize, first: &mut Step, m: u64, n: u64) -> [Step; 2] {
    let map = m * n;
    let skipped = Waiting { bytes: map, beside: 2 * map, made, last: made + 2 };
    first.waits = Some(skipped);
    let gemm = Gemm { groups: 1, m, n, k: n };
    let work = Work::Vector { elements: 2 * map, operation: Operation::Rescale };
    let sum = step(format!("add{s}"), LayerKind::Add, Part::Body, work, [2 * map, map]);
    [
        gemm_step(format!("conv{s}b"), Part::Body, gemm, map, false),
        Step { streamed: true, waited: vec![skipped], ..sum },
    ]
}

/// A convolution of a random network: M, N and K, and whether a residual branch and a pooling follow.
pub(crate) type Convolution = (u64, u64, u64, bool, bool);

/// A network of convolutions, with a head after all but the last.
pub(crate) fn built(layers: &[Convolution], classes: u64) -> Segments {
    let (last, mut weighted, mut position) = (layers.len() - 1, 0, 0);
    let segment = |(s, &(m, n, k, added, pooled)): (usize, &Convolution)| {
        let map = m * n;
        let gemm = Gemm { groups: 1, m, n, k };
        let mut backbone = vec![gemm_step(format!("conv{s}"), Part::Body, gemm, map, false)];
        backbone[0].reads_image = s == 0;
        if added {
            let more = residual(s, position, &mut backbone[0], m, n);
            backbone.extend(more);
        }
        if pooled {
            backbone.push(pool_step(
                format!("pool{s}"),
                LayerKind::MaxPool,
                Part::Body,
                map,
                map.div_ceil(4),
            ));
        }
        position += backbone.len();
        let (part, name) = if s == last { (Part::Tail, "classifier") } else { (Part::Head(s), "head") };
        let scores = Gemm { groups: 1, m: 1, n: classes, k: n };
        let mut steps = vec![
            pool_step(format!("{name}{s}/pool"), LayerKind::AveragePool, part, map, n),
            gemm_step(format!("{name}{s}/fc"), part, scores, n, true),
        ];
        for step in backbone.iter_mut().chain(&mut steps).filter(|step| step.weight_bytes() > 0) {
            step.weighted = Some(weighted);
            weighted += 1;
        }
        if s == last {
            backbone.extend(steps);
            return Segment { backbone: backbone.into(), ..Segment::default() };
        }
        Segment { backbone: backbone.into(), head: steps.into() }
    };
    let segments = layers.iter().enumerate().map(segment).collect();
    Segments { name: "random".into(), classes: usize::try_from(classes).unwrap(), batch: 1, segments }
}

/// Random networks of one to five convolutions, some with a residual branch.
pub(crate) fn network() -> impl Strategy<Value = Segments> {
    let layer = (1u64..300, 1u64..80, 1u64..200, prop::bool::weighted(0.3), any::<bool>());
    (prop::collection::vec(layer, 1..5), 2u64..40).prop_map(|(layers, classes)| built(&layers, classes))
}

/// One network that is always the same.
pub(crate) fn fixed_network() -> Segments {
    built(&[(100, 16, 9, false, true), (64, 32, 144, false, false), (25, 64, 288, false, true)], 10)
}

/// Random scores of a network's heads, decided by a random policy of the paper's rule.
pub(crate) fn decisions(network: &Segments, seed: u64) -> (Policy, Decisions) {
    let heads = network.heads();
    let beta =
        (0..heads).map(|head| f64::from(u32::try_from((seed >> head) % 100).unwrap()) / 100.0).collect();
    let mut policy = Policy::relative_to_max(beta);
    policy.memory = exclusim::decide::Memory::Monotone;
    for (head, on) in policy.heads.iter_mut().enumerate() {
        *on = !(seed >> (head + 8)).is_multiple_of(5);
    }
    let decisions = decisions_of(network, &policy, seed);
    (policy, decisions)
}

/// Random scores, decided by a policy.
pub(crate) fn decisions_of(network: &Segments, policy: &Policy, seed: u64) -> Decisions {
    let (samples, classes) = (50, network.classes);
    let mut state = seed | 1;
    let mut next = || {
        // xorshift64 (Marsaglia, 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 24
    };
    let mut table = || ScoreTable::Codes {
        codes: (0..samples * classes).map(|_| i16::try_from(next() % 256).unwrap()).collect(),
        scale: 0.05,
        zero_point: 128,
        signed: false,
    };
    let scores = Scores {
        samples,
        classes,
        heads: (0..network.heads()).map(|_| table()).collect(),
        classifier: table(),
        labels: (0..samples).map(|sample| u16::try_from(sample % classes).unwrap()).collect(),
        zero_fractions: None,
    };
    decide(&scores, policy).unwrap()
}

/// Zero fractions of 50 samples of a network, from none to all.
pub(crate) fn zeros(network: &Segments, seed: u64) -> Vec<f32> {
    let layers = network.steps().filter(|step| step.weighted.is_some()).count();
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 16_777_216.0
    };
    (0..50 * layers).map(|_| next()).collect()
}
