//! Where a file lies: on disk, or in the program; and what its name is short for.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::near;
use super::shipped;
use super::what::{Wanted, misplaced};
use crate::config::{Fault, Faults};

/// Where a file or a folder lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On disk.
    Disk(PathBuf),
    /// In the program, under its path in the repository.
    Shipped(PathBuf),
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::Disk(path.to_owned())
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Self::Disk(path.clone())
    }
}

impl From<&Self> for Place {
    fn from(place: &Self) -> Self {
        place.clone()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(path) => path.display().fmt(f),
            Self::Shipped(path) => write!(f, "shipped:{}", slashed(path)),
        }
    }
}

impl Place {
    /// The current folder.
    #[must_use]
    pub fn here() -> Self {
        Self::Disk(PathBuf::new())
    }

    fn path(&self) -> &Path {
        match self {
            Self::Disk(path) | Self::Shipped(path) => path,
        }
    }

    /// The path on disk of what lies there.
    #[must_use]
    pub fn on_disk(&self) -> Option<&Path> {
        match self {
            Self::Disk(path) => Some(path),
            Self::Shipped(_) => None,
        }
    }

    /// The folder that it lies in.
    #[must_use]
    pub fn folder(&self) -> Self {
        let folder = self.path().parent().unwrap_or(Path::new("")).to_owned();
        match self {
            Self::Disk(_) => Self::Disk(folder),
            Self::Shipped(_) => Self::Shipped(folder),
        }
    }

    /// What lies at a path seen from this folder. An absolute path is always on disk.
    #[must_use]
    pub fn join(&self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        match self {
            Self::Disk(folder) => Self::Disk(folder.join(path)),
            Self::Shipped(_) if path.is_absolute() => Self::Disk(path.to_owned()),
            Self::Shipped(folder) => Self::Shipped(normal(&folder.join(path))),
        }
    }

    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> String {
        self.path().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// The last part of its path, without an ending.
    #[must_use]
    pub fn stem(&self) -> String {
        self.path().file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    }

    /// Whether its name ends so, whatever the case.
    #[must_use]
    pub fn ends_in(&self, extension: &str) -> bool {
        self.path().extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
    }

    /// Whether something lies there.
    #[must_use]
    pub fn exists(&self) -> bool {
        match self {
            Self::Disk(path) => path.exists(),
            Self::Shipped(path) => shipped::has(&slashed(path)) || self.is_folder(),
        }
    }

    /// Whether a folder lies there.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        match self {
            Self::Disk(path) => path.is_dir(),
            Self::Shipped(path) => {
                let folder = slashed(path) + "/";
                shipped::paths().any(|file| file.starts_with(&folder))
            }
        }
    }
}

/// A path with forward slashes.
pub(super) fn slashed(path: &Path) -> String {
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts.collect::<Vec<_>>().join("/")
}

/// A path without `.` and `..`.
pub(crate) fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
        normal
    })
}

