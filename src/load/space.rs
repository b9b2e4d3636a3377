//! A space and everything its files name, read and checked.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::arch::{Beside, device, technology};
use super::files;
use super::watch::Watch;
use super::workload::{Workload, workload};
use crate::config::{Data, Fault, Faults, Node};
use crate::sweep::{self, Files, Inputs, Objective, Spec};
use crate::tech::Technology;
use crate::tech::fpga::{self, Device};
use crate::units::{Hertz, parse};

/// A space in memory.
pub struct Space {
    /// What its file says.
    pub spec: Spec,
    /// What the files hold that it names.
    pub inputs: Inputs,
    /// The content of `inputs.csv`: every file with its hash.
    pub files: String,
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
    let path = path.as_ref();
    let spec = sweep::read(&files::toml(path, "space")?)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut reading = Reading { folder, watch, hashes: Vec::new(), faults: Faults::default() };
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    reading.hash("space", &name, path);
    let Hardware { archs, technologies, devices } = reading.hardware(&spec);
    let (workloads, loaded) = reading.workloads(&spec);
    let Reading { hashes, faults, .. } = reading;
    faults.none(())?;
    let described = Files { archs, technologies, devices, workloads };
    sweep::check(&spec, &described)?;
    // The dear part comes when nothing else is wrong.
    let scores = loaded.iter().map(|workload| workload.evaluation(None, watch)).collect::<Result<_, _>>()?;
    let mut files = String::from("role,file,sha256\n");
    for (role, name, hash) in &hashes {
        files += &format!(
            "{role},{},{hash}\n",
            if name.contains(',') { format!("\"{name}\"") } else { name.clone() }
        );
    }
    let hash = hexadecimal(&Sha256::digest(files.as_bytes()))[..16].to_owned();
    let inputs = Inputs { files: described, scores, hash };
    Ok(Space { spec, inputs, files })
}

/// The files of a space, while they are read: faults are told together.
struct Reading<'a> {
    folder: &'a Path,
    watch: &'a dyn Watch,
    /// Role, name as the space has it, hash.
    hashes: Vec<(&'static str, String, String)>,
    faults: Faults,
}

/// Architectures and what they name, by the architecture's file and the name in it.
#[derive(Default)]
struct Hardware {
    archs: BTreeMap<String, Node>,
    technologies: BTreeMap<(String, String), Technology>,
    devices: BTreeMap<(String, String), Device>,
}

