//! Laws of decisions, a hand-computed example, and agreement with the reference.

use std::num::NonZeroU16;

use proptest::prelude::*;

use super::reference::expected;
use super::*;
use crate::replay::{ScoreTable, Scores};

/// One table of scores: codes of either sign with few or many levels (few make ties), or reals.
fn table(length: usize) -> impl Strategy<Value = ScoreTable> {
    let levels = prop_oneof![Just(2_i16), Just(8), Just(256)];
    let codes = (levels, any::<bool>(), 0.0001_f32..4.0, 0_i32..256).prop_flat_map(
        move |(levels, signed, scale, zero_point)| {
            let lowest = if signed { -128 } else { 0 };
            proptest::collection::vec(0..levels, length).prop_map(move |codes| ScoreTable::Codes {
                codes: codes.into_iter().map(|code| lowest + code * (255 / (levels - 1))).collect(),
                scale,
                zero_point: zero_point + i32::from(lowest),
                signed,
            })
        },
    );
    let reals = proptest::collection::vec(prop_oneof![-9.0_f32..9.0, Just(0.0), Just(3.5)], length);
    prop_oneof![3 => codes, 1 => reals.prop_map(ScoreTable::Reals)]
}

pub(super) fn scores() -> impl Strategy<Value = Scores> {
    let classes = prop_oneof![1_usize..12, Just(64), Just(65), Just(130)];
    (1_usize..9, classes, 0_usize..5).prop_flat_map(|(samples, classes, heads)| {
        let labels = proptest::collection::vec(0..classes as u16, samples);
        let heads = proptest::collection::vec(table(samples * classes), heads);
        (labels, heads, table(samples * classes)).prop_map(move |(labels, heads, classifier)| Scores {
            samples,
            classes,
            labels,
            heads,
            classifier,
            zero_fractions: None,
        })
    })
}

fn beta() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(0.01), Just(0.5), Just(0.99), Just(1.0), 0.0_f64..=1.0]
}

pub(super) fn arithmetic() -> impl Strategy<Value = Arithmetic> {
    let integer = (1_u32..=16, 1_u32..=16).prop_map(|(probability_bits, threshold_bits)| {
        Arithmetic::Integer { probability_bits, threshold_bits }
    });
    prop_oneof![3 => integer, 1 => Just(Arithmetic::Float)]
}

pub(super) fn distance() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(3.5), Just(100.0), 0.0_f64..20.0]
}

/// A policy that excludes and any choice of the rest; the paper's rule more often.
fn policy(heads: usize) -> impl Strategy<Value = Policy> {
    let memory = proptest::sample::select(Memory::ALL.to_vec());
    let answer = proptest::sample::select(FinalAnswer::ALL.to_vec());
    let on = proptest::collection::vec(prop_oneof![4 => Just(true), 1 => Just(false)], heads);
    let rule = prop_oneof![
        2 => proptest::collection::vec(beta(), heads).prop_map(|beta| Rule::RelativeToMax { beta }),
        1 => proptest::collection::vec(distance(), heads).prop_map(|threshold| Rule::Distance { threshold }),
    ];
    (rule, on, memory, answer, arithmetic()).prop_map(|(rule, heads, memory, answer, arithmetic)| Policy {
        rule,
        heads,
        memory,
        answer,
        arithmetic,
    })
}

pub(super) fn scores_and_policy() -> impl Strategy<Value = (Scores, Policy)> {
    scores().prop_flat_map(|scores| {
        let heads = scores.heads.len();
        (Just(scores), policy(heads))
    })
}

