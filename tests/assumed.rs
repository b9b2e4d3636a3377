//! Do assumed scores decide as assumed, whatever the rule? And do the networks that are shipped as shapes have the sizes
//! that their authors give them?

use std::path::Path;

use exclusim::decide::{Arithmetic, Exit, FinalAnswer, Measure, Memory, Policy, Rule, decide};
use exclusim::load::{self, Silent};
use exclusim::network::segment::{Part, Segments};
use exclusim::replay::Assumption;
use proptest::prelude::*;

/// Assumptions of up to five heads, with the number of classes.
fn assumption() -> impl Strategy<Value = (Assumption, usize)> {
    (1_usize..6, 2_usize..130, 1_usize..400, any::<u64>()).prop_flat_map(|(heads, classes, samples, seed)| {
        let shares = proptest::collection::vec(0.0_f64..1.0, heads + 1);
        let alive = proptest::collection::vec(2.0..=classes as f64, heads);
        (shares, alive).prop_map(move |(shares, mut alive)| {
            let all: f64 = shares.iter().sum::<f64>().max(1e-9);
            let leave = shares[..heads].iter().map(|share| share / all).collect();
            alive.sort_by(|a, b| b.total_cmp(a));
            (Assumption { samples, leave, alive, seed }, classes)
        })
    })
}

fn policy(heads: usize, rule: Rule) -> Policy {
    Policy { rule, ..Policy::never(heads) }
}

proptest! {
    #[test]
    fn samples_leave_as_assumed_under_every_threshold_and_memory(
        (assumed, classes) in assumption(),
        beta in 0.01_f64..=0.99,
        memory in proptest::sample::select(Memory::ALL.to_vec()),
        answer in proptest::sample::select(FinalAnswer::ALL.to_vec()),
        float in any::<bool>(),
    ) {
        let heads = assumed.leave.len();
        let scores = assumed.scores(classes);
        let arithmetic = if float { Arithmetic::Float } else { Arithmetic::default() };
        let exclusion = policy(heads, Rule::RelativeToMax { beta: vec![beta; heads] });
        let found = decide(&scores, &Policy { memory, answer, arithmetic, ..exclusion }).unwrap();
        let counts = found.exit_counts();
        let mut share = 0.0;
        let mut left = 0;
        for (head, leave) in assumed.leave.iter().enumerate() {
            share += leave;
            left += counts[head];
            // Of all samples this share has left, to the nearest sample.
            prop_assert!((left as f64 - share * assumed.samples as f64).abs() <= 0.5 + 1e-6);
            let on: Vec<f64> = (0..assumed.samples)
                .filter(|&sample| found.exits[sample].segment() > head)
                .map(|sample| f64::from(found.survivors[sample * heads + head].unwrap().get()))
                .collect();
            let mean = on.iter().sum::<f64>() / on.len().max(1) as f64;
            let ends = [assumed.alive[head].floor(), assumed.alive[head].ceil()];
            prop_assert!(on.iter().all(|alive| ends.contains(alive)), "{on:?} for {}", assumed.alive[head]);
            // Of many samples the mean is near: they are spread more evenly than by chance.
            let chance = 0.5 / (on.len().max(1) as f64).sqrt();
            prop_assert!(on.is_empty() || (mean - assumed.alive[head]).abs() <= 4.0 * chance + 0.02);
        }
        prop_assert_eq!(found.accuracy(), 1.0);
    }

    #[test]
    fn conventional_exits_decide_as_class_exclusion(
        (assumed, classes) in assumption(),
        threshold in 0.51_f64..=0.99,
    ) {
        let heads = assumed.leave.len();
        let scores = assumed.scores(classes);
        let exclusion = policy(heads, Rule::RelativeToMax { beta: vec![0.5; heads] });
        let softmax = Rule::Softmax { measure: Measure::Confidence, threshold: vec![threshold; heads] };
        let by_confidence = decide(&scores, &policy(heads, softmax)).unwrap();
        prop_assert_eq!(decide(&scores, &exclusion).unwrap().exits, by_confidence.exits);
    }
}

#[test]
fn nobody_leaves_or_everybody_does() {
    let never = Assumption { samples: 10, leave: vec![0.0], alive: vec![2.0], seed: 1 };
    let always = Assumption { leave: vec![1.0], ..never.clone() };
    let exits = |assumed: &Assumption| {
        decide(&assumed.scores(5), &policy(1, Rule::RelativeToMax { beta: vec![0.5] })).unwrap().exits
    };
    assert_eq!(exits(&never), [Exit::at_end(1); 10]);
    assert_eq!(exits(&always), [Exit::at_head(0); 10]);
}

/// A workload that is shipped as shapes.
fn shipped(workload: &str) -> Segments {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads").join(workload);
    load::workload(&path, &Silent).unwrap().segments
}

/// Multiply-accumulates of the backbone, and of every head in the order they run.
fn products(network: &Segments) -> (u64, Vec<u64>) {
    let mut heads = vec![0; network.heads()];
    let mut backbone = 0;
    for step in network.steps() {
        match step.part {
            Part::Head(head) => heads[head] += step.macs(),
            Part::Body | Part::Tail => backbone += step.macs(),
        }
    }
    (backbone, heads)
}

#[test]
fn alexnet_has_its_published_layers() {
    // Side and channels of the ofmap, and products an element: 11x11x3, 5x5x64, 3x3 of the map before.
    let layers = [(55, 64, 363), (27, 192, 1600), (13, 384, 1728), (13, 256, 3456), (13, 256, 2304)];
    let convolutions: u64 =
        layers.iter().map(|(side, channels, products)| side * side * channels * products).sum();
    let classifier = 6 * 6 * 256 * 4096 + 4096 * 1024 + 1024 * 10;
    let heads = layers.map(|(_, channels, _)| channels * 10).to_vec();
    assert_eq!(products(&shipped("alexnet-cifar10")), (convolutions + classifier, heads));
}

#[test]
fn resnet50_has_its_published_layers() {
    let (mut side, mut channels) = (32, 64);
    let mut backbone = side * side * 64 * 27;
    let mut heads = vec![channels * 100];
    for (stage, blocks) in [3, 4, 6, 3].into_iter().enumerate() {
        let inner = 64 << stage;
        for block in 0..blocks {
            backbone += side * side * channels * inner;
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            side /= stride;
            backbone += side * side * inner * (9 * inner + 4 * inner);
            if block == 0 {
                backbone += side * side * channels * 4 * inner;
            }
            channels = 4 * inner;
        }
        heads.push(channels * 100);
    }
    // The last stage's map goes to the classifier.
    backbone += heads.pop().unwrap();
    assert_eq!(products(&shipped("resnet50-cifar100")), (backbone, heads));
}
