//! Reading files with clear errors.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::near;
use super::place::{Place, slashed};
use super::shipped;
use crate::config::{Fault, Faults, Node};

/// Reads a whole file.
///
/// # Errors
/// What is wrong with it; `what` names the kind of file in messages.
pub fn read(from: impl Into<Place>, what: &str) -> Result<Cow<'static, [u8]>, Faults> {
    match from.into() {
        Place::Disk(path) => {
            fs::read(&path).map(Cow::Owned).map_err(|error| unreadable(&path, what, &error).into())
        }
        Place::Shipped(path) => {
            shipped::read(&slashed(&path)).ok_or_else(|| not_shipped(&Place::Shipped(path), what).into())
        }
    }
}

/// What can be read from anywhere.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// Opens a file.
///
/// # Errors
/// What is wrong with it; `what` names the kind of file in messages.
pub fn open(from: impl Into<Place>, what: &str) -> Result<Box<dyn ReadSeek>, Faults> {
    let path = match from.into() {
        Place::Disk(path) => path,
        place @ Place::Shipped(_) => return Ok(Box::new(Cursor::new(read(place, what)?))),
    };
    match fs::File::open(&path) {
        Ok(file) if !path.is_dir() => Ok(Box::new(BufReader::new(file))),
        Ok(_) => {
            Err(Fault::new(format!("{} is a folder, not a {what}", path.display()), format!("give a {what}"))
                .into())
        }
        Err(error) => Err(unreadable(&path, what, &error).into()),
    }
}

fn unreadable(path: &Path, what: &str, error: &std::io::Error) -> Fault {
    let near = near::beside(path);
    let help = if error.kind() != std::io::ErrorKind::NotFound {
        format!("make the {what} readable")
    } else if !near.is_empty() {
        format!("did you mean {}?", near.join(" or "))
    } else {
        format!(
            "check the path of the {what}: given in a file, it starts at that file's folder, else at the current one"
        )
    };
    Fault::new(format!("cannot read {}: {error}", path.display()), help)
}

fn not_shipped(place: &Place, what: &str) -> Fault {
    Fault::new(
        format!("cannot read {place}: there is no such file in the program"),
        format!("give a {what} on disk"),
    )
}

/// Reads a text file.
///
/// # Errors
/// What is wrong with it; `what` names the kind of file in messages.
pub fn text(from: impl Into<Place>, what: &str) -> Result<String, Faults> {
    let place = from.into();
    String::from_utf8(read(&place, what)?.into_owned())
        .map_err(|_| Fault::new(format!("{place} is not text"), format!("give a {what} in UTF-8")).into())
}

/// Reads and parses a TOML file.
///
/// # Errors
/// What is wrong with it; `what` names the kind of file in messages.
pub fn toml(from: impl Into<Place>, what: &str) -> Result<Node, Faults> {
    let place = from.into();
    crate::config::parse(&place.to_string(), &text(&place, what)?)
}

/// Reads and parses a YAML file.
///
/// # Errors
/// What is wrong with it; `what` names the kind of file in messages.
pub fn yaml(from: impl Into<Place>, what: &str) -> Result<Node, Faults> {
    let place = from.into();
    crate::config::parse_yaml(&place.to_string(), &text(&place, what)?)
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

/// The place of a file that has to be in a folder.
pub(super) fn within(folder: &Place, file: &str, what: &str) -> Result<Place, Faults> {
    let place = folder.join(file);
    let (Place::Disk(folder), Place::Disk(path)) = (folder, &place) else {
        return if place.exists() { Ok(place) } else { Err(not_shipped(&place, what).into()) };
    };
    let shown = path.display();
    let fault = match settled(folder, Path::new(file)) {
        Ok(_) => return Ok(place),
        Err(Astray::Unreadable(error)) => unreadable(path, what, &error),
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
pub(super) fn inside(folder: &Place) -> impl Fn(&Path) -> Result<Arc<[u8]>, String> {
    let folder = folder.clone();
    let read = RefCell::new(BTreeMap::<PathBuf, Arc<[u8]>>::new());
    move |path| {
        if let Some(bytes) = read.borrow().get(path) {
            return Ok(Arc::clone(bytes));
        }
        let bytes: Arc<[u8]> = match &folder {
            Place::Disk(folder) => inside_disk(folder, path)?.into(),
            Place::Shipped(_) => self::read(folder.join(path), "file of the model")
                .map_err(|faults| faults.to_string())?
                .into(),
        };
        read.borrow_mut().insert(path.to_owned(), Arc::clone(&bytes));
        Ok(bytes)
    }
}

fn inside_disk(folder: &Path, path: &Path) -> Result<Vec<u8>, String> {
    let plain = |error: std::io::Error| format!("cannot read {}: {error}", folder.join(path).display());
    let found = settled(folder, path).map_err(|astray| match astray {
        Astray::Unreadable(error) => plain(error),
        Astray::Outside => "a link leads out of the model's folder".into(),
        Astray::Folder => "it is a folder".into(),
        Astray::Special => "it is no regular file".into(),
    })?;
    fs::read(found).map_err(plain)
}
