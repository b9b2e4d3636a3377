//! Multiply-accumulates that are not done because their activation is zero, sample by sample.
//!
//! A replay keeps for every sample the part of zeros in the ifmap of every layer with weights. A product of M x N x K on an
//! array with `zero_gating` then gates round(M N K x that part) of its multiply-accumulates: the average over its windows,
//! exact but for maps whose zeros crowd where fewer windows reach, and without the padding (which is zero, too, and counted
//! as if it were not). Every sum over samples is over those that reach the layer, since each brings its own fractions.
//! What was begun in vain is not gated.

use std::sync::Arc;

use crate::count::{Action, Tally};
use crate::decide::Decisions;
use crate::machine::Machine;
use crate::network::segment::{Part, Segment, Segments, Step, Work};
use crate::shape::Gemm;
use crate::time::{Parts, PathTable, StepTiming};
use crate::units::{count, nearest, real};

/// The part of zeros in the ifmap of every layer with weights, `[samples][layers]`.
#[derive(Clone, Debug)]
pub struct ZeroFractions {
    layers: usize,
    values: Arc<[f32]>,
}

impl ZeroFractions {
    /// Fractions of `samples` samples, each of as many layers.
    #[must_use]
    pub fn new(values: &[f32], samples: usize) -> Self {
        Self { layers: values.len() / samples.max(1), values: values.into() }
    }

    /// Layers that it knows.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.layers
    }

    fn of(&self, sample: usize, layer: usize) -> f64 {
        let known = (layer < self.layers).then(|| self.values.get(sample * self.layers + layer)).flatten();
        f64::from(known.copied().unwrap_or(0.0))
    }
}

/// Gated multiply-accumulates of some work by part of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GatedParts {
    pub(super) body: u64,
    pub(super) tail: u64,
    pub(super) heads: u64,
}

impl GatedParts {
    pub(super) fn backbone(self) -> u64 {
        self.body + self.tail
    }

    pub(super) fn total(self) -> u64 {
        self.backbone() + self.heads
    }

    /// Takes them from the work that would have been done.
    pub(super) fn take_from(self, parts: &mut Parts) {
        gate(&mut parts.body, self.body);
        gate(&mut parts.tail, self.tail);
        gate(&mut parts.heads, self.heads);
    }
}

impl std::ops::AddAssign for GatedParts {
    fn add_assign(&mut self, other: Self) {
        self.body += other.body;
        self.tail += other.tail;
        self.heads += other.heads;
    }
}

/// Takes gated multiply-accumulates from those that are done.
pub(super) fn gate(tally: &mut Tally, macs: u64) {
    tally.actions.move_macs(Action::GatedMac, macs);
}

/// A product whose multiply-accumulates can be gated.
#[derive(Clone, Copy, Debug)]
struct Gateable {
    part: Part,
    layer: usize,
    macs: u64,
    /// Multiply-accumulates of one class, where the columns are classes.
    each_class: Option<u64>,
}

/// Products that can be gated by segment, and how often their operands are zero; nothing without gating or data.
#[derive(Clone, Debug, Default)]
pub struct Gating {
    zeros: Option<ZeroFractions>,
    segments: Vec<Vec<Gateable>>,
    /// Whether excluded classes are left out or masked.
    by_alive: bool,
}

impl Gating {
    /// Of the products of a table that run on the array.
    pub(super) fn new(table: &PathTable, machine: &Machine, zeros: Option<ZeroFractions>) -> Self {
        let products = |segment| table.steps_of(segment).filter_map(gateable).collect();
        Self {
            zeros: zeros.filter(|_| machine.array.zero_gating),
            segments: (0..table.segments.len()).map(products).collect(),
            by_alive: machine.exclusion.compact || machine.exclusion.mask,
        }
    }

    /// Whether anything is gated.
    pub(super) fn is_on(&self) -> bool {
        self.zeros.is_some()
    }

    /// Of one sample in one segment, with all classes or, where the unit leaves excluded ones out, with those `alive`.
    pub(super) fn of(&self, sample: usize, segment: usize, alive: Option<usize>) -> GatedParts {
        let mut gated = GatedParts::default();
        let Some(zeros) = &self.zeros else { return gated };
        let alive = alive.filter(|_| self.by_alive);
        for product in &self.segments[segment] {
            let macs = match (product.each_class, alive) {
                (Some(each), Some(alive)) => each * count(alive),
                _ => product.macs,
            };
            // Rounded per product and sample, so that sums over samples are whole numbers in any order. A fraction is an f32 and
            // may round above 1.
            let macs = nearest(real(macs) * zeros.of(sample, product.layer)).min(macs);
            match product.part {
                Part::Body => gated.body += macs,
                Part::Tail => gated.tail += macs,
                Part::Head(_) => gated.heads += macs,
            }
        }
        gated
    }

