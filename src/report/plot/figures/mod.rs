//! Every figure: from results to a table of plain data, and from that table to a drawing.

use crate::names::closed_set;
mod area;
mod bits;
mod break_even;
mod cycles_by_cause;
mod design_map;
mod distribution;
mod early_and_late;
mod energy_by_component;
mod exit_map;
mod exits_per_class;
mod exits_per_head;
mod heads;
mod layers;
mod load;
mod macs_mislead;
mod pareto;
mod parity;
mod resources;
mod roofline;
mod saved;
mod sensitivity;
mod staircase;
mod survivors;
mod sweeps;
mod thinned;
mod threshold_sweep;
mod utilization;

use serde::Serialize;

use super::{Drawing, Page, PlotError, Results, Width};

/// Said above a figure that shows single energies of an FPGA, of which only ranges are known.
const NOMINAL: &str = "Energies are at nominal prices; summaries give their range.";

closed_set! {
    /// A figure by its name.
    pub enum Figure {
        /// Accuracy against energy and latency.
        Pareto = "pareto",
        /// MACs against cycles against energy saved.
        MacsMislead = "macs-mislead",
        /// MACs, cycles and energy saved against both baselines.
        Saved = "saved",
        /// Cycles of every layer by cause.
        CyclesByCause = "cycles-by-cause",
        /// Energy of every layer by component.
        EnergyByComponent = "energy-by-component",
        /// Utilization of the array by layer.
        Utilization = "utilization",
        /// Layers below the roof that array and DRAM build.
        Roofline = "roofline",
        /// Area by component.
        Area = "area",
        /// Native blocks of an FPGA by part of the design.
        Resources = "resources",
        /// Who leaves where, and whether rightly.
        ExitsPerHead = "exits-per-head",
        /// Exits of every class as bars.
        ExitsPerClass = "exits-per-class",
        /// Exits of every class as a map.
        ExitMap = "exit-map",
        /// Right and wrong, too early and too late.
        EarlyAndLate = "early-and-late",
        /// Classes alive after every head, and which ones it excludes.
        Survivors = "survivors",
        /// What every head costs and skips.
        Heads = "heads",
        /// Latency and energy over samples.
        Distribution = "distribution",
        /// How far energy saved moves with prices.
        Sensitivity = "sensitivity",
        /// Cycles against classes alive.
        Staircase = "staircase",
        /// Bits of the unit's tables against decisions and accuracy.
        Bits = "bits",
        /// Latency and throughput against load.
        Load = "load",
        /// Accuracy, exits and energy against a threshold.
        ThresholdSweep = "threshold-sweep",
        /// A result by rows and columns of the array.
        DesignMap = "design-map",
        /// Where exits begin to pay.
        BreakEven = "break-even",
        /// The model against Verilog and another simulator.
        Parity = "parity",
    }
}

/// What a figure is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// Width and title.
    pub page: Page<'a>,
    /// The column of `points.csv` that a map shows; each map has a default.
    pub column: Option<&'a str>,
}

/// A figure and the data it shows.
pub struct Made {
    /// The picture.
    pub drawing: Drawing,
    /// A CSV with a header, one row per mark.
    pub data: String,
}

impl Figure {
    /// Whether it is meant to set several runs beside each other; with one alone it shows a point.
    #[must_use]
    pub fn compares_runs(self) -> bool {
        matches!(self, Self::Pareto | Self::MacsMislead | Self::Bits | Self::Load)
    }

    /// Whether it tells right answers from wrong ones, or classes from each other.
    fn shows_answers(self) -> bool {
        matches!(
            self,
            Self::Pareto
                | Self::EarlyAndLate
                | Self::ExitsPerHead
                | Self::ExitsPerClass
                | Self::ExitMap
                | Self::Survivors
                | Self::Bits
        )
    }

    /// Whether it shows energies without a word on where their prices lie in a range; `column` is what a map shows.
    fn shows_bare_energy(self, column: Option<&str>) -> bool {
        match self {
            Self::Pareto | Self::MacsMislead | Self::Saved | Self::Distribution | Self::ThresholdSweep => {
                true
            }
            Self::DesignMap => column.is_none_or(|column| column.starts_with('e')),
            Self::BreakEven => column.is_some_and(|column| column.starts_with('e')),
            Self::CyclesByCause
            | Self::EnergyByComponent
            | Self::Utilization
            | Self::Roofline
            | Self::Area
            | Self::Resources
            | Self::ExitsPerHead
            | Self::ExitsPerClass
            | Self::ExitMap
            | Self::EarlyAndLate
            | Self::Survivors
            | Self::Heads
            | Self::Sensitivity
            | Self::Staircase
            | Self::Bits
            | Self::Load
            | Self::Parity => false,
        }
    }

