//! Function: what a quantized network computes, exactly, whatever the hardware's timing.

mod scores;

pub use scores::{ScoreTable, Scores};
