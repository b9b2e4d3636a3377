//! What can be asked for.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// What class-exclusion early exits are worth on a systolic array, net of what they cost.
///
/// Without a command, `run` with its defaults: the shipped network on the shipped edge array.
#[derive(Debug, Parser)]
#[command(name = "exclusim", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 a check fell short, 2 bad input.\nStart with `exclusim run`, then change one key: `exclusim run --set array.rows=32 --set array.cols=32`."
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Replay a network over its data, decide exits, and report accuracy, cycles, energy and latency
    Run(Run),
    /// Time every layer of a network, without data
    Layers(Layers),
    /// Replay a network and write the scores of every head for every sample
    Replay(Replay),
    /// Find exclusion thresholds on the calibration split
    Calibrate(Calibrate),
    /// Explore a space of architectures and policies; resumes by itself
    Sweep(Sweep),
    /// Put the shards of a sweep together
    Merge(Merge),
    /// Turn another tool's files into ours
    Import(Import),
    /// Write results as another tool would
    Export(Export),
}

impl Default for Command {
    fn default() -> Self {
        Self::Run(Run::default())
    }
}

/// Where the defaults are, seen from a clone of the repository.
const DEFAULT_ARCH: &str = "arch/edge-16x16.toml";
const DEFAULT_WORKLOAD: &str = "workloads/vgg-mini-fashion";

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  exclusim run arch/datacenter-128x128.toml\n  exclusim run --set exclusion.lanes=2 --samples 1000\n  exclusim run --format json | jq .cycles.saved_net"
)]
pub(super) struct Run {
    /// Architecture file
    #[arg(value_name = "ARCH", default_value = DEFAULT_ARCH)]
    pub(super) arch: PathBuf,
    /// Workload folder, or the workload.toml in it
    #[arg(value_name = "WORKLOAD", default_value = DEFAULT_WORKLOAD)]
    pub(super) workload: PathBuf,
    /// Exclusion policy [default: policy.toml in the workload's folder]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(super) set: Overrides,
    /// Use only the first N samples
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) samples: Option<u32>,
    /// Folder for the results [default: reports/ARCH-WORKLOAD]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = SummaryFormat::Table)]
    pub(super) format: SummaryFormat,
    #[command(flatten)]
    pub(super) threads: Threads,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            arch: DEFAULT_ARCH.into(),
            workload: DEFAULT_WORKLOAD.into(),
            policy: None,
            set: Overrides::default(),
            samples: None,
            out: None,
            format: SummaryFormat::Table,
            threads: Threads::default(),
        }
    }
}

