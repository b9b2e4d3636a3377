//! Points at random, none twice.

use std::collections::BTreeSet;

use super::spec::Spec;
use crate::random::SplitMix64;
use crate::units::count;

/// At most `wanted` different points that meet the conditions on axes, in order.
#[must_use]
pub(super) fn points(spec: &Spec, wanted: u64, seed: u64) -> Vec<u64> {
    draw(spec, wanted, &mut SplitMix64(seed)).into_iter().collect()
}

/// The same from a generator that goes on.
pub(super) fn draw(spec: &Spec, wanted: u64, generator: &mut SplitMix64) -> BTreeSet<u64> {
    let all = spec.grid.points;
    let mut digits = Vec::new();
    let mut admits = |point: u64| {
        spec.grid.digits(point, &mut digits);
        spec.admits(&digits)
    };
    let mut found = BTreeSet::new();
    // Few points or scarce ones are drawn from a list of all; else one after the other, twice drawn drawn again.
    if all <= 2 * wanted || all <= LISTED {
        let mut rest: Vec<u64> = (0..all).filter(|point| admits(*point)).collect();
        while count(found.len()) < wanted && !rest.is_empty() {
            let at = generator.below(count(rest.len()));
            found.insert(rest.swap_remove(usize::try_from(at).unwrap_or(0)));
        }
        return found;
    }
    let mut tries = TRIES_A_POINT * wanted + 100_000;
    while count(found.len()) < wanted && tries > 0 {
        tries -= 1;
        let point = generator.below(all);
        if admits(point) {
            found.insert(point);
        }
    }
    found
}

/// Spaces up to this size are listed.
const LISTED: u64 = 1 << 16;
/// Draws a wanted point, where conditions leave few.
const TRIES_A_POINT: u64 = 200;
