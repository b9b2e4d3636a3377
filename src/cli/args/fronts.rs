//! What can be asked of rules at equal loss.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{Objective, Overrides, Threads, percent};
use crate::decide::RuleKind;

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "For every workload, rule and split a front is laid on one half of the calibration samples: policies of falling cost, as `exclusim calibrate` searches them. All are judged on the evaluation samples, and what is saved at a loss is interpolated between the two policies on either side of it. Intervals are of 95 %, over samples drawn anew 1,000 times. Nothing is promised: docs/calibration.md.\n\nExamples:\n  exclusim fronts edge-16x16 workloads/vgg-mini-fashion --repeats 5\n  exclusim fronts tpu-v1 workloads/vgg-mini-fashion workloads/vgg-mini-fashion/softmax.toml --rules distance,confidence --out fronts"
)]
pub(in crate::cli) struct Fronts {
    /// Architecture file
    #[arg(value_name = "ARCH")]
    pub(in crate::cli) arch: PathBuf,
    /// Workload folders, or the workload.toml in them; twins of one network on the same samples
    #[arg(value_name = "WORKLOAD", required = true)]
    pub(in crate::cli) workloads: Vec<PathBuf>,
    /// Rules to compare: relative-to-max, distance, confidence, entropy, margin, patience
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "relative-to-max,distance,confidence"
    )]
    pub(in crate::cli) rules: Vec<RuleKind>,
    /// Losses of accuracy to compare at, in points against each network's own plain accuracy
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = percent, default_value = "0.2%,0.5%,0.8%", allow_hyphen_values = true)]
    pub(in crate::cli) loss: Vec<f64>,
    /// What fronts make small [default: cycles]
    #[arg(long, value_enum)]
    pub(in crate::cli) objective: Option<Objective>,
    /// Fronts of so many splits of the calibration samples
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(in crate::cli) repeats: u32,
    /// What splits the samples, for the first front; the next ones count on
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(in crate::cli) seed: u64,
    #[command(flatten)]
    pub(in crate::cli) set: Overrides,
    /// Folder for equal-loss.csv, differences.csv and fronts.csv [default: nothing is written]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) threads: Threads,
}
