use proptest::prelude::*;

use super::*;
use crate::calibrate::{MeanCost, Paired};
use crate::decide::decide;

/// Random codes of few levels, so that scores tie.
fn scores(samples: usize, heads: usize, classes: usize, seed: u64) -> Scores {
    let mut random = crate::random::SplitMix64(seed);
    let mut table = || ScoreTable::Codes {
        codes: (0..samples * classes).map(|_| random.below(60) as i16 * 4).collect(),
        scale: 0.06,
        zero_point: 120,
        signed: false,
    };
    let tables: Vec<ScoreTable> = (0..=heads).map(|_| table()).collect();
    let labels = (0..samples).map(|_| random.below(classes as u64) as u16).collect();
    Scores {
        samples,
        classes,
        labels,
        heads: tables[1..].to_vec(),
        classifier: tables[0].clone(),
        zero_fractions: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn policies_are_judged_as_decide_judges_them(
        classes in prop_oneof![2_usize..20, Just(33), Just(64), Just(65), Just(94), Just(128)],
        samples in prop_oneof![1_usize..40, Just(1030)],
        seed in any::<u64>(),
        rule in proptest::sample::select(vec![
            RuleKind::RelativeToMax, RuleKind::Distance, RuleKind::Confidence, RuleKind::Entropy, RuleKind::Margin,
        ]),
        memory in proptest::sample::select(vec![Memory::ReadmitTop, Memory::Memoryless]),
        answer in proptest::sample::select(vec![FinalAnswer::Survivors, FinalAnswer::All]),
        places in proptest::collection::vec(proptest::option::weighted(0.8, 0_usize..53), 3),
    ) {
        let scores = scores(samples, 3, classes, seed);
        let excludes = rule.facts().excludes;
        let (memory, answer) = if excludes { (memory, answer) } else { Default::default() };
        let costs = |_: Option<crate::calibrate::Zeros<'_>>| -> MeanCost<'static> { unreachable!() };
        let goal = Goal {
            heads: &[], tolerance: 0.0, confidence: 0.95, seed: 1, groups: None, rule, memory, answer,
            arithmetic: Arithmetic::default(), costs: &costs, progress: &|_| {},
        };
        let without = decide(&scores, &Policy::no_heads(3)).unwrap();
        let judged = Judge::new(&scores, &without, &goal).unwrap().judge(&scores, &places).unwrap();
        let ladder = ladder(rule, 3).unwrap();
        let thresholds: Vec<Option<f64>> = places.iter().map(|place| place.map(|place| ladder[place])).collect();
        let policy = Policy {
            rule: super::rule(rule, &thresholds).unwrap(),
            heads: places.iter().map(Option::is_some).collect(),
            memory, answer, arithmetic: goal.arithmetic,
        };
        let decisions = decide(&scores, &policy).unwrap();
        prop_assert_eq!(&judged.exits, &decisions.exit_counts());
        let paired = Paired::of(&without, &decisions);
        prop_assert_eq!((judged.harmed, judged.helped), (paired.harmed, paired.helped));
    }
}

#[test]
fn what_counts_on_other_heads_is_left_to_decide() {
    let scores = scores(5, 2, 3, 1);
    let without = decide(&scores, &Policy::no_heads(2)).unwrap();
    let costs = |_: Option<crate::calibrate::Zeros<'_>>| -> MeanCost<'static> { unreachable!() };
    let goal = Goal {
        heads: &[],
        tolerance: 0.0,
        confidence: 0.95,
        seed: 1,
        groups: None,
        rule: RuleKind::RelativeToMax,
        memory: Memory::ReadmitTop,
        answer: FinalAnswer::Survivors,
        arithmetic: Arithmetic::default(),
        costs: &costs,
        progress: &|_| {},
    };
    let is_fast = |goal: &Goal<'_, '_>| Judge::new(&scores, &without, goal).is_some();
    assert!(is_fast(&goal));
    assert!(!is_fast(&Goal { memory: Memory::Monotone, ..goal }));
    assert!(!is_fast(&Goal { answer: FinalAnswer::Product, ..goal }));
    assert!(!is_fast(&Goal { rule: RuleKind::Patience, ..goal }));
    assert!(is_fast(&Goal { rule: RuleKind::Margin, memory: Memory::Monotone, ..goal }));
}