    /// Mean gated multiply-accumulates of a step over the samples that `reach` its segment, all classes alive.
    #[must_use]
    pub fn mean(&self, step: &Step, timing: &StepTiming, reach: impl Iterator<Item = usize>) -> f64 {
        let (Some(zeros), Some(product)) = (&self.zeros, gateable((step, timing))) else {
            return 0.0;
        };
        let (mut sum, mut samples) = (0, 0u64);
        for sample in reach {
            sum += nearest(real(product.macs) * zeros.of(sample, product.layer)).min(product.macs);
            samples += 1;
        }
        if samples == 0 { 0.0 } else { real(sum) / real(samples) }
    }
}

/// Gated multiply-accumulates of every sample, whatever machine and policy: the same as of any table of the network.
#[derive(Clone, Debug)]
pub struct GatedSamples {
    gating: Gating,
    /// Of the backbone up to and with each segment, `[samples][segments]`.
    backbone: Vec<u64>,
    /// Of each head, `[samples][segments]`; none in the last segment.
    heads: Vec<u64>,
    segments: usize,
}

impl GatedSamples {
    /// Of a network's products on an array, all classes alive.
    #[must_use]
    pub fn new(network: &Segments, zeros: ZeroFractions, samples: usize) -> Self {
        let product = |step: &Step| match step.work {
            Work::Gemm { gemm, .. } => product(step, &gemm),
            Work::Vector { .. } => None,
        };
        let of =
            |segment: &Segment| segment.backbone.iter().chain(&*segment.head).filter_map(product).collect();
        let segments = network.segments.iter().map(of).collect();
        let gating = Gating { zeros: Some(zeros), segments, by_alive: true };
        let segments = network.segments.len();
        let (mut backbone, mut heads) = (Vec::new(), Vec::new());
        for sample in 0..samples {
            let mut sum = 0;
            for s in 0..segments {
                let gated = gating.of(sample, s, None);
                sum += gated.backbone();
                backbone.push(sum);
                heads.push(gated.heads);
            }
        }
        Self { gating, backbone, heads, segments }
    }

    /// Of the plain network, over all samples.
    #[must_use]
    pub fn no_heads(&self) -> u64 {
        self.backbone.chunks(self.segments).filter_map(<[u64]>::last).sum()
    }

    /// Of what decisions leave to be done, over all samples, with the heads `on`; products of heads are not gated on an
    /// engine beside the array. `by_alive`: excluded classes are left out or masked.
    #[must_use]
    pub fn decided(&self, decisions: &Decisions, on: &[bool], engine: bool, by_alive: bool) -> u64 {
        let runs = |s: usize| !engine && on.get(s).copied().unwrap_or(false);
        let sample = |sample: usize| -> u64 {
            let (from, exit) = (sample * self.segments, decisions.exits[sample].segment());
            if by_alive {
                let of = |s: usize| {
                    let gated = self.gating.of(sample, s, decisions.alive_on_entry_of(sample, s));
                    gated.backbone() + if runs(s) { gated.heads } else { 0 }
                };
                return (0..=exit).map(of).sum();
            }
            let heads: u64 = (0..=exit).filter(|s| runs(*s)).map(|s| self.heads[from + s]).sum();
            self.backbone[from + exit] + heads
        };
        (0..decisions.samples).map(sample).sum()
    }
}

/// A product on the array; an engine beside it has no gates.
fn gateable((step, timing): (&Step, &StepTiming)) -> Option<Gateable> {
    timing.dataflow?;
    product(step, &timing.gemm?)
}

fn product(step: &Step, gemm: &Gemm) -> Option<Gateable> {
    let layer = step.weighted?;
    let class_wise = matches!(step.work, Work::Gemm { class_wise: true, .. });
    let each_class = class_wise.then(|| gemm.macs() / gemm.n.max(1));
    Some(Gateable { part: step.part, layer, macs: gemm.macs(), each_class })
}