impl Reading<'_> {
    fn or_fault<T>(&mut self, found: Result<T, Faults>) -> Option<T> {
        found.map_err(|more| self.faults.0.extend(more.0)).ok()
    }

    fn hash(&mut self, role: &'static str, name: &str, path: &Path) {
        if let Some(bytes) = self.or_fault(files::read(path, role)) {
            let line = (role, name.to_owned(), hexadecimal(&Sha256::digest(&bytes)));
            // Several may name one file.
            if !self.hashes.contains(&line) {
                self.hashes.push(line);
            }
        }
    }

    fn hardware(&mut self, spec: &Spec) -> Hardware {
        let mut hardware = Hardware::default();
        for file in spec.arch_files() {
            let path = self.folder.join(&file);
            let Some(node) = self.or_fault(files::toml(&path, "architecture file")) else { continue };
            self.hash("architecture", &file, &path);
            for name in named_technology(&node).into_iter().chain(spec.values_of("technology")) {
                let at = path.parent().unwrap_or(Path::new("")).join(&name);
                let read = |beside: Beside<'_>| technology(&at, beside);
                let found = self.with_tables(Some("technology"), &name, &at, read);
                hardware.technologies.extend(found.map(|found| ((file.clone(), name), found)));
            }
            let devices =
                text_at(&node, &["fpga", "device"]).into_iter().chain(spec.values_of("fpga.device"));
            for name in devices {
                let folder = path.parent().unwrap_or(Path::new(""));
                let at = folder.join(&name);
                let role = (!fpga::names_shipped(&name)).then_some("FPGA part");
                let read = |beside: Beside<'_>| device(folder, &name, beside);
                let found = self.with_tables(role, &name, &at, read);
                hardware.devices.extend(found.map(|found| ((file.clone(), name), found)));
            }
            hardware.archs.insert(file, node);
        }
        hardware
    }

    /// Reads what a file describes, and hashes it, if it is one, and the tables beside it that it is made of; one that cannot be
    /// read is a fault once.
    fn with_tables<T>(
        &mut self,
        role: Option<&'static str>,
        name: &str,
        path: &Path,
        read: impl FnOnce(Beside<'_>) -> Result<T, Faults>,
    ) -> Option<T> {
        let tables = RefCell::new(BTreeSet::new());
        let found = read(&|table| {
            tables.borrow_mut().insert(table.to_owned());
        });
        if let (Ok(_), Some(role)) = (&found, role) {
            self.hash(role, name, path);
        }
        for table in found.is_ok().then(|| tables.into_inner()).into_iter().flatten() {
            let named = Path::new(name).with_file_name(&table);
            self.hash("prices", &named.to_string_lossy(), &path.with_file_name(&table));
        }
        self.or_fault(found)
    }

    fn workloads(&mut self, spec: &Spec) -> (Vec<sweep::Workload>, Vec<Workload>) {
        let (mut found, mut loaded) = (Vec::<sweep::Workload>::new(), Vec::new());
        for name in &spec.workloads {
            let path = self.folder.join(name);
            let Some(workload) = self.or_fault(workload(&path, self.watch)) else { continue };
            if workload.manifest.assumed.is_some() && spec.objectives.contains(&Objective::Accuracy) {
                let title = format!("{} assumes its exits, and so has no accuracy", workload.manifest.name);
                let help = r#"name other objectives, such as objectives = ["energy", "latency"]"#;
                self.faults.0.push(Fault::new(title, help));
            }
            let policies = self.policies(spec, &workload);
            self.workload_hashes(&workload);
            let name = workload.manifest.name.clone();
            if found.iter().any(|known| known.name == name) {
                let title = format!("two workloads of the space are called {name}");
                self.faults.0.push(Fault::new(title, "name each workload once"));
            }
            found.push(sweep::Workload { name, segments: workload.segments.clone(), policies });
            loaded.push(workload);
        }
        (found, loaded)
    }

    /// The base policy of a workload and those that axes name: in its own folder, or else beside the space.
    fn policies(&mut self, spec: &Spec, workload: &Workload) -> BTreeMap<Option<String>, Node> {
        let own = spec.policy.clone().unwrap_or_else(|| workload.manifest.policy.clone());
        let varied = spec.values_of("policy").into_iter().map(|file| (Some(file.clone()), file));
        let wanted = std::iter::once((None, own)).chain(varied);
        let mut policies = BTreeMap::new();
        for (key, file) in wanted {
            let places: [PathBuf; 2] = [workload.folder.join(&file), self.folder.join(&file)];
            let path = places.iter().find(|path| path.exists()).unwrap_or(&places[0]);
            if let Some(node) = self.or_fault(files::toml(path, "policy")) {
                self.hash("policy", &file, path);
                policies.insert(key, node);
            }
        }
        policies
    }

    fn workload_hashes(&mut self, workload: &Workload) {
        let manifest = &workload.manifest;
        let data = manifest.trace.as_ref().or(manifest.evaluation.as_ref());
        let model = workload.folder.join(&manifest.model);
        let here = [("workload", Some(&workload.file)), ("model", Some(&manifest.model)), ("data", data)];
        let files =
            here.into_iter().filter_map(|(role, file)| Some((role, file?, workload.folder.join(file?))));
        let external = workload.external.iter().map(|file| ("model", file, model.with_file_name(file)));
        for (role, file, path) in files.chain(external) {
            self.hash(role, &format!("{}/{file}", manifest.name), &path);
        }
    }
}

fn named_technology(arch: &Node) -> Option<String> {
    text_at(arch, &["technology"])
}

fn text_at(node: &Node, path: &[&str]) -> Option<String> {
    match (&node.data, path) {
        (Data::Text(text), []) => Some(text.clone()),
        (Data::Table(table), [first, rest @ ..]) => text_at(&table.get(*first)?.1, rest),
        _ => None,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
