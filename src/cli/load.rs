//! From paths to checked inputs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::device::device;
use super::files;
use super::progress;
use super::summary::ASSUMED;
use crate::arch::{self, Arch, Arrivals, Load, Technology};
use crate::config::{self, Fault, Faults, Source};
use crate::exclude::Policy;
use crate::network::Network;
use crate::network::onnx::{self, HeadNames, OnnxError};
use crate::network::segment::{Segments, segments};
use crate::network::topology::{self, OutputSize, TopologyFault};
use crate::replay::{Engine, Images, Pixels, Preprocess, Requant, Scores, replay_with};
use crate::time::ScaleSimArray;
use crate::units::{Seconds, real};
use crate::workload::{self, Manifest};

/// Reads an architecture file, with overrides of the command line.
pub(super) fn arch(path: &Path, overrides: &[String]) -> Result<Arch, Faults> {
    let mut node = files::read_toml(path, "architecture file")?;
    let mut faults = Faults::default();
    for assignment in overrides {
        if let Err(more) = config::set(&mut node, assignment) {
            faults.0.extend(more.0);
        }
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let read_technology = |file: &str| technology(&folder.join(file));
    let load = Load { technology: &read_technology, device: &|name| device(folder, name) };
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

/// Reads a technology file.
pub(super) fn technology(path: &Path) -> Result<Technology, Faults> {
    let node = files::read_toml(path, "technology file")?;
    let folder = path.parent().unwrap_or(Path::new(""));
    arch::read_technology(&node, &|file| {
        let path = folder.join(file);
        Ok((path.display().to_string(), files::read_text(&path, "scratchpad table")?))
    })
}

/// The array as SCALE-Sim knows one.
pub(super) fn scale_sim_array(arch: &Arch) -> Result<ScaleSimArray, Faults> {
    ScaleSimArray::of(&arch.array).ok_or_else(|| {
        let title = format!("{}: `array.dataflow = \"best\"` is nothing SCALE-Sim knows", arch.name);
        Fault::new(title, "name one dataflow for every layer, such as --set array.dataflow=ws").into()
    })
}

/// A workload in memory: its manifest and network; data are read when they are needed.
pub(super) struct Workload {
    pub(super) folder: PathBuf,
    /// Name of the file in it that describes the workload.
    pub(super) file: String,
    pub(super) manifest: Manifest,
    pub(super) network: Network,
    pub(super) segments: Segments,
}

/// Reads a workload: its folder, or the `workload.toml` in it.
pub(super) fn workload(path: &Path) -> Result<Workload, Faults> {
    let file = if path.is_dir() { path.join("workload.toml") } else { path.to_owned() };
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let manifest = workload::read(&files::read_toml(&file, "workload")?)?;
    // With recorded or assumed scores, and without images, nothing is replayed.
    let images = manifest.evaluation.is_some() || manifest.calibration.is_some();
    let wanted = match (&manifest.assumed, &manifest.trace) {
        (Some(_), _) => Use::ShapesAsTold,
        (None, Some(_)) => Use::Shapes,
        (None, None) if !images => Use::Shapes,
        (None, None) => Use::Replay,
    };
    let mut network = model(&folder.join(&manifest.model), &manifest.heads, wanted)?;
    network.name.clone_from(&manifest.name);
    if !manifest.classes.is_empty() && manifest.classes.len() != network.classes() {
        let (named, found) = (manifest.classes.len(), network.classes());
        let title =
            format!("{}: `classes` has {named} names, but the network has {found} classes", file.display());
        return Err(Fault::new(title, "name every class, or leave `classes` out").into());
    }
    let segments = segments(&network);
    check_assumed(&manifest, &network, &file)?;
    let file = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Workload { folder, file, manifest, network, segments })
}

/// What is assumed must be of this network.
fn check_assumed(manifest: &Manifest, network: &Network, file: &Path) -> Result<(), Faults> {
    let Some(assumed) = &manifest.assumed else { return Ok(()) };
    let mut faults = Faults::default();
    let (heads, classes) = (network.heads.len(), network.classes());
    if assumed.alive.len() != heads {
        let (file, found) = (file.display(), assumed.alive.len());
        let title = format!("{file}: [assumed] has {found} heads, but the network has {heads}");
        faults.0.push(Fault::new(title, "write one number a head in `leave` and in `alive`"));
    }
    if let Some(alive) =
        assumed.alive.iter().find(|&&alive| alive > real(u64::try_from(classes).unwrap_or(u64::MAX)))
    {
        let title =
            format!("{}: `assumed.alive` is {alive}, but the network has {classes} classes", file.display());
        faults.0.push(Fault::new(title, format!("write 2 to {classes}")));
    }
    faults.none(())
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

/// Reads an ONNX model.
fn model(path: &Path, heads: &HeadNames, wanted: Use) -> Result<Network, Faults> {
    let bytes = files::read(path, "model")?;
    let beside = files::inside(path.parent().unwrap_or(Path::new("")));
    let error = match onnx::import_with(&bytes, heads, &beside) {
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
        let mut network = model(path, &HeadNames::default(), Use::Shapes)?;
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

impl Workload {
    /// Names of the classes, or their numbers.
    pub(super) fn class_names(&self) -> Vec<String> {
        let numbers = || (0..self.network.classes()).map(|class| class.to_string()).collect();
        if self.manifest.classes.is_empty() { numbers() } else { self.manifest.classes.clone() }
    }

    /// Scores of the evaluation split, at most `samples` of them: a trace if the workload has one, those that an
    /// assumption makes, else a replay.
    pub(super) fn evaluation(&self, samples: Option<usize>) -> Result<Scores, Faults> {
        let scores = match (&self.manifest.trace, &self.manifest.assumed) {
            (Some(trace), _) => Some(self.trace(trace)?),
            (None, Some(assumed)) => Some(assumed.scores(self.network.classes())),
            (None, None) => None,
        };
        if let Some(scores) = scores {
            return Ok(match samples {
                Some(samples) => scores.first(samples),
                None => scores,
            });
        }
        self.replay(self.manifest.evaluation.as_deref(), "evaluation", samples, self.manifest.requant)
    }

    /// Where the scores of the evaluation split are from.
    pub(super) fn scores_are(&self) -> &'static str {
        match (&self.manifest.trace, &self.manifest.assumed) {
            (Some(_), _) => "recorded",
            (None, Some(_)) => ASSUMED,
            (None, None) => "replayed",
        }
    }

    /// Scores of the calibration split: a trace if the workload has one, else a replay.
    pub(super) fn calibration(&self) -> Result<Scores, Faults> {
        match &self.manifest.calibration_trace {
            Some(trace) => self.trace(trace),
            None => {
                let split = self.manifest.calibration.as_deref();
                self.replay(split, "calibration", None, self.manifest.requant)
            }
        }
    }

    /// Recorded scores, checked against the network.
    fn trace(&self, name: &str) -> Result<Scores, Faults> {
        let path = self.folder.join(name);
        let scores =
            Scores::read_trace(files::open(&path, "trace")?).map_err(|error| data_fault(&path, &error))?;
        self.check_trace(&path, &scores)?;
        Ok(scores)
    }

    /// A recorded trace must be of this network.
    fn check_trace(&self, path: &Path, scores: &Scores) -> Result<(), Faults> {
        let weighted =
            self.segments.steps().filter_map(|step| step.weighted).max().map_or(0, |last| last + 1);
        let zeros =
            scores.zero_fractions.as_ref().map_or(weighted, |zeros| zeros.len() / scores.samples.max(1));
        let pairs = [
            ("classes", scores.classes, self.network.classes()),
            ("heads", scores.heads.len(), self.network.heads.len()),
            ("layers with zero fractions", zeros, weighted),
        ];
        let fault = |(what, found, expected): (&str, usize, usize)| {
            let title = format!("{} has {found} {what}, but the network has {expected}", path.display());
            Fault::new(title, "record the trace again with this network")
        };
        let faults = pairs.into_iter().filter(|(_, found, expected)| found != expected).map(fault).collect();
        Faults(faults).none(())
    }

    /// Whether the calibration split is the evaluation split: the same images or the same recorded scores. Where one
    /// is of images and the other recorded, the same labels in the same order tell. What cannot be read is not it.
    pub(super) fn calibrates_on_evaluation(&self, calibration: &Scores) -> bool {
        let manifest = &self.manifest;
        let images = |file: &Option<String>| self.images(&self.folder.join(file.as_ref()?)).ok();
        let recorded = |file: &str| self.trace(file).ok();
        match (&manifest.trace, &manifest.calibration_trace) {
            (Some(trace), Some(_)) => recorded(trace)
                .is_some_and(|found| found.heads == calibration.heads && found.labels == calibration.labels),
            (Some(trace), None) => recorded(trace).is_some_and(|found| found.labels == calibration.labels),
            (None, Some(_)) => {
                images(&manifest.evaluation).is_some_and(|found| found.labels == calibration.labels)
            }
            (None, None) => {
                let evaluation = images(&manifest.evaluation);
                evaluation.is_some() && evaluation == images(&manifest.calibration)
            }
        }
    }

    fn images(&self, path: &Path) -> Result<Images, Faults> {
        Images::read(files::open(path, "data file")?, self.network.classes())
            .map_err(|error| data_fault(path, &error))
    }

    /// Replays a split.
    pub(super) fn replay(
        &self,
        split: Option<&str>,
        name: &str,
        samples: Option<usize>,
        requant: Requant,
    ) -> Result<Scores, Faults> {
        let Some(split) = split else {
            let title = format!("{} has no {name} split", self.folder.join("workload.toml").display());
            let help =
                format!("add {name} = \"file.npz\" under [data], a recorded `trace`, or [assumed] exits");
            return Err(Fault::new(title, help).into());
        };
        let path = self.folder.join(split);
        let images = self.images(&path)?;
        if matches!(images.pixels, Pixels::U8(_)) && self.manifest.preprocess == Preprocess::default() {
            eprintln!("note: {}: no [preprocess], so bytes go in as they are, 0 to 255", self.manifest.name);
        }
        let images = match samples {
            Some(samples) => images.first(samples),
            None => images,
        };
        let bar = progress::bar(u64::try_from(images.samples()).unwrap_or(u64::MAX), "replay", "samples");
        let done = |samples: usize| bar.inc(u64::try_from(samples).unwrap_or(0));
        let engine = Engine { requant, ..Engine::default() };
        let scores = replay_with(engine, &self.network, &images, &self.manifest.preprocess, &done);
        bar.finish_and_clear();
        scores.map_err(|error| {
            Fault::new(format!("{}: {error}", path.display()), "make data, preprocessing and network fit")
                .into()
        })
    }

    /// The policy: a file that was named, or the workload's own.
    pub(super) fn policy(&self, named: Option<&Path>) -> Result<Policy, Faults> {
        let own = self.folder.join(&self.manifest.policy);
        if named.is_none() && !own.exists() {
            let help = format!(
                "find thresholds: exclusim calibrate {} --tolerance 0.5% --out {}",
                self.folder.display(),
                own.display()
            );
            return Err(
                Fault::new(format!("{} is missing, and no --policy is given", own.display()), help).into()
            );
        }
        let node = files::read_toml(named.unwrap_or(&own), "policy")?;
        workload::read_policy(&node, self.network.heads.len())
    }
}

fn data_fault(path: &Path, error: &dyn std::fmt::Display) -> Faults {
    Fault::new(format!("{}: {error}", path.display()), "see docs/formats.md for the arrays a data file needs")
        .into()
}
