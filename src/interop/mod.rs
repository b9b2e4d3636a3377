//! Files and results of other tools: SCALE-Sim's and Accelergy's, read and written; traces for Perfetto and node data for
//! Model Explorer, written.
//!
//! Nothing of the model depends on them, so they lie above it: what is read becomes a file or plain data of ours, what is
//! written is made of our results.

pub mod accelergy;
pub mod model_explorer;
pub mod perfetto;
pub mod scale_sim;
