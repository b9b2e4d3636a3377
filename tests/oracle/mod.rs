//! Do others agree? Results of pinned outside tools, committed with the script that makes each, against ours.
//!
//! Known differences are asserted as differences and explained in `docs/deviations.md`.

mod onnxruntime;
mod parity;
mod scale_sim;
