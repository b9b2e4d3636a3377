//! What can be asked for.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

mod check;
mod convert;
mod explain;
mod fit;
mod fronts;
mod mistaken;
mod plot;
mod replay;
mod rerun;
mod shipped;
mod sweep;

pub(super) use check::{Check, HeldBy};
pub(super) use convert::{
    Export, ExportModelExplorer, ExportPerfetto, ExportTo, Exported, Import, ImportAccelergy, ImportFrom,
    ImportScaleSim,
};
pub(super) use explain::Explain;
pub(super) use fit::{Fit, FitFormat};
pub(super) use fronts::Fronts;
pub(super) use mistaken::parsed;
pub(super) use plot::{Plot, PlotWidth};
pub(super) use replay::{ExplainCode, Replay};
pub(super) use rerun::Rerun;
pub(super) use shipped::{Completions, Init, List, Schema, Show};
pub(super) use sweep::{Merge, Sweep};

/// Computes what early exits save on a systolic array (cycles, latency, energy), net of what they cost.
///
/// Without a command it does `run` with its defaults: the shipped network on the shipped edge array.
#[derive(Debug, Parser)]
#[command(name = "exclusim", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 a check failed, 2 bad input, 130 interrupted.\nStart with `exclusim run`, then change one key: `exclusim run --set array.rows=32 --set array.cols=32`."
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Whether errors and headings are coloured; `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto, hide_possible_values = true)]
    pub(super) color: Colour,
    /// No notes and no progress, only results and errors
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Replay a network over its data, decide exits, and report accuracy, cycles, energy and latency
    Run(Run),
    /// Time every layer of a network, without data
    Layers(Layers),
    /// Replay a network and write the scores of every head for every sample
    Replay(Replay),
    /// Say step by step how one code of a replay comes about
    ExplainCode(ExplainCode),
    /// Say of one sample of a run what each head decided, why, and what its path cost
    Explain(Explain),
    /// Find thresholds on the calibration split
    Calibrate(Calibrate),
    /// Compare what rules save at equal loss of accuracy, each on its own front
    Fronts(Fronts),
    /// Evaluate a space of architectures and policies; continues after an interruption
    Sweep(Sweep),
    /// Merge the shards of a sweep
    Merge(Merge),
    /// Do again what made a folder of results, and compare
    Rerun(Rerun),
    /// Draw figures from results, without simulating
    Plot(Plot),
    /// Compare cycle and action counts with those of a lock file that you commit
    Check(Check),
    /// Report which blocks of an FPGA part an architecture takes, and how large an array would fit
    Fit(Fit),
    /// Convert another tool's files to files of exclusim
    Import(Import),
    /// Write results in another tool's format
    Export(Export),
    /// Name what is shipped in the program: architectures, technologies, FPGA parts, workloads, sweeps
    List(List),
    /// Print a shipped file
    Show(Show),
    /// Begin an architecture file: every key with what it means, ready to run
    Init(Init),
    /// Print the JSON Schema of a format, for editors
    Schema(Schema),
    /// Print a script that completes commands in a shell
    Completions(Completions),
    /// Print the manual page
    Man,
}

impl Default for Command {
    fn default() -> Self {
        Self::Run(Run::default())
    }
}

/// Where the defaults are, seen from a clone of the repository.
pub(super) const DEFAULT_ARCH: &str = "arch/edge-16x16.toml";
/// What the default architecture is shipped as.
const DEFAULT_ARCH_NAME: &str = "edge-16x16";
const DEFAULT_WORKLOAD: &str = "workloads/vgg-mini-fashion";

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  exclusim run arch/datacenter-128x128.toml\n  exclusim run --set exclusion.lanes=2 --samples 1000\n  exclusim run --format json | jq .cycles.saved_net\n  exclusim run --against p.toml --against @my-softmax-twin --set arrivals.process=poisson --set \"arrivals.rate=5000 /s\""
)]
pub(super) struct Run {
    /// Architecture file
    #[arg(value_name = "ARCH", default_value = DEFAULT_ARCH)]
    pub(super) arch: PathBuf,
    /// Workload folder, or the workload.toml in it
    #[arg(value_name = "WORKLOAD", default_value = DEFAULT_WORKLOAD)]
    pub(super) workload: PathBuf,
    /// Policy: rule and thresholds [default: policy.toml in the workload's folder]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Another policy to compare with, on the same architecture: POLICY on this workload, POLICY@WORKLOAD on that twin of
    /// the network, @WORKLOAD on the twin with its own policy; may be repeated
    #[arg(long, value_name = "[POLICY][@WORKLOAD]")]
    pub(super) against: Vec<String>,
    #[command(flatten)]
    pub(super) set: Overrides,
    /// Show how the energy saved changes if prices are as wrong as their sources are apart
    #[arg(long)]
    pub(super) sensitivity: bool,
    /// Use only the first N samples
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) samples: Option<u32>,
    /// Folder for the results [default: reports/ARCH-WORKLOAD, and what --set and --policy change]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Print the result and write nothing
    #[arg(long, conflicts_with = "out")]
    pub(super) no_files: bool,
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
            against: Vec::new(),
            set: Overrides::default(),
            sensitivity: false,
            samples: None,
            out: None,
            no_files: false,
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
    /// The same, its tables as Markdown
    Markdown,
    /// Its tables for LaTeX with the package booktabs, the rest as comments
    Latex,
    /// The content of summary.json
    Json,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  exclusim layers arch/edge-16x16.toml workloads/vgg-mini-fashion\n  exclusim layers arch/tpu-v1.toml my.onnx --format csv > layers.csv\n  exclusim layers arch/edge-16x16.toml topology.csv --compat scale-sim\n  exclusim layers nvdla-2048 resnet50-imagenet --explain-schedule conv1"
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
    /// Follow another tool's rules, for comparison only; columns that it does not have stay empty
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(super) compat: Option<Compat>,
    /// Take a topology's rows as a chain: each reads what the row before made, whatever its size
    #[arg(long)]
    pub(super) chain: bool,
    /// Instead of all layers: why this one runs in the schedule it does, beside the next best
    #[arg(long, value_name = "LAYER", conflicts_with = "compat")]
    pub(super) explain_schedule: Option<String>,
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
    /// The same as Markdown
    Markdown,
    /// The same for LaTeX with the package booktabs
    Latex,
    /// All columns, comma-separated
    Csv,
    /// All columns, as objects
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Split {
    /// The images results are reported on
    Evaluation,
    /// The images thresholds are found on
    Calibration,
}

impl From<Split> for crate::load::Split {
    fn from(named: Split) -> Self {
        match named {
            Split::Evaluation => Self::Evaluation,
            Split::Calibration => Self::Calibration,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Requant {
    /// As onnxruntime, bit for bit: one f32 multiplication, round half to even
    Float,
    /// As an accelerator: a 31-bit integer multiplier and one shift that rounds half up
    FixedPoint,
    /// The same with a 15-bit multiplier
    #[value(name = "fixed-point-15")]
    FixedPoint15,
    /// The same with an 8-bit multiplier
    #[value(name = "fixed-point-8")]
    FixedPoint8,
    /// A 31-bit multiplier and two roundings, as gemmlowp
    Gemmlowp,
}

impl From<Requant> for crate::replay::Requant {
    fn from(named: Requant) -> Self {
        match named {
            Requant::Float => Self::Float,
            Requant::FixedPoint => Self::FixedPoint,
            Requant::FixedPoint15 => Self::FixedPoint15,
            Requant::FixedPoint8 => Self::FixedPoint8,
            Requant::Gemmlowp => Self::Gemmlowp,
        }
    }
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The search looks for the least cost on an architecture, over thresholds and over which heads are on. It chooses on one half of the calibration samples, split by --seed class by class, and tests on the other. With the given confidence level the loss stays within the tolerance, on data like the calibration samples. It needs many samples: if none of 1000 is harmed by exits, 0.4 points may still be lost.\n\nExamples:\n  exclusim calibrate workloads/vgg-mini-fashion --tolerance 0.5% --out policy.toml\n  exclusim calibrate workloads/vgg-mini-fashion --tolerance 0.5% --objective energy --arch arch/tpu-v1.toml --out p.toml\n  exclusim calibrate workloads/vgg-mini-fashion --tolerance 0.5% --method paper --rule confidence --out p.toml\n  exclusim calibrate workloads/vgg-mini-fashion --tolerance 0.5% --rule distance --repeats 100 --out p.toml"
)]
pub(super) struct Calibrate {
    /// Workload folder, or the workload.toml in it
    #[arg(value_name = "WORKLOAD")]
    pub(super) workload: PathBuf,
    /// Accuracy that may be lost, in points, such as 0.5%
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_hyphen_values = true)]
    pub(super) tolerance: f64,
    /// How to search
    #[arg(long, value_enum, default_value_t = Method::Search)]
    pub(super) method: Method,
    /// Rule to find thresholds of: relative-to-max, distance, confidence, entropy, margin, patience
    #[arg(long, value_name = "RULE", default_value_t)]
    pub(super) rule: crate::decide::RuleKind,
    /// What the search minimizes [default: cycles]
    #[arg(long, value_enum)]
    pub(super) objective: Option<Objective>,
    /// Architecture on which the search counts costs [default: arch/edge-16x16.toml]
    #[arg(long, value_name = "ARCH")]
    pub(super) arch: Option<PathBuf>,
    #[command(flatten)]
    pub(super) set: Overrides,
    /// Confidence level with which the search keeps the tolerance
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "95%", allow_hyphen_values = true)]
    pub(super) confidence_level: f64,
    /// What splits the samples in halves, one searched on and one held out
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// A line per calibration sample that names its group: a font, a patient, a scene. No group is in both halves, and
    /// the loss is that of a new group
    #[arg(long, value_name = "FILE")]
    pub(super) groups: Option<PathBuf>,
    /// Search on so many splits, from --seed on, and tell how far they differ; the policy is that of the first
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) repeats: u32,
    /// Order in which the paper's search visits heads: all of them, counted from 1, or from 0 as the authors count
    /// [default: by the MACs of the first convolution since the head before, most first]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) order: Option<Vec<usize>>,
    /// Turn on only these heads, counted from 1, such as 2,3,5 [default: paper: all, search: any]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) heads: Option<Vec<usize>>,
    /// What a head remembers of those before it: readmit-top, monotone, memoryless [default: readmit-top]
    #[arg(long)]
    pub(super) memory: Option<crate::decide::Memory>,
    /// How a sample that ran to the end is answered: survivors, product, all [default: survivors]
    #[arg(long = "final")]
    pub(super) answer: Option<crate::decide::FinalAnswer>,
    /// File to write
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) threads: Threads,
}

impl Calibrate {
    /// The architecture that the search pays on.
    pub(super) fn arch(&self) -> &std::path::Path {
        self.arch.as_deref().unwrap_or(std::path::Path::new(DEFAULT_ARCH))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Method {
    /// The least cost on an architecture; keeps the tolerance with a confidence level
    Search,
    /// The paper's greedy search, head by head (arXiv 2309.13443): knows no hardware, guarantees nothing for new data
    Paper,
    /// The same as its authors' code runs it, with its slips, in real numbers; the policy is written as they test it
    Reference,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Objective {
    /// Multiply-accumulates
    Macs,
    /// Clock cycles
    #[default]
    Cycles,
    /// Energy
    Energy,
}

impl From<Objective> for crate::simulate::Objective {
    fn from(named: Objective) -> Self {
        match named {
            Objective::Macs => Self::Macs,
            Objective::Cycles => Self::Cycles,
            Objective::Energy => Self::Energy,
        }
    }
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
