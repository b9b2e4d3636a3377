//! Laws of the rules that exclude nothing, and their agreement with the reference.

use proptest::prelude::*;

use super::tests::{arithmetic, assert_matches_reference, logits, many, one_head, scores};
use super::*;
use crate::replay::{ScoreTable, Scores};

fn threshold() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(0.25), Just(0.5), Just(0.99), Just(1.0), 0.0_f64..=1.0]
}

fn measure() -> impl Strategy<Value = Measure> {
    proptest::sample::select(&Measure::ALL[..])
}

fn rule(heads: usize) -> impl Strategy<Value = Rule> {
    let thresholds = proptest::collection::vec(threshold(), heads);
    let agreements = proptest::collection::vec(1_u16..4, heads);
    prop_oneof![
        6 => (measure(), thresholds).prop_map(|(measure, threshold)| Rule::Softmax { measure, threshold }),
        2 => agreements.prop_map(|threshold| Rule::Patience { threshold }),
        1 => Just(Rule::Oracle),
    ]
}

fn scores_and_policy() -> impl Strategy<Value = (Scores, Policy)> {
    scores().prop_flat_map(|scores| {
        let heads = scores.heads.len();
        let on = proptest::collection::vec(prop_oneof![4 => Just(true), 1 => Just(false)], heads);
        let policy = (rule(heads), on, arithmetic()).prop_map(move |(rule, heads, arithmetic)| Policy {
            rule,
            arithmetic,
            heads,
            ..Policy::never(0)
        });
        (Just(scores), policy)
    })
}

/// A head of a few classes with scores of any size, infinities among them.
fn wild() -> impl Strategy<Value = Scores> {
    let score = prop_oneof![
        -800.0_f32..800.0,
        Just(f32::INFINITY),
        Just(f32::NEG_INFINITY),
        Just(f32::MAX),
        Just(f32::MIN),
    ];
    proptest::collection::vec(score, 1..6).prop_map(|row| Scores {
        samples: 1,
        classes: row.len(),
        labels: vec![0],
        heads: vec![ScoreTable::Reals(row.clone())],
        classifier: ScoreTable::Reals(row),
        zero_fractions: None,
    })
}

fn all(scores: &Scores, rule: Rule, arithmetic: Arithmetic) -> Decisions {
    let policy = Policy { rule, arithmetic, ..Policy::never(scores.heads.len()) };
    decide(scores, &policy).unwrap()
}

