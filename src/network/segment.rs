//! Shapes of the work in order, cut into segments by the heads.
//!
//! Segment s holds the backbone's layers after head s - 1 up to the map that head s reads, and head s; the last
//! segment has no head. Whatever path a sample takes, it runs whole segments, so costs add up by segment.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Layer, Network, Op, ValueId};
use crate::shape::{Conv2d, Gemm};

/// Most multiply-accumulates, and most elements of all matrices, of a network for all its samples. Far beyond any, and
/// small enough that no count of an array of up to 65,536 x 65,536 leaves 64 bits: register bits are at most 48 a MAC and
/// 2^20 a stationary element, and a fold adds at most 3 * 2^16 cycles.
pub const MOST_MACS: u64 = 1 << 56;
/// See [`MOST_MACS`].
pub const MOST_ELEMENTS: u64 = 1 << 42;

/// Which part of the network a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The backbone up to and with its last convolution and the pooling of its map.
    Body,
    /// What follows: fully connected layers, global pooling.
    Tail,
    /// An exclusion head, counted from 0, shallow to deep.
    Head(usize),
}

impl Part {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Tail => "tail",
            Self::Head(_) => "head",
        }
    }
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A GEMM on the array, its sums requantized by the vector unit.
    Gemm {
        /// The product.
        gemm: Gemm,
        /// N is the number of classes: excluded classes can be left out.
        class_wise: bool,
    },
    /// Elements the vector unit reads, one operation each.
    Vector {
        /// Number of elements.
        elements: u64,
    },
}

/// One operation of the network as the hardware sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The layer's name.
    pub name: Arc<str>,
    /// `conv`, `depthwise`, `fc`, `gemm`, `maxpool`, `avgpool`.
    pub kind: &'static str,
    /// Where it belongs.
    pub part: Part,
    /// What it does.
    pub work: Work,
    /// Bytes of the map it reads, once.
    pub ifmap_bytes: u64,
    /// Bytes of the map it makes.
    pub ofmap_bytes: u64,
    /// Reads the image.
    pub reads_image: bool,
    /// Its place among the network's layers with weights, in layer order: whose zero fraction is its ifmap's. `None` when
    /// it has no weights, or no data belong to the network.
    pub weighted: Option<usize>,
}

impl Step {
    /// Multiply-accumulates.
    #[must_use]
    pub fn macs(&self) -> u64 {
        match self.work {
            Work::Gemm { gemm, .. } => gemm.macs(),
            Work::Vector { .. } => 0,
        }
    }

    /// Bytes of weights.
    #[must_use]
    pub fn weight_bytes(&self) -> u64 {
        match self.work {
            Work::Gemm { gemm, .. } => gemm.weights(),
            Work::Vector { .. } => 0,
        }
    }
}

/// The work between two decisions.
///
/// Steps are shared: a sweep makes a table of times for every point, and each shows the same steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// Steps of the backbone.
    pub backbone: Arc<[Step]>,
    /// Steps of the head at its end; empty in the last segment.
    pub head: Arc<[Step]>,
}

/// A network's segments: heads + 1 of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    /// Name of the network.
    pub name: String,
    /// Number of classes.
    pub classes: usize,
    /// Samples at once: every step is of so many.
    pub batch: u64,
    /// The segments in order.
    pub segments: Vec<Segment>,
}

impl Segments {
    /// Number of heads.
    #[must_use]
    pub fn heads(&self) -> usize {
        self.segments.len() - 1
    }

    /// The same network for `samples` samples at once: M, maps and vector work grow, weights do not.
    #[must_use]
    pub fn batched(&self, samples: u64) -> Self {
        let step = |step: &Step| Step {
            work: match step.work {
                Work::Gemm { gemm, class_wise } => {
                    Work::Gemm { gemm: Gemm { m: gemm.m * samples, ..gemm }, class_wise }
                }
                Work::Vector { elements } => Work::Vector { elements: elements * samples },
            },
            ifmap_bytes: step.ifmap_bytes * samples,
            ofmap_bytes: step.ofmap_bytes * samples,
            ..step.clone()
        };
        let steps = |steps: &[Step]| steps.iter().map(step).collect();
        let segment =
            |segment: &Segment| Segment { backbone: steps(&segment.backbone), head: steps(&segment.head) };
        let segments = self.segments.iter().map(segment).collect();
        Self { name: self.name.clone(), classes: self.classes, batch: self.batch * samples, segments }
    }

