//! How long `report.html` of a sweep of a million points takes, and how much memory: `cargo bench --bench report`.
//!
//! The points are made up: energies, latencies and accuracies that spread as those of arrays of many sizes do.

use std::fmt::Write as _;
use std::io::{Cursor, Read};
use std::time::Instant;

use exclusim::report::html::{MadeBy, SweepPage, sweep_page};

const POINTS: u64 = 1_000_000;
const HEADER: &str = "version,inputs,point,array.rows,array.cols,array.dataflow,array.fold_overlap,dram.bandwidth_bytes_per_s,policy.beta,\
accuracy,left_early,macs,cycles,cycles_p99,cycles_no_heads,cycles_never,cycles_saved_net,latency_s,latency_p99_s,energy_pj,\
energy_no_heads_pj,energy_saved_net,edp_js,area_mm2\n";
const SETTINGS: &str = "target,key,column,cell,value\nbase arch,,,,../edge-16x16.toml\nbase workload,,,,../../workloads/vgg-mini-fashion\n\
objective,energy,energy_pj,least,\nobjective,latency,latency_s,least,\n";

fn main() {
    let table = points();
    let front: String = table.lines().take(400).map(|line| format!("{line}\n")).collect();
    let held = peak();
    let open = || -> std::io::Result<Box<dyn Read>> { Ok(Box::new(Cursor::new(table.clone().into_bytes()))) };
    let start = Instant::now();
    let page = sweep_page(&SweepPage {
        title: "million".to_owned(),
        made: MadeBy::default(),
        inputs: "role,file,sha256\n",
        points: &open,
        front: &front,
        settings: SETTINGS,
    });
    let took = start.elapsed();
    match page {
        Ok(page) => println!(
            "{POINTS} points of {} MB: a page of {} bytes in {took:.2?}; peak memory {held} before, {} after, the table twice in it",
            table.len() >> 20,
            page.len(),
            peak()
        ),
        Err(error) => eprintln!("{error}"),
    }
}

/// A table of made-up points.
fn points() -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 33).unwrap_or(0)) / f64::from(1_u32 << 31)
    };
    let mut table = HEADER.to_owned();
    for point in 0..POINTS {
        let [rows, cols] = [point % 6, point / 6 % 6].map(|power| 4_u32 << power);
        let dataflow = ["weight-stationary", "output-stationary", "input-stationary"]
            [usize::from(point % 3 == 1) + 2 * usize::from(point % 3 == 2)];
        let beta = next();
        let accuracy = 0.93 - 0.08 * beta * beta * next();
        let cycles = 40_000.0 + 3e7 / f64::from(rows * cols) * (1.2 - beta) * (0.8 + next());
        let energy = 6e6 + 30.0 * cycles * (0.5 + next());
        // Writing into memory cannot fail.
        let _ = writeln!(
            table,
            "0.1.0,0123456789abcdef,{point},{rows},{cols},{dataflow},none,{},{beta:.4},{accuracy:.4},{beta:.4},6000000,{cycles:.1},\
             {:.1},95348,99000,{:.6},{:e},{:e},{energy:.3},28360000,{:.6},{:e},{:.5}",
            400_000_000_u64 << (point % 4),
            cycles * 1.5,
            1.0 - cycles / 95_348.0,
            cycles / 5e8,
            cycles * 3e-9,
            1.0 - energy / 28_360_000.0,
            energy * cycles * 2e-21,
            0.5 + f64::from(rows * cols) * 0.002
        );
    }
    table
}

/// The most memory that this process had, where the system tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim_start_matches("VmHWM:").trim().to_owned())
}
