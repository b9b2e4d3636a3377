//! Designs on planes of accuracy against costs: as many of millions as a print can tell apart, and every one on a front.

use std::collections::BTreeSet;

/// Up to so many designs are all kept.
const MOST: usize = 20_000;
/// Cells that the first designs' range is cut into along accuracy and each cost, before they widen.
const CELLS: f64 = 256.0;

/// Where a design lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dot {
    pub(super) accuracy: f64,
    /// Energy and latency, in any units.
    pub(super) costs: [f64; 2],
}

impl Dot {
    /// Accuracy and the logarithms of the costs: what cells are cut along.
    fn place(self) -> [f64; 3] {
        let [a, b] = self.costs.map(|cost| cost.max(f64::MIN_POSITIVE).ln());
        [self.accuracy, a, b]
    }
}

/// A design that was kept.
#[derive(Clone, Debug)]
struct Kept {
    dot: Dot,
    name: String,
}

/// Designs in the order they came: all, or of more than [`MOST`] those on a front and the first of every cell.
#[derive(Default)]
pub(super) struct Thinned {
    kept: Vec<Kept>,
    fronts: [Front; 2],
    /// Width of a cell along accuracy and each cost, once there are too many designs, and the cells that are taken.
    widths: Option<[f64; 3]>,
    taken: BTreeSet<[i64; 3]>,
}

impl Thinned {
    /// Takes one design more; its name is asked for if it is kept.
    pub(super) fn take(&mut self, dot: Dot, name: impl FnOnce() -> String) {
        let mut keep = false;
        for (front, cost) in self.fronts.iter_mut().zip(dot.costs) {
            keep |= front.take(cost, dot.accuracy);
        }
        match self.widths {
            None => keep = true,
            // Even a design on a front takes its cell: what comes later would hide it.
            Some(widths) => keep |= self.taken.insert(cell(dot, widths)),
        }
        if keep {
            self.kept.push(Kept { dot, name: name() });
        }
        if self.kept.len() > MOST {
            self.widen();
        }
    }

    /// The designs that were kept, with their names.
    pub(super) fn designs(self) -> impl Iterator<Item = (Dot, String)> {
        self.kept.into_iter().map(|kept| (kept.dot, kept.name))
    }

    /// Widens the cells until less than half of what may be kept is left, or nothing but fronts.
    fn widen(&mut self) {
        const TIMES: u32 = 40;
        for _ in 0..TIMES {
            let widths =
                self.widths.map_or_else(|| self.first_widths(), |widths| widths.map(|width| 2.0 * width));
            self.widths = Some(widths);
            self.taken.clear();
            let (taken, fronts) = (&mut self.taken, &self.fronts);
            let mut first_on_front = BTreeSet::new();
            self.kept.retain(|kept| {
                let Dot { accuracy, costs } = kept.dot;
                let on_front = fronts.iter().zip(costs).any(|(front, cost)| front.holds(cost, accuracy));
                let first = taken.insert(cell(kept.dot, widths));
                // Of designs alike the first is on the front.
                first || on_front && first_on_front.insert([accuracy, costs[0], costs[1]].map(f64::to_bits))
            });
            if self.kept.len() <= MOST / 2 {
                break;
            }
        }
    }

    fn first_widths(&self) -> [f64; 3] {
        std::array::from_fn(|along| {
            let places = || self.kept.iter().map(|kept| kept.dot.place()[along]);
            let (low, high) = places().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| {
                (low.min(place), high.max(place))
            });
            // All alike along it: any width does, if it is no nought.
            if high > low { (high - low) / CELLS } else { 1.0 }
        })
    }
}

/// The cell that a design lies in.
fn cell(dot: Dot, widths: [f64; 3]) -> [i64; 3] {
    let place = dot.place();
    #[expect(clippy::cast_possible_truncation, reason = "a cell beyond an i64 is the last one")]
    std::array::from_fn(|along| (place[along] / widths[along]).floor() as i64)
}

