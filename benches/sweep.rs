//! How fast a space is explored, and where the time goes: `cargo bench --bench sweep -- [SPACE.toml] [--rounds N]`.
//!
//! Stages are timed on one thread over the same points, in turns, and medians are told: on a machine that does other
//! things as well, their ratios hold. Files are read and images replayed before.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use exclusim::load::{Silent, space};
use exclusim::sweep::{Evaluated, Evaluator, Front, Plan, Policies, Rows, Task, arch_of, run};

fn main() {
    let (mut file, mut rounds) = (None, 7);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().unwrap().parse().unwrap(),
            "--bench" => {}
            _ => file = Some(PathBuf::from(argument)),
        }
    }
    let file =
        file.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("arch/sweeps/everything.toml"));
    let space = space(&file, &Silent).unwrap_or_else(|faults| panic!("{faults}"));
    let (spec, inputs) = (&space.spec, &space.inputs);
    let plan = Plan::new(spec);
    let chunks = plan.chunks().unwrap();
    let rows = Rows::new(spec, inputs);
    let task = Task::new(spec, inputs, &rows);
    // Points from all over the space, a twentieth of them.
    let sample: Vec<u64> = (0..chunks).step_by(20).flat_map(|chunk| plan.points_of(chunk)).collect();
    let mut policies = Policies::default();
    let begin = Instant::now();
    policies.decide(spec, inputs, sample.iter().copied());
    let decided = begin.elapsed();
    let policies = &policies;

    let nanoseconds = |work: &mut dyn FnMut()| {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64() * 1e9 / sample.len() as f64
    };
    let mut stages: [(&str, Vec<f64>); 6] = [
        ("number to values", vec![]),
        ("machines: architecture read and checked", vec![]),
        ("evaluated: all but the next three", vec![]),
        ("rows as text", vec![]),
        ("front", vec![]),
        ("checksum", vec![]),
    ];
    let mut digits = Vec::new();
    for _ in 0..rounds {
        stages[0].1.push(nanoseconds(&mut || {
            for &point in &sample {
                spec.grid.digits(point, &mut digits);
                std::hint::black_box(spec.admits(&digits));
            }
        }));
        stages[1].1.push(nanoseconds(&mut || {
            let mut last = u64::MAX;
            for &point in &sample {
                if spec.grid.machine(point) != last {
                    last = spec.grid.machine(point);
                    spec.grid.digits(point, &mut digits);
                    let _ = std::hint::black_box(arch_of(spec, &inputs.files, &digits));
                }
            }
        }));
        let mut found = Vec::with_capacity(sample.len());
        let mut evaluator = Evaluator::new(spec, inputs, policies);
        stages[2].1.push(nanoseconds(&mut || {
            for &point in &sample {
                if let Evaluated::Found(all, each) = evaluator.point(point) {
                    found.push((point, all, each));
                }
            }
        }));
        let mut text = Vec::new();
        stages[3].1.push(nanoseconds(&mut || {
            for (point, all, each) in &found {
                spec.grid.digits(*point, &mut digits);
                rows.write(&mut text, *point, &digits, all, each);
            }
        }));
        stages[4].1.push(nanoseconds(&mut || {
            let (mut front, mut costs) = (Front::default(), Vec::new());
            for (point, all, _) in &found {
                costs.clear();
                costs.extend(spec.objectives.iter().map(|of| of.cost(all[of.metric()])));
                front.offer(*point, &costs, Vec::new);
            }
            std::hint::black_box(front.len());
        }));
        stages[5].1.push(nanoseconds(&mut || {
            std::hint::black_box(crc32fast::hash(&text));
        }));
    }
    println!("{}: {} points, {} sampled", spec.name, plan.points(), sample.len());
    println!("policies decided first: {:.2} s", decided.as_secs_f64());
    for (name, times) in &mut stages {
        println!("{:8.0} ns a point  {name}", median(times));
    }
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut rates: Vec<f64> = (0..rounds.min(3))
            .map(|_| {
                let begin = Instant::now();
                let mut bytes = 0;
                pool.install(|| {
                    run(task, &plan, 0..chunks, &mut Policies::default(), &mut |chunks| {
                        bytes += chunks.iter().map(|chunk| chunk.rows.len()).sum::<usize>();
                        Ok(())
                    })
                    .unwrap();
                });
                plan.points() as f64 / begin.elapsed().as_secs_f64()
            })
            .collect();
        println!(
            "{:8.0} points a second on {threads} threads, decisions included, files not",
            median(&mut rates)
        );
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
