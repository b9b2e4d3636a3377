//! Energy and power with prices as wrong as their sources are apart, the chip and what is beside it apart.

use super::Outcome;
use crate::arch::Arch;
use crate::cost::{PriceGroup, uncertainty};
use crate::count::Tally;
use crate::units::{Cycles, Milliwatts, Picojoules, Seconds, count};

/// A quantity with all its prices divided by their factors, as priced, and multiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range<Q> {
    /// All prices at their lower ends.
    pub low: Q,
    /// As priced.
    pub nominal: Q,
    /// All prices at their upper ends.
    pub high: Q,
}

/// What one system takes an inference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergyRange {
    /// Mean energy of the chip.
    pub chip: Range<Picojoules>,
    /// Mean energy of what is beside it: memory, processors and shell.
    pub board: Range<Picojoules>,
    /// Mean time.
    pub time: Seconds,
}

impl Range<Picojoules> {
    /// The mean power of this energy over a time.
    #[must_use]
    pub fn over(self, time: Seconds) -> Range<Milliwatts> {
        let power = |energy: Picojoules| energy.spread_over(time);
        Range { low: power(self.low), nominal: power(self.nominal), high: power(self.high) }
    }
}

/// The plain network, all heads and nobody leaving, and with exits, in this order.
#[must_use]
pub fn energy_ranges(arch: &Arch, outcome: &Outcome) -> [EnergyRange; 3] {
    let stages = [&outcome.ablation.no_heads, &outcome.ablation.never, &outcome.ablation.speculation];
    let samples = count(outcome.cycles.len());
    stages.map(|parts| energy_range(arch, outcome, &parts.total(), samples))
}

/// Means over `samples` of some work of all of them.
fn energy_range(arch: &Arch, outcome: &Outcome, tally: &Tally, samples: u64) -> EnergyRange {
    let share = 1.0 / crate::units::real(samples.max(1));
    let factors = uncertainty(arch);
    let energy = outcome.prices.energy_by_group(tally);
    // All groups at the same end at once: energies are sums of positive terms, so these are the extremes. Of a saving, a quotient,
    // they are not: see `sensitivity`.
    let range = |on_board: bool| {
        let groups = || PriceGroup::ALL.into_iter().filter(|group| is_on_board(*group) == on_board);
        let sum = |scaled: &dyn Fn(Picojoules, f64) -> Picojoules| -> Picojoules {
            groups().map(|group| scaled(energy[group] * share, factors[group])).sum()
        };
        Range {
            low: sum(&|energy, factor| energy * (1.0 / factor)),
            nominal: sum(&|energy, _| energy),
            high: sum(&|energy, factor| energy * factor),
        }
    };
    let time = Cycles(tally.cycles.total()).at(arch.machine.clock) * share;
    EnergyRange { chip: range(false), board: range(true), time }
}

fn is_on_board(group: PriceGroup) -> bool {
    matches!(group, PriceGroup::DramBits | PriceGroup::DramBackground | PriceGroup::Board)
}
