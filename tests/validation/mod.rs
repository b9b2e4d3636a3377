//! Is `docs/validation.md` true? It is written by this test: `EXCLUSIM_BLESS=1 cargo test --test suite validation::`.

mod energy;
mod fpga;
mod throughput;
mod traffic;

use std::fmt::Write;

use crate::common;
use exclusim::arch::Arch;
use exclusim::map::Dataflow;
use exclusim::network::segment::{LayerKind, Part, Step, Work};
use exclusim::shape::Gemm;
use exclusim::time::{StepTiming, time_step};
use exclusim::units::{Cycles, real};

/// One fully connected layer of `inputs` x `outputs` for a batch, its weights streamed, on an architecture.
fn fully_connected(arch: &Arch, batch: u64, inputs: u64, outputs: u64) -> StepTiming {
    let gemm = Gemm { groups: 1, m: batch, n: outputs, k: inputs };
    let step = Step {
        name: "fc".into(),
        kind: LayerKind::FullyConnected,
        part: Part::Body,
        work: Work::Gemm { gemm, class_wise: false },
        bands: None,
        ifmap_bytes: batch * inputs,
        ofmap_bytes: batch * outputs,
        reads_image: false,
        streamed: false,
        waited: Vec::new(),
        waits: None,
        weighted: None,
    };
    time_step(&step, &arch.machine)
}

/// TPU v1 without what its publication's arithmetic leaves out: latency, set-up, and DRAM below its peak.
fn tpu(side: u64) -> Arch {
    let settings = [
        format!("array.rows={side}"),
        format!("array.cols={side}"),
        "memory.filter=4 MiB".into(),
        "memory.ofmap=8 MiB".into(),
        "control.layer_setup=0".into(),
        "dram.latency=0 s".into(),
        "dram.efficiency=1".into(),
    ];
    common::preset("tpu-v1", &settings).unwrap()
}

fn microseconds(arch: &Arch, cycles: u64) -> f64 {
    Cycles(cycles).at(arch.machine.clock).0 * 1e6
}

/// A published figure beside ours.
fn line(text: &mut String, what: &str, published: &str, ours: f64, reference: f64, why: &str) {
    writeln!(text, "| {what} | {published} | {ours:.2} | {:.2} | {why} |", ours / reference).unwrap();
}

/// Table 1, 3 and 5 of the publication: MACs a weight byte, batch, TOPS attained, part of time waiting for weights.
const APPLICATIONS: [(&str, u64, f64, f64); 6] = [
    ("MLP0", 200, 12.3, 53.9),
    ("MLP1", 168, 9.7, 44.2),
    ("LSTM0", 64, 3.7, 58.1),
    ("LSTM1", 96, 2.8, 62.1),
    ("CNN0", 2888, 86.0, 0.0),
    ("CNN1", 1750, 14.1, 28.1),
];

fn tpu_tables(text: &mut String) {
    let head = "| what | published | model | model / published | why they differ |\n|---|---|---|---|---|\n";
    text.push_str(head);
    let tile = fully_connected(&tpu(256), 1, 256, 256);
    let load = microseconds(&tpu(256), tile.tally.cycles[exclusim::count::Cause::Stall]);
    line(
        text,
        "loading a tile of 64 KiB at 34 GB/s, us",
        "1.93 (computed)",
        load,
        65_536.0 / 34e3,
        "rounded up to cycles",
    );
    let preload = real(tile.tally.cycles[exclusim::count::Cause::Preload]);
    line(text, "shifting a tile in, cycles", "256", preload, 256.0, "");
    for (side, tiles, published) in [(256, 9, 18.0), (512, 4, 32.0)] {
        let arch = tpu(side);
        let ours = fully_connected(&arch, 200, 600, 600);
        assert_eq!(ours.folds, tiles);
        let what = format!("600x600 layer on {side}x{side}, {tiles} tiles, us");
        let why = "it loads whole tiles; the model loads the weights there are, 360,000 bytes";
        line(
            text,
            &what,
            &published.to_string(),
            microseconds(&arch, ours.tally.cycles.total()),
            published,
            why,
        );
        let padded = 600u64.next_multiple_of(side);
        let whole = fully_connected(&arch, 200, padded, padded);
        let what = format!("the same with the tiles filled up ({padded}x{padded}), us");
        let why = "pipeline ends: the first tile's shift and the last one's wave";
        line(
            text,
            &what,
            &published.to_string(),
            microseconds(&arch, whole.tally.cycles.total()),
            published,
            why,
        );
    }
    text.push_str(
        "\nAttained TOPS by application against the roofline min(92, 2 x MACs per weight byte x 34 GB/s):\n\n",
    );
    text.push_str("| application | MACs per weight byte | published, TOPS | waits for weights, published | our roofline, TOPS | published / roofline |\n|---|---|---|---|---|---|\n");
    let arch = tpu(256);
    let peak = 2.0 * real(256 * 256) * arch.machine.clock.0 * 1e-12;
    for (name, intensity, published, waits) in APPLICATIONS {
        let roof = (2.0 * real(intensity) * arch.machine.dram.bandwidth.0 * 1e-12).min(peak);
        assert!(published <= roof, "{name} is above the roofline");
        let ratio = published / roof;
        writeln!(text, "| {name} | {intensity} | {published} | {waits} % | {roof:.1} | {ratio:.2} |")
            .unwrap();
    }
}

