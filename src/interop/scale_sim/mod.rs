//! SCALE-Sim 3.0.0: its configurations and topologies as input, its rules and its reports for comparison.

mod configuration;
mod reports;
mod rules;
pub mod topology;

pub use configuration::architecture_file;
pub use reports::{Reports, layer_rows, reports};
pub use rules::{ScaleSimArray, ScaleSimRow};
