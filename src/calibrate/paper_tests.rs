use proptest::prelude::*;

use super::*;
use crate::decide::{Measure, Rule};
use crate::replay::ScoreTable;

/// `samples` of two classes, all of class 0 and all right without exits. At the one head class 1 is at the top with
/// probability 0.8, and the right class beside it has that of the sample.
fn one_head(right: &[f64]) -> Scores {
    let logit = |p: f64| (p / (1.0 - p)).ln() as f32;
    Scores {
        samples: right.len(),
        classes: 2,
        labels: vec![0; right.len()],
        heads: vec![ScoreTable::Reals(right.iter().flat_map(|p| [logit(*p), logit(0.8)]).collect())],
        classifier: ScoreTable::Reals([1.0, 0.0].repeat(right.len())),
        zero_fractions: None,
    }
}

fn request(order: &[usize], tolerance: f64) -> Request<'_> {
    Request {
        order,
        tolerance,
        rule: RuleKind::RelativeToMax,
        memory: Memory::ReadmitTop,
        answer: FinalAnswer::Survivors,
        arithmetic: Arithmetic::Float,
    }
}

fn beta(calibration: &Calibration) -> &[f64] {
    let Rule::RelativeToMax { beta } = &calibration.policy.rule else { panic!("another rule") };
    beta
}

#[test]
fn ends_at_the_last_value_that_passed() {
    // Sample by sample the right class is lost above beta = p / 0.8: 0.1025, 0.2025, 0.3025 and 0.4025.
    let scores = one_head(&[0.082, 0.162, 0.242, 0.322]);
    // One lost of four is 0.25, not strictly above a floor of 1 - 0.25: 0.11 breaks it, 0.1 is left.
    let found = paper(&scores, &request(&[0], 0.25)).unwrap();
    assert_eq!(beta(&found), [0.1]);
    assert_eq!(found.steps.len(), 11);
    let last = Step { head: 0, hundredths: 11, correct: 3, above_floor: false };
    assert_eq!(found.steps.last(), Some(&last));
    assert_eq!((found.baseline_accuracy(), found.promised_accuracy()), (1.0, 1.0));
    assert_eq!(found.trajectory().last(), Some((last, 0.75)));
    // A hair more tolerance lets the first go; the second breaks the floor at 0.21.
    let found = paper(&scores, &request(&[0], 0.26)).unwrap();
    assert_eq!((beta(&found), found.promised_correct), (&[0.2][..], 3));
}

#[test]
fn ends_between_0_01_and_0_98() {
    let scores = one_head(&[0.001, 0.5, 0.5, 0.5]);
    let least = paper(&scores, &request(&[0], 0.0)).unwrap();
    assert_eq!((beta(&least), least.steps.len()), (&[0.01][..], 1));
    // With everything allowed but a total loss, which one right sample prevents at any threshold.
    let safe = one_head(&[0.9, 0.1]);
    let most = paper(&safe, &request(&[0], 1.0)).unwrap();
    assert_eq!((beta(&most), most.steps.len()), (&[0.98][..], 99));
}

#[test]
fn unvisited_heads_stay_off() {
    let one = one_head(&[0.7, 0.7]);
    let scores = Scores { heads: vec![one.heads[0].clone(); 3], ..one };
    let found = paper(&scores, &request(&[2, 0], 0.1)).unwrap();
    assert_eq!(found.policy.heads, [true, false, true]);
    assert_eq!(beta(&found)[1], 0.0);
    assert_eq!(found.steps.first().map(|step| step.head), Some(2));
}

#[test]
fn a_conventional_threshold_falls_from_one() {
    // Class 1 is wrong and at the top with these probabilities, of two classes.
    let logit = |p: &f64| (p / (1.0 - p)).ln() as f32;
    let scores = |tops: &[f64]| Scores {
        heads: vec![ScoreTable::Reals(tops.iter().flat_map(|p| [0.0, logit(p)]).collect())],
        ..one_head(tops)
    };
    let search = |tops: &[f64], tolerance, rule| {
        paper(&scores(tops), &Request { rule, ..request(&[0], tolerance) }).unwrap()
    };
    let threshold = |found: &Calibration| match &found.policy.rule {
        Rule::Softmax { measure: Measure::Confidence | Measure::Margin, threshold } => threshold[0],
        rule => panic!("{rule:?}"),
    };
    // 1.00 down to 0.90 keep all four; at 0.89 one is lost of which none may be: back to 0.9.
    let found = search(&[0.893, 0.85, 0.8, 0.75], 0.25, RuleKind::Confidence);
    assert_eq!((threshold(&found), found.steps.len(), found.promised_correct), (0.9, 12, 4));
    assert_eq!(found.steps.last().map(|step| (step.hundredths, step.correct)), Some((89, 3)));
    // A margin of 2 p - 1 = 0.786 is first above 0.78.
    let found = search(&[0.893, 0.85, 0.8, 0.75], 0.25, RuleKind::Margin);
    assert_eq!(threshold(&found), 0.79);
    // No head is ever off, and none stays at 1.
    assert_eq!(threshold(&search(&[0.999; 4], 0.0, RuleKind::Confidence)), 0.99);
    assert_eq!(threshold(&search(&[0.5; 4], 0.5, RuleKind::Margin)), 0.02);
    let refused = |rule| paper(&one_head(&[0.5]), &Request { rule, ..request(&[0], 0.1) }).unwrap_err();
    assert_eq!(refused(RuleKind::Patience), CalibrateError::Patience);
    assert_eq!(refused(RuleKind::Oracle), CalibrateError::NothingToFind(RuleKind::Oracle));
}

