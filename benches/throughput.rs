//! Images a second of a whole replay: `cargo bench --bench throughput -- WORKLOAD [--threads N] [--runs N] [--layers]`.
//!
//! Prints one number, the best of `--runs` passes over the evaluation set; reading files is not timed.
//! `benches/compare_replay.py` calls this beside onnxruntime. With `--layers` a table instead: what each layer takes on one
//! thread, in the best of the passes, and how near its products come to what the processor's registers could do.

use exclusim::load::{self, Silent, Split};
use exclusim::network::{Network, Op};
use exclusim::replay::{Engine, Images, Preprocess, replay, replay_layers};
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut workload, mut threads, mut runs, mut layers) = (None, 0, 5, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--threads" => threads = arguments.next().ok_or("--threads needs a number")?.parse()?,
            "--runs" => runs = arguments.next().ok_or("--runs needs a number")?.parse()?,
            "--layers" => layers = true,
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
    let workload = load::workload(&folder, &Silent)?;
    let images = workload.images(Split::Evaluation)?;
    let (network, preprocess) = (workload.network()?.clone(), workload.manifest.preprocess);
    if layers {
        return by_layer(&network, &images, &preprocess, runs);
    }
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

/// Prints what each layer takes.
fn by_layer(
    network: &Network,
    images: &Images,
    preprocess: &Preprocess,
    runs: usize,
) -> Result<(), Box<dyn Error>> {
    let mut best = vec![f64::INFINITY; network.layers.len() + 1];
    for _ in 0..runs {
        let mut times = vec![0.0; best.len()];
        // The first call tells when the network was laid out, which counts for nothing here.
        let mut last: Option<Instant> = None;
        replay_layers(Engine::default(), network, images, preprocess, |layer| {
            let now = Instant::now();
            times[layer] += last.map_or(0.0, |last| (now - last).as_secs_f64()) / images.samples() as f64;
            last = Some(now);
        })?;
        best.iter_mut().zip(times).for_each(|(best, time)| *best = best.min(time));
    }
    let peak = peak().unwrap_or(f64::NAN);
    println!("{:24} {:>12} {:>9} {:>8} {:>9}", "layer", "MACs", "us", "GMAC/s", "of peak %");
    let row = |name: &str, macs: f64, time: f64| {
        let (rate, share) = (macs / time, 100.0 * macs / time / peak);
        let products = if macs > 0.0 { format!("{:8.1} {share:9.1}", rate * 1e-9) } else { String::new() };
        println!("{name:24} {macs:12.0} {:9.2} {products}", time * 1e6);
    };
    let mut all = 0.0;
    for (layer, &time) in network.layers.iter().zip(&best) {
        let shape = network.value(layer.output).shape;
        let products = match layer.op {
            Op::Conv(conv) => {
                conv.input.channels / conv.groups * conv.window.kernel[0] * conv.window.kernel[1]
            }
            Op::FullyConnected { inputs, .. } => inputs,
            _ => 0,
        };
        let macs = (shape.elements() * products) as f64;
        all += macs;
        row(&layer.name, macs, time);
    }
    row("(reading the image)", 0.0, best[network.layers.len()]);
    row("all", all, best.iter().sum());
    println!("peak: {:.1} GMAC/s in registers, measured now", peak * 1e-9);
    Ok(())
}

/// 8-bit multiply-accumulates a second of one thread that keeps everything in registers, the best of some bursts;
/// `None` without AVX-512 VNNI.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn peak() -> Option<f64> {
    use std::arch::x86_64::*;
    const ROUNDS: usize = 200_000;
    const SUMS: usize = 16;
    #[target_feature(enable = "avx512f,avx512vnni")]
    fn burst() -> i32 {
        let mut sums = [_mm512_setzero_si512(); SUMS];
        for round in 0..ROUNDS {
            let codes = _mm512_set1_epi32(round as i32);
            for sum in &mut sums {
                *sum = _mm512_dpbusd_epi32(*sum, codes, codes);
            }
        }
        let mut all = _mm512_setzero_si512();
        for sum in sums {
            all = _mm512_xor_si512(all, sum);
        }
        _mm512_reduce_add_epi32(all)
    }
    if !(is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni")) {
        return None;
    }
    let time = |_| {
        let start = Instant::now();
        // SAFETY: the processor was asked.
        std::hint::black_box(unsafe { burst() });
        start.elapsed().as_secs_f64()
    };
    let best = (0..20).map(time).fold(f64::INFINITY, f64::min);
    Some((ROUNDS * SUMS * 64) as f64 / best)
}

#[cfg(not(target_arch = "x86_64"))]
fn peak() -> Option<f64> {
    None
}