/// Compares every sample, but those on which rounding of real numbers decides; gives how many were compared.
pub(super) fn assert_matches_reference(scores: &Scores, policy: &Policy) -> usize {
    let decisions = decide(scores, policy).unwrap();
    let mut excluded = vec![0; scores.heads.len() * scores.classes];
    let mut compared = 0;
    for sample in 0..scores.samples {
        let Some(expected) = expected(scores, policy, sample) else { continue };
        compared += 1;
        assert_eq!(decisions.exits[sample].segment(), expected.exit);
        assert_eq!(usize::from(decisions.answers[sample]), expected.answer);
        let row = &decisions.survivors[sample * scores.heads.len()..][..scores.heads.len()];
        let row: Vec<Option<usize>> = row.iter().map(|count| count.map(|c| usize::from(c.get()))).collect();
        assert_eq!(row, expected.survivors);
        for (sum, excluded) in excluded.iter_mut().zip(expected.excluded.iter().flatten()) {
            *sum += u64::from(*excluded);
        }
    }
    if compared == scores.samples {
        assert_eq!(decisions.excluded, excluded);
    }
    compared
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn decide_equals_the_reference((scores, policy) in scores_and_policy()) {
        prop_assert_eq!(assert_matches_reference(&scores, &policy), scores.samples);
        for rule in [Rule::Never, Rule::NoHeads] {
            assert_matches_reference(&scores, &Policy { rule, ..policy.clone() });
        }
    }

    #[test]
    fn the_tables_sum_to_the_samples((scores, policy) in scores_and_policy()) {
        let decisions = decide(&scores, &policy).unwrap();
        let samples = scores.samples as u64;
        let exits = decisions.exit_counts();
        prop_assert_eq!(exits.iter().sum::<u64>(), samples);
        let mut entering = samples;
        for (segment, left) in exits.iter().enumerate() {
            let histogram = decisions.alive_on_entry(segment);
            prop_assert_eq!(histogram.iter().sum::<u64>(), entering);
            prop_assert_eq!(histogram[0], 0);
            entering -= left;
        }
        prop_assert_eq!(decisions.alive_on_entry(0)[scores.classes], samples);
        let by_class = decisions.by_class();
        let tallies = || by_class.iter().flatten();
        prop_assert_eq!(tallies().map(|tally| tally.samples).sum::<u64>(), samples);
        prop_assert_eq!(tallies().map(|tally| tally.correct).sum::<u64>(), decisions.correct());
        for (exit, count) in exits.iter().enumerate() {
            prop_assert_eq!(by_class.iter().map(|row| row[exit].samples).sum::<u64>(), *count);
        }
    }

    #[test]
    fn monotone_survivors_never_grow((scores, policy) in scores_and_policy()) {
        let policy = Policy { memory: Memory::Monotone, ..policy };
        let decisions = decide(&scores, &policy).unwrap();
        for sample in 0..scores.samples {
            let row = &decisions.survivors[sample * decisions.heads..(sample + 1) * decisions.heads];
            let counts: Vec<u16> = row.iter().flatten().map(|count| count.get()).collect();
            prop_assert!(counts.is_sorted_by(|earlier, later| earlier >= later));
        }
        // Survivors only shrink, so no class is ruled out twice for one sample.
        for class in 0..scores.classes {
            let times: u64 = (0..decisions.heads).map(|head| decisions.excluded_at_head(head)[class]).sum();
            prop_assert!(times <= scores.samples as u64);
        }
    }

    #[test]
    fn a_larger_beta_never_spares_more_where_a_head_stands_alone(
        (scores, policy) in scores_and_policy(),
        one in beta(),
        other in beta(),
    ) {
        let alone = |head: usize, beta: f64| {
            let heads = (0..scores.heads.len()).map(|other| other == head).collect();
            let rule = Rule::RelativeToMax { beta: vec![beta; scores.heads.len()] };
            decide(&scores, &Policy { rule, heads, ..policy.clone() }).unwrap().survivors
        };
        for head in 0..scores.heads.len() {
            let smaller = alone(head, one.min(other));
            let larger = alone(head, one.max(other));
            prop_assert!(smaller.iter().zip(&larger).all(|(smaller, larger)| smaller >= larger));
        }
    }

    #[test]
    fn heads_that_exclude_nothing_change_no_answer((scores, policy) in scores_and_policy()) {
        let with = |rule| decide(&scores, &Policy { rule, ..policy.clone() }).unwrap();
        let (never, no_heads) = (with(Rule::Never), with(Rule::NoHeads));
        let all = decide(&scores, &Policy { answer: FinalAnswer::All, rule: Rule::NoHeads, ..policy.clone() });
        prop_assert_eq!(&never.answers, &no_heads.answers);
        prop_assert!(never.exits.iter().all(|exit| *exit == Exit::at_end(scores.heads.len())));
        prop_assert!(no_heads.survivors.iter().all(Option::is_none));
        let all = all.unwrap();
        prop_assert_eq!(&never.answers, &all.answers);
    }

    #[test]
    fn a_head_that_is_off_is_as_if_absent((scores, policy) in scores_and_policy()) {
        let on: Vec<usize> = (0..scores.heads.len()).filter(|head| policy.heads[*head]).collect();
        let thresholds = policy.rule.thresholds();
        let rule = Rule::with(policy.rule.kind(), on.iter().map(|head| thresholds[*head]).collect());
        let fewer = Policy { rule, heads: vec![true; on.len()], ..policy.clone() };
        let heads = on.iter().map(|head| scores.heads[*head].clone()).collect();
        let without = decide(&Scores { heads, ..scores.clone() }, &fewer).unwrap();
        let with = decide(&scores, &policy).unwrap();
        prop_assert_eq!(with.answers, without.answers);
        let exit = |exit: &Exit| on.get(exit.segment()).copied().unwrap_or(scores.heads.len());
        prop_assert!(with.exits.iter().zip(&without.exits).all(|(a, b)| a.segment() == exit(b)));
    }
}

