//! Cycles of whole networks beside published rates, and bytes beside another tool's; the text around the tables is
//! `throughput.md.in`.

use std::fmt::Write;

use exclusim::arch::Arch;
use exclusim::count::Cause;
use exclusim::interop::scale_sim::topology::OutputSize;
use exclusim::load::{self, Silent};
use exclusim::network::segment::{LayerKind, Segments};
use exclusim::time::{StepTiming, path_table};
use exclusim::units::real;

use crate::common::{path, preset, text as file};

/// The rows of a committed table, as numbers by column; the first column may be a name.
pub(crate) fn table(name: &str) -> Vec<Vec<String>> {
    let text = file(&format!("tests/validation/{name}"));
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines.map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn number(cell: &str) -> f64 {
    cell.parse().unwrap()
}

pub(crate) fn network(name: &str) -> Segments {
    load::network(path(name), OutputSize::Floor, &Silent).unwrap()
}

/// A network's steps on a machine.
pub(crate) fn steps(arch: &Arch, network: &Segments) -> Vec<(LayerKind, u64, StepTiming)> {
    let network = network.batched(arch.batch.size);
    let table = path_table(&network, &arch.machine, &vec![false; network.heads()], false);
    let of = |s: usize| {
        table
            .steps_of(s)
            .map(|(step, timing)| (step.kind, step.ofmap_bytes, timing.clone()))
            .collect::<Vec<_>>()
    };
    (0..table.segments.len()).flat_map(of).collect()
}

/// What a whole network takes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Whole {
    pub(crate) cycles: u64,
    pub(crate) array: u64,
    pub(crate) bus: u64,
    /// The longer of both, layer by layer.
    pub(crate) longer: u64,
    pub(crate) bytes: u64,
}

pub(crate) fn whole(arch: &Arch, network: &Segments) -> Whole {
    let array = [Cause::Preload, Cause::Stream, Cause::Skew, Cause::Drain];
    let mut sum = Whole::default();
    for (_, _, timing) in steps(arch, network) {
        let (array, bus) = (
            array.iter().map(|&cause| timing.tally.cycles[cause]).sum::<u64>(),
            timing.bus_cycles(&arch.machine),
        );
        sum.cycles += timing.tally.cycles.total();
        sum.array += array;
        sum.bus += bus;
        sum.longer += array.max(bus);
        sum.bytes += timing.traffic.dram_reads() + timing.traffic.dram_writes();
    }
    sum
}

/// One of NVIDIA's sizes: multipliers, buffer in KiB, DRAM in GB/s, frames per second.
#[derive(Clone, Copy)]
struct Size {
    macs: u64,
    buffer: u64,
    frames: f64,
    bandwidth: f64,
}

impl Size {
    fn all() -> Vec<Self> {
        let size = |row: Vec<String>| Self {
            macs: row[0].parse().unwrap(),
            buffer: row[1].parse().unwrap(),
            bandwidth: number(&row[2]),
            frames: number(&row[3]),
        };
        table("nvdla_resnet50.csv").into_iter().map(size).collect()
    }

    fn arch(self, settings: &[String]) -> Arch {
        preset(&format!("nvdla-{}", self.macs), settings).unwrap()
    }

    /// The model's rate over the published one.
    fn ratio(self, settings: &[String], network: &Segments) -> f64 {
        1e9 / real(whole(&self.arch(settings), network).cycles) / self.frames
    }

    /// Kernels per atomic operation.
    fn kernels(self) -> u64 {
        self.arch(&[]).machine.array.cols
    }

    fn accumulators(self) -> u64 {
        self.arch(&[]).machine.memory.ofmap.0
    }
}

