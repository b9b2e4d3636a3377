//! Does a larger machine ever run faster? The bound of `clock = "auto"`.

use crate::common::{arch_with, preset, technology};
use exclusim::arch::{Arch, Cells, ClockBound, ClockPath, Target};
use exclusim::units::{Bytes, Hertz, real};
use proptest::prelude::*;

fn cells(arch: &Arch) -> &Cells {
    match &arch.target {
        Target::Cells(cells) => cells,
        Target::Fpga(_) => panic!("{} is on an FPGA", arch.name),
    }
}

fn timing(arch: &Arch) -> &ClockBound {
    &cells(arch).timing
}

fn arch(rows: u64, cols: u64, overlap: &str, kib: [u64; 3]) -> Arch {
    let pads =
        ["ifmap", "filter", "ofmap"].iter().zip(kib).map(|(pad, kib)| format!("memory.{pad}={kib} KiB"));
    let mut settings = vec![
        "clock=auto".to_owned(),
        format!("array.rows={rows}"),
        format!("array.cols={cols}"),
        format!("array.fold_overlap={overlap}"),
    ];
    settings.extend(pads);
    arch_with(&settings).unwrap_or_else(|faults| panic!("{faults}"))
}

proptest! {
    #[test]
    fn a_larger_array_or_memory_never_runs_faster(
        rows in 1u64..400, cols in 1u64..400, more in 0u64..300, kib in prop::array::uniform3(512u64..20_000),
        larger in 0u64..20_000, overlap in prop::sample::select(vec!["none", "global-swap", "double-buffered"]),
    ) {
        let clock = arch(rows, cols, overlap, kib).machine.clock;
        prop_assert!(arch(rows + more, cols, overlap, kib).machine.clock <= clock);
        prop_assert!(arch(rows, cols + more, overlap, kib).machine.clock <= clock);
        for pad in 0..3 {
            let mut grown = kib;
            grown[pad] += larger;
            prop_assert!(arch(rows, cols, overlap, grown).machine.clock <= clock);
        }
        prop_assert_eq!(arch(rows, cols, overlap, kib).machine.clock, clock);
        // Control that travels with the data is never slower than control that must be everywhere at once.
        prop_assert!(arch(rows, cols, "global-swap", kib).machine.clock <= arch(rows, cols, "double-buffered", kib).machine.clock);
    }
}

#[test]
fn banks_and_areas_never_shrink_with_size() {
    let sram = technology(&arch_with(&[]).unwrap()).sram.clone();
    let sizes: Vec<u64> = (0..600).map(|step| (512.0 * 1.02f64.powi(step)) as u64).collect();
    for pair in sizes.windows(2) {
        let [small, large] = [pair[0], pair[1]].map(Bytes);
        assert!(sram.access(small) <= sram.access(large), "{small:?}");
        for bank in [1024, 32 * 1024, 1 << 20] {
            let bank = |size: Bytes| Bytes(size.0.min(bank));
            let (before, after) =
                (sram.banked_area(small, bank(small)), sram.banked_area(large, bank(large)));
            assert!(before.0 <= after.0 * (1.0 + 1e-12), "{small:?}");
        }
    }
}

#[test]
fn the_bound_is_the_longest_path() {
    // By hand, 16 x 16 and weight-stationary without overlap, 64 KiB: an element is 851.8 um2 and 49 bits of 5.98 um2 (one
    // of them the flag of a zero activation), so
    // 33.84 um wide; wires take 162 ps/mm; a bank of 32 KiB 1.298 ns in the table; a register 50 ps.
    let edge = arch_with(&[]).unwrap();
    let delays: Vec<(ClockPath, f64)> =
        timing(&edge).paths().map(|(path, delay)| (path, delay.0 * 1e9)).collect();
    let side = (851.8f64 + 49.0 * 5.98).sqrt() * 1e-3;
    let expected = [
        (ClockPath::ProcessingElement, 1.0 + 0.162 * side + 0.05),
        (ClockPath::ScratchpadBank, 1.29776 + 0.05),
        (ClockPath::ArrayEdge, 0.162 * 16.0 * side + 0.05),
        (ClockPath::ArrayEnable, 0.162 * 32.0 * side + 0.05),
    ];
    for (path, ns) in expected {
        let found = delays.iter().find(|(of, _)| *of == path).unwrap().1;
        assert!((found - ns).abs() < 1e-6, "{path:?}: {found} ns, by hand {ns} ns");
    }
    assert_eq!(timing(&edge).longest().0, ClockPath::ScratchpadBank);
    assert!((timing(&edge).clock().0 - 1e9 / (1.29776 + 0.05)).abs() < 1.0);
}

#[test]
fn a_given_clock_is_kept_and_auto_is_the_bound() {
    let given = arch_with(&[]).unwrap();
    assert_eq!((given.machine.clock, cells(&given).clock_is_auto), (Hertz(5e8), false));
    let auto = arch_with(&["clock=auto".to_owned()]).unwrap();
    assert!(cells(&auto).clock_is_auto);
    assert_eq!(
        auto.machine.clock,
        timing(&given).clock(),
        "the bound does not depend on the clock that was given"
    );
    let swapped = preset("datacenter-128x128", &["array.fold_overlap=global-swap".to_owned()]).unwrap();
    assert!(timing(&swapped).paths().any(|(path, _)| path == ClockPath::ArrayEnable));
    let travelling = preset("datacenter-128x128", &[]).unwrap();
    assert!(timing(&travelling).paths().all(|(path, _)| path != ClockPath::ArrayEnable));
}

#[test]
fn a_huge_array_is_held_by_its_wires() {
    let small = arch(128, 128, "double-buffered", [4096; 3]);
    let huge = arch(4096, 128, "double-buffered", [4096; 3]);
    assert_ne!(timing(&small).longest().0, ClockPath::ArrayEdge);
    assert_eq!(timing(&huge).longest().0, ClockPath::ArrayEdge);
    assert!(
        real(4096 / 128) * small.machine.clock.0 > huge.machine.clock.0
            && huge.machine.clock < small.machine.clock
    );
}
