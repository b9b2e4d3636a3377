//! Cutting a network into segments by its heads.
