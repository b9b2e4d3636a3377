//! What does not go together: an architecture with a network, or with a policy.

use thiserror::Error;

use crate::arch::{Arch, DecisionOverlap, Placement, Weights};
use crate::exclude::{FinalAnswer, Memory, Policy, Rule};
use crate::network::segment::Segments;
use crate::time::resident_bytes;

/// An architecture that a network or a policy cannot run on.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
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
}

impl Misfit {
    /// What to write instead.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Compaction(_) => "write memory = \"monotone\" in the policy, or compact = false".into(),
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
        }
    }
}

/// Whether a network and a policy can run on an architecture.
///
/// # Errors
/// Everything that does not fit.
pub fn agree(arch: &Arch, network: &Segments, policy: Option<&Policy>) -> Result<(), Vec<Misfit>> {
    let mut misfits = Vec::new();
    if let Some(policy) = policy.filter(|policy| arch.exclusion.compact && excludes(policy)) {
        if policy.memory != Memory::Monotone {
            misfits.push(Misfit::Compaction(policy.memory.as_str()));
        }
        if policy.answer != FinalAnswer::Survivors {
            misfits.push(Misfit::CompactedAnswer(policy.answer.as_str()));
        }
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
    if misfits.is_empty() { Ok(()) } else { Err(misfits) }
}

fn excludes(policy: &Policy) -> bool {
    match policy.rule {
        Rule::RelativeToMax { .. } => true,
        Rule::Never | Rule::NoHeads => false,
    }
}
