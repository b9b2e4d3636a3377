//! A space and everything its files name, read and checked.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::arch::{Beside, WrittenArch, device, technology};
use super::files;
use super::fits::{no_accuracy, nothing_to_decide};
use super::inputs::InputFiles;
use super::place::{Kind, Place};
use super::watch::Watch;
use super::what::{Wanted, expect};
use super::workload::{Workload, workload_at};
use crate::config::{self, Data, Fault, Faults, Node};
use crate::replay::Scores;
use crate::sweep::{self, Files, Inputs, Objective, Spec};
use crate::tech::Technology;
use crate::tech::fpga::Device;
use crate::units::{Hertz, parse};

/// A space in memory.
pub struct Space {
    /// What its file says.
    pub spec: Spec,
    /// What the files hold that it names.
    pub inputs: Inputs,
    /// The content of `inputs.csv`: every file with its hash.
    pub files: String,
    /// The same files by their paths.
    pub read: InputFiles,
}

impl Space {
    /// Clocks of the space that are outside what is published of designs on a part's family, each with part and range.
    #[must_use]
    pub fn clocks_beyond(&self) -> Vec<String> {
        let mut found = Vec::new();
        for ((file, _), device) in &self.inputs.files.devices {
            let written = self.inputs.files.archs.get(file).and_then(|node| text_at(node, &["clock"]));
            let varied = self.spec.values_of("clock");
            let clocks = if varied.is_empty() { written.into_iter().collect() } else { varied };
            let [least, most] = device.traits.clock;
            let beyond =
                |text: &String| parse::<Hertz>(text).is_ok_and(|clock| !(least..=most).contains(&clock));
            let told = |text: String| {
                format!("{text} on {} ({:.0} to {:.0} MHz)", device.part, least.0 * 1e-6, most.0 * 1e-6)
            };
            found.extend(clocks.into_iter().filter(beyond).map(told));
        }
        found.dedup();
        found
    }
}

/// Reads a space and its files, and replays its workloads' evaluation splits.
///
/// # Errors
/// Every fault of the files and of what the axes make of them.
pub fn space(path: impl AsRef<Path>, watch: &dyn Watch) -> Result<Space, Faults> {
    read(path.as_ref(), watch, true)
}

/// Reads a space and its files, but for the scores, which nothing asks for where [`crate::sweep::Policies::restored`] knows all
/// decisions.
///
/// # Errors
/// Those of [`space`], but for the data's.
pub fn space_without_scores(path: impl AsRef<Path>, watch: &dyn Watch) -> Result<Space, Faults> {
    read(path.as_ref(), watch, false)
}

fn read(path: &Path, watch: &dyn Watch, replayed: bool) -> Result<Space, Faults> {
    let place = Kind::Sweep.find(&Place::here(), path)?;
    expect(&place, Wanted::Space)?;
    let spec = sweep::read(&files::toml(&place, "space")?)?;
    let folder = place.folder();
    let given = Given::default();
    let mut reading = Reading::new(&folder, &given, watch);
    reading.hash("space", &place.name(), &place);
    reading.space(spec, replayed)
}

/// What a space names that is in memory rather than in files.
#[derive(Default)]
pub struct Given<'a> {
    /// Architectures.
    pub archs: BTreeMap<String, &'a WrittenArch>,
    /// Workloads with the scores of their evaluation split.
    pub workloads: BTreeMap<String, (&'a Workload, &'a Scores)>,
    /// Policies, the base policy of all workloads by the name that the space has for it among them.
    pub policies: BTreeMap<String, Node>,
}

/// [`space`] from its keys and from what of it is in memory; other names are of files, seen from the current folder.
///
/// # Errors
/// As [`space`].
pub fn space_of(node: &Node, given: &Given<'_>, watch: &dyn Watch) -> Result<Space, Faults> {
    let spec = sweep::read(node)?;
    let here = Place::here();
    let mut reading = Reading::new(&here, given, watch);
    reading.hash_tree("space", &spec.name, node);
    reading.space(spec, true)
}