fn rates(network: &Segments) -> String {
    let mut text = String::from(
        "| MACs | buffer, KiB | DRAM, GB/s | frames per s, published | model | model / published | array works | bus works | DRAM, MB per frame |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for size in Size::all() {
        let found = whole(&size.arch(&[]), network);
        let frames = 1e9 / real(found.cycles);
        writeln!(
            text,
            "| {} | {} | {} | {} | {frames:.1} | {:.2} | {:.0} % | {:.0} % | {:.1} |",
            size.macs,
            size.buffer,
            size.bandwidth,
            size.frames,
            frames / size.frames,
            100.0 * real(found.array) / real(found.cycles),
            100.0 * real(found.bus) / real(found.cycles),
            real(found.bytes) * 1e-6,
        )
        .unwrap();
    }
    text
}

/// Whether published cycles are the longer of the array's and the bus's, or their sum.
fn overlap(network: &Segments) -> String {
    let mut text = String::from(
        "| MACs | published, million cycles | array | bus | longer in each layer / published | sum / published |\n|---|---|---|---|---|---|\n",
    );
    for size in Size::all() {
        let found = whole(&size.arch(&[]), network);
        let (array, bus, published) = (real(found.array), real(found.bus), 1e9 / size.frames);
        writeln!(
            text,
            "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} |",
            size.macs,
            published * 1e-6,
            array * 1e-6,
            bus * 1e-6,
            real(found.longer) / published,
            (array + bus) / published,
        )
        .unwrap();
    }
    text
}

/// What else the free choices might be.
fn choices(size: Size) -> Vec<(&'static str, Vec<String>)> {
    let key = |text: &str| vec![text.to_owned()];
    let sums = size.accumulators();
    let bytes = size.buffer * 1024;
    vec![
        ("as shipped", Vec::new()),
        ("DRAM efficiency 0.65", key("dram.efficiency=0.65")),
        ("DRAM efficiency 0.85", key("dram.efficiency=0.85")),
        ("DRAM latency 50 ns", key("dram.latency=50 ns")),
        ("DRAM latency 400 ns", key("dram.latency=400 ns")),
        ("maps stay on chip where they fit", key("memory.residency=fit")),
        ("two groups of 256 sums per kernel", vec![format!("memory.ofmap={} B", 2048 * size.kernels())]),
        ("half the accumulators", vec![format!("memory.ofmap={} B", sums / 2)]),
        ("twice the accumulators", vec![format!("memory.ofmap={} B", sums * 2)]),
        ("buffer divided in 64ths", vec![format!("memory.granule={} B", bytes / 64)]),
        ("buffer divided in quarters", vec![format!("memory.granule={} B", bytes / 4)]),
        ("loads and compute overlap in all", key("memory.buffering=double")),
        ("loads and compute take turns in all", key("memory.buffering=single")),
    ]
}

fn sensitivity(network: &Segments) -> String {
    let sizes = Size::all();
    let names: Vec<String> = sizes.iter().map(|size| size.macs.to_string()).collect();
    let mut text =
        format!("| model / published, MACs | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (at, (name, _)) in choices(sizes[0]).iter().enumerate() {
        let ratios = sizes.iter().map(|size| format!("{:.2}", size.ratio(&choices(*size)[at].1, network)));
        writeln!(text, "| {name} | {} |", ratios.collect::<Vec<_>>().join(" | ")).unwrap();
    }
    text
}

/// Cycles of NVDLA's first layer less the model's: its rows of taps fill atoms of channels, two of them where they fit.
fn first_layer(arch: &Arch) -> f64 {
    let (rows, cols) = (arch.machine.array.rows, arch.machine.array.cols);
    let atoms = if 2 * 21 <= rows { 4 } else { 7 * 21_u64.div_ceil(rows) };
    real((atoms - 147_u64.div_ceil(rows)) * 64_u64.div_ceil(cols) * 112 * 112)
}

/// Cycles by which additions at four elements per cycle outlast the product whose results they join.
fn additions(arch: &Arch, network: &Segments) -> f64 {
    let (mut product, mut late) = (0, 0);
    for (kind, map, timing) in steps(arch, network) {
        if kind == LayerKind::Add {
            late += (map / 4).saturating_sub(product);
        } else {
            product = timing.tally.cycles.total();
        }
    }
    real(late)
}

