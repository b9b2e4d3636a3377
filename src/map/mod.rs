//! How a GEMM is laid onto the array: which axis runs along rows, columns and time, and how often it folds.

mod axes;
mod fold;

pub use axes::{Dataflow, Layout, layout};
pub use fold::FoldPlan;