/// A workload of a space.
enum Loaded<'a> {
    Read(Box<Workload>),
    Given(&'a Workload, &'a Scores),
}

impl Loaded<'_> {
    fn workload(&self) -> &Workload {
        match self {
            Self::Read(workload) => workload,
            Self::Given(workload, _) => workload,
        }
    }

    fn scores(&self, watch: &dyn Watch) -> Result<Scores, Faults> {
        match self {
            Self::Read(workload) => workload.evaluation(None, watch),
            Self::Given(_, scores) => Ok((*scores).clone()),
        }
    }
}

/// The files of a space, while they are read: faults are told together.
struct Reading<'a> {
    folder: &'a Place,
    given: &'a Given<'a>,
    watch: &'a dyn Watch,
    /// Role, name as the space has it, hash.
    hashes: Vec<(&'static str, String, String)>,
    read: InputFiles,
    faults: Faults,
}

/// Architectures and what they name, by the architecture's file and the name in it.
#[derive(Default)]
struct Hardware {
    archs: BTreeMap<String, Node>,
    technologies: BTreeMap<(String, String), Technology>,
    devices: BTreeMap<(String, String), Device>,
}

impl<'a> Reading<'a> {
    fn new(folder: &'a Place, given: &'a Given<'a>, watch: &'a dyn Watch) -> Self {
        let (hashes, read) = (Vec::new(), InputFiles::default());
        Self { folder, given, watch, hashes, read, faults: Faults::default() }
    }

    /// A space with everything that it names, but for scores where they are not wanted.
    fn space(mut self, mut spec: Spec, replayed: bool) -> Result<Space, Faults> {
        let watch = self.watch;
        let Hardware { archs, technologies, devices } = self.hardware(&spec);
        let (workloads, loaded) = self.workloads(&spec);
        let Self { hashes, read, faults, .. } = self;
        faults.none(())?;
        nothing_to_decide(&spec, loaded.iter().map(Loaded::workload))?;
        let tells_accuracy = |loaded: &Loaded<'_>| loaded.workload().tells_accuracy();
        if spec.objectives_are_usual && !loaded.iter().all(tells_accuracy) {
            spec.objectives.retain(|objective| *objective != Objective::Accuracy);
        }
        let described = Files { archs, technologies, devices, workloads };
        sweep::check(&spec, &described)?;
        // The dear part comes when nothing else is wrong.
        let wanted = loaded.iter().filter(|_| replayed);
        let scores = wanted.map(|loaded| loaded.scores(watch)).collect::<Result<_, _>>()?;
        let mut files = String::from("role,file,sha256\n");
        for (role, name, hash) in &hashes {
            files += &format!(
                "{role},{},{hash}\n",
                if name.contains(',') { format!("\"{name}\"") } else { name.clone() }
            );
        }
        let hash = hexadecimal(&Sha256::digest(files.as_bytes()))[..16].to_owned();
        let inputs = Inputs { files: described, scores, hash };
        Ok(Space { spec, inputs, files, read })
    }

    fn or_fault<T>(&mut self, found: Result<T, Faults>) -> Option<T> {
        found.map_err(|more| self.faults.0.extend(more.0)).ok()
    }

    /// What the space calls so. A space that was copied away from where it is shipped still names what lay around it there.
    fn named(&mut self, kind: Kind, name: &str) -> Option<Place> {
        let found = kind.find(self.folder, name);
        let inner = name.rsplit("../").next().unwrap_or_default();
        match (found, kind.shipped(inner)) {
            (Err(_), Some(shipped)) => {
                self.watch.note(&format!("{} is not there; taken is {shipped}", self.folder.join(name)));
                Some(shipped)
            }
            (found, _) => self.or_fault(found),
        }
    }

    fn hash(&mut self, role: &'static str, name: &str, place: &Place) {
        if let Some(bytes) = self.or_fault(files::read(place, role)) {
            let line = (role, name.to_owned(), hexadecimal(&Sha256::digest(&bytes)));
            self.read.push(role, place, line.2.clone());
            // Several may name one file.
            if !self.hashes.contains(&line) {
                self.hashes.push(line);
            }
        }
    }

