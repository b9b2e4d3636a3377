//! Images a second of a whole replay: `cargo bench --bench throughput -- WORKLOAD [--threads N] [--runs N]`.
//!
//! Prints one number, the best of `--runs` passes over the evaluation set; reading files is not timed.
//! `benches/compare_replay.py` calls this beside onnxruntime.

use exclusim::network::onnx::{HeadNames, import};
use exclusim::replay::{Images, Preprocess, replay};
use std::error::Error;
use std::fs::{File, read, read_to_string};
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut workload, mut threads, mut runs) = (None, 0, 5);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--threads" => threads = arguments.next().ok_or("--threads needs a number")?.parse()?,
            "--runs" => runs = arguments.next().ok_or("--runs needs a number")?.parse()?,
            // Cargo's own, for harnesses.
            "--bench" => {}
            _ => workload = Some(PathBuf::from(argument)),
        }
    }
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/workloads/vgg-mini-fashion");
    let folder = workload.unwrap_or_else(|| default.into());
    if !folder.join("workload.toml").exists() {
        // `cargo bench` and `cargo test --benches` run this without a workload.
        eprintln!("{} is no workload: nothing to measure", folder.display());
        return Ok(());
    }
    let text: toml::Table = toml::from_str(&read_to_string(folder.join("workload.toml"))?)?;
    let file = |key: &[&str]| -> Option<PathBuf> {
        let (last, tables) = key.split_last()?;
        let table = tables.iter().try_fold(&text, |table, name| table.get(*name)?.as_table())?;
        Some(folder.join(table.get(*last)?.as_str()?))
    };
    let network = import(&read(file(&["model"]).ok_or("no model")?)?, &HeadNames::default())?;
    let images = file(&["data", "evaluation"]).ok_or("no [data] evaluation")?;
    let images = Images::read(File::open(images)?, network.classes())?;
    let preprocess = preprocess(&text).ok_or("no usable [preprocess]")?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let mut best = f64::INFINITY;
    for _ in 0..runs {
        let start = Instant::now();
        pool.install(|| replay(&network, &images, &preprocess, &|_| ()))?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{:.1}", images.samples() as f64 / best);
    Ok(())
}

fn preprocess(workload: &toml::Table) -> Option<Preprocess> {
    let table = workload.get("preprocess")?.as_table()?;
    let number = |value: &toml::Value| value.as_float().map(|f| f as f32);
    let list = |name: &str| table.get(name)?.as_array()?.iter().map(number).collect::<Option<Vec<f32>>>();
    Some(Preprocess { scale: number(table.get("scale")?)?, mean: list("mean")?, std: list("std")? })
}
