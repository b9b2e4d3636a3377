//! How far the conclusion moves when prices are wrong by a factor.
//!
//! Energy is linear in prices: no price changes a count, so every answer here is exact arithmetic on energies by group.
//! With several groups wrong at once, saved = 1 - sum(f E_exit) / sum(f E_plain) over factors f from 1/2 to 2 has its
//! extremes where every f is at an end (the quotient of two linear functions has no extreme inside), so the 256 corners
//! are tried.

use super::{Outcome, saved};
use crate::cost::{PerGroup, PriceGroup};
use crate::count::Tally;

/// By how much a price may be wrong either way.
pub const FACTOR: f64 = 2.0;

/// What the energy saved becomes when one group of prices is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// The group.
    pub group: PriceGroup,
    /// Its part of the plain network's energy.
    pub share: f64,
    /// 1 - exits / plain with its prices halved.
    pub saved_at_half: f64,
    /// The same with its prices doubled.
    pub saved_at_double: f64,
}

/// How far the conclusion moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// 1 - exits / plain as priced.
    pub saved: f64,
    /// By group.
    pub groups: Vec<Moved>,
    /// The least that can be saved with every group wrong by up to the factor.
    pub least: f64,
    /// The most.
    pub most: f64,
    /// For every head, whether it saves energy at all corners, at none, or at some.
    pub heads: Vec<Verdict>,
}

/// Whether a head saves energy, whatever the prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// At all prices within the factor.
    Always,
    /// At some.
    Depends,
    /// At none.
    Never,
}

type Energies = PerGroup<f64>;

/// How far an outcome's energy saved, and each head's verdict, move with prices up to [`FACTOR`] wrong.
#[must_use]
pub fn sensitivity(outcome: &Outcome) -> Sensitivity {
    let energies =
        |tally: &Tally| -> Energies { outcome.prices.energy_by_group(tally).map(|energy| energy.0) };
    let plain = energies(&outcome.ablation.no_heads.total());
    let exits = energies(&outcome.ablation.speculation.total());
    let at = |factors: &Energies| saved(weighed(&plain, factors), weighed(&exits, factors));
    let one = |group: usize, factor: f64| {
        let mut factors = [1.0; PriceGroup::ALL.len()];
        factors[group] = factor;
        at(&factors)
    };
    let whole: f64 = plain.iter().sum();
    let moved = |(i, group): (usize, PriceGroup)| Moved {
        group,
        share: plain[i] / whole,
        saved_at_half: one(i, 1.0 / FACTOR),
        saved_at_double: one(i, FACTOR),
    };
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for factors in corners() {
        let found = at(&factors);
        (least, most) = (least.min(found), most.max(found));
    }
    Sensitivity {
        saved: at(&[1.0; PriceGroup::ALL.len()]),
        groups: PriceGroup::ALL.into_iter().enumerate().map(moved).collect(),
        least,
        most,
        heads: outcome
            .heads
            .iter()
            .map(|head| verdict(energies(&head.skipped), energies(&head.cost)))
            .collect(),
    }
}

/// A head's net energy is linear in the factors: its extremes take each group at the end that its sign asks for.
fn verdict(skipped: Energies, cost: Energies) -> Verdict {
    let net: Vec<f64> = skipped.iter().zip(cost).map(|(skipped, cost)| skipped - cost).collect();
    let extreme = |for_gains: f64, for_losses: f64| -> f64 {
        net.iter().map(|net| net * if *net > 0.0 { for_gains } else { for_losses }).sum()
    };
    let (worst, best) = (extreme(1.0 / FACTOR, FACTOR), extreme(FACTOR, 1.0 / FACTOR));
    match (worst > 0.0, best > 0.0) {
        (true, _) => Verdict::Always,
        (false, true) => Verdict::Depends,
        (false, false) => Verdict::Never,
    }
}

fn weighed(energies: &Energies, factors: &Energies) -> f64 {
    energies.iter().zip(factors).map(|(energy, factor)| energy * factor).sum()
}

/// Every way of taking each group's prices at half or at double.
fn corners() -> impl Iterator<Item = Energies> {
    (0..1u32 << PriceGroup::ALL.len()).map(|corner| {
        std::array::from_fn(|group| if corner >> group & 1 == 1 { FACTOR } else { 1.0 / FACTOR })
    })
}
