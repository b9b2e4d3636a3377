//! Energy and area beside publications: ratios, each explained, none tuned.

use std::fmt::Write;

use exclusim::arch::Arch;
use exclusim::cost::{Component, PerComponent, Prices, prices};
use exclusim::count::{Action, Tally};
use exclusim::network::segment::{LayerKind, Part, Step, Work};
use exclusim::shape::Gemm;
use exclusim::time::time_step;
use exclusim::unit::UnitSize;
use exclusim::units::{Bytes, Milliwatts, Picojoules, real};

use crate::common::{element_area, preset, technology};

/// A machine without exclusion unit.
fn priced(arch: &Arch) -> Prices {
    prices(arch, UnitSize::of_default_bits(0, 10))
}

fn area(prices: &Prices, parts: &[Component]) -> f64 {
    parts.iter().map(|part| prices.area[*part].square_millimetres()).sum()
}

fn row(text: &mut String, what: &str, published: &str, ours: f64, reference: f64, why: &str) {
    writeln!(text, "| {what} | {published} | {ours:.3} | {:.2} | {why} |", ours / reference).unwrap();
}

const HEAD: &str =
    "| what | published | model | model / published | why they differ |\n|---|---|---|---|---|\n";

pub(crate) fn tables(text: &mut String) {
    text.push_str(
        "\n## Energy and area\n\nNothing was fitted to these figures, except the scratchpads' area factor, which is Gemmini's. What follows from prices that\n\
         are as wrong as their sources are apart: `exclusim run --sensitivity`.\n\n",
    );
    text.push_str(HEAD);
    scratchpads(text);
    elements(text);
    gemmini(text);
    let of_nvdla = nvdla(text);
    let of_tpu = tpu(text);
    writeln!(text, "\n{of_nvdla}\n{of_tpu}").unwrap();
    eyeriss(text);
}

/// Horowitz, ISSCC 2014, as in Jouppi et al., ISCA 2021, Table 2: reads of 64 bits at 45 nm.
fn scratchpads(text: &mut String) {
    let sram = technology(&preset("edge-16x16", &[]).unwrap()).sram.clone();
    for (kib, published) in [(8, 10.0), (32, 20.0), (1024, 100.0)] {
        let read = sram.price(Bytes(kib * 1024), 64).read.0;
        let what = format!("reading 64 bits of {kib} KiB at 45 nm, pJ (Horowitz)");
        let why = "CACTI's low-standby-power cells, small macros without their surroundings; Horowitz names no cells";
        row(text, &what, &published.to_string(), read, published, why);
    }
}

/// Processing elements as their Verilog is synthesized, in gate equivalents.
fn elements(text: &mut String) {
    let rows = crate::common::text("tests/rtl/synthesis_pe.csv");
    for elements in [("ws", "moving"), ("os", "standing")] {
        for overlap in ["none", "double-buffered"] {
            element_row(text, &rows, elements, overlap);
        }
    }
}

fn element_row(text: &mut String, rows: &str, (dataflow, element): (&str, &str), overlap: &str) {
    let prefix = format!("{element},{overlap},8,32,");
    let row_of = rows.lines().find_map(|row| row.strip_prefix(&prefix)).unwrap();
    let numbers: Vec<f64> = row_of.split(',').map(|number| number.parse().unwrap()).collect();
    let (plain, gates) = (numbers[0], numbers[4]);
    let settings = [
        format!("array.fold_overlap={overlap}"),
        format!("array.dataflow={dataflow}"),
        "array.zero_gating=false".into(),
    ];
    let arch = preset("edge-16x16", &settings).unwrap();
    let found = element_area(&arch);
    let gate = technology(&arch).logic.gate.area.0;
    for (gates, how, why) in [
        (
            plain,
            "plain gates",
            "Aladdin's cells at 1 ns; yosys merges product and sum into one adder over all bits of the sum",
        ),
        (
            gates,
            "full-adder cells",
            "Aladdin's cells at 1 ns; rows of full adders whose carries ripple are the smallest and slowest (docs/rtl.md)",
        ),
    ] {
        let what = format!(
            "processing element at 45 nm, {dataflow}, {overlap}, um2 (own synthesis of {how}, {gates} gate equivalents of 0.798)"
        );
        row(text, &what, &format!("{:.0}", gates * gate), found, gates * gate, why);
    }
}

