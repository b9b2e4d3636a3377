//! What can be asked of sweeps.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::Threads;

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "After an interruption the same command continues where it was. The rows do not depend on threads, shards or interruptions.\n\nExamples:\n  exclusim sweep arch/sweeps/shape-dataflow.toml --dry-run\n  exclusim sweep arch/sweeps/everything.toml --out reports/everything\n  exclusim sweep space.toml --shard 3/8 --out shards/3"
)]
pub(in crate::cli) struct Sweep {
    /// Space file: what varies, and the objectives
    #[arg(value_name = "SPACE")]
    pub(in crate::cli) space: PathBuf,
    /// Folder for the results, or one where this sweep was interrupted [default: reports/NAME]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Work on one of N shards only, counted from 1; `exclusim merge` merges them
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub(in crate::cli) shard: Option<[u64; 2]>,
    /// Also write points.parquet; done unasked if points.csv has 1 GiB or more
    #[arg(long)]
    pub(in crate::cli) parquet: bool,
    /// Print how many design points there are, the first ones and an estimate of the time; write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Decide every policy of the space, write what comes of it to FILE, and end: shards take it with --decided
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "shard", "parquet", "dry_run", "decided"])]
    pub(in crate::cli) decide: Option<PathBuf>,
    /// Take what policies decide from FILE, which --decide wrote, instead of replaying and deciding again
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub(in crate::cli) decided: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) threads: Threads,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The result is what one process would have written, byte for byte.\n\nExample:\n  exclusim merge shards/* --out reports/everything"
)]
pub(in crate::cli) struct Merge {
    /// Folders of finished shards, in any order
    #[arg(value_name = "DIR", required = true)]
    pub(in crate::cli) shards: Vec<PathBuf>,
    /// Folder for the merged sweep
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
    /// Also write points.parquet; done unasked if points.csv has 1 GiB or more
    #[arg(long)]
    pub(in crate::cli) parquet: bool,
}

/// `3/8`, as two numbers.
fn shard(text: &str) -> Result<[u64; 2], String> {
    let numbers = text.split_once('/').and_then(|(shard, of)| Some([shard.parse().ok()?, of.parse().ok()?]));
    match numbers {
        None => Err("write the shard's number and how many there are, such as 3/8".into()),
        Some([_, 0]) => Err("there must be at least one shard, such as 1/1".into()),
        Some([0, shards]) => Err(format!("shards are counted from 1; write 1/{shards} to {shards}/{shards}")),
        Some([shard, shards]) if shard > shards => {
            Err(format!("there are only {shards} shards; write 1/{shards} to {shards}/{shards}"))
        }
        Some(numbers) => Ok(numbers),
    }
}
