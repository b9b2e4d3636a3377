//! The threshold search as the authors' code runs it, slips included.
//!
//! Beside [`super::paper()`], which is what the paper describes:
//!
//! - A head that has not been visited stands at beta 0. It excludes nothing; but since every head judges all classes anew,
//!   whatever heads before it excluded is back.
//! - Every head judges all classes anew: putting the top class back is written so that, over a batch, the top classes of
//!   all samples are put back in each, and in a batch of a thousand those are all classes.
//! - The answer is the arg max of the final logits times a mask of what survives, for samples that have left as well: where
//!   the logit of the one survivor is negative, the zero of an excluded class beats it.
//! - It counts in real numbers (theirs of 32 bits, here of 64).
//!
//! Their test then decides otherwise: it puts the top class back, remembers exclusions, and ignores the mask at the end.
//! The policy found is written as they test it.

use super::paper::{HIGHEST, LOWEST, Step, allowed_millionths, check_tolerance};
use super::{CalibrateError, Calibration};
use crate::decide::{FinalAnswer, Memory, Policy, Rule, RuleKind, decide};
use crate::replay::{ScoreTable, Scores};
use crate::unit::sigmoid;

/// What a head remembers when the authors test.
pub const REFERENCE_MEMORY: Memory = Memory::ReadmitTop;
/// How a sample that ran to the end is answered when the authors test.
pub const REFERENCE_ANSWER: FinalAnswer = FinalAnswer::All;

/// The authors' search over every head, visited in `order`; `settings` is the policy that the thresholds are put into.
///
/// # Errors
/// If the order is no permutation of the heads, or the tolerance no fraction.
pub fn reference(
    scores: &Scores,
    order: &[usize],
    tolerance: f64,
    settings: &Policy,
) -> Result<Calibration, CalibrateError> {
    check_tolerance(tolerance)?;
    super::paper::check_heads(order, scores.heads.len())?;
    let samples = scores.samples as u64;
    let plain = decide(scores, &Policy::no_heads(scores.heads.len()))?;
    let baseline_correct = plain.correct();
    let allowed = allowed_millionths(tolerance, samples);
    let tables = Tables::new(scores);
    let mut hundredths = vec![0; scores.heads.len()];
    let mut steps = Vec::new();
    for head in order.iter().copied() {
        let mut last = LOWEST;
        for tried in LOWEST..=HIGHEST {
            (last, hundredths[head]) = (tried, tried);
            let correct = tables.correct(&hundredths);
            let lost = i128::from(baseline_correct) - i128::from(correct);
            let above_floor = lost * 1_000_000 < allowed;
            steps.push(Step { head, hundredths: tried, correct, above_floor });
            if !above_floor {
                break;
            }
        }
        hundredths[head] = (last - 1).max(LOWEST);
    }
    let beta = hundredths.iter().map(|hundredths| f64::from(*hundredths) / 100.0).collect();
    let policy = Policy { rule: Rule::with(RuleKind::RelativeToMax, beta), ..settings.clone() };
    let promised_correct = decide(scores, &policy)?.correct();
    let seen_correct = tables.correct(&hundredths);
    Ok(Calibration { policy, samples, baseline_correct, promised_correct, seen_correct, steps })
}

/// Real numbers of all samples.
struct Tables<'a> {
    labels: &'a [u16],
    classes: usize,
    /// `[heads][samples][classes]`: probabilities.
    heads: Vec<Vec<f64>>,
    /// `[samples][classes]`: the final logits.
    classifier: Vec<f64>,
}

impl<'a> Tables<'a> {
    fn new(scores: &'a Scores) -> Self {
        let real = |table: &ScoreTable| -> Vec<f64> {
            match table {
                ScoreTable::Codes { codes, scale, zero_point, .. } => codes
                    .iter()
                    .map(|code| f64::from(*scale) * f64::from(i32::from(*code) - zero_point))
                    .collect(),
                ScoreTable::Reals(scores) => scores.iter().copied().map(f64::from).collect(),
            }
        };
        let probabilities = |table| real(table).into_iter().map(sigmoid).collect();
        Self {
            labels: &scores.labels,
            classes: scores.classes,
            heads: scores.heads.iter().map(probabilities).collect(),
            classifier: real(&scores.classifier),
        }
    }

