//! How a GEMM is laid onto the array: which axis runs along rows, columns and time, and how often it folds.

mod axes;
mod fold;
mod loops;
mod place;
mod sequence;

pub use axes::{Dataflow, DataflowChoice, Layout, Role, layout};
pub use fold::FoldPlan;
pub use loops::{ORDERS, along, at, idle, tile_units};
pub use place::Place;
pub use sequence::{EdgeFolds, Fold, Sequence};
