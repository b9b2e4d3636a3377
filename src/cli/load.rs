//! From paths to checked inputs.

mod workload;

use std::path::Path;
use std::sync::Arc;

use super::args::DEFAULT_ARCH;
use super::device::device;
use super::files;
use crate::arch::{self, Arch, Arrivals, Load};
use crate::config::{self, Fault, Faults, Source};
use crate::interop::scale_sim::ScaleSimArray;
use crate::interop::scale_sim::topology::{self, OutputSize, TopologyFault};
use crate::network::Network;
use crate::network::onnx::{self, HeadNames, OnnxError};
use crate::network::segment::{Segments, segments};
use crate::tech::Technology;
use crate::units::Seconds;

pub(super) use workload::{Workload, workload};

/// Reads an architecture file, with overrides of the command line.
pub(super) fn arch(path: &Path, overrides: &[String]) -> Result<Arch, Faults> {
    if path == Path::new(DEFAULT_ARCH) && !path.exists() {
        let title = format!("no architecture is given, and {DEFAULT_ARCH} is not here");
        let help =
            "give one (run ARCH, calibrate --arch ARCH); the presets lie in arch/ of a clone of exclusim";
        return Err(Fault::new(title, help).into());
    }
    let mut node = files::read_toml(path, "architecture file")?;
    let mut faults = Faults::default();
    for assignment in overrides {
        if let Err(more) = config::set(&mut node, assignment) {
            faults.0.extend(more.0);
        }
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let read_technology = |file: &str| technology(&folder.join(file), &|_| ());
    let load = Load { technology: &read_technology, device: &|name| device(folder, name, &|_| ()) };
    match arch::read(&node, load) {
        Ok(arch) => faults.none(arch),
        Err(more) => {
            faults.0.extend(more.0);
            Err(faults)
        }
    }
}

/// Arrival times of an architecture that records them, in a file beside its own; none for another.
pub(super) fn arrival_times(path: &Path, arch: &Arch) -> Result<Vec<Seconds>, Faults> {
    let Some(Arrivals::Recorded { file }) = &arch.arrivals else { return Ok(Vec::new()) };
    let path = path.parent().unwrap_or(Path::new("")).join(file);
    arch::recorded_times(&path.display().to_string(), &files::read_text(&path, "file of arrival times")?)
}

/// Told what a file names beside itself: the name in it.
pub(super) type Beside<'a> = &'a dyn Fn(&str);

/// Reads a technology file; `beside` is told every other file that it is made of.
pub(super) fn technology(path: &Path, beside: Beside<'_>) -> Result<Technology, Faults> {
    let node = files::read_toml(path, "technology file")?;
    let folder = path.parent().unwrap_or(Path::new(""));
    crate::tech::read_technology(&node, &|file| {
        beside(file);
        let path = folder.join(file);
        Ok((path.display().to_string(), files::read_text(&path, "table of a technology")?))
    })
}

/// The array as SCALE-Sim knows one.
pub(super) fn scale_sim_array(arch: &Arch) -> Result<ScaleSimArray, Faults> {
    ScaleSimArray::of(&arch.machine.array).ok_or_else(|| {
        let title = format!("{}: `array.dataflow = \"best\"` is nothing SCALE-Sim knows", arch.name);
        Fault::new(title, "name one dataflow for every layer, such as --set array.dataflow=ws").into()
    })
}

/// What a model is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// Replay, bit for bit.
    Replay,
    /// Shapes: a model that cannot be replayed will do, and a note says that it cannot.
    Shapes,
    /// The same without a word, where the user has said so.
    ShapesAsTold,
}

/// Reads an ONNX model; `beside` is told the files that its constants lie in.
fn model(path: &Path, heads: &HeadNames, wanted: Use, beside: Beside<'_>) -> Result<Network, Faults> {
    let bytes = files::read(path, "model")?;
    let inside = files::inside(path.parent().unwrap_or(Path::new("")));
    let external = |file: &Path| {
        beside(&file.to_string_lossy());
        inside(file)
    };
    let error = match onnx::import_with(&bytes, heads, &external) {
        Ok(network) => return Ok(network),
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
        Ok(network) => {
            let why = match &faults[0] {
                onnx::Fault::Node { node, cause, .. } => format!("node `{node}`: {cause}"),
                onnx::Fault::Graph { cause, .. } => cause.clone(),
            };
            if wanted == Use::Shapes {
                eprintln!("note: {place}: read for its shapes only, and no replay is possible ({why})");
            }
            Ok(network)
        }
        Err(OnnxError::Faults(faults)) => Err(explained(faults)),
        Err(OnnxError::Unreadable { .. }) => Err(explained(faults)),
    }
}

/// Reads a network's shapes: a SCALE-Sim topology (`.csv`), a model (`.onnx`), or a workload.
pub(super) fn network(path: &Path, rule: OutputSize) -> Result<Segments, Faults> {
    let stem = || path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let is = |extension: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
    if is("csv") {
        return topology(path, &stem(), rule);
    }
    if is("onnx") {
        let mut network = model(path, &HeadNames::default(), Use::Shapes, &|_| ())?;
        network.name = stem();
        return Ok(segments(&network));
    }
    Ok(workload(path)?.segments)
}

/// Reads a topology, and says on standard error which rule its output sizes follow.
fn topology(path: &Path, name: &str, rule: OutputSize) -> Result<Segments, Faults> {
    let text = files::read_text(path, "topology")?;
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
    eprintln!("note: {}: output sizes {rule}; the rule {matters}", path.display());
    Ok(topology.segments)
}

/// Two inputs, or the faults of both.
pub(super) fn both<A, B>(one: Result<A, Faults>, other: Result<B, Faults>) -> Result<(A, B), Faults> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => {
            let faults = one.err().into_iter().chain(other.err()).flat_map(|faults| faults.0);
            Err(Faults(faults.collect()))
        }
    }
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
