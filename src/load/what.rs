//! What a file is, by what it holds, where another kind of file was wanted: swapped and misplaced arguments.

use std::io::Read;
use std::path::Path;

use super::files;
use super::place::{Kind, Place};
use crate::config::{self, Data, Fault, Faults};

/// What a file, a folder or a shipped name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An architecture.
    Arch,
    /// A space of a sweep.
    Space,
    /// A `workload.toml`, or its folder.
    Workload,
    /// A policy.
    Policy,
    /// A technology.
    Technology,
    /// An FPGA part.
    Device,
    /// A lock file.
    Lock,
    /// An ONNX model.
    Model,
    /// A SCALE-Sim topology, or another table.
    Table,
    /// A configuration of SCALE-Sim.
    Configuration,
    /// Arrays of `NumPy`.
    Archive,
    /// Results of a run or a sweep.
    Results,
    /// A folder with a model, of this name, and no `workload.toml`.
    ModelFolder(String),
    /// Any other folder.
    Folder,
    /// A model of another framework.
    ForeignModel,
    /// A file of another tool.
    Yaml,
}

/// What a place on the command line, or in a file, wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An architecture.
    Arch,
    /// A network: a workload, a model or a topology.
    Network,
    /// A space of a sweep.
    Space,
    /// A policy.
    Policy,
    /// A technology.
    Technology,
    /// An FPGA part.
    Device,
    /// A lock file.
    Lock,
}

impl What {
    /// Its name in a sentence.
    #[must_use]
    pub fn called(&self) -> &'static str {
        match self {
            Self::Arch => "an architecture",
            Self::Space => "a space of a sweep",
            Self::Workload => "a workload",
            Self::Policy => "a policy",
            Self::Technology => "a technology",
            Self::Device => "an FPGA part",
            Self::Lock => "a lock file",
            Self::Model => "an ONNX model",
            Self::Table => "a table",
            Self::Configuration => "a configuration of SCALE-Sim",
            Self::Archive => "an archive of arrays",
            Self::Results => "a folder of results",
            Self::ModelFolder(_) => "a folder without workload.toml",
            Self::Folder => "a folder with neither workload.toml nor a model",
            Self::ForeignModel => "a model of another framework",
            Self::Yaml => "a YAML or JSON file",
        }
    }

    /// Whether it will do where something is wanted.
    fn will_do_for(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Arch => *self == Self::Arch,
            Wanted::Network => self.is_network(),
            Wanted::Space => *self == Self::Space,
            Wanted::Policy => *self == Self::Policy,
            Wanted::Technology => *self == Self::Technology,
            Wanted::Device => *self == Self::Device,
            Wanted::Lock => *self == Self::Lock,
        }
    }

    fn is_network(&self) -> bool {
        matches!(self, Self::Workload | Self::Model | Self::Table)
    }
}

impl From<Kind> for What {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Arch => Self::Arch,
            Kind::Technology => Self::Technology,
            Kind::Device => Self::Device,
            Kind::Workload => Self::Workload,
            Kind::Sweep => Self::Space,
        }
    }
}

impl From<Kind> for Wanted {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Arch => Self::Arch,
            Kind::Technology => Self::Technology,
            Kind::Device => Self::Device,
            Kind::Workload => Self::Network,
            Kind::Sweep => Self::Space,
        }
    }
}

impl Wanted {
    /// Its name in a sentence.
    #[must_use]
    pub fn called(self) -> &'static str {
        match self {
            Self::Arch => "an architecture",
            Self::Network => "a network",
            Self::Space => "a space",
            Self::Policy => "a policy",
            Self::Technology => "a technology",
            Self::Device => "an FPGA part",
            Self::Lock => "a lock file",
        }
    }
}

/// What a text on the command line names: a path, or else something shipped; `None` where that cannot be told.
#[must_use]
pub fn what(text: &Path) -> Option<What> {
    if text.exists() {
        return recognised(&text.into());
    }
    let name = text.to_string_lossy();
    let kinds = Kind::ALL.into_iter();
    kinds.map(|kind| (kind, kind.shipped(&name))).find_map(|(kind, place)| match place {
        Some(place) if place.ends_in("onnx") => Some(What::Model),
        Some(place) => recognised(&place).or(Some(kind.into())),
        None => None,
    })
}

/// Says what lies at a place if it is known to be something else than what is wanted there.
///
/// # Errors
/// It is something else.
pub fn expect(place: &Place, wanted: Wanted) -> Result<(), Faults> {
    match recognised(place).filter(|found| !found.will_do_for(wanted)) {
        Some(found) => Err(misplaced(&place.to_string(), &found, wanted).into()),
        None => Ok(()),
    }
}

/// Says that two arguments stand in each other's place, if they do; `command` is what was called.
///
/// # Errors
/// They are swapped.
pub fn in_order(command: &str, arch: &Path, network: &Path) -> Result<(), Faults> {
    let (Some(first), Some(second)) = (what(arch), what(network)) else { return Ok(()) };
    if !first.is_network() || second != What::Arch {
        return Ok(());
    }
    let (arch, network) = (arch.display(), network.display());
    let title = format!("{arch} is {}, and {network} is {}", first.called(), second.called());
    let help = format!("the architecture comes first: exclusim {command} {network} {arch}");
    Err(Fault::new(title, help).into())
}

/// Something known stands where something else is wanted.
pub(super) fn misplaced(name: &str, found: &What, wanted: Wanted) -> Fault {
    Fault::new(format!("{name} is {}, not {}", found.called(), wanted.called()), remedy(name, found, wanted))
}

