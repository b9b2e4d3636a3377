//! Native blocks of an array of A rows and B columns: closed forms of what synthesis makes of its Verilog.
//!
//! `tests/rtl/fpga.rs` holds them to the synthesis (yosys 0.23, `tests/rtl/synthesis_fpga.csv`, `synthesis_fpga_blocks.csv`):
//! DSP blocks, flip-flops and LUTs are exact but where [`array_band`] says otherwise (`docs/fpga.md`). Where a DSP block takes
//! in the operands' registers, the adder and the sum's register, these are *absorbed*: yosys does so on 7-series; AMD's own
//! tool on UltraScale+, too, so that there the form without is the upper bound. ECP5's multiplier has no adder.

use crate::arch::MacStyle;
use crate::machine::{Array, FoldOverlap, OPERAND_BITS, SUM_BITS};
use crate::map::layout;
use crate::tech::fpga::{Family, Resource, Resources};
use crate::units::{nearest, real};

/// Blocks of an array's elements and of the skew registers at its edges; the sequencer is not among them.
#[must_use]
pub fn array_blocks(array: &Array, mac: MacStyle, family: Family, absorbed: bool) -> Resources {
    let stays = |sum: bool| array.dataflows().any(|dataflow| layout(dataflow).sums_stay() == sum);
    let form =
        Form { overlap: array.fold_overlap, mac, family, absorbed, rows: array.rows, cols: array.cols };
    let elements = array.rows * array.cols;
    let mut found = match (stays(true), stays(false)) {
        (true, false) => form.standing(),
        (false, _) => form.moving(),
        (true, true) => {
            // The larger of the two, with a multiplexer in front of the adder: own sum or the one above.
            let (standing, moving) = (form.standing(), form.moving());
            let mut both = Resources::of(|resource| standing[resource].max(moving[resource]));
            both[Resource::Lut] += 32 * elements;
            if array.fold_overlap != FoldOverlap::None {
                both[Resource::FlipFlop] += 8 * elements;
            }
            both
        }
    };
    if array.zero_gating {
        // A flag goes with every activation; eight bits are compared in two LUTs.
        found[Resource::FlipFlop] += elements;
        found[Resource::Lut] += 2 * array.zero_testers();
    }
    found
}

/// What the forms below are of: products of 8 bits, and sums that a DSP block's accumulator of 48 bits can hold.
const _: () = assert!(OPERAND_BITS == 8 && SUM_BITS <= 48);

/// How much more an array of LUTs may take than the form, which is fitted.
const LUT_BAND: f64 = 1.03;
/// How much more an array may take where no synthesis holds the form.
const ESTIMATE_BAND: f64 = 1.25;

/// By what factor an array's LUTs and flip-flops may exceed [`array_blocks`]: packed with a second register or with sums that
/// stay, with several dataflows, or with gates at zeros it is an estimate, else what synthesis makes.
#[must_use]
pub(super) fn array_band(array: &Array, mac: MacStyle) -> f64 {
    let stays = array.dataflows().map(|dataflow| layout(dataflow).sums_stay());
    let stays: Vec<bool> = stays.collect();
    let packed =
        mac == MacStyle::DspPacked && (array.fold_overlap != FoldOverlap::None || stays.contains(&true));
    let several = stays.contains(&true) && stays.contains(&false);
    match mac {
        _ if packed || several || array.zero_gating => ESTIMATE_BAND,
        MacStyle::Lut => LUT_BAND,
        MacStyle::Dsp | MacStyle::DspPacked => 1.0,
    }
}

/// LUTs of an element without DSP block, as yosys makes it (`synthesis_fpga_blocks.csv`), without and with a second register.
#[must_use]
pub fn lut_element(family: Family, sums_stay: bool, doubled: bool) -> u64 {
    match (family, sums_stay, doubled) {
        (Family::Series7, false, false) => 333,
        (Family::Series7, false, true) => 426,
        (Family::Series7, true, false) => 361,
        (Family::Series7, true, true) => 363,
        (Family::UltraScalePlus, false, false) => 420,
        (Family::UltraScalePlus, false, true) => 488,
        (Family::UltraScalePlus, true, false) => 425,
        (Family::UltraScalePlus, true, true) => 426,
        (Family::Ecp5, false, false) => 536,
        (Family::Ecp5, false, true) => 744,
        (Family::Ecp5, true, false) => 668,
        (Family::Ecp5, true, true) => 670,
    }
}