    /// Samples that the authors' search counts as right.
    fn correct(&self, hundredths: &[u32]) -> u64 {
        let beta: Vec<f64> = hundredths.iter().map(|hundredths| f64::from(*hundredths) / 100.0).collect();
        let right = |sample: &usize| self.answer(*sample, &beta) == usize::from(self.labels[*sample]);
        (0..self.labels.len()).filter(right).count() as u64
    }

    fn answer(&self, sample: usize, beta: &[f64]) -> usize {
        let row = sample * self.classes..(sample + 1) * self.classes;
        let mut survive = vec![true; self.classes];
        for (table, beta) in self.heads.iter().zip(beta) {
            let p = &table[row.clone()];
            let limit = beta * p.iter().copied().fold(0.0, f64::max);
            survive.iter_mut().zip(p).for_each(|(survive, p)| *survive = *p > limit);
            if survive.iter().filter(|survive| **survive).count() == 1 {
                break;
            }
        }
        if survive.iter().all(|survive| !survive) {
            survive.fill(true);
        }
        let masked = |class: usize| if survive[class] { self.classifier[row.start + class] } else { 0.0 };
        (1..self.classes).fold(0, |top, class| if masked(class) > masked(top) { class } else { top })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::Arithmetic;

    /// `samples` of two classes, of class 0; at the head class 1 has probability 0.8 and class 0 that of the sample.
    fn scores(right: &[f64], logit: f32) -> Scores {
        let inverse = |p: f64| (p / (1.0 - p)).ln() as f32;
        let head = ScoreTable::Reals(right.iter().flat_map(|p| [inverse(*p), inverse(0.8)]).collect());
        Scores {
            samples: right.len(),
            classes: 2,
            labels: vec![0; right.len()],
            heads: vec![head.clone(), head],
            classifier: ScoreTable::Reals([logit + 1.0, logit].repeat(right.len())),
            zero_fractions: None,
        }
    }

    fn found(scores: &Scores, order: &[usize], tolerance: f64) -> Calibration {
        let settings = Policy { memory: REFERENCE_MEMORY, answer: REFERENCE_ANSWER, ..Policy::never(2) };
        reference(scores, order, tolerance, &Policy { arithmetic: Arithmetic::Float, ..settings }).unwrap()
    }

    #[test]
    fn ends_at_the_last_value_that_passed() {
        // The right class is lost above p / 0.8: 0.1025, 0.2025, 0.3025 and 0.4025. One lost of four breaks a floor of 0.25.
        let given = scores(&[0.082, 0.162, 0.242, 0.322], 1.0);
        let first = found(&given, &[0, 1], 0.25);
        assert_eq!(first.policy.rule.thresholds(), [0.1, 0.1]);
        // What leaves at the first head is lost there whatever the second does.
        assert_eq!(found(&given, &[1, 0], 0.3).policy.rule.thresholds(), [0.2, 0.2]);
    }

    #[test]
    fn a_head_that_never_fails_ends_at_0_98() {
        // Everything may be lost but one of four, which is right at any threshold.
        let safe = scores(&[0.9, 0.1, 0.1, 0.1], 1.0);
        let found = found(&safe, &[0, 1], 1.0);
        assert_eq!(found.policy.rule.thresholds(), [0.98, 0.98]);
        assert_eq!(found.steps.len(), 2 * 99);
    }

    #[test]
    fn a_zero_beats_the_logit_of_the_one_that_survives() {
        // Class 0 survives alone, rightly; its logit is negative, and class 1 counts as zero.
        let given = scores(&[0.95, 0.95, 0.95], -3.0);
        let tables = Tables::new(&given);
        assert_eq!((tables.correct(&[0, 0]), tables.correct(&[90, 0])), (3, 0));
        let positive = scores(&[0.95, 0.95, 0.95], 3.0);
        assert_eq!(Tables::new(&positive).correct(&[90, 0]), 3);
    }

    #[test]
    fn an_unvisited_head_brings_excluded_classes_back() {
        // Three classes: the first head excludes the label at beta 0.5, the second at beta 0 brings it back.
        let inverse = |p: f64| (p / (1.0 - p)).ln() as f32;
        let head = ScoreTable::Reals([0.2, 0.8, 0.7].map(inverse).to_vec());
        let given = Scores {
            samples: 1,
            classes: 3,
            labels: vec![0],
            heads: vec![head.clone(), head],
            classifier: ScoreTable::Reals(vec![3.0, 2.0, 1.0]),
            zero_fractions: None,
        };
        let tables = Tables::new(&given);
        assert_eq!((tables.correct(&[50, 0]), tables.correct(&[50, 50])), (1, 0));
    }
}
