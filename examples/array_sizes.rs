//! Which array is worth its area? Images are replayed and exits decided once; only the machine changes.
//! `cargo run --example array_sizes`

use std::error::Error;

use exclusim::decide::decide;
use exclusim::load::{self, Silent};
use exclusim::simulate::{agreed, simulate};
use exclusim::units::real;

fn main() -> Result<(), Box<dyn Error>> {
    let workload = load::workload("workloads/vgg-mini-fashion", &Silent)?;
    let policy = workload.policy(None)?;
    let decisions = decide(&workload.evaluation(Some(500), &Silent)?, &policy)?;

    println!("array      area, mm2  cycles  saved by exits");
    for side in [4, 8, 16, 32] {
        let keys = [format!("array.rows={side}"), format!("array.cols={side}")];
        let arch = load::arch("arch/edge-16x16.toml", &keys)?;
        agreed(&arch, &workload.segments, Some(&policy))?;
        let found = simulate(&arch, &workload.segments, &policy, &decisions, None);

        let per_sample = |cycles: u64| real(cycles) / real(decisions.labels.len() as u64);
        let plain = per_sample(found.ablation.no_heads.total().cycles.total());
        let with_exits = per_sample(found.cycles.iter().sum());
        let area = found.prices.total_area().square_millimetres();
        println!(
            "{side:2} x {side:2} {area:13.3} {with_exits:7.0} {:13.1} %",
            100.0 * (1.0 - with_exits / plain)
        );
    }
    Ok(())
}