/// By how much a column of elements without DSP blocks takes fewer LUTs than its elements alone: sums of the first rows have 16
/// and 17 bits, and what stands still at the last row is not read there.
fn lut_column(family: Family, sums_stay: bool) -> f64 {
    match (family, sums_stay) {
        (Family::Series7, false) => 401.0,
        (Family::UltraScalePlus, false) => 651.0,
        (Family::Ecp5, false) => 558.0,
        (Family::Series7, true) => 30.0,
        (Family::UltraScalePlus, true) => 32.0,
        (Family::Ecp5, true) => 14.0,
    }
}

/// What the forms depend on.
struct Form {
    overlap: FoldOverlap,
    mac: MacStyle,
    family: Family,
    absorbed: bool,
    rows: u64,
    cols: u64,
}

/// Registers of a triangle of skew: 0 + 1 + .. + (lanes - 1).
fn skew(lanes: f64) -> f64 {
    lanes * (lanes - 1.0) / 2.0
}

impl Form {
    fn sides(&self) -> (f64, f64) {
        (real(self.rows), real(self.cols))
    }

    fn doubled(&self) -> bool {
        self.overlap != FoldOverlap::None
    }

    fn blocks(&self, flip_flops: f64, luts: f64) -> Resources {
        let mut blocks = Resources::default();
        blocks[Resource::Dsp] = match self.mac {
            MacStyle::Dsp => self.rows * self.cols,
            MacStyle::DspPacked => self.rows * self.cols.div_ceil(2),
            MacStyle::Lut => 0,
        };
        (blocks[Resource::FlipFlop], blocks[Resource::Lut]) = (nearest(flip_flops), nearest(luts));
        blocks
    }

    /// LUTs of an array without DSP blocks: an element each, less in every column where the first rows add little. A single row
    /// is taken for two.
    fn lut_products(&self, sums_stay: bool) -> f64 {
        let (a, b) = self.sides();
        let element = real(lut_element(self.family, sums_stay, self.doubled()));
        (element * a.max(2.0) - lut_column(self.family, sums_stay)) * b
    }

    /// Weight- and input-stationary: sums move down.
    fn moving(&self) -> Resources {
        let (a, b) = self.sides();
        // The load's skew, its flags one per column, the swap's one per diagonal, the load's front.
        let travelling = 8.0 * skew(b) + 2.0 * (b - 1.0) + (a + b - 2.0) + (a - 1.0) * b;
        let travelling = if self.overlap == FoldOverlap::DoubleBuffered { travelling } else { 0.0 };
        let selects = match self.overlap {
            FoldOverlap::None => 0.0,
            FoldOverlap::GlobalSwap => 8.0 * a * b,
            FoldOverlap::DoubleBuffered => 9.0 * a * b + (a - 2.0).max(0.0) * b,
        };
        match self.mac {
            MacStyle::Dsp => {
                // The sums of two rows are narrower: 16 and 17 bits.
                let sums = if self.absorbed { 0.0 } else { 32.0 * a * b - 31.0 * b };
                let operands =
                    8.0 * a * (b - 1.0) + 8.0 * skew(a) - if self.absorbed { 16.0 * a } else { 0.0 };
                let weights = match (self.doubled(), self.absorbed) {
                    (false, true) => 0.0,
                    (false, false) => 8.0 * a * b,
                    (true, _) => 16.0 * a * b,
                };
                let adders = match (self.absorbed, self.family) {
                    (true, _) => 0.0,
                    (false, Family::Ecp5) => (32.0 * (a - 2.0) + 18.0) * b,
                    (false, _) => 32.0 * (a - 2.0) * b + b,
                };
                self.blocks(sums + operands + weights + travelling, selects + adders)
            }
            MacStyle::DspPacked => {
                let (flip_flops, adders) = if self.absorbed {
                    (44.0 * a * b - 16.0 * a - 34.0 * b, (32.5 * a - 62.0) * b)
                } else {
                    (69.0 * a * b - 30.0 * b, (36.5 * a - 62.0) * b)
                };
                let shadow = if self.doubled() { 8.0 * a * b } else { 0.0 };
                self.blocks(flip_flops + 8.0 * skew(a) + shadow + travelling, adders + selects)
            }
            MacStyle::Lut => {
                let weights = if self.doubled() { 16.0 } else { 8.0 } * a * b;
                let sums = 32.0 * a * b - 31.0 * b;
                let operands = 8.0 * a * (b - 1.0) + 8.0 * skew(a);
                self.blocks(sums + operands + weights + travelling, self.lut_products(false))
            }
        }
    }