#[derive(Debug, Default, ClapArgs)]
pub(super) struct Overrides {
    /// Override one key of the architecture, such as array.rows=32; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

#[derive(Debug, Default, ClapArgs)]
pub(super) struct Threads {
    /// Threads at most [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

impl Threads {
    pub(super) fn jobs(&self) -> Option<usize> {
        self.jobs.map(usize::from)
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SummaryFormat {
    /// A summary for people
    Table,
    /// The content of summary.json
    Json,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  exclusim layers arch/edge-16x16.toml workloads/vgg-mini-fashion\n  exclusim layers arch/tpu-v1.toml my.onnx --format csv > layers.csv\n  exclusim layers arch/edge-16x16.toml topology.csv --compat scale-sim"
)]
pub(super) struct Layers {
    /// Architecture file
    #[arg(value_name = "ARCH")]
    pub(super) arch: PathBuf,
    /// A workload, an .onnx model, or a SCALE-Sim topology .csv (convolutions or GEMMs)
    #[arg(value_name = "NETWORK")]
    pub(super) network: PathBuf,
    #[command(flatten)]
    pub(super) set: Overrides,
    /// Follow another tool's rules, for comparison only; what it has no word for stays empty
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(super) compat: Option<Compat>,
    /// What to print
    #[arg(long, value_enum, default_value_t = LayersFormat::Table)]
    pub(super) format: LayersFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Compat {
    /// SCALE-Sim 3.0.0 without stalls: totals are the last cycle's index, OS does not drain, output sizes round up
    ScaleSim,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LayersFormat {
    /// A table for people
    Table,
    /// All columns, comma-separated
    Csv,
    /// All columns, one object a layer
    Json,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Replay {
    /// Workload folder, or the workload.toml in it
    #[arg(value_name = "WORKLOAD")]
    pub(super) workload: PathBuf,
    /// File to write, NumPy's .npz
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Which split to replay
    #[arg(long, value_enum, default_value_t = Split::Evaluation)]
    pub(super) split: Split,
    /// How sums become codes
    #[arg(long, value_enum, default_value_t = Requant::Float)]
    pub(super) requant: Requant,
    #[command(flatten)]
    pub(super) threads: Threads,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Split {
    /// The images results are reported on
    Evaluation,
    /// The images thresholds are found on
    Calibration,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Requant {
    /// As onnxruntime, bit for bit: one f32 multiplication, round half to even
    Float,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  exclusim calibrate workloads/vgg-mini-fashion --tolerance 0.5% --out policy.toml"
)]
pub(super) struct Calibrate {
    /// Workload folder, or the workload.toml in it
    #[arg(value_name = "WORKLOAD")]
    pub(super) workload: PathBuf,
    /// Accuracy that may be lost on the calibration split, such as 0.5%
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_hyphen_values = true)]
    pub(super) tolerance: f64,
    /// How to search
    #[arg(long, value_enum, default_value_t = Method::Paper)]
    pub(super) method: Method,
    /// Turn on only these heads, counted from 1, such as 2,3,5 [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) heads: Option<Vec<usize>>,
    /// What a head remembers of those before it: readmit-top, monotone, memoryless
    #[arg(long, default_value_t)]
    pub(super) memory: crate::exclude::Memory,
    /// How a sample that ran to the end is answered: survivors, product, all
    #[arg(long = "final", default_value_t)]
    pub(super) answer: crate::exclude::FinalAnswer,
    /// File to write
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) threads: Threads,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Method {
    /// The paper's greedy search, head by head (arXiv 2309.13443)
    Paper,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Interrupted at any moment, the same command goes on where it was. The rows do not depend on threads, shards or interruptions.\n\nExamples:\n  exclusim sweep arch/sweeps/shape-dataflow.toml --dry-run\n  exclusim sweep arch/sweeps/everything.toml --out reports/everything\n  exclusim sweep space.toml --shard 3/8 --out shards/3"
)]
pub(super) struct Sweep {
    /// The space: what varies, and what is looked for
    #[arg(value_name = "SPACE")]
    pub(super) space: PathBuf,
    /// Folder for the results, or one where this sweep was interrupted [default: reports/NAME]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Work on one of N shards only, counted from 1; `exclusim merge` puts them together
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub(super) shard: Option<[u64; 2]>,
    /// Say how many points there are, show the first ones and estimate the time; write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) threads: Threads,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The result is what one process would have written, byte for byte.\n\nExample:\n  exclusim merge shards/* --out reports/everything"
)]
pub(super) struct Merge {
    /// Folders of finished shards, in any order
    #[arg(value_name = "DIR", required = true)]
    pub(super) shards: Vec<PathBuf>,
    /// Folder for the whole
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Import {
    #[command(subcommand)]
    pub(super) from: ImportFrom,
}

#[derive(Debug, Subcommand)]
pub(super) enum ImportFrom {
    /// A SCALE-Sim configuration (.cfg) as an architecture file
    ScaleSim(ImportScaleSim),
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The file says which values SCALE-Sim did not give. Topologies need no import: give them to `exclusim layers`.\n\nExample:\n  exclusim import scale-sim --cfg scale.cfg --out arch/my-array.toml"
)]
pub(super) struct ImportScaleSim {
    /// SCALE-Sim's configuration
    #[arg(long, value_name = "FILE")]
    pub(super) cfg: PathBuf,
    /// Prices the architecture shall name
    #[arg(long, value_name = "FILE", default_value = "arch/tech/45nm.toml")]
    pub(super) technology: PathBuf,
    /// Architecture file to write
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Export {
    #[command(subcommand)]
    pub(super) to: ExportTo,
}

#[derive(Debug, Subcommand)]
pub(super) enum ExportTo {
    /// COMPUTE_REPORT.csv, BANDWIDTH_REPORT.csv and DETAILED_ACCESS_REPORT.csv as SCALE-Sim writes them
    ScaleSim(ExportScaleSim),
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Under SCALE-Sim's rules and without stalls, as `exclusim layers --compat scale-sim`. Empty cells depend on its prefetcher or on addresses: total cycles with prefetch, start and stop cycles, DRAM traffic.\n\nExample:\n  exclusim export scale-sim arch/edge-16x16.toml topology.csv --out reports/scale-sim"
)]
pub(super) struct ExportScaleSim {
    /// Architecture file
    #[arg(value_name = "ARCH")]
    pub(super) arch: PathBuf,
    /// A workload, an .onnx model, or a SCALE-Sim topology .csv
    #[arg(value_name = "NETWORK")]
    pub(super) network: PathBuf,
    #[command(flatten)]
    pub(super) set: Overrides,
    /// Folder for the reports
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
}

/// `0.5%`, as a fraction.
fn percent(text: &str) -> Result<f64, String> {
    let Some(number) = text.trim().strip_suffix('%') else {
        return Err("write a percentage with its sign, such as 0.5%".into());
    };
    match number.trim().parse::<f64>() {
        Err(_) => Err(format!("`{}` is not a number; write a percentage such as 0.5%", number.trim())),
        Ok(value) if (0.0..=100.0).contains(&value) => Ok(value / 100.0),
        Ok(_) => Err("write a percentage from 0% to 100%".into()),
    }
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
