//! A workload from its folder: network, data, scores, policy.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use super::files;
use super::network::{Use, model, topology};
use super::place::{Kind, Place};
use super::watch::Watch;
use super::what::{Wanted, expect};
use crate::config::{self, Fault, Faults, Node};
use crate::decide::Policy;
use crate::interop::scale_sim::topology::OutputSize;
use crate::network::Network;
use crate::network::segment::{Segments, segments};
use crate::replay::Images;
use crate::units::real;
use crate::workload::{self as described, Manifest};

/// A workload in memory: its manifest and network; data are read when they are needed.
pub struct Workload {
    /// Its folder.
    pub folder: Place,
    /// Name of the file in it that describes the workload.
    pub file: String,
    /// What that file says.
    pub manifest: Manifest,
    /// Files that the model's constants lie in, as the model names them.
    pub external: BTreeSet<String>,
    /// The network, where it is more than the shapes of a topology.
    pub network: Option<Network>,
    /// The network, cut at its heads.
    pub segments: Segments,
    /// It is a network alone, without a `workload.toml`.
    pub alone: bool,
    /// Images that are in memory rather than in files.
    pub given: GivenImages,
}

/// Images of the two splits that are in memory rather than in files.
#[derive(Clone, Debug, Default)]
pub struct GivenImages {
    /// Those that results are reported on.
    pub evaluation: Option<Images>,
    /// Those that thresholds are found on.
    pub calibration: Option<Images>,
}

/// Reads a workload: its folder, or the `workload.toml` in it; a model (`.onnx`) or a topology (`.csv`) alone is one without
/// data.
///
/// # Errors
/// Every fault of its manifest, or of its model.
pub fn workload(path: impl AsRef<Path>, watch: &dyn Watch) -> Result<Workload, Faults> {
    workload_at(&Kind::Workload.find(&Place::here(), path)?, watch)
}

/// [`workload`] from its place.
///
/// # Errors
/// As [`workload`].
pub fn workload_at(place: &Place, watch: &dyn Watch) -> Result<Workload, Faults> {
    if place.ends_in("onnx") || place.ends_in("csv") {
        return network_alone(place, watch);
    }
    expect(place, Wanted::Network)?;
    let file = if place.is_folder() { place.join("workload.toml") } else { place.clone() };
    let folder = file.folder();
    let manifest = described::read(&files::toml(&file, "workload")?)?;
    // With recorded or assumed scores, and without images, nothing is replayed.
    let images = manifest.evaluation.is_some() || manifest.calibration.is_some();
    let wanted = match (&manifest.assumed, &manifest.trace) {
        _ if manifest.decisions.is_some() => Use::ShapesAsTold,
        (Some(_), _) => Use::ShapesAsTold,
        (None, Some(_)) => Use::Shapes,
        (None, None) if !images => Use::Shapes,
        (None, None) => Use::Replay,
    };
    let place = files::within(&folder, &manifest.model, "model")?;
    let external = RefCell::new(BTreeSet::new());
    let beside = |file: &str, _: &Place| {
        external.borrow_mut().insert(file.to_owned());
    };
    let mut network = model(&place, &manifest.heads, wanted, &beside, watch)?;
    network.name.clone_from(&manifest.name);
    check_classes(&manifest, &network, &file)?;
    let segments = segments(&network);
    check_assumed(&manifest, &network, &file)?;
    let external = external.into_inner();
    let network = Some(network);
    Ok(Workload {
        folder,
        file: file.name(),
        manifest,
        external,
        network,
        segments,
        alone: false,
        given: GivenImages::default(),
    })
}

impl Workload {
    /// A workload of a quantized model and images in memory. `manifest` says all but where model and images lie: name,
    /// classes, preprocessing and heads; `images` are made for as many classes as the network turns out to have.
    ///
    /// # Errors
    /// Every fault of the model, and of the images.
    pub fn of_model(
        path: impl AsRef<Path>,
        manifest: Manifest,
        images: impl FnOnce(usize) -> Result<GivenImages, Faults>,
        watch: &dyn Watch,
    ) -> Result<Self, Faults> {
        let place = Kind::Workload.find(&Place::here(), path)?;
        let external = RefCell::new(BTreeSet::new());
        let beside = |file: &str, _: &Place| {
            external.borrow_mut().insert(file.to_owned());
        };
        let mut network = model(&place, &manifest.heads, Use::Replay, &beside, watch)?;
        network.name.clone_from(&manifest.name);
        check_classes(&manifest, &network, &place)?;
        let given = images(network.classes())?;
        let named = |images: &Option<Images>| images.is_some().then(|| "images".to_owned());
        let (evaluation, calibration) = (named(&given.evaluation), named(&given.calibration));
        let manifest = Manifest { model: place.name(), evaluation, calibration, ..manifest };
        let (segments, external) = (segments(&network), external.into_inner());
        let (folder, file, network) = (place.folder(), place.name(), Some(network));
        Ok(Self { folder, file, manifest, external, network, segments, alone: false, given })
    }
}

/// A model or a topology as a workload without data: every sample runs to the end.
fn network_alone(place: &Place, watch: &dyn Watch) -> Result<Workload, Faults> {
    let manifest = Manifest::of_network(place.stem(), place.name());
    let external = RefCell::new(BTreeSet::new());
    let beside = |file: &str, _: &Place| {
        external.borrow_mut().insert(file.to_owned());
    };
    let (network, segments) = if place.ends_in("csv") {
        (None, topology(place, OutputSize::Floor, watch)?)
    } else {
        let mut network = model(place, &manifest.heads, Use::ShapesAsTold, &beside, watch)?;
        network.name.clone_from(&manifest.name);
        let segments = segments(&network);
        (Some(network), segments)
    };
    if segments.heads() > 0 {
        watch.note(&format!(
            "{place} has {} heads and no scores to decide on: all of them run and no sample leaves; for exits see \
             docs/bring-your-own-network.md",
            segments.heads()
        ));
    }
    let (folder, external) = (place.folder(), external.into_inner());
    Ok(Workload {
        folder,
        file: place.name(),
        manifest,
        external,
        network,
        segments,
        alone: true,
        given: GivenImages::default(),
    })
}