fn rows(file: &str) -> usize {
    common::text(file).lines().filter(|line| !line.starts_with('#')).count() - 1
}

/// The sum of a column of whole numbers.
fn sum(file: &str, column: &str) -> u64 {
    let text = common::text(file);
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let at = lines.next().unwrap().split(',').position(|name| name == column).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().parse::<u64>().unwrap()).sum()
}

/// Arrays of DSP blocks that were synthesized for FPGAs.
fn array_rows() -> usize {
    let of_array = |line: &&str| {
        let part = line.split(',').nth(1).unwrap_or_default();
        ["moving", "standing", "packed"].iter().any(|start| part.starts_with(start))
    };
    ["tests/rtl/synthesis_fpga.csv", "tests/rtl/synthesis_fpga_blocks.csv"]
        .map(|file| common::text(file).lines().filter(of_array).count())
        .iter()
        .sum()
}

fn page() -> String {
    let mut text = String::from(
        "# Validation\n\nWhat was compared with what, how many cases, and the largest difference.\n\
         `EXCLUSIM_BLESS=1 cargo test --test suite validation::` writes this page; `cargo test` checks it and repeats every comparison\n\
         that it names.\n\n\
         | part | compared with | cases | largest difference | test |\n|---|---|---|---|---|\n",
    );
    let fixtures = std::fs::read_dir("tests/fixtures/onnx").unwrap();
    let models = fixtures
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "onnx"))
        .count();
    let mut row = |part: &str, with: &str, cases: &str, difference: &str, test: &str| {
        writeln!(text, "| {part} | {with} | {cases} | {difference} | `{test}` |").unwrap();
    };
    row("replay", "onnxruntime 1.23.2, 10,000 images, 7 outputs", "700,000 codes", "0", "tests/oracle");
    row(
        "replay, each operator",
        "onnxruntime 1.23.2, small models, three kernels",
        &format!("{models} models"),
        "0, except QDQ form with i8 (deviations, 13)",
        "tests/oracle",
    );
    row(
        "decisions",
        "a second implementation, random scores and policies",
        "1,500 per run",
        "0",
        "src/decide/tests.rs",
    );
    row(
        "exclusion unit: cycles, survivors, exits; look-ups, scores compared, bits or entries written",
        "its Verilog, simulated, 28 designs",
        &format!("{} decisions", sum("tests/rtl/unit.csv", "decisions")),
        "0",
        "tests/rtl/unit.rs",
    );
    row(
        "array: cycles and products",
        "its Verilog: 6 designs, three dataflows, two kinds of edges, 6 sizes",
        &format!("{} GEMMs, {} sums", rows("tests/rtl/array.csv"), sum("tests/rtl/array.csv", "products")),
        "0; cycles are independent without overlap, else the sequencer holds the model's period rule (docs/rtl.md)",
        "tests/rtl/array.rs",
    );
    row(
        "whole inferences: cycles, scores, survivors, exits, answers",
        "Verilog of array, unit and sequencer, 9 machines",
        &format!("{} inferences, 62 distinct paths", rows("tests/rtl/network.csv")),
        "0",
        "tests/rtl/network.rs",
    );
    row(
        "array: cycles and products",
        "register-level array, 3 dataflows x 3 overlaps",
        "400 GEMMs per run each",
        "0 edges; one less fails",
        "tests/stepped",
    );
    row(
        "array: trimmed and split",
        "register-level array; a loop over all folds",
        "400 and 3,000 GEMMs per run",
        "0 edges",
        "tests/stepped",
    );
    row(
        "waiting for memory",
        "event-driven machine with bus and half buffers",
        "4,000 per run",
        "0 cycles",
        "tests/tile_walk.rs",
    );
    row(
        "schedules that were found",
        "event-driven machine that knows no closed form; DRAM traffic of ZigZag 3.9.1",
        "48 layers and machines",
        "0 cycles; traffic up to 20 % above",
        "tests/validation/traffic.rs",
    );
    row(
        "frames per second, ResNet-50",
        "NVIDIA's estimates for NVDLA",
        "7 sizes",
        "within 15 %, two after a choice inferred from them",
        "tests/validation/throughput.rs",
    );
    row("vector unit's queue", "the queue, burst by burst", "256 per run", "0 cycles", "src/time/outflow.rs");
    row(
        "compat mode",
        "SCALE-Sim 3.0.0, our own run",
        &format!("{} rows", rows("tests/oracle/scale_sim.csv")),
        "0 cycles, 0 accesses",
        "tests/oracle",
    );
    row(
        "compat mode",
        "SCALE-Sim 3.0.0 and 2.0.2, a reference set",
        &format!("{} rows", rows("tests/oracle/scale_sim_public.csv")),
        "0 cycles without stalls, 0 accesses",
        "tests/oracle",
    );
    row(
        "register bits",
        "a walk over every fold, row and hop, 3 dataflows x 3 overlaps",
        "36 GEMMs",
        "0 bits",
        "src/time/registers.rs",
    );
    row(
        "FPGA arrays: DSP blocks, flip-flops, LUTs",
        "yosys 0.23, three families, 6 designs, packed or not",
        &format!("{} arrays", array_rows()),
        "0",
        "tests/rtl/fpga.rs",
    );
    row(
        "FPGA: an array whose products are packed, its sums",
        "its Verilog, simulated, 6 sizes",
        &format!("{} sums", sum("tests/rtl/packed.csv", "sums")),
        "0",
        "tests/rtl/fpga_blocks.rs",
    );
    row(
        "FPGA: a lane of the vector unit, its codes",
        "its Verilog, simulated, beside replay's `fixed-point`",
        &format!("{} codes", sum("tests/rtl/lane.csv", "results")),
        "0",
        "tests/rtl/fpga_blocks.rs",
    );
    row(
        "FPGA: blocks of RAM of a memory, by its shape",
        "AMD PG338's counts of eight DPUs",
        "16 counts",
        "0 blocks",
        "tests/validation/fpga.rs",
    );
    row(
        "an inference priced",
        "by hand: docs/energy.md",
        "1 network",
        "0, except rounding",
        "tests/by_hand.rs",
    );
    row(
        "arrivals",
        "Little's law, M/D/1, Pollaczek-Khinchine",
        "2 million arrivals per load",
        "2 % of the mean wait",
        "tests/arrivals.rs",
    );
    text.push_str(
        "\n- Where the default model differs from SCALE-Sim on purpose: [deviations.md](deviations.md).\n\
         - Not validated yet: speculation, and fused vector work in a whole network, beyond the rates under throughput.\n\
         - Below: [the first TPU](#the-first-tpu), [throughput](#throughput), [DRAM traffic](#dram-traffic),\n\
         \x20 [energy and area](#energy-and-area), [FPGAs](#fpgas).\n\n\
         ## The first TPU\n\nJouppi et al., In-Datacenter Performance Analysis of a Tensor Processing Unit, ISCA 2017 (arXiv 1704.04760), sections\n\
         2 and 7, tables 1, 3 and 5. The model is `arch/tpu-v1.toml` without latency and set-up and at DRAM's peak, as in the\n\
         publication's own arithmetic.\n\n",
    );
    tpu_tables(&mut text);
    text.push_str(
        "\nMLPs, LSTM0 and CNN0 come within 15 % of the roofline. LSTM1 and CNN1 stay far below it, for reasons that a roofline does\n\
         not model: the publication names dependences between steps, and for CNN1 layers of shallow depth and fully connected\n\
         layers.\n",
    );
    text.push_str(&throughput::section());
    energy::tables(&mut text);
    fpga::tables(&mut text);
    text
}

#[test]
fn the_page_is_true() {
    assert_eq!(Dataflow::ALL.len(), 3, "the page speaks of three dataflows");
    let page = page();
    if std::env::var_os("EXCLUSIM_BLESS").is_some() {
        std::fs::write("docs/validation.md", page).unwrap();
        return;
    }
    let committed = std::fs::read_to_string("docs/validation.md").unwrap_or_default();
    assert!(
        committed == page,
        "docs/validation.md is stale: EXCLUSIM_BLESS=1 cargo test --test suite validation::"
    );
}
