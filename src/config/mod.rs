//! Reading configuration: TOML and YAML with the place of every value kept, checked key by key, all faults at once.
//!
//! A file becomes a tree of [`Node`]s that remember where they were written (`tree`); `--set key=value` puts
//! nodes of its own into that tree. [`Fields`] then takes the keys of one table, each with its documentation and
//! default, and collects a [`Fault`] for every value that does not fit and every key nobody asked for.

mod asked;
mod fault;
mod fields;
mod flat;
mod tree;
mod yaml;

pub use asked::{Is, Key, keys_of};
pub use fault::{Fault, FaultKind, Faults};
pub use fields::{Fields, OrAuto};
pub use flat::flat;
pub use tree::{Data, Node, Source, parse, put, set};
pub use yaml::parse_yaml;
