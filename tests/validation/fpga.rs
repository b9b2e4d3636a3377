//! Blocks, peak and power of FPGA designs beside publications: ratios, each explained.

use std::fmt::Write;

use exclusim::arch::Arch;
use exclusim::cost::fpga::{Part, design};
use exclusim::cost::{PriceGroup, prices, uncertainty};
use exclusim::count::{Action, Cause, Tally};
use exclusim::load::shipped_families;
use exclusim::tech::fpga::{Family, Ram, Resource, Resources};
use exclusim::unit::UnitSize;
use exclusim::units::real;

use crate::common::{preset, text};

/// A published design; a number that is not stated is none.
struct Published {
    design: String,
    device: String,
    macs: u64,
    clock_mhz: Option<f64>,
    lut: Option<f64>,
    ff: Option<f64>,
    dsp: Option<f64>,
    gops: Option<f64>,
    power_w: Option<f64>,
    /// Blocks of 36 Kbit, and of ultra RAM.
    ram: Option<(f64, f64)>,
    dpu: Option<Dpu>,
}

/// What is stated of a DPU's build, and of its memories in a later version.
#[derive(Clone, Copy)]
struct Dpu {
    /// Pixels at once, and channels at once, in and out.
    pixels: u64,
    channels: u64,
    /// Blocks of 36 Kbit with little and with much RAM.
    bram36: [f64; 2],
}

