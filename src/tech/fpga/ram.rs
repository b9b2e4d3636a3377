//! Memories of native blocks: by the shapes that a block can have, by capacity and by the width that is read at once.
//!
//! Every memory has one port that reads and one that writes, as the model's scratchpads have; so a block of 18 Kbit is one of
//! 16K x 1, 8K x 2, 4K x 4, 2K x 9, 1K x 18 or 512 x 36, and ultra RAM 4K x 72. Blocks lie side by side up to the width and
//! behind each other up to the depth; the least number over the shapes is taken, of equals the widest. An access enables the
//! blocks side by side. Up to 1 Kbit a memory is made of LUTs.

use super::{Family, Resource, Resources};

/// Depth and width of a block of 18 Kbit, the widest first.
const BLOCK_SHAPES: [(u64, u64); 6] = [(512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16_384, 1)];
/// Bits of a block, those for parity among them.
const BLOCK_BITS: u64 = 18_432;
const ULTRA_SHAPE: (u64, u64) = (4096, 72);
const ULTRA_BITS: u64 = 294_912;
/// Up to so many bits a memory is made of LUTs.
const LUT_BITS: u64 = 1024;

/// A memory of native blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ram {
    /// What it takes.
    pub blocks: Resources,
    /// Blocks of RAM that an access enables; none in LUTs.
    pub enabled: u64,
    /// Whether those are ultra RAM.
    pub ultra: bool,
    /// Whether it takes more blocks than its capacity needs, for its width.
    pub by_width: bool,
}

impl Ram {
    /// A memory of `bits`, read and written `width` bits at a time, of ultra RAM or of block RAM.
    #[must_use]
    pub fn of(bits: u64, width: u64, family: Family, ultra: bool) -> Self {
        let depth = bits.div_ceil(width);
        match ultra {
            _ if bits <= LUT_BITS => Self::in_luts(depth, width, family),
            true => Self::in_ultra_ram(depth, width),
            false => Self::in_block_ram(depth, width),
        }
    }

    /// The same memory `count` times, side by side: banks.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { blocks: self.blocks * count, ..self }
    }

    fn in_block_ram(depth: u64, width: u64) -> Self {
        let of =
            |(deep, wide): (u64, u64)| (width.div_ceil(wide) * depth.div_ceil(deep), width.div_ceil(wide));
        let first = of(BLOCK_SHAPES[0]);
        let lesser = |least: (u64, u64), next: (u64, u64)| if next.0 < least.0 { next } else { least };
        let (blocks, enabled) = BLOCK_SHAPES.into_iter().map(of).fold(first, lesser);
        Self::made(Resource::BlockRam, blocks, enabled, depth * width, BLOCK_BITS)
    }

    fn in_ultra_ram(depth: u64, width: u64) -> Self {
        let (deep, wide) = ULTRA_SHAPE;
        let enabled = width.div_ceil(wide);
        Self::made(Resource::UltraRam, enabled * depth.div_ceil(deep), enabled, depth * width, ULTRA_BITS)
    }

    fn made(resource: Resource, count: u64, enabled: u64, bits: u64, of_a_block: u64) -> Self {
        let mut blocks = Resources::default();
        blocks[resource] = count;
        let ultra = resource == Resource::UltraRam;
        Self { blocks, enabled, ultra, by_width: count > bits.div_ceil(of_a_block) }
    }

    /// AMD: four LUTs are 32 x 6 or 64 x 3 bits; ECP5: 16 x 4 bits take three slices, of two LUTs each.
    fn in_luts(depth: u64, width: u64, family: Family) -> Self {
        let luts = match family {
            Family::Ecp5 => 6 * depth.div_ceil(16) * width.div_ceil(4),
            Family::Series7 | Family::UltraScalePlus if depth <= 32 => 4 * width.div_ceil(6),
            Family::Series7 | Family::UltraScalePlus => 4 * depth.div_ceil(64) * width.div_ceil(3),
        };
        let mut blocks = Resources::default();
        blocks[Resource::Lut] = luts;
        Self { blocks, ..Self::default() }
    }
}
