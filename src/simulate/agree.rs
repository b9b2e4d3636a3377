//! What does not go together: an architecture with a network, or with a policy.

use thiserror::Error;

use super::unit_size;
use crate::arch::Arch;
use crate::config::{Fault, Faults};
use crate::cost::fpga::{Largest, Shortage, TooWide, design, largest, shortages, too_wide};
use crate::decide::{FinalAnswer, Memory, Policy};
use crate::machine::{DecisionOverlap, Placement, Weights};
use crate::network::segment::{Part, Segments, Step, Work};
use crate::time::{resident_bytes, unschedulable};
use crate::unit::UnitSize;
use crate::units::real;

/// An architecture that a network or a policy cannot run on.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Misfit {
    /// A unit that leaves excluded classes out cannot put them back.
    #[error(
        "`exclusion.{0} = true` does not go with `memory = \"{1}\"`: a class whose score was never computed cannot be put back"
    )]
    Compaction(&'static str, &'static str),
    /// Without the excluded classes' scores the final answer is among the survivors.
    #[error(
        "`exclusion.{0} = true` does not go with `final = \"{1}\"`: the classifier computes survivors only"
    )]
    CompactedAnswer(&'static str, &'static str),
    /// Head weights of an engine that runs beside the array would contend with the next layer's on the DRAM bus.
    #[error(
        "`exclusion.placement = \"dedicated\"` with `overlap = \"speculative\"` does not go with streamed head weights: they would share the DRAM bus with the next layer, which is not modelled"
    )]
    Contention,
    /// Lanes multiply one vector; what im2col would have to gather they cannot read.
    #[error(
        "`exclusion.placement = \"vector\"` does not go with head layer `{layer}`, a product of {vectors} vectors: the lanes multiply one vector of features, read word by word as it lies in the scratchpad"
    )]
    ManyVectors {
        /// The layer.
        layer: String,
        /// Vectors of features in it: output pixels times groups.
        vectors: u64,
    },
    /// In a batch each sample has its own survivors, and may leave while others stay.
    #[error(
        "`batch.size = {0}` does not go with `exclusion.{1}`: every sample of a batch has its own survivors and exit"
    )]
    Batch(u64, &'static str),
    /// Weights that are to stay on chip do not fit.
    #[error(
        "`memory.{key} = \"resident\"` needs {need} bytes of weights on chip, but `memory.filter` has {capacity}"
    )]
    Resident {
        /// The key that asks for it.
        key: &'static str,
        /// Bytes of weights, with those of the other key when both are resident.
        need: u64,
        /// Bytes of the filter scratchpad.
        capacity: u64,
    },
    /// A layer whose smallest tiles do not fit the one buffer.
    #[error(
        "layer `{layer}` fits no schedule: its smallest tiles need {need} bytes of `memory.unified`, which has {capacity}"
    )]
    NoSchedule {
        /// The layer.
        layer: String,
        /// Bytes of its smallest tiles, in whole granules.
        need: u64,
        /// Bytes of the buffer.
        capacity: u64,
    },
    /// So many samples at once that their counts may leave 64 bits.
    #[error(
        "`batch.size = {size}` makes the network too large to count in 64 bits, with layer `{layer}`: at most 2^56 MACs and 2^42 elements of ifmap, filter and ofmap matrices"
    )]
    Uncountable {
        /// Samples at once.
        size: u64,
        /// The first layer with which it is too much.
        layer: String,
    },
    /// A part that is too small.
    #[error("does not fit {part}: {}", listed(.short))]
    DoesNotFit {
        /// What its maker calls it.
        part: String,
        /// What is short, the worst first.
        short: Vec<Shortage>,
        /// The arrays that would fit.
        largest: Largest,
        /// Vector lanes that they keep; none where they have one per column.
        lanes: Option<u64>,
    },
    /// Memories that are wider than a part's blocks side by side, and not too large.
    #[error("does not fit {part}: {}", wide(.of))]
    TooWide {
        /// What its maker calls it.
        part: String,
        /// What is too wide.
        of: TooWide,
    },
    /// Memory so slow that its cycles may not be countable.
    #[error("`dram` may keep the array waiting for {0:.0e} cycles, more than can be counted")]
    TooSlow(f64),
}

/// [`agree()`], with what does not go together as faults of the input.
///
/// # Errors
/// Every misfit.
pub fn agreed(arch: &Arch, network: &Segments, policy: Option<&Policy>) -> Result<(), Faults> {
    agree(arch, network, policy).map_err(|misfits| misfit_faults(arch, misfits))
}

/// Misfits of an architecture with a network or a policy, as faults of the input.
#[must_use]
pub fn misfit_faults(arch: &Arch, misfits: Vec<Misfit>) -> Faults {
    let fault = |misfit: Misfit| Fault::new(format!("{}: {misfit}", arch.name), misfit.remedy());
    Faults(misfits.into_iter().map(fault).collect())
}

