//! What the policies of a space decide, as text that the shards of a sweep share: deciding takes every sample of every workload,
//! and all shards would decide the same.
//!
//! Kept are counts alone; which heads run, which unit decides and what does not go together follow from the policy again. A text is
//! of one space, its files and one version, and says so; a digest stands before it.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::decided::Counted;
use super::inputs::Inputs;
use super::spec::Spec;
use crate::network::segment::Segments;

/// Why a text cannot stand for deciding.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KeptError {
    /// It is no such text, or not whole.
    #[error("it is not what `sweep --decide` wrote, or not all of it")]
    Damaged,
    /// It is of another space, of other files, or of another version.
    #[error("it was decided for {found}, not for {wanted}")]
    Other {
        /// Space, hash of its files, version.
        found: String,
        /// What was asked for.
        wanted: String,
    },
}

/// What decisions depend on.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
struct Identity {
    space: String,
    inputs: String,
    version: String,
}

/// A policy by its number, with its counts on each workload; `None` for one that cannot be.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub(super) struct Row {
    pub(super) policy: u64,
    pub(super) on_each: Option<Vec<Kept>>,
}

/// The counts of one policy on one workload.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub(super) struct Kept {
    samples: u64,
    right: u64,
    exits: Vec<u64>,
    ways: Option<Vec<(Vec<NonZeroU16>, u64)>>,
    gated: Option<[[[u64; 2]; 2]; 2]>,
}

#[derive(Serialize, Deserialize)]
struct Text {
    of: Identity,
    policies: Vec<Row>,
}

const TITLE: &str = "exclusim decisions";

impl Identity {
    fn of(spec: &Spec, inputs: &Inputs) -> Self {
        let (space, inputs) = (spec.name.clone(), inputs.hash.clone());
        Self { space, inputs, version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn told(&self) -> String {
        format!("{} (files {}, version {})", self.space, self.inputs, self.version)
    }
}

impl Kept {
    pub(super) fn of(counted: &Counted) -> Self {
        let Counted { samples, right, exits, ways, gated } = counted.clone();
        Self { samples, right, exits, ways, gated }
    }

    /// The counts, if a network can have them.
    pub(super) fn counted(self, network: &Segments) -> Option<Counted> {
        let Self { samples, right, exits, ways, gated } = self;
        let segments = network.segments.len();
        let runs = |(way, _): &(Vec<NonZeroU16>, u64)| {
            way.len() <= segments && way.iter().all(|alive| usize::from(alive.get()) <= network.classes)
        };
        let sum = |mut of: std::slice::Iter<'_, u64>| of.try_fold(0u64, |sum, more| sum.checked_add(*more));
        let whole =
            samples > 0 && right <= samples && exits.len() == segments && sum(exits.iter()) == Some(samples);
        let ways_too =
            ways.iter().flatten().all(runs) && ways.iter().flatten().all(|(_, times)| *times <= samples);
        (whole && ways_too).then_some(Counted { samples, right, exits, ways, gated })
    }
}

/// The text of some policies' counts.
pub(super) fn write(spec: &Spec, inputs: &Inputs, policies: Vec<Row>) -> String {
    let text = serde_json::to_string(&Text { of: Identity::of(spec, inputs), policies }).unwrap_or_default();
    format!("{TITLE} {}\n{text}\n", digest(&text))
}

/// The counts in a text.
pub(super) fn read(spec: &Spec, inputs: &Inputs, text: &str) -> Result<Vec<Row>, KeptError> {
    let (first, rest) = text.split_once('\n').ok_or(KeptError::Damaged)?;
    let rest = rest.strip_suffix('\n').ok_or(KeptError::Damaged)?;
    if first.strip_prefix(TITLE).map(str::trim) != Some(digest(rest).as_str()) {
        return Err(KeptError::Damaged);
    }
    let Text { of, policies } = serde_json::from_str(rest).map_err(|_| KeptError::Damaged)?;
    let wanted = Identity::of(spec, inputs);
    if of != wanted {
        return Err(KeptError::Other { found: of.told(), wanted: wanted.told() });
    }
    Ok(policies)
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
