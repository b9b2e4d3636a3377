//! Does a machine fit a part, what is short, and how large an array would fit?

use super::design::design;
use crate::arch::{Arch, Fpga};
use crate::cost::port::Port;
use crate::machine::tile_needs;
use crate::shape::Operand;
use crate::tech::fpga::{Device, Resource, Resources};
use crate::unit::UnitSize;
use crate::units::{Bits, real};

/// A kind of block of which a design takes more than may be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Which.
    pub resource: Resource,
    /// What the design takes.
    pub needs: u64,
    /// What may be filled.
    pub usable: u64,
}

/// Kinds of which a design takes more than a part may be filled with, the worst first.
#[must_use]
pub fn shortages(taken: Resources, device: &Device) -> Vec<Shortage> {
    let usable = device.usable();
    let mut found: Vec<Shortage> = Resource::ALL
        .iter()
        .filter(|&&resource| taken[resource] > usable[resource])
        .map(|&resource| Shortage { resource, needs: taken[resource], usable: usable[resource] })
        .collect();
    found.sort_by(|a, b| fraction(b.needs, b.usable).total_cmp(&fraction(a.needs, a.usable)));
    found
}

/// The kind of which a design takes the largest part of what may be filled, and that part; the first of equals.
#[must_use]
pub fn limiting(taken: Resources, device: &Device) -> (Resource, f64) {
    let usable = device.usable();
    let part = |resource: Resource| fraction(taken[resource], usable[resource]);
    let first = (Resource::Lut, part(Resource::Lut));
    Resource::ALL.iter().fold(first, |most, &resource| {
        let found = part(resource);
        if found > most.1 { (resource, found) } else { most }
    })
}

/// A part of the whole; of nothing, none when nothing is taken and beyond all bounds else.
pub(super) fn fraction(taken: u64, whole: u64) -> f64 {
    if taken == 0 { 0.0 } else { real(taken) / real(whole) }
}

/// Why no larger array fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A kind of block runs out.
    Resource(Resource),
    /// A scratchpad, named, could not hold two tiles.
    Scratchpad(&'static str),
    /// The largest that is looked at.
    Search,
}

/// The largest arrays that fit with all else as configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Largest {
    /// Side of the largest square; 0 when not even one element fits.
    pub square: u64,
    /// Side of the largest square whose side is a power of two; 0 as well.
    pub power_of_two: u64,
    /// Why the next larger square does not fit.
    pub limit: Limit,
}

/// Largest side that is looked at.
const MOST_SIDE: u64 = 4096;

/// The largest square arrays that fit; all else stays, vector lanes too where they are written.
///
/// LUTs, flip-flops and DSP blocks never fall with the side, so halving finds where they run out. Blocks of RAM do: a memory that
/// is read a few bits at a time wastes some. So sides below are tried one by one.
#[must_use]
pub fn largest(arch: &Arch, fpga: &Fpga, unit: UnitSize) -> Largest {
    let why = |side| limit(arch, fpga, unit, side);
    let runs_out = |side| match why(side) {
        Some(Limit::Resource(Resource::BlockRam | Resource::UltraRam) | Limit::Search) | None => false,
        Some(Limit::Resource(_) | Limit::Scratchpad(_)) => true,
    };
    let (mut below, mut above) = (0, MOST_SIDE + 1);
    while above - below > 1 {
        let side = below.midpoint(above);
        if runs_out(side) { above = side } else { below = side }
    }
    let square = (1..=below).rev().find(|&side| why(side).is_none()).unwrap_or(0);
    let powers = (0..=below.checked_ilog2().unwrap_or(0)).rev().map(|power| 1 << power);
    Largest {
        square,
        power_of_two: powers.filter(|&side| side <= square).find(|&side| why(side).is_none()).unwrap_or(0),
        limit: if square == MOST_SIDE { Limit::Search } else { why(square + 1).unwrap_or(Limit::Search) },
    }
}

/// Why an array of a side does not fit.
fn limit(arch: &Arch, fpga: &Fpga, unit: UnitSize, side: u64) -> Option<Limit> {
    let mut other = arch.clone();
    (other.machine.array.rows, other.machine.array.cols) = (side, side);
    if arch.machine.vector.lanes_are_cols {
        other.machine.vector.lanes = side;
    }
    let memory = &arch.machine.memory;
    let pads = [("ifmap", memory.ifmap), ("filter", memory.filter), ("ofmap", memory.ofmap)];
    let mut needs = pads.into_iter().zip(tile_needs(&other.machine.array));
    if let Some(((name, _), _)) = needs.find(|((_, pad), need)| pad.0 < 2 * need) {
        return Some(Limit::Scratchpad(name));
    }
    let short = shortages(design(&other, fpga, unit).total(), &fpga.device);
    // What never falls first: with it short, no larger side fits.
    let first = short.iter().find(|short| !short.resource.is_ram()).or(short.first());
    first.map(|shortage| Limit::Resource(shortage.resource))
}

/// What is wider than a part's blocks of RAM side by side, while what it holds would fit: a width that the blocks do not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooWide {
    /// Ports of scratchpads.
    Ports {
        /// Bits that ifmap, filter and ofmap read at once, all banks together.
        bits: [u64; 3],
        /// Bits of the widest `memory.width`, a power of two, at which they fit.
        fits: u64,
    },
    /// The score memory of the unit that decides, a score per lane.
    Scores {
        /// `exclusion.lanes`.
        lanes: u64,
        /// The most, a power of two, at which it fits.
        fits: u64,
    },
}

/// Widest port that is tried, 2^20 bits: more than any configuration may ask for.
const WIDEST: u32 = 20;

/// What is too wide for a part, if narrower memories of the same capacity fit it.
#[must_use]
pub fn too_wide(arch: &Arch, fpga: &Fpga, unit: UnitSize) -> Option<TooWide> {
    let ram_fits = |arch: &Arch| {
        let short = shortages(design(arch, fpga, unit).total(), &fpga.device);
        !short.iter().any(|short| short.resource.is_ram())
    };
    if ram_fits(arch) {
        return None;
    }
    let ports = [Operand::Ifmap, Operand::Filter, Operand::Ofmap]
        .map(|operand| Port::of(&arch.machine, operand).width);
    let widest = ports.into_iter().fold(0, u64::max);
    let below = |most: u64| (0..WIDEST).rev().map(|power| 1 << power).filter(move |&fits| fits < most);
    let of_width = |&fits: &u64| {
        let mut other = arch.clone();
        other.machine.memory.width = Some(Bits(fits));
        ram_fits(&other)
    };
    let of_lanes = |&fits: &u64| {
        let mut other = arch.clone();
        other.machine.exclusion.lanes = fits;
        ram_fits(&other)
    };
    let bits = ports.map(|bits| bits * arch.machine.memory.banks);
    let narrower = below(widest).filter(|&fits| fits >= LEAST_PORT).find(of_width);
    let lanes = arch.machine.exclusion.lanes;
    narrower
        .map(|fits| TooWide::Ports { bits, fits })
        .or_else(|| below(lanes).find(of_lanes).map(|fits| TooWide::Scores { lanes, fits }))
}

/// The narrowest `memory.width` that can be written, bits.
const LEAST_PORT: u64 = 8;