/// Most cycles that DRAM may take for a batch, or an inference, on its own and in a run over data: 10 million inferences of
/// a run still fit in 64 bits.
const MOST_DRAM_CYCLES: f64 = 1e15;
const MOST_DRAM_CYCLES_IN_A_RUN: f64 = 1e12;

impl Misfit {
    /// Whether it is between an architecture and its FPGA part, which depends on the unit.
    #[must_use]
    pub fn is_of_part(&self) -> bool {
        matches!(self, Self::DoesNotFit { .. } | Self::TooWide { .. })
    }

    /// What to write instead.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Compaction(key, _) => {
                format!("write memory = \"monotone\" in the policy, or {key} = false")
            }
            Self::ManyVectors { .. } => {
                "write exclusion.placement = \"array\", or \"dedicated\" with exclusion.macs".into()
            }
            Self::Batch(_, key) => format!("write batch.size = 1, or leave out exclusion.{key}"),
            Self::NoSchedule { need, .. } => {
                format!("write unified = \"{} KiB\" or more, or a finer granule", need.div_ceil(1024))
            }
            Self::Uncountable { .. } => "write a smaller batch.size, or a smaller network".into(),
            Self::Contention => "write memory.head_weights = \"resident\", or overlap = \"blocking\"".into(),
            Self::CompactedAnswer(key, _) => {
                format!("write final = \"survivors\" in the policy, or {key} = false")
            }
            Self::Resident { key, need, .. } => {
                format!(
                    "write {key} = \"stream\", or a filter scratchpad of at least \"{} KiB\"",
                    (2 * need).div_ceil(1024)
                )
            }
            Self::DoesNotFit { largest, lanes, .. } => largest_fitting(*largest, *lanes),
            Self::TooWide { of, .. } => narrower(*of),
            Self::TooSlow(_) => {
                "give `dram` more bandwidth or less latency, or check the sizes of the network's layers"
                    .into()
            }
        }
    }
}

/// Whether a network and a policy can run on an architecture.
///
/// # Errors
/// Everything that does not fit.
pub fn agree(arch: &Arch, network: &Segments, policy: Option<&Policy>) -> Result<(), Vec<Misfit>> {
    let mut misfits = Vec::new();
    let not_computed = [(arch.machine.exclusion.compact, "compact"), (arch.machine.exclusion.mask, "mask")];
    for (_, key) in not_computed.into_iter().filter(|(on, _)| *on) {
        misfits.extend(policy.into_iter().flat_map(|policy| survivor_misfits(policy, key)));
    }
    if arch.batch.size > 1 {
        let compact = arch.machine.exclusion.compact.then_some("compact = true");
        let mask = arch.machine.exclusion.mask.then_some("mask = true");
        let speculative = arch.machine.exclusion.overlap == DecisionOverlap::Speculative;
        let keys = [compact, mask, speculative.then_some("overlap = \"speculative\"")];
        misfits.extend(keys.into_iter().flatten().map(|key| Misfit::Batch(arch.batch.size, key)));
    }
    if let (Some(unified), Some((layer, need))) =
        (arch.machine.memory.unified, unschedulable(network, &arch.machine))
    {
        misfits.push(Misfit::NoSchedule { layer, need, capacity: unified.capacity.0 });
    }
    let beside = arch.machine.exclusion.placement == Placement::Dedicated
        && arch.machine.exclusion.overlap == DecisionOverlap::Speculative;
    if beside && arch.machine.memory.head_weights == Weights::Stream && network.heads() > 0 {
        misfits.push(Misfit::Contention);
    }
    if arch.machine.exclusion.placement == Placement::Vector {
        misfits.extend(network.steps().filter_map(|step| many_vectors(step, network.batch)));
    }
    // Half of the scratchpad stays free for tiles when anything is streamed.
    let memory = &arch.machine.memory;
    let all = memory.weights == Weights::Resident && memory.head_weights == Weights::Resident;
    let capacity = if all { memory.for_weights() } else { memory.for_weights() / 2 };
    let need = resident_bytes(network, memory);
    if need > capacity {
        let key = if memory.weights == Weights::Resident { "weights" } else { "head_weights" };
        misfits.push(Misfit::Resident { key, need, capacity });
    }
    if let Some(step) = network.uncountable(arch.batch.size) {
        misfits.push(Misfit::Uncountable { size: arch.batch.size, layer: step.name.to_string() });
    }
    misfits.extend(too_small(arch, policy_unit(network, policy)));
    let cycles = most_dram_cycles(arch, network);
    let most = if policy.is_some() { MOST_DRAM_CYCLES_IN_A_RUN } else { MOST_DRAM_CYCLES };
    if cycles > most {
        misfits.push(Misfit::TooSlow(cycles));
    }
    if misfits.is_empty() { Ok(()) } else { Err(misfits) }
}