    /// The layer with which so many samples at once become too large to count, [`MOST_MACS`] or [`MOST_ELEMENTS`].
    #[must_use]
    pub fn uncountable(&self, samples: u64) -> Option<&Step> {
        let (mut macs, mut elements) = (0, 0);
        let [times, most_macs, most_elements] = [samples, MOST_MACS, MOST_ELEMENTS].map(u128::from);
        self.steps().find(|step| {
            let matrices = match step.work {
                Work::Gemm { gemm: Gemm { groups, m, n, k }, .. } => {
                    let [groups, m, n, k] = [groups, m, n, k].map(u128::from);
                    // A map may be larger than its im2col matrix, when strides skip, and is fetched at most once a column.
                    macs += (groups * m * n * k).max(u128::from(step.ifmap_bytes) * n) * times;
                    groups * (m * k * times + k * n + m * n * times)
                }
                Work::Vector { elements } => u128::from(elements) * times,
            };
            elements += matrices + u128::from(step.ifmap_bytes) * times;
            macs > most_macs || elements > most_elements
        })
    }

    /// Every step in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.segments.iter().flat_map(|segment| segment.backbone.iter().chain(&*segment.head))
    }

    /// MACs of the first convolution since the previous head, for each head: what the paper's search orders by.
    #[must_use]
    pub fn first_convolution_macs(&self) -> Vec<u64> {
        let first = |segment: &Segment| {
            segment.backbone.iter().find(|step| step.kind == "conv").map_or(0, Step::macs)
        };
        self.segments[..self.heads()].iter().map(first).collect()
    }
}

/// Cuts a network into segments.
#[must_use]
pub fn segments(network: &Network) -> Segments {
    let backbone = needed_for(network, network.classifier);
    let last_conv = backbone.iter().rev().find(|&&i| matches!(network.layers[i].op, Op::Conv(_))).copied();
    let mut ends = Vec::new();
    let mut head_layers = Vec::new();
    let mut taken = backbone.clone();
    for &scores in &network.heads {
        let own: Vec<usize> = needed_for(network, scores).into_iter().filter(|i| taken.insert(*i)).collect();
        let tap = needed_for(network, scores).intersection(&backbone).max().copied();
        let end = tap.map_or(0, |tap| with_pooling(network, &backbone, tap) + 1);
        ends.push(end.max(ends.last().copied().unwrap_or(0)));
        head_layers.push(own);
    }
    ends.push(network.layers.len());
    let mut start = 0;
    let cut = |(s, &end): (usize, &usize)| {
        let part = |i: usize| {
            if last_conv.is_some_and(|conv| i <= with_pooling(network, &backbone, conv)) {
                Part::Body
            } else {
                Part::Tail
            }
        };
        let backbone =
            backbone.range(start..end.max(start)).filter_map(|&i| step(network, i, part(i))).collect();
        let head = head_layers
            .get(s)
            .into_iter()
            .flatten()
            .filter_map(|&i| step(network, i, Part::Head(s)))
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

/// The last of the maximum poolings that directly follow layer `at`: they are done in the stream that makes the map.
fn with_pooling(network: &Network, backbone: &BTreeSet<usize>, at: usize) -> usize {
    let follows = |last: usize| {
        let next = *backbone.range(last + 1..).next()?;
        let layer = &network.layers[next];
        (matches!(layer.op, Op::MaxPool(_)) && layer.inputs.contains(&network.layers[last].output))
            .then_some(next)
    };
    std::iter::successors(Some(at), |&last| follows(last)).last().unwrap_or(at)
}

fn step(network: &Network, index: usize, part: Part) -> Option<Step> {
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
        ifmap_bytes: layer.inputs.iter().map(|&value| elements(value)).sum(),
        ofmap_bytes: elements(output),
        reads_image: layer.inputs.contains(&network.input),
        weighted: has_weights(&layer.op)
            .then(|| network.layers[..index].iter().filter(|layer| has_weights(&layer.op)).count()),
    })
}

fn has_weights(op: &Op) -> bool {
    matches!(op, Op::Conv(_) | Op::FullyConnected { .. })
}

/// What a layer asks of the hardware; `None` when it only renames data.
fn work(layer: &Layer, class_wise: bool, inputs: u64, outputs: u64) -> Option<(&'static str, Work)> {
    Some(match &layer.op {
        Op::Conv(conv) => {
            let kind =
                if conv.groups > 1 && conv.groups == conv.input.channels { "depthwise" } else { "conv" };
            (kind, Work::Gemm { gemm: lower(conv, outputs), class_wise: class_wise && conv.groups == 1 })
        }
        Op::FullyConnected { inputs, outputs } => {
            let gemm = Gemm { groups: 1, m: 1, n: count(*outputs), k: count(*inputs) };
            ("fc", Work::Gemm { gemm, class_wise })
        }
        Op::MaxPool(window) => {
            let reads = outputs * count(window.kernel[0] * window.kernel[1]);
            ("maxpool", Work::Vector { elements: reads })
        }
        Op::AveragePool(window) => {
            let reads = outputs * count(window.kernel[0] * window.kernel[1]);
            ("avgpool", Work::Vector { elements: reads })
        }
        Op::GlobalAveragePool => ("avgpool", Work::Vector { elements: inputs }),
        Op::Flatten => return None,
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

/// A size in memory as a count; no machine has sizes beyond 64 bits.
fn count(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
