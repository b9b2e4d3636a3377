//! `exclusim import`: another tool's files as ours.

use std::path::Path;

use super::Failure;
use super::args::{Import, ImportAccelergy, ImportFrom, ImportScaleSim};
use super::results::Results;
use crate::arch::{self, Load};
use crate::config::{self, Fault, Faults};
use crate::interop::{accelergy, scale_sim};
use crate::load::{self, Kind, Place, normal};

pub(super) fn import(args: &Import) -> Result<(), Failure> {
    match &args.from {
        ImportFrom::ScaleSim(args) => from_scale_sim(args),
        ImportFrom::Accelergy(args) => from_accelergy(args),
    }
}

fn from_accelergy(args: &ImportAccelergy) -> Result<(), Failure> {
    let ert = load::yaml(&args.ert, "energy reference table");
    let art = args.art.as_ref().map(|art| load::yaml(art, "area reference table")).transpose();
    let map = load::toml(&args.map, "map of components");
    let tables = load::both(ert, art);
    let rest = load::both(map, load::technology(&Place::here(), &args.technology, &|_, _| ()));
    let ((ert, art), (map, _)) = load::both(tables, rest)?;
    let base = named(args.out.parent().unwrap_or(Path::new("")), &args.technology)?;
    let toml = accelergy::technology_file(accelergy::Files {
        ert: &ert,
        art: art.as_ref(),
        map: &map,
        base: &base,
    })?;
    let mut results = Results::default();
    results.add(&args.out, toml);
    Ok(results.write()?)
}

fn from_scale_sim(args: &ImportScaleSim) -> Result<(), Failure> {
    let text = load::text(&args.cfg, "SCALE-Sim configuration");
    let (text, technology) =
        load::both(text, load::technology(&Place::here(), &args.technology, &|_, _| ()))?;
    let folder = args.out.parent().unwrap_or(Path::new(""));
    let file = args.cfg.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    // Faults show the path as it was given; the written file names no path of this machine but the technology's.
    let named = named(folder, &args.technology)?;
    let toml = scale_sim::architecture_file(&args.cfg.display().to_string(), &file, &text, &named)?;
    let node = config::parse(&args.out.display().to_string(), &toml)?;
    let device = |name: &str| load::device(&Place::here(), name, &|_, _| ());
    let load = Load { technology: &|_| Ok(technology.clone()), device: &device };
    arch::read(&node, load).map_err(|faults| refused(&args.cfg, faults))?;
    let mut results = Results::default();
    results.add(&args.out, toml);
    Ok(results.write()?)
}

/// What SCALE-Sim accepts and this model does not, such as scratchpads smaller than a tile.
fn refused(cfg: &Path, faults: Faults) -> Faults {
    let retitle = |fault: Fault| {
        let title = format!("{} is no architecture this model can run: {}", cfg.display(), fault.title);
        Fault::new(title, fault.help)
    };
    Faults(faults.0.into_iter().map(retitle).collect())
}

/// What a file in `folder` calls a technology: its path, or the name that it is shipped under.
fn named(folder: &Path, technology: &Path) -> Result<String, Faults> {
    match Kind::Technology.find(&Place::here(), technology)? {
        Place::Disk(path) => between(folder, &path),
        shipped @ Place::Shipped(_) => Ok(shipped.stem()),
    }
}

/// The path of `file` seen from `folder`, with `/` between its parts.
pub(super) fn between(folder: &Path, file: &Path) -> Result<String, Faults> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map(|path| normal(&path)).map_err(|error| {
            Faults::from(Fault::new(
                format!("cannot resolve {}: {error}", path.display()),
                "give another path",
            ))
        })
    };
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (from, to) = (absolute(here)?, absolute(file)?);
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.components().count() - shared);
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}