/// A head's product of more than a vector per sample.
fn many_vectors(step: &Step, batch: u64) -> Option<Misfit> {
    let Work::Gemm { gemm, .. } = step.work else { return None };
    let vectors = gemm.groups * gemm.m;
    let is_head = matches!(step.part, Part::Head(_));
    (is_head && vectors > batch).then(|| Misfit::ManyVectors { layer: step.name.to_string(), vectors })
}

/// The unit that a policy needs; without one, the default.
fn policy_unit(network: &Segments, policy: Option<&Policy>) -> UnitSize {
    let default = || UnitSize::of_default_bits(network.heads(), network.classes);
    policy.map_or_else(default, |policy| unit_size(network, policy))
}

/// Why an architecture with a unit does not fit the FPGA that it is to be built on: what is too wide, what is short else.
#[must_use]
pub fn too_small(arch: &Arch, unit: UnitSize) -> Vec<Misfit> {
    let Some(fpga) = arch.fpga() else { return Vec::new() };
    let mut short = shortages(design(arch, fpga, unit).total(), &fpga.device);
    let part = fpga.device.part.clone();
    let lanes = (!arch.machine.vector.lanes_are_cols).then_some(arch.machine.vector.lanes);
    let mut misfits = Vec::new();
    if let Some(of) = too_wide(arch, fpga, unit) {
        short.retain(|short| !short.resource.is_ram());
        misfits.push(Misfit::TooWide { part: part.clone(), of });
    }
    if !short.is_empty() {
        misfits.push(Misfit::DoesNotFit { part, short, largest: largest(arch, fpga, unit), lanes });
    }
    misfits
}

/// What is too wide.
fn wide(of: &TooWide) -> String {
    match of {
        TooWide::Ports { bits: [ifmap, filter, ofmap], .. } => format!(
            "ports of {ifmap} bits (ifmap), {filter} (filter) and {ofmap} (ofmap) take more blocks of RAM side by side \
             than may be filled, whatever the scratchpads hold"
        ),
        TooWide::Scores { lanes, .. } => format!(
            "`exclusion.lanes = {lanes}` reads scores from more blocks of RAM side by side than may be filled"
        ),
    }
}

/// Which width would fit.
fn narrower(of: TooWide) -> String {
    match of {
        TooWide::Ports { fits, .. } => format!(
            "write memory.width = \"{fits} bit\", and a wider word takes several cycles, or a smaller array; \
             `exclusim fit` shows what each part takes"
        ),
        TooWide::Scores { fits, .. } => format!("write exclusion.lanes = {fits}"),
    }
}

/// What is short, each with by how much.
fn listed(short: &[Shortage]) -> String {
    let one = |found: &Shortage| {
        let Shortage { resource, needs, usable } = found;
        format!("{needs} {} where {usable} may be filled, {} too many", resource.described(), needs - usable)
    };
    short.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Which array would fit.
fn largest_fitting(Largest { square, power_of_two, .. }: Largest, lanes: Option<u64>) -> String {
    if square == 0 {
        return "no array fits with all else as configured: take a larger part, smaller scratchpads, fewer vector lanes, \
                or say under [fpga.infrastructure] what your own takes"
            .into();
    }
    let lanes = lanes.map_or_else(String::new, |lanes| format!(", vector.lanes = {lanes},"));
    let side =
        if square == power_of_two { String::new() } else { format!(", or {power_of_two} x {power_of_two}") };
    format!(
        "with all else as configured{lanes} {square} x {square} fits{side}; `exclusim fit` shows what each part takes"
    )
}

/// Why a unit that computes survivors only, by the key `key` of the architecture, cannot follow a policy.
#[must_use]
pub fn survivor_misfits(policy: &Policy, key: &'static str) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    if policy.rule.facts().excludes && policy.memory != Memory::Monotone {
        misfits.push(Misfit::Compaction(key, policy.memory.name()));
    }
    if policy.rule.facts().excludes && policy.answer != FinalAnswer::Survivors {
        misfits.push(Misfit::CompactedAnswer(key, policy.answer.name()));
    }
    misfits
}

/// A bound on the cycles DRAM takes for one inference: every operand fetched again for every fold that can be.
fn most_dram_cycles(arch: &Arch, network: &Segments) -> f64 {
    let bytes = |step: &Step| {
        let (ifmap, ofmap) = (real(step.ifmap_bytes), real(step.ofmap_bytes));
        match step.work {
            // The map once a column at most; weights once a MAC; sums of 4 bytes both ways.
            Work::Gemm { gemm, .. } => ifmap * real(gemm.n) + ofmap + 9.0 * real(gemm.macs()),
            Work::Vector { .. } => ifmap + ofmap,
        }
    };
    let per_cycle = arch.machine.dram.bandwidth.0 * arch.machine.dram.efficiency / arch.machine.clock.0;
    let latency = arch.machine.dram.latency.0 * arch.machine.clock.0;
    network.steps().map(|step| real(arch.batch.size) * bytes(step) / per_cycle + latency).sum()
}
