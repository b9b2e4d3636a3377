//! Arguments of `exclusim plot`.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args as ClapArgs, ValueEnum};

use crate::report::plot::Figure;

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Each figure is written as SVG, PNG (300 dots per inch) and CSV (the numbers that it shows). What each figure shows, and of which results: docs/figures.md.\n\nExamples:\n  exclusim plot reports/edge-16x16-vgg-mini-fashion\n  exclusim plot --figure roofline --width two-columns reports/edge-16x16-vgg-mini-fashion\n  exclusim plot --figure macs-mislead reports/edge reports/tpu --out figures\n  exclusim plot --figure design-map --column latency_s reports/shape-dataflow"
)]
pub(in crate::cli) struct Plot {
    /// Folders that `exclusim run` or `exclusim sweep` wrote
    #[arg(value_name = "RESULTS")]
    pub(in crate::cli) results: Vec<PathBuf>,
    /// Which figure [default: all that fit the results]
    #[arg(long, value_name = "NAME", hide_possible_values = false)]
    pub(in crate::cli) figure: Option<Figure>,
    /// Print width: 85 mm or 180 mm [default: the figure's own]
    #[arg(long, value_enum)]
    pub(in crate::cli) width: Option<PlotWidth>,
    /// A title above the figure [default: none]
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) title: Option<String>,
    /// Write the letters of SVGs as text that can be edited, in a font of the viewer [default: outlines, the same everywhere]
    #[arg(long)]
    pub(in crate::cli) editable: bool,
    /// Column of points.csv that a map shows, such as latency_s
    #[arg(long, value_name = "COLUMN")]
    pub(in crate::cli) column: Option<String>,
    /// Folder for the figures [default: plots in the first folder of results]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum PlotWidth {
    /// 85 mm
    OneColumn,
    /// 180 mm
    TwoColumns,
}

impl ValueEnum for Figure {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}