    fn hardware(&mut self, spec: &Spec) -> Hardware {
        let mut hardware = Hardware::default();
        for file in spec.arch_files() {
            let Some((node, folder)) = self.arch(&file) else { continue };
            for name in named_technology(&node).into_iter().chain(spec.values_of("technology")) {
                let read = |beside: Beside<'_>| technology(&folder, &name, beside);
                let found =
                    self.with_tables("technology", &name, Kind::Technology.find(&folder, &name).ok(), read);
                hardware.technologies.extend(found.map(|found| ((file.clone(), name), found)));
            }
            let devices =
                text_at(&node, &["fpga", "device"]).into_iter().chain(spec.values_of("fpga.device"));
            for name in devices {
                let read = |beside: Beside<'_>| device(&folder, &name, beside);
                // Parts inside the program are of its version.
                let place = Kind::Device.find(&folder, &name).ok().filter(|place| place.on_disk().is_some());
                let found = self.with_tables("FPGA part", &name, place, read);
                hardware.devices.extend(found.map(|found| ((file.clone(), name), found)));
            }
            hardware.archs.insert(file, node);
        }
        hardware
    }

    /// An architecture file, and the folder that it names others from.
    fn arch(&mut self, file: &str) -> Option<(Node, Place)> {
        if let Some(WrittenArch { node, folder }) = self.given.archs.get(file) {
            self.hash_tree("architecture", file, node);
            return Some((node.clone(), folder.clone()));
        }
        let place = self.named(Kind::Arch, file)?;
        let read = expect(&place, Wanted::Arch).and_then(|()| files::toml(&place, "architecture file"));
        let node = self.or_fault(read)?;
        self.hash("architecture", file, &place);
        Some((node, place.folder()))
    }

    /// Reads what a file describes, and hashes it, if it is one, and the tables that it is made of; one that cannot be read is a
    /// fault once.
    fn with_tables<T>(
        &mut self,
        role: &'static str,
        name: &str,
        place: Option<Place>,
        read: impl FnOnce(Beside<'_>) -> Result<T, Faults>,
    ) -> Option<T> {
        let tables = RefCell::new(BTreeMap::new());
        let found = read(&|table, place| {
            tables.borrow_mut().insert(table.to_owned(), place.clone());
        });
        if let (Ok(_), Some(place)) = (&found, &place) {
            self.hash(role, name, place);
        }
        for (table, place) in found.is_ok().then(|| tables.into_inner()).into_iter().flatten() {
            let named = Path::new(name).with_file_name(&table);
            self.hash("prices", &named.to_string_lossy(), &place);
        }
        self.or_fault(found)
    }

    /// A workload by the name that the space gives it.
    fn workload(&mut self, name: &str) -> Option<Loaded<'a>> {
        if let Some((workload, scores)) = self.given.workloads.get(name) {
            return Some(Loaded::Given(workload, scores));
        }
        let place = self.named(Kind::Workload, name)?;
        self.or_fault(workload_at(&place, self.watch)).map(|workload| Loaded::Read(Box::new(workload)))
    }

    fn workloads(&mut self, spec: &Spec) -> (Vec<sweep::Workload>, Vec<Loaded<'a>>) {
        let (mut found, mut all) = (Vec::<sweep::Workload>::new(), Vec::new());
        for name in &spec.workloads {
            let Some(loaded) = self.workload(name) else { continue };
            let workload = loaded.workload();
            self.faults.0.extend(no_accuracy(spec, workload));
            let policies = self.policies(spec, workload);
            match &loaded {
                Loaded::Read(workload) => self.workload_hashes(workload),
                Loaded::Given(workload, scores) => self.given_hashes(workload, scores),
            }
            let name = workload.manifest.name.clone();
            if found.iter().any(|known| known.name == name) {
                let title = format!("two workloads of the space are called {name}");
                self.faults.0.push(Fault::new(title, "name each workload once"));
            }
            let (segments, tells_accuracy) = (workload.segments.clone(), workload.tells_accuracy());
            found.push(sweep::Workload { name, segments, tells_accuracy, policies });
            all.push(loaded);
        }
        (found, all)
    }

