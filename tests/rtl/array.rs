//! The array: random GEMMs on every design.
