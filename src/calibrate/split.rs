//! How calibration samples are split in two halves: by a seed, class by class, and no group in both.
//!
//! Every other sample of a file is no fair split where the order of the file tells something: with labels that run from 0
//! to 93 over and over, one half would have the even classes and the other the odd ones. So samples are shuffled within
//! their class, the classes are laid one behind the other, and every second one goes to the half that is held out.
//! Where samples come in groups (a font, a patient, a scene), groups are dealt out so instead, each as one of its most
//! frequent class.

use std::collections::BTreeMap;

use super::CalibrateError;
use crate::random::SplitMix64;

/// Which group every sample is of, as the numbers 0, 1, ... in the order in which the groups first come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    of: Vec<usize>,
    names: usize,
}

impl Groups {
    /// From a name for every sample.
    #[must_use]
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let number = |name| {
            let next = numbers.len();
            *numbers.entry(name).or_insert(next)
        };
        let of: Vec<usize> = names.into_iter().map(number).collect();
        Self { of, names: numbers.len() }
    }

    /// Samples that it names a group of.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.of.len()
    }

    /// Groups.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names
    }

    /// Whether there is no group, since there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names == 0
    }

    /// Those of some samples.
    pub(super) fn of_samples(&self, samples: &[usize]) -> Self {
        let mut numbers = BTreeMap::new();
        let mut number = |sample: &usize| {
            let next = numbers.len();
            *numbers.entry(self.of[*sample]).or_insert(next)
        };
        let of = samples.iter().map(&mut number).collect();
        Self { of, names: numbers.len() }
    }

    /// The group of every sample.
    pub(super) fn each(&self) -> &[usize] {
        &self.of
    }

    fn check(&self, samples: usize) -> Result<(), CalibrateError> {
        if self.of.len() == samples {
            Ok(())
        } else {
            Err(CalibrateError::Groups { found: self.of.len(), samples })
        }
    }
}

/// The samples of either half, in the order of the file: those searched on, those held out.
pub(super) fn halves(
    labels: &[u16],
    groups: Option<&Groups>,
    seed: u64,
) -> Result<[Vec<usize>; 2], CalibrateError> {
    let mut random = SplitMix64(seed);
    let second: Vec<bool> = match groups {
        None => dealt(labels, &mut random),
        Some(groups) => {
            groups.check(labels.len())?;
            let second = dealt(&most_frequent(labels, groups), &mut random);
            groups.of.iter().map(|group| second[*group]).collect()
        }
    };
    let half = |wanted| (0..labels.len()).filter(|sample| second[*sample] == wanted).collect();
    Ok([half(false), half(true)])
}

/// For things of a class each, whether they go to the second half: within each class as many as not, give or take one.
fn dealt(classes: &[u16], random: &mut SplitMix64) -> Vec<bool> {
    let mut of_class: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
    classes.iter().enumerate().for_each(|(thing, class)| of_class.entry(*class).or_default().push(thing));
    let mut second = vec![false; classes.len()];
    let mut at = 0;
    for things in of_class.values_mut() {
        shuffle(things, random);
        for thing in things {
            second[*thing] = at % 2 == 1;
            at += 1;
        }
    }
    second
}

/// Every order equally likely (R. Durstenfeld, "Algorithm 235: Random permutation", 1964).
fn shuffle(things: &mut [usize], random: &mut SplitMix64) {
    for last in (1..things.len()).rev() {
        things.swap(last, random.below(last as u64 + 1) as usize);
    }
}

/// The class that most of a group's samples are of, the lowest on ties.
fn most_frequent(labels: &[u16], groups: &Groups) -> Vec<u16> {
    let mut counts: Vec<BTreeMap<u16, usize>> = vec![BTreeMap::new(); groups.names];
    for (label, group) in labels.iter().zip(&groups.of) {
        *counts[*group].entry(*label).or_default() += 1;
    }
    let most = |counts: &BTreeMap<u16, usize>| {
        counts
            .iter()
            .min_by_key(|(class, count)| (usize::MAX - **count, **class))
            .map_or(0, |(class, _)| *class)
    };
    counts.iter().map(most).collect()
}

/// How often samples that follow each other have one label, where that tells order from chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    /// Pairs of neighbours.
    pub pairs: usize,
    /// Of those, of one label.
    pub alike: usize,
    /// How many that would be in a random order of the same labels, on average.
    pub expected: f64,
}

