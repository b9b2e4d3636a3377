//! Arguments of `exclusim replay` and `exclusim explain-code`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{Requant, Split, Threads};

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Replay {
    /// Workload folder, or the workload.toml in it
    #[arg(value_name = "WORKLOAD")]
    pub(in crate::cli) workload: PathBuf,
    /// File to write, NumPy's .npz
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: PathBuf,
    /// Which split to replay
    #[arg(long, value_enum, default_value_t = Split::Evaluation)]
    pub(in crate::cli) split: Split,
    /// How sums become codes; other than float, what that changes is told [default: the workload's, else float]
    #[arg(long, value_enum)]
    pub(in crate::cli) requant: Option<Requant>,
    /// Write the codes after this node (its name or its tensor's) of one sample instead of scores; `all`; may be repeated
    #[arg(long, value_name = "NODE")]
    pub(in crate::cli) dump: Vec<String>,
    /// The sample whose codes are written
    #[arg(long, value_name = "N", default_value_t = 0, requires = "dump")]
    pub(in crate::cli) sample: usize,
    #[command(flatten)]
    pub(in crate::cli) threads: Threads,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ExplainCode {
    /// Workload folder, or the workload.toml in it
    #[arg(value_name = "WORKLOAD")]
    pub(in crate::cli) workload: PathBuf,
    /// The node that makes it: its name, or its tensor's
    #[arg(value_name = "NODE")]
    pub(in crate::cli) node: String,
    /// Which code of the node's tensor, counted as ONNX orders them: channel, row, column
    #[arg(value_name = "INDEX")]
    pub(in crate::cli) index: usize,
    /// The sample
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(in crate::cli) sample: usize,
    /// Which split the sample is of
    #[arg(long, value_enum, default_value_t = Split::Evaluation)]
    pub(in crate::cli) split: Split,
    /// How sums become codes [default: the workload's, else float]
    #[arg(long, value_enum)]
    pub(in crate::cli) requant: Option<Requant>,
}
