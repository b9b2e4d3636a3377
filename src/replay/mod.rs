//! Function: what a quantized network computes, exactly, whatever the hardware's timing.

mod assume;
mod buffers;
mod codes;
mod data;
mod decided;
mod error;
mod explain;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod explain_tests;
mod images;
mod integer;
mod kernel;
mod npz;
mod places;
mod plan;
mod requant;
mod scores;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod trace;

pub use assume::Assumption;
pub use codes::{Codes, codes};
pub use data::DataError;
pub use error::ReplayError;
pub use explain::explain;
pub use images::{Images, Pixels, Preprocess};
pub use integer::{Engine, replay, replay_layers, replay_with};
pub use kernel::Kernel;
pub use requant::Requant;
pub use scores::{ScoreTable, Scores};
