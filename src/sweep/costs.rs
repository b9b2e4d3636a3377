//! What each segment of a network costs on one machine: computed once per machine, whatever the betas.

use std::collections::HashMap;

use super::decided::Decided;
use crate::arch::Arch;
use crate::cost::fpga::design;
use crate::cost::{Prices, prices};
use crate::count::Action;
use crate::machine::{DecisionOverlap, Machine};
use crate::network::segment::Segments;
use crate::simulate::{Cost, Misfit, PathCosts, cells, table_violations, too_small};
use crate::tech::fpga::Resources;
use crate::time::{Deciders, PathTable, path_table};
use crate::unit::{UnitRule, UnitSize};

/// One segment, by classes alive on entry: one entry where that makes no difference.
#[derive(Clone, Debug)]
struct SegmentCosts {
    /// For a sample that goes on, and for one that leaves at the head.
    by_alive: Vec<[Cost; 2]>,
    backbone: Cost,
    full: Cost,
}

/// A network's segments under policies that have the same heads on and need the same unit.
#[derive(Clone, Debug)]
pub(super) struct NetworkCosts {
    /// Of every segment.
    pub(super) paths: PathCosts<Cost>,
    /// The plain network.
    pub(super) no_heads: Cost,
    /// Every enabled head runs, nobody leaves.
    pub(super) never: Cost,
    /// Energy that a gated multiply-accumulate does not take, in pJ; nothing where none is gated.
    pub(super) gating_saves: f64,
    /// Area on chip in mm2; no number on an FPGA.
    pub(super) area_mm2: f64,
    /// Blocks of the FPGA that it is built on, if it is.
    pub(super) blocks: Option<Resources>,
    /// Why it does not fit that, if it does not.
    pub(super) unfit: Vec<Misfit>,
}

/// A segment's head: off, or on with the next head that is on, where that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Head {
    Off,
    On { next: Option<usize> },
}

/// One network on one machine: tables of times and costs, made when a policy first asks for them.
///
/// A segment's cost depends on its own head and, when the array runs ahead of decisions, on how far it may: to the next
/// head that is on. So 64 subsets of six heads share 28 segment costs: head s is off, or on with one of 6 - s followers
/// (none among them), 7 + 6 + 5 + 4 + 3 + 2, and the last segment. Without running ahead it is 6 x 2 and the last, 13.
pub(super) struct Costs {
    tables: HashMap<(UnitRule, Vec<bool>), PathTable>,
    prices: HashMap<UnitSize, Prices>,
    segments: HashMap<(UnitSize, usize, Head), SegmentCosts>,
    /// By the number of unit and heads.
    networks: Vec<Option<NetworkCosts>>,
}

impl Costs {
    /// Nothing computed yet.
    #[must_use]
    pub(super) fn new() -> Self {
        Self {
            tables: HashMap::new(),
            prices: HashMap::new(),
            segments: HashMap::new(),
            networks: Vec::new(),
        }
    }

    /// Forgets what prices decide, and times as well unless both are the same machine.
    pub(super) fn renew(&mut self, before: &Arch, now: &Arch) {
        if before.machine != now.machine {
            self.tables.clear();
        }
        self.prices.clear();
        self.segments.clear();
        self.networks.clear();
    }

    /// What the network costs under policies like one.
    ///
    /// # Errors
    /// A table that breaks a bound no machine can break: a bug of this tool, told in words.
    pub(super) fn of(
        &mut self,
        arch: &Arch,
        network: &Segments,
        decided: &Decided,
    ) -> Result<&NetworkCosts, String> {
        if self.networks.len() <= decided.variant {
            self.networks.resize(decided.variant + 1, None);
        }
        if self.networks[decided.variant].is_none() {
            self.networks[decided.variant] = Some(self.network(arch, network, decided)?);
        }
        self.networks[decided.variant].as_ref().ok_or_else(String::new)
    }

    fn network(
        &mut self,
        arch: &Arch,
        network: &Segments,
        decided: &Decided,
    ) -> Result<NetworkCosts, String> {
        let unit = decided.unit;
        let prices = self.prices.entry(unit).or_insert_with(|| prices(arch, unit));
        let area_mm2 = if prices.on_fpga { f64::NAN } else { prices.total_area().square_millimetres() };
        let saves = (prices.actions[Action::Mac] - prices.actions[Action::GatedMac]).0;
        let mut costs = NetworkCosts {
            paths: PathCosts::of_segments([]),
            no_heads: Cost::default(),
            never: Cost::default(),
            gating_saves: if arch.machine.array.zero_gating { saves } else { 0.0 },
            area_mm2,
            blocks: arch.fpga().map(|fpga| design(arch, fpga, unit).total()),
            unfit: too_small(arch, unit),
        };
        let on = |s: usize| decided.on.get(s).copied().unwrap_or(false);
        let runs_ahead = arch.machine.exclusion.overlap == DecisionOverlap::Speculative;
        for s in 0..network.segments.len() {
            let next = (s + 1..network.heads()).find(|&later| runs_ahead && on(later));
            let head = if on(s) { Head::On { next } } else { Head::Off };
            let segment = self.segment(arch, network, unit, s, head)?;
            costs.no_heads += segment.backbone;
            costs.never += segment.full;
            costs.paths.push(&segment.by_alive);
        }
        Ok(costs)
    }

    fn segment(
        &mut self,
        arch: &Arch,
        network: &Segments,
        unit: UnitSize,
        s: usize,
        head: Head,
    ) -> Result<&SegmentCosts, String> {
        let key = (unit, s, head);
        if !self.segments.contains_key(&key) {
            let running = heads_of_table(&arch.machine, network, s, head);
            let of_table = (unit.rule, running);
            let compact = arch.machine.exclusion.compact;
            if !self.tables.contains_key(&of_table) {
                let table = path_table(
                    network,
                    &arch.machine,
                    Deciders { on: &of_table.1, rule: unit.rule },
                    compact,
                );
                let violations = table_violations(&arch.machine, &table);
                if !violations.is_empty() {
                    return Err(violations.join("; "));
                }
                self.tables.insert(of_table.clone(), table);
            }
            let prices = self.prices.entry(unit).or_insert_with(|| prices(arch, unit));
            if let Some(table) = self.tables.get(&of_table) {
                let segment = &table.segments[s];
                let full = segment.full();
                let costs = SegmentCosts {
                    by_alive: cells(segment, |parts| Cost::of_parts(parts, prices)),
                    backbone: Cost::of(&full.backbone(), &full.backbone(), prices),
                    full: Cost::of_parts(&full, prices),
                };
                self.segments.insert(key, costs);
            }
        }
        self.segments.get(&key).ok_or_else(String::new)
    }
}

impl Default for Costs {
    fn default() -> Self {
        Self::new()
    }
}

/// Heads of a table that has a segment as it is wanted; the fewer different tables the better.
fn heads_of_table(machine: &Machine, network: &Segments, s: usize, head: Head) -> Vec<bool> {
    match head {
        Head::Off => vec![false; network.heads()],
        Head::On { .. } if machine.exclusion.overlap == DecisionOverlap::Blocking => {
            vec![true; network.heads()]
        }
        Head::On { next } => (0..network.heads()).map(|h| h == s || Some(h) == next).collect(),
    }
}