/// Genc et al., DAC 2021, Fig. 6a.
fn gemmini(text: &mut String) {
    let prices = priced(&preset("gemmini-16x16", &[]).unwrap());
    let array = area(&prices, &[Component::Array]);
    let why = "datapath and registers only: no control, no wires, no empty space between cells; the node of the figure is recalled";
    row(text, "Gemmini, 16x16 array, taken for 22 nm, mm2", "0.116", array, 0.116, why);
    let pads = area(&prices, &[Component::IfmapSram, Component::FilterSram]);
    let why = "two scratchpads, each the cheapest of banks side by side; the factor 2.5 comes from this very macro, in its own four banks";
    row(text, "256 KiB of scratchpad, mm2", "0.544", pads, 0.544, why);
    let sums = area(&prices, &[Component::OfmapSram]);
    row(
        text,
        "64 KiB of accumulators, mm2",
        "0.146",
        sums,
        0.146,
        "the cheapest of banks side by side; the factor comes from two of 32 KiB and 512 bits",
    );
}

/// nvdla.org primer, "Example Area and Performance with NVDLA": synthesis at 28 nm.
fn nvdla(text: &mut String) -> String {
    let sizes = [
        (2048, [64, 32], 512, 5.5),
        (1024, [32, 32], 256, 3.0),
        (512, [32, 16], 256, 2.3),
        (256, [16, 16], 256, 1.7),
        (128, [16, 8], 256, 1.4),
        (64, [8, 8], 128, 0.91),
        (32, [8, 4], 128, 0.85),
    ];
    let mut gaps = Vec::new();
    for (macs, [rows, cols], kib, published) in sizes {
        let settings = [
            format!("array.rows={rows}"),
            format!("array.cols={cols}"),
            format!("memory.ifmap={} KiB", kib / 2),
            format!("memory.filter={} KiB", kib / 2),
        ];
        // The accumulators of the preset are not NVDLA's: only what the primer sizes is compared.
        let prices = priced(&preset("tpu-v1", &settings).unwrap());
        let found = area(&prices, &[Component::Array, Component::IfmapSram, Component::FilterSram]);
        let what = format!("NVDLA, {macs} MACs and {kib} KiB at 28 nm, mm2");
        row(text, &what, &published.to_string(), found, published, "see below the table");
        gaps.push((f64::from(macs), published - found, found));
    }
    let (fixed, each) = line(&gaps.iter().map(|(macs, gap, _)| (*macs, *gap)).collect::<Vec<_>>());
    let worst = gaps.iter().map(|(macs, gap, _)| (gap - fixed - each * macs).abs()).fold(0.0, f64::max);
    format!(
        "### NVDLA\n\nThe model lacks {fixed:.2} mm2 whatever the size, and {:.0} um2 per MAC (least squares over the seven sizes, off by at most\n\
         {worst:.2} mm2). So the larger part of the difference grows with the MACs; a fixed overhead does not explain it. The model's\n\
         element is {:.0} um2 there. The primer's area includes what the model does not: each MAC's share of accumulators,\n\
         post-processors, the sequencer that feeds it, and wires. The fixed part is memory interface and control.\n",
        each * 1e6,
        element_28()
    )
}

/// Area of the preset's element at 28 nm, um2.
fn element_28() -> f64 {
    let arch = preset("tpu-v1", &[]).unwrap();
    let logic = &technology(&arch).logic;
    (logic.mac(8, 8, 32).area + logic.register_bit.area * real(arch.machine.array.register_bits())).0
}

/// Offset and slope of the line nearest to some points.
pub(crate) fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let count = real(u64::try_from(points.len()).unwrap());
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let both: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let slope = both / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>();
    (y - slope * x, slope)
}

/// One product for a machine, `m` rows of activations against `k` x `n` weights.
fn product(arch: &Arch, name: &str, gemm: Gemm, ifmap_bytes: u64) -> (Tally, exclusim::time::Traffic) {
    let step = Step {
        name: name.into(),
        kind: LayerKind::Convolution,
        part: Part::Body,
        work: Work::Gemm { gemm, class_wise: false },
        bands: None,
        ifmap_bytes,
        ofmap_bytes: gemm.outputs(),
        reads_image: false,
        streamed: false,
        waited: Vec::new(),
        waits: None,
        weighted: None,
    };
    let timing = time_step(&step, &arch.machine);
    (timing.tally, timing.traffic)
}

