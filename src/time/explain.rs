//! Why a layer runs as it does: beside its schedule the best one of every dataflow and loop order, and what more memory would do.

use super::homes;
use super::lay::{Laid, Place, Product, Schedule, pieces, search};
use super::memory::Traffic;
use super::schedule::{Needs, Room, best_nest, bytes_of, cuts_of, every_nest, laid_nest, owned, play};
use super::step::{Flow, free_room};
use super::steps::Steps;
use crate::machine::{Machine, Placement, Scheduling};
use crate::map::{Dataflow, ORDERS};
use crate::network::segment::{Part, Segments};
use crate::shape::Gemm;
use crate::units::real;

/// One schedule of a layer, by itself: nothing is fetched ahead.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// Which operand stays.
    pub dataflow: Dataflow,
    /// Tiles, or folds in the fixed order.
    pub schedule: Schedule,
    /// Cycles, exposed vector work included; set-up is not.
    pub cycles: u64,
    /// Of those the cycles of the array.
    pub array: u64,
    /// Of those the cycles that the array waits for memory.
    pub stall: u64,
    /// Bytes moved.
    pub traffic: Traffic,
    /// Bytes of ifmap, filter and sums that it needs on chip.
    pub needs: Needs,
    /// By what schedules of this machine are compared: cycles and bytes, or energy in fJ and cycles.
    key: (u64, u64),
    /// Whether energy is compared.
    by_energy: bool,
}

impl Alternative {
    /// By how many percent it takes more energy than another, where energy decides.
    #[must_use]
    pub fn energy_beside(&self, other: &Self) -> Option<f64> {
        self.by_energy.then(|| 100.0 * (real(self.key.0) / real(other.key.0) - 1.0))
    }
}

/// A layer's schedule beside others.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The product.
    pub gemm: Gemm,
    /// Memory that its tiles may use.
    pub room: Room,
    /// What is weighed.
    pub goal: &'static str,
    /// The schedule that the layer runs in.
    pub chosen: Alternative,
    /// The best of every other dataflow and loop order that fits, best first.
    pub others: Vec<Alternative>,
    /// The fastest schedule in memory without bounds, where it is faster.
    pub beyond: Option<Alternative>,
}

/// Explains the schedule of a layer with all classes alive; `None` where no layer of that name runs on the array.
#[must_use]
pub fn explain(network: &Segments, machine: &Machine, layer: &str) -> Option<Explained> {
    let machine = &super::resident::kept(network, machine);
    let room = free_room(network, machine);
    let plan = homes::planned(network, machine, room);
    let flow = Flow::new(machine, room, plan.as_ref());
    let mut first = 0;
    for segment in &network.segments {
        let steps = Steps::new(segment, true, first);
        if let Some((i, step)) = steps.iter().enumerate().find(|(_, step)| &*step.name == layer) {
            let elsewhere = machine.exclusion.placement != Placement::Array;
            let off_array = elsewhere && matches!(step.part, Part::Head(_));
            return flow
                .asked(steps, i)
                .filter(|_| !off_array)
                .and_then(|(product, place)| of(&product, &place));
        }
        first += segment.backbone.len();
    }
    None
}

fn of(product: &Product<'_>, place: &Place<'_>) -> Option<Explained> {
    let alternative = |laid: Laid| alternative(laid, product, place.machine);
    let chosen = alternative(search(place, product)?);
    let (one, more) = product.choice.candidates();
    let dataflows = || std::iter::once(one).chain(more.iter().copied());
    let mut others: Vec<Alternative> = Vec::new();
    if place.machine.memory.schedule != Scheduling::Fixed {
        dataflows().for_each(|dataflow| {
            others.extend(orders(product, place, dataflow).into_iter().map(alternative))
        });
    }
    others.extend(dataflows().filter_map(|dataflow| folds(product, place, dataflow)).map(alternative));
    others.retain(|other| {
        (other.dataflow, order(&other.schedule)) != (chosen.dataflow, order(&chosen.schedule))
    });
    others.sort_by_key(|other| other.key);
    let boundless =
        Place { room: Room::Apart { ifmap: u64::MAX, filter: u64::MAX, ofmap: u64::MAX }, ..*place };
    let (problem, site) = (product.problem(), boundless.site());
    let best = dataflows()
        .filter_map(|dataflow| best_nest(&problem, &site, dataflow, None))
        .min_by_key(|found| found.key());
    let beyond = best.map(|found| alternative(laid_nest(&problem, &site, found)));
    let beyond = beyond.filter(|beyond| beyond.cycles < chosen.cycles);
    let goal = match place.machine.memory.schedule {
        Scheduling::Best => "fewest cycles, then fewest bytes",
        Scheduling::Energy => "least energy, then fewest cycles",
        Scheduling::Fixed => "the fixed order of folds",
    };
    Some(Explained { gemm: *product.gemm, room: place.room, goal, chosen, others, beyond })
}

fn alternative(laid: Laid, product: &Product<'_>, machine: &Machine) -> Alternative {
    let array = laid.cycles.total();
    Alternative {
        key: laid.key(product, machine),
        by_energy: machine.schedule_prices.is_some(),
        dataflow: laid.dataflow,
        cycles: array + laid.stall + laid.outflow.exposed(product.vector),
        array,
        stall: laid.stall,
        traffic: laid.traffic,
        needs: laid.needs,
        schedule: laid.schedule,
    }
}

/// The order of a schedule's loops as a place among all of them; the fixed order of folds stands behind.
fn order(schedule: &Schedule) -> usize {
    match schedule {
        Schedule::Tiles(found) => ORDERS.iter().position(|order| *order == found.order).unwrap_or(0),
        Schedule::Folds { .. } => ORDERS.len(),
    }
}

/// The best schedule of every loop order in a dataflow.
fn orders(product: &Product<'_>, place: &Place<'_>, dataflow: Dataflow) -> Vec<Laid> {
    let (problem, site) = (product.problem(), place.site());
    let cuts = cuts_of(&problem, &site, dataflow);
    let mut best = [const { None }; ORDERS.len()];
    for nest in every_nest(&problem, &site, dataflow, &cuts) {
        let laid = |played, bytes| laid_nest(&problem, &site, owned(&nest, &problem, played, bytes));
        let (played, bytes) = (play(&problem, &site, &nest), bytes_of(&nest, &problem));
        let key = match place.machine.schedule_prices {
            None => (played.cycles(), bytes),
            Some(_) => laid(played, bytes).key(product, place.machine),
        };
        let slot = &mut best[ORDERS.iter().position(|order| *order == nest.order).unwrap_or(0)];
        if slot.as_ref().is_none_or(|(known, _)| key < *known) {
            *slot = Some((key, (nest, played, bytes)));
        }
    }
    let found =
        best.into_iter().flatten().map(|(_, (nest, played, bytes))| owned(&nest, &problem, played, bytes));
    found.map(|found| laid_nest(&problem, &site, found)).collect()
}

/// The best of the fixed order of folds in a dataflow; none where one buffer holds all operands.
fn folds(product: &Product<'_>, place: &Place<'_>, dataflow: Dataflow) -> Option<Laid> {
    let memory = place.scratchpads()?;
    let laid =
        pieces(product, dataflow, &memory, place).map(|memory| place.fixed(product, dataflow, &memory));
    laid.min_by_key(|laid| laid.key(product, place.machine))
}