/// Scores from a fixed linear congruence, for tests that need many.
pub(super) fn many(samples: usize, heads: usize, classes: usize) -> Scores {
    let mut state = 1_u64;
    let mut table = || {
        let codes = (0..samples * classes).map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as i16
        });
        ScoreTable::Codes { codes: codes.collect(), scale: 0.05, zero_point: 160, signed: false }
    };
    let heads = (0..heads).map(|_| table()).collect();
    let labels = (0..samples).map(|sample| (sample % classes) as u16).collect();
    Scores { samples, classes, labels, heads, classifier: table(), zero_fractions: None }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let scores = many(3000, 4, 10);
    let policy = Policy::relative_to_max(vec![0.3, 0.5, 0.7, 0.9]);
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| decide(&scores, &policy).unwrap())
    };
    let one = with_threads(1);
    assert!(one.exit_counts().iter().all(|count| *count > 0), "{:?}", one.exit_counts());
    assert_eq!(one, with_threads(2));
    assert_eq!(one, with_threads(7));
}

#[test]
fn the_widest_integers_are_close_to_float() {
    let scores = many(4000, 4, 10);
    let integer = |bits| Policy {
        arithmetic: Arithmetic::Integer { probability_bits: bits, threshold_bits: bits },
        ..Policy::relative_to_max(vec![0.13, 0.37, 0.52, 0.71])
    };
    let float = decide(&scores, &Policy { arithmetic: Arithmetic::Float, ..integer(16) }).unwrap();
    let wide = flips(&decide(&scores, &integer(16)).unwrap(), &float).unwrap();
    let narrow = flips(&decide(&scores, &integer(3)).unwrap(), &float).unwrap();
    assert!(wide.survivor_counts <= 40, "{wide:?}");
    assert!(narrow.survivor_counts > 400, "{narrow:?}");
    assert_eq!(flips(&float, &float), Ok(Flips::default()));
}

/// Real scores whose sigmoid is one of these probabilities.
pub(super) fn logits(probabilities: &[f64]) -> ScoreTable {
    ScoreTable::Reals(probabilities.iter().map(|p| (p / (1.0 - p)).ln() as f32).collect())
}

