//! Networks: ONNX models and SCALE-Sim topologies.

use std::path::Path;

use super::arch::Beside;
use super::files;
use super::place::{Kind, Place};
use super::watch::Watch;
use super::workload::workload_at;
use crate::config::{Fault, Faults};
use crate::interop::scale_sim::topology::{self, OutputSize};
use crate::network::Network;
use crate::network::onnx::{self, HeadNames, OnnxError};
use crate::network::segment::{Segments, segments};

/// What a model is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Replay, bit for bit.
    Replay,
    /// Shapes: a model that cannot be replayed will do, and a note says that it cannot.
    Shapes,
    /// The same without a word, where the user has said so.
    ShapesAsTold,
}

/// Reads an ONNX model; `beside` is told the files that its constants lie in.
pub(super) fn model(
    place: &Place,
    heads: &HeadNames,
    wanted: Use,
    beside: Beside<'_>,
    watch: &dyn Watch,
) -> Result<Network, Faults> {
    let bytes = files::read(place, "model")?;
    let folder = place.folder();
    let inside = files::inside(&folder);
    let external = |file: &Path| {
        beside(&file.to_string_lossy(), &place.folder().join(file));
        inside(file)
    };
    let error = match onnx::import_with(&bytes, heads, &external) {
        Ok(network) => {
            if let Some(note) = onnx::batch_note(&bytes) {
                watch.note(&format!("{place}: {note}"));
            }
            return Ok(network);
        }
        Err(error) => error,
    };
    let faults = match error {
        OnnxError::Unreadable { cause } => {
            let help = "give the file as a tool saved it, not compressed or cut off";
            return Err(Fault::new(format!("{place} is not a readable ONNX model: {cause}"), help).into());
        }
        OnnxError::Faults(faults) => faults,
    };
    let explained = |faults: Vec<onnx::Fault>| {
        Faults(faults.into_iter().map(|fault| model_fault(place, fault)).collect())
    };
    if wanted == Use::Replay {
        return Err(explained(faults));
    }
    match onnx::shapes(&bytes, heads) {
        Ok(onnx::Shapes { network, notes }) => {
            for note in notes {
                watch.note(&format!("{place}: {note}"));
            }
            let why = match &faults[0] {
                onnx::Fault::Node { node, cause, .. } => format!("node `{node}`: {cause}"),
                onnx::Fault::Graph { cause, .. } => cause.clone(),
            };
            if wanted == Use::Shapes {
                watch.note(&format!("{place}: read for its shapes only, and no replay is possible ({why})"));
            }
            Ok(network)
        }
        Err(OnnxError::Faults(faults)) => Err(explained(faults)),
        Err(OnnxError::Unreadable { .. }) => Err(explained(faults)),
    }
}

/// Reads a network's shapes: a SCALE-Sim topology (`.csv`), a model (`.onnx`), or a workload.
///
/// # Errors
/// Every fault of the file.
pub fn network(path: impl AsRef<Path>, rule: OutputSize, watch: &dyn Watch) -> Result<Segments, Faults> {
    network_at(&Kind::Workload.find(&Place::here(), path)?, rule, watch)
}

/// [`network`] from its place.
///
/// # Errors
/// As [`network`].
pub fn network_at(place: &Place, rule: OutputSize, watch: &dyn Watch) -> Result<Segments, Faults> {
    if place.ends_in("csv") {
        return topology(place, rule, watch);
    }
    if place.ends_in("onnx") {
        let mut network = model(place, &HeadNames::default(), Use::Shapes, &|_, _| (), watch)?;
        network.name = place.stem();
        return Ok(segments(&network));
    }
    Ok(workload_at(place, watch)?.segments)
}

/// Reads a topology, and notes which rule its output sizes follow.
pub(super) fn topology(place: &Place, rule: OutputSize, watch: &dyn Watch) -> Result<Segments, Faults> {
    let text = files::text(place, "topology")?;
    let topology = topology::import(&place.to_string(), &place.stem(), &text, rule)?;
    let rule = match topology.rule {
        OutputSize::Floor => "round down, as in ONNX: floor((size - filter) / stride) + 1",
        OutputSize::Ceil => "round up, as in SCALE-Sim: ceil((size - filter) / stride) + 1",
    };
    let matters = match topology.rule_matters.as_slice() {
        [] => "makes no difference here".into(),
        layers => format!("decides {}", layers.join(", ")),
    };
    watch.note(&format!("{place}: output sizes {rule}; the rule {matters}"));
    Ok(topology.segments)
}

fn model_fault(place: &Place, fault: onnx::Fault) -> Fault {
    match fault {
        onnx::Fault::Node { node, operator, cause, remedy } => {
            Fault::new(format!("{place}, node `{node}` ({operator}): {cause}"), remedy)
        }
        onnx::Fault::Graph { cause, remedy } => Fault::new(format!("{place}: {cause}"), remedy),
    }
}