fn published() -> Vec<Published> {
    let text = text("tests/fpga/published.csv");
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        let cell = |name: &str| row[header.iter().position(|column| column == name).unwrap()].to_owned();
        let number = |name: &str| cell(name).parse().ok();
        Published {
            design: cell("design"),
            device: cell("device"),
            macs: cell("macs_per_cycle").parse().unwrap(),
            clock_mhz: number("clock_mhz"),
            lut: number("lut"),
            ff: number("ff"),
            dsp: number("dsp"),
            gops: number("gops"),
            power_w: number("power_w"),
            ram: number("bram36").zip(number("uram")),
            dpu: number("bram36_low").map(|low| Dpu {
                pixels: cell("pixels").parse().unwrap(),
                channels: cell("channels").parse().unwrap(),
                bram36: [low, number("bram36_high").unwrap()],
            }),
        }
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// A packed array of as many products a cycle, as near to a square as it can be, on the part; without unit.
fn model(of: &Published) -> Arch {
    let rows =
        (1..=of.macs).filter(|rows| of.macs.is_multiple_of(*rows) && rows * rows <= of.macs).max().unwrap();
    let packed = if of.device == "zynq-7020" { "dsp" } else { "dsp-packed" };
    let settings = [
        format!("fpga.device={}", of.device),
        format!("fpga.mac={packed}"),
        format!("array.rows={rows}"),
        format!("array.cols={}", of.macs / rows),
        "dram.kind=ddr4".into(),
    ];
    let arch = preset("kria-dpu-sized", &settings).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(of.clock_mhz.is_none_or(|_| arch.machine.clock.0 > 0.0));
    arch
}

/// The infrastructure of the families' file is what least squares leave of the DPU's LUTs and flip-flops at no products.
fn infrastructure(all: &[Published]) {
    let rows: Vec<&Published> = all.iter().take(8).collect();
    let left = |of: fn(&Published) -> Option<f64>| {
        let points: Vec<(f64, f64)> = rows.iter().map(|row| (real(row.macs), of(row).unwrap())).collect();
        super::energy::line(&points).0
    };
    for (family, traits) in shipped_families().unwrap().traits.iter().take(2) {
        for (resource, found) in
            [(Resource::Lut, left(|row| row.lut)), (Resource::FlipFlop, left(|row| row.ff))]
        {
            let written = real(traits.infrastructure[resource]);
            assert!((written - found).abs() <= 50.0, "{family:?} {resource:?}: {written}, {found}");
        }
    }
}

/// What a DPU's counts are made of, to the block: eight builds of the vendor's own counts.
///
/// A DSP block makes four products a cycle of the fabric (its clock is twice as fast, and two products share it), every sum of a pixel
/// and channel has one, two are left. Banks are 2,048 words of a byte a channel: two a pixel, with much RAM three, one an output
/// channel, two more; each takes the blocks that the model's rule for shapes gives.
fn made_of(row: &Published, dpu: Dpu) -> [u64; 2] {
    let Dpu { pixels, channels, bram36 } = dpu;
    let bank =
        Ram::of(2048 * 8 * channels, 8 * channels, Family::UltraScalePlus, false).blocks[Resource::BlockRam];
    for (a_pixel, published) in [(2, bram36[0]), (3, bram36[1])] {
        let blocks = (a_pixel * pixels + channels + 2) * bank;
        assert!((real(blocks) - 2.0 * published).abs() < 1e-9, "{}: {blocks}, {published}", row.design);
    }
    assert_eq!(row.macs, pixels * channels * channels, "{}", row.design);
    let dsp = row.macs / 4 + pixels * channels + 2;
    assert!((real(dsp) - row.dsp.unwrap()).abs() < 1e-9, "{}: {dsp} DSP blocks", row.design);
    [row.macs / 4, (2 * pixels + channels + 2) * bank]
}

pub(crate) fn tables(text: &mut String) {
    let all = published();
    infrastructure(&all);
    text.push_str(
        "\n## FPGAs\n\nBlocks of published accelerators of 8-bit products (`tests/fpga/published.csv`) beside a weight-stationary array of the\n\
         model with as many products per cycle, as near to a square as it can be, products packed two to a DSP block (VTA's: one), with the\n\
         family's infrastructure, and without vector and exclusion unit. Model (model / published):\n\n\
         | design | products per cycle | LUT | | FF | | DSP | |\n|---|---|---|---|---|---|---|---|\n",
    );
    let mut ratios = [(f64::MAX, 0.0_f64); 3];
    for row in &all {
        let arch = model(row);
        let design = design(&arch, arch.fpga().unwrap(), UnitSize::of_default_bits(0, 10));
        let total: Resources =
            design.blocks.iter().filter(|block| block.part != Part::Vector).map(|block| block.nominal).sum();
        let columns = [(Resource::Lut, row.lut), (Resource::FlipFlop, row.ff), (Resource::Dsp, row.dsp)];
        let mut cells = Vec::new();
        for ((resource, published), range) in columns.into_iter().zip(&mut ratios) {
            let found = real(total[resource]);
            cells.push(match published {
                Some(published) => {
                    let ratio = found / published;
                    *range = (range.0.min(ratio), range.1.max(ratio));
                    format!("{published} | {found} ({ratio:.2})")
                }
                None => format!("- | {found}"),
            });
        }
        writeln!(text, "| {} | {} | {} |", row.design, row.macs, cells.join(" | ")).unwrap();
    }
    let [lut, ff, dsp] = ratios.map(|(least, most)| format!("{least:.1} to {most:.1}"));
    writeln!(
        text,
        "\nThe model takes {lut} times the LUTs, {ff} times the flip-flops and {dsp} times the DSP blocks. Why:\n\n\
         | | DPU, per product | packed array, per product | why |\n|---|---|---|---|\n\
         | LUTs | 11.5 | 31 | the array adds its sums in LUTs, since two products leave no room in a block's adder |\n\
         | flip-flops | 34 | 44 | the DPU's blocks run at twice the fabric's clock and add inside, which is not modelled |\n\
         | DSP blocks | 1/4, and one per sum | 1/2 | a DPU has products / 4 + pixels x channels + 2, to the block in all eight builds: four products per block and cycle of the fabric, one block per sum. The array has twice those that multiply, as it must at half the clock, and none for sums |\n\n\
         - **Infrastructure** (19,700 LUTs, 26,000 flip-flops) is the intercept of a line through the first eight rows, at no products: all that a\n  \
         DPU has beside its products, its own vector units included. So the totals are no independent evidence; the slope is.\n\
         - **Vector unit.** The model's vector unit, which multiplies by 31 bits where a DPU shifts, is left out here: it would be counted\n  \
         twice. A design of your own has both.\n\
         - **VTA's row** is from memory. VTA multiplies in LUTs as well, which is how 256 products fit 220 blocks, where the model's array does not.\n\n\
         ### Block RAM\n\nBlocks of 18 Kbit. PG338 v4.1 states them for little and for much RAM. By the model's rule for shapes: banks of 2,048 words,\n\
         one byte wide per channel; 2 banks (much RAM: 3) per pixel, one per output channel, and 2 more. The number of banks was read off these\n\
         rows; the blocks of each bank were not:\n\n\
         | design | pixels | channels | bits wide | blocks per bank | little RAM, published | model | much RAM, published | model |\n|---|---|---|---|---|---|---|---|---|"
    )
    .unwrap();
    for row in &all {
        let Some(dpu) = row.dpu else { continue };
        let Dpu { pixels, channels, bram36: [low, high] } = dpu;
        let [_, little] = made_of(row, dpu);
        let bank = little / (2 * pixels + channels + 2);
        let much = little + pixels * bank;
        writeln!(
            text,
            "| {} | {pixels} | {channels} | {} | {bank} | {} | {little} | {} | {much} |",
            row.design,
            8 * channels,
            2.0 * low,
            2.0 * high
        )
        .unwrap();
    }
    kria(text, all.iter().find(|row| row.power_w.is_some()).unwrap());
}

/// Memories of the Kria's DPU beside the preset of its size, in bits.
fn kria(text: &mut String, of: &Published) {
    let arch = preset("kria-dpu-sized", &[]).unwrap();
    let total = design(&arch, arch.fpga().unwrap(), UnitSize::of_default_bits(6, 10)).total();
    let bits = |ram18: f64, ultra: f64| (ram18 * 18.0 + ultra * 288.0) / 1024.0;
    let (ram, ultra) = of.ram.unwrap();
    let (ours, theirs) =
        (bits(real(total[Resource::BlockRam]), real(total[Resource::UltraRam])), bits(2.0 * ram, ultra));
    writeln!(
        text,
        "\nAll sixteen are met to the block.\n\n### The Kria's DPU\n\n`arch/kria-dpu-sized.toml` takes {} blocks of 18 Kbit and {} of ultra RAM, the KV260's DPU B3136 {} and\n\
         {}: {ours:.1} and {theirs:.1} Mbit ({:.2}); its buffers are this project's choice, not that design's.",
        total[Resource::BlockRam],
        total[Resource::UltraRam],
        2.0 * ram,
        ultra,
        ours / theirs,
    )
    .unwrap();
    peak(text, of);
}

/// Peak and power of the Kria's DPU beside the preset of its size, every element busy in every cycle.
fn peak(text: &mut String, of: &Published) {
    let arch = preset("kria-dpu-sized", &[]).unwrap();
    let pes = arch.machine.array.rows * arch.machine.array.cols;
    let gops = 2.0 * real(pes) * arch.machine.clock.0 * 1e-9;
    let prices = prices(&arch, UnitSize::of_default_bits(6, 10));
    let cycles = 1_000_000;
    let mut tally = Tally::default();
    tally.cycles[Cause::Stream] = cycles;
    tally.actions[Action::Mac] = pes * cycles;
    tally.actions[Action::IfmapRead] = arch.machine.array.rows * cycles;
    tally.actions[Action::OfmapRead] = 4 * arch.machine.array.cols * cycles;
    tally.actions[Action::OfmapWrite] = 4 * arch.machine.array.cols * cycles;
    tally.actions[Action::Requantize] = arch.machine.vector.lanes * cycles;
    let energy = prices.energy_by_group(&tally);
    let time = real(cycles) / arch.machine.clock.0;
    let factors = uncertainty(&arch);
    let board = [PriceGroup::DramBits, PriceGroup::DramBackground, PriceGroup::Board];
    let watts = |scale: &dyn Fn(f64, f64) -> f64| {
        let parts = PriceGroup::ALL.into_iter().filter(|group| !board.contains(group));
        parts.map(|group| scale(energy[group].0, factors[group])).sum::<f64>() * 1e-12 / time
    };
    let [low, nominal, high] = [
        watts(&|energy, factor| energy / factor),
        watts(&|energy, _| energy),
        watts(&|energy, factor| energy * factor),
    ];
    let (published, power) = (of.gops.unwrap(), of.power_w.unwrap());
    writeln!(
        text,
        "\n`arch/kria-dpu-sized.toml` beside DPU B3136 on the KV260: peak {gops:.0} GOPS at 300 MHz, published {published} ({:.2}). With every \
         element busy in every\ncycle, the whole part takes {low:.1} / {nominal:.1} / {high:.1} W (low / nominal / high) without its processors, of which no figure is known; published are\n\
         {power} W of the whole part with them and all else in that design, the vendor's estimate ({:.2} / {:.2} / {:.2}).",
        gops / published,
        low / power,
        nominal / power,
        high / power
    )
    .unwrap();
}
