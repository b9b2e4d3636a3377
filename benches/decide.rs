//! How fast stored scores are decided on: a threshold search and a sweep do it thousands of times.

use divan::{Bencher, black_box};
use exclusim::calibrate::{Request, paper};
use exclusim::decide::{Arithmetic, FinalAnswer, Memory, Policy, Rule, RuleKind, decide};
use exclusim::replay::{ScoreTable, Scores};

fn main() {
    divan::main();
}

/// Codes from a fixed linear congruence, so that every run sees the same, and most samples reach the deepest head.
fn codes(length: usize, state: &mut u64) -> Vec<i16> {
    let code = |_| {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*state >> 56) as i16
    };
    (0..length).map(code).collect()
}

fn scores(samples: usize, heads: usize, classes: usize, reals: bool) -> Scores {
    let mut state = 1;
    let mut table = || {
        let codes = codes(samples * classes, &mut state);
        if reals {
            ScoreTable::Reals(codes.iter().map(|code| f32::from(*code) / 20.0 - 8.0).collect())
        } else {
            ScoreTable::Codes { codes, scale: 0.05, zero_point: 160, signed: false }
        }
    };
    Scores {
        samples,
        classes,
        labels: (0..samples).map(|sample| (sample % classes) as u16).collect(),
        heads: (0..heads).map(|_| table()).collect(),
        classifier: table(),
        zero_fractions: None,
    }
}

/// Runs on one thread, so that the time is the work and not the machine's width.
fn on_one_thread(bencher: Bencher<'_, '_>, scores: &Scores, policy: &Policy) {
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return };
    bencher.bench(|| pool.install(|| decide(black_box(scores), black_box(policy))));
}

fn policy(heads: usize, beta: f64, memory: Memory) -> Policy {
    Policy { memory, ..Policy::relative_to_max(vec![beta; heads]) }
}

#[divan::bench(args = [Memory::ReadmitTop, Memory::Monotone, Memory::Memoryless])]
fn samples_10000_heads_6_classes_10(bencher: Bencher<'_, '_>, memory: Memory) {
    on_one_thread(bencher, &scores(10_000, 6, 10, false), &policy(6, 0.01, memory));
}

#[divan::bench(args = [0.01, 0.5, 0.99])]
fn samples_10000_heads_6_classes_10_at_beta(bencher: Bencher<'_, '_>, beta: f64) {
    on_one_thread(bencher, &scores(10_000, 6, 10, false), &policy(6, beta, Memory::ReadmitTop));
}

#[divan::bench]
fn samples_10000_heads_6_classes_10_of_a_trace(bencher: Bencher<'_, '_>) {
    on_one_thread(bencher, &scores(10_000, 6, 10, true), &policy(6, 0.01, Memory::ReadmitTop));
}

#[divan::bench]
fn samples_10000_heads_6_classes_10_never(bencher: Bencher<'_, '_>) {
    let policy = Policy { rule: Rule::Never, ..policy(6, 0.01, Memory::ReadmitTop) };
    on_one_thread(bencher, &scores(10_000, 6, 10, false), &policy);
}

#[divan::bench(sample_count = 10)]
fn samples_10000_heads_4_classes_1000(bencher: Bencher<'_, '_>) {
    on_one_thread(bencher, &scores(10_000, 4, 1000, false), &policy(4, 0.01, Memory::ReadmitTop));
}

#[divan::bench(sample_count = 5)]
fn paper_search_samples_10000_heads_6_classes_10(bencher: Bencher<'_, '_>) {
    let scores = scores(10_000, 6, 10, false);
    let request = Request {
        order: &[1, 2, 3, 4, 5, 0],
        tolerance: 0.5,
        rule: RuleKind::RelativeToMax,
        memory: Memory::ReadmitTop,
        answer: FinalAnswer::Survivors,
        arithmetic: Arithmetic::default(),
    };
    bencher.bench(|| paper(black_box(&scores), black_box(&request)));
}
