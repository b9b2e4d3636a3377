//! What a run leaves behind for people: figures.

pub mod plot;
