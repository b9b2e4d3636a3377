//! Every figure: from results to a table of plain data, and from that table to a drawing.

use crate::names::closed_set;
mod area;
mod bits;
mod break_even;
mod costs;
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

use super::subject::subject;
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

/// What tells figures apart: one row per figure, in [`Figure::facts`].
struct Facts {
    /// Made to compare runs; with one alone it shows a point.
    compares_runs: bool,
    /// Tells right answers from wrong ones, or classes from each other: not of runs that assume their exits.
    shows_answers: bool,
    /// Whether it shows energies without a word on where their prices lie in a range; given the column that a map shows.
    bare_energy: fn(Option<&str>) -> bool,
    /// The width it reads best at.
    width: Width,
    /// Its data from results, and its drawing from the data.
    make: fn(&[Results], Ask<'_>) -> Result<Made, PlotError>,
}

impl Facts {
    /// Of a figure of one run, a column wide, that shows neither answers nor energies.
    fn of(make: fn(&[Results], Ask<'_>) -> Result<Made, PlotError>) -> Self {
        let bare_energy = |_: Option<&str>| false;
        Self { compares_runs: false, shows_answers: false, bare_energy, width: Width::OneColumn, make }
    }

    fn wide(self) -> Self {
        Self { width: Width::TwoColumns, ..self }
    }

    fn comparing(self) -> Self {
        Self { compares_runs: true, ..self }
    }

    fn of_answers(self) -> Self {
        Self { shows_answers: true, ..self }
    }

    fn of_energy(self) -> Self {
        Self { bare_energy: |_| true, ..self }
    }
}

/// The rows of a figure's file, drawn by the same file or, where two figures show the same rows, by another.
macro_rules! drawn {
    ($file:ident) => {
        drawn!($file, $file)
    };
    ($rows:ident, $draw:ident) => {
        Facts::of(|results, ask| made($rows::rows(results)?, |rows| $draw::draw(rows, ask.page)))
    };
    ($file:ident of a column) => {
        Facts::of(|results, ask| made($file::rows(results, ask.column)?, |rows| $file::draw(rows, ask.page)))
    };
}

/// A sweep that knows no accuracy has a front all the same.
fn pareto_of(results: &[Results], ask: Ask<'_>) -> Result<Made, PlotError> {
    if let [one] = results
        && let Ok(points) = one.points()
        && !points.knows_accuracy()?
    {
        return made(costs::rows(points)?, |rows| costs::draw(rows, ask.page));
    }
    made(pareto::rows(results)?, |rows| pareto::draw(rows, ask.page))
}

impl Figure {
    /// What tells it apart.
    fn facts(self) -> Facts {
        match self {
            Self::Pareto => Facts::of(pareto_of).wide().comparing().of_answers().of_energy(),
            Self::MacsMislead => drawn!(macs_mislead).comparing().of_energy(),
            Self::Saved => drawn!(saved).of_energy(),
            Self::CyclesByCause => drawn!(cycles_by_cause).wide(),
            Self::EnergyByComponent => drawn!(energy_by_component).wide(),
            Self::Utilization => drawn!(utilization),
            Self::Roofline => drawn!(roofline),
            Self::Area => drawn!(area),
            Self::Resources => drawn!(resources),
            Self::ExitsPerHead => drawn!(exits_per_head).of_answers(),
            Self::ExitsPerClass => drawn!(exit_map, exits_per_class).of_answers(),
            Self::ExitMap => drawn!(exit_map).of_answers(),
            Self::EarlyAndLate => drawn!(early_and_late).of_answers(),
            Self::Survivors => drawn!(survivors).wide().of_answers(),
            Self::Heads => drawn!(heads),
            Self::Distribution => drawn!(distribution).wide().of_energy(),
            Self::Sensitivity => drawn!(sensitivity),
            Self::Staircase => drawn!(staircase),
            Self::Bits => drawn!(bits).comparing().of_answers(),
            Self::Load => drawn!(load).wide().comparing(),
            Self::ThresholdSweep => drawn!(threshold_sweep).wide().of_energy(),
            // Energy is the column that is shown unless another one is asked for.
            Self::DesignMap => Facts {
                bare_energy: |column| column.is_none_or(|column| column.starts_with('e')),
                ..drawn!(design_map of a column)
            },
            // Cycles are.
            Self::BreakEven => Facts {
                bare_energy: |column| column.is_some_and(|column| column.starts_with('e')),
                ..drawn!(break_even of a column)
            },
            Self::Parity => drawn!(parity),
        }
    }

    /// Whether it is made to compare runs; with one alone it shows a point.
    #[must_use]
    pub fn compares_runs(self) -> bool {
        self.facts().compares_runs
    }

    /// The width it reads best at.
    #[must_use]
    pub fn usual_width(self) -> Width {
        self.facts().width
    }

    /// Draws it from results.
    ///
    /// # Errors
    /// [`PlotError`] if the results are not those of this figure, or have nothing to show.
    pub fn make(self, results: &[Results], ask: Ask<'_>) -> Result<Made, PlotError> {
        let facts = self.facts();
        let nominal = (facts.bare_energy)(ask.column) && results.iter().any(Results::are_of_an_fpga);
        let lines = [ask.page.note.map(str::to_owned), subject(results), nominal.then(|| NOMINAL.to_owned())];
        let note = lines.into_iter().flatten().collect::<Vec<_>>().join(". ");
        let page = Page { note: (!note.is_empty()).then_some(note.as_str()), ..ask.page };
        let silent = results.iter().find_map(|run| Some((run, run.without_answers()?)));
        if let Some((run, cause)) = silent.filter(|_| facts.shows_answers) {
            let why = format!("{} {cause}: no answer is right or wrong, no class like another's", run.name);
            return Err(PlotError::unfit(why, "give a run of replayed or recorded scores"));
        }
        (facts.make)(results, Ask { page, ..ask })
    }
}

fn made<R: Serialize>(
    rows: Vec<R>,
    draw: impl FnOnce(&[R]) -> Result<Drawing, PlotError>,
) -> Result<Made, PlotError> {
    let drawing = draw(&rows)?;
    Ok(Made { drawing, data: crate::report::csv_of(rows) })
}
