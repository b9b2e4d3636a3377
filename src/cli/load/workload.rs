//! A workload from its folder: network, data, scores, policy.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::summary::ASSUMED;
use super::super::{files, progress};
use super::{Use, model};
use crate::config::{Fault, Faults};
use crate::decide::Policy;
use crate::network::Network;
use crate::network::segment::{Segments, segments};
use crate::replay::{DataError, Engine, Images, Pixels, Preprocess, Requant, Scores, replay_with};
use crate::units::real;
use crate::workload::{self as described, Manifest};

/// A workload in memory: its manifest and network; data are read when they are needed.
pub(in super::super) struct Workload {
    pub(in super::super) folder: PathBuf,
    /// Name of the file in it that describes the workload.
    pub(in super::super) file: String,
    pub(in super::super) manifest: Manifest,
    /// Files that the model's constants lie in, as the model names them.
    pub(in super::super) external: BTreeSet<String>,
    pub(in super::super) network: Network,
    pub(in super::super) segments: Segments,
}

/// Reads a workload: its folder, or the `workload.toml` in it.
pub(in super::super) fn workload(path: &Path) -> Result<Workload, Faults> {
    let file = if path.is_dir() { path.join("workload.toml") } else { path.to_owned() };
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let manifest = described::read(&files::read_toml(&file, "workload")?)?;
    // With recorded or assumed scores, and without images, nothing is replayed.
    let images = manifest.evaluation.is_some() || manifest.calibration.is_some();
    let wanted = match (&manifest.assumed, &manifest.trace) {
        (Some(_), _) => Use::ShapesAsTold,
        (None, Some(_)) => Use::Shapes,
        (None, None) if !images => Use::Shapes,
        (None, None) => Use::Replay,
    };
    let path = files::within(&folder, &manifest.model, "model")?;
    let external = RefCell::new(BTreeSet::new());
    let beside = |file: &str| {
        external.borrow_mut().insert(file.to_owned());
    };
    let mut network = model(&path, &manifest.heads, wanted, &beside)?;
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
    Ok(Workload { folder, file, manifest, external: external.into_inner(), network, segments })
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

impl Workload {
    /// Names of the classes, or their numbers.
    pub(in super::super) fn class_names(&self) -> Vec<String> {
        let numbers = || (0..self.network.classes()).map(|class| class.to_string()).collect();
        if self.manifest.classes.is_empty() { numbers() } else { self.manifest.classes.clone() }
    }

    /// Scores of the evaluation split, at most `samples` of them: a trace if the workload has one, those that an
    /// assumption makes, else a replay.
    pub(in super::super) fn evaluation(&self, samples: Option<usize>) -> Result<Scores, Faults> {
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
    pub(in super::super) fn scores_are(&self) -> &'static str {
        match (&self.manifest.trace, &self.manifest.assumed) {
            (Some(_), _) => "recorded",
            (None, Some(_)) => ASSUMED,
            (None, None) => "replayed",
        }
    }

    /// Scores of the calibration split: a trace if the workload has one, else a replay.
    pub(in super::super) fn calibration(&self) -> Result<Scores, Faults> {
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
        let path = files::within(&self.folder, name, "trace")?;
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

    /// How many calibration samples are evaluation samples as well: the same images. Of recorded scores the whole split
    /// is or is not, and where one split is of images and the other recorded, the same labels in the same order tell.
    /// What cannot be read is not it.
    pub(in super::super) fn calibrates_on_evaluation(&self, calibration: &Scores) -> usize {
        let manifest = &self.manifest;
        let images = |file: &Option<String>| self.images(file.as_ref()?).ok();
        let recorded = |file: &str| self.trace(file).ok();
        let same = match (&manifest.trace, &manifest.calibration_trace) {
            (Some(trace), Some(_)) => recorded(trace)
                .is_some_and(|found| found.heads == calibration.heads && found.labels == calibration.labels),
            (Some(trace), None) => recorded(trace).is_some_and(|found| found.labels == calibration.labels),
            (None, Some(_)) => {
                images(&manifest.evaluation).is_some_and(|found| found.labels == calibration.labels)
            }
            (None, None) => {
                let splits = (images(&manifest.calibration), images(&manifest.evaluation));
                let (Some(calibration), Some(evaluation)) = splits else { return 0 };
                return calibration.shared_with(&evaluation);
            }
        };
        if same { calibration.samples } else { 0 }
    }

    fn images(&self, name: &str) -> Result<Images, Faults> {
        let path = files::within(&self.folder, name, "data file")?;
        Images::read(files::open(&path, "data file")?, self.network.classes())
            .map_err(|error| data_fault(&path, &error))
    }

    /// Replays a split.
    pub(in super::super) fn replay(
        &self,
        split: Option<&str>,
        name: &str,
        samples: Option<usize>,
        requant: Requant,
    ) -> Result<Scores, Faults> {
        let Some(split) = split else {
            let title = format!("{} has no {name} split", self.folder.join(&self.file).display());
            let recorded = match name {
                "calibration" => "or a recorded `calibration_trace`",
                _ => "a recorded `trace`, or [assumed] exits",
            };
            let help = format!("add {name} = \"file.npz\" under [data], {recorded}");
            return Err(Fault::new(title, help).into());
        };
        let images = self.images(split)?;
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
            let path = self.folder.join(split);
            Fault::new(format!("{}: {error}", path.display()), "make data, preprocessing and network fit")
                .into()
        })
    }

    /// The policy: a file that was named, or the workload's own. A network without heads needs none.
    pub(in super::super) fn policy(&self, named: Option<&Path>) -> Result<Policy, Faults> {
        let heads = self.network.heads.len();
        let node = match named {
            Some(path) => files::read_toml(path, "policy")?,
            None if self.has_policy() => {
                files::read_toml(&files::within(&self.folder, &self.manifest.policy, "policy")?, "policy")?
            }
            None if heads == 0 => return Ok(Policy::no_heads(0)),
            None => return Err(self.no_policy().into()),
        };
        described::read_policy(&node, heads)
    }

    /// Whether a policy lies in the workload's folder.
    pub(in super::super) fn has_policy(&self) -> bool {
        self.folder.join(&self.manifest.policy).exists()
    }

    /// What to do without a policy.
    fn no_policy(&self) -> Fault {
        let own = self.folder.join(&self.manifest.policy);
        let own = own.display();
        let place =
            if self.file == "workload.toml" { self.folder.clone() } else { self.folder.join(&self.file) };
        let betas = vec!["0.1"; self.network.heads.len()].join(", ");
        let help = match (&self.manifest.calibration, &self.manifest.calibration_trace) {
            (None, None) => format!("write it, a threshold a head, such as beta = [{betas}]"),
            _ => {
                format!(
                    "find thresholds: exclusim calibrate {} --tolerance 0.5% --out {own}",
                    place.display()
                )
            }
        };
        Fault::new(format!("{own} is missing, and no --policy is given"), help)
    }
}

fn data_fault(path: &Path, error: &DataError) -> Faults {
    Fault::new(format!("{}: {error}", path.display()), error.remedy()).into()
}
