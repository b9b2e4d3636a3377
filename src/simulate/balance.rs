//! Which head pays for itself.

use crate::cost::Prices;
use crate::count::Tally;
use crate::time::PathTable;
use crate::units::Picojoules;

/// What one head costs and skips, summed over all samples.
///
/// A head is charged for every sample that reaches it, and credited with the backbone segments that the samples
/// leaving there do not run. So charged, the balances of all heads sum exactly to T(no heads) - T(exit).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadBalance {
    /// Samples that reach it.
    pub reached: u64,
    /// Samples that leave there.
    pub left: u64,
    /// Cycles and actions it takes: its layers, its decisions, and what was fetched ahead in vain behind it.
    pub cost: Tally,
    /// Of these the cycles in which samples that go on wait for weights, because the head broke their stream.
    pub waited: u64,
    /// Of these what was fetched in vain.
    pub wasted: Tally,
    /// Cycles and actions of the backbone that its leavers skip.
    pub skipped: Tally,
    /// Energy of `cost`.
    pub cost_energy: Picojoules,
    /// Energy of `wasted`.
    pub wasted_energy: Picojoules,
    /// Energy of `skipped`.
    pub skipped_energy: Picojoules,
}

impl HeadBalance {
    /// Sets what `cost` and `skipped` are worth.
    pub(super) fn price(&mut self, prices: &Prices) {
        self.cost_energy = prices.energy(&self.cost).total();
        self.wasted_energy = prices.energy(&self.wasted).total();
        self.skipped_energy = prices.energy(&self.skipped).total();
    }

    /// Cycles skipped minus cycles taken.
    #[must_use]
    pub fn net_cycles(&self) -> i128 {
        i128::from(self.skipped.cycles.total()) - i128::from(self.cost.cycles.total())
    }

    /// Energy skipped minus energy taken.
    #[must_use]
    pub fn net_energy(&self) -> Picojoules {
        self.skipped_energy - self.cost_energy
    }
}

/// The balance of every head of a path table, not priced yet, for samples leaving at `exits` and entering segments as
/// `entered`.
#[must_use]
pub fn head_balances(table: &PathTable, exits: &[u64], entered: &[u64]) -> Vec<HeadBalance> {
    // From the last segment back, so that `behind` is the backbone that a sample leaving at head s does not run. Why the sum is
    // exact: a sample that leaves at head x runs the backbone up to x and heads 0 to x. So T(no heads) - T(exit) of that sample
    // is the backbone behind x less those heads, which is the credit of head x and one charge of each head that it reached.
    let mut behind = Tally::default();
    let mut balances = Vec::new();
    for s in (0..table.segments.len()).rev() {
        let full = table.segments[s].full();
        if s + 1 < table.segments.len() {
            let left = table.segments[s].entered_by(usize::MAX, true);
            let (goes_on, wasted) = (entered[s] - exits[s], left.wasted.times(exits[s]));
            let cost = full.heads.times(goes_on) + left.heads.times(exits[s]) + wasted;
            let [waits, _] = table.segments[s].crossed().unwrap_or_default();
            let skipped = behind.times(exits[s]);
            balances.push(HeadBalance {
                reached: entered[s],
                left: exits[s],
                cost,
                waited: waits.cycles.total() * goes_on,
                wasted,
                skipped,
                cost_energy: Picojoules::default(),
                wasted_energy: Picojoules::default(),
                skipped_energy: Picojoules::default(),
            });
        }
        behind += full.backbone();
    }
    balances.reverse();
    balances
}
