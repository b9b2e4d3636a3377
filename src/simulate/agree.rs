//! What does not go together: an architecture with a network, or with a policy.

use thiserror::Error;

use crate::arch::{Arch, Weights};
use crate::exclude::{FinalAnswer, Memory, Policy, Rule};
use crate::network::segment::{Part, Segments, Step, Work};
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
    if let Some(policy) = policy.filter(|policy| arch.exclusion.compact && excludes(policy)) {
        if policy.memory != Memory::Monotone {
            misfits.push(Misfit::Compaction(policy.memory.as_str()));
        }
        if policy.answer != FinalAnswer::Survivors {
            misfits.push(Misfit::CompactedAnswer(policy.answer.as_str()));
        }
    }
    let bytes = |of_heads: bool| -> u64 {
        let wanted = |step: &&Step| matches!(step.part, Part::Head(_)) == of_heads;
        network.steps().filter(wanted).map(Step::weight_bytes).sum()
    };
    let resident = |weights, of_heads| if weights == Weights::Resident { bytes(of_heads) } else { 0 };
    let (backbone, heads) = (resident(arch.memory.weights, false), resident(arch.memory.head_weights, true));
    // Half of the scratchpad stays free for tiles when anything is streamed.
    let all_resident =
        arch.memory.weights == Weights::Resident && arch.memory.head_weights == Weights::Resident;
    let capacity = if all_resident { arch.memory.filter.0 } else { arch.memory.filter.0 / 2 };
    if backbone + heads > capacity {
        let key = if backbone > 0 { "weights" } else { "head_weights" };
        misfits.push(Misfit::Resident { key, need: backbone + heads, capacity });
    }
    let cycles = most_dram_cycles(arch, network);
    if cycles > MOST_DRAM_CYCLES {
        misfits.push(Misfit::TooSlow(cycles));
    }
    if misfits.is_empty() { Ok(()) } else { Err(misfits) }
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
