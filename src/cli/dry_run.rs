//! `exclusim sweep --dry-run`: how many points, the first few, and how long they may take.

use std::time::Instant;

use super::Failure;
use super::print::print;
use crate::load::Space;
use crate::report::grouped;
use crate::sweep::{self, Method, Plan, PointCounts, Policies, Rows, Spec, Stop, Task};
use crate::units::{count, real};

pub(super) fn dry_run(space: &Space, plan: &Plan, shard: [u64; 2]) -> Result<(), Failure> {
    let Space { spec, inputs, .. } = space;
    let mut text = format!("{}: {} points", spec.name, grouped(plan.points()));
    if plan.points() != spec.grid.points {
        text += &format!(" of {}", grouped(spec.grid.points));
    }
    text.push('\n');
    // A search begins with random points.
    let sample = match spec.method {
        Method::Nsga2 { population, seed, .. } => Method::Random { points: population, seed },
        other => other,
    };
    let spec = Spec { method: sample, ..spec.clone() };
    let sampled = Plan::new(&spec);
    let mut share = plan.points();
    let chunks = sampled.shard(shard[0], shard[1]);
    if shard[1] > 1 {
        share = sampled.points_in(&chunks);
        text += &format!("shard {}/{}: {} of them\n", shard[0], shard[1], grouped(share));
    }
    text += &first_points(&spec, chunks.flat_map(|chunk| sampled.points_of(chunk)).take(3));
    let rows = Rows::new(&spec, inputs);
    text += &estimate(Task::new(&spec, inputs, &rows), &sampled, share)?;
    print(&text)
}

/// A line a key: how many values its axis has, and its value at some points. Keys that change with the one above are
/// said to be linked.
fn first_points(spec: &Spec, points: impl Iterator<Item = u64>) -> String {
    let mut columns = vec![vec!["axis".to_owned()], vec!["values".to_owned()]];
    for axis in &spec.grid.axes {
        columns[0].extend(axis.keys.iter().map(|key| key.path.clone()));
        columns[1].push(grouped(count(axis.values.len())));
        columns[1].extend(axis.keys.iter().skip(1).map(|_| "linked".to_owned()));
    }
    for point in points {
        let mut digits = Vec::new();
        spec.grid.digits(point, &mut digits);
        let steps = spec.grid.axes.iter().zip(&digits).flat_map(|(axis, digit)| &axis.values[*digit]);
        let mut column = vec![format!("point {point}")];
        column.extend(steps.map(|value| value.text.clone()));
        columns.push(column);
    }
    let wide = |column: &Vec<String>| column.iter().map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = columns.iter().map(wide).collect();
    let mut text = String::new();
    for row in 0..columns[0].len() {
        let cells = columns.iter().zip(&widths).map(|(column, width)| format!("{:width$}", column[row]));
        text += &format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}

/// Tries a few chunks from all over the space for half a second. Those at its beginning are told apart: they decide
/// policies, which the others find decided already.
fn estimate(task: Task<'_>, plan: &Plan, points: u64) -> Result<String, Failure> {
    const TRIES: u64 = 16;
    let (mut tried, mut bytes, mut policies) = (PointCounts::default(), 0, Policies::default());
    let mut evaluate = |chunks| {
        let (begin, before) = (Instant::now(), tried.points());
        let mut take = |chunks: Vec<sweep::Chunk>| {
            for chunk in chunks {
                tried.add(chunk.tally);
                bytes += chunk.rows.len() + chunk.skipped.len();
            }
            Ok(())
        };
        match sweep::run(task, plan, chunks, &mut policies, &mut take) {
            Ok(()) | Err(Stop::Interrupted) => Ok((begin.elapsed().as_secs_f64(), tried.points() - before)),
            Err(Stop::Invalid(faults) | Stop::Taker(faults)) => Err(Failure::from(faults)),
            Err(Stop::Impossible(told)) => Err(Failure::Check(told)),
        }
    };
    // As many chunks at once as there are threads.
    let (chunks, width) = (plan.chunks().unwrap_or(0), count(rayon::current_num_threads()));
    let (first_seconds, first_points) = evaluate(0..width.min(chunks))?;
    let (mut seconds, mut more) = (0.0, 0);
    for at in 1..TRIES {
        let chunk = (chunks * at / TRIES).max(width * at);
        if chunk + width > chunks || seconds > 0.5 {
            break;
        }
        let (took, found) = evaluate(chunk..chunk + width)?;
        (seconds, more) = (seconds + took, more + found);
    }
    let rest = real(points.saturating_sub(first_points));
    let rate = if more > 0 { seconds / real(more) } else { first_seconds / real(first_points.max(1)) };
    let megabytes = real(count(bytes)) / real(tried.points().max(1)) * real(points) * 1e-6;
    let time = duration(
        first_seconds.mul_add(real(first_points.min(points)) / real(first_points.max(1)), rest * rate),
    );
    Ok(format!("estimate from {} points: {time}, {megabytes:.1} MB of rows\n", grouped(tried.points())))
}

/// A time as a person says it.
fn duration(seconds: f64) -> String {
    match seconds {
        _ if seconds < 120.0 => format!("{seconds:.1} s"),
        _ if seconds < 7200.0 => format!("{:.0} minutes", seconds / 60.0),
        _ => format!("{:.1} hours", seconds / 3600.0),
    }
}
