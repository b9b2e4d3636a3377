//! A machine on an FPGA: its part, blocks, and what it takes between the least and the most that its prices may be.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::arch::{Arch, Fpga};
use crate::cost::fpga::{Design, design, limiting};
use crate::simulate::{EnergyRange, Outcome, Range, energy_ranges, sensitivity};
use crate::tech::fpga::{Resource, Resources};
use crate::unit::UnitSize;
use crate::units::{Milliwatts, Picojoules};

/// Counts of blocks by kind.
pub type Counts = BTreeMap<&'static str, u64>;

/// What a design takes of a part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceSummary {
    /// Blocks of every part of the design.
    pub by_part: BTreeMap<&'static str, Counts>,
    /// All of them.
    pub total: Counts,
    /// All of them at the upper end of the model's error.
    pub at_most: Counts,
    /// What the device has.
    pub available: Counts,
    /// What may be filled of it.
    pub usable: Counts,
    /// The kind of which the largest part of what may be filled is taken.
    pub limiting: &'static str,
    /// That part, 0 to 1 where it fits.
    pub limiting_fraction: f64,
}

/// The part, its blocks, energy and power in a range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FpgaSummary {
    /// Name of the device's file.
    pub device: String,
    /// What its maker calls it.
    pub part: String,
    /// Boards that carry it.
    pub board: String,
    /// What multiplies.
    pub mac: &'static str,
    /// Blocks.
    pub resources: ResourceSummary,
    /// Energy and power by system: `no_heads`, `never`, `mean` (with exits).
    pub systems: BTreeMap<&'static str, SystemRange>,
    /// Whether the part's static power is known; where it is not, it is left out of all energies.
    pub static_power_known: bool,
    /// Whether the power of processors or shell is known; where it is not, it is left out of all energies.
    pub board_power_known: bool,
    /// Energy saved over the range of prices, each group wrong on its own.
    pub saved: SavedRange,
}

/// What one system takes an inference, means.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SystemRange {
    /// Energy of the part, pJ.
    pub fabric_pj: RangeSummary,
    /// Energy of memory, processors and shell, pJ.
    pub board_pj: RangeSummary,
    /// Power of the part while it works, mW.
    pub fabric_mw: RangeSummary,
    /// Power of memory, processors and shell, mW.
    pub board_mw: RangeSummary,
}

/// All prices at their lower ends, as they are, at their upper ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RangeSummary {
    /// Lower.
    pub low: f64,
    /// As priced.
    pub nominal: f64,
    /// Upper.
    pub high: f64,
}

/// Energy saved, part and board together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SavedRange {
    /// The least over all prices within their factors.
    pub least: f64,
    /// As priced.
    pub nominal: f64,
    /// The most.
    pub most: f64,
    /// As priced, of the part alone.
    pub fabric: f64,
    /// Whether its sign is the same over the range.
    pub sign_holds: bool,
}

fn counts(resources: Resources) -> Counts {
    resources.iter().map(|(resource, count)| (resource.name(), *count)).collect()
}

/// What a design takes of its part.
#[must_use]
pub fn resource_summary(design: &Design, fpga: &Fpga) -> ResourceSummary {
    let total = design.total();
    let (limit, limiting_fraction): (Resource, f64) = limiting(total, &fpga.device);
    ResourceSummary {
        by_part: design.blocks.iter().map(|block| (block.part.name(), counts(block.nominal))).collect(),
        total: counts(total),
        at_most: counts(design.at_most()),
        available: counts(fpga.device.resources),
        usable: counts(fpga.device.usable()),
        limiting: limit.name(),
        limiting_fraction,
    }
}

/// The summary of a machine on an FPGA, with the unit that its policy needs; `None` for a chip of its own.
#[must_use]
pub fn fpga_summary(arch: &Arch, unit: UnitSize, outcome: &Outcome) -> Option<FpgaSummary> {
    let fpga = arch.fpga()?;
    let ranges = energy_ranges(arch, outcome);
    let moves = sensitivity(arch, outcome, None).single;
    let [plain, _, exits] = &ranges;
    Some(FpgaSummary {
        device: fpga.device.name.clone(),
        part: fpga.device.part.clone(),
        board: fpga.device.board.clone(),
        mac: fpga.mac.name(),
        resources: resource_summary(&design(arch, fpga, unit), fpga),
        systems: ["no_heads", "never", "mean"].into_iter().zip(ranges.iter().map(system)).collect(),
        static_power_known: fpga.device.static_power.is_some(),
        board_power_known: fpga.device.fixed_power.is_some(),
        saved: SavedRange {
            least: moves.least,
            nominal: moves.saved,
            most: moves.most,
            fabric: 1.0 - exits.chip.nominal.0 / plain.chip.nominal.0,
            sign_holds: !moves.changes_sign(),
        },
    })
}

fn system(range: &EnergyRange) -> SystemRange {
    let energy = |range: Range<Picojoules>| RangeSummary {
        low: range.low.0,
        nominal: range.nominal.0,
        high: range.high.0,
    };
    let power = |range: Range<Milliwatts>| RangeSummary {
        low: range.low.0,
        nominal: range.nominal.0,
        high: range.high.0,
    };
    SystemRange {
        fabric_pj: energy(range.chip),
        board_pj: energy(range.board),
        fabric_mw: power(range.chip.over(range.time)),
        board_mw: power(range.board.over(range.time)),
    }
}
