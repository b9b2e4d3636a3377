//! What can be asked of other tools' files.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::Overrides;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Import {
    #[command(subcommand)]
    pub(in crate::cli) from: ImportFrom,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ImportFrom {
    /// A SCALE-Sim configuration (.cfg) as an architecture file
    ScaleSim(ImportScaleSim),
    /// Accelergy's reference tables (ERT, ART) as a technology file
    Accelergy(ImportAccelergy),
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The map says which component and action of the tables pays for each of ours: docs/formats.md. Name the written file in an architecture's `technology`.\n\nExample:\n  exclusim import accelergy --ert ERT.yaml --art ART.yaml --map map.toml --out arch/tech/mine.toml"
)]
pub(in crate::cli) struct ImportAccelergy {
    /// Energy reference table, version 0.3 or 0.4
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ert: PathBuf,
    /// Area reference table
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) art: Option<PathBuf>,
    /// Which of their components is which of ours
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) map: PathBuf,
    /// Technology for what the tables do not have: delays, kinds of DRAM
    #[arg(long, value_name = "FILE", default_value = "arch/tech/45nm.toml")]
    pub(in crate::cli) technology: PathBuf,
    /// Technology file to write
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: PathBuf,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The file says which values SCALE-Sim did not give. Topologies need no import: give them to `exclusim layers`.\n\nExample:\n  exclusim import scale-sim --cfg scale.cfg --out arch/my-array.toml"
)]
pub(in crate::cli) struct ImportScaleSim {
    /// SCALE-Sim's configuration
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) cfg: PathBuf,
    /// Prices the architecture shall name
    #[arg(long, value_name = "FILE", default_value = "arch/tech/45nm.toml")]
    pub(in crate::cli) technology: PathBuf,
    /// Architecture file to write
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Export {
    #[command(subcommand)]
    pub(in crate::cli) to: ExportTo,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ExportTo {
    /// COMPUTE_REPORT.csv, BANDWIDTH_REPORT.csv and DETAILED_ACCESS_REPORT.csv as SCALE-Sim writes them
    #[command(
        after_help = "Under SCALE-Sim's rules and without stalls, as `exclusim layers --compat scale-sim`. Empty cells depend on its prefetcher or on addresses: total cycles with prefetch, start and stop cycles, DRAM traffic.\n\nExample:\n  exclusim export scale-sim arch/edge-16x16.toml topology.csv --out reports/scale-sim"
    )]
    ScaleSim(Exported),
    /// action_counts.yaml of one inference, with ERT.yaml and ART.yaml to price it
    #[command(
        after_help = "The counts are of the full path, every head running and all classes alive; zeros gate nothing, since no data are read.\n\nExample:\n  exclusim export accelergy arch/edge-16x16.toml workloads/vgg-mini-fashion --out reports/accelergy"
    )]
    Accelergy(Exported),
    /// A run's timelines as a trace for ui.perfetto.dev: array, DRAM bus, scratchpads and units, tile by tile
    #[command(
        after_help = "In the viewer 1 ns is 1 cycle. Lengths on the track `array` sum to the cycles in samples.csv. The run's inputs must lie where they lay.\n\nExamples:\n  exclusim export perfetto reports/edge-16x16-vgg-mini-fashion --samples 3,17 --out trace.json\n  exclusim export perfetto reports/edge-16x16-vgg-mini-fashion --paths all --out trace.json"
    )]
    Perfetto(ExportPerfetto),
    /// A run's cycles, stalls and energy by node, for Google's Model Explorer
    #[command(
        after_help = "Of one inference on which every head runs, as in layers.csv. Open the run's model in Model Explorer (for ONNX with the adapter model-explorer-onnx), then load a file as node data.\n\nExample:\n  exclusim export model-explorer reports/edge-16x16-vgg-mini-fashion --out overlay"
    )]
    ModelExplorer(ExportModelExplorer),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ExportPerfetto {
    /// A folder that `exclusim run` wrote
    #[arg(value_name = "RUN")]
    pub(in crate::cli) run: PathBuf,
    /// Samples to show, counted from 0, such as 3,17
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        required_unless_present = "paths",
        conflicts_with = "paths"
    )]
    pub(in crate::cli) samples: Option<Vec<usize>>,
    /// Instead, every different path that a sample takes
    #[arg(long, value_enum, value_name = "WHICH")]
    pub(in crate::cli) paths: Option<Paths>,
    /// Also show the folds inside tiles
    #[arg(long)]
    pub(in crate::cli) folds: bool,
    /// File to write
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: PathBuf,
}

/// Which paths.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Paths {
    /// Every one that a sample of the run takes, the most frequent first
    All,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ExportModelExplorer {
    /// A folder that `exclusim run` wrote
    #[arg(value_name = "RUN")]
    pub(in crate::cli) run: PathBuf,
    /// Folder for the files
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Exported {
    /// Architecture file
    #[arg(value_name = "ARCH")]
    pub(in crate::cli) arch: PathBuf,
    /// A workload, an .onnx model, or a SCALE-Sim topology .csv
    #[arg(value_name = "NETWORK")]
    pub(in crate::cli) network: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) set: Overrides,
    /// Folder for the files
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
}
