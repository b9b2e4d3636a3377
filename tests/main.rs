//! Every test that stands outside the crate, as one program: a module asks one question, and says which at its top.
//! One module alone: `cargo test --test suite laws::`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

mod absurd;
mod accelergy;
mod alone;
mod arrivals;
mod assumed;
mod attack;
mod bring;
mod by_hand;
mod check;
mod cli;
mod clock;
mod conventional;
mod docs;
mod energy;
mod explain;
mod findings;
mod fpga;
mod golden;
mod laws;
mod layering;
mod mistakes;
mod oracle;
mod placement;
mod policies;
mod provenance;
mod report;
mod results;
mod rtl;
mod schedules;
mod stepped;
mod sweep;
mod technology;
mod tile_walk;
mod timeline;
mod validation;
mod workload;
