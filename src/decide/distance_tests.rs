//! Laws of the rule `distance`, and an example worked by hand.

use proptest::prelude::*;

use super::tests::{distance, example, scores_and_policy};
use super::*;
use crate::replay::{ScoreTable, Scores};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whole numbers lose nothing: a distance is counted in codes.
    #[test]
    fn distances_are_decided_alike_in_integers_and_in_reals((scores, policy) in scores_and_policy(), distance in distance()) {
        let rule = Rule::Distance { threshold: vec![distance; scores.heads.len()] };
        let [integer, float] = [Arithmetic::default(), Arithmetic::Float]
            .map(|arithmetic| decide(&scores, &Policy { rule: rule.clone(), arithmetic, ..policy.clone() }).unwrap());
        prop_assert_eq!(integer, float);
    }

    #[test]
    fn a_smaller_distance_never_spares_more_where_a_head_stands_alone(
        (scores, policy) in scores_and_policy(),
        one in distance(),
        other in distance(),
    ) {
        let alone = |head: usize, distance: f64| {
            let heads = (0..scores.heads.len()).map(|other| other == head).collect();
            let rule = Rule::Distance { threshold: vec![distance; scores.heads.len()] };
            decide(&scores, &Policy { rule, heads, ..policy.clone() }).unwrap().survivors
        };
        for head in 0..scores.heads.len() {
            let smaller = alone(head, one.min(other));
            let larger = alone(head, one.max(other));
            prop_assert!(smaller.iter().zip(&larger).all(|(smaller, larger)| smaller <= larger));
        }
    }
}

/// Distances from the top, 1.25 of them allowed: head 1 has 4 1 2.5 0, head 2 has 0 2 0.5 1, head 3 has 3 0.5 0 1.
#[test]
fn distances_on_an_example_worked_by_hand() {
    let head = |distances: [f32; 4]| ScoreTable::Reals(distances.map(|distance| 7.0 - distance).to_vec());
    let heads = vec![head([4.0, 1.0, 2.5, 0.0]), head([0.0, 2.0, 0.5, 1.0]), head([3.0, 0.5, 0.0, 1.0])];
    let scores = Scores { heads, ..example() };
    let survivors = |memory, distance| {
        let rule = Rule::Distance { threshold: vec![distance; 3] };
        let decisions = decide(&scores, &Policy { rule, memory, ..Policy::never(3) }).unwrap();
        let counts: Vec<u16> = decisions.survivors.iter().flatten().map(|count| count.get()).collect();
        (counts, decisions.exits[0].segment(), decisions.answers[0])
    };
    // 1 and 3; then 0 is put back beside 3; then 2 beside 3, and the classifier prefers 2.
    assert_eq!(survivors(Memory::ReadmitTop, 1.25), (vec![2, 2, 2], 3, 2));
    // Of 1 and 3 the top is 3 at head 2, and 1 is 1 below; at head 3 it is 1, and 3 is 0.5 below.
    assert_eq!(survivors(Memory::Monotone, 1.25), (vec![2, 2, 2], 3, 1));
    assert_eq!(survivors(Memory::Memoryless, 1.25), (vec![2, 3, 3], 3, 2));
    // As far is not farther: 1 and 3 stay at a distance of 1, and just below it 3 alone does.
    assert_eq!(survivors(Memory::Monotone, 1.0).0[0], 2);
    assert_eq!(survivors(Memory::Monotone, 0.99), (vec![1], 0, 3));
}