fn remedy(name: &str, found: &What, wanted: Wanted) -> String {
    if let Some(help) = where_it_belongs(name, found, wanted) {
        return help;
    }
    match wanted {
        Wanted::Arch => "give an architecture: one that `exclusim list archs` names, or a file that `exclusim init FILE` begins",
        Wanted::Network => "give a workload's folder, an .onnx model or a topology .csv; `exclusim list workloads` names shipped ones",
        Wanted::Space => "a space names an architecture, networks and what varies: `exclusim show shape-dataflow` prints one to start from",
        Wanted::Policy => "a policy has a rule and thresholds, such as beta = [0.1, 0.1]; `exclusim calibrate` finds them",
        Wanted::Technology => "give one that `exclusim list technologies` names, or a file like `exclusim show 45nm`",
        Wanted::Device => "give one that `exclusim list devices` names, or a file like `exclusim show zu9eg`",
        Wanted::Lock => "begin one: exclusim check --bless --arch ARCH --network NETWORK",
    }
    .to_owned()
}

/// What to do with a file that was meant for another place.
fn where_it_belongs(name: &str, found: &What, wanted: Wanted) -> Option<String> {
    Some(match found {
        What::Arch if wanted == Wanted::Space => {
            format!("a space names it, and what varies, under `arch = \"{name}\"`: `exclusim show shape-dataflow` prints one")
        }
        What::Arch if wanted == Wanted::Lock => {
            format!("begin a lock file with it: exclusim check --bless --arch {name} --network NETWORK")
        }
        What::Arch if wanted == Wanted::Network => {
            "the architecture comes first, then the network: a workload's folder, an .onnx model or a topology .csv".to_owned()
        }
        What::Workload | What::Model | What::Table if wanted == Wanted::Arch => {
            format!("the architecture comes first, then the network, such as edge-16x16 {name}")
        }
        What::Workload | What::Model if wanted == Wanted::Space => {
            format!("a space names it under `workloads = [\"{name}\"]`, and what varies: `exclusim show shape-dataflow` prints one")
        }
        What::Space if wanted != Wanted::Policy => format!("explore it: exclusim sweep {name}"),
        What::Policy if wanted == Wanted::Network || wanted == Wanted::Arch => {
            format!("give it as an option: --policy {name}")
        }
        What::Technology if wanted == Wanted::Arch || wanted == Wanted::Network => {
            format!("an architecture names it: technology = \"{name}\", or for one run --set technology={name}")
        }
        What::Device if wanted == Wanted::Arch || wanted == Wanted::Network => {
            format!("begin an architecture on it: exclusim init FILE --fpga {name}")
        }
        What::Lock => format!("compare with it: exclusim check {name}"),
        What::Results => format!("draw it: exclusim plot {name}"),
        What::ModelFolder(model) => {
            format!("give the model itself, {name}/{model}, or write a workload.toml beside it (docs/bring-your-own-network.md)")
        }
        What::Configuration => {
            format!("make an architecture of it: exclusim import scale-sim --cfg {name} --out npu.toml")
        }
        What::Archive => "name it in a workload.toml, as `data.evaluation` or `trace` (docs/bring-your-own-network.md)".to_owned(),
        What::ForeignModel => {
            "export it as ONNX: torch.onnx.export for PyTorch, tf2onnx for TensorFlow and TFLite (docs/bring-your-own-network.md)"
                .to_owned()
        }
        What::Yaml => {
            "exclusim reads TOML; `exclusim import` converts SCALE-Sim's configurations and Accelergy's tables".to_owned()
        }
        _ => return None,
    })
}

/// What lies at a place, by its ending and by what it holds.
fn recognised(place: &Place) -> Option<What> {
    if let Some(folder) = place.on_disk().filter(|path| path.is_dir()) {
        return Some(folder_is(folder));
    }
    let endings: [(&[&str], What); 6] = [
        (&["onnx"], What::Model),
        (&["csv"], What::Table),
        (&["cfg"], What::Configuration),
        (&["npz", "npy"], What::Archive),
        (&["pt", "pth", "pkl", "tflite", "h5", "keras", "pb", "safetensors"], What::ForeignModel),
        (&["yaml", "yml", "json"], What::Yaml),
    ];
    let named = endings.into_iter().find(|(endings, _)| endings.iter().any(|ending| place.ends_in(ending)));
    named.map(|(_, what)| what).or_else(|| toml_is(place))
}

fn folder_is(folder: &Path) -> What {
    let has = |file: &str| folder.join(file).exists();
    if has("workload.toml") {
        return What::Workload;
    }
    if has("summary.json") || has("points.csv") {
        return What::Results;
    }
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let model = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        Path::new(&name).extension().is_some_and(|ending| ending == "onnx").then_some(name)
    };
    names.filter_map(model).min().map_or(What::Folder, What::ModelFolder)
}

/// Files of settings are far smaller; a larger one is something else.
const MOST_BYTES: u64 = 1 << 20;

/// What a file of settings is, by keys that no other kind has.
fn toml_is(place: &Place) -> Option<What> {
    let mut text = String::new();
    files::open(place, "file").ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    let node = config::parse("", &text).ok()?;
    let Data::Table(table) = &node.data else { return None };
    let has = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
    let signs: [(bool, What); 7] = [
        (has(&["lock", "held"]), What::Lock),
        (has(&["arch"]) && has(&["workloads", "axes", "linked"]), What::Space),
        (has(&["model"]), What::Workload),
        (has(&["array"]) && has(&["technology", "fpga", "memory", "dram", "clock"]), What::Arch),
        (has(&["node_nm", "multiply", "between"]), What::Technology),
        (has(&["resources"]) && has(&["family"]), What::Device),
        (has(&["beta", "threshold", "rule"]), What::Policy),
    ];
    signs.into_iter().find(|(is, _)| *is).map(|(_, what)| what)
}
