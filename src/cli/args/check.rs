//! What can be asked of lock files.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit code 1 if a count moved beyond the file's tolerance. Paths in a lock file start at its folder.\n\nExamples:\n  exclusim check --bless --arch my-array.toml --network my-network.onnx\n  exclusim check\n  exclusim check --explain"
)]
pub(in crate::cli) struct Check {
    /// Lock file
    #[arg(value_name = "LOCK", default_value = "exclusim.lock.toml")]
    pub(in crate::cli) lock: PathBuf,
    /// Write the counts that are computed now into the lock file; refused where CI is set
    #[arg(long)]
    pub(in crate::cli) bless: bool,
    /// Also list which key of the configuration, which file or which version of the tool changed
    #[arg(long, conflicts_with = "bless")]
    pub(in crate::cli) explain: bool,
    /// Print so many of the counts that moved, those beyond tolerance first; 0 prints all
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "bless")]
    pub(in crate::cli) top: usize,
    /// Architecture of a configuration to add, or of the only one whose counts are written again
    #[arg(long, value_name = "FILE", requires = "network", requires = "bless")]
    pub(in crate::cli) arch: Option<PathBuf>,
    /// Its network: a workload, an .onnx model, or a topology .csv
    #[arg(long, value_name = "NETWORK", requires = "arch")]
    pub(in crate::cli) network: Option<PathBuf>,
    /// Its policy: then the network is a workload, and the totals of all its samples are one row
    #[arg(long, value_name = "FILE", requires = "arch")]
    pub(in crate::cli) policy: Option<PathBuf>,
    /// An override of one key of its architecture; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "arch")]
    pub(in crate::cli) set: Vec<String>,
    /// One row per layer, or two per segment
    #[arg(long, value_enum, default_value_t = HeldBy::Layer, requires = "arch")]
    pub(in crate::cli) by: HeldBy,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum HeldBy {
    /// Every layer and decision
    Layer,
    /// Every segment: its backbone, its head
    Segment,
}
