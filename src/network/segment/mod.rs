//! Shapes of the work in order, cut into segments by the heads.
//!
//! Segment s holds the backbone's layers after head s - 1 up to the map that head s reads, and head s; the last
//! segment has no head. Whatever path a sample takes, it runs whole segments, so costs add up by segment.

mod cut;
mod kind;
mod line;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use cut::segments;
pub use kind::LayerKind;

use std::sync::Arc;

use crate::shape::{Bands, Gemm};

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
        /// What it does with each.
        operation: Operation,
    },
}

/// What the vector unit does with an element it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Compares it with another, or adds it to one: pooling.
    Combine,
    /// Multiplies it by a factor and adds: each operand of a residual addition, which has a scale of its own.
    Rescale,
}

/// A map that is read again after other steps: the skipped one of a residual branch. Meanwhile it takes memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its bytes.
    pub bytes: u64,
    /// Bytes of other maps that it has to share memory with: at most so many are read, made or waiting in any one
    /// step from that which makes it to that which reads it last.
    pub beside: u64,
    /// The backbone's step that makes it, counted over all segments.
    pub made: usize,
    /// The one that reads it last.
    pub last: usize,
}

/// One operation of the network as the hardware sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The layer's name.
    pub name: Arc<str>,
    /// What the layer is.
    pub kind: LayerKind,
    /// Where it belongs.
    pub part: Part,
    /// What it does.
    pub work: Work,
    /// The rows of a convolution's result, and of the map that they read; `None` where rows are independent.
    pub bands: Option<Bands>,
    /// Bytes of the map it reads, once.
    pub ifmap_bytes: u64,
    /// Bytes of the map it makes.
    pub ofmap_bytes: u64,
    /// Reads the image.
    pub reads_image: bool,
    /// It can work on the map of the step before it while that is made, because nothing else reads that map.
    pub streamed: bool,
    /// Maps it reads that were not made by the step before it.
    pub waited: Vec<Waiting>,
    /// The map it makes, when a later step than the next one reads it.
    pub waits: Option<Waiting>,
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

    /// The product of two maps: its second operand streams in as weights do, and is never resident.
    #[must_use]
    pub fn of_two_maps(&self) -> bool {
        self.kind == LayerKind::MatMul
    }

    /// Bytes of weights.
    #[must_use]
    pub fn weight_bytes(&self) -> u64 {
        match self.work {
            Work::Gemm { .. } if self.of_two_maps() => 0,
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
        let grown =
            |map: &Waiting| Waiting { bytes: map.bytes * samples, beside: map.beside * samples, ..*map };
        let step = |step: &Step| Step {
            work: match step.work {
                Work::Gemm { gemm, class_wise } => {
                    Work::Gemm { gemm: Gemm { m: gemm.m * samples, ..gemm }, class_wise }
                }
                Work::Vector { elements, operation } => {
                    Work::Vector { elements: elements * samples, operation }
                }
            },
            bands: step.bands.map(|bands| Bands { samples: bands.samples * samples, ..bands }),
            waited: step.waited.iter().map(grown).collect(),
            waits: step.waits.as_ref().map(grown),
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

    /// The same steps as a chain: each reads what the one before made, whatever their sizes say.
    #[must_use]
    pub fn chained(mut self) -> Self {
        let mut first = true;
        for segment in &mut self.segments {
            let linked = |step: &Step| Step { reads_image: std::mem::take(&mut first), ..step.clone() };
            segment.backbone = segment.backbone.iter().map(linked).collect();
        }
        self
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
                Work::Vector { elements, .. } => u128::from(elements) * times,
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
            segment.backbone.iter().find(|step| step.kind.is_convolution()).map_or(0, Step::macs)
        };
        self.segments[..self.heads()].iter().map(first).collect()
    }
}
