//! Files that results are made of, with their hashes.

use std::cell::RefCell;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::arch::{device, technology};
use super::files;
use super::place::{Kind, Place};
use super::space::{hexadecimal, text_at};
use super::workload::Workload;
use crate::config::{self, Fault, Faults};

/// A file that results are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// What it is for.
    pub role: String,
    /// Its path as it was named, seen from where the command ran; of a shipped file the name.
    pub file: String,
    /// SHA-256 of its content.
    pub sha256: String,
}

/// Hashes a file.
///
/// # Errors
/// It cannot be read.
pub fn hash(place: &Place, what: &str) -> Result<String, Faults> {
    let mut file = files::open(place, what)?;
    let (mut hasher, mut part) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut part).map_err(|error| {
            Fault::new(format!("cannot read {place}: {error}"), format!("make the {what} readable"))
        })?;
        if read == 0 {
            return Ok(hexadecimal(&hasher.finalize()));
        }
        hasher.update(&part[..read]);
    }
}

/// A place as its path was given, with forward slashes.
fn named(place: &Place) -> String {
    place.to_string().replace('\\', "/")
}

/// Files that results are made of, each once.
#[derive(Clone, Debug, Default)]
pub struct InputFiles(Vec<InputFile>);

impl InputFiles {
    /// Adds a file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn add(&mut self, role: &str, place: &Place) -> Result<(), Faults> {
        if !self.has(place) {
            self.push(role, place, hash(place, role)?);
        }
        Ok(())
    }

    /// Adds a file whose hash is known.
    pub(super) fn push(&mut self, role: &str, place: &Place, sha256: String) {
        if !self.has(place) {
            self.0.push(InputFile { role: role.to_owned(), file: named(place), sha256 });
        }
    }

    fn has(&self, place: &Place) -> bool {
        self.0.iter().any(|known| known.file == named(place))
    }

    /// Adds an architecture and everything that it names with its overrides.
    ///
    /// # Errors
    /// One of the files cannot be read.
    pub fn arch(&mut self, path: impl AsRef<Path>, overrides: &[String]) -> Result<(), Faults> {
        let place = Kind::Arch.find(&Place::here(), path)?;
        self.add("architecture", &place)?;
        let mut node = files::toml(&place, "architecture file")?;
        for assignment in overrides {
            config::set(&mut node, assignment)?;
        }
        let folder = place.folder();
        let tables = RefCell::new(Vec::new());
        let beside = |_: &str, place: &Place| tables.borrow_mut().push(place.clone());
        if let Some(name) = text_at(&node, &["fpga", "device"]) {
            device(&folder, &name, &beside)?;
            self.add("FPGA part", &Kind::Device.find(&folder, &name)?)?;
        } else if let Some(name) = text_at(&node, &["technology"]) {
            technology(&folder, &name, &beside)?;
            self.add("technology", &Kind::Technology.find(&folder, &name)?)?;
        }
        for table in tables.into_inner() {
            self.add("prices", &table)?;
        }
        match text_at(&node, &["arrivals", "file"]) {
            Some(file) => self.add("arrivals", &folder.join(file)),
            None => Ok(()),
        }
    }

    /// Adds what a workload's evaluation and a policy for it are made of.
    ///
    /// # Errors
    /// One of the files cannot be read.
    pub fn workload(&mut self, workload: &Workload, policy: Option<&Path>) -> Result<(), Faults> {
        let (folder, manifest) = (&workload.folder, &workload.manifest);
        if !workload.alone {
            self.add("workload", &folder.join(&workload.file))?;
        }
        let model = folder.join(&manifest.model);
        self.add("model", &model)?;
        for external in &workload.external {
            self.add("model", &model.folder().join(external))?;
        }
        if let Some(data) =
            manifest.decisions.as_ref().or(manifest.trace.as_ref()).or(manifest.evaluation.as_ref())
        {
            self.add("data", &folder.join(data))?;
        }
        match policy {
            Some(policy) => self.add("policy", &workload.policy_file(policy)),
            None if workload.has_policy() && !workload.alone => {
                self.add("policy", &folder.join(&manifest.policy))
            }
            None => Ok(()),
        }
    }

    /// All of them.
    #[must_use]
    pub fn into_list(self) -> Vec<InputFile> {
        self.0
    }
}