/// Whether the order of a file tells its labels: neighbours are alike far more or less often than by chance.
///
/// In a random order the number of pairs alike is about normal, with a variance of at most its mean; six standard
/// deviations away is no chance.
#[must_use]
pub fn telling_order(labels: &[u16]) -> Option<Order> {
    let pairs = labels.len().saturating_sub(1);
    let alike = labels.windows(2).filter(|pair| pair[0] == pair[1]).count();
    let mut counts: BTreeMap<u16, f64> = BTreeMap::new();
    labels.iter().for_each(|label| *counts.entry(*label).or_default() += 1.0);
    let samples = labels.len() as f64;
    // Two samples drawn without putting back.
    let chance: f64 =
        counts.values().map(|count| count * (count - 1.0)).sum::<f64>() / (samples * (samples - 1.0));
    let expected = chance * pairs as f64;
    let far = (alike as f64 - expected).abs() > 6.0 * (expected * (1.0 - chance)).sqrt().max(1.0);
    (pairs > 0 && far).then_some(Order { pairs, alike, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels that run from 0 to 93 over and over: every other sample would give halves without a class in common.
    #[test]
    fn halves_have_every_class_alike() {
        let labels: Vec<u16> = (0..94 * 54).map(|sample| sample % 94).collect();
        let [first, second] = halves(&labels, None, 1).unwrap();
        assert_eq!((first.len(), second.len()), (94 * 27, 94 * 27));
        for class in 0..94 {
            assert_eq!(first.iter().filter(|sample| labels[**sample] == class).count(), 27);
        }
        assert!(first.is_sorted() && second.is_sorted());
        let mut all = [first.clone(), second].concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..labels.len()), "every sample once");
        assert_eq!(halves(&labels, None, 1).unwrap()[0], first, "the seed decides");
        assert_ne!(halves(&labels, None, 2).unwrap()[0], first);
    }

    #[test]
    fn odd_classes_differ_by_one_and_halves_too() {
        let labels = [vec![0; 7], vec![1; 5], vec![2; 1]].concat();
        for seed in 0..20 {
            let [first, second] = halves(&labels, None, seed).unwrap();
            assert_eq!((first.len(), second.len()), (7, 6));
            for class in 0..3 {
                let of =
                    |half: &[usize]| half.iter().filter(|sample| labels[**sample] == class).count() as i32;
                assert!((of(&first) - of(&second)).abs() <= 1);
            }
        }
    }

    #[test]
    fn no_group_is_in_both_halves() {
        let names: Vec<String> = (0..300).map(|sample| format!("font {}", sample / 10)).collect();
        let groups = Groups::named(names.iter().map(String::as_str));
        assert_eq!((groups.len(), groups.samples()), (30, 300));
        let labels: Vec<u16> = (0..300).map(|sample| sample % 10).collect();
        let [first, second] = halves(&labels, Some(&groups), 5).unwrap();
        assert_eq!((first.len(), second.len()), (150, 150));
        assert!(first.iter().all(|one| second.iter().all(|other| one / 10 != other / 10)));
        assert_eq!(groups.of_samples(&second).len(), 15);
        let refused = halves(&labels[1..], Some(&groups), 5).unwrap_err();
        assert_eq!(refused, CalibrateError::Groups { found: 300, samples: 299 });
    }

    /// Every sample is as likely in one half as in the other.
    #[test]
    fn halves_are_fair() {
        let labels: Vec<u16> = (0..40).map(|sample| sample % 3).collect();
        let mut held_out = [0; 40];
        for seed in 0..2000 {
            halves(&labels, None, seed).unwrap()[1].iter().for_each(|sample| held_out[*sample] += 1);
        }
        assert!(held_out.iter().all(|count| (850..1150).contains(count)), "{held_out:?}");
    }

    #[test]
    fn an_order_that_tells_labels_is_found() {
        let cycle: Vec<u16> = (0..5076).map(|sample| sample % 94).collect();
        let sorted: Vec<u16> = (0..1000).map(|sample| sample / 100).collect();
        let mut random = SplitMix64(3);
        let shuffled: Vec<u16> = (0..5000).map(|_| random.below(10) as u16).collect();
        assert_eq!(telling_order(&cycle).map(|order| order.alike), Some(0));
        assert_eq!(telling_order(&sorted).map(|order| order.alike), Some(990));
        assert_eq!(telling_order(&shuffled), None);
        assert_eq!((telling_order(&[]), telling_order(&[1]), telling_order(&[1, 1])), (None, None, None));
    }
}
