//! One run: a network's scores, decided by its policy and simulated on an array. `cargo run --example run`

use std::error::Error;

use exclusim::load::{self, Silent};
use exclusim::report::{Form, summary_text};
use exclusim::run::{Request, Subject, run};

fn main() -> Result<(), Box<dyn Error>> {
    let arch = load::arch("arch/edge-16x16.toml", &["array.rows=32".to_owned()])?;
    let workload = load::workload("workloads/vgg-mini-fashion", &Silent)?;
    let policy = workload.policy(None)?;
    let scores = workload.evaluation(Some(500), &Silent)?;

    let subject = Subject { workload: &workload, scores: &scores, policy: &policy };
    let found = run(&Request::new(&arch, subject))?;

    print!("{}", summary_text(&found.summary, Form::Plain));
    // Every table that `exclusim run` writes is there as text, too.
    for (file, table) in found.tables(&arch) {
        println!("{file}: {} rows", table.lines().count() - 1);
    }
    Ok(())
}