/// What is shipped, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Architectures.
    Arch,
    /// Technologies, and the tables that they name.
    Technology,
    /// FPGA parts.
    Device,
    /// Workloads.
    Workload,
    /// Sweeps.
    Sweep,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Arch, Self::Technology, Self::Device, Self::Workload, Self::Sweep];

    /// What several of them are called on the command line.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Arch => "archs",
            Self::Technology => "technologies",
            Self::Device => "devices",
            Self::Workload => "workloads",
            Self::Sweep => "sweeps",
        }
    }

    /// What one of them is called in messages.
    #[must_use]
    pub fn singular(self) -> &'static str {
        match self {
            Self::Arch => "architecture",
            Self::Technology => "technology",
            Self::Device => "FPGA part",
            Self::Workload => "workload",
            Self::Sweep => "sweep",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Arch => "arch/",
            Self::Technology => "arch/tech/",
            Self::Device => "arch/fpga/",
            Self::Workload => "workloads/",
            Self::Sweep => "arch/sweeps/",
        }
    }

    /// Names of what is shipped of this kind, in order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        // Files that others of their folder are made of.
        const PARTS: [&str; 2] = ["families", "dram"];
        let folder = self.folder();
        let end = if self == Self::Workload { "/workload.toml" } else { ".toml" };
        shipped::paths()
            .filter_map(move |path| path.strip_prefix(folder)?.strip_suffix(end))
            .filter(|name| !name.contains('/') && !PARTS.contains(name))
    }

    /// The shipped file that a text names: with or without folders before it, with or without its ending.
    #[must_use]
    pub fn shipped(self, text: &str) -> Option<Place> {
        let text = text.replace('\\', "/");
        let parts = text.split('/').filter(|part| !matches!(*part, "" | "."));
        let wanted = parts.collect::<Vec<_>>().join("/").to_ascii_lowercase();
        if wanted.is_empty() || text.starts_with('/') {
            return None;
        }
        let ends = match self {
            Self::Workload => ["", "/workload.toml"],
            _ => ["", ".toml"],
        };
        let names = |path: &&str| {
            let Some(inner) = path.strip_prefix(self.folder()) else { return false };
            if self != Self::Workload && inner.contains('/') {
                return false;
            }
            let path = path.to_ascii_lowercase();
            ends.iter().any(|end| {
                let wanted = format!("{wanted}{end}");
                path == wanted || path.ends_with(&format!("/{wanted}"))
            })
        };
        shipped::paths().find(names).map(|path| Place::Shipped(path.into()))
    }

    /// The place that a text names, seen from a folder: a path, or else something that is shipped.
    ///
    /// # Errors
    /// There is neither; the nearest names are offered.
    pub fn find(self, folder: &Place, text: impl AsRef<Path>) -> Result<Place, Faults> {
        let text = text.as_ref();
        if text.as_os_str().is_empty() {
            let title = format!("the path of the {} is empty", self.singular());
            return Err(Fault::new(title, "write a file, or a shipped name").into());
        }
        let place = folder.join(text);
        let there = match self {
            Self::Workload => place.exists() && (!place.is_folder() || place.join("workload.toml").exists()),
            _ => place.exists() && !place.is_folder(),
        };
        if there {
            return Ok(place);
        }
        let name = text.to_string_lossy();
        match self.shipped(&name) {
            Some(shipped) => Ok(shipped),
            // What is there will be told better by who reads it.
            None if place.exists() => Ok(place),
            None => Err(self.missing(&place, &name).into()),
        }
    }

    fn missing(self, place: &Place, text: &str) -> Fault {
        let cause = match place {
            Place::Disk(path) => path.metadata().err().map_or_else(String::new, |error| error.to_string()),
            Place::Shipped(_) => "there is no such file in the program".to_owned(),
        };
        if let Some(fault) = self.otherwise(text) {
            return fault;
        }
        let beside = place.on_disk().map(near::beside).unwrap_or_default();
        let near: Vec<String> =
            beside.into_iter().chain(self.nearest(text).into_iter().map(str::to_owned)).collect();
        let (kind, list) = (self.singular(), self.plural());
        let help = if near.is_empty() {
            format!(
                "check the path of the {kind}: given in a file, it starts at that file's folder, else at the current one; \
                 `exclusim list {list}` names those that are shipped"
            )
        } else {
            format!("did you mean {}? `exclusim list {list}` names all that are shipped", near.join(" or "))
        };
        Fault::new(format!("cannot read {place}: {cause}"), help)
    }

    /// A text that is shipped as another kind, or that is no name at all.
    fn otherwise(self, text: &str) -> Option<Fault> {
        let other = Self::ALL.into_iter().find(|other| *other != self && other.shipped(text).is_some());
        if let Some(other) = other {
            return Some(misplaced(text, &other.into(), self.into()));
        }
        let value = text.parse::<f64>().is_ok();
        let help = match text.split_once('=') {
            Some(_) => format!("an override is an option: --set {text}"),
            None if value => format!("a value stands behind its key in one piece: --set KEY={text}"),
            None => return None,
        };
        Some(Fault::new(format!("{text} was taken for {}", Wanted::from(self).called()), help))
    }

    /// Shipped names that a text may have meant, the likeliest first.
    #[must_use]
    pub fn nearest(self, text: &str) -> Vec<&'static str> {
        let on_a_board = if self == Self::Device { near::parts_on(text, self.names()) } else { Vec::new() };
        if !on_a_board.is_empty() {
            return on_a_board;
        }
        let lower = Path::new(text)
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().to_lowercase());
        let likeness = |known: &str| strsim::jaro_winkler(&lower, known);
        let mut near: Vec<&str> = self.names().filter(|known| likeness(known) > 0.8).collect();
        near.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
        near.truncate(3);
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_with_and_without_folders_and_ending() {
        let edge = Some(Place::Shipped("arch/edge-16x16.toml".into()));
        for text in
            ["edge-16x16", "Edge-16x16", "edge-16x16.toml", "arch/edge-16x16", "./arch/edge-16x16.toml"]
        {
            assert_eq!(Kind::Arch.shipped(text), edge, "{text}");
        }
        for text in
            ["", "/arch/edge-16x16.toml", "tech/45nm", "arch", "6x16", "x/edge-16x16", "../edge-16x16.toml"]
        {
            assert_eq!(Kind::Arch.shipped(text), None, "{text}");
        }
        let seven = Some(Place::Shipped("arch/tech/7nm.toml".into()));
        assert_eq!(Kind::Technology.shipped("7nm"), seven);
        assert_eq!(Kind::Technology.shipped("tech/7nm.toml"), seven);
        let workload = Some(Place::Shipped("workloads/vgg-mini-fashion/workload.toml".into()));
        assert_eq!(Kind::Workload.shipped("vgg-mini-fashion"), workload);
        assert_eq!(Kind::Workload.shipped("workloads/vgg-mini-fashion/"), workload);
        let twin = Some(Place::Shipped("workloads/vgg-mini-fashion/softmax.toml".into()));
        assert_eq!(Kind::Workload.shipped("vgg-mini-fashion/softmax.toml"), twin);
    }

    #[test]
    fn every_kind_has_names_and_all_are_found() {
        for kind in Kind::ALL {
            assert!(kind.names().count() > 0, "{kind:?}");
            assert!(
                kind.names().all(|name| kind.shipped(name).is_some_and(|place| place.exists())),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn the_nearest_names_are_offered() {
        let fault = Kind::Arch.find(&Place::here(), "edge-16x15").unwrap_err().0.remove(0);
        assert!(fault.help.starts_with("did you mean edge-16x16"), "{}", fault.help);
    }
}