/// Cost and accuracy of designs that no other outdoes: both rise.
#[derive(Default)]
struct Front(Vec<(f64, f64)>);

impl Front {
    /// Whether a design is outdone by none so far; those it outdoes leave.
    fn take(&mut self, cost: f64, accuracy: f64) -> bool {
        let at = self.0.partition_point(|(other, _)| *other <= cost);
        if at > 0 && self.0[at - 1].1 >= accuracy {
            return false;
        }
        let from = if at > 0 && self.0[at - 1].0 == cost { at - 1 } else { at };
        let to = from + self.0[from..].partition_point(|(_, other)| *other <= accuracy);
        self.0.splice(from..to, [(cost, accuracy)]);
        true
    }

    fn holds(&self, cost: f64, accuracy: f64) -> bool {
        self.0.binary_search_by(|(other, _)| other.total_cmp(&cost)).is_ok_and(|at| self.0[at].1 == accuracy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Designs as a generator of small numbers makes them: more than may be kept, many of them alike.
    fn designs(count: u64, values: u64) -> Vec<Dot> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % values
        };
        let mut one = || Dot {
            accuracy: next() as f64 / values as f64,
            costs: [1.0 + next() as f64, (next() as f64 / values as f64).exp()],
        };
        (0..count).map(|_| one()).collect()
    }

    fn thinned(dots: &[Dot]) -> Vec<(Dot, String)> {
        let mut thinned = Thinned::default();
        for (at, dot) in dots.iter().enumerate() {
            thinned.take(*dot, || at.to_string());
        }
        thinned.designs().collect()
    }

    #[test]
    fn few_designs_are_all_kept() {
        let dots = designs(5000, 40);
        assert!(thinned(&dots).into_iter().map(|(dot, _)| dot).eq(dots));
    }

    #[test]
    fn of_many_designs_every_front_is_kept_by_its_first() {
        for values in [3, 60, 100_000] {
            let dots = designs(100_000, values);
            let kept = thinned(&dots);
            assert!(kept.len() <= MOST, "{}", kept.len());
            assert!(kept.iter().all(|(dot, name)| dots[name.parse::<usize>().unwrap()] == *dot));
            for along in 0..2 {
                let outdoes = |a: &Dot, b: &Dot| {
                    let no_worse = a.accuracy >= b.accuracy && a.costs[along] <= b.costs[along];
                    no_worse && (a.accuracy, a.costs[along]) != (b.accuracy, b.costs[along])
                };
                // Enough to know the front: the best accuracy of every cost.
                let mut order: Vec<&Dot> = dots.iter().collect();
                order.sort_by(|a, b| {
                    a.costs[along].total_cmp(&b.costs[along]).then(b.accuracy.total_cmp(&a.accuracy))
                });
                let mut best = f64::NEG_INFINITY;
                order.retain(|dot| {
                    let better = dot.accuracy > best;
                    best = best.max(dot.accuracy);
                    better
                });
                for front in order {
                    let first = dots
                        .iter()
                        .position(|dot| {
                            (dot.accuracy, dot.costs[along]) == (front.accuracy, front.costs[along])
                        })
                        .unwrap();
                    assert!(kept.iter().any(|(_, name)| *name == first.to_string()), "{front:?}");
                    assert!(!dots.iter().any(|dot| outdoes(dot, front)));
                }
            }
        }
    }

    #[test]
    fn where_designs_were_dropped_another_stands() {
        let dots = designs(60_000, 100_000);
        let kept = thinned(&dots);
        // The range is 1 in accuracy and in the second cost's logarithm: cells widen to a few percent of it.
        let near = |a: &Dot, b: &Dot| {
            let (a, b) = (a.place(), b.place());
            (0..3).all(|along| (a[along] - b[along]).abs() < if along == 1 { 3.0 } else { 0.15 })
        };
        assert!(dots.iter().all(|dot| kept.iter().any(|(other, _)| near(dot, other))));
    }
}
