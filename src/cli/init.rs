//! `exclusim init`: an architecture file to start from, with every key and what it means.

use std::path::Path;

use super::Failure;
use super::args::Init;
use super::import::between;
use super::print::print;
use super::results::Results;
use crate::arch::{self, Arch, Load};
use crate::config::{self, Fault, Faults, Node};
use crate::cost::fpga::design;
use crate::cost::fpga::{largest, shortages};
use crate::formats::{Begun, begin};
use crate::load::{self, Kind, Place};
use crate::tech::fpga::Resource;
use crate::unit::UnitSize;

pub(super) fn init(args: &Init) -> Result<(), Failure> {
    if args.file.exists() {
        let title = format!("{} is there already", args.file.display());
        return Err(Fault::new(title, "name another file, or remove this one").into());
    }
    let like = Kind::Arch.find(&Place::here(), args.like())?;
    let mut values = Begun::values_of(&load::toml(&like, "architecture file")?);
    let folder = args.file.parent().unwrap_or(Path::new(""));
    for (key, kind) in [("technology", Kind::Technology), ("fpga.device", Kind::Device)] {
        if let Some(name) = values.get(key).map(|name| name.trim_matches('"').to_owned()) {
            values.insert(key.to_owned(), quoted(&named(kind, &like.folder(), &name, folder)?));
        }
    }
    if let Some(part) = &args.fpga {
        let device = load::device(&Place::here(), part, &|_, _| ())?;
        values.retain(|key, _| key != "technology" && key != "clock" && !key.starts_with("power."));
        values.insert("fpga.device".into(), quoted(&named(Kind::Device, &Place::here(), part, folder)?));
        if device.dram.is_none() && !values.contains_key("dram.bandwidth") {
            values.insert("dram.kind".into(), quoted("ddr3"));
            values.insert("dram.bandwidth".into(), quoted("1.6 GB/s"));
        }
    }
    let stem = args.file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    let mut begun = Begun { name: name.trim_start_matches('.'), like: &like.stem(), values };
    let mut text = begin(&begun);
    let mut arch = read(args, &text)?;
    // What a preset says of its own part is its own; on another part it must fit.
    while let Some(short) = args.fpga.as_ref().and_then(|_| shortage(&arch)) {
        shrink(&mut begun, &arch, short);
        text = begin(&begun);
        let smaller = read(args, &text)?;
        if smaller.machine == arch.machine {
            break;
        }
        arch = smaller;
    }
    let mut results = Results::default();
    results.add(&args.file, text);
    results.write()?;
    let file = args.file.display();
    print(&format!("{file}: begun like {}; try exclusim run {file}\n", like.stem()))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What a file in `into` calls what another calls so, seen from that one's folder.
fn named(kind: Kind, folder: &Place, name: &str, into: &Path) -> Result<String, Faults> {
    match kind.find(folder, name)? {
        Place::Disk(path) => between(into, &path),
        shipped @ Place::Shipped(_) => Ok(shipped.stem()),
    }
}

/// The architecture that a text says, as if it were in the file: what is begun can be run.
fn read(args: &Init, text: &str) -> Result<Arch, Faults> {
    let node: Node = config::parse(&args.file.display().to_string(), text)?;
    let folder = Place::from(&args.file).folder();
    let technology = |name: &str| load::technology(&folder, name, &|_, _| ());
    let device = |name: &str| load::device(&folder, name, &|_, _| ());
    arch::read(&node, Load { technology: &technology, device: &device })
}

/// The unit that is counted: that of the shipped network.
fn unit() -> UnitSize {
    UnitSize::of_default_bits(super::fit::UNIT.0, super::fit::UNIT.1)
}

/// What the part that it is built on has too little of, if anything: blocks of RAM, or else what is worst.
fn shortage(arch: &Arch) -> Option<Resource> {
    let fpga = arch.fpga()?;
    let short = shortages(design(arch, fpga, unit()).total(), &fpga.device);
    // Without memory that fits no array does.
    let memory = short.iter().find(|short| matches!(short.resource, Resource::BlockRam | Resource::UltraRam));
    memory.or(short.first()).map(|short| short.resource)
}

/// Takes back what a part has too little of: scratchpads where blocks of RAM run out, else the vector unit while it is wider than
/// the array can be, and then the array.
fn shrink(begun: &mut Begun<'_>, arch: &Arch, short: Resource) {
    let (memory, lanes) = (&arch.machine.memory, arch.machine.vector.lanes);
    if matches!(short, Resource::BlockRam | Resource::UltraRam) {
        for (key, size) in
            [("memory.ifmap", memory.ifmap), ("memory.filter", memory.filter), ("memory.ofmap", memory.ofmap)]
        {
            begun.values.insert(key.to_owned(), quoted(&format!("{} B", size.0 / 2)));
        }
        return;
    }
    let side = largest_side(arch).max(1);
    if side < lanes {
        begun.values.insert("vector.lanes".to_owned(), (lanes / 2).to_string());
    } else {
        for key in ["array.rows", "array.cols"] {
            begun.values.insert(key.to_owned(), side.to_string());
        }
    }
}

/// The side of the largest array that fits, a power of two; 0 if none does.
fn largest_side(arch: &Arch) -> u64 {
    arch.fpga().map_or(0, |fpga| largest(arch, fpga, unit()).power_of_two)
}
