//! A machine on an FPGA: the native blocks it takes, whether they fit, and what they cost (`docs/fpga.md`).

mod array;
mod design;
mod fit;
mod memory;
mod prices;
mod unit;

pub use array::{array_blocks, lut_element};
pub use design::{Block, Design, Part, design};
pub use fit::{Largest, Limit, Shortage, TooWide, largest, limiting, shortages, too_wide};
pub use memory::Ram;
pub(super) use prices::prices;
pub use unit::{look_up_table, product_blocks, unit_logic, unit_lut_band, unit_memories, vector_lane};
