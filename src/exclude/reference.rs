//! The rule again, written from its description without tables, bit sets or shared code: what `decide` is tested
//! against. Slow on purpose.

use super::{Arithmetic, FinalAnswer, Memory, Policy, Rule};
use crate::replay::{ScoreTable, Scores};

/// Exit, answer and survivor counts of one sample.
#[derive(Debug, PartialEq)]
pub(super) struct Expected {
    pub(super) exit: usize,
    pub(super) answer: usize,
    pub(super) survivors: Vec<Option<usize>>,
    /// `[heads][classes]`: alive on reaching the head and not after it.
    pub(super) excluded: Vec<Vec<bool>>,
}

fn real(table: &ScoreTable, index: usize) -> f64 {
    match table {
        ScoreTable::Codes { codes, scale, zero_point, .. } => {
            f64::from(*scale) * f64::from(i32::from(codes[index]) - zero_point)
        }
        ScoreTable::Reals(scores) => f64::from(scores[index]),
    }
}

fn first_maximum(values: &[f64], among: &[bool]) -> usize {
    let mut best: Option<usize> = None;
    for class in 0..values.len() {
        if among[class] && best.is_none_or(|best| values[class] > values[best]) {
            best = Some(class);
        }
    }
    best.unwrap()
}

fn passes(score: f64, top_score: f64, beta: f64, arithmetic: Arithmetic) -> bool {
    let p = 1.0 / (1.0 + (-score).exp());
    let p_max = 1.0 / (1.0 + (-top_score).exp());
    match arithmetic {
        Arithmetic::Float => p > beta * p_max,
        Arithmetic::Integer { probability_bits, threshold_bits } => {
            let largest = 2_f64.powi(probability_bits as i32) - 1.0;
            let one = 2_f64.powi(threshold_bits as i32);
            let code = |p: f64| (p * largest).round_ties_even() as i128;
            let beta = (beta * one).round_ties_even() as i128;
            code(p) * one as i128 > beta * code(p_max)
        }
    }
}

pub(super) fn expected(scores: &Scores, policy: &Policy, sample: usize) -> Expected {
    let classes = scores.classes;
    let heads = scores.heads.len();
    let row = |table: &ScoreTable| -> Vec<f64> {
        (0..classes).map(|class| real(table, sample * classes + class)).collect()
    };
    let everyone = vec![true; classes];
    let mut alive = everyone.clone();
    let mut survivors = vec![None; heads];
    let mut excluded = vec![vec![false; classes]; heads];
    for head in 0..heads {
        if !policy.heads[head] || policy.rule == Rule::NoHeads {
            continue;
        }
        if let Rule::RelativeToMax { beta } = &policy.rule {
            let values = row(&scores.heads[head]);
            let before = alive.clone();
            let candidates = match policy.memory {
                Memory::ReadmitTop | Memory::Memoryless => &everyone,
                Memory::Monotone => &before,
            };
            let top = first_maximum(&values, candidates);
            for class in 0..classes {
                let eligible = policy.memory == Memory::Memoryless || before[class];
                alive[class] = class == top
                    || eligible && passes(values[class], values[top], beta[head], policy.arithmetic);
                excluded[head][class] = before[class] && !alive[class];
            }
        }
        let count = alive.iter().filter(|alive| **alive).count();
        survivors[head] = Some(count);
        if count == 1 && policy.rule != Rule::Never {
            let answer = alive.iter().position(|alive| *alive).unwrap();
            return Expected { exit: head, answer, survivors, excluded };
        }
    }
    let answer = final_answer(&row(&scores.classifier), &alive, policy.answer);
    Expected { exit: heads, answer, survivors, excluded }
}

fn final_answer(values: &[f64], alive: &[bool], answer: FinalAnswer) -> usize {
    let everyone = vec![true; values.len()];
    match answer {
        FinalAnswer::Survivors => first_maximum(values, alive),
        FinalAnswer::All => first_maximum(values, &everyone),
        FinalAnswer::Product => {
            let masked = |(value, alive): (&f64, &bool)| value * if *alive { 1.0 } else { 0.0 };
            let products: Vec<f64> = values.iter().zip(alive).map(masked).collect();
            first_maximum(&products, &everyone)
        }
    }
}