fn otherwise(network: &Segments) -> String {
    let sizes = Size::all();
    let (large, small) = (sizes[0], sizes[5]);
    assert_eq!([large.macs, small.macs], [2048, 64]);
    let mut text = String::from("| what NVDLA does otherwise | 2048 MACs | 64 MACs |\n|---|---|---|\n");
    let cycles = |size: Size| real(whole(&size.arch(&[]), network).cycles);
    let percent = |more: f64, size: Size| format!("{:+.1} %", 100.0 * more / cycles(size));
    let slower = |lanes: u64, size: Size| {
        let found = whole(&size.arch(&[format!("vector.lanes={lanes}")]), network);
        percent(real(found.cycles) - cycles(size), size)
    };
    let [first, other] = [large, small].map(|size| percent(first_layer(&size.arch(&[])), size));
    let added = percent(additions(&large.arch(&[]), network), large);
    let [new, old] =
        ["resnet50", "resnet50_older"].map(|name| self::network(&format!("tests/validation/{name}.csv")));
    let [older, elder] = [large, small].map(|size| {
        let [new, old] = [&new, &old].map(|list| real(whole(&size.arch(&[]), list).cycles));
        format!("{:+.1} %", 100.0 * (old / new - 1.0))
    });
    for (what, large, small) in [
        ("first layer: rows of 7 taps of 3 channels fill atoms, at most two rows an atom", first, other),
        ("other layers: atoms hold channels of one tap", "0 %".into(), "0 %".into()),
        ("SDP: 16 results per cycle (nv_large), 1 (nv_small)", slower(16, large), slower(1, small)),
        ("SDP: additions at 4 elements per cycle (nv_large)", added, "-".into()),
        ("if ResNet-50 was the older form, stride in the first 1x1", older, elder),
    ] {
        writeln!(text, "| {what} | {large} | {small} |").unwrap();
    }
    text
}