/// One sample, three heads, four classes, worked by hand below.
pub(super) fn example() -> Scores {
    Scores {
        samples: 1,
        classes: 4,
        labels: vec![3],
        heads: vec![
            logits(&[0.8, 0.5, 0.41, 0.2]),
            logits(&[0.3, 0.5, 0.44, 0.9]),
            logits(&[0.1, 0.6, 0.2, 0.7]),
        ],
        classifier: ScoreTable::Reals(vec![3.0, -1.0, 2.0, -2.0]),
        zero_fractions: None,
    }
}

fn survivors(memory: Memory) -> (Vec<u16>, usize, u16) {
    let policy = Policy { memory, ..Policy::relative_to_max(vec![0.5; 3]) };
    let decisions = decide(&example(), &policy).unwrap();
    let counts = decisions.survivors.iter().flatten().copied().map(NonZeroU16::get).collect();
    (counts, decisions.exits[0].segment(), decisions.answers[0])
}

/// Thresholds 0.5 * maximum. Head 1: above 0.4, so classes 0 1 2 in every memory.
#[test]
fn memories_differ_on_an_example_worked_by_hand() {
    // Head 2, maximum 0.9 of class 3, put back though it was out: above 0.45 are 1 and 3. Head 3, maximum 0.7: above
    // 0.35 the same. The classifier prefers 1 (-1) to 3 (-2).
    assert_eq!(survivors(Memory::ReadmitTop), (vec![3, 2, 2], 3, 1));
    // Head 2, maximum over 0 1 2 is 0.5: above 0.25, so all three. Head 3, maximum 0.6: above 0.3, so 1: leaves.
    assert_eq!(survivors(Memory::Monotone), (vec![3, 3, 1], 2, 1));
    // Head 2: 1 3. Head 3, from all classes: 1 3.
    assert_eq!(survivors(Memory::Memoryless), (vec![3, 2, 2], 3, 1));
}

#[test]
fn final_answers_differ_on_an_example_worked_by_hand() {
    let answer = |answer| {
        let policy = Policy { answer, ..Policy::relative_to_max(vec![0.5; 3]) };
        decide(&example(), &policy).unwrap().answers[0]
    };
    // Survivors 1 and 3 have negative scores; an excluded class counts as zero and beats them, the lowest first.
    assert_eq!(answer(FinalAnswer::Survivors), 1);
    assert_eq!(answer(FinalAnswer::Product), 0);
    assert_eq!(answer(FinalAnswer::All), 0);
}

pub(super) fn one_head(codes: Vec<i16>) -> Scores {
    let classes = codes.len();
    let table = ScoreTable::Codes { codes, scale: 0.1, zero_point: 0, signed: true };
    Scores {
        samples: 1,
        classes,
        labels: vec![0],
        heads: vec![table.clone()],
        classifier: table,
        zero_fractions: None,
    }
}

#[test]
fn a_tied_maximum_survives_together_below_beta_one_and_alone_at_it() {
    let tied = one_head(vec![-9, 40, 3, 40]);
    let at = |beta| decide(&tied, &Policy::relative_to_max(vec![beta])).unwrap();
    assert_eq!(at(0.99).survivors, [NonZeroU16::new(2)]);
    assert_eq!((at(0.99).exits[0].segment(), at(0.99).answers[0]), (1, 1));
    assert_eq!((at(1.0).exits[0].segment(), at(1.0).answers[0]), (0, 1));
    assert_eq!(at(1.0).excluded_at_head(0), [1, 0, 1, 1]);
}

#[test]
fn an_all_zero_table_leaves_the_top_class() {
    // Sigmoid of -12.8 is 3e-6: zero in 12 bits, and 0 > 0 holds for no class.
    let zeros = one_head(vec![-128, -127, -126, -126]);
    let decisions = decide(&zeros, &Policy::relative_to_max(vec![0.0])).unwrap();
    assert_eq!((decisions.exits[0].segment(), decisions.answers[0]), (0, 2));
}

