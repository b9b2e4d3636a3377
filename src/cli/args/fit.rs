//! What can be asked of a part.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::Overrides;

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit code 1 if it does not fit. The exclusion unit is built for NETWORK's heads and classes, and for class exclusion.\n\nExamples:\n  exclusim fit arch/edge-16x16.toml --device zynq-7020\n  exclusim fit arch/zcu104-16x16.toml workloads/resnet20-glyph94 --set fpga.mac=dsp-packed\n  exclusim fit my-array.toml --device my-parts/xc7k325t.toml --format csv"
)]
pub(in crate::cli) struct Fit {
    /// Architecture file, with `[fpga]` or without
    #[arg(value_name = "ARCH")]
    pub(in crate::cli) arch: PathBuf,
    /// Network whose heads and classes the exclusion unit is built for: a workload, an .onnx model, or a topology .csv [default: 6 heads, 10 classes]
    #[arg(value_name = "NETWORK")]
    pub(in crate::cli) network: Option<PathBuf>,
    /// A shipped FPGA part, or the file of a part, instead of the one that `[fpga]` names
    #[arg(long, value_name = "DEVICE")]
    pub(in crate::cli) device: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) set: Overrides,
    /// What to print
    #[arg(long, value_enum, default_value_t = FitFormat::Table)]
    pub(in crate::cli) format: FitFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum FitFormat {
    /// A table for people
    Table,
    /// All parts, comma-separated
    Csv,
    /// The verdict as an object
    Json,
}
