//! Does nonsense come back as a fault, never as a panic? Configurations and topologies from the edge of what numbers can
//! say, alone and together; what is accepted must still be sane.

use crate::common::{arch_with, shipped_network};
use exclusim::arch::Arch;
use exclusim::cost::prices;
use exclusim::interop::scale_sim::topology::{OutputSize, import};
use exclusim::network::segment::Segments;
use exclusim::simulate::agree;
use exclusim::time::path_table;
use exclusim::unit::UnitSize;
use exclusim::units::real;
use proptest::prelude::*;

/// Keys that take counts, and keys that take quantities with what may stand in them.
const COUNTS: &[&str] = &[
    "array.rows",
    "array.cols",
    "memory.banks",
    "vector.lanes",
    "control.layer_setup",
    "control.decision",
    "batch.size",
    "exclusion.macs",
    "exclusion.lanes",
];
const QUANTITIES: &[(&str, &[&str])] = &[
    ("clock", &["0 Hz", "1 Hz", "1 kHz", "100 GHz", "1000000 GHz", "auto", "nan Hz"]),
    ("memory.ifmap", &["0 B", "1 B", "64 KiB", "1024 GiB", "1000000 GiB"]),
    ("memory.filter", &["0 B", "1 B", "64 KiB", "1024 GiB", "1000000 GiB"]),
    ("memory.ofmap", &["0 B", "1 B", "64 KiB", "1024 GiB", "1000000 GiB"]),
    ("memory.width", &["0 bit", "1 bit", "8 bit", "9 bit", "1000000 bit", "auto"]),
    ("dram.bandwidth", &["0 B/s", "1e-300 B/s", "1 MB/s", "1000 TB/s", "1e300 TB/s", "inf B/s"]),
    ("dram.latency", &["0 s", "1 s", "1e300 s", "-1 ns", "inf s"]),
    ("dram.efficiency", &["0", "0.01", "1", "1.5", "nan", "1e-300"]),
];
/// Keys that take a word: all of these are good.
const WORDS: &[(&str, &[&str])] = &[
    ("array.dataflow", &["os", "ws", "is", "best"]),
    ("array.fold_overlap", &["none", "global-swap", "double-buffered"]),
    ("array.edge_folds", &["full", "trimmed"]),
    ("memory.accumulator", &["spill", "split"]),
    ("memory.residency", &["fit", "none"]),
    ("memory.weights", &["stream", "resident"]),
    ("memory.head_weights", &["stream", "resident"]),
    ("vector.fused", &["true", "false"]),
    ("exclusion.placement", &["array", "dedicated", "vector"]),
    ("exclusion.overlap", &["blocking", "speculative"]),
    ("exclusion.squash", &["fold", "immediate"]),
    ("exclusion.compact", &["true", "false"]),
];

/// Numbers where something may begin to go wrong.
fn number() -> impl Strategy<Value = u64> {
    let edge = prop::sample::select(vec![
        0,
        1,
        2,
        4096,
        65_535,
        65_536,
        65_537,
        1_000_000_000,
        1 << 32,
        1 << 53,
        u64::MAX >> 1,
        u64::MAX,
    ]);
    prop_oneof![1u64..300, (0u32..44).prop_map(|bits| 1 << bits), edge]
}

fn setting() -> impl Strategy<Value = String> {
    let of = |table: &'static [(&'static str, &'static [&'static str])]| {
        prop::sample::select(table).prop_flat_map(|(key, values)| {
            prop::sample::select(values).prop_map(move |v| format!("{key}={v}"))
        })
    };
    let count = (prop::sample::select(COUNTS), number()).prop_map(|(key, number)| format!("{key}={number}"));
    prop_oneof![count, of(QUANTITIES), of(WORDS), of(WORDS)]
}

fn settings() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(setting(), 0..8)
}

/// A convolution's or a GEMM's file, its numbers mostly small.
fn topology() -> impl Strategy<Value = String> {
    let size = || prop_oneof![4 => 1u64..64, 2 => (0u32..24).prop_map(|bits| 1 << bits), 1 => number()];
    let row = prop::collection::vec(size(), 7);
    (any::<bool>(), prop::collection::vec((row, any::<bool>()), 1..4)).prop_map(|(gemm, rows)| {
        let (head, columns) = if gemm {
            ("Layer, M, N, K,\n", 3)
        } else {
            ("Layer, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n", 7)
        };
        let line = |(numbers, deep): &(Vec<u64>, bool)| {
            let cells: Vec<String> = numbers[..columns].iter().map(u64::to_string).collect();
            format!("{}, {},\n", if *deep { "DP" } else { "layer" }, cells.join(", "))
        };
        head.to_owned() + &rows.iter().map(line).collect::<String>()
    })
}

/// Times and prices a network for a batch, if it and the architecture go together, and looks whether that can be.
fn timed(arch: &Arch, network: &Segments) -> Result<(), TestCaseError> {
    if agree(arch, network, None).is_err() {
        return Ok(());
    }
    let network = network.batched(arch.batch.size);
    let prices = prices(arch, UnitSize::of_default_bits(6, 10));
    for compact in [false, true] {
        // A topology's last N counts as classes; a unit for a million of them is no use.
        let compact = compact && network.classes <= 100;
        let table = path_table(&network, &arch.machine, &vec![true; network.heads()], compact);
        for (_, timing) in table.steps() {
            let cycles = u128::from(timing.tally.cycles.total());
            let macs = timing.gemm.map_or(0, |gemm| gemm.macs());
            let pes = arch.machine.array.rows * arch.machine.array.cols + arch.machine.exclusion.macs;
            prop_assert!(cycles * u128::from(pes) >= u128::from(macs));
            let energy = prices.energy(&timing.tally).total().0;
            prop_assert!(energy.is_finite() && energy >= 0.0);
            let bytes = real(timing.traffic.dram_reads() + timing.traffic.dram_writes());
            // Whole cycles forgive a billionth, so that 100 ns are not 51 cycles: thousands of transfers may add that up.
            let least = bytes / arch.machine.dram_bytes_per_cycle() * (1.0 - 1e-9);
            prop_assert!(real(timing.tally.cycles.total() + timing.ahead.hidden) + 1.0 >= least);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn absurd_hardware_is_refused_or_timed(settings in settings()) {
        if let Ok(arch) = arch_with(&settings) {
            timed(&arch, &shipped_network())?;
        }
    }

    #[test]
    fn absurd_topologies_are_refused_or_timed(text in topology(), settings in settings()) {
        let networks = [OutputSize::Floor, OutputSize::Ceil].map(|rule| import("absurd.csv", "absurd", &text, rule));
        let Ok(arch) = arch_with(&settings) else { return Ok(()) };
        for network in networks.into_iter().flatten() {
            timed(&arch, &network.segments)?;
        }
    }
}