    /// Output-stationary: sums stay.
    fn standing(&self) -> Resources {
        let (a, b) = self.sides();
        let flags = match self.overlap {
            FoldOverlap::None | FoldOverlap::GlobalSwap => skew(a) + a * (b - 1.0),
            FoldOverlap::DoubleBuffered => 2.0 * skew(a) + 2.0 * a * (b - 1.0) + (a - 1.0) * b,
        };
        let passed_on = 8.0 * a * (b - 1.0) + 8.0 * (a - 1.0) * b + 8.0 * (skew(a) + skew(b));
        let sums = if self.doubled() { 64.0 } else { 32.0 } * a * b;
        let absorbed = self.absorbed && self.mac == MacStyle::Dsp;
        // Two bytes deep at the end of each row and column; sums that no drain passes through.
        let taken_in = match (absorbed, self.doubled()) {
            (false, _) => 0.0,
            (true, true) => 16.0 * (a + b),
            (true, false) => 16.0 * (a + b) + 32.0 * b,
        };
        let selects = match self.overlap {
            FoldOverlap::None if absorbed => 64.0 * a * b - 64.0 * b,
            FoldOverlap::None => 64.0 * a * b - 32.0 * b,
            FoldOverlap::GlobalSwap => 64.0 * a * b + 1.0,
            FoldOverlap::DoubleBuffered => 66.0 * a * b - b,
        };
        let luts = match (self.mac, self.family) {
            // On ECP5 a carry lies in a LUT of its own.
            (MacStyle::Dsp, Family::Ecp5) => selects + 32.0 * a * b,
            (MacStyle::Dsp, _) => selects,
            // Estimated: the block's adder holds two products, so that sums are added in LUTs, and the upper is corrected.
            (MacStyle::DspPacked, _) => selects + 36.5 * a * b,
            (MacStyle::Lut, _) => self.lut_products(true),
        };
        self.blocks(sums + passed_on + flags - taken_in, luts)
    }
}

/// Blocks of the multiply-accumulators of a dedicated head engine, each with operands and a sum of its own.
#[must_use]
pub(super) fn engine_blocks(macs: u64, mac: MacStyle, family: Family, absorbed: bool) -> Resources {
    let mut blocks = Resources::default();
    let (dsp, flip_flops, luts) = match (mac, absorbed) {
        (MacStyle::Dsp, true) => (macs, 0, 0),
        (MacStyle::Dsp, false) => (macs, 48 * macs, 32 * macs),
        (MacStyle::DspPacked, true) => (macs.div_ceil(2), 44 * macs, 33 * macs),
        (MacStyle::DspPacked, false) => (macs.div_ceil(2), 69 * macs, 37 * macs),
        (MacStyle::Lut, _) => (0, 48 * macs, lut_element(family, true, false) * macs),
    };
    (blocks[Resource::Dsp], blocks[Resource::FlipFlop], blocks[Resource::Lut]) = (dsp, flip_flops, luts);
    blocks
}
