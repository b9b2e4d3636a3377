//! exclusim: what class-exclusion early exits are worth on a systolic array, net of what they cost.
//!
//! A neural network has *heads* after some of its layers. Each head scores all classes and excludes some; a sample whose
//! class is clear leaves there, and the rest of the network is not run for it. That saves cycles and energy; the heads, and
//! the unit that decides, cost some. This crate says what is left.
//!
//! # The flow
//!
//! ```text
//! arch/tech/*.toml, arch/fpga/*.toml ─► tech ─┐
//! arch/*.toml ────────────────────────────────┴─► arch::Arch ─┬─► cost ─► prices, area, FPGA blocks ─┐
//!                                                             ▼                                      │
//!                                                      machine::Machine                              │
//!                                                             ▼                                      │
//! model.onnx ──► network::Network ──┬──► segments ──► map, time ──► table of paths ──────────────────┤
//!                                   ▼                                                                │
//! images.npz ──────────────► replay (once) ──► Scores ──┐                                            │
//! policy.toml ─► decide::Policy ────────────────────────┴──► decide ──► Decisions ───────────────────┤
//!                                                                                                    ▼
//!                                             files of results ◄── report ◄── Outcome ◄──────── simulate
//!
//! SPACE.toml ──► sweep ──► design points ──► the same, step by step, reusing results ──► points.csv, pareto.csv
//! ```
//!
//! Four separations keep each question apart from the others:
//!
//! 1. **Timing never changes the answers** (function from time). [`replay`] computes what the network answers, in exact
//!    integers. No key of the machine changes a score.
//! 2. **New thresholds do not need a new replay** (decision from function). [`decide`] works on stored scores.
//! 3. **Timing does not depend on the number of samples** (paths from samples). [`network::segment`] cuts the network at its
//!    heads; [`time`] makes one table of segments by number of classes alive. A sample's cycles are a sum over that table.
//! 4. **[`time`] counts; only [`cost`] knows energy** (counts from costs). [`time`] yields whole numbers: cycles by cause,
//!    actions by kind. [`cost`] has the prices and areas, from the technology in [`tech`].
//!
//! # Where to start
//!
//! | to | use |
//! |---|---|
//! | read files | [`load`]: [`load::arch`], [`load::workload`], [`load::network`], [`load::space`] |
//! | run once, with the summary and all tables | [`run::run`] |
//! | go step by step | [`decide::decide`], [`simulate::simulate`] |
//! | find thresholds | [`calibrate`] |
//! | explore many machines and policies | [`sweep`] |
//! | write rows, text and figures | [`report`] |
//!
//! `examples/run.rs` makes one run, `examples/array_sizes.rs` goes through sizes of the array. `docs/architecture.md` lists
//! the modules and which of them may import which.

pub mod arch;
pub mod calibrate;
pub mod cli;
pub mod config;
pub mod cost;
pub mod count;
pub mod decide;
pub mod formats;
pub mod interop;
pub mod load;
pub mod lock;
pub mod machine;
pub mod map;
pub mod names;
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