fn softmax(scores: &Scores, measure: Measure, threshold: f64, arithmetic: Arithmetic) -> Decisions {
    let threshold = vec![threshold; scores.heads.len()];
    all(scores, Rule::Softmax { measure, threshold }, arithmetic)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn decide_equals_the_reference((scores, policy) in scores_and_policy()) {
        let compared = assert_matches_reference(&scores, &policy);
        if policy.arithmetic != Arithmetic::Float {
            prop_assert_eq!(compared, scores.samples);
        }
    }

    #[test]
    fn nobody_is_excluded_before_the_exit((scores, policy) in scores_and_policy()) {
        let decisions = decide(&scores, &policy).unwrap();
        for sample in 0..scores.samples {
            let exit = decisions.exits[sample].segment();
            for segment in 0..=exit {
                prop_assert_eq!(decisions.alive_on_entry_of(sample, segment), Some(scores.classes));
            }
            if exit < scores.heads.len() {
                let left = decisions.survivors[sample * decisions.heads + exit];
                prop_assert_eq!(left.map(|count| count.get()), Some(1));
            }
        }
        // Whoever runs to the end is answered as without heads.
        let plain = decide(&scores, &Policy::no_heads(scores.heads.len())).unwrap();
        for sample in (0..scores.samples).filter(|s| decisions.exits[*s].segment() == scores.heads.len()) {
            prop_assert_eq!(decisions.answers[sample], plain.answers[sample]);
        }
    }

    /// From 1/2 on, no second class can be above a confidence; below, it may keep a sample back.
    #[test]
    fn a_looser_threshold_lets_everyone_leave_who_left_before(
        scores in scores(), measure in measure(), arithmetic in arithmetic(), one in threshold(), other in threshold(),
    ) {
        let floor = if measure == Measure::Confidence { 0.5 } else { 0.0 };
        let (less, more) = (one.min(other).max(floor), one.max(other).max(floor));
        let (strict, loose) = if measure == Measure::Entropy { (less, more) } else { (more, less) };
        let strict = softmax(&scores, measure, strict, arithmetic);
        let loose = softmax(&scores, measure, loose, arithmetic);
        prop_assert!(loose.exits.iter().zip(&strict.exits).all(|(loose, strict)| loose <= strict));
    }

    #[test]
    fn at_the_strictest_threshold_nobody_leaves(
        scores in scores(), measure in measure(), arithmetic in arithmetic(),
    ) {
        let strictest = if measure == Measure::Entropy { 0.0 } else { 1.0 };
        let found = softmax(&scores, measure, strictest, arithmetic);
        prop_assert_eq!(found, all(&scores, Rule::Never, arithmetic));
    }

    #[test]
    fn impatience_never_keeps_a_sample_longer(scores in scores(), agreements in 1_u16..6) {
        let with = |agreements| {
            let threshold = vec![agreements; scores.heads.len()];
            all(&scores, Rule::Patience { threshold }, Arithmetic::default())
        };
        let (sooner, later) = (with(agreements), with(agreements + 1));
        prop_assert!(sooner.exits.iter().zip(&later.exits).all(|(sooner, later)| sooner <= later));
        prop_assert!(sooner.exits.iter().all(|exit| exit.segment() >= scores.heads.len().min(agreements.into())));
        prop_assert_eq!(with(scores.heads.len().max(1) as u16), all(&scores, Rule::Never, Arithmetic::default()));
    }

    /// The oracle changes no answer, and a rule that leaves with the head's top class and answers a sample as the
    /// plain network does cannot have left before it.
    #[test]
    fn the_oracle_bounds_exit_depth((scores, policy) in scores_and_policy()) {
        let oracle = decide(&scores, &Policy { rule: Rule::Oracle, ..policy.clone() }).unwrap();
        let plain = decide(&scores, &Policy::no_heads(scores.heads.len())).unwrap();
        prop_assert_eq!(&oracle.answers, &plain.answers);
        let found = decide(&scores, &policy).unwrap();
        for sample in 0..scores.samples {
            if found.answers[sample] == plain.answers[sample] {
                prop_assert!(oracle.exits[sample] <= found.exits[sample]);
            }
        }
    }

    #[test]
    fn scores_of_any_size_are_decided(
        scores in wild(), measure in measure(), threshold in threshold(), arithmetic in arithmetic(),
    ) {
        let policy = Policy { arithmetic, ..Policy::softmax(measure, vec![threshold]) };
        assert_matches_reference(&scores, &policy);
    }
}

/// One sample of four classes with these probabilities: already a softmax, so its logarithms are scores of it.
fn probabilities(p: [f64; 4]) -> Scores {
    let table = ScoreTable::Reals(p.map(|p| p.ln() as f32).to_vec());
    Scores {
        samples: 1,
        classes: 4,
        labels: vec![0],
        heads: vec![table.clone()],
        classifier: table,
        zero_fractions: None,
    }
}

fn leaves(scores: &Scores, measure: Measure, threshold: f64) -> [bool; 2] {
    [Arithmetic::default(), Arithmetic::Float]
        .map(|arithmetic| softmax(scores, measure, threshold, arithmetic).exits[0] == Exit::at_head(0))
}

#[test]
fn measures_on_an_example_worked_by_hand() {
    let scores = probabilities([0.5, 0.25, 0.125, 0.125]);
    // Entropy 1/2 + 2/4 + 3/8 + 3/8 = 1.75 of 2 bits: 0.875. Margin 0.25.
    for (measure, no, yes) in
        [(Measure::Confidence, 0.51, 0.49), (Measure::Margin, 0.26, 0.24), (Measure::Entropy, 0.86, 0.89)]
    {
        assert_eq!(leaves(&scores, measure, no), [false; 2], "{measure:?} {no}");
        assert_eq!(leaves(&scores, measure, yes), [true; 2], "{measure:?} {yes}");
    }
    // Two classes exceed 0.24, so neither is the one.
    assert_eq!(leaves(&scores, Measure::Confidence, 0.24), [false; 2]);
}

#[test]
fn tied_tops_are_never_certain() {
    for code in [0, 128, 255] {
        let tied = ScoreTable::Codes { codes: vec![code; 3], scale: 4.0, zero_point: 0, signed: false };
        let scores = Scores { heads: vec![tied.clone()], classifier: tied, ..one_head(vec![0; 3]) };
        for threshold in [0.0, 0.3, 0.34, 0.5, 1.0] {
            assert_eq!(leaves(&scores, Measure::Confidence, threshold), [false; 2]);
            assert_eq!(leaves(&scores, Measure::Margin, threshold), [false; 2]);
            assert_eq!(leaves(&scores, Measure::Entropy, threshold), [false; 2]);
        }
    }
}

