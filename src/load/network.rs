//! Networks: ONNX models and SCALE-Sim topologies.

use std::path::Path;
use std::sync::Arc;

use super::arch::Beside;
use super::files;
use super::watch::Watch;
use super::workload::workload;
use crate::config::{Fault, Faults, Source};
use crate::interop::scale_sim::topology::{self, OutputSize, TopologyFault};
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
    path: &Path,
    heads: &HeadNames,
    wanted: Use,
    beside: Beside<'_>,
    watch: &dyn Watch,
) -> Result<Network, Faults> {
    let bytes = files::read(path, "model")?;
    let inside = files::inside(path.parent().unwrap_or(Path::new("")));
    let external = |file: &Path| {
        beside(&file.to_string_lossy());
        inside(file)
    };
    let error = match onnx::import_with(&bytes, heads, &external) {
        Ok(network) => {
            if let Some(note) = onnx::batch_note(&bytes) {
                watch.note(&format!("{}: {note}", path.display()));
            }
            return Ok(network);
        }
        Err(error) => error,
    };
    let place = path.display();
    let faults = match error {
        OnnxError::Unreadable { cause } => {
            let help = "give the file as a tool saved it, not compressed or cut off";
            return Err(Fault::new(format!("{place} is not a readable ONNX model: {cause}"), help).into());
        }
        OnnxError::Faults(faults) => faults,
    };
    let explained =
        |faults: Vec<onnx::Fault>| Faults(faults.into_iter().map(|fault| model_fault(path, fault)).collect());
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
    let path = path.as_ref();
    let stem = || path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let is = |extension: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
    if is("csv") {
        return topology(path, &stem(), rule, watch);
    }
    if is("onnx") {
        let mut network = model(path, &HeadNames::default(), Use::Shapes, &|_| (), watch)?;
        network.name = stem();
        return Ok(segments(&network));
    }
    Ok(workload(path, watch)?.segments)
}

/// Reads a topology, and notes which rule its output sizes follow.
fn topology(path: &Path, name: &str, rule: OutputSize, watch: &dyn Watch) -> Result<Segments, Faults> {
    let text = files::text(path, "topology")?;
    let topology = topology::import(name, &text, rule).map_err(|faults| {
        let source = Arc::new(Source { name: path.display().to_string(), text: text.clone() });
        let fault = |fault: TopologyFault| Fault {
            title: fault.title,
            place: Some((Arc::clone(&source), fault.span)),
            label: fault.label.into(),
            help: fault.remedy,
        };
        Faults(faults.into_iter().map(fault).collect())
    })?;
    let rule = match topology.rule {
        OutputSize::Floor => "round down, as in ONNX: floor((size - filter) / stride) + 1",
        OutputSize::Ceil => "round up, as in SCALE-Sim: ceil((size - filter) / stride) + 1",
    };
    let matters = match topology.rule_matters.as_slice() {
        [] => "makes no difference here".into(),
        layers => format!("decides {}", layers.join(", ")),
    };
    watch.note(&format!("{}: output sizes {rule}; the rule {matters}", path.display()));
    Ok(topology.segments)
}

fn model_fault(path: &Path, fault: onnx::Fault) -> Fault {
    let place = path.display();
    match fault {
        onnx::Fault::Node { node, operator, cause, remedy } => {
            Fault::new(format!("{place}, node `{node}` ({operator}): {cause}"), remedy)
        }
        onnx::Fault::Graph { cause, remedy } => Fault::new(format!("{place}: {cause}"), remedy),
    }
}
