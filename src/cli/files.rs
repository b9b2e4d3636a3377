//! Reading files with clear errors, writing results whole or not at all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Fault, Faults, Node};

/// Reads a whole file.
pub(super) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Faults> {
    fs::read(path).map_err(|error| unreadable(path, what, &error).into())
}

/// Opens a file.
pub(super) fn open(path: &Path, what: &str) -> Result<std::io::BufReader<fs::File>, Faults> {
    match fs::File::open(path) {
        Ok(file) if !path.is_dir() => Ok(std::io::BufReader::new(file)),
        Ok(_) => {
            Err(Fault::new(format!("{} is a folder, not a {what}", path.display()), format!("give a {what}"))
                .into())
        }
        Err(error) => Err(unreadable(path, what, &error).into()),
    }
}

fn unreadable(path: &Path, what: &str, error: &std::io::Error) -> Fault {
    let help = if error.kind() == std::io::ErrorKind::NotFound {
        format!(
            "check the path of the {what}: given in a file, it starts at that file's folder, else at the current one"
        )
    } else {
        format!("make the {what} readable")
    };
    Fault::new(format!("cannot read {}: {error}", path.display()), help)
}

/// Reads a text file.
pub(super) fn read_text(path: &Path, what: &str) -> Result<String, Faults> {
    String::from_utf8(read(path, what)?).map_err(|_| {
        Fault::new(format!("{} is not text", path.display()), format!("give a {what} in UTF-8")).into()
    })
}

/// Reads and parses a TOML file.
pub(super) fn read_toml(path: &Path, what: &str) -> Result<Node, Faults> {
    crate::config::parse(&path.display().to_string(), &read_text(path, what)?)
}

/// Why a file of a folder may not be read.
enum Astray {
    Unreadable(std::io::Error),
    /// A link leads out of the folder.
    Outside,
    Folder,
    /// A pipe or a device, which could make a reader wait for ever.
    Special,
}

/// Where a file of a folder is, its links followed; they must end at a regular file inside the folder.
fn settled(folder: &Path, file: &Path) -> Result<PathBuf, Astray> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let found = fs::canonicalize(folder.join(file)).map_err(Astray::Unreadable)?;
    if !found.starts_with(fs::canonicalize(folder).map_err(Astray::Unreadable)?) {
        return Err(Astray::Outside);
    }
    match fs::metadata(&found).map_err(Astray::Unreadable)? {
        there if there.is_dir() => Err(Astray::Folder),
        there if !there.is_file() => Err(Astray::Special),
        _ => Ok(found),
    }
}

/// The path of a file that has to be in a folder.
pub(super) fn within(folder: &Path, file: &str, what: &str) -> Result<PathBuf, Faults> {
    let path = folder.join(file);
    let shown = path.display();
    let fault = match settled(folder, Path::new(file)) {
        Ok(_) => return Ok(path),
        Err(Astray::Unreadable(error)) => unreadable(&path, what, &error),
        Err(Astray::Outside) => {
            let help = format!("put the {what} itself into the folder");
            Fault::new(format!("{shown} is a link that leads out of its folder"), help)
        }
        Err(Astray::Folder) => {
            Fault::new(format!("{shown} is a folder, not a {what}"), format!("give a {what}"))
        }
        Err(Astray::Special) => {
            Fault::new(format!("{shown} is no regular file"), format!("give a {what} in a file"))
        }
    };
    Err(fault.into())
}

/// Reads files inside a folder, each once; a link that leads out of it is not followed.
pub(super) fn inside(folder: &Path) -> impl Fn(&Path) -> Result<Arc<[u8]>, String> {
    let folder = folder.to_owned();
    let read = RefCell::new(BTreeMap::<PathBuf, Arc<[u8]>>::new());
    move |path| {
        if let Some(bytes) = read.borrow().get(path) {
            return Ok(Arc::clone(bytes));
        }
        let plain = |error: std::io::Error| format!("cannot read {}: {error}", folder.join(path).display());
        let found = settled(&folder, path).map_err(|astray| match astray {
            Astray::Unreadable(error) => plain(error),
            Astray::Outside => "a link leads out of the model's folder".into(),
            Astray::Folder => "it is a folder".into(),
            Astray::Special => "it is no regular file".into(),
        })?;
        let bytes: Arc<[u8]> = fs::read(found).map_err(plain)?.into();
        read.borrow_mut().insert(path.to_owned(), Arc::clone(&bytes));
        Ok(bytes)
    }
}

/// Reads and parses a YAML file.
pub(super) fn read_yaml(path: &Path, what: &str) -> Result<Node, Faults> {
    crate::config::parse_yaml(&path.display().to_string(), &read_text(path, what)?)
}

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
        PermissionDenied => ("permission denied".to_owned(), "choose a place that you may write to"),
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