/// A layer of TPU v1's MLPs, weights streamed and maps on chip.
fn mlps() -> String {
    let mut text = String::from(
        "| application | TOPS, published | model | model / published | array active, published | model | weight stall + weight shift + other, published | all that is not active, model | waiting for memory, model |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let arch = preset("tpu-v1", &[]).unwrap();
    for row in table("tpu_mlp.csv") {
        let [side, batch] = [&row[2], &row[3]].map(|cell| cell.parse::<u64>().unwrap());
        let [tops, active, waits, shift, other] = [4, 5, 6, 7, 8].map(|at| number(&row[at]));
        let layer = super::fully_connected(&arch, batch, side, side);
        let cycles = real(layer.tally.cycles.total());
        let seconds = cycles / arch.machine.clock.0;
        let ours = 2.0 * real(batch * side * side) / seconds * 1e-12;
        let works = 100.0 * real(layer.folds * batch) / cycles;
        writeln!(
            text,
            "| {} | {tops} | {ours:.1} | {:.2} | {active} % | {works:.1} % | {waits} + {shift} + {other} = {:.1} % | {:.1} % | {:.1} % |",
            row[0],
            ours / tops,
            waits + shift + other,
            100.0 - works,
            100.0 * real(layer.tally.cycles[Cause::Stall]) / cycles,
        )
        .unwrap();
    }
    text
}

/// Gemmini's default, and the larger mesh of the report.
fn meshes(settings: &[&str]) -> [Arch; 2] {
    let large = [
        "array.rows=64",
        "array.cols=64",
        "memory.ifmap=512 KiB",
        "memory.filter=512 KiB",
        "memory.ofmap=256 KiB",
    ];
    [&[][..], &large[..]].map(|more: &[&str]| {
        let all: Vec<String> = settings.iter().chain(more).map(|&setting| setting.to_owned()).collect();
        preset("gemmini-16x16", &all).unwrap()
    })
}

/// Cycles of additions that read both maps from DRAM and write the sum, beyond those of the stream they are in.
fn apart(arch: &Arch, network: &Segments) -> f64 {
    let rate = arch.machine.dram_bytes_per_cycle();
    let maps = steps(arch, network).into_iter().filter(|(kind, _, _)| *kind == LayerKind::Add);
    2.0 * real(maps.map(|(_, map, _)| map).sum()) / rate
}

fn gemmini(network: &Segments) -> String {
    let mut text = String::from(
        "| ResNet-50 | 16x16, million cycles | 64x64 | speed-up | array works, 16x16 | array works, 64x64 | bus works, 64x64 |\n|---|---|---|---|---|---|---|\n",
    );
    let none = "memory.residency=none";
    for (what, settings, separate) in [
        ("as shipped", &[][..], false),
        ("every map to DRAM", &[none][..], false),
        ("the same, additions apart", &[none][..], true),
        ("the same, additions apart, DRAM efficiency 0.5", &[none, "dram.efficiency=0.5"][..], true),
        ("every map to DRAM, batch of 4", &[none, "batch.size=4"][..], false),
    ] {
        let machines = meshes(settings);
        let found = machines.each_ref().map(|arch| {
            let more = if separate { apart(arch, network) } else { 0.0 };
            let whole = whole(arch, network);
            (real(whole.cycles) + more, real(whole.array), real(whole.bus) + more)
        });
        let [small, large] = found;
        writeln!(
            text,
            "| {what} | {:.2} | {:.2} | {:.1} | {:.0} % | {:.0} % | {:.0} % |",
            small.0 * 1e-6,
            large.0 * 1e-6,
            small.0 / large.0,
            100.0 * small.1 / small.0,
            100.0 * large.1 / large.0,
            100.0 * large.2 / large.0,
        )
        .unwrap();
    }
    text
}

/// The section, its tables in their places.
pub(crate) fn section() -> String {
    let network = network("workloads/resnet50-imagenet");
    let mut text = file("tests/validation/throughput.md.in");
    for (place, table) in [
        ("{rates}", rates(&network)),
        ("{overlap}", overlap(&network)),
        ("{sensitivity}", sensitivity(&network)),
        ("{otherwise}", otherwise(&network)),
        ("{mlps}", mlps()),
        ("{gemmini}", gemmini(&network)),
        ("{traffic}", super::traffic::table()),
    ] {
        text = text.replace(&format!("{place}\n"), &table);
    }
    text
}

#[test]
fn published_rates_of_nvdla_are_met_within_15_percent() {
    let network = network("workloads/resnet50-imagenet");
    for size in Size::all() {
        let ratio = size.ratio(&[], &network);
        assert!((0.85..1.15).contains(&ratio), "{} MACs: {ratio}", size.macs);
    }
}

#[test]
fn the_smallest_sizes_take_turns() {
    let network = network("workloads/resnet50-imagenet");
    for size in &Size::all()[5..] {
        let found = whole(&size.arch(&[]), &network);
        let sum = real(found.array + found.bus) * size.frames * 1e-9;
        assert!((0.98..1.02).contains(&sum), "{} MACs: {sum}", size.macs);
    }
}

#[test]
fn channels_of_all_but_the_first_layer_fill_whole_atoms() {
    for row in table("resnet50.csv").iter().skip(1) {
        let [taps, _, channels] = [3, 4, 5].map(|at| row[at].trim().parse::<u64>().unwrap());
        assert_eq!(channels % 64, 0, "{row:?} {taps}");
    }
}

#[test]
fn published_rates_of_tpu_mlps_are_met_within_10_percent() {
    let arch = preset("tpu-v1", &[]).unwrap();
    for row in table("tpu_mlp.csv") {
        let [side, batch] = [&row[2], &row[3]].map(|cell| cell.parse::<u64>().unwrap());
        let layer = super::fully_connected(&arch, batch, side, side);
        let seconds = real(layer.tally.cycles.total()) / arch.machine.clock.0;
        let ratio = 2.0 * real(batch * side * side) / seconds * 1e-12 / number(&row[4]);
        assert!((0.9..1.1).contains(&ratio), "{}: {ratio}", row[0]);
    }
}