#[test]
fn distances_are_tried_as_betas_of_a_softmax() {
    // The wrong class leads by 0.5, 1, 2 and 4.
    let leads = [0.5_f32, 1.0, 2.0, 4.0];
    let scores = Scores {
        heads: vec![ScoreTable::Reals(leads.iter().flat_map(|lead| [0.0, *lead]).collect())],
        ..one_head(&[0.5; 4])
    };
    let search = |tolerance| {
        paper(&scores, &Request { rule: RuleKind::Distance, ..request(&[0], tolerance) }).unwrap()
    };
    let (none, one) = (search(0.25), search(0.26));
    // -ln 0.02 = 3.912 excludes the right class of the last sample: back to -ln 0.01; then -ln 0.14 = 1.966 of the third.
    assert_eq!(none.policy.rule, Rule::Distance { threshold: vec![4.605] });
    assert_eq!((none.promised_correct, none.steps.len()), (4, 2));
    assert_eq!(one.policy.rule, Rule::Distance { threshold: vec![2.04] });
    assert_eq!((one.promised_correct, one.steps.len()), (3, 14));
}

#[test]
fn larger_convolutions_first_and_ties_by_depth() {
    assert_eq!(visit_order(&[3, 150, 150, 150, 150, 150]), [1, 2, 3, 4, 5, 0]);
    // Dense MACs of VGG-small on 32 x 32: input channels * output channels * 9 * output pixels.
    let convolutions =
        [(3, 128, 32), (128, 128, 32), (128, 256, 16), (256, 256, 16), (256, 512, 8), (512, 512, 8)];
    let macs = convolutions.map(|(inputs, outputs, side)| inputs * outputs * 9 * side * side);
    assert_eq!(visit_order(&macs), [1, 3, 5, 2, 4, 0]);
    assert_eq!(visit_order(&[]), [0_usize; 0]);
}

#[test]
fn a_request_that_does_not_fit_is_refused() {
    let scores = one_head(&[0.5]);
    let refuse =
        |order: &[usize], tolerance| paper(&scores, &request(order, tolerance)).unwrap_err().to_string();
    assert_eq!(refuse(&[1], 0.1), "the order of visit names head 2, but the network has 1: write 1 to 1");
    assert_eq!(refuse(&[0, 0], 0.1), "the order of visit names head 1 twice: write every head at most once");
    assert_eq!(
        refuse(&[0], f64::NAN),
        "the tolerance is NaN: write a fraction from 0 to 1, such as 0.005 for half a percentage point"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Recomputes every step, and what is promised, from the policy alone.
    #[test]
    fn what_is_promised_is_what_the_policy_does(
        codes in proptest::collection::vec(0_i16..256, 40 * 4 * 3),
        labels in proptest::collection::vec(0_u16..4, 40),
        tolerance in 0.0_f64..0.3,
        memory in proptest::sample::select(Memory::ALL.to_vec()),
        answer in proptest::sample::select(FinalAnswer::ALL.to_vec()),
    ) {
        let table = |codes: &[i16]| ScoreTable::Codes {
            codes: codes.to_vec(), scale: 0.04, zero_point: 150, signed: false,
        };
        let tables: Vec<ScoreTable> = codes.chunks(160).map(table).collect();
        let scores = Scores {
            samples: 40, classes: 4, labels, heads: tables[..2].to_vec(), classifier: tables[2].clone(),
            zero_fractions: None,
        };
        let request = Request { memory, answer, arithmetic: Arithmetic::default(), ..request(&[1, 0], tolerance) };
        let found = paper(&scores, &request).unwrap();
        prop_assert_eq!(decide(&scores, &found.policy).unwrap().correct(), found.promised_correct);
        for head in [0, 1] {
            let steps: Vec<&Step> = found.steps.iter().filter(|step| step.head == head).collect();
            prop_assert!(steps.iter().zip(1..).all(|(step, hundredths)| step.hundredths == hundredths));
            prop_assert!(steps.iter().rev().skip(1).all(|step| step.above_floor));
            let last = steps[steps.len() - 1];
            let expected = f64::from((last.hundredths - 1).max(1)) / 100.0;
            prop_assert_eq!(beta(&found)[head], expected);
        }
    }
}
