//! exclusim: what class-exclusion early exits are worth on a systolic array.
//!
//! Data flows one way: `network` and `replay` say what is computed, `decide` what is decided, `map` and `time`
//! how long it takes, `cost` what it costs, and `simulate` puts them together. See `docs/architecture.md`.

pub mod arch;
pub mod calibrate;
pub mod cli;
pub mod config;
pub mod cost;
pub mod count;
pub mod decide;
pub mod interop;
pub mod load;
pub mod lock;
pub mod machine;
pub mod map;
pub mod network;
pub mod random;
pub mod replay;
pub mod report;
pub mod run;
pub mod shape;
pub mod simulate;
pub mod sweep;
pub mod tech;
pub mod time;
pub mod unit;
pub mod units;
pub mod workload;
