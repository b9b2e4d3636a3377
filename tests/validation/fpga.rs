//! Blocks, peak and power of FPGA designs beside publications: ratios, each explained.

use std::fmt::Write;

use exclusim::arch::Arch;
use exclusim::arch::fpga::{Resource, shipped_families};
use exclusim::cost::fpga::design;
use exclusim::cost::{PriceGroup, UnitSize, prices, uncertainty};
use exclusim::count::{Action, Cause, Tally};
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
    assert!(of.clock_mhz.is_none_or(|_| arch.clock.0 > 0.0));
    arch
}

/// The infrastructure of the families' file is what least squares leave of the DPU's LUTs and flip-flops at no products.
fn infrastructure(all: &[Published]) {
    let rows: Vec<&Published> = all.iter().take(8).collect();
    let left = |of: fn(&Published) -> Option<f64>| {
        let points: Vec<(f64, f64)> = rows.iter().map(|row| (real(row.macs), of(row).unwrap())).collect();
        crate::energy::line(&points).0
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

pub(crate) fn tables(text: &mut String) {
    let all = published();
    infrastructure(&all);
    text.push_str(
        "\n## FPGAs\n\nBlocks of published accelerators of 8-bit products (`tests/fpga/published.csv`) beside a weight-stationary array of the\n\
         model with as many products a cycle, as near to a square as it can be, products packed two to a DSP block (VTA's: one), 16\n\
         vector lanes and no unit that decides. Model (model / published):\n\n\
         | design | products a cycle | LUT | | FF | | DSP | |\n|---|---|---|---|---|---|---|---|\n",
    );
    for row in &all {
        let arch = model(row);
        let total = design(&arch, arch.fpga().unwrap(), UnitSize::of_default_bits(0, 10)).total();
        let pair = |resource: Resource, published: Option<f64>| match published {
            Some(published) => {
                let found = real(total[resource]);
                format!("{published} | {found} ({:.2})", found / published)
            }
            None => format!("- | {}", total[resource]),
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            row.design,
            row.macs,
            pair(Resource::Lut, row.lut),
            pair(Resource::FlipFlop, row.ff),
            pair(Resource::Dsp, row.dsp)
        )
        .unwrap();
    }
    text.push_str(
        "\nThe model takes 1.7 to 2.3 times the LUTs and 1.2 to 1.4 times the flip-flops. The infrastructure (19,700 LUTs, 26,000 flip-flops) is\n\
         what a line through the first eight rows leaves at no products: all that a DPU has beside them, its own vector units included, which the\n\
         model counts once more (10,736 LUTs of 16 lanes). So totals are no independent evidence; the slope is. The DPU has 11.5 LUTs and 34 flip-flops a product, the packed array\n\
         31 and 44: its sums are added in LUTs, since two products leave a block's adder no room. The DPU's blocks run at twice the\n\
         clock, make four products a cycle of the fabric and add up inside: 0.30 blocks a product beside 0.50, which is why it has fewer\n\
         of all three. Double-clocked blocks are not modelled. Block RAM follows from capacities, which these publications do not give.\n\
         VTA's row is from memory; it multiplies in LUTs as well, which is how 256 products fit 220 blocks, where the model's array does not.\n",
    );
    peak(text, all.iter().find(|row| row.power_w.is_some()).unwrap());
}

/// Peak and power of the Kria's DPU beside the preset of its size, every element busy in every cycle.
fn peak(text: &mut String, of: &Published) {
    let arch = preset("kria-dpu-sized", &[]).unwrap();
    let pes = arch.array.rows * arch.array.cols;
    let gops = 2.0 * real(pes) * arch.clock.0 * 1e-9;
    let prices = prices(&arch, UnitSize::of_default_bits(6, 10));
    let cycles = 1_000_000;
    let mut tally = Tally::default();
    tally.cycles[Cause::Stream] = cycles;
    tally.actions[Action::Mac] = pes * cycles;
    tally.actions[Action::IfmapRead] = arch.array.rows * cycles;
    tally.actions[Action::OfmapRead] = 4 * arch.array.cols * cycles;
    tally.actions[Action::OfmapWrite] = 4 * arch.array.cols * cycles;
    tally.actions[Action::Requantize] = arch.vector.lanes * cycles;
    let energy = prices.energy_by_group(&tally);
    let time = real(cycles) / arch.clock.0;
    let factors = uncertainty(&arch);
    let board = [PriceGroup::DramBits, PriceGroup::DramBackground, PriceGroup::Board];
    let watts = |scale: &dyn Fn(f64, f64) -> f64| {
        let parts = PriceGroup::ALL.into_iter().filter(|group| !board.contains(group));
        parts.map(|group| scale(energy[group as usize].0, factors[group as usize])).sum::<f64>() * 1e-12
            / time
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
