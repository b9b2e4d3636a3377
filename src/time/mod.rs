//! Time: cycles by cause and actions by kind, as integers, for every segment of a network.

mod actions;
mod array;
mod crossing;
mod decision;
mod engine;
mod explain;
mod homes;
mod lanes;
mod lay;
mod memo;
mod memory;
mod outflow;
mod parts;
mod path;
pub mod prefetch;
mod product;
mod registers;
mod resident;
pub mod schedule;
mod speculate;
mod step;
mod steps;
mod tiling;
pub mod timeline;
mod walk;

pub use array::{array_cycles, fold_period};
pub use explain::{Alternative, Explained, explain};
pub use homes::unschedulable;
pub use lay::Schedule;
pub use memory::{Homes, SUM_BYTES, Traffic, traffic};
pub use parts::{Parts, PerWorkPart, WorkPart};
pub use path::{Deciders, PathTable, SegmentTime, path_table};
pub use step::{StepTiming, resident_bytes, time_step};
pub use tiling::{Moves, Tiling};
pub use walk::{Pace, walk_cycles};
