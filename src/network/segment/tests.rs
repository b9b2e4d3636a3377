//! Residual branches: what works in the stream, what waits, and where segments are cut.

use super::{LayerKind, Operation, Part, Segments, Step, Waiting, Work, segments};
use crate::network::onnx::{HeadNames, import};

/// Two residual blocks, the second with a projection; heads behind the first and the last block.
const RESIDUAL: &[u8] = include_bytes!("../../../tests/fixtures/onnx/residual.onnx");

fn residual() -> Segments {
    segments(&import(RESIDUAL, &HeadNames::default()).unwrap())
}

fn kinds(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.kind.name()).collect()
}

/// Bytes of a map of 8 channels of 8 x 8 pixels, the network's largest.
const MAP: u64 = 8 * 8 * 8;

#[test]
fn a_sum_works_in_the_stream_of_the_convolution_before_it() {
    let network = residual();
    let [first, second, tail] = network.segments.as_slice() else { panic!("two heads") };
    assert_eq!(kinds(&first.backbone), ["conv", "conv", "conv", "add"]);
    assert_eq!(kinds(&second.backbone), ["conv", "conv", "conv", "add", "conv", "conv", "add"]);
    assert_eq!(kinds(&tail.backbone), ["avgpool", "fc"]);
    assert_eq!(kinds(&second.head), ["conv", "avgpool", "fc"]);
    let sum = &first.backbone[3];
    assert!(sum.streamed && sum.part == Part::Body);
    assert_eq!(sum.work, Work::Vector { elements: 2 * MAP, operation: Operation::Rescale });
    assert_eq!((sum.ifmap_bytes, sum.ofmap_bytes), (2 * MAP, MAP));
    assert!(network.steps().all(|step| step.streamed == (step.kind == LayerKind::Add)));
}

#[test]
fn a_skipped_map_waits_beside_what_the_branch_reads_and_makes() {
    let network = residual();
    let [stem, one, two, sum] = &*network.segments[0].backbone else { panic!("a block") };
    let skipped = Waiting { bytes: MAP, beside: 2 * MAP, made: 0, last: 3 };
    assert_eq!((stem.waits, &sum.waited), (Some(skipped), &vec![skipped]));
    assert_eq!((one.waits, two.waits), (None, None));
    assert!(one.waited.is_empty() && two.waited.is_empty());
}

#[test]
fn with_a_projection_both_branches_wait_and_the_skipped_map_crosses_the_head() {
    let network = residual();
    let small = 12 * 4 * 4;
    // Beside the block's input are the map before it and the one skipped there, when it is made.
    let input = network.segments[0].backbone[3].waits.unwrap();
    assert_eq!(input, Waiting { bytes: MAP, beside: 2 * MAP, made: 3, last: 6 });
    let [one, two, projection, sum, ..] = &*network.segments[1].backbone else { panic!("a block") };
    assert_eq!(projection.ifmap_bytes, MAP);
    assert_eq!((one.waited.len(), projection.waited.as_slice()), (0, &[input][..]));
    let long = Waiting { bytes: small, beside: MAP + small, made: 5, last: 7 };
    assert_eq!((two.waits, sum.waited.as_slice()), (Some(long), &[long][..]));
    assert!(sum.streamed, "in the stream of the projection");
}

#[test]
fn a_batch_waits_in_every_sample() {
    let one = residual();
    let many = one.batched(3);
    for (one, many) in one.steps().zip(many.steps()) {
        let grown = |map: &Waiting| Waiting { bytes: 3 * map.bytes, beside: 3 * map.beside, ..*map };
        assert_eq!(many.waits, one.waits.as_ref().map(grown));
        assert_eq!(many.waited, one.waited.iter().map(grown).collect::<Vec<_>>());
    }
}

#[test]
fn a_depthwise_convolution_is_one_in_the_order_of_visit() {
    let network = residual();
    let of_kind = |kind: LayerKind| {
        let mut changed = network.clone();
        for segment in &mut changed.segments {
            let step = |step: &Step| {
                let kind = if step.kind == LayerKind::Convolution { kind } else { step.kind };
                Step { kind, ..step.clone() }
            };
            segment.backbone = segment.backbone.iter().map(step).collect();
        }
        changed.first_convolution_macs()
    };
    let macs = network.first_convolution_macs();
    assert!(macs.iter().all(|&macs| macs > 0));
    assert_eq!(of_kind(LayerKind::Depthwise), macs);
    assert_eq!(of_kind(LayerKind::FullyConnected), [0, 0]);
}
