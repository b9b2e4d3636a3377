//! Arguments of `exclusim explain`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The run's inputs must lie where they lay. The same is in the run's report.html, for a part of the samples.\n\nExample:\n  exclusim explain reports/edge-16x16-vgg-mini-fashion --sample 123"
)]
pub(in crate::cli) struct Explain {
    /// A folder that `exclusim run` wrote
    #[arg(value_name = "RUN")]
    pub(in crate::cli) run: PathBuf,
    /// The sample, counted from 0 as in samples.csv
    #[arg(long, value_name = "N")]
    pub(in crate::cli) sample: usize,
}