/// Every class must have a name, or none.
fn check_classes(manifest: &Manifest, network: &Network, file: &Place) -> Result<(), Faults> {
    let (named, found) = (manifest.classes.len(), network.classes());
    if named == 0 || named == found {
        return Ok(());
    }
    let title = format!("{file}: `classes` has {named} names, but the network has {found} classes");
    Err(Fault::new(title, "name every class, or leave `classes` out").into())
}

/// What is assumed must be of this network.
fn check_assumed(manifest: &Manifest, network: &Network, file: &Place) -> Result<(), Faults> {
    let Some(assumed) = &manifest.assumed else { return Ok(()) };
    let mut faults = Faults::default();
    let (heads, classes) = (network.heads.len(), network.classes());
    if assumed.alive.len() != heads {
        let found = assumed.alive.len();
        let title = format!("{file}: [assumed] has {found} heads, but the network has {heads}");
        faults.0.push(Fault::new(title, "write one number per head in `leave` and in `alive`"));
    }
    if let Some(alive) =
        assumed.alive.iter().find(|&&alive| alive > real(u64::try_from(classes).unwrap_or(u64::MAX)))
    {
        let title = format!("{file}: `assumed.alive` is {alive}, but the network has {classes} classes");
        faults.0.push(Fault::new(title, format!("write 2 to {classes}")));
    }
    faults.none(())
}

impl Workload {
    /// Names of the classes, or their numbers.
    #[must_use]
    pub fn class_names(&self) -> Vec<String> {
        let numbers = || (0..self.segments.classes).map(|class| class.to_string()).collect();
        if self.manifest.classes.is_empty() { numbers() } else { self.manifest.classes.clone() }
    }

    /// Whether answers are known to be right or wrong.
    #[must_use]
    pub fn tells_accuracy(&self) -> bool {
        self.manifest.scores_from().tell_accuracy()
    }

    /// The policy: a file that was named, seen from here or from the workload's folder, or the workload's own. A network without
    /// heads needs none.
    ///
    /// # Errors
    /// Every fault of the policy, or that there is none.
    pub fn policy(&self, named: Option<&Path>) -> Result<Policy, Faults> {
        let heads = self.segments.heads();
        let node = match named {
            Some(path) if self.alone => return Err(self.nothing_to_decide_on(path).into()),
            Some(path) => {
                let file = self.policy_file(path);
                expect(&file, Wanted::Policy)?;
                files::toml(file, "policy")?
            }
            None if self.alone => return Ok(self.without_exits()),
            None if self.has_policy() => {
                files::toml(&files::within(&self.folder, &self.manifest.policy, "policy")?, "policy")?
            }
            None if heads == 0 => return Ok(Policy::no_heads(0)),
            None if self.manifest.decisions.is_some() => self.unit_of_decisions()?,
            None => return Err(self.no_policy().into()),
        };
        described::read_policy(&node, heads)
    }

    /// A policy for decisions that are there already: what decides at a head is built for it.
    pub(super) fn unit_of_decisions(&self) -> Result<Node, Faults> {
        let thresholds = vec!["0.5"; self.segments.heads()].join(", ");
        config::parse("the policy of given decisions", &format!("beta = [{thresholds}]\n"))
    }

    /// The policy of a network alone: no sample leaves.
    fn without_exits(&self) -> Policy {
        match self.segments.heads() {
            0 => Policy::no_heads(0),
            heads => Policy::never(heads),
        }
    }

    /// A policy was named for a network without scores.
    fn nothing_to_decide_on(&self, policy: &Path) -> Fault {
        let title = format!("{} has no scores for {} to decide on", self.file, policy.display());
        let help = "write a workload.toml beside it that names data, a recorded trace or [assumed] exits, and give its folder \
                    (docs/bring-your-own-network.md)";
        Fault::new(title, help)
    }

    /// The network, which a topology alone does not have.
    ///
    /// # Errors
    /// It is a topology.
    pub fn network(&self) -> Result<&Network, Faults> {
        self.network.as_ref().ok_or_else(|| {
            let title = format!("{} is a topology: it has shapes and no weights", self.file);
            Fault::new(title, "give a workload whose model is quantized").into()
        })
    }

    /// The file of a policy that was named: seen from here, or else from the workload's folder.
    #[must_use]
    pub fn policy_file(&self, named: &Path) -> Place {
        let beside = self.folder.join(named);
        if !named.exists() && beside.exists() { beside } else { named.into() }
    }

    /// Whether a policy lies in the workload's folder.
    #[must_use]
    pub fn has_policy(&self) -> bool {
        self.folder.join(&self.manifest.policy).exists()
    }

    /// What to do without a policy.
    fn no_policy(&self) -> Fault {
        let own = self.folder.join(&self.manifest.policy);
        let place =
            if self.file == "workload.toml" { self.folder.clone() } else { self.folder.join(&self.file) };
        let betas = vec!["0.1"; self.segments.heads()].join(", ");
        let help = match (&self.manifest.calibration, &self.manifest.calibration_trace) {
            (None, None) => format!("write it, one threshold per head, such as beta = [{betas}]"),
            _ => {
                format!("find thresholds: exclusim calibrate {place} --tolerance 0.5% --out {own}")
            }
        };
        Fault::new(format!("{own} is missing, and no --policy is given"), help)
    }
}