    /// The width it reads best at.
    #[must_use]
    pub fn usual_width(self) -> Width {
        match self {
            Self::Pareto
            | Self::CyclesByCause
            | Self::EnergyByComponent
            | Self::Survivors
            | Self::Distribution
            | Self::Load
            | Self::ThresholdSweep => Width::TwoColumns,
            Self::MacsMislead
            | Self::Saved
            | Self::Utilization
            | Self::Roofline
            | Self::Area
            | Self::Resources
            | Self::ExitsPerHead
            | Self::ExitsPerClass
            | Self::ExitMap
            | Self::EarlyAndLate
            | Self::Heads
            | Self::Sensitivity
            | Self::Staircase
            | Self::Bits
            | Self::DesignMap
            | Self::BreakEven
            | Self::Parity => Width::OneColumn,
        }
    }

    /// Draws it from results.
    ///
    /// # Errors
    /// [`PlotError`] if the results are not those of this figure, or have nothing to show.
    pub fn make(self, results: &[Results], ask: Ask<'_>) -> Result<Made, PlotError> {
        let nominal = self.shows_bare_energy(ask.column) && results.iter().any(Results::are_of_an_fpga);
        let page = Page { note: nominal.then_some(NOMINAL).or(ask.page.note), ..ask.page };
        if let Some(run) = results.iter().find(|run| self.shows_answers() && run.assumes_exits()) {
            let why = format!(
                "{} assumes where samples leave: no answer is right or wrong, no class like another's",
                run.name
            );
            return Err(PlotError::unfit(why, "give a run of replayed or recorded scores"));
        }
        match self {
            Self::Pareto => made(pareto::rows(results)?, |rows| pareto::draw(rows, page)),
            Self::MacsMislead => made(macs_mislead::rows(results)?, |rows| macs_mislead::draw(rows, page)),
            Self::Saved => made(saved::rows(results)?, |rows| saved::draw(rows, page)),
            Self::CyclesByCause => {
                made(cycles_by_cause::rows(results)?, |rows| cycles_by_cause::draw(rows, page))
            }
            Self::EnergyByComponent => {
                made(energy_by_component::rows(results)?, |rows| energy_by_component::draw(rows, page))
            }
            Self::Utilization => made(utilization::rows(results)?, |rows| utilization::draw(rows, page)),
            Self::Roofline => made(roofline::rows(results)?, |rows| roofline::draw(rows, page)),
            Self::Area => made(area::rows(results)?, |rows| area::draw(rows, page)),
            Self::Resources => made(resources::rows(results)?, |rows| resources::draw(rows, page)),
            Self::ExitsPerHead => {
                made(exits_per_head::rows(results)?, |rows| exits_per_head::draw(rows, page))
            }
            Self::ExitsPerClass => made(exit_map::rows(results)?, |rows| exits_per_class::draw(rows, page)),
            Self::ExitMap => made(exit_map::rows(results)?, |rows| exit_map::draw(rows, page)),
            Self::EarlyAndLate => {
                made(early_and_late::rows(results)?, |rows| early_and_late::draw(rows, page))
            }
            Self::Survivors => made(survivors::rows(results)?, |rows| survivors::draw(rows, page)),
            Self::Heads => made(heads::rows(results)?, |rows| heads::draw(rows, page)),
            Self::Distribution => made(distribution::rows(results)?, |rows| distribution::draw(rows, page)),
            Self::Sensitivity => made(sensitivity::rows(results)?, |rows| sensitivity::draw(rows, page)),
            Self::Staircase => made(staircase::rows(results)?, |rows| staircase::draw(rows, page)),
            Self::Bits => made(bits::rows(results)?, |rows| bits::draw(rows, page)),
            Self::Load => made(load::rows(results)?, |rows| load::draw(rows, page)),
            Self::ThresholdSweep => {
                made(threshold_sweep::rows(results)?, |rows| threshold_sweep::draw(rows, page))
            }
            Self::DesignMap => {
                made(design_map::rows(results, ask.column)?, |rows| design_map::draw(rows, page))
            }
            Self::BreakEven => {
                made(break_even::rows(results, ask.column)?, |rows| break_even::draw(rows, page))
            }
            Self::Parity => made(parity::rows(results)?, |rows| parity::draw(rows, page)),
        }
    }
}

fn made<R: Serialize>(
    rows: Vec<R>,
    draw: impl FnOnce(&[R]) -> Result<Drawing, PlotError>,
) -> Result<Made, PlotError> {
    let drawing = draw(&rows)?;
    Ok(Made { drawing, data: crate::report::csv_of(rows) })
}
