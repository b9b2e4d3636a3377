//! `exclusim merge`: shards into one.

use super::Failure;
use super::args::Merge;
use super::parquet::rows_as_parquet;
use super::plot::finish_sweep;
use super::print::print;
use super::provenance::Made;
use super::results::unwritable;
use crate::config::Fault;
use crate::load::InputFiles;
use crate::report::grouped;
use crate::report::plot::POINTS;
use crate::sweep::merge::{MergeError, merge as merged};

pub(super) fn merge(args: &Merge) -> Result<(), Failure> {
    let done = merged(&args.shards, &args.out).map_err(|error| merge_fault(args, error))?;
    rows_as_parquet(&args.out, args.parquet)?;
    let mut inputs = InputFiles::default();
    for shard in &args.shards {
        inputs.add("shard", &(&shard.join(POINTS)).into())?;
    }
    finish_sweep(&args.out, &done.space, done.tally.found > 0, Made::of(inputs))?;
    print(&format!(
        "{}: {} points of {} shards, {} with results, {} on the front\n\nresults in {}\n",
        done.space,
        grouped(done.tally.points()),
        grouped(done.shards),
        grouped(done.tally.found),
        grouped(done.front),
        args.out.display()
    ))
}

fn merge_fault(args: &Merge, error: MergeError) -> Fault {
    match error {
        MergeError::Io(path, error) => unwritable(&path, &error),
        MergeError::NoSweep(path) => Fault::new(
            format!("{} is no folder of a sweep", path.display()),
            "give folders that `exclusim sweep --shard I/N --out DIR` has written",
        ),
        MergeError::Unfinished(path) => Fault::new(
            format!("{} is not finished, or damaged", path.display()),
            "run the same sweep command again; it goes on where it was",
        ),
        MergeError::Different(one, other) => Fault::new(
            format!("{} and {} are shards of different sweeps", one.display(), other.display()),
            "give shards of one space, made from the same files by the same version",
        ),
        MergeError::Twice(one, other, shard) => Fault::new(
            format!("{} and {} are both shard {shard}", one.display(), other.display()),
            "give every shard once",
        ),
        MergeError::Missing(shards, all) => {
            let list: Vec<String> = shards.iter().map(u64::to_string).collect();
            Fault::new(
                format!("shards {} of {all} are missing", list.join(", ")),
                format!("run them: exclusim sweep SPACE --shard {}/{all} --out DIR", list[0]),
            )
        }
        MergeError::Busy => Fault::new(
            format!("another process is at work in {}", args.out.display()),
            "wait until it has ended, or choose another folder with --out",
        ),
        MergeError::Occupied => Fault::new(
            format!("{} holds other results", args.out.display()),
            "choose another folder with --out, or remove this one",
        ),
    }
}
