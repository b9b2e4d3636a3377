//! The `exclusim` binary.

fn main() {}
