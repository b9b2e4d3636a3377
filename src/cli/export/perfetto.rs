//! `exclusim export perfetto`: timelines of samples, or of all paths, as a trace.

use std::collections::BTreeMap;

use crate::cli::Failure;
use crate::cli::args::ExportPerfetto;
use crate::cli::print::print;
use crate::cli::redo::{Redone, redone};
use crate::cli::results::Results;
use crate::cli::samples::{self, Sample};
use crate::cli::{manner, results};
use crate::config::Fault;
use crate::interop::perfetto::{Shown, Subject, trace};
use crate::report::grouped;
use crate::time::timeline::{Detail, Passing, Timeline, Timelines};
use crate::time::{Deciders, path_table};

/// Most slices of a trace: beyond, viewers no longer open it.
const MOST_SLICES: usize = 3_000_000;
/// Tiles up to which a layer is shown tile by tile.
const MOST_TILES: u64 = 1 << 17;
/// Most paths that `--paths all` shows.
const MOST_PATHS: usize = 100;

pub(super) fn to_perfetto(args: &ExportPerfetto) -> Result<(), Failure> {
    let out = std::path::absolute(&args.out).map_err(|error| results::unwritable(&args.out, &error))?;
    let run = redone(&args.run)?;
    let all = samples::read(&run.folder)?;
    let classes = run.workload.segments.classes;
    let (wanted, left_out) = match &args.samples {
        Some(numbers) => {
            let one = |number: &usize| {
                let sample = samples::sample(&args.run, &all, *number)?;
                Ok((title(&run, *number, &sample), sample.path(classes), sample.cycles))
            };
            (numbers.iter().map(one).collect::<Result<Vec<_>, Fault>>()?, 0)
        }
        None => paths(&run, &all),
    };
    let lines = drawn(args, &run, &wanted)?;
    let network = &run.workload.manifest.name;
    let subject = Subject { network, machine: &run.arch.name, clock_hz: run.arch.machine.clock.0 };
    let shown: Vec<Shown<'_>> =
        wanted.iter().zip(&lines).map(|((name, ..), line)| Shown { name: name.clone(), line }).collect();
    let mut results = Results::default();
    results.add(&out, trace(&subject, &shown));
    results.write()?;
    told(args, &lines, left_out)
}

/// Draws every path.
fn drawn(
    args: &ExportPerfetto,
    run: &Redone,
    wanted: &[(String, Vec<Passing>, u64)],
) -> Result<Vec<Timeline>, Failure> {
    let (machine, network) = (&run.arch.machine, &run.workload.segments);
    let on = run.policy.running();
    let deciders = Deciders { on: &on, rule: run.policy.rule.facts().unit };
    let compact = machine.exclusion.compact;
    let table = path_table(network, machine, deciders, compact);
    let timelines = Timelines::new(network, machine, deciders, &table, compact);
    let mut lines = Vec::new();
    let (mut slices, mut detail) = (0, Detail { most_tiles: MOST_TILES, folds: args.folds });
    for (name, path, cycles) in wanted {
        let mut line = timelines.of(path, detail);
        if slices + line.slices.len() > MOST_SLICES {
            // What is shown of a layer as a whole has the same lengths.
            detail = Detail { most_tiles: detail.most_tiles.min(64), folds: false };
            line = timelines.of(path, detail);
        }
        slices += line.slices.len();
        if line.cycles != *cycles {
            let (title, found) = (name, line.cycles);
            return Err(Failure::Check(format!(
                "this is a bug of exclusim {}: {title} takes {cycles} cycles and {found} in its timeline",
                env!("CARGO_PKG_VERSION")
            )));
        }
        lines.push(line);
    }
    if slices > MOST_SLICES {
        let title = format!(
            "the trace would have {} slices; viewers open {}",
            grouped_of(slices),
            grouped_of(MOST_SLICES)
        );
        return Err(Fault::new(title, "ask for fewer samples").into());
    }
    Ok(lines)
}

fn grouped_of(number: usize) -> String {
    grouped(crate::units::count(number))
}

/// Says what was written, and what is not shown.
fn told(args: &ExportPerfetto, lines: &[Timeline], left_out: usize) -> Result<(), Failure> {
    let slices = lines.iter().map(|line| line.slices.len()).sum();
    let mut text = format!(
        "{}: {} timelines of {} slices; open it at ui.perfetto.dev, where 1 ns is 1 cycle\n",
        args.out.display(),
        lines.len(),
        grouped_of(slices)
    );
    let coarse: std::collections::BTreeSet<&str> =
        lines.iter().flat_map(|line| line.coarse.iter().map(|layer| &*line.layers[*layer])).collect();
    if !coarse.is_empty() {
        let names = coarse.into_iter().collect::<Vec<_>>().join(", ");
        text += &format!("  too many tiles to show one by one, so shown by cause: {names}\n");
    }
    if left_out > 0 {
        text +=
            &format!("  the {MOST_PATHS} most frequent paths; {} more are left out\n", grouped_of(left_out));
    }
    if manner::quiet() { Ok(()) } else { print(&crate::report::prose(&text)) }
}

/// How a sample is called.
fn title(run: &Redone, number: usize, sample: &Sample) -> String {
    let names = run.workload.class_names();
    let name = |class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
    let right = if sample.label == sample.answer { "right" } else { "wrong" };
    format!(
        "sample {number}: {}, {right}, {}",
        name(sample.answer),
        leaves(sample.exit, sample.survivors.len())
    )
}

fn leaves(exit: usize, heads: usize) -> String {
    if exit > heads { "runs to the end".to_owned() } else { format!("leaves at head {exit}") }
}

/// Every different path of the run's samples, the most frequent first, and how many are left out.
fn paths(run: &Redone, all: &[Sample]) -> (Vec<(String, Vec<Passing>, u64)>, usize) {
    let classes = run.workload.segments.classes;
    // The first sample of each path, and how many there are.
    let mut found = BTreeMap::new();
    for (number, sample) in all.iter().enumerate() {
        let key: Vec<_> = sample.path(classes).iter().map(|p| (p.entering, p.left, p.leaves)).collect();
        found.entry(key).or_insert((number, 0_usize)).1 += 1;
    }
    let mut found: Vec<(usize, usize)> = found.into_values().collect();
    found.sort_by_key(|(first, many)| (std::cmp::Reverse(*many), *first));
    let left_out = found.len().saturating_sub(MOST_PATHS);
    found.truncate(MOST_PATHS);
    let one = |(first, many): &(usize, usize)| {
        let sample = &all[*first];
        let survivors: Vec<String> = sample.survivors.iter().flatten().map(ToString::to_string).collect();
        let name = format!(
            "{}, survivors {}: {many} of {} samples, such as {first}",
            leaves(sample.exit, sample.survivors.len()),
            if survivors.is_empty() { "all".to_owned() } else { survivors.join(" ") },
            all.len()
        );
        (name, sample.path(classes), sample.cycles)
    };
    (found.iter().map(one).collect(), left_out)
}
