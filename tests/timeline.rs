//! Does a timeline hold every cycle of its path once? Lengths on the array's track sum to what the table of paths says, by
//! cause; layers take what `layers.csv` says; nothing on a track overlaps; the bus moves the bytes that are counted.

use crate::common::path;
use exclusim::arch::Arch;
use exclusim::count::Cause;
use exclusim::load::{self, Silent};
use exclusim::machine::Machine;
use exclusim::network::segment::Segments;
use exclusim::simulate::agreed;
use exclusim::time::timeline::{Detail, Doing, Passing, Timeline, Timelines, Track, Transfer};
use exclusim::time::{Deciders, PathTable, path_table};
use rayon::prelude::*;

const WHOLE: Detail = Detail { most_tiles: 1 << 14, folds: false };

/// The paths that leave at each head with so many classes alive, and the one to the end.
fn paths(network: &Segments, alive: usize) -> Vec<Vec<Passing>> {
    let path = |exit: usize| {
        let passing = |s: usize| Passing {
            entering: if s == 0 { network.classes } else { alive },
            left: if s == exit { 1 } else { alive },
            leaves: s == exit,
        };
        (0..=exit.min(network.heads())).map(passing).collect()
    };
    (0..=network.heads()).map(path).map(to_the_end(network)).collect()
}

/// Nobody leaves in the last segment.
fn to_the_end(network: &Segments) -> impl Fn(Vec<Passing>) -> Vec<Passing> {
    let heads = network.heads();
    move |mut path| {
        if let Some(last) = path.get_mut(heads) {
            last.leaves = false;
        }
        path
    }
}

/// What is wrong with the timelines of a network on a machine.
pub(crate) fn faults(network: &Segments, machine: &Machine, alive: usize, detail: Detail) -> Vec<String> {
    let on = vec![true; network.heads()];
    let deciders = Deciders::from(&on);
    let table = path_table(network, machine, deciders, machine.exclusion.compact);
    let lines = Timelines::new(network, machine, deciders, &table, machine.exclusion.compact);
    let mut faults = Vec::new();
    for path in paths(network, alive) {
        let line = lines.of(&path, detail);
        faults.extend(of_path(&line, &table, &path).into_iter().map(|fault| format!("{path:?}: {fault}")));
    }
    faults
}

fn of_path(line: &Timeline, table: &PathTable, path: &[Passing]) -> Vec<String> {
    let mut faults = Vec::new();
    let taken = path
        .iter()
        .zip(&table.segments)
        .map(|(passing, segment)| segment.taken_by(passing.entering, passing.leaves).total());
    let taken: exclusim::count::Tally = taken.sum();
    if line.cycles != taken.cycles.total() {
        faults.push(format!("{} cycles, not {}", line.cycles, taken.cycles.total()));
    }
    for (cause, cycles) in taken.cycles.iter() {
        let of_cause = line.on(Track::Array).filter(|slice| slice.doing == Doing::Cause(cause));
        let found: u64 = of_cause.map(|slice| slice.cycles).sum();
        if found != *cycles {
            faults.push(format!("{found} cycles of {cause:?}, not {cycles}"));
        }
    }
    for track in Track::ALL {
        let mut end = 0;
        for slice in line.on(track) {
            if slice.start < end {
                faults.push(format!("{:?} overlaps on {} before {end}", slice, track.name()));
            }
            end = slice.start + slice.cycles;
        }
        if end > line.cycles && track != Track::Exclusion && track != Track::Control {
            faults.push(format!("{} ends at {end} of {}", track.name(), line.cycles));
        }
    }
    let layers: u64 = line.on(Track::Layers).map(|slice| slice.cycles).sum();
    if layers != line.cycles {
        faults.push(format!("layers take {layers} of {} cycles", line.cycles));
    }
    faults
}