#[test]
fn what_does_not_fit_is_refused() {
    let scores = one_head(vec![1, 2, 3]);
    let refuse = |policy: Policy| decide(&scores, &policy).unwrap_err().to_string();
    let fits = Policy::relative_to_max(vec![0.1]);
    let errors = [
        refuse(Policy::relative_to_max(vec![0.1, 0.2])),
        refuse(Policy { rule: Rule::RelativeToMax { beta: vec![] }, ..fits.clone() }),
        refuse(Policy::relative_to_max(vec![f64::NAN])),
        refuse(Policy { rule: Rule::Distance { threshold: vec![-0.5] }, ..fits.clone() }),
        refuse(Policy {
            arithmetic: Arithmetic::Integer { probability_bits: 17, threshold_bits: 12 },
            ..fits.clone()
        }),
    ];
    assert_eq!(
        errors,
        [
            "`heads` has 2 values: expected 1, one per head of the network",
            "`beta` has 0 values: expected 1, one per head of the network",
            "`beta` of head 1 is NaN: write a value from 0 to 1",
            "`threshold` of head 1 is -0.5: write a difference of scores, at least 0",
            "`probability_bits` is 17: write 1 to 16",
        ]
    );
}

#[test]
fn scores_that_contradict_themselves_are_refused() {
    let scores = one_head(vec![1, 2, 3]);
    let refuse =
        |scores: Scores| decide(&scores, &Policy::never(scores.heads.len())).unwrap_err().to_string();
    let with_head = |head| Scores { heads: vec![head], ..scores.clone() };
    let codes =
        |codes, scale, zero_point| with_head(ScoreTable::Codes { codes, scale, zero_point, signed: false });
    let errors = [
        refuse(Scores { classes: 4, ..scores.clone() }),
        refuse(Scores { labels: vec![3], ..scores.clone() }),
        refuse(Scores { labels: vec![], ..scores.clone() }),
        refuse(Scores { samples: 0, ..scores.clone() }),
        refuse(codes(vec![0, 255, -1], 0.1, 0)),
        refuse(codes(vec![0, 255, 1], 0.0, 0)),
        refuse(codes(vec![0, 255, 1], 0.1, 256)),
        refuse(with_head(ScoreTable::Reals(vec![0.0, f32::NAN, 1.0]))),
    ];
    assert_eq!(
        errors,
        [
            "head 1 has 3 scores: expected 1 samples x 4 classes",
            "sample 0 has label 3, but there are 3 classes, counted from 0",
            "there are 0 labels for 1 samples",
            "the scores have no samples: expected at least one",
            "head 1 has the code -1 for sample 0: expected 0 to 255",
            "head 1 has scale 0: expected a finite number above 0",
            "head 1 has zero point 256: expected 0 to 255",
            "head 1 has a score that is not a number for sample 0",
        ]
    );
}

#[test]
fn decisions_on_other_data_are_not_compared() {
    let of = |samples, heads| decide(&many(samples, heads, 3), &Policy::never(heads)).unwrap();
    let error = flips(&of(4, 2), &of(5, 2)).unwrap_err();
    assert_eq!(error.to_string(), "the two decisions differ in samples: 4 and 5");
    assert!(flips(&of(4, 0), &of(4, 1)).is_err());
    assert_eq!(flips(&of(4, 0), &of(4, 0)), Ok(Flips::default()));
}

#[test]
fn many_heads_and_classes_fit() {
    let scores = many(40, 100, 1000);
    let decisions = decide(&scores, &Policy::relative_to_max(vec![0.001; 100])).unwrap();
    assert_eq!(decisions.exit_counts().iter().sum::<u64>(), 40);
    assert_matches_reference(&scores, &Policy::relative_to_max(vec![0.001; 100]));
}
