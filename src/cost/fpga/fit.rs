//! Does a machine fit a part, what is short, and how large an array would fit?

use super::design::design;
use crate::arch::fpga::{Device, Fpga, Resource, Resources};
use crate::arch::{Arch, tile_needs};
use crate::cost::UnitSize;
use crate::units::real;

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
fn fraction(taken: u64, whole: u64) -> f64 {
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

/// The largest square arrays that fit. A vector unit with a lane a column keeps one; all else stays.
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
    (other.array.rows, other.array.cols) = (side, side);
    if arch.vector.lanes == arch.array.cols {
        other.vector.lanes = side;
    }
    let pads = [("ifmap", arch.memory.ifmap), ("filter", arch.memory.filter), ("ofmap", arch.memory.ofmap)];
    let mut needs = pads.into_iter().zip(tile_needs(&other.array));
    if let Some(((name, _), _)) = needs.find(|((_, pad), need)| pad.0 < 2 * need) {
        return Some(Limit::Scratchpad(name));
    }
    let short = shortages(design(&other, fpga, unit).total(), &fpga.device);
    // What never falls first: with it short, no larger side fits.
    let falls = |short: &&Shortage| matches!(short.resource, Resource::BlockRam | Resource::UltraRam);
    let first = short.iter().find(|short| !falls(short)).or(short.first());
    first.map(|shortage| Limit::Resource(shortage.resource))
}