    /// The base policy of a workload and those that axes name: in its own folder, or else beside the space.
    fn policies(&mut self, spec: &Spec, workload: &Workload) -> BTreeMap<Option<String>, Node> {
        let own = spec.policy.clone().unwrap_or_else(|| workload.manifest.policy.clone());
        let varied = spec.values_of("policy").into_iter().map(|file| (Some(file.clone()), file));
        let wanted = std::iter::once((None, own)).chain(varied);
        let mut policies = BTreeMap::new();
        // As for `run`, a network without heads needs no policy.
        if workload.alone || workload.segments.heads() == 0 && !workload.has_policy() && spec.policy.is_none()
        {
            let rule = if workload.segments.heads() == 0 { "no-heads" } else { "never" };
            let text = format!("rule = \"{rule}\"\n");
            let node = config::parse(&workload.file, &text).ok();
            return wanted.filter_map(|(key, _)| Some((key, node.clone()?))).collect();
        }
        for (key, file) in wanted {
            if let Some(node) = self.given.policies.get(&file) {
                self.hash_tree("policy", &file, node);
                policies.insert(key, node.clone());
                continue;
            }
            let places = [workload.folder.join(&file), self.folder.join(&file)];
            let path = places.iter().find(|path| path.exists()).unwrap_or(&places[0]);
            if key.is_none() && !path.exists() && workload.manifest.decisions.is_some() {
                policies.extend(workload.unit_of_decisions().ok().map(|node| (None, node)));
                continue;
            }
            if let Some(node) = self.or_fault(files::toml(path, "policy")) {
                self.hash("policy", &file, path);
                policies.insert(key, node);
            }
        }
        policies
    }

    /// Hashes keys that are in no file, whatever their order.
    fn hash_tree(&mut self, role: &'static str, name: &str, node: &Node) {
        let keys = config::flat(node, "").into_iter().map(|(key, value)| format!("{key}={value}\n"));
        let hash = hexadecimal(&Sha256::digest(keys.collect::<String>().as_bytes()));
        self.hashes.push((role, name.to_owned(), hash));
    }

    /// Hashes a workload in memory: its shapes, and the scores that everything is decided on.
    fn given_hashes(&mut self, workload: &Workload, scores: &Scores) {
        let name = &workload.manifest.name;
        let shapes = hexadecimal(&Sha256::digest(format!("{:?}", workload.segments).as_bytes()));
        self.hashes.push(("model", name.clone(), shapes));
        let hash = hexadecimal(&Sha256::digest(scores.to_trace().unwrap_or_default()));
        self.hashes.push(("scores", name.clone(), hash));
    }

    fn workload_hashes(&mut self, workload: &Workload) {
        let manifest = &workload.manifest;
        let data = manifest.decisions.as_ref().or(manifest.trace.as_ref()).or(manifest.evaluation.as_ref());
        let model = workload.folder.join(&manifest.model);
        let described = (!workload.alone).then_some(&workload.file);
        let here = [("workload", described), ("model", Some(&manifest.model)), ("data", data)];
        let files =
            here.into_iter().filter_map(|(role, file)| Some((role, file?, workload.folder.join(file?))));
        let external = workload.external.iter().map(|file| ("model", file, model.folder().join(file)));
        for (role, file, path) in files.chain(external) {
            self.hash(role, &format!("{}/{file}", manifest.name), &path);
        }
    }
}

fn named_technology(arch: &Node) -> Option<String> {
    text_at(arch, &["technology"])
}

pub(super) fn text_at(node: &Node, path: &[&str]) -> Option<String> {
    match (&node.data, path) {
        (Data::Text(text), []) => Some(text.clone()),
        (Data::Table(table), [first, rest @ ..]) => text_at(&table.get(*first)?.1, rest),
        _ => None,
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
