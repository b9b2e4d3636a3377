//! Fronts at equal loss by hand, and against what is known of means.

use super::*;

fn point(lost: f64, saved: f64) -> Point {
    Point { lost, saved: [saved; 3] }
}

#[test]
fn what_is_saved_lies_on_the_line_between_two_policies() {
    let front = [point(0.0, 0.0), point(0.002, 0.3), point(0.006, 0.5), point(0.004, 0.6)];
    let saved = |loss| at_loss(&front, loss)[1];
    let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(near(saved(0.0), 0.0) && near(saved(0.001), 0.15) && near(saved(0.005), 0.45));
    // It is walked until it loses more: what loses less farther on is not looked for.
    assert!(near(saved(0.0059), 0.495), "{}", saved(0.0059));
    // A front that never loses so much saves what its last policy saves.
    assert!(near(saved(0.006), 0.6) && near(saved(1.0), 0.6));
    assert_eq!(at_loss(&[], 0.1), [0.0; 3]);
}

/// Two fronts of two policies; draws move the loss, the mean is over fronts.
#[test]
fn samples_and_splits_are_told_apart() {
    let front = |lost: [f64; 3], saved: f64| {
        let policy = |points: Vec<Point>| OnFront { policy: Policy::never(1), points: Arc::new(points) };
        vec![policy(vec![point(0.0, 0.0); 3]), policy(lost.map(|lost| point(lost, saved)).to_vec())]
    };
    let fronts = [front([0.01, 0.02, 0.005], 0.4), front([0.01, 0.01, 0.02], 0.8)];
    let values = at_equal_loss(&fronts, 0.005);
    let expected: [[f64; 3]; 2] = [[0.2, 0.1, 0.4], [0.4, 0.4, 0.2]];
    for (split, expected) in values.iter().zip(expected) {
        for (found, expected) in split.iter().zip(expected) {
            assert!(found.iter().all(|value| (value - expected).abs() < 1e-12), "{found:?} {expected}");
        }
    }
    let spread = Spread::of(&values, |value| value[1]);
    let near = |a: [f64; 2], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!((spread.mean - 0.3).abs() < 1e-12);
    assert!(near(spread.splits, [0.2, 0.4]), "{:?}", spread.splits);
    let none = differences(&values, &values);
    assert!(none.iter().flatten().all(|difference| *difference == [0.0; 3]));
}

/// The first draw is the samples, the others as many with putting back; sums follow.
#[test]
fn draws_are_of_as_many_samples() {
    let draws = Draws::of(50);
    assert_eq!(draws.times.len(), 1 + BOOTSTRAP_DRAWS as usize);
    assert_eq!(draws.times[0], [1; 50]);
    assert!(draws.times.iter().all(|times| times.iter().map(|times| u64::from(*times)).sum::<u64>() == 50));
    let sums = draws.sums(&[vec![[1.0, 1.0, 2.0, 3.0]; 50], vec![[0.0, -1.0, 0.5, 4.0]; 50]]);
    assert_eq!(sums.len(), 2);
    assert!(sums[0].iter().all(|sums| *sums == [50.0, 50.0, 100.0, 150.0]));
    assert!(sums[1].iter().all(|sums| *sums == [0.0, -50.0, 25.0, 200.0]));
    // One sample alone counts as often as it is drawn.
    let mut only = vec![[0.0; 4]; 50];
    only[7] = [1.0; 4];
    let sums = draws.sums(&[only]);
    let drawn: Vec<f64> = draws.times.iter().map(|times| f64::from(times[7])).collect();
    assert!(sums[0].iter().map(|sums| sums[0]).eq(drawn));
}
