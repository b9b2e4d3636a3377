//! The rule again, written from its description without tables, bit sets or shared code: what `decide` is tested
//! against. Slow on purpose.

use super::{Arithmetic, FinalAnswer, Measure, Memory, Policy, Rule};
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

/// Whether a score passes beside the highest; `None` of a rule that excludes nothing.
fn passes(rule: &Rule, head: usize, arithmetic: Arithmetic) -> Option<Box<dyn Fn(f64, f64) -> bool + '_>> {
    match rule {
        Rule::RelativeToMax { beta } => {
            Some(Box::new(move |score, top| is_relative(score, top, beta[head], arithmetic)))
        }
        Rule::Distance { threshold } => {
            Some(Box::new(move |score, top| score == top || top - score <= threshold[head]))
        }
        _ => None,
    }
}

fn is_relative(score: f64, top_score: f64, beta: f64, arithmetic: Arithmetic) -> bool {
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

/// Whether a head with these scores answers; `None` where rounding of real numbers decides.
fn certain(values: &[f64], measure: Measure, threshold: f64, arithmetic: Arithmetic) -> Option<bool> {
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let distances: Vec<f64> =
        values.iter().map(|value| if *value == highest { 0.0 } else { highest - value }).collect();
    match arithmetic {
        Arithmetic::Float => certain_in_reals(&distances, measure, threshold),
        Arithmetic::Integer { probability_bits, threshold_bits } => {
            Some(certain_in_integers(&distances, measure, threshold, probability_bits, threshold_bits))
        }
    }
}

fn certain_in_reals(distances: &[f64], measure: Measure, threshold: f64) -> Option<bool> {
    let sum: f64 = distances.iter().map(|d| (-d).exp()).sum();
    let mut p: Vec<f64> = distances.iter().map(|d| (-d).exp() / sum).collect();
    p.sort_by(|a, b| b.total_cmp(a));
    let second = p.get(1).copied().unwrap_or(0.0);
    let clear = |value: f64| (value - threshold).abs() > 1e-9;
    match measure {
        Measure::Confidence => {
            let above = p.iter().filter(|p| **p > threshold).count();
            p.iter().all(|p| clear(*p)).then_some(above == 1)
        }
        Measure::Margin => clear(p[0] - second).then_some(p[0] - second > threshold),
        Measure::Entropy if p.len() == 1 => Some(false),
        Measure::Entropy => {
            let of = |p: &f64| if *p > 0.0 { -p * p.ln() } else { 0.0 };
            let entropy = p.iter().map(of).sum::<f64>() / (p.len() as f64).ln();
            clear(entropy).then_some(entropy < threshold)
        }
    }
}

fn certain_in_integers(distances: &[f64], measure: Measure, threshold: f64, p: u32, t: u32) -> bool {
    let largest = 2_f64.powi(p as i32) - 1.0;
    let one = 2_f64.powi(t as i32);
    let code = |value: f64, unit: f64| (value * unit).round_ties_even() as i128;
    let mut entries: Vec<i128> = distances.iter().map(|d| code((-d).exp(), largest)).collect();
    entries.sort_by(|a, b| b.cmp(a));
    let sum: i128 = entries.iter().sum();
    let bound = code(threshold, one) * sum;
    match measure {
        Measure::Confidence => entries.iter().filter(|e| **e * one as i128 > bound).count() == 1,
        Measure::Margin => (entries[0] - entries.get(1).copied().unwrap_or(0)) * one as i128 > bound,
        Measure::Entropy => {
            let spread = |d: &f64| if *d < 1000.0 { (-d).exp() * d / 2_f64.ln() } else { 0.0 };
            let spreads: i128 = distances.iter().map(|d| code(spread(d), largest)).sum();
            let log = |number: i128| {
                let place = (0..120).rev().find(|place| number >> place & 1 == 1).unwrap();
                let near = (number as f64 / 2_f64.powi(place) * 256.0 + 0.5).floor() / 256.0;
                i128::from(place) * one as i128 + code(near.log2(), one)
            };
            let bits = code(threshold * (distances.len() as f64).log2(), one);
            // S * H < S * code, with H = L(S) - L(M) + W / S; a code below the logarithms' difference never holds.
            spreads * one as i128 + sum * (log(sum) - log(largest as i128)) < sum * bits
        }
    }
}

/// What one sample does; `None` where rounding of real numbers decides it.
pub(super) fn expected(scores: &Scores, policy: &Policy, sample: usize) -> Option<Expected> {
    let classes = scores.classes;
    let heads = scores.heads.len();
    let row = |table: &ScoreTable| -> Vec<f64> {
        (0..classes).map(|class| real(table, sample * classes + class)).collect()
    };
    let everyone = vec![true; classes];
    let mut alive = everyone.clone();
    let mut survivors = vec![None; heads];
    let mut excluded = vec![vec![false; classes]; heads];
    let mut tops: Vec<usize> = Vec::new();
    for head in 0..heads {
        if !policy.heads[head] || policy.rule == Rule::NoHeads {
            continue;
        }
        let values = row(&scores.heads[head]);
        let top = first_maximum(&values, &everyone);
        tops.push(top);
        let answers = match &policy.rule {
            Rule::Softmax { measure, threshold } => {
                certain(&values, *measure, threshold[head], policy.arithmetic)?
            }
            Rule::Patience { threshold } => {
                let needed = usize::from(threshold[head]) + 1;
                tops.len() >= needed && tops[tops.len() - needed..].iter().all(|before| *before == top)
            }
            Rule::Oracle => top == first_maximum(&row(&scores.classifier), &everyone),
            Rule::RelativeToMax { .. } | Rule::Distance { .. } | Rule::Never | Rule::NoHeads => false,
        };
        if answers {
            survivors[head] = Some(1);
            excluded[head] = (0..classes).map(|class| class != top).collect();
            return Some(Expected { exit: head, answer: top, survivors, excluded });
        }
        if let Some(passes) = passes(&policy.rule, head, policy.arithmetic) {
            let before = alive.clone();
            let candidates = match policy.memory {
                Memory::ReadmitTop | Memory::Memoryless => &everyone,
                Memory::Monotone => &before,
            };
            let top = first_maximum(&values, candidates);
            for class in 0..classes {
                let eligible = policy.memory == Memory::Memoryless || before[class];
                alive[class] = class == top || eligible && passes(values[class], values[top]);
                excluded[head][class] = before[class] && !alive[class];
            }
        }
        let count = alive.iter().filter(|alive| **alive).count();
        survivors[head] = Some(count);
        if count == 1 && policy.rule.facts().excludes {
            let answer = alive.iter().position(|alive| *alive).unwrap();
            return Some(Expected { exit: head, answer, survivors, excluded });
        }
    }
    let answer = final_answer(&row(&scores.classifier), &alive, policy.answer);
    Some(Expected { exit: heads, answer, survivors, excluded })
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