#[test]
fn saturated_codes_are_certain_even_in_one_bit() {
    let table = ScoreTable::Codes { codes: vec![-128, 127, -128], scale: 4.0, zero_point: 0, signed: true };
    let scores = Scores { heads: vec![table.clone()], classifier: table, ..one_head(vec![0; 3]) };
    for arithmetic in [Arithmetic::Integer { probability_bits: 1, threshold_bits: 1 }, Arithmetic::Float] {
        for measure in Measure::ALL {
            let found = softmax(&scores, measure, 0.5, arithmetic);
            assert_eq!((found.exits[0].segment(), found.answers[0]), (0, 1));
        }
    }
}

#[test]
fn one_class_is_certain_but_has_no_entropy_to_fall_below() {
    let scores = one_head(vec![3]);
    assert_eq!(leaves(&scores, Measure::Confidence, 0.99), [true; 2]);
    assert_eq!(leaves(&scores, Measure::Margin, 0.99), [true; 2]);
    assert_eq!(leaves(&scores, Measure::Entropy, 1.0), [false; 2]);
}

#[test]
fn patience_counts_heads_that_agree_in_a_row() {
    let head = |class: usize| {
        logits(&std::array::from_fn::<f64, 3, _>(|other| if other == class { 0.9 } else { 0.1 }))
    };
    let heads = vec![head(1), head(2), head(2), head(2), head(0)];
    let scores =
        Scores { samples: 1, classes: 3, labels: vec![0], heads, classifier: head(0), zero_fractions: None };
    let exit = |threshold: u16, off: Option<usize>| {
        let mut policy =
            Policy { rule: Rule::Patience { threshold: vec![threshold; 5] }, ..Policy::never(5) };
        off.into_iter().for_each(|head| policy.heads[head] = false);
        let found = decide(&scores, &policy).unwrap();
        (found.exits[0].segment(), found.answers[0])
    };
    assert_eq!([exit(1, None), exit(2, None), exit(3, None)], [(2, 2), (3, 2), (5, 0)]);
    // A head that is off neither agrees nor disagrees.
    assert_eq!([exit(1, Some(2)), exit(2, Some(2))], [(3, 2), (5, 0)]);
}

#[test]
fn the_widest_integers_are_close_to_float() {
    let scores = many(4000, 4, 10);
    for measure in Measure::ALL {
        let threshold = match measure {
            Measure::Confidence => 0.9,
            Measure::Entropy => 0.1,
            Measure::Margin => 0.85,
        };
        let float = softmax(&scores, measure, threshold, Arithmetic::Float);
        let flipped = |bits| {
            let integer = Arithmetic::Integer { probability_bits: bits, threshold_bits: bits };
            flips(&softmax(&scores, measure, threshold, integer), &float).unwrap().exits
        };
        let left = scores.samples as u64 - float.exit_counts()[4];
        assert!((400..3600).contains(&left), "{measure:?}: {left} leave");
        // The logarithm looks at 8 bits, whatever the widths.
        let most = if measure == Measure::Entropy { 60 } else { 10 };
        assert!(flipped(16) <= most, "{measure:?}: {}", flipped(16));
        assert!(flipped(2) > 100, "{measure:?}: {}", flipped(2));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let scores = one_head(vec![1, 2, 3]);
    let refuse = |rule| decide(&scores, &Policy { rule, ..Policy::never(1) }).unwrap_err().to_string();
    let margin = |threshold| Rule::Softmax { measure: Measure::Margin, threshold };
    let errors = [
        refuse(margin(vec![])),
        refuse(margin(vec![1.5])),
        refuse(margin(vec![f64::NAN])),
        refuse(Rule::Patience { threshold: vec![1, 1] }),
        refuse(Rule::Patience { threshold: vec![0] }),
    ];
    assert_eq!(
        errors,
        [
            "`threshold` has 0 values: expected 1, one per head of the network",
            "`threshold` of head 1 is 1.5: write a value from 0 to 1",
            "`threshold` of head 1 is NaN: write a value from 0 to 1",
            "`threshold` has 2 values: expected 1, one per head of the network",
            "`threshold` of head 1 is 0: patience counts heads that agree, write 1 or more",
        ]
    );
}
