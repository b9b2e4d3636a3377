//! Writing results whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::provenance::hash;
use crate::config::{Fault, Faults};

/// Files of one result, written together: all beside their places first, then renamed into them.
#[derive(Default)]
pub(super) struct Results {
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Results {
    /// Adds a file.
    pub(super) fn add(&mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        self.files.push((path.into(), content.into()));
    }

    /// The files below a folder by their paths in it, with forward slashes, each with its hash.
    pub(super) fn hashes(&self, folder: &Path) -> BTreeMap<String, String> {
        let below = |path: &PathBuf| {
            let parts = path.strip_prefix(folder).ok()?.components();
            let names = parts.map(|part| part.as_os_str().to_string_lossy().into_owned());
            Some(names.collect::<Vec<_>>().join("/"))
        };
        self.files.iter().filter_map(|(path, content)| Some((below(path)?, hash(content)))).collect()
    }

    /// Writes everything and one file more, or leaves what was there.
    pub(super) fn write_with(mut self, path: PathBuf, content: &str) -> Result<(), Faults> {
        self.add(path, content);
        self.write()
    }

    /// Writes everything, or leaves what was there.
    pub(super) fn write(self) -> Result<(), Faults> {
        let mut staged = Vec::new();
        for (path, content) in self.files {
            staged.push((stage(&path, &content).map_err(|error| unwritable(&path, &error))?, path));
        }
        for (file, path) in staged {
            file.persist(&path).map_err(|error| unwritable(&path, &error.error))?;
        }
        Ok(())
    }
}

/// How names of files begin that are not yet in their places.
const STAGED: &str = ".exclusim-";

/// Removes what a killed process has staged in a folder that no other is at work in. What cannot be removed does no harm.
pub(super) fn remove_staged(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn stage(path: &Path, content: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => return Err(std::io::Error::other("there is a folder of that name")),
        // Renaming over a device, a pipe or a link would replace it instead of writing to it.
        Ok(there) if !there.is_file() || path.is_symlink() => {
            return Err(std::io::Error::other("what is there is no regular file"));
        }
        Ok(_) | Err(_) => {}
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(STAGED);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Fault {
    use std::io::ErrorKind::{
        AlreadyExists, FileTooLarge, NotADirectory, PermissionDenied, QuotaExceeded, StorageFull,
    };
    // The message of a temporary file names a path that nobody chose; its kind says enough.
    let (cause, help) = match error.kind() {
        PermissionDenied => (
            "permission denied".to_owned(),
            "choose another place with --out, or print only: exclusim run --no-files",
        ),
        AlreadyExists | NotADirectory => {
            ("a part of the path is a file".to_owned(), "choose a folder with --out")
        }
        StorageFull | FileTooLarge | QuotaExceeded => {
            ("the disk or a quota is full".to_owned(), "free some space")
        }
        _ => (error.to_string(), "choose another place with --out"),
    };
    Fault::new(format!("cannot write {}: {cause}", path.display()), help)
}