/// Every layer with all classes alive, as the table has it.
fn of_layers(line: &Timeline, table: &PathTable) -> Vec<String> {
    let mut faults = Vec::new();
    for (step, timing) in table.steps() {
        let is_its = |slice: &&exclusim::time::timeline::Slice| line.layers[slice.layer] == step.name;
        let found: u64 = line.on(Track::Layers).filter(is_its).map(|slice| slice.cycles).sum();
        let cycles = timing.tally.cycles.total();
        if found != cycles {
            faults.push(format!("{} takes {found} cycles, not {cycles}", step.name));
        }
        let bytes: u64 = line
            .on(Track::Bus)
            .filter(is_its)
            .filter_map(|slice| match slice.doing {
                Doing::Transfer { what: Transfer::Lost, .. } => None,
                Doing::Transfer { bytes, .. } => Some(bytes),
                _ => None,
            })
            .sum();
        let counted = timing.traffic.dram_reads() + timing.traffic.dram_writes();
        // A tile's share of a map is rounded up to whole bytes.
        let tiles = line.on(Track::Tiles).filter(is_its).count() as u64;
        if bytes.abs_diff(counted) > 4 * tiles + 4 {
            faults.push(format!("{}: {bytes} bytes over the bus, not {counted}", step.name));
        }
    }
    faults
}

/// What is wrong with the timeline of the whole network on a machine; `None` where the two do not go together.
fn whole_faults(network: &Segments, arch: &Arch) -> Option<Vec<String>> {
    agreed(arch, network, None).ok()?;
    // One path to the end: what differs between exits is tested on random networks.
    let on = vec![true; network.heads()];
    let deciders = Deciders::from(&on);
    let table = path_table(network, &arch.machine, deciders, false);
    let lines = Timelines::new(network, &arch.machine, deciders, &table, false);
    let whole = paths(network, network.classes).pop().unwrap();
    let line = lines.of(&whole, WHOLE);
    let mut faults = of_path(&line, &table, &whole);
    faults.extend(of_layers(&line, &table));
    // Only what has too many tiles is shown as a whole.
    for layer in &line.coarse {
        let step = table.steps().find(|(step, _)| step.name == line.layers[*layer]);
        if step.map_or(0, |(_, timing)| timing.folds) < WHOLE.most_tiles {
            faults.push(format!("{} is not shown in tiles", line.layers[*layer]));
        }
    }
    Some(faults.into_iter().map(|fault| format!("{} on {}: {fault}", network.name, arch.name)).collect())
}

#[test]
fn every_cycle_of_every_shipped_network_on_every_preset_is_somewhere() {
    let files = |folder: &str| std::fs::read_dir(path(folder)).unwrap().map(|entry| entry.unwrap().path());
    let networks = files("workloads").filter(|folder| folder.join("workload.toml").is_file());
    let networks: Vec<Segments> =
        networks.map(|folder| load::workload(&folder, &Silent).unwrap().segments).collect();
    let presets = files("arch").filter(|file| file.extension().is_some_and(|ending| ending == "toml"));
    let presets: Vec<Arch> = presets.map(|file| load::arch(&file, &[]).unwrap()).collect();
    let pairs: Vec<(&Segments, &Arch)> =
        networks.iter().flat_map(|network| presets.iter().map(move |arch| (network, arch))).collect();
    let found: Vec<Vec<String>> =
        pairs.into_par_iter().filter_map(|(network, arch)| whole_faults(network, arch)).collect();
    assert!(found.len() > 60, "{} pairs", found.len());
    let faults = found.concat();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(40)].join("\n"));
}

#[test]
fn folds_take_what_their_tiles_take() {
    let network = crate::common::shipped_network();
    for settings in [vec![], vec!["array.fold_overlap=none".to_owned(), "array.dataflow=os".to_owned()]] {
        let arch = crate::common::arch_with(&settings).unwrap();
        let found = faults(&network, &arch.machine, 3, Detail { folds: true, ..WHOLE });
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn a_missing_cycle_is_found() {
    let network = crate::common::shipped_network();
    let arch = crate::common::arch_with(&[]).unwrap();
    let on = vec![true; network.heads()];
    let table = path_table(&network, &arch.machine, &on, false);
    let lines = Timelines::new(&network, &arch.machine, Deciders::from(&on), &table, false);
    let whole = paths(&network, network.classes).pop().unwrap();
    let mut line = lines.of(&whole, WHOLE);
    assert_eq!(of_path(&line, &table, &whole), Vec::<String>::new());
    let at = line.slices.iter().position(|slice| slice.doing == Doing::Cause(Cause::Stream)).unwrap();
    line.slices[at].cycles -= 1;
    assert_eq!(of_path(&line, &table, &whole).len(), 1);
}
