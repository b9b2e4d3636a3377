//! How good a search is: the hypervolume of its front against the whole grid's, by evaluations.
//!
//! `cargo bench --bench search -- [SPACE.toml]`: a space small enough to evaluate whole. Costs are scaled to 0..1 over the
//! grid and the reference point is 1.1 in all of them; the median of eleven seeds is told, with the worst in brackets.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use exclusim::load::{Silent, space};
use exclusim::sweep::{Evaluated, Evaluator, Front, Method, Nsga2, Plan, Policies, Spec, hypervolume};

const SEEDS: u64 = 11;
const BUDGETS: [u64; 7] = [64, 128, 256, 512, 1024, 2048, 4096];

fn main() {
    let file = std::env::args().skip(1).find(|argument| argument != "--bench").map(PathBuf::from);
    let file = file.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("arch/sweeps/search.toml"));
    let space = space(&file, &Silent).unwrap_or_else(|faults| panic!("{faults}"));
    let (spec, inputs) = (&space.spec, &space.inputs);
    let mut policies = Policies::default();
    policies.decide(spec, inputs, 0..spec.grid.points);
    let mut evaluator = Evaluator::new(spec, inputs, &policies);
    let costs = |found| match found {
        Evaluated::Found(all, _) => {
            Some(spec.objectives.iter().map(|of| of.cost(all[of.metric()])).collect::<Vec<f64>>())
        }
        Evaluated::Excluded | Evaluated::Invalid(_) | Evaluated::Unfit(_) => None,
        Evaluated::Impossible(told) => panic!("{told}"),
    };
    let grid: Vec<Option<Vec<f64>>> =
        (0..spec.grid.points).map(|point| costs(evaluator.point(point))).collect();
    let scaled = scaled(&grid);
    let truth = front(&scaled, 0..spec.grid.points);
    let reference = vec![1.1; spec.objectives.len()];
    let whole = hypervolume(&truth, &reference);
    println!("{}: {} points, {} on the front", spec.name, spec.grid.points, truth.len());
    println!("evaluations  random           sobol            nsga2");
    for budget in BUDGETS.into_iter().filter(|budget| *budget < spec.grid.points) {
        let mut line = format!("{budget:11}");
        for method in [random, sobol, nsga2] {
            let mut reached: Vec<f64> = (1..=SEEDS)
                .map(|seed| {
                    let points = method(spec, &scaled, budget, seed);
                    hypervolume(&front(&scaled, points.into_iter()), &reference) / whole
                })
                .collect();
            reached.sort_by(f64::total_cmp);
            line += &format!("  {:.4} ({:.4})", reached[reached.len() / 2], reached[0]);
        }
        println!("{line}");
    }
}

type Costs = [Option<Vec<f64>>];

/// Costs from 0, the best of the grid, to 1, the worst.
fn scaled(grid: &Costs) -> Vec<Option<Vec<f64>>> {
    let all: Vec<&Vec<f64>> = grid.iter().flatten().collect();
    let bound = |objective: usize, pick: fn(f64, f64) -> f64, from: f64| {
        all.iter().map(|costs| costs[objective]).fold(from, pick)
    };
    let bounds: Vec<(f64, f64)> = (0..all[0].len())
        .map(|at| (bound(at, f64::min, f64::INFINITY), bound(at, f64::max, f64::NEG_INFINITY)))
        .collect();
    let scale = |costs: &Vec<f64>| {
        costs.iter().zip(&bounds).map(|(cost, (least, most))| (cost - least) / (most - least)).collect()
    };
    grid.iter().map(|costs| costs.as_ref().map(scale)).collect()
}

fn front(costs: &Costs, points: impl Iterator<Item = u64>) -> Vec<Vec<f64>> {
    let mut front = Front::default();
    for point in points {
        if let Some(costs) = &costs[usize::try_from(point).unwrap()] {
            front.offer(point, costs, Vec::new);
        }
    }
    front.sorted().into_iter().map(|member| member.costs.clone()).collect()
}

fn listed(spec: &Spec, method: Method) -> Vec<u64> {
    let plan = Plan::new(&Spec { method, ..spec.clone() });
    (0..plan.chunks().unwrap()).flat_map(|chunk| plan.points_of(chunk)).collect()
}

fn random(spec: &Spec, _: &Costs, points: u64, seed: u64) -> Vec<u64> {
    listed(spec, Method::Random { points, seed })
}

fn sobol(spec: &Spec, _: &Costs, points: u64, seed: u64) -> Vec<u64> {
    listed(spec, Method::Sobol { points, seed })
}

fn nsga2(spec: &Spec, costs: &Costs, points: u64, seed: u64) -> Vec<u64> {
    let mut search = Nsga2::new(spec, points, 64, seed);
    let mut seen = BTreeMap::new();
    loop {
        let proposed = search.propose();
        if proposed.is_empty() {
            return seen.into_keys().collect();
        }
        let found = |point: &u64| (*point, costs[usize::try_from(*point).unwrap()].clone());
        seen.extend(proposed.iter().map(|point| (*point, ())));
        search.learn(proposed.iter().map(found));
    }
}
