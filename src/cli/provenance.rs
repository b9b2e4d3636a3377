//! What made the results in a folder: command, version, inputs and files with their hashes, in `provenance.json` beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::results::{Results, unwritable};
use crate::config::Faults;
use crate::load::{InputFile, InputFiles, hexadecimal};

/// The file in a folder of results.
pub(super) const FILE: &str = "provenance.json";

/// What one command made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Made {
    /// Program and version.
    pub(super) tool: String,
    /// Its arguments, without those that say where results go and how they are told.
    pub(super) command: Vec<String>,
    /// What figures of these results say of their origin.
    pub(super) origin: String,
    /// Where it ran, seen from the folder of the results.
    pub(super) from: String,
    /// What was read.
    pub(super) inputs: Vec<InputFile>,
    /// What was written, with its SHA-256.
    pub(super) files: BTreeMap<String, String>,
}

/// Everything that commands made in a folder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Provenance {
    pub(super) made: Vec<Made>,
}

/// Options that change nothing in the results, and whether a value follows.
const ASIDE: [(&str, bool); 7] = [
    ("--out", true),
    ("--jobs", true),
    ("--format", true),
    ("--color", true),
    ("--quiet", false),
    ("-q", false),
    ("--no-files", false),
];

/// The arguments of the program that results depend on.
fn command() -> Vec<String> {
    let mut given = super::given().iter().map(|argument| argument.to_string_lossy().into_owned());
    let mut command = Vec::new();
    while let Some(argument) = given.next() {
        let aside = ASIDE.iter().find(|(option, _)| {
            argument.strip_prefix(option).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        });
        match aside {
            Some((option, true)) if argument == *option => drop(given.next()),
            Some(_) => {}
            None => command.push(argument),
        }
    }
    if command.is_empty() { vec!["run".to_owned()] } else { command }
}

/// An argument as a shell takes it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=@%,:".contains(c);
    let bare = !argument.is_empty() && argument.chars().all(plain);
    if bare { argument.to_owned() } else { format!("'{}'", argument.replace('\'', r"'\''")) }
}

impl Made {
    /// What this process makes of some inputs.
    pub(super) fn of(inputs: InputFiles) -> Self {
        let mut made = Self {
            tool: concat!("exclusim ", env!("CARGO_PKG_VERSION")).to_owned(),
            command: command(),
            origin: String::new(),
            from: String::new(),
            inputs: inputs.into_list(),
            files: BTreeMap::new(),
        };
        made.origin = made.of_command();
        made
    }

    /// The same of a sweep, whose figures do not depend on the commands that it took: shards, interruptions, a merge. `inputs` is
    /// the content of its `inputs.csv`.
    pub(super) fn of_sweep(self, name: &str, inputs: &str) -> Self {
        let origin = format!("{}; sweep {name}; inputs {}", self.tool, &hash(inputs.as_bytes())[..16]);
        Self { origin, ..self }
    }

    /// The command as one types it.
    pub(super) fn typed(&self) -> String {
        let words =
            std::iter::once("exclusim".to_owned()).chain(self.command.iter().map(|word| quoted(word)));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Version, command, and a hash of the inputs' hashes.
    fn of_command(&self) -> String {
        let lines =
            self.inputs.iter().map(|input| format!("{},{},{}\n", input.role, input.file, input.sha256));
        let inputs = hash(lines.collect::<String>().as_bytes());
        format!("{}; {}; inputs {}", self.tool, self.typed(), &inputs[..16])
    }
}

/// SHA-256 in hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

impl Provenance {
    /// What a folder says, or nothing.
    pub(super) fn of(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join(FILE)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Every file that it names, with its hash.
    fn files(&self) -> impl Iterator<Item = (&String, &String)> {
        self.made.iter().flat_map(|made| &made.files)
    }
}

/// How new results stand to those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaces {
    /// They take the folder over: whatever was made there before, figures drawn of it too, is of other results.
    All,
    /// They stand beside what other commands made.
    Same,
}

/// Writes results into a folder and says beside them what made them. Files that were made there before, are not made again and
/// have not been changed since are removed; nothing else is. Gives the command whose other results were replaced, if any.
pub(super) fn write(
    results: Results,
    folder: &Path,
    mut made: Made,
    replaces: Replaces,
) -> Result<Option<String>, Faults> {
    let before = Provenance::of(folder);
    made.files = results.hashes(folder);
    made.from = ran_in(folder)?;
    let (mut stale, mut kept) = (Vec::new(), Vec::new());
    let mut other = None;
    for mut old in before.made {
        let same = old.command == made.command;
        if replaces == Replaces::All || same {
            other = other.or((replaces == Replaces::All && !same).then(|| old.typed()));
            stale.extend(old.files);
        } else {
            old.files.retain(|file, _| !made.files.contains_key(file));
            kept.push(old);
        }
    }
    if replaces == Replaces::All {
        let drawn = Provenance::of(&folder.join("plots"));
        stale.extend(drawn.files().map(|(file, hash)| (format!("plots/{file}"), hash.clone())));
    }
    stale.retain(|(file, _)| !made.files.contains_key(file));
    kept.retain(|old| !old.files.is_empty());
    kept.push(made);
    results.write_with(folder.join(FILE), &text(&Provenance { made: kept }))?;
    if replaces == Replaces::All {
        let _ = fs::remove_file(folder.join("plots").join(FILE));
    }
    remove(folder, &stale);
    Ok(other)
}

/// Notes in a folder what made files that lie there already.
pub(super) fn note(folder: &Path, mut made: Made, files: &[String]) -> Result<(), Faults> {
    for file in files {
        let place = folder.join(file);
        if place.is_file() {
            made.files.insert(file.clone(), crate::load::hash(&(&place).into(), "result")?);
        }
    }
    made.from = ran_in(folder)?;
    let mut results = Results::default();
    results.add(folder.join(FILE), text(&Provenance { made: vec![made] }));
    results.write()
}

fn text(provenance: &Provenance) -> String {
    serde_json::to_string_pretty(provenance).unwrap_or_default() + "\n"
}

/// Removes files that are still as they were written.
fn remove(folder: &Path, files: &[(String, String)]) {
    for (file, written) in files {
        let inside = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
        let path = folder.join(file);
        let unchanged = inside && fs::read(&path).is_ok_and(|bytes| hash(&bytes) == *written);
        if unchanged {
            // What cannot be removed is older than the rest, and its hash is no longer listed.
            let _ = fs::remove_file(path);
        }
    }
}

/// Where this process runs, seen from a folder, which is made if it is not there.
fn ran_in(folder: &Path) -> Result<String, Faults> {
    let told = |error: std::io::Error| Faults::from(unwritable(folder, &error));
    fs::create_dir_all(folder).map_err(told)?;
    let folder = folder.canonicalize().map_err(told)?;
    let here = Path::new(".").canonicalize().map_err(told)?;
    let up = folder.ancestors().position(|above| here.starts_with(above));
    let Some((up, above)) = up.and_then(|up| Some((up, folder.ancestors().nth(up)?))) else {
        return Ok(here.to_string_lossy().into_owned());
    };
    let below = here.strip_prefix(above).unwrap_or(&here);
    let steps = std::iter::repeat_n("..".to_owned(), up)
        .chain(below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()));
    let path = steps.collect::<Vec<_>>().join("/");
    Ok(if path.is_empty() { ".".to_owned() } else { path })
}
