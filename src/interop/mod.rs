//! Files and results of other tools: SCALE-Sim's and Accelergy's, read and written.
//!
//! Nothing of the model depends on them, so they lie above it: what is read becomes a file or plain data of ours, what is
//! written is made of our results.

pub mod accelergy;
pub mod scale_sim;
