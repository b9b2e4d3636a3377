//! Arguments of `exclusim rerun`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Reads provenance.json in the folder, runs its commands where they ran, into a temporary folder, and compares every file. Exit code 1 if one differs.\n\nExample:\n  exclusim rerun reports/edge-16x16-vgg-mini-fashion"
)]
pub(in crate::cli) struct Rerun {
    /// A folder that `exclusim run`, `sweep` or `plot` wrote
    #[arg(value_name = "DIR")]
    pub(in crate::cli) folder: PathBuf,
}