/// Energy of actions on chip.
fn on_chip(prices: &Prices, tally: &Tally) -> Picojoules {
    let energy = prices.energy(tally).dynamic;
    Component::OF_CHIP.iter().filter(|part| **part != Component::Dram).map(|part| energy[*part]).sum()
}

/// Jouppi et al., ISCA 2017: Table 2 and the text; CNN0 runs at 86 of 92 TOPS.
fn tpu(text: &mut String) -> String {
    let arch = preset("tpu-v1", &[]).unwrap();
    let prices = priced(&arch);
    let chip =
        |power: &PerComponent<Milliwatts>| Component::on_chip().map(|part| power[part].0).sum::<f64>() * 1e-3;
    let idle = chip(&prices.idle);
    let why = "leakage alone, at an assumed 340 K; the published figure has a running clock, I/O, the host interface and its share of fans";
    row(text, "TPU v1, idle, W", "28", idle, 28.0, why);
    // CNN0's weights are used 2,888 times each, here 2,048: as many sums as half of the accumulators hold. Maps stay in the
    // unified buffer.
    let gemm = Gemm { groups: 1, m: 2048, n: 256, k: 8192 };
    let (tally, _) = product(&arch, "cnn0", gemm, 2048 * 256);
    let each = on_chip(&prices, &tally).0 / real(tally.actions.macs());
    // 86 of 92 TOPS are 43 T products a second.
    let working = each * 43.0;
    let why = "busy less idle; the model charges every register and scratchpad as if all bits toggled, and idle power has part of what depends on work";
    row(text, "TPU v1, what CNN0 at 86 TOPS adds to idle, W", "12 (40 - 28)", working, 12.0, why);
    row(text, "the same per product, pJ", "0.28", each, 0.28, "12 W / 43 T products per second");
    let memory = area(&prices, &[Component::IfmapSram, Component::FilterSram, Component::OfmapSram]);
    row(
        text,
        "data buffers, mm2",
        "at most 122 (37 % of at most 331)",
        memory,
        122.0,
        "28 MiB in three arrays with the area factor of small macros; the published figure is an upper bound",
    );
    let array = area(&prices, &[Component::Array]);
    row(
        text,
        "array, mm2",
        "at most 99 (30 % of at most 331)",
        array,
        99.0,
        "datapath and registers only; the published figure has accumulators and activation in it, and is an upper bound",
    );
    format!(
        "### TPU v1, power\n\nIdle and working power are wrong in opposite directions, by factors of {:.2} and {:.2}. Their sum, {:.0} W against 40 W, looks\n\
         right only because the errors cancel. What exits save depends on the second, what standing by costs on the first.\n",
        idle / 28.0,
        working / 12.0,
        idle + working
    )
}

/// A layer of AlexNet as Eyeriss ran it (Chen et al., JSSC 2017, Table V): batch of 4, 16-bit words.
struct EyerissLayer {
    gemm: Gemm,
    ifmap: u64,
    zeros: f64,
    buffer_mb: f64,
    dram_mb: f64,
    energy_mj: f64,
}

#[expect(clippy::approx_constant, reason = "6.28 mJ are no angle")]
fn alexnet() -> [EyerissLayer; 5] {
    let layer = |groups: u64,
                 pixels: u64,
                 n: u64,
                 k: u64,
                 ifmap: u64,
                 zeros: f64,
                 [buffer_mb, dram_mb, energy_mj]: [f64; 3]| EyerissLayer {
        gemm: Gemm { groups, m: 4 * pixels, n, k },
        ifmap: 4 * ifmap,
        zeros,
        buffer_mb,
        dram_mb,
        energy_mj,
    };
    [
        layer(1, 55 * 55, 96, 363, 227 * 227 * 3, 0.0001, [18.5, 5.0, 6.94]),
        layer(2, 27 * 27, 128, 1200, 27 * 27 * 96, 0.387, [77.6, 4.0, 12.07]),
        layer(1, 13 * 13, 384, 2304, 13 * 13 * 256, 0.725, [50.2, 3.0, 6.28]),
        layer(2, 13 * 13, 192, 1728, 13 * 13 * 384, 0.793, [37.4, 2.1, 4.32]),
        layer(2, 13 * 13, 128, 1728, 13 * 13 * 384, 0.776, [24.9, 1.3, 2.48]),
    ]
}

