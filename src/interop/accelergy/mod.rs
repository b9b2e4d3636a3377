//! Accelergy: its reference tables as prices of ours, and our counts and prices in its formats.

mod export;
mod import;
mod tables;

pub use export::{Reports, reports};
pub use import::{Files, technology_file};
