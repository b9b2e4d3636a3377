//! What does not go together: an architecture with a network, or with a policy.

use thiserror::Error;

use crate::arch::{Arch, DecisionOverlap, Placement, Weights};
use crate::exclude::{FinalAnswer, Memory, Policy, Rule};
use crate::network::segment::{Segments, Step, Work};
use crate::time::resident_bytes;
use crate::units::real;

/// An architecture that a network or a policy cannot run on.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Misfit {
    /// A unit that leaves excluded classes out cannot put them back.
    #[error(
        "`exclusion.compact = true` does not go with `memory = \"{0}\"`: a class whose score was never computed cannot be put back"
    )]
    Compaction(&'static str),
    /// Without the excluded classes' scores the final answer is among the survivors.
    #[error(
        "`exclusion.compact = true` does not go with `final = \"{0}\"`: the classifier computes survivors only"
    )]
    CompactedAnswer(&'static str),
    /// Head weights of an engine that runs beside the array would contend with the next layer's on the DRAM bus.
    #[error(
        "`exclusion.placement = \"dedicated\"` with `overlap = \"speculative\"` does not go with streamed head weights: they would share the DRAM bus with the next layer, which is not modelled"
    )]
    Contention,
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
    /// Memory so slow that its cycles may not be countable.
    #[error("`dram` may keep the array waiting for {0:.0e} cycles an inference, more than can be counted")]
    TooSlow(f64),
}

/// Most cycles that DRAM may take for an inference; 18,000 inferences of as many still fit in 64 bits.
const MOST_DRAM_CYCLES: f64 = 1e15;

impl Misfit {
    /// What to write instead.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Compaction(_) => "write memory = \"monotone\" in the policy, or compact = false".into(),
            Self::Batch(_, key) => format!("write batch.size = 1, or leave out exclusion.{key}"),
            Self::Contention => "write memory.head_weights = \"resident\", or overlap = \"blocking\"".into(),
            Self::CompactedAnswer(_) => {
                "write final = \"survivors\" in the policy, or compact = false".into()
            }
            Self::Resident { key, need, .. } => {
                format!(
                    "write {key} = \"stream\", or a filter scratchpad of at least \"{} KiB\"",
                    (2 * need).div_ceil(1024)
                )
            }
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
    if let Some(policy) = policy.filter(|_| arch.exclusion.compact) {
        misfits.extend(compaction_misfits(policy));
    }
    if arch.batch.size > 1 {
        let compact = arch.exclusion.compact.then_some("compact = true");
        let speculative = arch.exclusion.overlap == DecisionOverlap::Speculative;
        let keys = [compact, speculative.then_some("overlap = \"speculative\"")];
        misfits.extend(keys.into_iter().flatten().map(|key| Misfit::Batch(arch.batch.size, key)));
    }
    let beside = arch.exclusion.placement == Placement::Dedicated
        && arch.exclusion.overlap == DecisionOverlap::Speculative;
    if beside && arch.memory.head_weights == Weights::Stream && network.heads() > 0 {
        misfits.push(Misfit::Contention);
    }
    // Half of the scratchpad stays free for tiles when anything is streamed.
    let memory = &arch.memory;
    let all = memory.weights == Weights::Resident && memory.head_weights == Weights::Resident;
    let capacity = if all { memory.filter.0 } else { memory.filter.0 / 2 };
    let need = resident_bytes(network, memory);
    if need > capacity {
        let key = if memory.weights == Weights::Resident { "weights" } else { "head_weights" };
        misfits.push(Misfit::Resident { key, need, capacity });
    }
    let cycles = most_dram_cycles(arch, network);
    if cycles > MOST_DRAM_CYCLES {
        misfits.push(Misfit::TooSlow(cycles));
    }
    if misfits.is_empty() { Ok(()) } else { Err(misfits) }
}

/// Why a unit that leaves excluded classes out cannot follow a policy, whatever the rest of the architecture.
#[must_use]
pub fn compaction_misfits(policy: &Policy) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    if excludes(policy) && policy.memory != Memory::Monotone {
        misfits.push(Misfit::Compaction(policy.memory.as_str()));
    }
    if excludes(policy) && policy.answer != FinalAnswer::Survivors {
        misfits.push(Misfit::CompactedAnswer(policy.answer.as_str()));
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
    let per_cycle = arch.dram.bandwidth.0 * arch.dram.efficiency / arch.clock.0;
    let latency = arch.dram.latency.0 * arch.clock.0;
    network.steps().map(|step| bytes(step) / per_cycle + latency).sum()
}

fn excludes(policy: &Policy) -> bool {
    match policy.rule {
        Rule::RelativeToMax { .. } => true,
        Rule::Never | Rule::NoHeads => false,
    }
}