/// Places from the largest to the smallest.
fn order(values: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (1..=values.len()).collect();
    places.sort_by(|a, b| values[b - 1].total_cmp(&values[a - 1]));
    places
}

fn eyeriss(text: &mut String) {
    text.push_str(
        "### Eyeriss\n\nAlexNet by layer, batch 4 (Chen et al., JSSC 2017, Table V), against a 12x14 array of the model with as much buffer\n\
         (108 KB), words counted as 16 bits and products gated by the published zeros. Energies are relative to CONV2, since the\n\
         chip is of 65 nm and 16 bits, for which there are no prices here.\n\n\
         | layer | buffer, MB, published | model | DRAM, MB, published | model | energy / CONV2, published | model |\n|---|---|---|---|---|---|---|\n",
    );
    let settings = [
        "array.rows=12",
        "array.cols=14",
        "array.zero_gating=true",
        "memory.ifmap=48 KiB",
        "memory.filter=36 KiB",
        "memory.ofmap=24 KiB",
        "memory.residency=none",
        "array.dataflow=best",
    ];
    let arch = preset("edge-16x16", &settings.map(str::to_owned)).unwrap();
    let prices = priced(&arch);
    let layers = alexnet();
    let found: Vec<[f64; 3]> = layers
        .iter()
        .map(|layer| {
            let (mut tally, traffic) = product(&arch, "conv", layer.gemm, layer.ifmap);
            let gated = exclusim::units::nearest(real(layer.gemm.macs()) * layer.zeros);
            tally.actions.move_macs(Action::GatedMac, gated);
            // Sums are 4 bytes here and 2 there; activations and weights 1 here and 2 there.
            let operands = traffic.ifmap_sram + traffic.filter_sram;
            let sums = (traffic.psum_sram_reads + traffic.psum_sram_writes) / 2;
            let dram = traffic.dram_reads() + traffic.dram_writes();
            let mb = |bytes: u64| real(bytes) * 1e-6;
            [mb(2 * operands + sums), mb(2 * dram), on_chip(&prices, &tally).0]
        })
        .collect();
    for (i, (layer, ours)) in layers.iter().zip(&found).enumerate() {
        let relative = [layer.energy_mj / layers[1].energy_mj, ours[2] / found[1][2]];
        writeln!(
            text,
            "| CONV{} | {} | {:.1} ({:.2}) | {} | {:.1} ({:.2}) | {:.2} | {:.2} |",
            i + 1,
            layer.buffer_mb,
            ours[0],
            ours[0] / layer.buffer_mb,
            layer.dram_mb,
            ours[1],
            ours[1] / layer.dram_mb,
            relative[0],
            relative[1],
        )
        .unwrap();
    }
    let column = |n: usize| order(&found.iter().map(|ours| ours[n]).collect::<Vec<_>>());
    let published = |of: fn(&EyerissLayer) -> f64| order(&layers.iter().map(of).collect::<Vec<_>>());
    let orders = [
        ("buffer", published(|layer| layer.buffer_mb), column(0)),
        ("DRAM", published(|layer| layer.dram_mb), column(1)),
        ("energy", published(|layer| layer.energy_mj), column(2)),
    ];
    text.push_str("\nOrder of the layers, from the largest: ");
    let told = orders.map(|(what, theirs, ours)| {
        let list = |order: &[usize]| order.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
        format!("{what} {} published, {} here", list(&theirs), list(&ours))
    });
    writeln!(text, "{}.", told.join("; ")).unwrap();
    text.push_str(
        "\n- Eyeriss keeps rows in its processing elements (row-stationary) and compresses maps on their way to DRAM. A systolic array\n  \
         reads maps and sums from the buffer again for every fold, so its buffer moves several times more.\n\
         - Maps of four samples that outgrow their 48 KiB are fetched again fold by fold, most in CONV3 to CONV5 with their many\n  \
         filters; and `best` chooses by cycles, not traffic.\n\
         - So neither traffic nor its order is that of Eyeriss. This is another machine; do not read its energy as that chip's.\n",
    );
}
