//! Results as rows, objects and pictures. Nothing here computes a result; columns and keys are an interface.

mod against;
mod arrivals;
mod batch;
mod breakdown;
mod exits;
mod explained;
mod fpga;
mod fronts;
pub mod html;
mod intervals;
mod layers;
mod machine;
pub mod plot;
mod printed;
mod prose;
mod samples;
mod segments;
mod sensitivity;
mod summary;
mod table;
mod wide;

pub use against::AgainstSummary;
pub use arrivals::{ArrivalSummary, ResponseSummary, SystemSummary, arrival_summary};
pub use batch::{BatchSummary, BatchSystemSummary, batch_summary};
pub use breakdown::breakdown_csv;
pub use exits::{excluded_csv, exits_csv};
pub use explained::{PathCost, Told, explained_text};
pub use fpga::{
    Counts, FpgaSummary, RangeSummary, ResourceSummary, SavedRange, SystemRange, fpga_summary,
    resource_summary,
};
pub use fronts::{FrontRow, LossRow, MoreRow, differences_csv, fronts_csv, fronts_text, losses_csv};
pub use intervals::IntervalSummary;
pub use layers::{LayerRow, Reached, layer_rows, layers_csv};
pub use machine::{BoundClock, ClockSummary, GivenClock, MachineSummary, RestingSummary};
pub use printed::fpga::{clock_text, clock_warning};
pub use printed::{commented, grouped, summary_text};
pub use prose::{WIDTH, prose};
pub use samples::samples_csv;
pub use segments::segments_csv;
pub use sensitivity::{
    ConditionSummary, GroupSummary, MovesSummary, SensitivitySummary, sensitivity_summary,
};
pub use summary::{
    Across, CyclesByCause, Extras, FlipSummary, HeadSummary, Named, PolicySummary, StageSummary, Summary,
    summary,
};
pub use table::{Form, Table};

/// Rows as CSV with a header, from anything that serializes to named fields.
fn csv_of<R: serde::Serialize>(rows: impl IntoIterator<Item = R>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing plain fields into memory cannot fail.
        let _ = writer.serialize(row);
    }
    text(writer)
}

fn text(writer: csv::Writer<Vec<u8>>) -> String {
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}
