//! A machine on an FPGA: the native blocks it takes, whether they fit, and what they cost (`docs/fpga.md`).

mod array;
mod design;
mod fit;
mod prices;
mod vector;

pub use array::{array_blocks, lut_element};
pub use design::{Block, Design, Part, design};
pub use fit::{Largest, Limit, Shortage, TooWide, largest, limiting, shortages, too_wide};
pub(super) use prices::prices;
pub use vector::{lane_multipliers, vector_lane};
