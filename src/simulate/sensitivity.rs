//! How far the conclusion moves when prices are wrong, each group by as much as its sources are apart.
//!
//! Energy is linear in prices: no price changes a count, so every answer here is exact arithmetic on energies by group.
//! With several groups wrong at once, saved = 1 - sum(f E_exit) / sum(f E_plain) over factors f from 1/u to u has its
//! extremes where every f is at an end (the quotient of two linear functions has no extreme inside), so the 256 corners
//! are tried. Transistor and temperature are asked for apart: they move leakage by more than any source is wrong.

use super::{Outcome, Served, saved};
use crate::arch::Arch;
use crate::cost::{PerGroup, PriceGroup, uncertainty};
use crate::count::Tally;
use crate::tech::{Condition, LeakageTable, Transistor};
use crate::units::Kelvin;

/// What the energy saved becomes when one group of prices is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// The group.
    pub group: PriceGroup,
    /// By how much its prices may be wrong either way.
    pub factor: f64,
    /// Its part of the plain network's energy.
    pub share: f64,
    /// 1 - exits / plain with its prices divided by the factor.
    pub saved_at_low: f64,
    /// The same with its prices multiplied by the factor.
    pub saved_at_high: f64,
}

/// What the energy saved becomes with other cells or at another temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elsewhere {
    /// The cells and their temperature.
    pub condition: Condition,
    /// Leakage on chip over that of the machine as it is.
    pub leakage: f64,
    /// 1 - exits / plain.
    pub saved: f64,
}

/// How far the energy saved moves: of single inferences, or of those that arrive, idle time included.
#[derive(Clone, Debug, PartialEq)]
pub struct Moves {
    /// 1 - exits / plain as priced.
    pub saved: f64,
    /// By group.
    pub groups: Vec<Moved>,
    /// With other cells and temperatures; none where prices are reference tables, which name neither.
    pub conditions: Vec<Elsewhere>,
    /// The least that can be saved with every group wrong by up to its factor.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Moves {
    /// Whether prices within the factors, or one of the conditions, turn a saving into a loss or a loss into a saving.
    #[must_use]
    pub fn changes_sign(&self) -> bool {
        let all = self.conditions.iter().map(|elsewhere| elsewhere.saved).chain([self.least, self.most]);
        let ends = all.fold((self.saved, self.saved), |(low, high), saved| (low.min(saved), high.max(saved)));
        ends.0 < 0.0 && ends.1 > 0.0
    }
}

/// How far the conclusion moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// Of single inferences.
    pub single: Moves,
    /// Of inferences that arrive over time, where they do: what the machine draws while it rests is varied, too.
    pub served: Option<Moves>,
    /// For every head, whether it saves energy at all corners, at none, or at some.
    pub heads: Vec<Verdict>,
}

/// Whether a head saves energy, whatever the prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// At all prices within the factors.
    Always,
    /// At some.
    Depends,
    /// At none.
    Never,
}

type Energies = PerGroup<f64>;

/// How far an outcome's energy saved, and each head's verdict, move with prices as wrong as the architecture's may be.
#[must_use]
pub fn sensitivity(arch: &Arch, outcome: &Outcome, served: Option<&Served>) -> Sensitivity {
    let energies =
        |tally: &Tally| -> Energies { outcome.prices.energy_by_group(tally).map(|energy| energy.0) };
    let factors = uncertainty(arch);
    let plain = energies(&outcome.ablation.no_heads.total());
    let exits = energies(&outcome.ablation.speculation.total());
    let arriving = |served: &Served| {
        let [plain, exits] =
            [&served.no_heads, &served.exits].map(|system| system.by_group.map(|energy| energy.0));
        moves(arch, &factors, &plain, &exits)
    };
    Sensitivity {
        single: moves(arch, &factors, &plain, &exits),
        served: served.map(arriving),
        heads: outcome
            .heads
            .iter()
            .map(|head| verdict(&factors, energies(&head.skipped), energies(&head.cost)))
            .collect(),
    }
}

fn moves(arch: &Arch, uncertain: &Energies, plain: &Energies, exits: &Energies) -> Moves {
    let at = |factors: &Energies| saved(weighed(plain, factors), weighed(exits, factors));
    let one = |group: PriceGroup, factor: f64| {
        let mut factors = PerGroup::of(|_| 1.0);
        factors[group] = factor;
        at(&factors)
    };
    let whole: f64 = plain.values().sum();
    let moved = |group: PriceGroup| {
        let factor = uncertain[group];
        Moved {
            group,
            factor,
            share: plain[group] / whole,
            saved_at_low: one(group, 1.0 / factor),
            saved_at_high: one(group, factor),
        }
    };
    // Other cells scale all leakage alike, and nothing else: one group with one factor.
    let elsewhere = |table: &LeakageTable, condition: Condition| {
        let leakage = table.relative(condition) / table.relative(arch.power.condition);
        Elsewhere { condition, leakage, saved: one(PriceGroup::Leakage, leakage) }
    };
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for factors in corners(uncertain) {
        let found = at(&factors);
        (least, most) = (least.min(found), most.max(found));
    }
    Moves {
        saved: at(&PerGroup::of(|_| 1.0)),
        groups: PriceGroup::of_target(arch.fpga().is_some()).map(moved).collect(),
        // Neither reference tables nor an FPGA's files say what other cells or temperatures would make of them.
        conditions: match arch.technology() {
            Some(technology) if technology.reference.is_none() => {
                conditions().map(|condition| elsewhere(&technology.leakage, condition)).collect()
            }
            Some(_) | None => Vec::new(),
        },
        least,
        most,
    }
}

/// Either kind of cells, at room temperature and hot.
fn conditions() -> impl Iterator<Item = Condition> {
    let at = |device| [300.0, 360.0].map(|kelvin| Condition { device, temperature: Kelvin(kelvin) });
    Transistor::ALL.into_iter().flat_map(at)
}

/// A head's net energy is linear in the factors: its extremes take each group at the end that its sign asks for.
fn verdict(uncertain: &Energies, skipped: Energies, cost: Energies) -> Verdict {
    let (mut worst, mut best) = (0.0, 0.0);
    for (group, factor) in uncertain.iter() {
        let net = skipped[group] - cost[group];
        let (low, high) = ((net / factor).min(net * factor), (net / factor).max(net * factor));
        (worst, best) = (worst + low, best + high);
    }
    match (worst > 0.0, best > 0.0) {
        (true, _) => Verdict::Always,
        (false, true) => Verdict::Depends,
        (false, false) => Verdict::Never,
    }
}

fn weighed(energies: &Energies, factors: &Energies) -> f64 {
    energies.iter().map(|(group, energy)| energy * factors[group]).sum()
}

/// Every way of taking each group's prices at the lower or the upper end.
fn corners(uncertain: &Energies) -> impl Iterator<Item = Energies> {
    (0..1u32 << PriceGroup::ALL.len()).map(|corner| {
        PerGroup::of(|group| {
            let factor = uncertain[group];
            if corner >> group as u32 & 1 == 1 { factor } else { 1.0 / factor }
        })
    })
}
