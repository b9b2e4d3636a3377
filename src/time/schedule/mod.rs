//! Schedules: how one layer is cut into tiles, in which order they run, and what stays on chip between them.
//!
//! A schedule is a dataflow, tile extents along M, N and K, the order of the three tile loops, and for each operand
//! whether its tiles are kept over the loop that does not index it. Inside a tile folds run as `time/array.rs` says. One
//! tile is fetched ahead of the one that works, so a layer takes
//!
//! latency + load(first) + sum over tiles of max(period(i), load(i + 1) + store(i - 1)) + store(last),
//!
//! the walk of `time/walk.rs` with tiles in place of folds. `docs/model/schedules.md` derives it, and
//! `tests/schedules.rs` plays the same schedules event by event, and searches the whole space by brute force.

mod cut;
mod laid;
mod nest;
mod play;
mod problem;
mod search;
mod thrift;
mod tiles;

pub(super) use cut::ladder;
pub use cut::{Cut, Cuts, Extent, Position};
pub(super) use laid::laid_nest;
pub use nest::{Needs, Nest, Results};
pub use play::play;
pub use problem::{Problem, Room, Site};
pub use search::{Found, best_nest, cuts_of, every_nest};
pub(super) use search::{bytes_of, least_need, owned};
pub(super) use thrift::thriftiest_nest;
pub(super) use tiles::tiles;
