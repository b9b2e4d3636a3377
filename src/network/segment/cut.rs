//! Cuts a network into segments and lowers its layers to steps.

use std::collections::BTreeSet;

use super::line::Line;
use super::{LayerKind, Operation, Part, Segment, Segments, Step, Work};
use crate::network::{Layer, Network, Op, ValueId};
use crate::shape::{Bands, Conv2d, Gemm};
use crate::units::count;

/// Cuts a network into segments.
#[must_use]
pub fn segments(network: &Network) -> Segments {
    let backbone = needed_for(network, network.classifier);
    let line = Line::new(network, &backbone);
    let convolution = |op: &Op| matches!(op, Op::Conv(_) | Op::Product { kind: LayerKind::Convolution, .. });
    let last_conv = backbone.iter().rev().find(|&&i| convolution(&network.layers[i].op)).copied();
    let body = last_conv.map(|conv| line.stream_end(conv));
    let mut ends = Vec::new();
    let mut head_layers = Vec::new();
    let mut taken = backbone.clone();
    for &scores in &network.heads {
        let own: Vec<usize> = needed_for(network, scores).into_iter().filter(|i| taken.insert(*i)).collect();
        let tap = needed_for(network, scores).intersection(&backbone).max().copied();
        let end = tap.map_or(0, |tap| line.stream_end(tap) + 1);
        ends.push(end.max(ends.last().copied().unwrap_or(0)));
        head_layers.push(own);
    }
    ends.push(network.layers.len());
    let weighted = weighted(network);
    let mut start = 0;
    let cut = |(s, &end): (usize, &usize)| {
        let part = |i: usize| if body.is_some_and(|last| i <= last) { Part::Body } else { Part::Tail };
        let on_line = |&i: &usize| {
            let step = step(network, i, part(i), weighted[i])?;
            let (waited, waits) = (line.waited(i), line.waits(network.layers[i].output));
            Some(Step { ifmap_bytes: line.read_bytes(i), streamed: line.streamed(i), waited, waits, ..step })
        };
        let backbone = backbone.range(start..end.max(start)).filter_map(on_line).collect();
        let head = head_layers
            .get(s)
            .into_iter()
            .flatten()
            .filter_map(|&i| step(network, i, Part::Head(s), weighted[i]))
            .collect();
        start = end;
        Segment { backbone, head }
    };
    let segments = ends.iter().enumerate().map(cut).collect();
    Segments { name: network.name.clone(), classes: network.classes(), batch: 1, segments }
}

/// Indices of all layers that a value depends on.
fn needed_for(network: &Network, value: ValueId) -> BTreeSet<usize> {
    let mut wanted = BTreeSet::from([value]);
    let mut found = BTreeSet::new();
    for (i, layer) in network.layers.iter().enumerate().rev() {
        if wanted.contains(&layer.output) {
            found.insert(i);
            wanted.extend(&layer.inputs);
        }
    }
    found
}

/// For every layer, its place among those with weights.
fn weighted(network: &Network) -> Vec<Option<usize>> {
    let mut count = 0;
    let place = |layer: &Layer| {
        layer.op.has_weights().then(|| {
            count += 1;
            count - 1
        })
    };
    network.layers.iter().map(place).collect()
}

fn step(network: &Network, index: usize, part: Part, weighted: Option<usize>) -> Option<Step> {
    let layer = &network.layers[index];
    let elements = |value: ValueId| count(network.value(value).shape.elements());
    let (input, output) = (*layer.inputs.first()?, layer.output);
    let class_wise = output == network.classifier || network.heads.contains(&output);
    let (kind, work) = work(layer, class_wise, elements(input), elements(output))?;
    Some(Step {
        name: layer.name.as_str().into(),
        kind,
        part,
        work,
        bands: bands(layer, elements(output)),
        ifmap_bytes: ifmaps(layer).iter().map(|&value| elements(value)).sum(),
        ofmap_bytes: elements(output),
        reads_image: layer.inputs.contains(&network.input),
        streamed: false,
        waited: Vec::new(),
        waits: None,
        weighted,
    })
}

/// The rows of a convolution.
fn bands(layer: &Layer, outputs: u64) -> Option<Bands> {
    let Op::Conv(conv) = &layer.op else { return None };
    let [rows, width] = conv.window.output(conv.input.height, conv.input.width)?.map(count);
    // Rows as the map has them: a batch in the graph is no part of them.
    (rows * width * count(conv.filters) == outputs).then(|| Bands::of_convolution(conv, [rows, width]))
}

/// The maps that a layer reads as such: the second operand of a product of two streams in as weights do.
pub(super) fn ifmaps(layer: &Layer) -> &[ValueId] {
    match layer.op {
        Op::Product { .. } => &layer.inputs[..1],
        _ => &layer.inputs,
    }
}

/// What a layer asks of the hardware; `None` when it only renames data.
fn work(layer: &Layer, class_wise: bool, inputs: u64, outputs: u64) -> Option<(LayerKind, Work)> {
    Some(match &layer.op {
        Op::Conv(conv) => {
            let kind = if conv.groups > 1 && conv.groups == conv.input.channels {
                LayerKind::Depthwise
            } else {
                LayerKind::Convolution
            };
            (kind, Work::Gemm { gemm: lower(conv, outputs), class_wise: class_wise && conv.groups == 1 })
        }
        Op::FullyConnected { inputs, outputs } => {
            let gemm = Gemm { groups: 1, m: 1, n: count(*outputs), k: count(*inputs) };
            (LayerKind::FullyConnected, Work::Gemm { gemm, class_wise })
        }
        Op::MaxPool(window) => {
            let reads = outputs * count(window.kernel[0] * window.kernel[1]);
            (LayerKind::MaxPool, Work::Vector { elements: reads, operation: Operation::Combine })
        }
        Op::AveragePool(window) => {
            let reads = outputs * count(window.kernel[0] * window.kernel[1]);
            (LayerKind::AveragePool, Work::Vector { elements: reads, operation: Operation::Combine })
        }
        Op::GlobalAveragePool => {
            (LayerKind::AveragePool, Work::Vector { elements: inputs, operation: Operation::Combine })
        }
        Op::Add => (LayerKind::Add, Work::Vector { elements: 2 * outputs, operation: Operation::Rescale }),
        Op::LookUp(_) => {
            (LayerKind::Activation, Work::Vector { elements: outputs, operation: Operation::Rescale })
        }
        Op::Concat => (LayerKind::Concat, Work::Vector { elements: outputs, operation: Operation::Rescale }),
        Op::Product { kind, gemm } => (*kind, Work::Gemm { gemm: *gemm, class_wise: false }),
        Op::Vector { kind, elements, operation, .. } => {
            (*kind, Work::Vector { elements: *elements, operation: *operation })
        }
        // Addresses: what reads them finds the elements where they are.
        Op::Flatten | Op::Move(_) | Op::Rearrange => return None,
    })
}

/// Lowers a convolution to a GEMM by im2col.
fn lower(conv: &Conv2d, outputs: u64) -> Gemm {
    let (groups, filters) = (count(conv.groups.max(1)), count(conv.filters.max(1)));
    Gemm {
        groups,
        m: outputs / filters,
        n: filters / groups,
        k: count(conv.window.kernel[0] * conv.window.kernel[1]) * count(conv.input.channels) / groups,
    }
}
